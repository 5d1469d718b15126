"""Distribution functions with bands, and their differences from the baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyze import text as fmt
from analyze.figures import binning, style, words
from analyze.figures.binning import Floats, Ints
from analyze.figures.figure import Content, Figure, Plot, Table, columns, stack
from analyze.figures.source import FigureSource
from analyze.figures.style import Names, p9
from analyze.figures.words import Samples
from analyze.results import FigureEntry
from analyze.stats.ecdf_difference import EcdfDifference

MAX_DIFFERENCES = 4
MAX_STEPS = 256
# Of so many differences each has its sentences; of more, the largest alone.
_TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """A distribution function, or a difference of two, with its band: arrays of shape ``(n_steps,)``."""

    x: Floats
    y: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Largest:
    """Where a group's function lies farthest from the baseline's."""

    comparison: str
    group: str
    x: float
    difference: float
    label_side: str
    share_a: float
    share_b: float


def content(source: FigureSource) -> Content:
    """Compute distribution functions with simultaneous bands, and their differences from the baseline."""
    samples = source.samples()
    a, *others = samples
    places = binning.window(list(source.placed().values()))
    last_third = source.at((places[0] + 2 * places[1]) / 3)
    low, high = (source.at(place) for place in places)
    if low == high:  # one step in the middle of the figure
        half = max(abs(low) * 0.01, 1e-3)
        low, high = low - half, high + half
    most = MAX_STEPS if len(samples) <= 12 else MAX_STEPS // 2
    curves = {g: _curve(v, source.confidence, (low, high), most) for g, v in samples.items()}
    tables: dict[str, Table] = {
        "steps": stack([{"group": [g] * s.x.size, **_columns(s, "y")} for g, s in curves.items()]),
        "window": {"low": [low], "high": [high]},
    }
    near = source.chosen(MAX_DIFFERENCES + 1)
    found = {g: source.differences[g] for g in others if g in source.differences and g in near}
    bands = {g: _difference(d, (low, high)) for g, d in found.items()}
    largest = [_largest(a, g, d, samples, last_third) for g, d in found.items()]
    if largest:
        tables["difference"] = stack([_named(row, bands[row.group]) for row in largest])
        tables["largest"] = columns(largest)
    told = [_said(row, samples, source.value) for row in largest]
    return Content(
        title=f"Share of runs at or below each {source.value}",
        caption=_caption(source, largest, bands),
        alt=f"Empirical distribution functions of {source.value} with bands. {words.samples_alt(samples)} "
        f"{' '.join(told)}",
        tables=tables,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw distribution functions with bands above their differences from the baseline."""
    names = style.names(entry.groups)
    if len(names) > style.MAX_OVERLAID_LINES:
        return _panels(entry, names)
    steps = style.frame(entry, "steps", names)
    titles = ["share of runs at or below"]
    steps["panel"] = titles[0]
    plot: Plot = p9.ggplot() + style.looks(names, one_colour=False)
    plot += p9.labs(x=style.value_title(entry), y="")
    if "difference" in entry.tables:
        differences, largest = (style.frame(entry, table, names) for table in ("difference", "largest"))
        baseline = next(iter(names.values()))
        for table in (differences, largest):
            table["panel"] = [f"difference: {group} − {baseline}" for group in table["group"]]
        titles += list(largest["panel"])
        for table in (steps, differences, largest):
            table["panel"] = pd.Categorical(table["panel"], titles)
        plot += p9.geom_hline(p9.aes(yintercept=0), largest, color=style.INK, size=0.4)
        plot += _bands(differences, "difference")
        plot += style.common_scale(differences, "x", "difference")
        plot += _largest_marks(largest, titles)
    plot += _bands(steps, "y")
    plot += p9.facet_wrap("panel", ncol=1, scales="free_y", labeller=style.wrapped(1))
    plot += style.window(entry)
    plot += [style.value_axis(entry, "x"), p9.scale_y_continuous(labels=style.numbers)]
    return plot + style.theme(
        width=style.width(names),
        height=2.8 + 1.5 * len(titles[1:]) + style.legend_height(names),
        legend=len(names) > 1,
        stacked=style.stacked(names),
    )


def _panels(entry: FigureEntry, names: Names) -> Plot:
    """Draw one panel per group, the baseline repeated in each as the reference."""
    steps = style.frame(entry, "steps", names)
    baseline = next(iter(names.values()))
    own = steps[steps["group"] != baseline]
    reference = _stairs(steps[steps["group"] == baseline], "y").drop(columns="group")
    plot: Plot = p9.ggplot() + style.looks(names, one_colour=True)
    plot += p9.labs(x=f"{style.value_title(entry)} (dotted: {baseline})", y="share of runs at or below")
    own = own.assign(group=own["group"].cat.remove_unused_categories())  # no empty panel
    plot += _bands(own, "y")
    plot += p9.geom_path(p9.aes("x", "y"), reference, color=style.INK, linetype="dotted", size=0.6)
    plot += [
        style.value_axis(entry, "x", few=True),
        p9.scale_y_continuous(labels=style.percents),
    ]
    plot += style.panels(names)
    plot += style.window(entry)
    return plot + style.theme(width=style.WIDTH, height=style.panel_height(names), legend=False)


def _bands(table: pd.DataFrame, y: str) -> list[object]:
    stairs = _stairs(table, y)
    band = p9.aes("x", ymin="low", ymax="high", fill="group")
    if y == "difference":  # named by its panel; a dashed staircase is hard to read
        line = p9.geom_path(p9.aes("x", y, color="group"), stairs, size=0.8, show_legend=False)
    else:
        line = p9.geom_path(p9.aes("x", y, color="group", linetype="group"), stairs, size=0.8)
    return [p9.geom_ribbon(band, stairs, alpha=0.18, show_legend=y == "y"), line]


def _stairs(table: pd.DataFrame, y: str) -> pd.DataFrame:
    """Give every step its two corners, because a ribbon has no step form."""
    held = table.copy()
    held["x"] = table.groupby("group", observed=True)["x"].shift(-1)
    corners = pd.concat([table, held.dropna(subset=["x"])]).sort_index(kind="stable")
    return corners[[c for c in ("group", "panel", "x", y, "low", "high") if c in corners]]


def _largest_marks(largest: pd.DataFrame, titles: Sequence[str]) -> list[object]:
    # Below a low point and above a high one, where no line runs, unless the panel ends there.
    down, left = (
        largest["difference"].between(-0.85, 0) | (largest["difference"] > 0.85),
        largest["label_side"] == "left",
    )
    # No-break spaces keep the text clear of the point; an offset in data units would depend on the scale.
    text = [f"\u00a0\u00a0{fmt.statistic('D', abs(d))}\u00a0\u00a0" for d in largest["difference"]]
    labels = largest.assign(text=text, va=down.map({True: "top", False: "bottom"}))
    labels["ha"] = left.map({True: "right", False: "left"})
    place = p9.aes("x", "difference", label="text", va="va", ha="ha")
    marks: list[object] = [
        p9.geom_point(p9.aes("x", "difference"), largest, color=style.INK, size=2),
        p9.geom_text(place, labels, color=style.INK, size=9, family=style.FAMILY),
    ]
    if len(largest) == 1:
        gap = largest.assign(panel=pd.Categorical.from_codes([0], categories=pd.Index(titles)))
        marks.append(
            p9.geom_segment(
                p9.aes(x="x", xend="x", y="share_a", yend="share_b"), gap, color=style.INK, size=0.7
            )
        )
    return marks


def _columns(steps: Steps, y: str) -> dict[str, list[float]]:
    return {
        "x": steps.x.tolist(),
        y: steps.y.tolist(),
        "low": steps.low.tolist(),
        "high": steps.high.tolist(),
    }


def _named(row: Largest, band: Steps) -> Table:
    n = band.x.size
    return {"comparison": [row.comparison] * n, "group": [row.group] * n, **_columns(band, "difference")}


def _curve(values: Floats, confidence: float, window: tuple[float, float], max_steps: int) -> Steps:
    """Return steps with the band of Dvoretzky, Kiefer, Wolfowitz and Massart (doi 10.1214/aop/1176990746)."""
    x, index = np.unique(values, return_index=True)
    y = np.append(index[1:], values.size) / values.size
    keep = _thin(x.size, max_steps)
    x, y = _across(x[keep], y[keep], window)
    half = np.sqrt(np.log(2 / (1 - confidence)) / (2 * values.size))
    return Steps(x=x, y=y, low=np.maximum(y - half, 0.0), high=np.minimum(y + half, 1.0))


def _difference(found: EcdfDifference, window: tuple[float, float]) -> Steps:
    """Return the steps of F_b − F_a with its simultaneous band, which the drawing cuts at −1 and 1."""
    x, y = _across(found.x, found.difference, window)
    half = found.half_width
    return Steps(x=x, y=y, low=np.maximum(y - half, -1.0), high=np.minimum(y + half, 1.0))


def _across(x: Floats, y: Floats, window: tuple[float, float]) -> tuple[Floats, Floats]:
    """Extend steps over the window: 0 before the first, the last one's height after it."""
    before, after = int(window[0] < x[0]), int(window[1] > x[-1])
    x = np.concatenate([[window[0]] * before, x, [window[1]] * after])
    return x, np.concatenate([[0.0] * before, y, [y[-1]] * after])


def _largest(a: str, b: str, found: EcdfDifference, samples: Samples, last_third: float) -> Largest:
    share_a, share_b = (
        float(np.searchsorted(samples[g], found.largest_x, side="right") / samples[g].size) for g in (a, b)
    )
    return Largest(
        comparison=f"{b} − {a}",
        group=b,
        x=found.largest_x,
        difference=found.largest_difference,
        label_side="left" if found.largest_x > last_third else "right",
        share_a=share_a,
        share_b=share_b,
    )


def _thin(size: int, max_steps: int) -> Ints:
    return np.unique(np.rint(np.linspace(0, size - 1, min(size, max_steps))).astype(np.int64))


def _caption(source: FigureSource, largest: Sequence[Largest], bands: Mapping[str, Steps]) -> str:
    """Return the largest gap of every difference drawn, and what the bands promise."""
    samples, level = source.samples(), fmt.level(source.confidence)
    baseline = words.name(next(iter(samples)))
    told = largest if len(largest) <= _TOLD else [max(largest, key=lambda row: abs(row.difference))]
    sentences = [_said(row, samples, source.value) for row in told]
    if len(told) < len(largest):
        sentences = [f"Of {len(largest)} groups against {baseline}: {sentences[0]}"]
    if largest:
        sentences += [
            _excluded(f"{words.name(row.group)} − {baseline}", bands[row.group], samples) for row in told
        ]
        methods = "; ".join(dict.fromkeys(source.differences[row.group].method for row in largest))
        sentences.append(
            f"Band of the difference: holds the whole true difference with {level} confidence ({methods})."
        )
    sentences.append(
        f"Bands of the curves: each holds the whole true curve with {level} confidence "
        "(Dvoretzky–Kiefer–Wolfowitz–Massart; conservative with ties)."
    )
    return " ".join(sentences)


def _said(row: Largest, samples: Samples, value: str) -> str:
    return (
        f"In {fmt.percent(row.share_b)} of the {words.name(row.group)} runs and in "
        f"{fmt.percent(row.share_a)} of the {words.name(next(iter(samples)))} runs {value} is at most "
        f"{words.precise(row.x, samples)}, the largest gap ({fmt.statistic('D', abs(row.difference))})."
    )


def _excluded(comparison: str, band: Steps, samples: Samples) -> str:
    outside = ((band.low > 0) | (band.high < 0)).tolist()
    if not any(outside):
        return f"The band of {comparison} includes zero everywhere."
    first, last = outside.index(True), len(outside) - 1 - outside[::-1].index(True)
    low, high = (words.precise(band.x[i], samples) for i in (first, last))
    if low == high:
        return f"The band of {comparison} excludes zero at {low}."
    places = "" if all(outside[first : last + 1]) else "in places "
    return f"The band of {comparison} excludes zero {places}from {low} to {high}."


FIGURE = Figure(
    name="ecdf",
    section="tests",
    reads=(
        "A curve gives for every value the share of runs at or below it: a curve further right has "
        "larger values. The lower panel is the vertical difference; where its band leaves zero, the "
        "groups differ."
    ),
    tables=("steps", "window", "difference", "largest"),
    content=content,
    draw=draw,
    sources=("massart_1990",),
    log=True,
)
