"""Every figure by its name, in the order of `results.json` and of each section."""

from analyze.figures import (
    aggregates,
    disagreement,
    distributions,
    ecdf,
    estimation,
    expected_best,
    forest,
    function_map,
    images,
    matched_pairs,
    pairwise_matrix,
    profiles,
    ranking,
    ratios,
    ridgelines,
    scope,
    shares,
    shift_function,
    spread,
    task_forest,
    task_ranks,
    training_depth,
    votes,
)
from analyze.figures.figure import Figure, make_entry
from analyze.figures.source import FigureSource
from analyze.results import FigureEntry


def entries(source: FigureSource) -> list[FigureEntry]:
    """Compute every figure that has something to say about these runs."""
    found = (make_entry(figure, source) for figure in FIGURES.values())
    return [entry for entry in found if entry is not None]


FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        task_forest.FIGURE,
        aggregates.FIGURE,
        profiles.FIGURE,
        task_ranks.FIGURE,
        distributions.FIGURE,
        estimation.FIGURE,
        ranking.FIGURE,
        shares.FIGURE,
        ratios.FIGURE,
        forest.FIGURE,
        scope.FIGURE,
        spread.FIGURE,
        function_map.FIGURE,
        disagreement.FIGURE,
        votes.FIGURE,
        images.FIGURE,
        ecdf.FIGURE,
        shift_function.FIGURE,
        expected_best.FIGURE,
        ridgelines.FIGURE,
        pairwise_matrix.FIGURE,
        training_depth.FIGURE,
        matched_pairs.FIGURE,
    )
}
