"""What figures have in common: colours and line types, names, axes, the theme. Nothing is computed here.

The first four colours are Okabe & Ito's, the others were chosen to stay apart from them with every common
colour vision deficiency; each has a contrast of 3 or more on a light and on a dark page. A line type, a
shape or a word always says the same again.
"""

import importlib
import math
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import pandas as pd

from analyze import text as fmt
from analyze.results import FigureEntry

Names = Mapping[str, str]

# The two greys that pages restyle by exact match; see report/templates/report.css.
INK = "#222222"
GRID = "#d9d9d9"
# Words on a light tile stay dark on a dark page.
ON_TILE = "#111111"
QUIET = "#808080"
FAMILY = "DejaVu Sans"
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8C8C46", "#7848D8")
# A list is matplotlib's (offset, on-off lengths): types that stay apart at print size.
LINETYPES = (
    "solid",
    (0, (5, 2)),
    (0, (1, 1.5)),
    (0, (6, 2, 1, 2)),
    (0, (9, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
)
SHAPES = ("o", "^", "s", "D", "v", "P")
# Overlaid histograms are legible for three groups, lines for six; beyond that every group has its panel.
MAX_OVERLAID_BARS = 3
MAX_OVERLAID_LINES = len(COLORS)
# Inches: letters of 9 points keep that size on a telephone. Two figures of few groups stand side by side.
WIDTH = 4.8
HALF_WIDTH = 4.2
NAME_WIDTH = 46
_HALF_NAME_WIDTH = 36
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LABEL_WIDTH = 24
_HALF_LABEL_WIDTH = 18


class _Plotnine:
    """The module plotnine, imported at its first use: it costs a second, and `results.json` draws nothing."""

    def __getattr__(self, name: str) -> Any:
        # plotnine's own annotations are partial: a checked call of `aes` is an error.
        return getattr(importlib.import_module("plotnine"), name)


p9 = _Plotnine()


def frame(entry: FigureEntry, table: str, shown: Names) -> pd.DataFrame:
    """Return a table with display names in report order."""
    found = plain_frame(entry, table)
    for column in ("group", "group_a", "group_b"):
        if column in found:
            found[column] = pd.Categorical(found[column].map(dict(shown)), list(shown.values()))
    return found


def plain_frame(entry: FigureEntry, table: str) -> pd.DataFrame:
    """Return a table as it is."""
    return pd.DataFrame(dict(entry.tables[table]))


def limits(entry: FigureEntry) -> tuple[float, float]:
    """Return the ends of an axis, from the table ``window``."""
    window = plain_frame(entry, "window")
    return float(window["low"].iloc[0]), float(window["high"].iloc[0])


def small(shown: Sequence[str] | Names) -> bool:
    """Say whether half a page is wide enough for a panel of these groups and its legend."""
    return len(shown) <= 2 or (len(shown) == 3 and sum(map(len, shown)) <= 22)


def width(shown: Sequence[str] | Names) -> float:
    """Return the width of a figure of these groups, in inches."""
    return HALF_WIDTH if small(shown) else WIDTH


def names(groups: Sequence[str], width: int | None = None) -> dict[str, str]:
    """Return a short, printable, unique name for every group; the tables keep the full one."""
    width = width or (NAME_WIDTH if len(groups) > 2 else _HALF_NAME_WIDTH)
    shown: dict[str, str] = {}
    for group in groups:
        name = fmt.shorten(" ".join("".join(c if c.isprintable() else " " for c in group).split()), width)
        taken = set(shown.values())
        while name in taken:
            name += "′"
        shown[group] = name
    return shown


def labels(groups: Sequence[str], width: int | None = None) -> dict[str, str]:
    """Return names for the side of a figure: at most two lines, unique."""
    width = width or (_LABEL_WIDTH if len(groups) > 2 else _HALF_LABEL_WIDTH)
    return {group: two_lines(name, width) for group, name in names(groups, 2 * width - 2).items()}


def two_lines(name: str, width: int = _LABEL_WIDTH) -> str:
    r"""Break a long name, at a space or a hyphen where there is one.

    Examples
    --------
    >>> two_lines("staged"), two_lines("momentum lr 0.001 warm-up", 16)
    ('staged', 'momentum lr\n0.001 warm-up')
    >>> two_lines("GradientDescentOptimizer", 18)
    'GradientDescent\nOptimizer'
    """
    parts = [name[: at.start()] + "\n" + name[at.start() :] for at in _CAPITAL.finditer(name)]
    short = [lines for lines in parts if max(map(len, lines.split("\n"))) <= width]
    if len(name) > width and " " not in name and short:
        return min(short, key=lambda lines: abs(len(name) - 2 * lines.index("\n")))
    # Between the parts of a word only where it is too long for a line.
    hyphens = max(map(len, name.split()), default=0) > width
    lines = textwrap.wrap(name, width, break_on_hyphens=hyphens) or [name]
    if len(lines) > 2:  # a break inside a word keeps both lines full
        lines = [name[: (len(name) + 1) // 2], name[(len(name) + 1) // 2 :]]
    return "\n".join(lines)


def short(name: str, width: int = 28) -> str:
    """Cut a name for an axis title."""
    return fmt.shorten(name, width)


def pair_names(table: pd.DataFrame, between: str = " − ") -> pd.Categorical:
    """Return "b − a" for each row, or b alone where every a is the same; ordered as the rows are."""
    cut = {name: short(name, 22) for name in {*table["group_a"], *table["group_b"]}}
    cut = cut if len(set(cut.values())) == len(cut) else {name: name for name in cut}
    alone = table["group_a"].nunique() == 1 < table["group_b"].nunique()
    words = [
        b if alone else f"{cut[b]}{between}{cut[a]}"
        for a, b in zip(table["group_a"], table["group_b"], strict=True)
    ]
    return pd.Categorical(words, list(dict.fromkeys(words)))


def wrapped(columns: int) -> Callable[[str], str]:
    """Return a labeller that breaks the names of panels in so many columns."""
    width = {1: 46, 2: 25, 3: 16}[columns]
    return lambda name: two_lines(fmt.shorten(name, 2 * width - 2), width)


def looks(shown: Names, *, one_colour: bool) -> list[object]:
    """Return the scales that give each group its colour, line type and shape."""
    order = list(shown.values())
    place = [0 if one_colour else i % len(COLORS) for i in range(len(order))]

    def values(of: Sequence[object]) -> dict[str, object]:
        return {name: of[i] for name, i in zip(order, place, strict=True)}

    return [
        p9.scale_color_manual(name="group", values=values(COLORS), limits=order),
        p9.scale_fill_manual(name="group", values=values(COLORS), limits=order),
        p9.scale_linetype_manual(name="group", values=values(LINETYPES), limits=order),
        p9.scale_shape_manual(name="group", values=values(SHAPES), limits=order),
    ]


def window(entry: FigureEntry) -> object:
    """Show the common range only: a diverged run far away would flatten the rest."""
    low, high = limits(entry)
    return p9.coord_cartesian(xlim=(low, high) if high > low else None)


def value_title(entry: FigureEntry) -> str:
    """Return the title of an axis of values."""
    return f"{entry.value}, log scale" if entry.log else entry.value


def value_axis(entry: FigureEntry, axis: str, *, few: bool = False) -> object:
    """Return the scale of the values, for ``axis`` x or y; a small panel has space for few numbers."""
    if entry.log:
        scale = getattr(p9, f"scale_{axis}_log10")
        return scale(labels=magnitudes, breaks=partial(log_breaks, most=3 if few else 6))
    return getattr(p9, f"scale_{axis}_continuous")(labels=numbers, breaks=few_breaks if few else True)


def stacked(shown: Names) -> bool:
    """Say whether the legend needs a line per group: keys and names would be wider than the figure."""
    return sum(len(name) + 10 for name in shown.values()) > 12 * width(shown)


def columns(shown: Names) -> int:
    """Return in how many columns panels stand, so that they stay wider than high."""
    return 1 if len(shown) <= MAX_OVERLAID_LINES else 2


def panels(shown: Names) -> object:
    """Give every group a panel of its own."""
    return p9.facet_wrap("group", ncol=columns(shown), labeller=wrapped(columns(shown)))


def panel_height(shown: Names) -> float:
    """Return the height of a figure with a panel for each group, in inches."""
    across = columns(shown)
    label = wrapped(across)
    lines = max(label(name).count("\n") for name in shown.values()) + 1
    return 0.8 + (0.8 + 0.15 * lines) * -(-len(shown) // across)


def legend_height(shown: Names) -> float:
    """Return what a legend with a line for each group adds to the height of a figure, in inches."""
    return 0.17 * len(shown) if stacked(shown) else 0.0


def common_scale(table: pd.DataFrame, x: str, y: str) -> object:
    """Give all panels of differences the scale of the widest: noise is to look like noise."""
    panels = table["panel"].drop_duplicates().repeat(2)
    shown = table[[y, "low", "high"]].astype(float)
    ends = [float(shown.min().min()), float(shown.max().max())]
    corners = pd.DataFrame({"panel": panels, "at": table[x].iloc[0], "end": ends * (len(panels) // 2)})
    return p9.geom_blank(p9.aes("at", "end"), corners)


def few_breaks(limits: tuple[float, float]) -> list[float]:
    """Return places for numbers on the axis of a small panel."""
    from mizani.breaks import breaks_extended

    # Numbers at the very ends would run into those of the next panel.
    space = 0.06 * (limits[1] - limits[0])
    found = [float(b) for b in breaks_extended(4)(limits) if limits[0] + space <= b <= limits[1] - space]
    return found[:: 2 if len(found) > 3 else 1]


def log_breaks(limits: tuple[float, float], *, most: int) -> list[float]:
    """Return places for numbers on a logarithmic axis: powers of ten, and more where these are few.

    Examples
    --------
    >>> log_breaks((2e-7, 0.1), most=3), log_breaks((0.02, 0.5), most=6), log_breaks((0.15, 0.6), most=3)
    ([1e-06, 0.0001, 0.01], [0.03, 0.1, 0.3], [0.2, 0.5])
    """
    low, high = limits
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1,), (1, 3), (1, 2, 5)):
        found = [float(f"{digit}e{power}") for power in powers for digit in digits]
        found = [b for b in found if low <= b <= high]
        if len(found) >= 3:
            break
    else:
        if len(found) < 2:
            return few_breaks(limits)
    return found[:: -(-len(found) // most)]


def numbers(breaks: Sequence[float]) -> list[str]:
    """Label an axis with equal decimals and true minus signs, and with k and M for round large numbers.

    Examples
    --------
    >>> numbers([-0.25, 0.0, 0.25]), numbers([0.0, 50000.0, 100000.0])
    (['−0.25', '0', '0.25'], ['0', '50k', '100k'])
    """
    steps = [b - a for a, b in pairwise(breaks)]
    decimals = fmt.decimals_for(min(steps), 1) if steps else None
    if decimals is not None and abs(min(steps) * 10**decimals - round(min(steps) * 10**decimals)) > 1e-6:
        decimals += 1  # steps of 0.25
    largest = max((abs(b) for b in breaks), default=0)
    for unit, size, least in (("M", 1e6, 1e6), ("k", 1e3, 1e4)):  # "1,000,000" is wider than its space
        if least <= largest < 1e4 * size and all(10 * b % size == 0 for b in breaks):
            return [fmt.number(b / size) + (unit if b else "") for b in breaks]
    return [fmt.fixed(b, decimals if largest < 1e6 else None) for b in breaks]


def magnitudes(breaks: Sequence[float]) -> list[str]:
    """Label a logarithmic axis: as powers of ten where some would be long.

    Examples
    --------
    >>> magnitudes([0.1, 1.0, 10.0]), magnitudes([1e-6, 1e-3, 1.0]), magnitudes([0.3, 1.0, 3.0])
    (['0.1', '1', '10'], ['10⁻⁶', '10⁻³', '1'], ['0.3', '1', '3'])
    """
    exponents = [round(math.log10(b)) for b in breaks]
    whole = all(math.isclose(b, 10.0**e) for b, e in zip(breaks, exponents, strict=True))
    if whole and exponents and (min(exponents) <= -4 or max(exponents) >= 6):
        return [fmt.power_of_ten(e) if e else "1" for e in exponents]
    return [fmt.number(b) for b in breaks]


def signed(breaks: Sequence[float]) -> list[str]:
    """Label an axis of differences: numbers above 0 carry a plus."""
    texts = numbers(breaks)
    return [f"+{text}" if b > 0 else text for b, text in zip(breaks, texts, strict=True)]


def percents(breaks: Sequence[float]) -> list[str]:
    """Label an axis of shares."""
    return [fmt.level(b) for b in breaks]


def theme(*, width: float, height: float, legend: bool, stacked: bool = False) -> object:
    """Return the look of every figure; sizes are inches."""
    return p9.theme_minimal(base_size=10, base_family=FAMILY) + p9.theme(
        figure_size=(width, height),
        text=p9.element_text(color=INK),
        axis_text=p9.element_text(color=INK, size=9),
        axis_text_y=p9.element_text(ha="right", multialignment="right", linespacing=1.2),
        axis_text_x=p9.element_text(margin={"t": 4, "units": "pt"}),
        axis_title=p9.element_text(size=10),
        strip_text=p9.element_text(color=INK, size=9.5, ha="left", multialignment="left"),
        legend_position="top" if legend else "none",
        legend_direction="vertical" if stacked else "horizontal",
        legend_title=p9.element_blank(),
        legend_text=p9.element_text(size=9.5),
        legend_key_width=30,
        legend_key_spacing_x=12,
        plot_margin_right=0.03,
        panel_spacing_x=0.035,
        panel_spacing_y=0.035,
        panel_grid_major=p9.element_line(color=GRID, size=0.5),
        panel_grid_minor=p9.element_blank(),
    )
