"""How the runs of each group are distributed: histograms, raincloud, ridgelines."""

from analyze.figures import style
from analyze.figures.style import Entry, Plot, p9


def distributions(entry: Entry) -> Plot:
    """Draw histograms and densities: overlaid for up to three groups, otherwise one panel per group."""
    names = style.names(entry["groups"])
    panels = len(names) > style.MAX_OVERLAID_BARS
    bins, curves = style.frame(entry, "bins", names), style.frame(entry, "density", names)
    spikes = style.frame(entry, "spikes", names)
    plot = (
        p9.ggplot()
        + style.looks(names, one_colour=panels)
        + p9.labs(x=style.value_title(entry), y="share of runs per bin")
    )
    if bins is not None:
        box = p9.aes(xmin="low", xmax="high", ymin=0, ymax="share", fill="group")
        plot += p9.geom_rect(box, bins[bins["share"] > 0], alpha=0.3)
    if curves is not None:
        plot += p9.geom_line(p9.aes("x", "share", color="group", linetype="group"), curves, size=0.9)
    if spikes is not None:
        stem = p9.aes(x="x", xend="x", y=0, yend="height", color="group", linetype="group")
        plot += p9.geom_segment(stem, spikes, size=1.4)
    plot += [
        style.value_axis(entry, "x", few=panels),
        p9.scale_y_continuous(labels=style.percents, expand=(0, 0, 0.06, 0)),
    ]
    if panels:
        plot += p9.facet_wrap(
            "group", ncol=style.columns(names), labeller=style.wrapped(style.columns(names))
        )
    low = 2.9 if style.small(names) else 3.4
    return plot + style.theme(
        width=style.width(names),
        height=style.panel_height(names) if panels else low + style.legend_height(names),
        legend=not panels,
        stacked=style.stacked(names),
    )
