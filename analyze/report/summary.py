"""The first screen alone: a figure, a paragraph, a line of LaTeX, and Markdown for a pull request."""

from collections.abc import Mapping

from analyze.figures.catalogue import FIGURES
from analyze.report import latex, markdown, svg
from analyze.report.document import HERO, document
from analyze.results import Results


def render(results: Results, figures: Mapping[str, str]) -> dict[str, str]:
    """Return the files by their names; `figures` holds the SVG texts by name."""
    verdict = document(results, {}).verdict
    hero = next((name for name in figures if FIGURES[name].section == HERO), None)
    numbers = "; ".join(f"{label}: {number}" for label, number in verdict.numbers)
    paragraph = " ".join([verdict.headline, *verdict.further, verdict.scope]).strip()
    lines = [
        f"**{markdown.text(verdict.headline)}**",
        *([f"![{markdown.text(results.title)}](summary.svg)"] if hero else []),
        "| | |\n| :--- | ---: |\n"
        + "\n".join(
            f"| {markdown.text(label)} | {markdown.text(number)} |" for label, number in verdict.numbers
        ),
        *map(markdown.text, verdict.further),
        *([f"**Main caveat.** {markdown.text(verdict.caveat)}"] if verdict.caveat else []),
    ]
    files = {
        "summary.md": "\n\n".join(lines) + "\n",
        "summary.txt": f"{paragraph}\n",
        "summary.tex": f"{latex.text(verdict.headline)} {latex.text(numbers)}.\n",
    }
    return files | ({"summary.svg": svg.standalone(figures[hero])} if hero else {})
