"""Shares: how often runs fail, collapse or reach 1, and differences of these shares from the baseline's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analyze import text as fmt
from analyze.comparison.failures import compare_failures
from analyze.comparison.headline import mean_difference
from analyze.comparison.pair import PairComparison
from analyze.figures import aligned, binning, clouds, effects, style, words
from analyze.figures.aligned import Interval
from analyze.figures.binning import Floats
from analyze.figures.effects import EffectRow
from analyze.figures.figure import Content, Figure, Plot, Table, columns, stack
from analyze.figures.source import MAX_UNORDERED, FigureSource
from analyze.figures.style import p9
from analyze.figures.words import name
from analyze.results import FigureEntry
from analyze.stats.centres import share_interval

_LEVELS = (0.5, 0.8, 0.99)
_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """Runs of a group that are counted, and their share in per cent with its interval."""

    group: str
    n_counted: int
    n: int
    share: float
    low: float
    high: float


def content(source: FigureSource) -> Content | None:
    """Put the shares of the groups above their differences; of clusters, the other runs on top."""
    counts = source.failed or source.kind in ("rates", "clusters")
    if not source.pairs or not counts or len(source.groups) > MAX_UNORDERED:
        return None
    pairs = source.against_baseline(MAX_UNORDERED - 1)
    samples = {g: source.samples()[g] for g in (source.groups[0], *(pair.group_b for pair in pairs))}
    rows = [_share(group, values, source) for group, values in samples.items()]
    differences = [_difference(pair, rows, source) for pair in pairs]
    tables: dict[str, Table] = {
        "shares": columns(rows),
        "differences": columns(differences),
        "intervals": columns([i for pair in pairs for i in _intervals(pair, rows, samples, source)]),
        "words": {"shares": [_what(source)]},
    }
    last = ""
    if not _of_ones(source):
        tables |= _others({g: v[~_counted(v, source)] for g, v in samples.items()})
        which = "the runs that finished" if source.failed else "the other runs"
        last = f" At the bottom: {which}, with mean ± standard deviation."
    listed = "; ".join(f"{name(d.group_b)} − {name(d.group_a)} {_estimated(d)}" for d in differences)
    level = fmt.level(source.confidence)
    return Content(
        title=f"{fmt.initial(_what(source))}, and differences",
        caption=f"Differences in points with {level} intervals: {listed}. Above: the share of a group's runs "
        f"with Wilson's {level} interval. Below: differences from {name(source.groups[0])}; bars: intervals, "
        f"the wider the lighter.{last}{source.which(list(samples))}",
        alt=f"{fmt.initial(_what(source))}. "
        + words.first([f"{name(r.group)}: {_of(r)} runs, {fmt.percent(r.share / _PERCENT)}." for r in rows])
        + f" Differences: {listed}.",
        tables=tables,
        groups=list(samples),
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw shares with intervals and counts above their differences, in per cent and points."""
    what = str(style.plain_frame(entry, "words")["shares"].iloc[0])
    titles = [f"{what}, %", f"difference from {style.short(entry.groups[0], 24)}, points"]
    others = "dots" in entry.tables
    of = aligned.panels(entry, [*titles, *([f"{entry.value} of the other runs"] if others else [])])
    layers = [*_shares(of), *aligned.differences(of)]
    return aligned.plot(of, [*layers, *(aligned.runs(of, 2) if others else [])])


def _shares(of: aligned.Panels) -> list[object]:
    """Draw the upper panel: shares with their intervals, and of how many runs they are."""
    shares = of.table("shares", 0)
    shares["text"] = [
        f"{fmt.count(k)} of {fmt.count(n)}" for k, n in zip(shares["n_counted"], shares["n"], strict=True)
    ]
    shares["beside"] = shares["at"] + 0.08
    bar = p9.aes(x="at", xend="at", y="low", yend="high", color="group")
    look = {"color": style.INK, "size": 9, "family": style.FAMILY, "ha": "left", "va": "center"}
    return [
        p9.geom_segment(bar, shares, size=1.2),
        p9.geom_point(p9.aes("at", "share", color="group"), shares, size=2.6),
        p9.geom_text(p9.aes("beside", "share", label="text"), shares, **look),
    ]


def _of_ones(source: FigureSource) -> bool:
    return not source.failed and source.clusters is None


def _what(source: FigureSource) -> str:
    if source.failed:
        return "failed runs"
    if source.clusters is None:
        return f"runs with {source.value} = 1"
    side = "below" if source.clusters.worse_is_low else "above"
    return f"runs that {source.clusters.past} ({source.value} {side} {fmt.number(source.clusters.edge, 2)})"


def _counted(values: Floats, source: FigureSource) -> NDArray[np.bool_]:
    """Return which of the finished runs are counted: none where failed ones are."""
    if source.failed:
        return np.zeros(values.size, dtype=np.bool_)
    return np.equal(values, 1) if source.clusters is None else source.clusters.hold(values)


def _share(group: str, values: Floats, source: FigureSource) -> ShareRow:
    n_failed = source.failed.get(group, 0)
    n_counted, n = n_failed + int(_counted(values, source).sum()), n_failed + values.size
    share, low, high = (_PERCENT * x for x in share_interval(n_counted, n, source.confidence))
    return ShareRow(group=group, n_counted=n_counted, n=n, share=share, low=low, high=high)


def _of(row: ShareRow) -> str:
    return f"{fmt.count(row.n_counted)} of {fmt.count(row.n)}"


def _difference(pair: PairComparison, rows: Sequence[ShareRow], source: FigureSource) -> EffectRow:
    """Return the difference in points: of 0 and 1 that of the headline, of other runs Newcombe's."""
    found = mean_difference(pair) if _of_ones(source) else _newcombe(pair, rows, source.confidence)
    return effects.row(pair, f"{pair.group_b} − {pair.group_a}", *(_PERCENT * x for x in found))


def _estimated(row: EffectRow) -> str:
    first, *ends = fmt.roughly(row.estimate, row.low, row.high)
    return f"{first} ({ends[0]} to {ends[1]})"


def _intervals(
    pair: PairComparison, rows: Sequence[ShareRow], samples: Mapping[str, Floats], source: FigureSource
) -> list[Interval]:
    if _of_ones(source):
        found = aligned.difference_intervals(pair, samples, source.confidence)
        return [replace(i, low=_PERCENT * i.low, high=_PERCENT * i.high) for i in found]
    several = []
    for level in sorted({source.confidence, *_LEVELS}):
        _, low, high = _newcombe(pair, rows, level)
        several.append(
            Interval(group=pair.group_b, confidence_level=level, low=_PERCENT * low, high=_PERCENT * high)
        )
    return several


def _newcombe(
    pair: PairComparison, rows: Sequence[ShareRow], confidence: float
) -> tuple[float, float, float]:
    a, b = (next(row for row in rows if row.group == group) for group in (pair.group_a, pair.group_b))
    found = compare_failures(a.n_counted, a.n, b.n_counted, b.n, confidence_level=confidence)
    return found.difference, found.low, found.high


def _others(samples: Mapping[str, Floats]) -> dict[str, Table]:
    """Return dots, means and spreads of the runs that did not collapse, on a scale of their own."""
    some = {g: values for g, values in samples.items() if values.size}
    window = binning.window(list(some.values()))
    rows = [aligned.group_row(g, values, *window) for g, values in some.items()]
    return {
        "dots": stack([clouds.dots(g, v, window, n_cells=aligned.CELLS) for g, v in some.items()]),
        "groups": columns(rows),
    }


FIGURE = Figure(
    name="shares",
    section="answer",
    few=True,
    reads=(
        "A point is the share of a group's runs, the bar its interval, beside it the runs that were counted. "
        "Below, a point is the difference of a group's share from the first group's, in points of per cent, "
        "the bars are its intervals: a bar that crosses zero is compatible with no difference."
    ),
    tables=("shares", "differences", "intervals", "words", "dots", "groups"),
    content=content,
    draw=draw,
    sources=("newcombe_1998", "wilson_1927"),
)
