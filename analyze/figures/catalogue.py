"""Every figure by its name."""

from collections.abc import Callable

from analyze.figures.distributions import distributions
from analyze.figures.ecdf import ecdf
from analyze.figures.pairs import matched_pairs
from analyze.figures.style import Entry, Plot

FIGURES: dict[str, Callable[[Entry], Plot]] = {
    "distributions": distributions,
    "ecdf": ecdf,
    "matched_pairs": matched_pairs,
}
