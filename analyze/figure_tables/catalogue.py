"""Every figure's tables by the figure's name, in the order of `results.json`."""

from collections.abc import Callable

from analyze.figure_tables.clouds import raincloud, ridgelines
from analyze.figure_tables.depth import training_depth
from analyze.figure_tables.distributions import distributions
from analyze.figure_tables.ecdf import ecdf
from analyze.figure_tables.effects import estimation, forest, pairwise_matrix
from analyze.figure_tables.expected_best import expected_best
from analyze.figure_tables.pairs import matched_pairs
from analyze.figure_tables.quantiles import quantile_quantile, shift_function
from analyze.figure_tables.source import Entry, FigureSource


def figure_entries(source: FigureSource) -> list[Entry]:
    """Compute the tables of every figure that these runs admit."""
    entries = (tables(source) for tables in FIGURE_TABLES.values())
    return [entry for entry in entries if entry is not None]


FIGURE_TABLES: dict[str, Callable[[FigureSource], Entry | None]] = {
    "distributions": distributions,
    "raincloud": raincloud,
    "estimation": estimation,
    "forest": forest,
    "ecdf": ecdf,
    "shift_function": shift_function,
    "quantile_quantile": quantile_quantile,
    "expected_best": expected_best,
    "ridgelines": ridgelines,
    "pairwise_matrix": pairwise_matrix,
    "training_depth": training_depth,
    "matched_pairs": matched_pairs,
}
