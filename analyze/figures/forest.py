"""Forest: differences of means with their intervals, one row for each pair."""

import math
from collections.abc import Sequence

import pandas as pd

from analyze import text as fmt
from analyze.comparison.pair import PairComparison
from analyze.figures import effects, style, words
from analyze.figures.effects import VERDICTS, EffectRow
from analyze.figures.figure import Content, Figure, Plot, Table, columns
from analyze.figures.source import FigureSource
from analyze.figures.style import Names, p9
from analyze.figures.words import name
from analyze.results import FigureEntry

MAX_ROWS = 24
# What reaches so many times as far as the median is cut, estimates and intervals, or the others were points.
_FAR, _WIDE = 20, 10
# Inches: a line of words above the mark of a row, and the room of the mark.
_LINE, _MARK = 0.16, 0.2
# Letters of the size of the words in an inch.
_LETTERS = 12


def content(source: FigureSource) -> Content | None:
    """Put differences of means of all pairs on one axis; that of a single pair is the first figure."""
    if len(source.pairs) < 2:
        return None
    pairs = _shown_pairs(source)
    rows = [effects.mean_row(pair) for pair in pairs]
    low, high = _limits(rows, source.margin)
    beyond_low, beyond_high = [row.low < low for row in rows], [row.high > high for row in rows]
    tables: dict[str, Table] = {
        "effects": {**columns(rows), "beyond_low": beyond_low, "beyond_high": beyond_high},
        "window": {"low": [low], "high": [high]},
    }
    if source.margin is not None:
        tables["margin"] = {"low": [-source.margin], "high": [source.margin]}
    return Content(
        title=f"Differences of mean {source.value} with intervals",
        caption=_caption(source, pairs, rows, cut=any([*beyond_low, *beyond_high])),
        alt=f"Forest plot of differences of {source.value}. "
        + words.first([f"{name(row.label)}: {effects.estimated(row)}." for row in rows], "row"),
        tables=tables,
        groups=source.groups_of(pairs),
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw one row for each difference: point, interval, zero line, and the margin's zone."""
    rows = style.plain_frame(entry, "effects")
    low, high = style.limits(entry)
    rows["text"] = _row_words(rows, style.names(entry.groups), round(_LETTERS * style.WIDTH))
    rows["y"], top = _heights(list(rows["text"]))
    # An end that is beyond the figure may be infinite, which the table has as None.
    rows["start"] = rows["low"].astype(float).mask(rows["beyond_low"], low).clip(low, high)
    rows["end"] = rows["high"].astype(float).mask(rows["beyond_high"], high).clip(low, high)
    plot: Plot = p9.ggplot(rows, p9.aes(y="y"))
    if "margin" in entry.tables:
        plot += _zone(style.plain_frame(entry, "margin"), top)
    plot += _words(rows, low)
    span = p9.aes(x="start", xend="end", yend="y", color="verdict")
    plot += p9.geom_segment(span, rows.dropna(subset=["start", "end"]), size=0.9, show_legend=False)
    plot += _arrows(rows, low, high)
    inside = rows[rows["estimate"].between(low, high)]
    plot += _judged(inside, list(rows["verdict"]))
    plot += p9.labs(x=f"{entry.value}, {_difference_of_means(rows)}", y="")
    plot += p9.scale_x_continuous(
        labels=style.signed, breaks=style.few_breaks, limits=(low, high), expand=(0, 0)
    )
    plot += p9.scale_y_continuous(breaks=[], limits=(0, top), expand=(0, 0))
    plot += style.theme(width=style.WIDTH, height=0.9 + top, legend=True)
    plot += p9.theme(axis_title_y=p9.element_blank(), panel_grid_major_y=p9.element_blank())
    return plot


def _shown_pairs(source: FigureSource) -> list[PairComparison]:
    if len(source.pairs) <= MAX_ROWS:
        return list(source.pairs)
    return source.against_baseline(MAX_ROWS)


def _limits(rows: Sequence[EffectRow], margin: float | None) -> tuple[float, float]:
    """Return the range of the axis: all intervals, but for those that would flatten the others."""
    found = [end for row in rows for end in (row.low, row.high) if not math.isnan(end)]
    estimates = [row.estimate for row in rows if math.isfinite(row.estimate)]
    finite = [end for end in found if math.isfinite(end)] + estimates
    reaches = sorted(map(abs, finite))
    median = reaches[(len(reaches) - 1) // 2] or reaches[-1] / _FAR
    # Estimates are shown unless they lie far apart; ends of intervals reach no further than they need to.
    furthest = min(max(map(abs, estimates), default=0.0), _FAR * median)
    most = max(furthest, _WIDE * median)
    ends = [min(max(end, -most), most) for end in finite]
    ends += [0.0] if margin is None else [-margin, margin]
    low, high = min(ends), max(ends)
    # An endless interval needs room for its arrow, and no more.
    space = (0.04 if all(map(math.isfinite, found)) else 0.1) * (high - low) or 1.0
    return low - space, high + space


def _caption(
    source: FigureSource, pairs: Sequence[PairComparison], rows: Sequence[EffectRow], *, cut: bool
) -> str:
    """Return which intervals exclude zero, and how to read the marks."""
    level = fmt.level(effects.effect(pairs[0], "mean_difference").confidence_level)
    within = " within matched pairs" if any(map(effects.is_matched, pairs)) else ""
    apart = _excluding(sum(row.low > 0 or row.high < 0 for row in rows), len(rows))
    sentences = [
        f"Verdict: {effects.counted(pairs)}; {apart}.",
        "Points: estimates, their shape is the verdict, which the primary test gives after adjustment; "
        f"lines: {level} intervals{within}, each for itself, not adjusted.",
    ]
    if source.margin is not None:
        sentences.append(f"Grey zone: differences within the margin of ±{fmt.number(source.margin)}.")
    if cut:
        sentences.append("Arrows: the interval goes on beyond the figure.")
        endless = [name(row.label) for row in rows if math.isinf(row.low) or math.isinf(row.high)]
        if endless:
            sentences.append(
                f"{fmt.listing(endless[: words.NAMED])}: so few runs that the interval has no end."
            )
    rest = len(source.pairs) - len(pairs)
    if rest:
        sentences.append(f"{fmt.plural(rest, 'pair is', 'pairs are')} in the tables only.")
    return " ".join(sentences) + source.which(source.groups_of(pairs))


def _excluding(n_apart: int, n: int) -> str:
    if not n_apart:
        return f"none of the {n} intervals excludes zero" if n > 1 else "the interval includes zero"
    return f"{n_apart} of {fmt.plural(n, 'interval')} exclude{'s' if n_apart == 1 else ''} zero"


def _heights(texts: Sequence[str]) -> tuple[list[float], float]:
    """Return the height of the mark of each row, the first on top, and that of all, in inches."""
    heights, top = [], 0.0
    for text in reversed(texts):
        heights.append(top + _MARK / 2)
        top += _MARK + _LINE * (text.count("\n") + 1)
    return heights[::-1], top + _MARK / 4


def _words(rows: pd.DataFrame, low: float) -> list[object]:
    """Write what a row is above its mark, and draw zero beside marks only: a line would strike words out."""
    look = {"color": style.INK, "size": 9, "family": style.FAMILY, "ha": "left", "va": "bottom"}
    above, zero = rows.assign(at=low, y=rows["y"] + _MARK / 2), rows.assign(zero=0.0)
    zero = zero.assign(bottom=zero["y"] - _MARK / 2, top=zero["y"] + _MARK / 2)
    line = p9.aes(x="zero", xend="zero", y="bottom", yend="top")
    return [
        p9.geom_text(p9.aes("at", "y", label="text"), above, **look),
        p9.geom_segment(line, zero, color=style.INK, size=0.6),
    ]


def _zone(margin: pd.DataFrame, top: float) -> list[object]:
    """Shade the differences within the margin, and draw its ends."""
    ends = margin["low"].iloc[0], margin["high"].iloc[0]
    return [
        p9.annotate("rect", xmin=ends[0], xmax=ends[1], ymin=0, ymax=top, fill=style.QUIET, alpha=0.2),
        p9.geom_vline(xintercept=ends, color=style.QUIET, size=0.4, linetype="dashed"),
    ]


def _judged(rows: pd.DataFrame, verdicts: Sequence[str]) -> list[object]:
    """Draw points with the shape and colour of the verdict."""
    marks = p9.aes(x="estimate", color="verdict", fill="verdict", shape="verdict")
    used = [verdict for verdict in VERDICTS if verdict in verdicts]
    colors = {verdict: VERDICTS[verdict][1] for verdict in used}
    return [
        p9.geom_point(marks, rows, size=2.6, stroke=0.3),
        p9.scale_color_manual(values=colors, limits=used),
        p9.scale_fill_manual(values=colors, limits=used),
        p9.scale_shape_manual(values={verdict: VERDICTS[verdict][2] for verdict in used}, limits=used),
    ]


def _arrows(rows: pd.DataFrame, low: float, high: float) -> list[object]:
    """Mark intervals that go on beyond the figure."""
    look = {"color": style.INK, "size": 11, "family": style.FAMILY}
    sides = (("beyond_low", low, "◂", "left"), ("beyond_high", high, "▸", "right"))
    return [
        p9.geom_text(p9.aes(y="y"), rows[rows[side]].assign(x=at), x=at, label=sign, ha=ha, **look)
        for side, at, sign, ha in sides
        if rows[side].any()
    ]


def _row_words(rows: pd.DataFrame, shown: Names, letters: int) -> list[str]:
    """Return name and numbers of each row, below each other where a line is too short for both."""
    found = []
    for row in rows.to_dict("records"):
        low, high = row["low"], row["high"]
        decimals = fmt.decimals_for(high - low if pd.notna(low) and pd.notna(high) else None)
        ends = (
            "−∞" if row["beyond_low"] and pd.isna(low) else fmt.fixed(low, decimals, sign=True),
            "+∞" if row["beyond_high"] and pd.isna(high) else fmt.fixed(high, decimals, sign=True),
        )
        numbers = f"{fmt.fixed(row['estimate'], decimals, sign=True)} [{ends[0]}, {ends[1]}]"
        b, a = (shown.get(row[key], "") for key in ("group_b", "group_a"))
        alone = len(set(rows["group_a"])) == 1
        words = [b] if alone else _pair_name(b, a, letters)
        fits = len(words[-1]) + len(numbers) + 2 <= letters
        found.append(
            "\n".join([*words[:-1], *([f"{words[-1]}  {numbers}"] if fits else [words[-1], numbers])])
        )
    return found


def _difference_of_means(rows: pd.DataFrame) -> str:
    """Name what is subtracted where this is one group for all rows."""
    first = rows["group_a"].unique()
    return f"difference of means from {style.short(first[0], 20)}" if len(first) == 1 else "mean difference"


def _pair_name(b: str, a: str, letters: int) -> list[str]:
    """Break the name of a pair after the minus, where it is too long for a line."""
    if len(b) + len(a) + 3 <= letters:
        return [f"{b} − {a}"]
    return [f"{style.short(b, letters - 2)} −", style.short(a, letters)]


FIGURE = Figure(
    name="forest",
    section="effects",
    few=True,
    reads=(
        "A point is the estimated difference of a pair, the line its confidence interval. An interval "
        "that crosses the line of no difference is compatible with none."
    ),
    tables=("effects", "window", "margin"),
    content=content,
    draw=draw,
)
