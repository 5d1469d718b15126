"""Seven reports, word by word: what a user reads stays the same unless it is meant to change.

Each folder of tests/data/golden/ holds one report as `analyze compare` wrote it:

=================  ============================================================================
`results.json`     without the figures' tables; long lists are shortened to a digest
`report.md`        whole
`terminal.txt`     at 100 columns and at 80; for some tables `describe`, `power` and `diff` as well
`tables.txt`       all CSV tables; the middle of a long one is a digest of each column
`latex.txt`        all LaTeX tables, shortened likewise
`figures.txt`      the words in each figure, the number of its elements, a digest of the SVG
=================  ============================================================================

What depends on the day, the machine or the version is replaced by its name in angle brackets. Everything
else has to be the same text; a number that was written in full may differ by 1e-9 of itself.

When a change of the reports is meant, renew the files and read what changed in them::

    pytest tests/analyze/test_golden.py --renew-golden
"""

import csv
import difflib
import hashlib
import io
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from analyze.cli import analyze

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "data" / "golden"
OPTIONS = ("--resamples", "999", "--seed", "0")
LONG_LIST, LONG_TABLE, ENDS = 12, 24, 3
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.])")
FULL_PRECISION = 12
OF_THE_DAY = {
    "created_at", "duration_s", "package_version", "python", "numpy", "scipy",
    "platform",
}  # fmt: skip
TOLERANCE = 1e-9

CSV = ("runs.csv", "--value", "score", "--by", "method")
COMMANDS: dict[str, tuple[str, ...]] = {
    "reference": ("data/reference",),
    "study": (
        "data/study", "--by", "schedule,optimizer", "--baseline", "joint · sgd",
        "--where", "optimizer == 'sgd' and schedule in ('joint', 'staged', 'reversed')",
    ),
    "failures": (*CSV, "--margin", "0.02"),
    "tiny": (*CSV, "--better", "lower"),
    "constant": CSV,
    "declared_pairs": (*CSV, "--paired", "start", "--primary", "paired_permutation", "--confidence", "0.9"),
    "foreign": ("runs.csv", "--value", "final loss", "--by", "model,size", "--unit", "id", "--adjust", "bh"),
}  # fmt: skip
MORE_COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "reference": (
        ("describe", "data/reference"),
        ("power", "data/reference", "--difference", "0.001"),
        ("power", "data/reference", "--width", "0.0005"),
        ("diff", "data/was", "report"),
    ),
    "tiny": (("describe", *CSV),),
    "foreign": (("describe", "runs.csv", "--value", "final loss", "--by", "model,size"),),
}


def scores(mean: float, n: int, seed: int) -> list[float]:
    return np.round(np.random.default_rng(seed).normal(mean, 0.01, n), 3).tolist()


def methods(**values: list[float]) -> pd.DataFrame:
    """Return one row a score; nan is a failed run."""
    return pd.concat([pd.DataFrame({"method": m, "score": v}) for m, v in values.items()], ignore_index=True)


def failures() -> pd.DataFrame:
    """Return failures that turn the decision of the rank tests."""
    return methods(adam=scores(0.8, 30, 1), sgd=[*scores(0.81, 30, 2), *[math.nan] * 14])


def declared_pairs() -> pd.DataFrame:
    """Return pairs with a strong correlation, and runs without a partner."""
    starts = np.array(scores(0.8, 26, 3))
    moved = (starts + np.array(scores(0.01, 26, 4)) / 4)[:22]
    return methods(long=starts.tolist(), short=moved.tolist()).assign(start=[*range(26), *range(22)])


def foreign() -> pd.DataFrame:
    """Return losses over three orders of magnitude, with names that are markup, and mixed learning rates."""
    rng = np.random.default_rng(5)
    shapes = [("<b>wide</b> & $x$", "s"), ("<b>wide</b> & $x$", "L"), ("_deep_ | #1", "s")]
    parts = [
        pd.DataFrame(
            {"model": model, "size": size, "final loss": np.exp(rng.normal(-4 - i / 2, 1.2, 14 + i)).round(8)}
        )
        for i, (model, size) in enumerate(shapes)
    ]
    table = pd.concat(parts, ignore_index=True)
    table["lr"] = np.where(table.index < 20, 0.1, 0.03)
    return table.rename_axis("id").reset_index()


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "failures": failures,
    "tiny": lambda: methods(old=[0.1, 0.3, 0.25], new=[0.2, 0.5, 0.6]),
    "constant": lambda: methods(low=[0.5] * 12, high=[0.7] * 9),
    "declared_pairs": declared_pairs,
    "foreign": foreign,
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_report_is_as_it_was(name, tmp_path, monkeypatch, request, capsys):
    (tmp_path / "data").mkdir()
    for database in ("reference", "study"):
        (tmp_path / "data" / database).symlink_to(ROOT / "data" / database)
    (tmp_path / "data" / "was").symlink_to(ROOT / "reports" / "reference")
    if name in TABLES:
        TABLES[name]().to_csv(tmp_path / "runs.csv", index=False)
    monkeypatch.chdir(tmp_path)

    terminal = [
        shown(
            monkeypatch, 100, "compare", *COMMANDS[name], *OPTIONS, "--format", "md,latex", "--out", "report"
        )
    ]
    terminal.append(shown(monkeypatch, 80, "report", "report", "--format", "json", "--out", "again"))
    terminal += [shown(monkeypatch, 100, *command) for command in MORE_COMMANDS.get(name, ())]
    found = {part: scrubbed(text) for part, text in parts(Path("report")).items()}
    found["terminal.txt"] = scrubbed("\n".join(terminal))

    changes = [line for part, text in found.items() for line in changed(GOLDEN / name / part, text)]
    if request.config.getoption("--renew-golden"):
        write(GOLDEN / name, found)
        with capsys.disabled():
            print("", f"{name}: {len(changes)} lines of diff", *changes, sep="\n")
    elif changes:
        pytest.fail(
            "\n".join([*changes, "meant? pytest tests/analyze/test_golden.py --renew-golden"]), pytrace=False
        )


def shown(monkeypatch: pytest.MonkeyPatch, width: int, *arguments: str) -> str:
    """Run a command and return what it prints at this width."""
    # What rich takes for a terminal without colours has 80 columns; else the program prints for a pipe.
    for variable in ("FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(variable, raising=False)
    if width == 80:
        monkeypatch.setenv("TTY_COMPATIBLE", "1")
        monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("GIT_DIR", "none")  # no commit, with or without local changes
    monkeypatch.setattr(sys, "argv", ["analyze", *arguments])
    done = CliRunner().invoke(analyze, arguments, prog_name="analyze", catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return f"$ analyze {' '.join(arguments)}  ({width} columns)\n{done.stdout}"


def parts(report: Path) -> dict[str, str]:
    """Return the text of each file of the golden folder that comes from the report's files."""
    model = json.loads((report / "results.json").read_text(encoding="utf-8"))
    model["provenance"] |= dict.fromkeys(model["provenance"].keys() & OF_THE_DAY, "<>")
    for figure in model["figures"]:
        figure["tables"] = sorted(figure["tables"])
    tables = sorted((report / "tables").iterdir())
    drawn = sorted((report / "figures").iterdir())
    return {
        "results.json": json.dumps(shortened(model), ensure_ascii=False, indent=1) + "\n",
        "report.md": (report / "report.md").read_text(encoding="utf-8"),
        "tables.txt": "\n".join(f"# {t.name}\n{short_csv(t)}" for t in tables if t.suffix == ".csv"),
        "latex.txt": "\n".join(f"% {t.name}\n{short_latex(t)}" for t in tables if t.suffix == ".tex"),
        "figures.txt": "\n".join(f"# {figure.name}\n{described(figure)}" for figure in drawn),
    }


def shortened(value: Any) -> Any:
    """Put a digest in the place of the middle of long lists."""
    if isinstance(value, dict):
        return {key: shortened(part) for key, part in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) <= LONG_LIST or isinstance(value[0], dict):
        return [shortened(part) for part in value]
    middle = f"… {len(value) - 2 * ENDS} more: {digest(json.dumps(value))}"
    return [*map(shortened, value[:ENDS]), middle, *map(shortened, value[-ENDS:])]


def short_csv(path: Path) -> str:
    head, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    if len(rows) > LONG_TABLE:
        digests = [digest("\n".join(column)) for column in zip(*rows, strict=True)]
        rows = [*rows[:ENDS], [f"… {len(rows) - 2 * ENDS} more", *digests], *rows[-ENDS:]]
    return "".join(f"{','.join(row)}\n" for row in (head, *rows))


def short_latex(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if len(lines) > 2 * LONG_TABLE:
        middle = f"… {len(lines) - 2 * LONG_TABLE} more: {digest(''.join(lines))}\n"
        lines = [*lines[:LONG_TABLE], middle, *lines[-LONG_TABLE:]]
    return "".join(lines)


def described(path: Path) -> str:
    """Return what is written in a figure and how much is drawn."""
    svg = path.read_text(encoding="utf-8")
    words = [re.sub(r"<[^>]*>", "", text) for text in re.findall(r"<text.*?</text>", svg, flags=re.DOTALL)]
    counts = sorted(Counter(re.findall(r"<(\w+)", svg)).items())
    return "\n".join([f"{digest(svg)} {counts}", *(" ".join(text.split()) for text in words), ""])


def digest(text: str) -> str:
    """Return a digest that the last digits of a number do not change."""
    text = NUMBER.sub(lambda match: f"{float(match[0]):.9g}" if "." in match[0] else match[0], text)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


# Rows of the table of origins, in Markdown and in LaTeX
ORIGINS = r"Report by [^|&]*|Python|NumPy|SciPy|Platform|Created"
SCRUBS = (
    (rf"(?m)^((?:\| )?(?:{ORIGINS}) [|&]) .*", r"\1 <>"),
    (r"\*Minima Census [\d.]+\*", "*Minima Census <>*"),
    (r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?", "<time>"),
)


def scrubbed(text: str) -> str:
    """Replace what depends on the day, the machine and the version."""
    for pattern, replacement in SCRUBS:
        text = re.sub(pattern, replacement, text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def changed(path: Path, new: str) -> Iterator[str]:
    """Yield the lines of a diff, but for lines whose full-precision numbers agree."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    was, now = old.splitlines(), new.splitlines()
    if len(was) == len(now):
        was = [n if same(o, n) else o for o, n in zip(was, now, strict=True)]
    name = str(path.relative_to(GOLDEN))
    yield from difflib.unified_diff(was, now, name, name, lineterm="", n=1)


def same(old: str, new: str) -> bool:
    """Say whether two lines differ in the last digits of their numbers at most."""
    if old == new:
        return True
    if NUMBER.sub("#", old) != NUMBER.sub("#", new):
        return False
    return all(
        a == b or ((is_full(a) or is_full(b)) and math.isclose(float(a), float(b), rel_tol=TOLERANCE))
        for a, b in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True)
    )


def is_full(number: str) -> bool:
    """Say whether a number was written with all its digits."""
    return sum(map(str.isdigit, number.partition("e")[0])) >= FULL_PRECISION


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
