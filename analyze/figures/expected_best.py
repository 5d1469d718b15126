"""Expected best of n runs, its difference from the baseline, and where two groups cross."""

from typing import Any

import pandas as pd

from analyze import text as fmt
from analyze.figures import style
from analyze.figures.style import Entry, Names, Plot, p9

_BREAKS = [digit * 10**power for power in range(7) for digit in (1, 2, 5)]
_TITLE = "expected best"


def expected_best(entry: Entry) -> Plot:
    """Draw the curves above their differences from the baseline; many groups get a panel each."""
    shown = style.names(entry["groups"])
    curves = style.frame(entry, "curves", shown)
    if len(shown) > style.MAX_OVERLAID_LINES:
        return _panels(entry, curves, shown)
    differences = style.frame(entry, "difference", shown)
    titles = [_TITLE]
    curves["panel"] = _TITLE
    plot = p9.ggplot() + style.looks(shown, one_colour=False) + p9.labs(x="number of runs", y=entry["value"])
    if differences is not None:
        crossings = style.frame(entry, "crossing", shown)
        for table in (differences, crossings):
            table["panel"] = [f"difference: {b} − {a}" for a, b in _pairs(table)]
            table["group"] = table["group_b"]
        titles += list(dict.fromkeys(differences["panel"]))
        for table in (curves, differences, crossings):
            table["panel"] = pd.Categorical(table["panel"], titles)
        zero = pd.DataFrame({"panel": pd.Categorical(titles[1:], titles)})
        plot += p9.geom_hline(p9.aes(yintercept=0), zero.assign(at=0), color=style.INK, size=0.4)
        plot += _curves(differences)
        plot += _crossing_marks(crossings)
    plot += _curves(curves, marked=True)
    plot += p9.facet_wrap("panel", ncol=1, scales="free_y", labeller=style.wrapped(1, style.width(shown)))
    plot += [_axis(curves, every=2 if style.small(shown) else 1), p9.scale_y_continuous(labels=style.numbers)]
    height = 2.9 + 1.35 * (len(titles) - 1) + style.legend_height(shown)
    return plot + style.theme(
        width=style.width(shown), height=height, legend=True, stacked=style.stacked(shown)
    )


def _panels(entry: Entry, curves: pd.DataFrame, shown: Names) -> Plot:
    """Draw one panel per group, the baseline repeated in each as the reference."""
    baseline = next(iter(shown.values()))
    reference = curves[curves["group"] == baseline].drop(columns="group")
    own = curves[curves["group"] != baseline]
    own = own.assign(group=own["group"].cat.remove_unused_categories())
    plot = p9.ggplot() + style.looks(shown, one_colour=True)
    plot += p9.labs(
        x=f"number of runs (dotted: {style.short(baseline)})", y=f"expected best {entry['value']}"
    )
    plot += _curves(own)
    plot += p9.geom_line(p9.aes("n", "estimate"), reference, color=style.INK, linetype="dotted", size=0.7)
    across = style.columns(shown)
    plot += p9.facet_wrap("group", ncol=across, labeller=style.wrapped(across))
    plot += [_axis(curves, every=3), p9.scale_y_continuous(labels=style.numbers)]
    return plot + style.theme(width=style.WIDTH, height=style.panel_height(shown) + 0.4, legend=False)


def _curves(table: pd.DataFrame, *, marked: bool = False) -> list[Any]:
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
    layers = [p9.geom_line(mapping, lines, size=0.8)] if len(lines) else []
    if len(band):
        shape = p9.aes("n", ymin="low", ymax="high", fill="group")
        layers.insert(0, p9.geom_ribbon(shape, band, alpha=0.18, show_legend=False))
    if len(beyond):
        layers.append(p9.geom_line(mapping, beyond, size=0.7, linetype=(0, (4, 2)), show_legend=False))
    if marked:
        points = p9.aes("n", "estimate", color="group", fill="group", shape="group")
        layers.append(p9.geom_point(points, near, size=2.2, stroke=0))
    return layers


def _crossing_marks(crossings: pd.DataFrame) -> list[Any]:
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


def _axis(curves: pd.DataFrame, *, every: int = 1) -> Any:
    most = curves["n"].max()
    step = every if most >= 100 else max(1, every - 1)
    if most > 20_000:
        step = max(step, 3)
    breaks = [b for b in _BREAKS[::step] if b <= most]
    if len(breaks) < 2:  # few runs; between breaks the scale wants smaller ones, and fails for a single break
        breaks = [b for b in _BREAKS if b <= most]
    return p9.scale_x_log10(breaks=breaks, labels=lambda found: [fmt.count(round(b)) for b in found])


def _pairs(table: pd.DataFrame) -> Any:
    return zip(table["group_a"], table["group_b"], strict=True)
