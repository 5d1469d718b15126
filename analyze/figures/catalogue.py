"""Every figure by its name."""

from collections.abc import Callable

from analyze.figures.clouds import raincloud, ridgelines
from analyze.figures.depth import training_depth
from analyze.figures.distributions import distributions
from analyze.figures.ecdf import ecdf
from analyze.figures.effects import estimation, forest, pairwise_matrix
from analyze.figures.expected_best import expected_best
from analyze.figures.pairs import matched_pairs
from analyze.figures.quantiles import quantile_quantile, shift_function
from analyze.figures.style import Entry, Plot

FIGURES: dict[str, Callable[[Entry], Plot]] = {
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
