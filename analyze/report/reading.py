"""How each figure is read, for someone who sees its kind for the first time."""

READING: dict[str, str] = {
    "distributions": (
        "The height of a bar is the share of a group's runs between its two edges; the line smooths "
        "the same runs. Where the bars of two groups overlap, runs of both reach these values."
    ),
    "raincloud": (
        "Above, the smoothed distribution of each group; below it, a box of the middle half with the "
        "median, and the runs themselves. Look for shifts, spread, several peaks and single far runs."
    ),
    "forest": (
        "A point is the estimated difference of a pair, the line its confidence interval. An interval "
        "that crosses the line of no difference is compatible with none."
    ),
    "estimation": (
        "The runs of each group stand on the axis of values; beside them the difference of means with "
        "its interval and, as a curve, how the resamples of that difference spread."
    ),
    "ecdf": (
        "A curve gives for every value the share of runs at or below it: a curve further right has "
        "larger values. The lower panel is the vertical difference; where its band leaves zero, the "
        "groups differ."
    ),
    "shift_function": (
        "For every quantile, how much higher or lower group b lies than group a. A flat line is a "
        "shift of the whole distribution, a slope a change of spread. The band holds for all "
        "quantiles at once."
    ),
    "quantile_quantile": (
        "Each point pairs the same quantile of both groups. On the diagonal they are equal; points "
        "below it say that the group on the upright axis is lower there."
    ),
    "expected_best": (
        "The curve is the best value that someone who trains n networks can expect. Where two curves "
        "cross, the better strategy depends on how many networks are trained."
    ),
    "matched_pairs": (
        "A point is one unit under two groups, its area the number of pairs there. Points above the "
        "line are higher under the group on the upright axis."
    ),
    "ridgelines": (
        "One smoothed distribution a group, on one axis. Compare where the hills stand and how wide "
        "they are, not their heights."
    ),
    "pairwise_matrix": (
        "Row and column are groups; a cell tells the difference of the two and the decision on it. "
        "The sign and the mark in the cell say what its colour says."
    ),
    "training_depth": "What each head of the network reached. Who is ahead early need not stay ahead.",
}
