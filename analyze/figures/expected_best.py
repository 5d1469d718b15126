"""Expected best of n runs, its difference from the baseline, and where two groups cross."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures import binning, style, words
from analyze.figures.figure import Content, Figure, Plot, Table, columns, of_pair, stack
from analyze.figures.source import FigureSource
from analyze.figures.style import Names, p9
from analyze.figures.words import name
from analyze.results import FigureEntry
from analyze.stats.best_comparison import BestDifferenceRow
from analyze.stats.best_of_n import BestRow

MAX_DIFFERENCES = 4
_BREAKS = [digit * 10**power for power in range(7) for digit in (1, 2, 5)]
_TITLE = "expected best"


def content(source: FigureSource) -> Content | None:
    """Follow what someone gets who trains n times and keeps the best, by n."""
    curves = _curves(source)
    if not curves:
        return None
    low, high = binning.window(list(source.samples().values()))
    reach = high - low
    ends = low - reach, high + reach
    near = {g: [r for r in rows if ends[0] <= r.unbiased <= ends[1]] for g, rows in curves.items()}
    drawn = {group: rows for group, rows in near.items() if rows}
    if not drawn:
        return None
    tables: dict[str, Table] = {
        "curves": stack([{"group": [g] * len(rows), **_points(rows, *ends)} for g, rows in drawn.items()])
    }
    pairs = source.against_baseline(MAX_DIFFERENCES) or list(source.pairs)[:MAX_DIFFERENCES]
    differences = [
        (p, [r for r in p.places.best.difference if abs(r.difference) <= 2 * reach]) for p in pairs
    ]
    if any(rows for _, rows in differences):
        tables["difference"] = stack(
            [{**of_pair(p, len(rows)), **_points(rows, -2 * reach, 2 * reach)} for p, rows in differences]
        )
        tables["crossing"] = stack([{**of_pair(p, 1), **_crossing(p)} for p in pairs])
    n_far = sum(len(rows) for rows in curves.values()) - sum(len(rows) for rows in drawn.values())
    best = f"The best is the {'largest' if source.better == 'higher' else 'smallest'}"
    return Content(
        title=f"Expected best {source.value} of n runs",
        caption=f"{' '.join(_finding(pair, source.better) for pair in pairs)} {best} value. Bands hold for "
        f"all n of a curve at once with {fmt.level(source.confidence)} confidence; dashed: extrapolated, too "
        f"few runs for a band.{words.far(n_far, 'point')}{source.which(list(curves))}",
        alt=f"Expected best of n runs by n, for n from 1. {best} {source.value}. {_alt(curves)}",
        tables=tables,
        groups=list(drawn),
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw the curves above their differences from the baseline; many groups get a panel each."""
    shown = style.names(entry.groups)
    curves = style.frame(entry, "curves", shown)
    if len(shown) > style.MAX_OVERLAID_LINES:
        return _panels(entry, curves, shown)
    titles = [_TITLE]
    curves["panel"] = _TITLE
    plot: Plot = p9.ggplot() + style.looks(shown, one_colour=False)
    plot += p9.labs(x="number of runs", y=entry.value)
    if "difference" in entry.tables:
        differences, crossings = (style.frame(entry, table, shown) for table in ("difference", "crossing"))
        for table in (differences, crossings):
            table["panel"] = [f"difference: {b} − {a}" for a, b in _pairs(table)]
            table["group"] = table["group_b"]
        titles += list(dict.fromkeys(differences["panel"]))
        for table in (curves, differences, crossings):
            table["panel"] = pd.Categorical(table["panel"], titles)
        zero = pd.DataFrame({"panel": pd.Categorical(titles[1:], titles)})
        plot += p9.geom_hline(p9.aes(yintercept=0), zero.assign(at=0), color=style.INK, size=0.4)
        plot += _lines(differences)
        plot += style.common_scale(differences, "n", "estimate")
        plot += _crossing_marks(crossings)
    plot += _lines(curves, marked=True)
    plot += p9.facet_wrap("panel", ncol=1, scales="free_y", labeller=style.wrapped(1))
    plot += [_axis(curves, every=2 if style.small(shown) else 1), p9.scale_y_continuous(labels=style.numbers)]
    height = 2.9 + 1.35 * (len(titles) - 1) + style.legend_height(shown)
    return plot + style.theme(
        width=style.width(shown), height=height, legend=True, stacked=style.stacked(shown)
    )


def _panels(entry: FigureEntry, curves: pd.DataFrame, shown: Names) -> Plot:
    """Draw one panel per group, the baseline repeated in each as the reference."""
    baseline = next(iter(shown.values()))
    reference = curves[curves["group"] == baseline].drop(columns="group")
    own = curves[curves["group"] != baseline]
    own = own.assign(group=own["group"].cat.remove_unused_categories())
    plot: Plot = p9.ggplot() + style.looks(shown, one_colour=True)
    plot += p9.labs(x=f"number of runs (dotted: {style.short(baseline)})", y=f"expected best {entry.value}")
    plot += _lines(own)
    plot += p9.geom_line(p9.aes("n", "estimate"), reference, color=style.INK, linetype="dotted", size=0.7)
    plot += style.panels(shown)
    plot += [_axis(curves, every=3), p9.scale_y_continuous(labels=style.numbers)]
    return plot + style.theme(width=style.WIDTH, height=style.panel_height(shown) + 0.4, legend=False)


def _lines(table: pd.DataFrame, *, marked: bool = False) -> list[object]:
    """Draw bands, solid lines as far as there is a band, dashed lines beyond, and points with shapes."""
    near = table[~table["extrapolated"]]
    # The dashed part starts where the solid one ends.
    keys = [key for key in ("panel", "group") if key in table]
    ends = near.groupby(keys, observed=True).tail(1)
    beyond = pd.concat([ends, table[table["extrapolated"]]]).sort_values([*keys, "n"], kind="stable")
    beyond = beyond[beyond.groupby(keys, observed=True)["n"].transform("size") > 1]
    band = near.dropna(subset=["low", "high"])
    mapping = p9.aes("n", "estimate", color="group")
    lines = near[near.groupby(keys, observed=True)["n"].transform("size") > 1]
    layers: list[object] = [p9.geom_line(mapping, lines, size=0.8)] if len(lines) else []
    if len(band):
        shape = p9.aes("n", ymin="low", ymax="high", fill="group")
        layers.insert(0, p9.geom_ribbon(shape, band, alpha=0.18, show_legend=False))
    if len(beyond):
        layers.append(p9.geom_line(mapping, beyond, size=0.7, linetype=(0, (4, 2)), show_legend=False))
    if marked:
        points = p9.aes("n", "estimate", color="group", fill="group", shape="group")
        layers.append(p9.geom_point(points, near, size=2.2, stroke=0))
    return layers


def _crossing_marks(crossings: pd.DataFrame) -> list[object]:
    found = crossings[crossings["determined"].astype(bool)]
    if found.empty:
        return []
    found = found.assign(zero=0.0, text=[f"cross at {fmt.number(n, 2)} runs" for n in found["n"]])
    return [
        p9.geom_vline(p9.aes(xintercept="n"), found, color=style.INK, size=0.5, linetype="dotted"),
        p9.geom_segment(
            p9.aes(x="low", xend="high", y="zero", yend="zero"), found, color=style.INK, size=1.6
        ),
        p9.geom_point(p9.aes("n", "zero"), found, color=style.INK, size=2),
        p9.geom_text(
            p9.aes("n", "zero", label="text"), found, color=style.INK, size=9, family=style.FAMILY,
            ha="left", va="bottom", nudge_x=0.02,
        ),
    ]  # fmt: skip


def _axis(curves: pd.DataFrame, *, every: int = 1) -> object:
    most = curves["n"].max()
    step = every if most >= 100 else max(1, every - 1)
    if most > 20_000:
        step = max(step, 3)
    breaks = [b for b in _BREAKS[::step] if b <= most]
    if len(breaks) < 2:  # few runs; between breaks the scale wants smaller ones, and fails for a single break
        breaks = [b for b in _BREAKS if b <= most]
    return p9.scale_x_log10(breaks=breaks, labels=lambda found: [fmt.count(round(b)) for b in found])


def _pairs(table: pd.DataFrame) -> Iterable[tuple[str, str]]:
    return zip(table["group_a"], table["group_b"], strict=True)


def _curves(source: FigureSource) -> dict[str, Sequence[BestRow]]:
    """Return the curve of each group, from the first pair that it is in: it is the same in all."""
    curves: dict[str, Sequence[BestRow]] = {}
    for pair in source.placed_pairs:
        curves.setdefault(pair.group_a, pair.places.best.best_a)
        curves.setdefault(pair.group_b, pair.places.best.best_b)
    return {group: curves[group] for group in source.samples() if group in curves}


def _points(rows: Sequence[BestRow] | Sequence[BestDifferenceRow], low: float, high: float) -> Table:
    """Return points of a curve with their band, cut near the ends of the figure."""
    return {
        "n": [row.n for row in rows],
        "estimate": [row.unbiased if isinstance(row, BestRow) else row.difference for row in rows],
        "low": [None if row.low is None else max(row.low, low) for row in rows],
        "high": [None if row.high is None else min(row.high, high) for row in rows],
        "extrapolated": [row.extrapolated for row in rows],
    }


def _crossing(pair: PairComparison) -> Table:
    return columns([pair.places.best.crossing], "n", "low", "high", "determined")


def _alt(curves: Mapping[str, Sequence[BestRow]]) -> str:
    """Return the expected best of one run and of the most runs that have a band, for each group."""
    sentences = []
    for group, rows in curves.items():
        near = [row for row in rows if not row.extrapolated] or list(rows)
        first, last = near[0], near[-1]
        decimals = fmt.decimals_for(abs(last.unbiased - first.unbiased) / 10 or None)
        ends = f"{fmt.fixed(first.unbiased, decimals)} for {fmt.plural(first.n, 'run')}"
        if last.n > first.n:
            ends += f" to {fmt.fixed(last.unbiased, decimals)} for {fmt.plural(last.n, 'run')}"
        sentences.append(f"{name(group)}: {ends}.")
    return words.first(sentences)


def _finding(pair: PairComparison, better: str) -> str:
    rows = [row for row in pair.places.best.difference if not row.extrapolated]
    a, b, crossing = name(pair.group_a), name(pair.group_b), pair.places.best.crossing
    apart = [row for row in rows if _excludes_zero(row)]
    if not apart:
        most = fmt.plural(rows[-1].n, "run")
        said = f"{b} against {a}: no difference of the expected bests shown up to {most}"
    else:
        parts = [
            f"{word} ({_judged(word, better)}) for the best of {_numbers(part, rows)}"
            for word, part in (
                ("larger", [row for row in apart if row.difference > 0]),
                ("smaller", [row for row in apart if row.difference < 0]),
            )
            if part
        ]
        said = f"{b} against {a}: the expected best is {' and '.join(parts)}"
    if not crossing.determined or crossing.n is None:
        return f"{said}."
    low, high = fmt.number(crossing.low, 2), fmt.number(crossing.high, 2)
    return (
        f"{said}; the curves cross at about {fmt.number(crossing.n, 2)} runs "
        f"({fmt.level(crossing.confidence_level)} interval {low} to {high})."
    )


def _judged(word: str, better: str) -> str:
    return "better" if (word == "larger") == (better == "higher") else "worse"


def _numbers(apart: Sequence[BestDifferenceRow], rows: Sequence[BestDifferenceRow]) -> str:
    inside = [row for row in rows if apart[0].n <= row.n <= apart[-1].n]
    shown = [fmt.count(row.n) for row in apart]
    if len(apart) > 2 and len(inside) == len(apart):
        return f"{shown[0]} to {shown[-1]} runs"
    return f"{fmt.listing(shown)} run{'' if shown == ['1'] else 's'}"


def _excludes_zero(row: BestDifferenceRow) -> bool:
    return (row.low is not None and row.low > 0) or (row.high is not None and row.high < 0)


FIGURE = Figure(
    name="expected_best",
    section="retrain",
    reads=(
        "The curve is the best value that someone who trains n networks can expect. Where two curves "
        "cross, the better strategy depends on how many networks are trained."
    ),
    tables=("curves", "difference", "crossing"),
    content=content,
    draw=draw,
    sources=("tang_2020", "dodge_2019"),
)
