"""Whether the runs of a group fall into kinds, of which a mean describes none."""

from collections.abc import Mapping
from functools import cache

import numpy as np

from analyze.comparison.adjustment import adjust
from analyze.question import Question
from analyze.stats.dip import dip, pvalue_of, uniform_dips
from analyze.stats.resampling import Counts, Floats, stream

# Fewer runs show no kinds; of more, as many are drawn.
MIN_RUNS, MAX_RUNS = 20, 2000


def modes(samples: Mapping[str, Counts], question: Question) -> dict[str, float]:
    """Return the p-value of one mode for each group of enough runs, by Hartigan's dip, adjusted over groups.

    Equal values are spread evenly as far as the least distance of two: a value that is counted in steps has
    ties, which are no modes.
    """
    values = {
        group: _values(sample, stream(question.seed, "modes", group))
        for group, sample in samples.items()
        if sample.n >= MIN_RUNS and len(sample.values) > 1
    }
    found = [pvalue_of(dip(x), _of_one_mode(len(x), question.seed)) for x in values.values()]
    return dict(zip(values, map(float, adjust(found)), strict=True))


@cache
def _of_one_mode(n: int, seed: int) -> Floats:
    return uniform_dips(n, rng=stream(seed, "modes", str(n)))


def _values(sample: Counts, rng: np.random.Generator) -> Floats:
    step = float(np.diff(sample.values).min())
    places = np.arange(sample.n) - np.repeat(sample.counts.cumsum() - sample.counts, sample.counts)
    shares = (places + 0.5) / np.repeat(sample.counts, sample.counts) - 0.5
    spread = np.repeat(sample.values, sample.counts) + shares * step
    return spread if sample.n <= MAX_RUNS else rng.choice(spread, MAX_RUNS, replace=False)
