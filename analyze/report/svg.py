"""A plot to SVG text that can stand in a page: text as text, presentation attributes only, ids of its own.

matplotlib writes ``style`` attributes and a ``<style>`` element, which would leak into the page and which a
strict content security policy forbids; both become attributes here.
"""

import io
import re
import warnings
from collections.abc import Iterable
from html import escape
from typing import Any

import matplotlib as mpl

from analyze.figures.catalogue import FIGURES
from analyze.figures.figure import Plot
from analyze.report.layout import leftward
from analyze.results import FigureEntry

# Text stays text (searchable, restyled by the page), never mathtext: a group may be called "$x$".
_SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "minima-census", "text.parse_math": False}
_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def figures(entries: Iterable[FigureEntry]) -> dict[str, str]:
    """Draw every figure once; the same entries give the same bytes."""
    return {entry.figure: render(FIGURES[entry.figure].draw(entry), entry) for entry in entries}


def render(plot: Plot, entry: FigureEntry) -> str:
    """Return the plot as SVG with the entry's title and alt text inside."""
    text = io.StringIO()
    with warnings.catch_warnings(), mpl.rc_context(_SETTINGS):
        # The viewer's fonts draw what DejaVu lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = plot.draw()  # plotnine closes it on return
        figure.savefig(text, format="svg", metadata=_METADATA, transparent=True)
    return leftward(clean(text.getvalue(), prefix=entry.figure, title=entry.title, alt=entry.alt))


def standalone(svg: str) -> str:
    """Return a figure as a file by itself: on white, because no page gives its words another colour."""
    start = svg.index("</desc>") + len("</desc>")
    return f'{svg[:start]}<rect width="100%" height="100%" fill="#ffffff"/>{svg[start:]}'


def clean(svg: str, *, prefix: str, title: str, alt: str) -> str:
    """Strip matplotlib's prologue, turn styles into attributes, and make every id the figure's own."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' style="([^"]*)"', lambda m: _attributes(m[1]), svg)
    svg = re.sub(r'<path d="([^"]*)"', _disc, svg)
    svg = re.sub(r" (x|y|d|points|transform)=\"[^\"]*\"", lambda m: _rounded(m[0]), svg)
    svg = re.sub(r' transform="rotate\(-?0 [^"]*\)"', "", svg)
    svg = re.sub(r' font-family="\'DejaVu Sans\'"', "", svg)
    svg = _own_ids(svg, prefix)
    svg = re.sub(r">\s+<", ">\n<", svg)
    svg = _without_bare_groups(_shared(svg))
    opening = svg[: svg.index(">") + 1]
    width, height = (float(n) for n in re.findall(r"viewBox=\"0 0 ([\d.]+) ([\d.]+)\"", opening)[0])
    # matplotlib's global defaults, which were in its <style> element.
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}pt" height="{height:g}pt" '
        f'stroke-linejoin="round" stroke-linecap="butt" font-family="\'DejaVu Sans\'" role="img" '
        f'aria-labelledby="{prefix}-title {prefix}-desc">'
        f'<title id="{prefix}-title">{escape(title)}</title><desc id="{prefix}-desc">{escape(alt)}</desc>'
    )
    return head + svg[len(opening) :]


def _attributes(style: str) -> str:
    parts = dict(part.split(":", 1) for part in style.split(";") if ":" in part)
    pairs = {name.strip(): value.strip() for name, value in parts.items()}
    font = pairs.pop("font", None)
    if font:
        pairs |= _font(font)
    return "".join(f' {name}="{value}"' for name, value in pairs.items())


def _font(shorthand: str) -> dict[str, str]:
    """Split ``bold 12px 'DejaVu Sans'``: the shorthand has no attribute."""
    match = re.fullmatch(r"(?:(italic|oblique) )?(?:(\w+) )?([\d.]+px) (.*)", shorthand)
    if not match:
        raise ValueError(f"font shorthand {shorthand!r} has an unknown form")
    style, weight, size, family = match.groups()
    named = {"font-style": style, "font-weight": weight, "font-size": size}
    return {"font-family": family} | {name: value for name, value in named.items() if value}


def _disc(match: re.Match[str]) -> str:
    """Write a closed path of eight equal arcs, as matplotlib draws a point, as the circle that it is."""
    path = match[1]
    if path.count("C") != 8 or not path.rstrip().endswith("z"):
        return match[0]
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", path)]
    xs, ys = numbers[0::2], numbers[1::2]
    radius = (max(xs) - min(xs)) / 2
    return f'<circle cx="{min(xs) + radius:.2f}" cy="{min(ys) + radius:.2f}" r="{radius:.2f}"'


def _rounded(attribute: str) -> str:
    """Keep a hundredth of a point, the width of nothing that can be printed: half the size of a figure."""
    short = re.sub(r"-?\d+\.\d+", lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), attribute)
    return _path(short) if short.startswith(" d=") else short


def _path(attribute: str) -> str:
    """Write the steps of a path as horizontal and vertical lines, a third of the size of a staircase."""
    if re.search(r"[^ML\sz\d.\"d=-]", attribute):
        return re.sub(r"\s+(?=[MLCQz\"])|(?<=[MLCQ]) ", "", attribute)
    short, last = [], ("", "")
    for command, x, y, close in re.findall(r"([ML]) ?(\S+) ([^\sMLz\"]+)|(z)", attribute):
        if close:
            short.append(close)
        elif command == "M" or (x != last[0] and y != last[1]):
            short.append(f"{command}{x} {y}")
        elif (x, y) != last or short[-1][0] == "M":
            short.append(f"H{x}" if y == last[1] else f"V{y}")
        last = (x, y) if command else last
    return f' d="{"".join(short)}"'


def _shared(svg: str) -> str:
    """Give the attributes that neighbouring points share to a group around them."""
    place = r' cx="[^"]*" cy="[^"]*" r="[^"]*"'

    def grouped(match: re.Match[str]) -> str:
        shared = match[1]
        points = match[0].replace(shared, "").replace("\n", "")
        return f"<g{shared}>{points}</g>"

    return re.sub(rf"<circle{place}([^>]*)/>(?:\n<circle{place}\1/>)+", grouped, svg)


def _without_bare_groups(svg: str) -> str:
    kept: list[str] = []
    bare: list[bool] = []
    for line in re.sub(r"<g[^>]*/>\n", "", svg).split("\n"):
        if line.startswith("<g"):
            bare.append(line == "<g>")
        # A group of points stands on a line of its own.
        closes = line.endswith("</g>") and bare.pop()
        if line != "<g>" and not (line == "</g>" and closes):
            kept.append(line)
    return "\n".join(kept)


def _own_ids(svg: str, prefix: str) -> str:
    """Drop ids that nothing refers to and prefix the others: several figures share one page."""
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda m: f' id="{prefix}-{m[1]}"' if m[1] in used else "", svg)
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}-", svg)
