"""Families of sentences: how often any sentence of a kind is wrong in a report of several groups.

Part of `benchmarks/calibration.py`, which writes what is found here into docs/calibration.md.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import combinations

from analyze.comparison.adjustment import adjust, margin_tests
from analyze.comparison.where import compare_places
from analyze.question import make_question
from analyze.stats.bootstrap import bootstrap_sample
from analyze.stats.effects.spread import sd_ratio
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.resampling import Counts, Floats, stream, tabulate
from analyze.stats.shift_function import MIN_RUNS
from analyze.stats.two_sample import TWO_SAMPLE_TESTS, compare_means
from analyze.stats.two_sample.distribution_tests import ks

GROUPS, RUNS = (2, 5, 10), (5, 10, 30)
BLOCK, N_RESAMPLES, N_SPLITS = 10, 999, 9_999
# Bands of ten groups cost 45 bootstraps a replicate: of so many groups, this share of the replicates has them
SHARE_WITH_BANDS = {2: 1.0, 5: 0.5, 10: 0.2}
# In standard deviations: the groups are 0 and this far apart, in turn
MARGIN = 2.0
ALPHA, LARGEST_RATE, SLACK = 0.05, 0.06, 2.5

Key = tuple[str, int, int]  # what, groups, runs a group
Tally = dict[str, list[int]]  # what: replicates, with a wrong sentence


def block(n_groups: int, n_runs: int, first: int, last: int, with_bands: bool) -> Tally:  # noqa: FBT001
    """Draw all groups from one normal population and count the reports with any wrong sentence of a kind."""
    tally: Tally = defaultdict(lambda: [0, 0])

    def count(what: str, wrong: Sequence[bool]) -> None:
        tally[what][0] += 1
        tally[what][1] += any(wrong)

    pairs = list(combinations(range(n_groups), 2))
    question = replace(make_question(resamples=N_RESAMPLES), margin=MARGIN)
    for i in range(first, last):
        rng = stream(3, "families", str(n_groups), str(n_runs), str(i))
        values = rng.normal(size=(n_groups, n_runs))
        tables = [tabulate(x) for x in values]
        if with_bands:
            spreads, shifts, shares, bests = _of_places(tables, pairs, i)
            count("spread: “the standard deviation of b is … times that of a”", spreads)
            count("quantiles: a band excludes 0", shifts)
            count("shares: a band of the distribution functions excludes 0", shares)
            count("expected best: a band excludes 0", bests)
            continue
        means = [compare_means(tables[a], tables[b]) for a, b in pairs]
        primary = [ks(tables[a], tables[b], rng=rng, n_resamples=N_SPLITS).pvalue for a, b in pairs]
        count("“differs” (`ks`)", [bool(p <= ALPHA) for p in adjust(primary)])
        within = [_smallest(values[a], values[b], i) for a, b in pairs]
        n_tests = len(pairs) * (len(TWO_SAMPLE_TESTS) + len(PAIRED_TESTS))
        count("matched pairs: “a secondary test finds a difference”",
              [p * n_tests <= ALPHA for p in within])  # fmt: skip
        count("means: “a test of the means finds them different”",
              [m.pvalue()[0] <= ALPHA / len(pairs) for m in means])  # fmt: skip
        moved = [tabulate(x + MARGIN * (g % 2)) for g, x in enumerate(values)]
        inside = margin_tests([compare_means(moved[a], moved[b]) for a, b in pairs], question)
        wrong = [p <= ALPHA for p, (a, b) in zip(inside, pairs, strict=True) if (a + b) % 2]
        count("“equivalent”, groups at the margin", wrong)
    return dict(tally)


def _smallest(x: Floats, y: Floats, i: int) -> float:
    """Return the smallest p of the tests of pairs; Holm's first step multiplies it by the number of tests."""
    return min(
        test(x, y, rng=stream(i, name), n_resamples=N_SPLITS).pvalue for name, test in PAIRED_TESTS.items()
    )


def _of_places(
    tables: list[Counts], pairs: list[tuple[int, int]], i: int
) -> tuple[list[bool], list[bool], list[bool], list[bool]]:
    question = make_question(resamples=N_RESAMPLES, seed=i)
    drawn = [
        bootstrap_sample(t, rng=stream(i, "b", str(g)), n_resamples=N_RESAMPLES) for g, t in enumerate(tables)
    ]
    spreads, shifts, shares, bests = [], [], [], []
    for a, b in pairs:
        ratio = sd_ratio(drawn[a], drawn[b], 1 - ALPHA / len(pairs))
        spreads.append(ratio.low > 1 or ratio.high < 1)
        where = compare_places(
            tables[a], tables[b], names=(str(a), str(b)), question=question, n_pairs=len(pairs)
        )
        said = min(tables[a].n, tables[b].n) >= MIN_RUNS
        shifts.append(said and any(row.excludes_zero for row in where.shift))
        shares.append(abs(where.ecdf.largest_difference) > where.ecdf.half_width)
        bests.append(any(
            (row.low is not None and row.low > 0) or (row.high is not None and row.high < 0)
            for row in where.best.difference
        ))  # fmt: skip
    return spreads, shifts, shares, bests


def simulate(n_replicates: int, pool: ProcessPoolExecutor) -> dict[Key, list[int]]:
    jobs = {}
    for k in GROUPS:
        for n in RUNS:
            for with_bands in (False, True):
                last = _with_bands(k, n_replicates) if with_bands else n_replicates
                for first in range(0, last, BLOCK):
                    job = pool.submit(block, k, n, first, min(first + BLOCK, last), with_bands)
                    jobs[job] = (k, n)
    totals: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    for job, (k, n) in jobs.items():
        for what, (replicates, wrong) in job.result().items():
            totals[what, k, n][0] += replicates
            totals[what, k, n][1] += wrong
    return totals


def is_outside(counts: list[int]) -> bool:
    n, wrong = counts
    return wrong / n > LARGEST_RATE + SLACK * math.sqrt(ALPHA * (1 - ALPHA) / n)


TEXT = """## Families of sentences

Share of reports with a wrong sentence of a kind, about any pair. Columns: groups × runs a group. All groups
are drawn from one normal population, or, for "equivalent", lie in turn at 0 and at the margin, {margin:g} sd.
{n:,} replicates a cell, where a rate of 0.05 has a standard error of {error:.3f}; for spreads and bands
{five:,} of 5 groups and {ten:,} of 10, with {errors}. Bound: {rate}, give or take {slack} standard errors.
"""


def section(n_replicates: int, totals: dict[Key, list[int]]) -> list[str]:
    """Markdown: a row for each kind of sentence, a column for groups and runs a group."""
    five, ten = (_with_bands(k, n_replicates) for k in (5, 10))
    errors = " and ".join(f"{math.sqrt(ALPHA * (1 - ALPHA) / n):.3f}" for n in (five, ten))
    text = TEXT.format(
        margin=MARGIN,
        n=n_replicates,
        error=math.sqrt(ALPHA * (1 - ALPHA) / n_replicates),
        five=five,
        ten=ten,
        errors=errors,
        rate=LARGEST_RATE,
        slack=SLACK,
    )
    return [text, *_table(totals), ""]


def _with_bands(n_groups: int, n_replicates: int) -> int:
    return max(BLOCK, round(SHARE_WITH_BANDS[n_groups] * n_replicates))


def _table(totals: dict[Key, list[int]]) -> Iterator[str]:
    columns = [(k, n) for k in GROUPS for n in RUNS]
    yield "| | " + " | ".join(f"{k} × {n}" for k, n in columns) + " |"
    yield "|---|" + "---:|" * len(columns)
    for what in dict.fromkeys(what for what, _, _ in totals):
        yield f"| {what} | " + " | ".join(_cell(totals.get((what, *column))) for column in columns) + " |"


def _cell(counts: list[int] | None) -> str:
    if counts is None:
        return "–"
    text = f"{counts[1] / counts[0]:.3f}"
    return f"**{text}**" if is_outside(counts) else text


def outside(totals: dict[Key, list[int]]) -> list[str]:
    return [
        f"{what}, {k} × {n}: {counts[1] / counts[0]:.3f}"
        for (what, k, n), counts in totals.items()
        if is_outside(counts)
    ]
