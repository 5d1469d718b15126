"""Every table of the report is a LaTeX table that any name leaves whole."""

import re
from typing import Any

import pytest
from plain_results import results_of

from analyze.report import latex
from analyze.report.document import Fold, Table, document
from analyze.report.sections.catalogue import SECTIONS

COMMANDS = {
    "\\begin", "\\end", "\\centering", "\\small", "\\caption", "\\label", "\\toprule", "\\midrule",
    "\\linewidth", "\\bottomrule", "\\textless", "\\textgreater", "\\textbar", "\\textbackslash",
    "\\textasciitilde",
    "\\textasciicircum", "\\textquotedbl", "\\textasciigrave", "\\textperiodcentered", "\\dots", "\\times",
    "\\pm", "\\geq", "\\leq", "\\frac", "\\alpha", "\\beta", "\\delta", "\\Delta", "\\theta", "\\lambda",
    "\\Gamma",     "\\sigma", "\\Sigma", "\\chi", "\\surd", "\\int", "\\bar", "\\hat", "\\tilde",
    "\\resizebox", "\\ifdim", "\\width", "\\else", "\\fi",
}  # fmt: skip


def test_every_table_is_there(any_report: Any) -> None:
    files = latex.tables(results_of(any_report.model))
    n_tables = 0
    for section in document(results_of(any_report.model), SECTIONS).sections:
        for block in section.blocks:
            parts = block.blocks if isinstance(block, Fold) else (block,)
            n_tables += sum(isinstance(part, Table) for part in parts)
    assert len(files) == n_tables
    assert all(re.fullmatch(r"[a-z]+-\d+\.tex", name) for name in files)


def test_braces_balance_cells_are_complete_and_no_name_is_a_command(any_report: Any) -> None:
    for name, text in latex.tables(results_of(any_report.model)).items():
        bare = re.sub(r"\\[\\{}$&#%_]", "", text)
        assert bare.count("{") == bare.count("}"), name
        assert bare.count("$") % 2 == 0, name
        assert not re.search(r"[#%~](?![^\n]*\\linewidth)", bare), name
        assert set(re.findall(r"\\[A-Za-z]+", bare)) <= COMMANDS, name
        body = text.split("\\midrule\n")[1].split("\n\\bottomrule")[0].splitlines()
        head = text.split("\\toprule\n")[1].splitlines()[0]
        n_cells = {len(re.findall(r"(?<!\\)&", line)) for line in [head, *body]}
        assert len(n_cells) == 1, name
        assert all(line.endswith(r" \\") and not line.startswith(("[", "*")) for line in body)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a_b%$#{}", r"a\_b\%\$\#\{\}"),
        ('<b>λ=0.1 & "x"</b>', r"\textless{}b\textgreater{}$\lambda$=0.1 \& \textquotedbl{}x\textquotedbl{}"
         r"\textless{}/b\textgreater{}"),
        ("x|y\\input{z}", r"x\textbar{}y\textbackslash{}input\{z\}"),
        ("--flag [1] *", r"-{}-{}flag {[}1] {*}"),
    ],
)  # fmt: skip
def test_names(name: str, expected: str) -> None:
    assert latex.text(name) == expected
