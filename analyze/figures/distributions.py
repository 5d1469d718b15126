"""How the runs of each group are distributed: histograms with densities, the original experiment's figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analyze import text as fmt
from analyze.figures import binning, style, words
from analyze.figures.binning import Bins, Floats
from analyze.figures.figure import Content, Figure, Plot, Table, columns, stack
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.figures.words import Samples
from analyze.results import FigureEntry

_BARS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """A group whose runs are all the same."""

    group: str
    x: float
    n: int
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Runs of a group that are not drawn, because they are far away."""

    group: str
    n_below: int
    n_above: int


def content(source: FigureSource) -> Content:
    """Count the runs of each group in common bins, and put densities on the bins' scale."""
    samples, placed = source.samples(), source.placed()
    low, high = binning.window(list(placed.values()))
    bins = binning.common_bins(list(placed.values()), low, high)
    spread = {g: v for g, v in placed.items() if v[0] < v[-1]}
    counts = {g: binning.bin_counts(v, bins) for g, v in spread.items()}
    shares = {g: n / spread[g].size for g, n in counts.items()}
    edges = source.at_all(bins.edges.tolist())
    stacked = {
        "bars": [_coarse(g, v, low, high, source) for g, v in placed.items()],
        "bins": [_counted(g, edges, n, shares[g]) for g, n in counts.items()],
        "density": [_curve(g, v, bins, source) for g, v in spread.items() if v.size >= binning.MIN_DENSITY],
    }
    top = max((float(share.max()) for share in shares.values()), default=1.0)
    constant = {g: v for g, v in placed.items() if g not in spread}
    spikes = [Spike(group=g, x=source.at(float(v[0])), n=v.size, height=top) for g, v in constant.items()]
    outside = [
        Outside(group=g, n_below=int((v < low).sum()), n_above=int((v > high).sum()))
        for g, v in placed.items()
        if v[0] < low or v[-1] > high
    ]
    rows: Mapping[str, Sequence[Spike | Outside]] = {"spikes": spikes, "outside": outside}
    tables = {name: stack(parts) for name, parts in stacked.items() if parts}
    sentences = [
        words.medians(samples),
        _overlap(shares),
        _bars(bins, densities="density" in tables, log=source.log),
        *(_constant(spike, samples) for spike in spikes),
        *(_far(row) for row in outside),
    ]
    return Content(
        title=f"Distribution of {source.value}",
        caption=" ".join(sentence for sentence in sentences if sentence),
        alt=f"Histograms with density curves of {source.value}. {words.samples_alt(samples)}",
        tables=tables | {name: columns(found) for name, found in rows.items() if found},
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw histograms and densities: overlaid for up to three groups, otherwise one panel per group."""
    names = style.names(entry.groups)
    panels = len(names) > style.MAX_OVERLAID_BARS
    plot: Plot = p9.ggplot() + style.looks(names, one_colour=panels)
    plot += p9.labs(x=style.value_title(entry), y="share of runs per bin")
    if "bins" in entry.tables:
        bins = style.frame(entry, "bins", names)
        box = p9.aes(xmin="low", xmax="high", ymin=0, ymax="share", fill="group", color="group")
        plot += p9.geom_rect(box, bins[bins["share"] > 0], alpha=0.3, size=0.25)
    if "density" in entry.tables:
        curve = p9.aes("x", "share", color="group", linetype="group")
        plot += p9.geom_line(curve, style.frame(entry, "density", names), size=0.9)
    if "spikes" in entry.tables:
        stem = p9.aes(x="x", xend="x", y=0, yend="height", color="group", linetype="group")
        plot += p9.geom_segment(stem, style.frame(entry, "spikes", names), size=1.4)
    plot += [
        style.value_axis(entry, "x", few=panels),
        p9.scale_y_continuous(labels=style.percents, expand=(0, 0, 0.06, 0)),
    ]
    if panels:
        plot += style.panels(names)
    low = 2.9 if style.small(names) else 3.4
    return plot + style.theme(
        width=style.width(names),
        height=style.panel_height(names) if panels else low + style.legend_height(names),
        legend=not panels,
        stacked=style.stacked(names),
    )


def _counted(group: str, edges: Sequence[float], counts: binning.Ints, share: Floats) -> Table:
    return {
        "group": [group] * counts.size,
        "low": edges[:-1],
        "high": edges[1:],
        "n": counts.tolist(),
        "share": share.tolist(),
    }


def _coarse(group: str, values: Floats, low: float, high: float, source: FigureSource) -> Table:
    """Count in twelve coarse cells on the common axis, for one line of text."""
    ends = (low, high) if high > low else (low - 0.5, low + 0.5)
    edges = np.linspace(*ends, _BARS + 1)
    counts = np.histogram(values, bins=edges)[0]
    found = _counted(group, source.at_all(edges.tolist()), counts, counts / values.size)
    return {"group": found["group"], "cell": list(range(_BARS))} | dict(found)


def _curve(group: str, values: Floats, bins: Bins, source: FigureSource) -> Table:
    x, y = binning.density(values, bins)
    return {
        "group": [group] * x.size,
        "x": source.at_all(x.tolist()),
        "density": y.tolist(),
        "share": (y * bins.width).tolist(),  # on the scale of the bars: runs per bin
    }


def _overlap(shares: Mapping[str, Floats]) -> str:
    if len(shares) != 2:
        return ""
    common = sum(min(pair) for pair in zip(*(share.tolist() for share in shares.values()), strict=True))
    return f"The two histograms share {fmt.percent(common)} of their area."


def _bars(bins: Bins, *, densities: bool, log: bool) -> str:
    width = f"a factor of {fmt.number(10**bins.width, 3)}" if log else fmt.number(bins.width, 3)
    if bins.step is None:
        grid = ""
    else:
        grid = f" ({fmt.plural(round(bins.width / bins.step), 'step')} of the measurement grid)"
    lines = "; lines: Gaussian kernel density on their scale" if densities else ""
    return f"Bars: share of a group's runs in bins of {width}{grid}{lines}."


def _constant(row: Spike, samples: Samples) -> str:
    value, n = words.precise(row.x, samples), fmt.plural(row.n, "run")
    return f"{words.name(row.group)} is constant: {n} at {value} (a spike, not to scale)."


def _far(row: Outside) -> str:
    beyond = [(row.n_below, "below"), (row.n_above, "above")]
    counts = fmt.listing([f"{fmt.count(n)} {side}" for n, side in beyond if n])
    return f"Not drawn, because far away: {words.name(row.group)} {counts}."


FIGURE = Figure(
    name="distributions",
    section="tests",
    reads=(
        "The height of a bar is the share of a group's runs between its two edges; the line smooths "
        "the same runs. Where the bars of two groups overlap, runs of both reach these values."
    ),
    tables=("bars", "bins", "density", "spikes", "outside"),
    content=content,
    draw=draw,
    sources=("freedman_diaconis_1981", "silverman_1986"),
    log=True,
)
