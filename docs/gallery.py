"""Make docs/gallery.md and its figures: `python docs/gallery.py` asks `analyze` about seven tables."""

import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parent
PAGE, FOLDER = DOCS / "gallery.md", DOCS / "gallery"
COMMANDS = {
    "Runs that fail": "analyze docs/gallery/failures.csv --value loss --by precision",
    "Runs that collapse": "analyze docs/gallery/clusters.csv --value accuracy --by init",
    "Right or wrong": "analyze docs/gallery/rates.csv --value solved --by decoder",
    "Losses over decades": "analyze docs/gallery/decades.csv --value loss --by optimizer",
    "Nothing to see": "analyze docs/gallery/nothing.csv --value accuracy --by group",
    "Six runs": "analyze docs/gallery/six-runs.csv --value accuracy --by group",
    "Twelve models, ranked": "analyze docs/gallery/ranking.csv --value accuracy --by model",
}
OPENING = """# Gallery

What the first screen says of seven small tables of made-up runs, as `--format summary` writes it.
`python docs/gallery.py` makes this page again.
"""


def summary(command: str) -> tuple[str, str]:
    """Return the first screen of a report: its paragraph, and its figure as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        words = shlex.split(command)[1:]
        run = [sys.executable, "-m", "analyze", *words, "--format", "summary", "--out", folder]
        subprocess.run(run, cwd=DOCS.parent, check=True, capture_output=True)
        return tuple(
            (Path(folder) / f"summary.{kind}").read_text(encoding="utf-8") for kind in ("txt", "svg")
        )


def main() -> None:
    """Write the page and a figure for each table."""
    parts = [OPENING]
    for title, command in COMMANDS.items():
        paragraph, figure = summary(command)
        name = Path(shlex.split(command)[1]).stem
        (FOLDER / f"{name}.svg").write_text(figure, encoding="utf-8")
        alt = paragraph.split(". ")[0].strip().rstrip(".")
        parts.append(
            f"## {title}\n\n```\n{command}\n```\n\n> {' '.join(paragraph.split())}\n\n"
            f'<img src="gallery/{name}.svg" width="500" alt="{alt}">\n'
        )
    PAGE.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
