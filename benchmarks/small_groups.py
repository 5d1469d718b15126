"""Small groups, alone and beside large ones: difference of means, its test and margin, ratio of spreads.

Part of `benchmarks/calibration.py`, which writes what is found here into docs/calibration.md.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

from analyze.stats.bootstrap import bootstrap_sample
from analyze.stats.effects.spread import sd_ratio
from analyze.stats.resampling import Floats, stream
from analyze.stats.two_sample import TWO_SAMPLE_TESTS, compare_means, welch

SIZES = ((3, 3), (5, 5), (8, 8), (10, 10), (3, 10), (5, 50), (5, 200), (5, 500))
POPULATION = 20_000
BLOCK, N_SPLITS, N_RESAMPLES = 50, 999, 99
ALPHA, LEAST_COVERAGE, LARGEST_SIZE = 0.05, 0.93, 0.06
# Standard errors that a cell may be off by chance
SLACK = 2.5

Key = tuple[str, str, tuple[int, int]]  # what, population, sizes
Tally = dict[str, list[float]]  # what: replicates, sum


@dataclass(frozen=True, slots=True)
class Scenario:
    """A population, another one that b is drawn from, and what they are."""

    what: str
    a: Floats
    b: Floats


@cache
def scenarios() -> dict[str, Scenario]:
    u = (np.arange(POPULATION) + 0.5) / POPULATION
    z, rng = special.ndtri(u), np.random.default_rng(0)
    skewed, collapsed = np.exp(z), 0.01 * z - 0.5 * (rng.random(POPULATION) < 0.1)
    three = np.array([0.0, 0.5, 1.0])
    return {
        "normal": Scenario("b is 1 sd higher and 1.5 times as wide", z, 1 + 1.5 * z),
        "0/1": Scenario("1 in 90 % of a and 60 % of b", 1.0 * (u < 0.9), 1.0 * (u < 0.6)),
        "three values": Scenario(
            "0, 0.5, 1 in 10, 20, 70 % of a and 30, 40, 30 % of b",
            three[np.searchsorted([0.1, 0.3], u)],
            three[np.searchsorted([0.3, 0.7], u)],
        ),
        "lognormal": Scenario("σ = 1; b is 1.5 times as large", skewed, 1.5 * skewed),
        "collapsed seed": Scenario(
            "sd 0.01, one run of ten 0.5 lower; b is 0.02 higher", collapsed, collapsed + 0.02
        ),
    }


def block(name: str, sizes: tuple[int, int], first: int, last: int) -> Tally:
    """Count what covers and what rejects; a margin is tested where the difference is just as large."""
    scenario, tally = scenarios()[name], defaultdict(lambda: [0.0, 0.0])
    spread = float(scenario.a.std())
    truth = float(scenario.b.mean() - scenario.a.mean())

    def count(what: str, value: float) -> None:
        tally[what][0] += 1
        tally[what][1] += value

    for i in range(first, last):
        rng = stream(2, "small", name, str(sizes), str(i))
        x, y, other = (
            rng.choice(p, n)
            for p, n in zip((scenario.a, scenario.a, scenario.b), (*sizes, sizes[1]), strict=True)
        )
        if np.ptp(np.concatenate([x, y])) > 0:  # all equal: `compare` refuses
            same = compare_means(x, y)
            low, high, _ = same.interval(1 - ALPHA)
            count("coverage, one population", low <= 1e-9 and high >= -1e-9)
            test = TWO_SAMPLE_TESTS["welch_t"](x, y, rng=stream(i, "t"), n_resamples=N_SPLITS)
            count("size of `welch_t`", test.pvalue <= ALPHA)
            _, se, df = welch(x, y)
            plain = 2 * float(special.stdtrit(df, 1 - ALPHA / 2)) * se
            count("as wide as Welch's", np.nan if plain == 0 else (high - low) / plain)
        if np.ptp(np.concatenate([x, other])) > 0:
            found = compare_means(x, other)
            low, high, _ = found.interval(1 - ALPHA)
            count("coverage, two populations", low - 1e-9 <= truth <= high + 1e-9)
            count("false equivalence at the margin", found.margin_pvalue(abs(truth)) <= ALPHA)
        if sizes[0] == sizes[1] and min(np.ptp(x), np.ptp(y)) > 1e-12 * spread:
            a, b = (bootstrap_sample(v, rng=stream(i, "r"), n_resamples=N_RESAMPLES) for v in (x, y))
            ratio = sd_ratio(a, b, 1 - ALPHA)
            count("ratio of spreads, none", math.isinf(ratio.high))
            count("ratio of spreads, coverage", ratio.low <= 1 <= ratio.high)
    return dict(tally)


def simulate(n_replicates: int, pool: ProcessPoolExecutor) -> dict[Key, list[float]]:
    jobs = {
        pool.submit(block, name, sizes, first, min(first + BLOCK, n_replicates)): (name, sizes)
        for name in scenarios()
        for sizes in SIZES
        for first in range(0, n_replicates, BLOCK)
    }
    totals: dict[Key, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for job, (name, sizes) in jobs.items():
        for what, (n, total) in job.result().items():
            totals[what, name, sizes][0] += n
            totals[what, name, sizes][1] += total
    return totals


def is_outside(key: Key, counts: list[float]) -> bool:
    what, name, _ = key
    n, total = counts
    share = total / n
    slack = SLACK * math.sqrt(0.05 * 0.95 / n)
    if what.startswith("coverage"):
        return share < LEAST_COVERAGE - slack
    if what.startswith(("size", "false")):
        return share > LARGEST_SIZE + slack
    return what.startswith("as wide") and name == "normal" and key[2][0] == key[2][1] and not share <= 1.15


TEXT = """## Small groups

{n:,} replicates a cell, so a share of 0.95 has a standard error of {error:.4f}. Both groups are drawn from
population a ("one population": the null hypothesis holds), or b from another ("two populations"). *False
equivalence*: two one-sided tests at 0.05 against a margin as large as the true difference. Bounds: coverage
at least 0.93, size and false equivalence at most 0.06, each give or take {slack} standard errors; for normal
runs and equal sizes an interval at most 1.15 times as wide as Welch's. Samples whose runs are all equal are
left out. The *ratio of spreads* has no bound here: where it has no interval (share "none") it covers
anything, and where one run of ten collapses no method can tell two collapsed runs from a wide group.

{described}
"""


def section(n_replicates: int, totals: dict[Key, list[float]]) -> list[str]:
    described = "\n".join(f"* **{name}**: {s.what}." for name, s in scenarios().items())
    error = math.sqrt(0.05 * 0.95 / n_replicates)
    return [TEXT.format(n=n_replicates, error=error, slack=SLACK, described=described), *_table(totals), ""]


def _table(totals: dict[Key, list[float]]) -> Iterator[str]:
    yield "| | | " + " | ".join(f"{a} v {b}" for a, b in SIZES) + " |"
    yield "|---|---|" + "---:|" * len(SIZES)
    for what in dict.fromkeys(what for what, _, _ in totals):
        for name in scenarios():
            cells = [_cell((what, name, sizes), totals) for sizes in SIZES]
            if set(cells) != {"–"}:
                yield f"| {what} | {name} | " + " | ".join(cells) + " |"


def _cell(key: Key, totals: dict[Key, list[float]]) -> str:
    if key not in totals or math.isnan(totals[key][1]):
        return "–"
    digits = 2 if key[0].startswith(("as", "ratio of spreads, none")) else 3
    text = f"{totals[key][1] / totals[key][0]:.{digits}f}"
    return f"**{text}**" if is_outside(key, totals[key]) else text


def outside(totals: dict[Key, list[float]]) -> list[str]:
    return [
        f"{what}, {name}, {a} v {b}: {totals[what, name, (a, b)][1] / totals[what, name, (a, b)][0]:.3f}"
        for what, name, (a, b) in totals
        if is_outside((what, name, (a, b)), totals[what, name, (a, b)])
    ]
