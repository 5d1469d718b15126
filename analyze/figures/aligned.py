"""What first figures of few groups share: groups side by side, their runs above, their differences below."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analyze.comparison.headline import mean_difference
from analyze.comparison.pair import PairComparison
from analyze.figures import effects, style
from analyze.figures.binning import Floats
from analyze.figures.figure import Plot
from analyze.figures.style import Names, p9
from analyze.results import FigureEntry
from analyze.stats.two_sample import compare_means

# Of the window, for `clouds.dots`
CELLS = 36
_LEVELS = (0.5, 0.8, 0.99)
_MIN_RUNS = 10
_DOT_WIDTH = 0.026


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A group's mean and spread; ends of mean ± sd near the figure, nothing for a mean outside it."""

    group: str
    n: int
    mean: float
    sd: float
    mean_drawn: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An interval of the difference of a group's mean from the baseline's."""

    group: str
    confidence_level: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Panels:
    """Panels below each other, by their titles from the top, and the groups' short names side by side."""

    entry: FigureEntry
    shown: Names
    titles: Sequence[str]

    @property
    def place(self) -> dict[str, int]:
        """Where each group stands."""
        return {name: i for i, name in enumerate(self.shown.values())}

    def table(self, name: str, title: int, group: str = "group") -> pd.DataFrame:
        """Return a table, put into the panel of this title, each row at its group."""
        found = style.frame(self.entry, name, self.shown)
        found["group"] = found[group]
        at = found["group"].astype(str).map(self.place).astype(float)
        return found.assign(panel=self.panel(title, len(found)), at=at)

    def panel(self, title: int, n: int = 1) -> "pd.Categorical[object]":
        """Return the column that puts so many rows into a panel."""
        cells: list[object] = [self.titles[title]] * n
        return pd.Categorical(cells, list(self.titles))


def panels(entry: FigureEntry, titles: Sequence[str]) -> Panels:
    """Return the panels of a figure, with names that fit beside each other."""
    letters = 44 if style.small(entry.groups) else 55
    return Panels(
        entry=entry, shown=style.labels(entry.groups, letters // len(entry.groups)), titles=list(titles)
    )


def plot(of: Panels, layers: Sequence[object], scale: object | None = None) -> Plot:
    """Put layers into their panels; without a scale the values are plain numbers."""
    drawn: Plot = p9.ggplot() + style.looks(of.shown, one_colour=len(of.shown) > style.MAX_OVERLAID_LINES)
    drawn += list(layers)
    drawn += p9.facet_wrap("panel", ncol=1, scales="free_y", labeller=style.wrapped(1))
    drawn += p9.labs(x="", y="")
    drawn += p9.scale_x_continuous(
        breaks=list(of.place.values()),
        labels=list(of.place),
        limits=(-0.6, len(of.shown) - 0.4),
        expand=(0, 0),
    )
    drawn += scale or p9.scale_y_continuous(labels=style.numbers)
    height = (3.2 if style.small(of.shown) else 4.4) * (1 + (len(of.titles) - 2) * 0.35)
    drawn += style.theme(width=style.width(of.shown), height=height, legend=False)
    drawn += p9.theme(axis_title=p9.element_blank(), panel_grid_major_x=p9.element_blank())
    return drawn


def runs(of: Panels, title: int = 0) -> list[object]:
    """Draw stacks of dots, beside them the centre with its line."""
    dots, groups = of.table("dots", title), of.table("groups", title)
    widest = max(dots["n_stack"].max(), 1)
    step = min(_DOT_WIDTH * len(of.shown) / 3, 0.62 / widest)
    dots["at"] += (dots["stack"] - (dots["n_stack"] - 1) / 2) * step - 0.06
    groups["beside"] = groups["at"] + 0.36
    size = 1.4 if len(dots) > 20 else 2.4
    layers: list[object] = [p9.geom_point(p9.aes("at", "x", color="group"), dots, size=size, stroke=0)]
    spread = groups.dropna(subset=["mean_drawn"])
    if len(spread):
        bar = p9.aes(x="beside", xend="beside", y="low", yend="high")
        layers.append(p9.geom_segment(bar, spread, color=style.INK, size=0.7))
        layers.append(p9.geom_point(p9.aes("beside", "mean_drawn"), spread, color=style.INK, size=1.8))
    return layers


def differences(of: Panels, title: int = 1) -> list[object]:
    """Draw differences with intervals, the wider the lighter, and the line of no difference."""
    estimates = of.table("differences", title, "group_b")
    intervals = of.table("intervals", title)
    zero = pd.DataFrame({"panel": of.panel(title)})
    layers: list[object] = [p9.geom_hline(p9.aes(yintercept=0), zero, color=style.INK, size=0.5)]
    levels = sorted(intervals["confidence_level"].unique(), reverse=True)
    several = len(levels) > 1
    # The widest as a line too: what is pale would be hard to see.
    if several:
        whole = intervals[intervals["confidence_level"] == levels[0]]
        bar = p9.aes(x="at", xend="at", y="low", yend="high", color="group")
        layers.append(p9.geom_segment(bar, whole, size=0.6))
    for i, level in enumerate(levels):
        part = intervals[intervals["confidence_level"] == level]
        width = 1.2 + 6.0 * i / (len(levels) - 1) if several else 1.2
        bar = p9.aes(x="at", xend="at", y="low", yend="high", color="group")
        layers.append(p9.geom_segment(bar, part, size=width, alpha=0.45 if several else 1))
    layers.append(p9.geom_point(p9.aes("at", "estimate"), estimates, color=style.INK, size=1.5))
    return layers


def group_row(group: str, values: Floats, low: float, high: float) -> GroupRow:
    """Return mean and standard deviation of a group, as far as they are near the window; of one run none."""
    mean = float((values - values[0]).mean() + values[0])
    sd = float((values - values[0]).std(ddof=1)) if values.size > 1 else math.nan
    inside, reach = low <= mean <= high and values.size > 1, high - low
    return GroupRow(
        group=group,
        n=values.size,
        mean=mean,
        sd=sd,
        mean_drawn=mean if inside else None,
        low=max(mean - sd, low - reach) if inside else None,
        high=min(mean + sd, high + reach) if inside else None,
    )


def difference_intervals(
    pair: PairComparison, samples: Mapping[str, Floats], confidence: float
) -> list[Interval]:
    """Return intervals of several levels; of pairs, and of few runs, which 99 % would dwarf, one."""
    if effects.is_matched(pair):
        low, high = mean_difference(pair)[1:]
        return [Interval(group=pair.group_b, confidence_level=confidence, low=low, high=high)]
    a, b = samples[pair.group_a], samples[pair.group_b]
    means = compare_means(a, b)
    levels = {confidence, *_LEVELS} if means.spreads and min(len(a), len(b)) >= _MIN_RUNS else {confidence}
    found = [(level, *means.interval(level)[:2]) for level in levels]
    return [
        Interval(group=pair.group_b, confidence_level=level, low=low, high=high)
        for level, low, high in sorted(found)
    ]
