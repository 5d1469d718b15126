"""The code of the documentation runs, and prints what the pages say."""

import ast
import base64
import contextlib
import fcntl
import io
import json
import os
import re
import shlex
import struct
import subprocess
import sys
import termios
import warnings
from pathlib import Path

import pytest

import analyze
from analyze.results import from_json

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)
NOTEBOOK = DOCS / "notebook.ipynb"
IN_CODE = re.compile(r"`([^`]+)`")


def places(page: str, heading: str) -> list[list[str]]:
    """Return what stands as code in each row of the table below a heading."""
    table = (
        (ROOT / page).read_text(encoding="utf-8").split(heading)[1].split("|---|---|\n")[1].split("\n\n")[0]
    )
    return [IN_CODE.findall(row.replace("`analyze` |", "")) for row in table.splitlines()]


@pytest.mark.parametrize("named", places("CONTRIBUTING.md", "# Contributing"), ids=lambda named: named[0])
def test_a_place_to_edit_is_there_and_holds_what_it_is_edited_for(named):
    """A path is one of the project; any other name is a file of the folder before it, or stands in a file."""
    files: list[Path] = []
    names = []
    folder = ROOT
    for code in named:
        path = ROOT / code if "/" in code else folder / code
        if path.is_dir():
            folder = path
            files += path.rglob("*.py")
        elif path.is_file():
            files.append(path)
        else:
            assert "/" not in code, f"{code} is not there"
            names.append(code)
    texts = [path.read_text(encoding="utf-8") for path in files if path.suffix == ".py"]
    for name in names:
        assert any(re.search(rf"\b{name}\b", text) for text in texts), f"{name} is not there"
    assert files


def test_things_are_where_the_readme_says():
    named = places("README.md", "## Where things are")
    assert len(named) == 5
    for first, *inner in named:
        for code in (first, *inner):
            path = ROOT / code if "/" in code and (ROOT / code).exists() else ROOT / first / code
            assert path.exists() or path.with_suffix(".py").exists(), code


def run(code: str, namespace: dict[str, object]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "block", "exec"), namespace)
    return printed.getvalue()


def test_the_page_on_python_prints_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall((DOCS / "python.md").read_text(encoding="utf-8"))
    assert len(blocks) == 6
    namespace: dict[str, object] = {}
    for code, expected in blocks:
        assert run(code, namespace) == expected


@pytest.fixture(scope="module")
def cells():
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def test_the_code_of_the_notebook_runs(cells, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for cell in cells:
            if cell["cell_type"] == "code":
                run("".join(cell["source"]), namespace)
    assert (tmp_path / "report" / "report.html").is_file()


def test_the_notebook_is_committed_with_what_its_cells_show(cells):
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == [*range(1, len(code) + 1)]
    for cell in code:
        shows = isinstance(ast.parse("".join(cell["source"])).body[-1], ast.Expr)
        assert bool(cell["outputs"]) == shows
        assert not any(output["output_type"] in ("error", "stream") for output in cell["outputs"])
    shown = {kind for cell in code for output in cell["outputs"] for kind in output["data"]}
    assert shown >= {"text/html", "image/png"}
    images = (output["data"].get("image/png") for cell in code for output in cell["outputs"])
    assert all(base64.b64decode(image).startswith(b"\x89PNG") for image in images if image)


def test_the_notebook_says_nothing_of_the_machine_or_the_day():
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert re.search(r"/(home|root|tmp|work|Users|var)/|\b20\d\d-\d\d-\d\d\b|0x[0-9a-f]{6}", text) is None
    assert set(json.loads(text)["metadata"]) == {"kernelspec", "language_info"}


def test_the_sample_of_the_readme_is_what_a_terminal_shows(tmp_path):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"^```\n(analyze compare data/reference .*?)^```$", text, re.DOTALL | re.MULTILINE)
    command, *lines = sample.splitlines()
    own, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 100, 0, 0))
    words = [*shlex.split(command)[1:], "--format", "json", "--out", str(tmp_path / "out")]
    env = {name: text for name, text in os.environ.items() if name not in ("COLUMNS", "LINES")}
    env |= {"TERM": "xterm"}
    run = [sys.executable, "-m", "analyze", *words]
    with subprocess.Popen(run, cwd=ROOT, stdout=its, stderr=subprocess.DEVNULL, env=env) as process:
        os.close(its)
        shown = b""
        with contextlib.suppress(OSError):  # how Linux says that nobody writes any more
            while part := os.read(own, 4096):
                shown += part
    os.close(own)
    assert process.returncode == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode())
    printed = [line.rstrip() for line in plain.splitlines()]
    assert [line for line in lines if line and line not in printed] == []


@pytest.mark.parametrize(
    "command", re.findall(r"^analyze .*", (DOCS / "gallery.md").read_text("utf-8"), re.M)
)
def test_the_gallery_says_what_the_program_says(command):
    _, table, *options = shlex.split(command)
    if table == "report":
        text = (ROOT / options[0] / "results.json").read_text("utf-8")
        headline = from_json(text).answer.headline
    else:
        asked = {}
        while options:
            name = options.pop(0).removeprefix("--").replace("-", "_")
            asked[name] = options.pop(0) if options and not options[0].startswith("--") else True
        headline = analyze.compare(ROOT / table, **asked).results.answer.headline
    assert f"\n> {headline} " in (DOCS / "gallery.md").read_text(encoding="utf-8")


def test_the_page_on_tasks_says_what_the_program_says():
    page = (DOCS / "tasks.md").read_text(encoding="utf-8")
    command = re.search(r"```\n(analyze .*?)```", page, re.DOTALL)[1].replace("\\\n", " ")
    _, _, table, *options = shlex.split(command)
    asked = {options[i].removeprefix("--"): options[i + 1] for i in range(0, len(options), 2)}
    results = analyze.compare(ROOT / table, **asked).results
    assert f"> {results.answer.headline}\n" in page
    share = {one.label: one.text for one in results.answer.numbers}["A further game: DQN better"]
    assert f"better in {share} of such games" in page
