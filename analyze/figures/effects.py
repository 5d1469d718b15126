"""Effects with their intervals: forest, estimation figure and pairwise matrix."""

from typing import Any

import pandas as pd

from analyze import text as fmt
from analyze.figures import style
from analyze.figures.style import Entry, Names, Plot, p9

# Word and shape say the same as the colour.
VERDICTS = {
    "differs": ("≠", style.COLORS[1], "o"),
    "equivalent": ("≈", style.COLORS[2], "s"),
    "no difference shown": ("○", style.COLORS[0], "D"),
    "inconclusive": ("?", style.QUIET, "^"),
}
_NUMBERED_FROM = 7
# Numbers in more columns would run into each other.
_MAX_NUMBERS = 12
_SIDE_WIDTH = 30
_DOT_WIDTH = 0.026


def forest(entry: Entry) -> Plot:
    """Draw one row for each difference: point, interval, zero line, and the margin's zone."""
    rows = pd.DataFrame(entry["tables"]["effects"])
    low, high = (entry["tables"]["window"][side][0] for side in ("low", "high"))
    several = len(rows[["group_a", "group_b"]].drop_duplicates()) > 1
    rows["y"] = range(len(rows) - 1, -1, -1)
    # An end that is beyond the figure may be infinite, which the table has as None.
    rows["start"] = rows["low"].astype(float).mask(rows["beyond_low"], low)
    rows["end"] = rows["high"].astype(float).mask(rows["beyond_high"], high)
    plot = p9.ggplot(rows, p9.aes(y="y"))
    for zone in pd.DataFrame(entry["tables"].get("margin", {})).itertuples():
        plot += p9.annotate(
            "rect",
            xmin=zone.low,
            xmax=zone.high,
            ymin=-0.6,
            ymax=len(rows) - 0.4,
            fill=style.QUIET,
            alpha=0.2,
        )
    plot += p9.geom_vline(xintercept=0, color=style.INK, size=0.5)
    color = {"color": "verdict"} if several else {}
    fixed = {} if several else {"color": style.COLORS[0]}
    span = p9.aes(x="start", xend="end", yend="y", **color)
    plot += p9.geom_segment(span, rows.dropna(subset=["start", "end"]), size=0.9, show_legend=False, **fixed)
    plot += _arrows(rows, low, high)
    inside = rows[rows["estimate"].between(low, high)]
    if several:
        marks = p9.aes(x="estimate", color="verdict", fill="verdict", shape="verdict")
        plot += p9.geom_point(marks, inside, size=2.6, stroke=0.3)
        plot += _verdict_scales(list(rows["verdict"]))
    else:
        apart = (inside["low"].astype(float) > 0) | (inside["high"].astype(float) < 0)
        for part, fill in ((inside[apart], style.COLORS[0]), (inside[~apart], "none")):
            if len(part):
                plot += p9.geom_point(p9.aes(x="estimate"), part, size=2.6, stroke=0.7, fill=fill, **fixed)
    plot += p9.labs(x=f"{entry['value']}, {'mean difference' if several else _subtracted(rows)}", y="")
    plot += p9.scale_x_continuous(
        labels=style.signed, breaks=style.few_breaks, limits=(low, high), expand=(0, 0)
    )
    labels = _row_labels(rows, style.names(entry["groups"]) if several else {})
    plot += p9.scale_y_continuous(
        breaks=list(rows["y"]), labels=labels, limits=(-0.6, len(rows) - 0.4), expand=(0, 0)
    )
    lines = max(label.count("\n") for label in labels) + 1
    height = 0.8 + (0.14 + 0.15 * lines) * len(rows) + (0.3 if several else 0)
    width = style.WIDTH if several else style.width(entry["groups"])
    return plot + style.theme(width=width, height=height, legend=several) + _rows_theme()


def estimation(entry: Entry) -> Plot:
    """Draw the runs of the groups above the differences of the means from the first group's."""
    letters = 44 if style.small(entry["groups"]) else 72
    shown = style.labels(entry["groups"], max(9, letters // len(entry["groups"])))
    baseline = style.short(entry["groups"][0], 24)
    dots, groups, differences, intervals = (
        style.frame(entry, table, shown) for table in ("dots", "groups", "differences", "intervals")
    )
    differences["group"] = differences["group_b"]
    place = {name: i for i, name in enumerate(shown.values())}
    titles = [entry["value"], f"difference of means from {baseline}"]
    for table, title in ((dots, 0), (groups, 0), (differences, 1), (intervals, 1)):
        table["panel"] = pd.Categorical([titles[title]] * len(table), titles)
        table["at"] = table["group"].astype(str).map(place).astype(float)
    widest = max(dots["n_stack"].max(), 1)
    step = min(_DOT_WIDTH * len(shown) / 3, 0.62 / widest)
    dots["at"] += (dots["stack"] - (dots["n_stack"] - 1) / 2) * step - 0.06
    groups["beside"] = groups["at"] + 0.36
    zero = pd.DataFrame({"panel": pd.Categorical([titles[1]], titles)})
    plot = p9.ggplot() + style.looks(shown, one_colour=len(shown) > style.MAX_OVERLAID_LINES)
    plot += p9.geom_point(
        p9.aes("at", "x", color="group"), dots, size=1.4 if len(dots) > 20 else 2.4, stroke=0
    )
    plot += p9.geom_hline(p9.aes(yintercept=0), zero, color=style.INK, size=0.5)
    spread = groups.dropna(subset=["mean_drawn"])
    if len(spread):
        bar = p9.aes(x="beside", xend="beside", y="low", yend="high")
        plot += p9.geom_segment(bar, spread, color=style.INK, size=0.7)
        plot += p9.geom_point(p9.aes("beside", "mean_drawn"), spread, color=style.INK, size=1.8)
    levels = sorted(intervals["confidence_level"].unique(), reverse=True)
    for i, level in enumerate(levels):
        part = intervals[intervals["confidence_level"] == level]
        width = 1.2 + 6.0 * i / max(len(levels) - 1, 1) if len(levels) > 1 else 1.2
        bar = p9.aes(x="at", xend="at", y="low", yend="high", color="group")
        plot += p9.geom_segment(bar, part, size=width, alpha=0.45 if len(levels) > 1 else 1)
    plot += p9.geom_point(p9.aes("at", "estimate"), differences, color=style.INK, size=1.5)
    plot += p9.facet_wrap("panel", ncol=1, scales="free_y", labeller=style.wrapped(1, style.width(shown)))
    plot += p9.labs(x="", y="")
    plot += p9.scale_x_continuous(
        breaks=list(place.values()), labels=list(place), limits=(-0.6, len(shown) - 0.4), expand=(0, 0)
    )
    plot += p9.scale_y_continuous(labels=style.numbers)
    plot += style.theme(width=style.width(shown), height=3.6 if style.small(shown) else 4.6, legend=False)
    return plot + p9.theme(axis_title=p9.element_blank(), panel_grid_major_x=p9.element_blank())


def pairwise_matrix(entry: Entry) -> Plot:
    """Draw a tile for each pair, with its probability in colour and number, and its verdict as a sign."""
    n = len(entry["groups"])
    shown = style.labels(entry["groups"])
    numbered = n >= _NUMBERED_FROM or max(len(name) for name in shown.values()) > 16
    rows = {g: f"{name} · {i + 1}" if numbered else name for i, (g, name) in enumerate(shown.items())}
    columns = {g: str(i + 1) if numbered else name for i, (g, name) in enumerate(shown.items())}
    cells = pd.DataFrame(entry["tables"]["cells"])
    cells["row"] = pd.Categorical(cells["row"].map(rows), list(rows.values())[::-1])
    cells["column"] = pd.Categorical(cells["column"].map(columns), list(columns.values()))
    between = "\n" if n <= _MAX_NUMBERS else ""
    numbers = [fmt.probability(p) if n <= _MAX_NUMBERS else "" for p in cells["probability"]]
    signs = [VERDICTS[verdict][0] for verdict in cells["verdict"]]
    cells["text"] = [f"{number}{between}{sign}" for number, sign in zip(numbers, signs, strict=True)]
    size = 10 if n <= 6 else 8 if n <= 10 else 6.5 if n <= _MAX_NUMBERS else 9
    plot = p9.ggplot(cells, p9.aes("column", "row"))
    plot += p9.geom_tile(p9.aes(fill="probability"), width=0.96, height=0.96)
    plot += p9.geom_text(p9.aes(label="text"), color=style.ON_TILE, size=size, family=style.FAMILY)
    plot += p9.scale_fill_gradient2(
        low="#56B4E9", mid="#f4f4f4", high="#E69F00", midpoint=0.5, limits=(0, 1),
        breaks=[0, 0.25, 0.5, 0.75, 1], labels=["0", "¼", "½", "¾", "1"], name="P(row > column)\n",
        guide=p9.guide_colorbar(display="rectangles", nbin=25),
    )  # fmt: skip
    plot += p9.labs(x="column, numbered as the rows" if numbered else "column", y="")
    height = min(0.9 + n * (0.62 if n <= 6 else 0.46), 7.4)
    return plot + style.theme(width=style.WIDTH, height=height, legend=True) + _matrix_theme()


def _arrows(rows: pd.DataFrame, low: float, high: float) -> list[Any]:
    """Mark intervals that go on beyond the figure."""
    layers = []
    for side, at, sign in (("beyond_low", low, "◂"), ("beyond_high", high, "▸")):
        part = rows[rows[side]]
        if len(part):
            ha = "left" if side == "beyond_low" else "right"
            layers.append(
                p9.geom_text(
                    p9.aes(y="y"),
                    part.assign(x=at),
                    x=at,
                    label=sign,
                    color=style.INK,
                    size=11,
                    ha=ha,
                    family=style.FAMILY,
                )
            )
    return layers


def _verdict_scales(verdicts: list[str]) -> list[Any]:
    used = [verdict for verdict in VERDICTS if verdict in verdicts]
    colors = {verdict: VERDICTS[verdict][1] for verdict in used}
    return [
        p9.scale_color_manual(values=colors, limits=used),
        p9.scale_fill_manual(values=colors, limits=used),
        p9.scale_shape_manual(values={verdict: VERDICTS[verdict][2] for verdict in used}, limits=used),
    ]


def _row_labels(rows: pd.DataFrame, shown: Names) -> list[str]:
    """Return name and numbers of each row, below each other."""
    labels = []
    for row in rows.to_dict("records"):
        low, high = row["low"], row["high"]
        decimals = fmt.decimals_for(high - low if pd.notna(low) and pd.notna(high) else None)
        ends = (
            "−∞" if row["beyond_low"] and pd.isna(low) else fmt.fixed(low, decimals, sign=True),
            "+∞" if row["beyond_high"] and pd.isna(high) else fmt.fixed(high, decimals, sign=True),
        )
        interval = f"[{ends[0]}, {ends[1]}]"
        name = _pair_name(shown[row["group_b"]], shown[row["group_a"]]) if shown else row["label"]
        labels.append(f"{name}\n{fmt.fixed(row['estimate'], decimals, sign=True)} {interval}")
    return labels


def _subtracted(rows: pd.DataFrame) -> str:
    """Name the one pair where its name fits below the panel; the caption always does."""
    b, a = rows["group_b"][0], rows["group_a"][0]
    return f"{b} − {a}" if len(b) + len(a) <= 18 else "difference"


def _pair_name(b: str, a: str) -> str:
    """Break the name of a pair after the minus, where it is too long for a line."""
    if len(b) + len(a) + 3 <= _SIDE_WIDTH:
        return f"{b} − {a}"
    return f"{style.short(b, _SIDE_WIDTH - 2)} −\n{style.short(a, _SIDE_WIDTH)}"


def _rows_theme() -> Any:
    return p9.theme(axis_title_y=p9.element_blank(), panel_grid_major_y=p9.element_blank())


def _matrix_theme() -> Any:
    return p9.theme(
        axis_title_y=p9.element_blank(),
        panel_grid_major=p9.element_blank(),
        legend_title=p9.element_text(size=9.5),
        legend_position="right",
        legend_direction="vertical",
        legend_key_width=14,
    )
