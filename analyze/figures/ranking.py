"""Ranking: a row for each of many groups, the best on top, with what it is told apart from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures import binning, style, words
from analyze.figures.binning import Floats
from analyze.figures.figure import Content, Figure, Plot, Table, columns, stack
from analyze.figures.source import MAX_GROUPS, MAX_UNORDERED, FigureSource
from analyze.figures.style import p9
from analyze.figures.words import name
from analyze.results import FigureEntry

MAX_LANES = 5
# Longer names stand above their marks.
_BESIDE = 22
_ROW, _ROW_ABOVE = 0.19, 0.34
# What a group is to the baseline, or to the best where there is none: word, colour and shape.
MARKS = {
    "higher": ("higher", style.COLORS[2], ">"),
    "lower": ("lower", style.COLORS[1], "<"),
    "baseline": ("baseline", style.INK, "o"),
    "best": ("not told apart from the best", style.COLORS[0], "D"),
    "apart": ("told apart", style.COLORS[1], "o"),
    "same": ("not told apart", style.COLORS[0], "D"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RankRow:
    """A group's rank, its mean (median over decades, share of 0 or 1) with interval, its height and mark."""

    group: str
    rank: int
    n: int
    centre: float
    low: float
    high: float
    told: str
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """Groups from one row to another of which no two were told apart; brackets in one lane do not overlap."""

    first: int
    last: int
    lane: int


def content(source: FigureSource) -> Content | None:
    """Put the groups in rows, the best on top: all, or the best, the worst and the baseline."""
    if len(source.groups) <= MAX_UNORDERED or not source.pairs:
        return None
    ranked = source.ranked()
    baseline = source.baseline
    shown = _shown(list(ranked), baseline)
    rows = _rows(source, list(ranked), shown)
    drawn = {row.group: ranked[row.group] for row in rows}
    low, high = _window(rows, drawn, source)
    brackets = [] if baseline else _brackets(source.pairs, list(ranked), {r.group: r.row for r in rows})
    tables: dict[str, Table] = {
        "groups": columns(rows),
        "window": {"low": [low], "high": [high]},
    }
    if source.kind != "rates":
        tables["runs"] = stack([_runs(row, drawn[row.group], low, high) for row in rows])
    if brackets:
        tables["brackets"] = columns(brackets)
    n_far = 0 if source.kind == "rates" else binning.outside(drawn.values(), low, high)
    return Content(
        title=f"Groups by {_what(source)} {source.value}, the best first",
        caption=_caption(source, rows, brackets) + words.far(n_far),
        alt=f"Ranking by {_what(source)} {source.value}. "
        + words.first([f"{r.rank}. {name(r.group)}: {_number(r, rows)}, {_told(r)}." for r in rows]),
        tables=tables,
        groups=[row.group for row in rows],
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw a row for each group: its runs in grey, its centre with interval, brackets on the right."""
    rows = style.plain_frame(entry, "groups")
    low, high = style.limits(entry)
    shown = style.names(entry.groups)
    beside = max(map(len, shown.values())) <= _BESIDE
    texts = [f"{rank}. {shown[group]}" for rank, group in zip(rows["rank"], rows["group"], strict=True)]
    n_rows = int(rows["row"].max()) + 1
    rows["y"] = -rows["row"].astype(float)
    rows["start"] = rows["low"].astype(float).fillna(low).clip(low, high)
    rows["end"] = rows["high"].astype(float).fillna(high).clip(low, high)
    plot: Plot = p9.ggplot(rows, p9.aes(y="y"))
    if (rows["told"] == "baseline").any():
        plot += _line(rows, reach=0.5 if beside else 0.2)
    if "runs" in entry.tables:
        runs = style.plain_frame(entry, "runs")
        runs["y"] = -runs["row"].astype(float)
        plot += p9.geom_point(p9.aes("x", "y"), runs, color=style.QUIET, size=0.9, stroke=0)
    used = [told for told in MARKS if (rows["told"] == told).any()]
    marks = p9.aes(x="centre", color="told", fill="told", shape="told")
    span = p9.aes(x="start", xend="end", yend="y", color="told")
    plot += p9.geom_segment(span, rows, size=1.0, show_legend=False)
    plot += p9.geom_point(marks, rows, size=2.2, stroke=0.3)
    for scale, part in ((p9.scale_color_manual, 1), (p9.scale_fill_manual, 1), (p9.scale_shape_manual, 2)):
        values = {told: MARKS[told][part] for told in used}
        named = [told for told in used if told != "baseline"]
        plot += scale(values=values, limits=used, breaks=named, labels=[MARKS[told][0] for told in named])
    right = high
    if "brackets" in entry.tables:
        right = _bracketed(brackets := style.plain_frame(entry, "brackets"), low, high, log=entry.log)
        ends = p9.aes(x="x", xend="x", y="top", yend="bottom")
        plot += p9.geom_segment(ends, brackets, color=style.INK, size=0.8)
    plot += _axes(entry, rows, texts, (low, right), beside=beside)
    height = 0.95 + n_rows * (_ROW if beside else _ROW_ABOVE)
    plot += style.theme(width=style.WIDTH, height=height, legend=True)
    plot += p9.theme(axis_title_y=p9.element_blank(), panel_grid_major_y=p9.element_blank())
    return plot


def _line(rows: pd.DataFrame, reach: float) -> object:
    """Draw the baseline's centre across the marks, and not through names that stand above them."""
    at = float(rows.loc[rows["told"] == "baseline", "centre"].iloc[0])
    parts = rows.assign(x=at, top=rows["y"] + reach, bottom=rows["y"] - reach)
    return p9.geom_segment(p9.aes("x", "bottom", xend="x", yend="top"), parts, color=style.INK, size=0.4)


def _axes(
    entry: FigureEntry, rows: pd.DataFrame, texts: list[str], ends: tuple[float, float], *, beside: bool
) -> list[object]:
    """Return the scales, and the names of the rows: beside their marks, or above them."""
    bottom = -float(rows["row"].max()) - 0.7
    look = {"color": style.INK, "size": 9, "family": style.FAMILY, "ha": "left", "va": "bottom"}
    places, labels = list(rows["y"]), texts
    layers: list[object] = [p9.labs(x=style.value_title(entry), y="")]
    left_out = next(((a + b) / 2 for a, b in pairwise(places) if a - b > 1), None)
    if left_out is not None:
        places, labels = [*places, left_out], [*labels, "⋮"]
    if not beside:
        above = rows.assign(text=texts, at=ends[0], y=rows["y"] + 0.18)
        layers.append(p9.geom_text(p9.aes("at", "y", label="text"), above, **look))
        places, labels = [], []
    limits = (bottom, 0.6 if beside else 1.0)
    layers.append(p9.scale_y_continuous(breaks=places, labels=labels, limits=limits, expand=(0, 0)))
    if entry.log:
        layers.append(style.value_axis(entry, "x", few=True))
        return [*layers, p9.coord_cartesian(xlim=ends)]
    return [
        *layers,
        p9.scale_x_continuous(labels=style.numbers, breaks=style.few_breaks, limits=ends, expand=(0.01, 0)),
    ]


def _bracketed(brackets: pd.DataFrame, low: float, high: float, *, log: bool) -> float:
    """Place brackets to the right of the marks, and return where the axis ends then."""
    brackets["top"], brackets["bottom"] = 0.35 - brackets["first"], -0.35 - brackets["last"]
    steps = 0.025 * (brackets["lane"] + 1)
    if log:
        brackets["x"] = high * (high / low) ** steps
        return high * float((high / low) ** (steps.max() + 0.025))
    brackets["x"] = high + (high - low) * steps
    return high + (high - low) * float(steps.max() + 0.025)


def _what(source: FigureSource) -> str:
    return {"decades": "median", "rates": "share of"}.get(source.kind, "mean")


def _shown(ranked: Sequence[str], baseline: str | None) -> list[str]:
    """Return all groups, or the best and the worst, and the baseline in its place."""
    if len(ranked) <= MAX_GROUPS:
        return list(ranked)
    n_worst = MAX_GROUPS // 2 - 1
    n_best = MAX_GROUPS - n_worst
    ends = {*ranked[:n_best], *ranked[-n_worst:]}
    if baseline is not None and baseline not in ends:
        ends = {*ranked[: n_best - 1], baseline, *ranked[-n_worst:]}
    return [group for group in ranked if group in ends]


def _rows(source: FigureSource, ranked: Sequence[str], shown: Sequence[str]) -> list[RankRow]:
    samples, found, row = source.ranked(), [], -1
    told = _marks(source, ranked)
    previous = 0
    for group in shown:
        rank = ranked.index(group) + 1
        row += 1 if rank == previous + 1 else 2  # a row is free where groups are left out
        previous = rank
        centre, low, high = source.centre(group)
        found.append(
            RankRow(
                group=group,
                rank=rank,
                n=samples[group].size,
                centre=centre,
                low=low,
                high=high,
                told=told[group],
                row=row,
            )
        )
    return found


def _marks(source: FigureSource, ranked: Sequence[str]) -> dict[str, str]:
    """Say what each group is to the baseline, or to the best where there is none."""
    other = source.baseline or ranked[0]
    differ = {frozenset((p.group_a, p.group_b)): p.verdict == "differs" for p in source.pairs}
    centre = source.centre(other)[0]
    marks = {}
    for group in ranked:
        apart = differ.get(frozenset((other, group)), False)
        if source.baseline is None:
            marks[group] = "apart" if apart else "best"
        elif group == other:
            marks[group] = "baseline"
        else:
            marks[group] = ("higher" if source.centre(group)[0] > centre else "lower") if apart else "same"
    return marks


def _brackets(
    pairs: Sequence[PairComparison], ranked: Sequence[str], rows: Mapping[str, int]
) -> list[Bracket]:
    """Return the longest runs of ranks of which no two groups differ; too many of them say nothing."""
    differ = {frozenset((pair.group_a, pair.group_b)) for pair in pairs if pair.verdict == "differs"}
    spans: list[tuple[int, int]] = []
    for i in range(len(ranked)):
        j = i
        while j + 1 < len(ranked) and not any(
            frozenset((ranked[k], ranked[j + 1])) in differ for k in range(i, j + 1)
        ):
            j += 1
        if j > i and not (spans and spans[-1][1] >= j):
            spans.append((i, j))
    drawn = [[rows[g] for g in ranked[i : j + 1] if g in rows] for i, j in spans]
    found: list[Bracket] = []
    ends: list[int] = []
    for part in (part for part in drawn if len(part) > 1):
        lane = next((n for n, end in enumerate(ends) if end < part[0]), len(ends))
        ends[lane : lane + 1] = [part[-1]]
        found.append(Bracket(first=part[0], last=part[-1], lane=lane))
    return found if len(ends) <= MAX_LANES else [b for b in found if b.first == 0]


def _window(
    rows: Sequence[RankRow], drawn: Mapping[str, Floats], source: FigureSource
) -> tuple[float, float]:
    """Return the range of the axis: that of the runs, or of the intervals of shares."""
    ends = [end for row in rows for end in (row.low, row.high, row.centre) if np.isfinite(end)]
    if source.kind != "rates":
        on_axis = [np.log10(v) if source.log else v for v in drawn.values()]
        ends += source.at_all(binning.window(on_axis))
    low, high = min(ends), max(ends)
    space = 0.02 * (high - low) or 1.0
    return (low, high) if source.log else (low - space, high + space)


def _runs(row: RankRow, values: Floats, low: float, high: float) -> Table:
    """Return the runs of a group, or as many quantiles as a figure has dots."""
    n = min(values.size, binning.DOTS)
    x = values[((np.arange(n) + 0.5) / n * values.size).astype(np.int64)]
    x = x[(x >= low) & (x <= high)]
    return {"group": [row.group] * x.size, "row": [row.row] * x.size, "x": x.tolist()}


def _number(row: RankRow, rows: Sequence[RankRow]) -> str:
    widths = [r.high - r.low for r in rows if np.isfinite(r.high - r.low) and r.high > r.low]
    return fmt.fixed(row.centre, fmt.decimals_for(min(widths) if widths else None))


def _told(row: RankRow) -> str:
    return MARKS[row.told][0]


def _caption(source: FigureSource, rows: Sequence[RankRow], brackets: Sequence[Bracket]) -> str:
    """Return who leads, and how to read the marks."""
    level = fmt.level(source.confidence)
    centre = {"decades": "medians", "rates": "shares"}.get(source.kind, "means")
    first = rows[0]
    sentences = [f"First: {name(first.group)} ({_number(first, rows)})."]
    if source.kind == "rates":
        sentences.append(f"Marks: {centre} with {level} intervals, each for itself.")
    else:
        dots = words.dots([row.n for row in rows], "the runs", "a dot for every fiftieth of the runs")
        sentences.append(f"Marks: {centre} with {level} intervals, each for itself; grey: {dots}.")
    sentences.append("Shape and colour: what the primary test says after adjustment.")
    if source.baseline:
        sentences.append(f"Line: the baseline, {name(source.baseline)}.")
    if brackets:
        sentences.append("Brackets: groups of which no two were told apart.")
    left_out = len(source.ranked()) - len(rows)
    if left_out:
        middle = ", the baseline" if source.baseline else ""
        sentences.append(
            f"Drawn: the best{middle} and the worst of {len(source.ranked())} groups; {left_out} are in the "
            "table only."
        )
    return " ".join(sentences)


FIGURE = Figure(
    name="ranking",
    section="answer",
    few=True,
    log=True,
    reads=(
        "A row is a group, the best on top: its mark is its mean (the median where values span decades), the "
        "line its interval, the dots its runs. The mark's shape and colour say whether the group was told "
        "apart from the baseline, or from the best group where there is none; a bracket joins neighbours "
        "that were not told apart from each other. The table says of each group which others these are."
    ),
    tables=("groups", "runs", "brackets", "window"),
    content=content,
    draw=draw,
    sources=("demsar_2006",),
)
