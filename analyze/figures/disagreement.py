"""Disagreement: on how many test examples two runs answer differently, within groups and between."""

from collections.abc import Sequence

import pandas as pd

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures import style, words
from analyze.figures.figure import Content, Figure, Plot, columns
from analyze.figures.source import MAX_PANELS, FigureSource
from analyze.figures.style import p9
from analyze.results import FigureEntry

_EACH = "two of the first", "two of the second"
BETWEEN, TWINS = "one of each", "twins"


def content(source: FigureSource) -> Content | None:
    """Count pairs of runs by the number of examples that they answer differently."""
    drawn = source.seen.drawn if source.seen else None
    if drawn is None or source.seen is None:
        return None
    pairs = [pair for pair in source.panels() if pair.functions is not None]
    names = {(pair.group_a, pair.group_b) for pair in pairs}
    bins = [one for one in drawn.bins if (one.group_a, one.group_b) in names]
    if not bins:
        return None
    n, example = source.seen.answers.n_examples, source.seen.answers.example
    told = [_told(pair, n) for pair in pairs]
    groups = source.groups_of(pairs)
    return Content(
        title=f"On how many {example}s two runs disagree",
        caption=f"{_finding(pairs[0], n) if len(pairs) == 1 else _range(source, n)} "
        f"Each curve: all pairs of runs of that kind, scaled to equal height.{_which(source, pairs)}",
        alt=f"Histograms of the number of {example}s that two runs answer differently. "
        + words.first(told, "pair"),
        tables={"disagreement": columns(bins)},
        groups=groups,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw outlines of histograms, a panel for each pair."""
    bins = style.plain_frame(entry, "disagreement")
    several = bins[["group_a", "group_b"]].drop_duplicates().shape[0] > 1
    bins["panel"] = style.pair_names(bins, " v. ")
    bins["kind"] = _kinds(bins)
    # The same height for each curve: there are 500 times as many pairs of runs as twins.
    bins["share"] = bins["n"] / bins.groupby(["panel", "kind"], observed=True)["n"].transform("max")
    kinds = list(bins["kind"].cat.categories)
    plot: Plot = p9.ggplot(bins, p9.aes(color="kind", linetype="kind"))
    plot += p9.geom_step(p9.aes("low", "share"), _closed(bins), direction="hv", size=0.9)
    plot += [
        p9.scale_color_manual(values=dict(zip(kinds, style.COLORS, strict=False)), limits=kinds),
        p9.scale_linetype_manual(values=dict(zip(kinds, style.LINETYPES, strict=False)), limits=kinds),
        p9.scale_x_continuous(labels=style.numbers, limits=(0, None)),
        p9.scale_y_continuous(breaks=[]),
        p9.labs(x="test examples answered differently", y="pairs of runs"),
    ]
    if several:
        plot += p9.facet_wrap("panel", ncol=1, labeller=style.wrapped(1))
    n = bins["panel"].nunique()
    lines = 0.17 * len(kinds)
    width = style.WIDTH if several else style.HALF_WIDTH
    plot += style.theme(
        width=width, height=1.2 + lines + (1.5 if several else 2.0) * n, legend=True, stacked=True
    )
    plot += p9.theme(panel_grid_major_y=p9.element_blank())
    return plot


def _kinds(bins: pd.DataFrame) -> "pd.Categorical[str]":
    """Name the curves: after the groups where there is one pair."""
    one = bins[["group_a", "group_b"]].drop_duplicates()
    if len(one) == 1:
        a, b = (style.short(str(one.iloc[0][side]), 20) for side in ("group_a", "group_b"))
        names = {"within a": f"two of {a}", "within b": f"two of {b}"}
    else:
        first = one["group_a"].unique()
        a, b = (f"two of {style.short(str(first[0]), 20)}", "two of the other") if len(first) == 1 else _EACH
        names = {"within a": a, "within b": b}
    names |= {"between": BETWEEN, "twins": TWINS}
    order = [names[kind] for kind in names if (bins["kind"] == kind).any()]
    return pd.Categorical(bins["kind"].map(names), order)


def _closed(bins: pd.DataFrame) -> pd.DataFrame:
    """Add the end of each outline, which comes down to zero."""
    parts = []
    for _, part in bins.groupby(["panel", "kind"], observed=True):
        first, last = part.iloc[:1], part.iloc[-1:]
        parts += [first.assign(share=0.0), part, last.assign(low=last["high"], share=0.0)]
    return pd.concat(parts)


def _finding(pair: PairComparison, n: int) -> str:
    found = pair.functions
    assert found is not None
    ratio = found.diversity_ratio
    if ratio is None or ratio == 1:
        return _told(pair, n)
    less, more = (pair.group_b, pair.group_a) if ratio < 1 else (pair.group_a, pair.group_b)
    return f"Two runs of {words.name(less)} are more alike than two of {words.name(more)}."


def _range(source: FigureSource, n: int) -> str:
    found = (
        {g: f.disagreement for g, f in source.seen.groups.items() if f.disagreement} if source.seen else {}
    )
    if not found:
        return ""
    low, high = min(found, key=lambda g: found[g] or 0), max(found, key=lambda g: found[g] or 0)
    return (
        f"Two runs of {words.name(low)} disagree on {fmt.count(round((found[low] or 0) * n))} on average, "
        "two of "
        f"{words.name(high)} on {fmt.count(round((found[high] or 0) * n))}."
    )


def _told(pair: PairComparison, n: int) -> str:
    found = pair.functions
    assert found is not None
    between = fmt.MISSING if found.between is None else fmt.number(found.between * n, 3)
    twins = f", twins on {fmt.number(found.twins * n, 3)}" if found.twins is not None else ""
    return (
        f"A run of {words.name(pair.group_a)} and one of {words.name(pair.group_b)} differ on "
        f"{between}{twins}."
    )


def _which(source: FigureSource, pairs: Sequence[PairComparison]) -> str:
    rest = len(source.pairs) - len(pairs)
    return source.which(source.groups_of(pairs)) if rest and len(pairs) == MAX_PANELS else ""


FIGURE = Figure(
    name="disagreement",
    section="functions",
    few=False,
    reads=(
        "A curve is the histogram of disagreement over all pairs of runs. Twins, runs of equal seed, that "
        "lie far "
        "to the left of the others ended near each other: the seed decides the function. Curves on top of "
        "each "
        "other: it does not matter which group a run is from."
    ),
    tables=("disagreement",),
    content=content,
    draw=draw,
    sources=("fort_2019",),
)
