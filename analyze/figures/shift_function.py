"""By how much each quantile of a group lies above that of another, with the simultaneous band."""

from collections.abc import Sequence

import pandas as pd

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures import quantiles, style
from analyze.figures.figure import Content, Figure, Plot, Table, columns, of_pair, stack
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.figures.words import name
from analyze.results import FigureEntry
from analyze.stats.shift_function import ShiftRow


def content(source: FigureSource) -> Content | None:
    """Take the differences of quantiles that the comparison found, with their bands."""
    pairs = source.panels()
    if not pairs or not source.placed_pairs:
        return None
    return Content(
        title=f"Difference of {source.value}, quantile by quantile",
        caption=_caption(source, pairs),
        alt=f"Shift function of {source.value}. {' '.join(_alt(pair) for pair in pairs)}",
        tables={"deciles": stack([_rows(pair) for pair in pairs])},
        groups=source.groups_of(pairs),
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw the difference at each quantile with its simultaneous band, one panel for each pair."""
    shown = style.names(entry.groups)
    shifts = style.frame(entry, "deciles", shown)
    shifts["panel"] = style.pair_names(shifts)
    n_pairs = shifts["panel"].nunique()
    across = _columns(n_pairs)
    plot: Plot = p9.ggplot(shifts, p9.aes("level", "difference", color="group_b", fill="group_b"))
    plot += p9.labs(x=f"quantile of {entry.value}", y=_difference_title(entry.value, shifts))
    plot += style.looks(shown, one_colour=len(shown) > style.MAX_OVERLAID_LINES)
    plot += p9.geom_hline(yintercept=0, color=style.INK, size=0.4)
    if shifts.groupby("panel", observed=True).size().min() > 1:
        plot += p9.geom_ribbon(p9.aes(ymin="low", ymax="high"), alpha=0.18, size=0.25)
        plot += p9.geom_line(size=0.8)
    else:
        plot += p9.geom_linerange(p9.aes(ymin="low", ymax="high"), size=0.8)
    plot += quantiles.decided(shifts, 2.4)
    plot += p9.scale_x_continuous(
        breaks=[0.1, 0.5, 0.9] if across > 1 else [0.1, 0.3, 0.5, 0.7, 0.9],
        labels=style.percents,
        limits=(0, 1),
        expand=(0, 0),
    )
    plot += p9.scale_y_continuous(labels=style.signed)
    if n_pairs > 1:
        plot += p9.facet_wrap("panel", ncol=across, labeller=style.wrapped(across))
    height = 2.9 if n_pairs == 1 else 0.8 + 1.8 * -(-n_pairs // across)
    width = style.HALF_WIDTH if n_pairs == 1 else style.WIDTH
    return plot + style.theme(width=width, height=height, legend=False)


def _rows(pair: PairComparison) -> Table:
    rows = pair.places.shift
    return {
        **of_pair(pair, len(rows)),
        **columns(rows, "level", "difference", "low", "high", "excludes_zero"),
    }


def _difference_title(value: str, table: pd.DataFrame) -> str:
    """Name the axis after the pair or what is subtracted, where this is one."""
    firsts, pairs = table["group_a"].unique(), table["panel"].unique()
    if len(pairs) == 1 and len(pairs[0]) <= 30:
        return f"{value}, {pairs[0]}"
    whole = f"{value}, difference from {style.short(firsts[0], 20)}"
    fits = len(firsts) == 1 and (len(pairs) > 1 or len(whole) <= 36)
    return whole if fits else f"{value}, difference"


def _columns(n_panels: int) -> int:
    return min(2, n_panels)


def _caption(source: FigureSource, pairs: Sequence[PairComparison]) -> str:
    """Return the findings and how to read points and bands."""
    level = fmt.level(pairs[0].places.shift[0].confidence_level)
    several = any(len(pair.places.shift) > 1 for pair in pairs)
    covers = (
        f"covers all quantiles of a panel at once with {level} confidence" if several else f"{level} interval"
    )
    left_out = len(source.pairs) - len(pairs)
    rest = f" {fmt.plural(left_out, 'pair is', 'pairs are')} in the tables only." if left_out else ""
    rest += source.which(source.groups_of(pairs))
    findings = quantiles.findings([_finding(pair, source.value) for pair in pairs], pairs)
    return (
        f"{findings} Points: difference of Harrell–Davis quantiles, filled where the band "
        f"excludes zero; band: {covers}. A straight level line would be a pure shift.{rest}"
    )


def _finding(pair: PairComparison, value: str) -> str:
    """Return at which quantiles the band of the difference excludes zero, and in which direction."""
    rows = pair.places.shift
    apart = [row for row in rows if row.excludes_zero]
    a, b = name(pair.group_a), name(pair.group_b)
    if quantiles.too_few(pair):
        return f"{b} against {a}: too few runs for the interval to decide anything."
    if not apart:
        return f"{b} against {a}: no difference shown at {_all(rows)}; the band includes zero there."
    parts = [
        f"{word} at {_levels(part, rows)}"
        for word, part in (
            ("lower", [row for row in apart if row.difference < 0]),
            ("higher", [row for row in apart if row.difference > 0]),
        )
        if part
    ]
    largest = max(apart, key=lambda row: abs(row.difference))
    number = fmt.fixed(largest.difference, quantiles.decimals(rows), sign=True)
    at = "" if len(apart) == 1 else f" at {fmt.level(largest.level)}"
    most = "" if len(apart) == 1 else "most, "
    return f"{b} against {a}: {value} is {' and '.join(parts)} ({most}{number}{at})."


def _alt(pair: PairComparison) -> str:
    """Return the differences of the lowest, middle and highest quantile in words."""
    decimals = quantiles.decimals(pair.places.shift)
    parts = [
        f"{fmt.fixed(row.difference, decimals, sign=True)} "
        f"({fmt.fixed(row.low, decimals, sign=True)} to {fmt.fixed(row.high, decimals, sign=True)}) "
        f"at {fmt.level(row.level)}"
        for row in quantiles.ends(pair.places.shift)
    ]
    return f"{name(pair.group_b)} minus {name(pair.group_a)}: {fmt.listing(parts)}."


def _all(rows: Sequence[ShiftRow]) -> str:
    return f"the {fmt.level(rows[0].level)} quantile" if len(rows) == 1 else f"any of {len(rows)} quantiles"


def _levels(part: Sequence[ShiftRow], rows: Sequence[ShiftRow]) -> str:
    """Name levels: as a range where none between them is missing."""
    if len(part) == len(rows) > 1:
        return f"all {len(rows)} quantiles"
    shown = [fmt.level(row.level, unit="") for row in part]
    inside = [row for row in rows if part[0].level <= row.level <= part[-1].level]
    text = f"{shown[0]} to {shown[-1]}" if len(part) > 2 and len(inside) == len(part) else fmt.listing(shown)
    return f"the {text} % quantile{'' if len(part) == 1 else 's'}"


FIGURE = Figure(
    name="shift_function",
    section="differ",
    reads=(
        "For every quantile, how much higher or lower group b lies than group a. A flat line is a "
        "shift of the whole distribution, a slope a change of spread. The band holds for all "
        "quantiles at once."
    ),
    tables=("deciles",),
    content=content,
    draw=draw,
    sources=("rousselet_2017", "harrell_davis_1982"),
)
