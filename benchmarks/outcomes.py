"""Coverage of the intervals of `analyze.stats.crossed`, by simulation, as a section for docs/calibration.md.

    python benchmarks/outcomes.py [--replicates 1000]

Runs and test images are drawn with replacement from the tables of data/study, whose own difference is the
truth; so is the variance of a difference, in closed form. Exits with 1 where a cell is outside of its bounds.
"""

import argparse
import math
import multiprocessing
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from scipy import special

from analyze.stats.crossed import MeanInterval, run_spread, scope
from analyze.stats.resampling import stream

STUDY = Path(__file__).parents[1] / "data" / "study"
BLOCK, CONFIDENCE = 25, 0.95
# Standard errors that a cell may be off by chance
SLACK = 2.5

Right = npt.NDArray[np.uint8]
Tally = dict[str, list[float]]  # what: replicates, sum


@dataclass(frozen=True, slots=True)
class Design:
    """Two strategies, or a made-up kind as a; runs a group, test images, and whether runs are twins."""

    a: str
    b: str
    n: int
    m: int
    paired: bool = False
    n_b: int | None = None  # where it is not n

    @property
    def runs_b(self) -> int:
        return self.n_b or self.n


@dataclass(frozen=True, slots=True)
class Made:
    """Standard deviations of the normal effects behind made-up answers; that of a single answer is 1."""

    run: float = 0.2
    image: float = 0.8
    image_strategy: float = 0.6  # of an image, drawn anew for each strategy
    cluster: float = 0.0  # of 20 images of one writer, drawn anew for each strategy
    factors: float = 0.0  # three latent factors of a run, on which images load: its errors go together


LEVELS = 1.0, 1.2
SIZE_OF_CLUSTER, N_FACTORS = 20, 3
CLUSTERED = "clusters of 20"
MADE = {
    CLUSTERED: Made(cluster=0.7),
    "weak factors": Made(factors=0.3),
    "strong factors": Made(factors=1.0),
}
FAILED = "reversed and 2 failed"  # networks that fail answer one digit everywhere: right on 980 images
N_RESAMPLES, MAX_RESAMPLED = 200, 10_000  # resamples, and cells of a table to be resampled
DESIGNS = (
    *(
        Design("joint", "staged", n, m)
        for n, m in ((2, 1000), (3, 1000), (10, 1000), (10, 10000), (100, 10000), (500, 10000))
    ),
    *(
        Design("joint", b, n, m, paired=True)
        for b in ("staged", "joint-2000")
        for n, m in ((3, 1000), (10, 1000), (500, 10000))
    ),
    Design("joint", "reversed", 10, 1000),
    Design("joint", "reversed", 500, 10000),
    Design("joint", "rmsprop", 500, 10000, paired=True),
    Design("joint", "retrained", 500, 10000, paired=True),
    Design("joint", FAILED, 10, 1000),
    Design("joint", FAILED, 500, 10000),
    Design(CLUSTERED, "", 10, 1000),
    *(
        Design(name, "", n, 1000, paired=paired, n_b=n_b)
        for name in ("weak factors", "strong factors")
        for n, n_b, paired in (
            (5, None, False),
            (5, 20, False),
            (40, None, False),
            (5, None, True),
            (40, None, True),
        )
    ),
)
SPREADS = tuple(
    Design(name, name, n, m)
    for name in ("joint", "staged", "nadam", "reversed")
    for n, m in ((5, 1000), (10, 1000), (50, 10000), (500, 10000))
)
HEAVY = "reversed"  # its intervals of spread claim nothing, and say so


@cache
def tables() -> dict[str, tuple[npt.NDArray[np.int64], Right]]:
    """Seeds and right answers, runs × images, of finished runs by strategy."""
    found = {}
    for path in sorted(STUDY.glob("*.parquet")):
        rows = pq.read_table(
            path, columns=["schedule", "optimizer", "seed", "errors"], filters=[("status", "=", "ok")]
        )
        schedule, optimizer = (rows[column][0].as_py() for column in ("schedule", "optimizer"))
        errors = np.frombuffer(b"".join(rows["errors"].to_pylist()), dtype=np.uint8).reshape(len(rows), -1)
        seeds = rows["seed"].to_numpy()
        order = np.argsort(seeds)
        name = schedule if optimizer == "sgd" else optimizer
        found[name] = seeds[order], (errors[order] == 0).astype(np.uint8)
    seeds, right = found["reversed"]
    failed = np.zeros((2, right.shape[1]), dtype=np.uint8)
    failed[:, :980] = 1
    found[FAILED] = np.append(seeds, [-1, -2]), np.concatenate([right, failed])
    return found


@cache
def populations(design: Design) -> tuple[Right, Right]:
    """Tables of both strategies, the same rows for twins."""
    (seeds_a, a), (seeds_b, b) = tables()[design.a], tables()[design.b]
    if not design.paired:
        return a, b
    _, of_a, of_b = np.intersect1d(seeds_a, seeds_b, return_indices=True)
    return a[of_a], b[of_b]


@cache
def truth(design: Design) -> tuple[float, float]:
    """Return the difference of a design's populations, and the variance of its estimates, exactly."""
    a, b = populations(design)
    of_examples = b.mean(axis=0) - a.mean(axis=0)
    arms = [b.astype(np.int8) - a.view(np.int8)] if design.paired else [a, b]
    variance = of_examples.var() / design.m
    for arm, n in zip(arms, (design.n, design.runs_b), strict=False):
        of_runs = arm.mean(axis=1).var()
        interaction = arm.var(axis=0).mean() - of_runs
        variance += (of_runs + interaction / design.m) / n
    return float(of_examples.mean()), float(variance)


def draw(design: Design, rng: np.random.Generator) -> tuple[Right, Right]:
    """Draw runs and the images that all of them are asked, with replacement."""
    a, b = populations(design)
    runs_a, images = rng.integers(len(a), size=design.n), rng.integers(a.shape[1], size=design.m)
    runs_b = runs_a if design.paired else rng.integers(len(b), size=design.n)
    return a[runs_a].take(images, axis=1), b[runs_b].take(images, axis=1)


def make(design: Design, rng: np.random.Generator) -> tuple[Right, Right, float]:
    """Make up answers by a probit model with normal effects, and return their true difference too."""
    sds, n_runs = MADE[design.a], (design.n, design.runs_b)
    images = sds.image * rng.normal(size=design.m)
    loadings = rng.normal(size=(N_FACTORS, design.m))
    loadings /= np.linalg.norm(loadings, axis=0)
    effects = [
        (sds.run * rng.normal(size=(n, 1)), sds.factors * rng.normal(size=(n, N_FACTORS))) for n in n_runs
    ]
    if design.paired:
        effects[1] = effects[0]
    right = []
    for level, (run, factors) in zip(LEVELS, effects, strict=True):
        clusters = sds.cluster * rng.normal(size=design.m // SIZE_OF_CLUSTER)
        own = sds.image_strategy * rng.normal(size=design.m) + np.repeat(clusters, SIZE_OF_CLUSTER)
        latent = level + images + own + run + factors @ loadings
        right.append((latent + rng.normal(size=latent.shape) > 0).view(np.uint8))
    sd = math.hypot(1, *astuple(sds))
    low, high = (float(special.ndtr(level / sd)) for level in LEVELS)
    return right[0], right[1], high - low


def resampled(a: Right, b: Right, *, paired: bool, rng: np.random.Generator) -> tuple[float, float]:
    """Return the percentile interval of the difference where rows and columns are drawn anew."""
    m = a.shape[1]
    columns = rng.multinomial(m, np.full(m, 1 / m), size=N_RESAMPLES)

    def weights(n: int) -> npt.NDArray[np.int64]:
        return rng.multinomial(n, np.full(n, 1 / n), size=N_RESAMPLES)

    rows = weights(len(a))
    of_b = rows if paired else weights(len(b))
    per_example = (of_b @ b) / len(b) - (rows @ a) / len(a)
    differences = (per_example * columns).sum(axis=1) / m
    low, high = np.quantile(differences, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def scope_block(design: Design, first: int, last: int) -> Tally:
    """Count intervals of the difference on new images that cover it."""
    tally: Tally = defaultdict(lambda: [0.0, 0.0])
    groups = np.arange(design.m) // SIZE_OF_CLUSTER if design.a == CLUSTERED else None
    for i in range(first, last):
        rng = stream(3, "scope", str(design), str(i))
        if design.a in MADE:
            (a, b, difference), variance = make(design, rng), None
        else:
            (a, b), (difference, variance) = draw(design, rng), truth(design)
        found = scope(a, b, paired=design.paired, confidence=CONFIDENCE, example_groups=groups)
        count(tally, "new images", covers(found.new, difference))
        count(tally, "these images", covers(found.test, difference))
        if found.new_ungrouped is not None:
            count(tally, "images alone", covers(found.new_ungrouped, difference))
        if variance is not None:
            count(tally, "variance", found.new.se**2 / variance)
        if groups is None and a.size <= MAX_RESAMPLED:
            low, high = resampled(a, b, paired=design.paired, rng=rng)
            count(tally, "resampled", low <= difference <= high)
    return dict(tally)


def spread_block(design: Design, first: int, last: int) -> Tally:
    """Count intervals of the standard deviation on all images that cover it."""
    tally: Tally = defaultdict(lambda: [0.0, 0.0])
    true = float(populations(design)[0].mean(axis=1).std())
    for i in range(first, last):
        right, _ = draw(design, stream(3, "spread", str(design), str(i)))
        found = run_spread(right, confidence=CONFIDENCE)
        count(tally, "spread", found.sd_distribution_low <= true <= found.sd_distribution_high)
        count(tally, "heavy tails", found.heavy_tails)
    return dict(tally)


def covers(interval: MeanInterval, difference: float) -> bool:
    return interval.low <= difference <= interval.high


def count(tally: Tally, what: str, value: float) -> None:
    tally[what][0] += 1
    tally[what][1] += value


def simulate(n_replicates: int, pool: ProcessPoolExecutor) -> dict[Design, Tally]:
    blocks = [(design, scope_block) for design in DESIGNS] + [(design, spread_block) for design in SPREADS]
    jobs = {
        pool.submit(block, design, first, min(first + BLOCK, n_replicates)): design
        for design, block in blocks
        for first in range(0, n_replicates, BLOCK)
    }
    totals: dict[Design, Tally] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for job, design in jobs.items():
        for what, (n, total) in job.result().items():
            totals[design][what][0] += n
            totals[design][what][1] += total
    return totals


def is_outside(design: Design, what: str, replicates: float, total: float) -> bool:
    """Whether a share is beyond its bounds: 0.95 ± 0.02, and with few runs or of spreads at least 0.93."""
    share, slack = total / replicates, SLACK * math.sqrt(0.05 * 0.95 / replicates)
    if design.b == FAILED:
        return False
    if what == "new images":
        return share < 0.93 - slack or (design.n >= 10 and share > 0.97 + slack)
    return what == "spread" and design.a != HEAVY and share < 0.93 - slack


TEXT = """## New test images

{n:,} replicates a row, so a share of 0.95 has a standard error of {error:.4f}. Runs and test images are drawn
with replacement from the runs of the study, which are the truth. Others are made up, by probit models with
normal effects, whose truth has a closed form: *clusters of 20*, images of 50 writers, whose difficulty
differs between strategies; *factors*, three of a run, on which images load, so that its errors go together.
*New images*: coverage of the interval of the difference on new images; *these images*: of that on this test
set, taken for the same; *resampled*: of the percentile interval of {resamples} resamples of runs and images,
which the report does not use. *Variance*: mean of the estimates over the true one; with few runs too large,
as S² is not taken below 0, nor the sum below the variance on this test set. Bounds, give or take {slack}
standard errors: 0.95 ± 0.02 from 10 runs on, with fewer and of spreads at least 0.93. In parentheses are
failed runs kept as values, as the report never does, and intervals of the spread of heavy-tailed runs
(reversed), which are too short; *told*: share where the result says so.
"""


def section(n_replicates: int, totals: dict[Design, Tally]) -> list[str]:
    error = math.sqrt(0.05 * 0.95 / n_replicates)
    text = TEXT.format(n=n_replicates, error=error, slack=SLACK, resamples=N_RESAMPLES)
    return [text, *_scope_table(totals), "", *_spread_table(totals), ""]


def _scope_table(totals: dict[Design, Tally]) -> Iterator[str]:
    yield "| difference | runs | images | new images | these images | resampled | variance |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for design in DESIGNS:
        name = f"{design.b or design.a}, {'twins' if design.paired else 'unpaired'}"
        others = [("these images", 3), ("resampled", 3), ("variance", 2)]
        yield _row(name, design, totals, [("new images", 3), *others])
        if design.a == CLUSTERED:
            yield _row(f"{design.a}, taken as independent", design, totals, [("images alone", 3), *others])


def _spread_table(totals: dict[Design, Tally]) -> Iterator[str]:
    yield "| standard deviation on all images | runs | images | coverage | told |"
    yield "|---|---:|---:|---:|---:|"
    for design in SPREADS:
        yield _row(design.a, design, totals, [("spread", 3), ("heavy tails", 2)])


def _row(name: str, design: Design, totals: dict[Design, Tally], whats: list[tuple[str, int]]) -> str:
    cells = [_cell(design, what, digits, totals) for what, digits in whats]
    runs = str(design.n) if design.runs_b == design.n else f"{design.n} v {design.n_b}"
    return f"| {name} | {runs} | {design.m:,} | " + " | ".join(cells) + " |"


def _cell(design: Design, what: str, digits: int, totals: dict[Design, Tally]) -> str:
    if what not in totals[design]:
        return "–"
    replicates, total = totals[design][what]
    text = f"{total / replicates:.{digits}f}"
    if (what == "spread" and design.a == HEAVY) or (what == "new images" and design.b == FAILED):
        return f"({text})"
    return f"**{text}**" if is_outside(design, what, replicates, total) else text


def outside(totals: dict[Design, Tally]) -> list[str]:
    return [
        f"{what}, {design.a} v {design.b}, {design.n} runs, {design.m} images: {total / replicates:.3f}"
        for design, tally in totals.items()
        for what, (replicates, total) in tally.items()
        if is_outside(design, what, replicates, total)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--replicates", type=int, default=1000)
    args = parser.parse_args()
    tables()  # read once, and shared with the workers
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("fork")) as pool:
        totals = simulate(args.replicates, pool)
    print("\n".join(section(args.replicates, totals)))
    beyond = outside(totals)
    print("\n".join(beyond), file=sys.stderr)
    return int(bool(beyond))


if __name__ == "__main__":
    sys.exit(main())
