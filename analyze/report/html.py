"""The report as one HTML file to mail: no requests, no scripts, its own style under a strict policy."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib import resources

import jinja2
from markupsafe import Markup

from analyze.report.document import Block, Figure, document
from analyze.report.layout import laid_out
from analyze.report.mathematics import formulas, to_html
from analyze.report.sections.catalogue import SECTIONS
from analyze.results import Results

# Points: between half of a page and a whole one, see figures/style.py.
_SMALL = 320


def render(results: Results, figures: Mapping[str, str]) -> str:
    """Return the page; `figures` holds the SVG text of every figure by name."""
    style = _template("report.css")
    page = _environment().from_string(_template("report.html.j2"))
    return page.render(
        report=laid_out(document(results, SECTIONS)),
        arranged=lambda blocks: _arranged(blocks, figures),
        # Our own drawing, with every name in it escaped by svg.py.
        figures={name: Markup(_fluid(svg)) for name, svg in figures.items()},
        formula=lambda cell: to_html(cell) if cell in formulas() else cell,
        style=Markup(style),
        policy=_policy(style),
    )


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )


def _template(name: str) -> str:
    return (resources.files("analyze.report") / "templates" / name).read_text(encoding="utf-8")


def _policy(style: str) -> str:
    """Allow this style sheet and nothing else: a hash, so that no injected style or script can run."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _arranged(blocks: Sequence[Block], figures: Mapping[str, str]) -> list[tuple[str, list[Block]]]:
    """Return rows of blocks: two neighbouring small figures, or one block."""
    rows: list[tuple[str, list[Block]]] = []
    for block in blocks:
        small = isinstance(block, Figure) and _is_small(figures.get(block.figure, ""))
        if small and rows and rows[-1][0] == "small":
            rows[-1] = ("pair", [*rows[-1][1], block])
        else:
            rows.append(("small" if small else "", [block]))
    return rows


def _is_small(svg: str) -> bool:
    return bool(svg) and float(re.findall(r'width="([\d.]+)pt"', svg)[0]) < _SMALL


def _fluid(svg: str) -> str:
    """Let the page set the width; the view box keeps the shape."""
    opening = svg[: svg.index(">") + 1]
    fluid = re.sub(r' (width|height)="[\d.]+pt"', "", opening)
    size = "half" if _is_small(opening) else "full"
    return fluid.replace("<svg ", f'<svg class="{size}" ', 1) + svg[len(opening) :]
