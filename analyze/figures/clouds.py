"""Raincloud and ridgelines: one row of marks for each group."""

import pandas as pd

from analyze.figures import style
from analyze.figures.style import Entry, Names, Plot, p9

# Of the height of a row, whose middle line carries the box.
_CLOUD, _LIFT, _BOX, _RAIN, _DEPTH = 0.5, 0.1, 0.055, 0.13, 0.32
_DROP_INCHES = 0.055
_OVERLAP = 1.5


def raincloud(entry: Entry) -> Plot:
    """Draw half a density above a box above dots, one row for each group, the baseline on top."""
    shown = style.labels(entry["groups"])
    height = _row_height(shown, 0.86)
    density, boxes, dots = (style.frame(entry, table, shown) for table in ("density", "boxes", "dots"))
    rows = _rows(shown)
    plot = p9.ggplot() + style.looks(shown, one_colour=len(shown) > style.MAX_OVERLAID_LINES)
    plot += p9.labs(x=style.value_title(entry), y="")
    if density is not None:
        floor = _at(density, rows) + _LIFT
        cloud = density.assign(floor=floor, roof=floor + _CLOUD * density["height"])
        area = p9.aes("x", ymin="floor", ymax="roof", fill="group")
        plot += p9.geom_ribbon(area, cloud, alpha=0.35, color="none")
        plot += p9.geom_line(p9.aes("x", "roof", color="group"), cloud, size=0.6)
    y = _at(boxes, rows)
    boxes = boxes.assign(y=y, bottom=y - _BOX, top=y + _BOX)
    line = p9.aes(x="q05", xend="q95", y="y", yend="y", color="group")
    plot += p9.geom_segment(line, boxes, size=0.8)
    box = p9.aes(xmin="q25", xmax="q75", ymin="bottom", ymax="top", fill="group")
    plot += p9.geom_rect(box, boxes)
    plot += p9.geom_segment(
        p9.aes(x="median", xend="median", y="y - 0.11", yend="y + 0.11"), boxes, color=style.INK, size=1
    )
    step = min(_DROP_INCHES / height, _DEPTH / max(dots["n_stack"].max(), 1))
    drops = dots.assign(y=_at(dots, rows) - _RAIN - step * dots["stack"])
    plot += p9.geom_point(
        p9.aes("x", "y", color="group"), drops, size=1.5 if len(dots) > 20 else 2.4, stroke=0
    )
    return plot + _rows_axis(entry, rows, below=0.55, above=0.68) + _theme(shown, height)


def ridgelines(entry: Entry) -> Plot:
    """Draw overlapping densities, the outline of the baseline's behind each."""
    shown = style.labels(entry["groups"])
    height = _row_height(shown, 0.62)
    density, medians = (style.frame(entry, table, shown) for table in ("density", "medians"))
    rows = _rows(shown)
    density = density.assign(floor=_at(density, rows))
    density["roof"] = density["floor"] + _OVERLAP * density["height"]
    plot = p9.ggplot() + style.looks(shown, one_colour=len(shown) > style.MAX_OVERLAID_LINES)
    plot += p9.labs(x=style.value_title(entry), y="")
    baseline = next(iter(shown.values()))
    reference = density[density["group"] == baseline]
    for name, row in rows.items():  # from top to bottom, so that a ridge stands before the one above
        own = density[density["group"] == name]
        if len(own):
            area = p9.aes("x", ymin="floor", ymax="roof", fill="group")
            plot += p9.geom_ribbon(area, own, alpha=0.45, color="none")
            plot += p9.geom_line(p9.aes("x", "roof", color="group"), own, size=0.7)
        if len(reference) and name != baseline:
            again = reference.assign(roof=row + _OVERLAP * reference["height"])
            plot += p9.geom_line(p9.aes("x", "roof"), again, color=style.INK, size=0.5, linetype="dotted")
    ticks = medians.assign(y=_at(medians, rows))
    window = (density["x"].min(), density["x"].max())
    ticks = ticks[ticks["median"].between(*window)]
    tick = p9.aes(x="median", xend="median", y="y", yend="y + 0.22")
    plot += p9.geom_segment(tick, ticks, color=style.INK, size=0.9)
    return plot + _rows_axis(entry, rows, below=0.15, above=_OVERLAP + 0.1) + _theme(shown, height)


def _rows(shown: Names) -> dict[str, int]:
    """Return the height of each group's row: the first on top."""
    return {name: len(shown) - 1 - i for i, name in enumerate(shown.values())}


def _at(table: pd.DataFrame, rows: dict[str, int]) -> pd.Series:
    return table["group"].astype(str).map(rows).astype(float)


def _row_height(shown: Names, inches: float) -> float:
    return inches if len(shown) <= 6 else max(0.36, inches * 6 / len(shown) + 0.1)


def _rows_axis(entry: Entry, rows: dict[str, int], *, below: float, above: float) -> list[object]:
    return [
        style.value_axis(entry, "x"),
        p9.scale_y_continuous(
            breaks=list(rows.values()),
            labels=list(rows),
            limits=(-below, len(rows) - 1 + above),
            expand=(0, 0),
        ),
    ]


def _theme(shown: Names, row_height: float) -> list[object]:
    height = 0.75 + row_height * (len(shown) + 0.2)
    return [
        style.theme(width=style.width(shown), height=height, legend=False),
        p9.theme(axis_title_y=p9.element_blank(), panel_grid_major_y=p9.element_blank()),
    ]
