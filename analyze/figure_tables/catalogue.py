"""Every figure's tables by the figure's name, in the order of `results.json`."""

from collections.abc import Callable

from analyze.figure_tables.distributions import distributions
from analyze.figure_tables.ecdf import ecdf
from analyze.figure_tables.pairs import matched_pairs
from analyze.figure_tables.source import Entry, FigureSource


def figure_entries(source: FigureSource) -> list[Entry]:
    """Compute the tables of every figure that these runs admit."""
    entries = (tables(source) for tables in FIGURE_TABLES.values())
    return [entry for entry in entries if entry is not None]


FIGURE_TABLES: dict[str, Callable[[FigureSource], Entry | None]] = {
    "distributions": distributions,
    "ecdf": ecdf,
    "matched_pairs": matched_pairs,
}
