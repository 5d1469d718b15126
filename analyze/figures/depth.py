"""Accuracy behind each hidden layer."""

from analyze.figures import style
from analyze.figures.style import Entry, Plot, p9

_STEP = 0.09


def training_depth(entry: Entry) -> Plot:
    """Draw means with the middle 90 % of the runs, side by side; many groups get a panel each."""
    shown = style.names(entry["groups"])
    panels = len(shown) > style.MAX_OVERLAID_LINES
    table = style.frame(entry, "depths", shown)
    place = {
        name: 0.0 if panels else (i - (len(shown) - 1) / 2) * _STEP for i, name in enumerate(shown.values())
    }
    table["at"] = table["layers"] + table["group"].astype(str).map(place).astype(float)
    plot = p9.ggplot(table, p9.aes("at", "mean", color="group"))
    plot += style.looks(shown, one_colour=panels)
    plot += p9.geom_line(size=0.5, alpha=0.6, show_legend=False)
    span = p9.aes(x="at", xend="at", y="q05", yend="q95")
    plot += p9.geom_segment(span, size=0.8, show_legend=False)
    plot += p9.geom_point(p9.aes(fill="group", shape="group"), size=2.6, stroke=0)
    plot += p9.labs(x="hidden layers that the classifier sees", y="accuracy")
    plot += [
        p9.scale_x_continuous(
            breaks=sorted(table["layers"].unique()), limits=(0.6, table["layers"].max() + 0.4)
        ),
        p9.scale_y_continuous(labels=style.numbers),
    ]
    if panels:
        plot += p9.facet_wrap(
            "group", ncol=style.columns(shown), labeller=style.wrapped(style.columns(shown))
        )
    height = style.panel_height(shown) if panels else 2.9 if style.small(shown) else 3.4
    return plot + style.theme(
        width=style.width(shown), height=height, legend=not panels, stacked=style.stacked(shown)
    )
