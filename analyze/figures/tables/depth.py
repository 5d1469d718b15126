"""Tables of the accuracy behind each hidden layer."""

from typing import Any

from analyze.figures.captions import depth as captions
from analyze.figures.source import MAX_GROUPS, Entry, FigureSource, entry, from_rows


def training_depth(source: FigureSource) -> Entry | None:
    """Accuracy of the classifier behind one, two and three hidden layers; None where the runs have none."""
    if source.depths.empty or source.depths["layers"].nunique() < 2:
        return None
    drawn = source.depths["group"].isin(source.groups[:MAX_GROUPS])
    rows: list[dict[Any, Any]] = source.depths[drawn].to_dict("records")
    means: dict[str, dict[int, float]] = {}
    for row in rows:
        means.setdefault(row["group"], {})[row["layers"]] = row["mean"]
    return entry(
        source,
        "training_depth",
        "Accuracy behind each hidden layer",
        captions.training_depth(means),
        f"Mean accuracy by the number of hidden layers that the classifier sees. {captions.alt(rows)}",
        {"depths": from_rows(rows)},
    )
