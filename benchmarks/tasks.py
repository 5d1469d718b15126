"""Size and coverage of `analyze.stats.tasks`, by simulation, as a section for docs/calibration.md.

    python benchmarks/tasks.py [--replicates 600]

Tasks have scales and spreads of their own; values are rounded for the tests, so that there are ties. Exits
with 1 where a row is outside of its bounds.
"""

import argparse
import math
import multiprocessing
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from scipy import special, stats

from analyze.stats.resampling import Floats, stream
from analyze.stats.tasks.random_effects import further_task
from analyze.stats.tasks.scores import aggregates, draw_counts, improvements, interval, widening
from analyze.stats.tasks.van_elteren import van_elteren

CELLS = [(n_tasks, n_runs) for n_tasks in (5, 20, 60) for n_runs in (3, 5, 10)]
ALPHA, N_RESAMPLES, N_DRAWS, BLOCK = 0.05, 499, 999, 25
TAU, MEAN = 0.5, 0.2
# Standard errors that a row may be off by chance
SLACK = 2.5
COVERED = ("improvement", "mean", "iqm", "mean of all", "a further one")

Cell = tuple[int, int]
Tally = dict[str, list[int]]  # what: replicates, hits


def population(n_tasks: int) -> tuple[Floats, Floats, Floats]:
    """Return levels, spreads and shifts of tasks, the same for all replicates."""
    rng = stream(6, "tasks", str(n_tasks))
    spread = np.exp(0.7 * rng.normal(size=n_tasks))
    return rng.normal(size=n_tasks), spread, rng.normal(0.2, 0.3, size=n_tasks) * spread


def truths(n_tasks: int) -> dict[str, float]:
    level, spread, shift = population(n_tasks)
    rng = stream(6, "truth", str(n_tasks))
    noise = rng.normal(size=(2, 20_000, n_tasks)) * spread
    a, b = level + noise[0], level + shift + noise[1]
    middle = [float(stats.trim_mean(x, 0.25, axis=None)) for x in (a, b)]
    return {
        "improvement": float(special.ndtr(shift / (spread * math.sqrt(2))).mean()),
        "mean": float(shift.mean()),
        "iqm": middle[1] - middle[0],
    }


def block(cell: Cell, first: int, last: int) -> Tally:
    """Count rejections where nothing differs, and intervals that cover."""
    n_tasks, n_runs = cell
    level, spread, shift = population(n_tasks)
    true, tally = truths(n_tasks), defaultdict(lambda: [0, 0])
    sizes = [[n_runs] * n_tasks] * 2
    wider = widening(sizes, 1 - ALPHA)
    for i in range(first, last):
        rng = stream(6, "replicate", *map(str, cell), str(i))

        def runs(move: Floats | float, rng: np.random.Generator = rng) -> list[Floats]:
            return [m + s * rng.normal(size=n_runs) for m, s in zip(level + move, spread, strict=True)]

        same = [[np.round(x, 1) for x in runs(0.0)] for _ in range(2)]
        count(tally, "size", hit=van_elteren(*same).pvalue <= ALPHA)
        a, b = runs(0.0), runs(shift)
        drawn = [draw_counts(size, rng=rng, n_resamples=N_RESAMPLES) for size in sizes]
        found = {
            "improvement": (improvements(a, b).mean(), improvements(a, b, *drawn).mean(axis=1)),
            **differences(a, b, drawn),
        }
        for name, (estimate, replicates) in found.items():
            low, high = interval(float(estimate), replicates, 1 - ALPHA, wider=wider)
            count(tally, name, hit=low <= true[name] <= high)
        further(tally, cell, rng)
    return dict(tally)


def differences(
    a: list[Floats], b: list[Floats], drawn: list[list[np.ndarray]]
) -> dict[str, tuple[float, Floats]]:
    of_a, of_b = aggregates(a), aggregates(b)
    drawn_a, drawn_b = (aggregates(x, counts) for x, counts in zip((a, b), drawn, strict=True))
    return {
        name: (float(of_b[name][0] - of_a[name][0]), drawn_b[name] - drawn_a[name])
        for name in ("mean", "iqm")
    }


def further(tally: Tally, cell: Cell, rng: np.random.Generator) -> None:
    """Draw the tasks themselves, and one more."""
    n_tasks, n_runs = cell
    spread = np.exp(0.4 * rng.normal(size=n_tasks))[:, None]
    effects = rng.normal(MEAN, TAU, size=(n_tasks, 1))
    x, y = (spread * rng.normal(size=(n_tasks, n_runs)) for _ in range(2))
    y = y + effects
    variances = (x.var(axis=1, ddof=1) + y.var(axis=1, ddof=1)) / n_runs
    found = further_task(
        y.mean(axis=1) - x.mean(axis=1),
        variances,
        np.full(n_tasks, 2.0 * n_runs - 2),
        confidence=1 - ALPHA,
        rng=rng,
        n_draws=N_DRAWS,
    )
    count(tally, "mean of all", hit=found.low <= MEAN <= found.high)
    hit = found.prediction_low <= rng.normal(MEAN, TAU) <= found.prediction_high
    count(tally, "a further one", hit=hit)


def count(tally: Tally, what: str, *, hit: bool) -> None:
    tally[what][0] += 1
    tally[what][1] += bool(hit)


def simulate(n_replicates: int, pool: ProcessPoolExecutor) -> dict[Cell, Tally]:
    jobs = {
        pool.submit(block, cell, first, min(first + BLOCK, n_replicates)): cell
        for cell in CELLS
        for first in range(0, n_replicates, BLOCK)
    }
    totals: dict[Cell, Tally] = {cell: defaultdict(lambda: [0, 0]) for cell in CELLS}
    for job, cell in jobs.items():
        for what, (n, hits) in job.result().items():
            totals[cell][what][0] += n
            totals[cell][what][1] += hits
    return totals


def is_outside(what: str, n: int, hits: int) -> bool:
    """Whether a share is beyond 0.05 ± 0.016 or 0.95 ± 0.02, by more than chance allows."""
    slack = SLACK * math.sqrt(ALPHA * (1 - ALPHA) / n)
    if what == "size":
        return hits / n > ALPHA + 0.016 + slack
    return abs(hits / n - (1 - ALPHA)) > 0.02 + slack


TEXT = """## Several tasks

{n} replicates a row, so a share of 0.05 or 0.95 has a standard error of {error:.4f}. Tasks have levels and
spreads of their own (standard deviations of 1, and of 0.7 in the logarithm), and shifts of unequal size.
*Size*: rejections of van Elteren's test at 0.05 of rounded runs that do not differ; with 5 tasks × 3 runs its
p-values are few. *Improvement*, *mean*, *iqm*: coverage of 95 % intervals on these tasks. *Mean of all*, *a
further one*: of the mean over all tasks like these, and of the true difference at one more, where differences
vary by {tau} between tasks. Bounds, give or take {slack} standard errors: at most 0.066, and 0.95 ± 0.02.
"""


def section(n_replicates: int, totals: dict[Cell, Tally]) -> list[str]:
    error = math.sqrt(ALPHA * (1 - ALPHA) / n_replicates)
    names = ("size", *COVERED)
    rows = []
    for (n_tasks, n_runs), tally in totals.items():
        cells = []
        for what in names:
            n, hits = tally[what]
            text = f"{hits / n:.3f}"
            cells.append(f"**{text}**" if is_outside(what, n, hits) else text)
        rows.append(f"| {n_tasks} | {n_runs} | {' | '.join(cells)} |")
    return [
        TEXT.format(n=n_replicates, error=error, tau=TAU, slack=SLACK),
        f"| tasks | runs | {' | '.join(names)} |",
        f"|---:|---:|{'---:|' * len(names)}",
        *rows,
        "",
    ]


def outside(totals: dict[Cell, Tally]) -> list[str]:
    return [
        f"{what}, {n_tasks} tasks × {n_runs}: {hits / n:.3f}"
        for (n_tasks, n_runs), tally in totals.items()
        for what, (n, hits) in tally.items()
        if is_outside(what, n, hits)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--replicates", type=int, default=600)
    n_replicates = parser.parse_args().replicates
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        totals = simulate(n_replicates, pool)
    print("\n".join(section(n_replicates, totals)))
    print("\n".join(outside(totals)), file=sys.stderr)
    return int(bool(outside(totals)))


if __name__ == "__main__":
    sys.exit(main())
