"""Every figure's tables by the figure's name, in the order of `results.json`."""

from collections.abc import Callable

from analyze.figures.source import Entry, FigureSource
from analyze.figures.tables.clouds import raincloud, ridgelines
from analyze.figures.tables.depth import training_depth
from analyze.figures.tables.distributions import distributions
from analyze.figures.tables.ecdf import ecdf
from analyze.figures.tables.effects import estimation, forest, pairwise_matrix
from analyze.figures.tables.expected_best import expected_best
from analyze.figures.tables.pairs import matched_pairs
from analyze.figures.tables.quantiles import quantile_quantile, shift_function


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
