"""Make docs/gallery.md, its figures and pages: `python docs/gallery.py` asks `analyze` about its tables."""

import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parent
ROOT, PAGE, FOLDER = DOCS.parent, DOCS / "gallery.md", DOCS / "gallery"


@dataclass(frozen=True, slots=True)
class Entry:
    """A report: what it shows, the command that makes it, and its page: made here, or in the repository."""

    title: str
    name: str
    command: str
    page: str = ""


ENTRIES = (
    Entry(
        "Layer by layer, or all at once",
        "reference",
        "analyze report reports/reference",
        "../reports/reference/report.html",
    ),
    Entry("Eighteen strategies", "study", "analyze report reports/study", "../reports/study/report.html"),
    Entry(
        "DeepOBS: optimizers on a convolutional network",
        "deepobs",
        "analyze docs/gallery/deepobs.parquet --value final_test_accuracy --by optimizer "
        "--where \"problem == 'cifar10_3c3d'\" --rows-are-runs",
        "gallery/deepobs.html",
    ),
    Entry(
        "Dopamine: agents at a game",
        "dopamine",
        "analyze docs/gallery/dopamine.parquet --value final_return --by agent "
        "--where \"game == 'breakout' and network == 'default'\"",
        "gallery/dopamine.html",
    ),
    Entry(
        "Runs that fail",
        "failures",
        "analyze docs/gallery/failures.csv --value loss --by precision",
        "gallery/failures.html",
    ),
    Entry(
        "Runs that collapse",
        "clusters",
        "analyze docs/gallery/clusters.csv --value accuracy --by init",
        "gallery/clusters.html",
    ),
    Entry("Right or wrong", "rates", "analyze docs/gallery/rates.csv --value solved --by decoder"),
    Entry("Losses over decades", "decades", "analyze docs/gallery/decades.csv --value loss --by optimizer"),
    Entry("Nothing to see", "nothing", "analyze docs/gallery/nothing.csv --value accuracy --by group"),
    Entry("Six runs", "six-runs", "analyze docs/gallery/six-runs.csv --value accuracy --by group"),
    Entry("Twelve models, ranked", "ranking", "analyze docs/gallery/ranking.csv --value accuracy --by model"),
)
OPENING = """# Gallery

What the first screen says, as `--format summary` writes it; a picture with a link opens the whole report.
The first two are of our own runs. DeepOBS and Dopamine are of published baselines (Schneider, Balles & Hennig
2019, arXiv 1903.05499; Castro et al. 2018, arXiv 1812.06110), whose files and version the tables name. The
others are made up. `python docs/gallery.py` makes this page again.
"""


def run(command: str, folder: str, formats: str) -> None:
    """Run a command in the root of the repository, into a folder."""
    words = shlex.split(command)[1:]
    asked = [sys.executable, "-m", "analyze", *words, "--format", formats, "--out", folder]
    subprocess.run(asked, cwd=ROOT, check=True, capture_output=True)


def made(entry: Entry, files: dict[Path, str]) -> str:
    """Put the figure and the page of a report among the files, and return its part of the gallery."""
    with tempfile.TemporaryDirectory() as folder:
        is_here = entry.page.startswith("gallery/")
        run(entry.command, folder, "summary,html" if is_here else "summary")
        said = (Path(folder) / "summary.txt").read_text(encoding="utf-8")
        files[FOLDER / f"{entry.name}.svg"] = (Path(folder) / "summary.svg").read_text(encoding="utf-8")
        if is_here:
            files[DOCS / entry.page] = (Path(folder) / "report.html").read_text(encoding="utf-8")
    alt = said.split(". ")[0].strip().rstrip(".")
    picture = f'<img src="gallery/{entry.name}.svg" width="500" alt="{alt}">'
    if entry.page:
        picture = f'<a href="{entry.page}">{picture}</a>'
    return f"## {entry.title}\n\n```\n{entry.command}\n```\n\n> {' '.join(said.split())}\n\n{picture}\n"


def main() -> None:
    """Write the page, and a figure for each report; all of one commit, so after the last was made."""
    files: dict[Path, str] = {}
    files[PAGE] = "\n".join([OPENING, *(made(entry, files) for entry in ENTRIES)])
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
