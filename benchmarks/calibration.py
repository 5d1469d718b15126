"""Realised sizes of all tests and coverages of all intervals, by simulation; writes docs/calibration.md.

    python benchmarks/calibration.py [--replicates 1500] [--out docs/calibration.md] [--only SECTION]

Exits with 1 where a size or a coverage is outside of what its method claims.

Samples are drawn from populations of 20,000 values, whose effects are known exactly. Permutation tests use
199 splits (their size does not depend on it), bootstrap intervals 999 resamples.
"""

import argparse
import math
import multiprocessing
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import families
import functions
import numpy as np
import outcomes
import small_groups
import tasks
from scipy import special, stats

from analyze.stats.best_of_n import expected_best
from analyze.stats.ecdf_difference import ecdf_difference
from analyze.stats.effects import effect_sizes
from analyze.stats.omnibus import OMNIBUS_TESTS
from analyze.stats.paired_effects import paired_effect_sizes
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.resampling import Floats, stream, tabulate
from analyze.stats.shift_function import LEVELS, shift_function
from analyze.stats.two_sample import TWO_SAMPLE_TESTS
from analyze.stats.two_sample.null_distributions import ks_distance, ks_pvalue, tie_blocks

SIZES = (20, 500)
MORE_AT_20 = 5
N_SPLITS, N_RESAMPLES = 199, 999
POPULATION = 20_000
BLOCK = 25
FAMILIES = "## Families of sentences"
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Scenario:
    """Two populations: for sizes both groups are drawn from the first, unless the null allows both."""

    name: str
    what: str
    a: Floats
    b: Floats
    differences: Floats  # within pairs, b − a
    distinct: bool = True  # whether values are (nearly) all different
    # Tests whose null hypothesis holds between a and b; None: between a and a, where it holds for all.
    null_of: tuple[str, ...] | None = None


@cache
def scenarios() -> dict[str, Scenario]:
    u = (np.arange(POPULATION) + 0.5) / POPULATION
    z, exponential = special.ndtri(u), -np.log1p(-u)
    accuracy = 0.8787 + 0.0027 * z
    all_of_them = [
        Scenario(
            "continuous",
            "normal; b is 0.5 sd higher and 1.2 times as wide",
            z,
            0.5 + 1.2 * z,
            differences=0.5 + 1.2 * z,
        ),
        Scenario(
            "rounded",
            "accuracies k/10,000, sd 0.0027; b is 0.0013 lower",
            np.round(accuracy, 4),
            np.round(accuracy - 0.0013, 4),
            differences=np.round(0.0027 * z - 0.0013, 4),
            distinct=False,
        ),
        Scenario(
            "tied",
            "five values only; b is one value higher",
            np.clip(np.round(z), -2, 2),
            np.clip(np.round(z), -2, 2) + 1,
            differences=np.clip(np.round(z), -2, 2) + 1,
            distinct=False,
        ),
        Scenario(
            "skewed",
            "exponential; b is 1.5 times as large",
            exponential,
            1.5 * exponential,
            differences=1.5 * exponential - 0.75,
        ),
        Scenario(
            "unequal spread",
            "normal, equal means; b is 3 times as wide",
            z,
            3 * z,
            differences=3 * z,
            null_of=("welch_t", "brunner_munzel", "welch_anova"),
        ),
    ]
    return {scenario.name: scenario for scenario in all_of_them}


# What an interval supposes, and the scenarios that deny it, where it claims nothing.
SUPPOSED = {
    ("interval", "hodges_lehmann"): ("unequal spread",),  # that b is a, shifted
    ("interval of pairs", "paired_hodges_lehmann"): ("skewed",),  # symmetric differences
    ("interval of pairs", "paired_hedges_g"): ("skewed",),  # normal differences
}
# Intervals that end at values that were seen, or at differences of such. Where these are few, so are the
# intervals that there can be; a truth that is one of the values is covered more often than 0.95.
ENDS_AT_VALUES = {
    ("interval", "median_difference"),
    ("interval", "hodges_lehmann"),
    ("interval of pairs", "paired_median_difference"),
    ("interval of pairs", "paired_hodges_lehmann"),
    ("band", "shift_function"),
}
# Exact tests whose statistic takes few values, and where: their size is at most 0.05.
AT_MOST = {
    ("test", "ks"): ("continuous", "rounded", "tied", "skewed"),
    ("test", "permutation_mean"): ("tied",),
    ("pairs", "paired_permutation"): ("tied",),
}

Key = tuple[tuple[str, str], str, int]  # (kind, name), scenario, runs a group
Tally = dict[tuple[str, str], list[int]]  # (kind, name): replicates, hits


def sizes_block(name: str, n: int, first: int, last: int) -> Tally:
    """Count rejections of true null hypotheses."""
    scenario, tally = scenarios()[name], new_tally()
    second = scenario.a if scenario.null_of is None else scenario.b
    for i in range(first, last):
        rng = stream(1, "size", name, str(n), str(i))
        x, y, w = (rng.choice(population, n) for population in (scenario.a, second, scenario.a))
        for test, run in TWO_SAMPLE_TESTS.items():
            if scenario.null_of is None or test in scenario.null_of:
                result = run(x, y, rng=stream(i, test), n_resamples=N_SPLITS)
                count(tally, "test", test, hit=result.pvalue <= ALPHA)
        if scenario.null_of is None:
            count(tally, "test", "ks, randomised", hit=randomised_ks(x, y, rng.random()) <= ALPHA)
        for test, run in OMNIBUS_TESTS.items():
            if scenario.null_of is None or test in scenario.null_of:
                result = run([x, y, w], rng=stream(i, test), n_resamples=N_SPLITS)
                count(tally, "three groups", test, hit=result.pvalue <= ALPHA)
        if scenario.null_of is None:
            for test, run in PAIRED_TESTS.items():
                result = run(x, y, rng=stream(i, test), n_resamples=N_SPLITS)
                count(tally, "pairs", test, hit=result.pvalue <= ALPHA)
    return dict(tally)


def randomised_ks(x: Floats, y: Floats, u: float) -> float:
    """P(D beyond the observed) + u · P(D as observed): uniform if the null distribution is right."""
    in_a, in_b = tie_blocks(tabulate(x), tabulate(y))
    distance = ks_distance(in_a, in_b)
    at_least, beyond = (ks_pvalue(in_a + in_b, len(x), d) for d in (distance, distance + 1))
    return beyond + u * (at_least - beyond)


def coverage_block(name: str, n: int, first: int, last: int) -> Tally:
    """Count intervals and bands that cover the truth."""
    scenario, tally = scenarios()[name], new_tally()
    truth = truths(name, n)
    for i in range(first, last):
        rng = stream(0, "coverage", name, str(n), str(i))
        x, y = rng.choice(scenario.a, n), rng.choice(scenario.b, n)
        rngs = {"rng_x": stream(i, "x"), "rng_y": stream(i, "y")}
        for e in effect_sizes(x, y, **rngs, n_resamples=N_RESAMPLES):
            if not math.isnan(e.low):  # the Kolmogorov–Smirnov distance has no interval
                count(tally, "interval", e.effect, hit=covers(e.low, truth[e.effect], e.high))
        differences = rng.choice(scenario.differences, n)
        pairs = paired_effect_sizes(np.zeros(n), differences, rng=stream(i, "p"), n_resamples=N_RESAMPLES)
        for e in pairs:
            count(tally, "interval of pairs", e.effect, hit=covers(e.low, truth[e.effect], e.high))
        shift = shift_function(x, y, **rngs, n_resamples=N_RESAMPLES)
        hits = [covers(row.low, truth[f"shift {row.level}"], row.high) for row in shift]
        count(tally, "band", "shift_function", hit=all(hits))
        band = ecdf_difference(x, y, **rngs, n_resamples=N_RESAMPLES)
        count(tally, "band", "ecdf_difference", hit=ecdf_covered(band, scenario))
        best = expected_best(x, rng=stream(i, "b"), n_resamples=N_RESAMPLES)
        hits = [
            covers(
                -math.inf if row.low is None else row.low,
                expected_maximum(scenario.a, row.n),
                math.inf if row.high is None else row.high,
            )
            for row in best
            if not row.extrapolated
        ]
        count(tally, "band", "expected_best", hit=all(hits))
    return dict(tally)


def covers(low: float, truth: float, high: float) -> bool:
    slack = 1e-9 * max(abs(truth), 1e-6)
    return low - slack <= truth <= high + slack


@cache
def truths(name: str, n: int) -> dict[str, float]:
    """Effects of a scenario's populations themselves."""
    scenario = scenarios()[name]
    rngs = {"rng_x": stream(0, "x"), "rng_y": stream(0, "y")}
    found = {e.effect: e.estimate for e in effect_sizes(scenario.a, scenario.b, **rngs, n_resamples=99)}
    none = np.zeros(POPULATION)
    pairs = paired_effect_sizes(none, scenario.differences, rng=stream(0, "p"), n_resamples=99)
    found |= {e.effect: e.estimate for e in pairs}
    found |= {
        f"shift {q}": harrell_davis_of(scenario.b, n, q) - harrell_davis_of(scenario.a, n, q) for q in LEVELS
    }
    return found


def harrell_davis_of(population: Floats, n: int, q: float) -> float:
    """Return what Harrell–Davis quantiles of n runs estimate: quantiles under the beta weights."""
    edges = stats.beta.cdf(np.arange(POPULATION + 1) / POPULATION, (n + 1) * q, (n + 1) * (1 - q))
    return float(np.diff(edges) @ np.sort(population))


def expected_maximum(population: Floats, n: int) -> float:
    ranks = np.arange(POPULATION + 1) / POPULATION
    return float(np.diff(ranks**n) @ np.sort(population))


def ecdf_covered(band: object, scenario: Scenario) -> bool:
    """Whether the true difference lies inside the band everywhere."""
    a, b = np.sort(scenario.a), np.sort(scenario.b)
    places = np.union1d(a, b)
    true = np.searchsorted(b, places, "right") / len(b) - np.searchsorted(a, places, "right") / len(a)
    step = np.searchsorted(band.x, places, "right") - 1
    low = np.concatenate([[-band.half_width], band.low])[step + 1]
    high = np.concatenate([[band.half_width], band.high])[step + 1]
    return bool(((true >= low - 1e-12) & (true <= high + 1e-12)).all())


def new_tally() -> defaultdict[tuple[str, str], list[int]]:
    return defaultdict(lambda: [0, 0])


def count(tally: Tally, kind: str, name: str, *, hit: bool) -> None:
    tally[kind, name][0] += 1
    tally[kind, name][1] += bool(hit)


def simulate(
    block: Callable[..., Tally], n_replicates: dict[int, int], pool: ProcessPoolExecutor
) -> dict[Key, list[int]]:
    jobs = {}
    for name in scenarios():
        for n, replicates in n_replicates.items():
            for first in range(0, replicates, BLOCK):
                jobs[pool.submit(block, name, n, first, min(first + BLOCK, replicates))] = (name, n)
    totals: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    for job, (name, n) in jobs.items():
        for key, (replicates, hits) in job.result().items():
            totals[key, name, n][0] += replicates
            totals[key, name, n][1] += hits
    return totals


def share(counts: list[int]) -> float:
    replicates, hits = counts
    return hits / replicates


def size_is_outside(key: Key, size: float) -> bool:
    return size > ALPHA + 0.016 or (size < ALPHA - 0.016 and not is_at_most(key))


def coverage_is_outside(key: Key, coverage: float) -> bool:
    _, _, n = key
    allowed = 0.03 if n < 100 else 0.02
    if not_supposed(key) or (covers_at_least(key) and coverage > 0.95):
        return False
    return abs(coverage - 0.95) > allowed + 1e-9


def is_at_most(key: Key) -> bool:
    entry, name, _ = key
    return name in AT_MOST.get(entry, ())


def not_supposed(key: Key) -> bool:
    entry, name, _ = key
    return name in SUPPOSED.get(entry, ())


def covers_at_least(key: Key) -> bool:
    entry, name, _ = key
    return entry in ENDS_AT_VALUES and not scenarios()[name].distinct


def table(totals: dict[Key, list[int]], is_outside: Callable[[Key, float], bool]) -> Iterator[str]:
    """Markdown: a row for each entry, a column for each scenario and size."""
    columns = [(name, n) for name in scenarios() for n in SIZES]
    yield "| | " + " | ".join(f"{name}, {n}" for name, n in columns) + " |"
    yield "|---|" + "---:|" * len(columns)
    for entry in dict.fromkeys(entry for entry, _, _ in totals):
        cells = [cell((entry, *column), totals, is_outside) for column in columns]
        kind, name = entry
        yield f"| `{name}` ({kind}) | " + " | ".join(cells) + " |"


def cell(key: Key, totals: dict[Key, list[int]], is_outside: Callable[[Key, float], bool]) -> str:
    if key not in totals:
        return "–"
    text = f"{share(totals[key]):.3f}"
    if is_outside(key, share(totals[key])):
        return f"**{text}**"
    if not_supposed(key):
        return f"({text})"
    return f"≥ {text}" if covers_at_least(key) else f"≤ {text}" if is_at_most(key) else text


@dataclass(frozen=True)
class Part:
    """A section of the page with a module of its own: how it is titled, how often it draws, and what."""

    title: str
    module: ModuleType
    n_replicates: int
    what: str


PARTS = {
    "small": Part("## Small groups", small_groups, 400, "of small groups"),
    "families": Part(FAMILIES, families, 600, "of reports of several groups"),
    "outcomes": Part("## New test images", outcomes, 1000, "of runs and test examples"),
    "functions": Part("## Functions", functions, 400, "of functions"),
    "tasks": Part("## Several tasks", tasks, 600, "of several tasks"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=1500, help="of a coverage")
    parser.add_argument("--size-replicates", type=int, default=2000, help="of a size, at 500 runs")
    parser.add_argument("--out", type=Path, default=Path("docs/calibration.md"))
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count())
    for name, part in PARTS.items():
        parser.add_argument(f"--{name}-replicates", type=int, default=part.n_replicates, help=part.what)
    parser.add_argument("--only", choices=PARTS, help="renew one section alone")
    options = parser.parse_args()
    asked = {name: getattr(options, f"{name}_replicates") for name in PARTS}
    start = time.monotonic()
    if options.only:
        return renew(options.out, PARTS[options.only], asked[options.only], options.workers)
    with ProcessPoolExecutor(options.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        # small samples cost little, and their discrete tests come near the bounds
        at = {20: MORE_AT_20 * options.size_replicates, 500: options.size_replicates}
        sizes = simulate(sizes_block, at, pool)
        print(f"sizes after {time.monotonic() - start:.0f} s", flush=True)
        coverages = simulate(coverage_block, dict.fromkeys(SIZES, options.replicates), pool)
        found = {name: part.module.simulate(asked[name], pool) for name, part in PARTS.items()}
    outside = [
        f"{key[0][1]}, {key[1]}, {key[2]}: {share(counts):.3f}"
        for totals, is_outside in ((sizes, size_is_outside), (coverages, coverage_is_outside))
        for key, counts in totals.items()
        if is_outside(key, share(counts))
    ]
    outside += [line for name, part in PARTS.items() for line in part.module.outside(found[name])]
    options.out.parent.mkdir(exist_ok=True)
    text = page(options.size_replicates, options.replicates, sizes, coverages, outside)
    sections = [part.module.section(asked[name], found[name]) for name, part in PARTS.items()]
    options.out.write_text("\n".join([text, *(line for lines in sections for line in lines)]))
    print(f"{options.out} after {time.monotonic() - start:.0f} s")
    for line in outside:
        print(f"outside: {line}")
    return 1 if outside else 0


def renew(out: Path, part: Part, n_replicates: int, n_workers: int) -> int:
    """Simulate one section of the page again, and put it in the place of the old one."""
    with ProcessPoolExecutor(n_workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = part.module.simulate(n_replicates, pool)
    before, _, old = out.read_text().partition(part.title)
    after = re.search(r"^## ", old, flags=re.MULTILINE)
    new = "\n".join(part.module.section(n_replicates, found))
    before = before if before.endswith("\n\n") else f"{before.rstrip()}\n\n"
    out.write_text(before + new + ("\n" + old[after.start() :] if after else ""))
    outside = part.module.outside(found)
    print("\n".join(f"outside: {line}" for line in outside) or "none outside")
    return 1 if outside else 0


def page(
    n_size: int,
    n_coverage: int,
    sizes: dict[Key, list[int]],
    coverages: dict[Key, list[int]],
    outside: list[str],
) -> str:
    described = "\n".join(f"* **{s.name}**: {s.what}." for s in scenarios().values())
    error_size, error_coverage = (math.sqrt(0.05 * 0.95 / n) for n in (n_size, n_coverage))
    return "\n".join(
        [
            INTRODUCTION.format(described=described),
            "## Sizes of the tests at level 0.05",
            "",
            SIZES_TEXT.format(n=n_size, more=MORE_AT_20 * n_size, error=error_size),
            "",
            *table(sizes, size_is_outside),
            "",
            "## Coverage of the 95 % intervals and bands",
            "",
            COVERAGE_TEXT.format(n=n_coverage, error=error_coverage),
            "",
            *table(coverages, coverage_is_outside),
            "",
            "Cells outside: " + ("; ".join(outside) if outside else "none") + ".",
            "",
        ]
    )


INTRODUCTION = """# Calibration

How often the tests reject a true null hypothesis, and how often the intervals cover the truth, by simulation.
`make calibration` computes this page again, and fails where a cell is outside of its bounds; the same seed
gives the same page.

{described}

Columns: population and runs a group. Bold: outside of the bounds.
"""
SIZES_TEXT = """{more:,} replicates a cell at 20 runs, {n:,} at 500, where a share of 0.05 has a standard
error of {error:.4f}. Both groups are drawn from population a; under unequal spread from a and b, for the
tests whose null hypothesis still holds. Bounds: 0.05 ± 0.016.

**≤**: an exact test whose statistic takes few values has the largest size that these allow. For 20 and 20
different values that of `ks` is 0.0335, and the next one would be 0.081: no p-value of D alone comes nearer
to 0.05. So it is with means of five values. Upper bound only. `ks, randomised` shows that the null
distribution of D is right: P(D larger) + U · P(D as large) with a random U is uniform if it is.

2,000 replicates leave some chance: with another seed `paired_permutation` (skewed, 500) had 0.069 in one
cell, and 0.053 in 6,000 replicates drawn after that."""
COVERAGE_TEXT = """{n:,} replicates a cell, so a share of 0.95 has a standard error of {error:.4f}. Groups
are drawn from a and b, differences within pairs from b moved to a middle near 0. Bands count only if they
cover everywhere at once. Bounds: 0.95 ± 0.02 at 500 runs, ± 0.03 at 20.

* **≥**: the interval ends at values that were seen, or at differences of such; where these are
  few and the truth is one of them, no interval covers it in just 0.95 of all samples. Lower bound only.
* **In parentheses**: the population is not what the method supposes, and it claims nothing there.
  `hodges_lehmann` supposes that b is a shifted, `paired_hodges_lehmann` symmetric differences,
  `paired_hedges_g` normal ones."""


if __name__ == "__main__":
    sys.exit(main())
