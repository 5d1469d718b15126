"""Size, power and coverage of `analyze.stats.functions`, by simulation, as a section for docs/calibration.md.

    python benchmarks/functions.py [--replicates 400]

Runs are drawn without replacement from those of the study, `joint` and `staged`. Exits with 1 where a row is
outside of its bounds.
"""

import argparse
import math
import multiprocessing
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from analyze.stats.dip import dip, pvalue_of, uniform_dips
from analyze.stats.functions.attribution import attribution
from analyze.stats.functions.disagreement import Codes, between, pair_matrix, within
from analyze.stats.functions.energy import energy_test
from analyze.stats.functions.maps import scaling
from analyze.stats.functions.new_examples import excess_on_new, within_on_new
from analyze.stats.functions.separating import separating
from analyze.stats.resampling import Ints, stream

STUDY = Path(__file__).parents[1] / "data" / "study"
SIZES, FEW, COVERED = (6, 20, 50), (4, 5, 6), (5, 10, 30, 60)
ALPHA, N_RESAMPLES, N_IMAGES = 0.05, 199, 1000
# Standard errors that a row may be off by chance
SLACK = 2.5


@dataclass(frozen=True, slots=True)
class Row:
    """A share of replicates, or a mean over them, and the bounds that it keeps but for chance."""

    what: str
    runs: str
    n_replicates: int
    found: float
    low: float = -math.inf
    high: float = math.inf

    @property
    def outside(self) -> bool:
        """Whether it is beyond its bounds by more than chance allows."""
        slack = SLACK * math.sqrt(ALPHA * (1 - ALPHA) / self.n_replicates)
        return not self.low - slack <= self.found <= self.high + slack


@cache
def answers() -> dict[str, Codes]:
    """Answers of the runs of `joint` and `staged`, in the order of their seeds: twins."""
    found = {}
    columns = ["schedule", "optimizer", "seed", "errors"]
    for path in sorted(STUDY.glob("*.parquet")):
        rows = pq.read_table(path, columns=columns).sort_by("seed")
        name = rows["schedule"][0].as_py()
        if name in ("joint", "staged") and rows["optimizer"][0].as_py() == "sgd":
            codes = np.frombuffer(b"".join(rows["errors"].to_pylist()), dtype=np.uint8)
            found[name] = codes.reshape(len(rows), -1)
    return found


@cache
def disagreements() -> Ints:
    """Disagreements of all runs: those of `joint` and then their twins of `staged`."""
    both = np.concatenate([answers()["joint"], answers()["staged"]])
    return pair_matrix(both, both)


def of_runs(a: Ints, b: Ints) -> tuple[Ints, Ints, Ints]:
    """Disagreements within and between runs by their numbers in `disagreements`."""
    found = disagreements()
    return found[np.ix_(a, a)], found[np.ix_(b, b)], found[np.ix_(a, b)]


def n_seeds() -> int:
    return len(disagreements()) // 2


def sizes(n_replicates: int) -> Iterator[Row]:
    """Rejections of the energy test where both groups are of `joint`, and where twins are swapped."""
    for n in SIZES:
        labels, swaps, right = [], [], []
        for i in range(n_replicates):
            rng = stream(4, "size", str(n), str(i))
            runs = rng.choice(n_seeds(), 2 * n, replace=False)
            found = of_runs(runs[:n], runs[n:])
            labels.append(energy_test(*found, twins=False, rng=rng, n_resamples=N_RESAMPLES).pvalue)
            right.append(attribution(*found, twins=False).balanced_accuracy)
            swapped = n_seeds() * rng.integers(0, 2, size=n)
            found = of_runs(runs[:n] + swapped, runs[:n] + n_seeds() - swapped)
            swaps.append(energy_test(*found, twins=True, rng=rng, n_resamples=N_RESAMPLES).pvalue)
        for what, pvalues in (("labels", labels), ("swaps of twins", swaps)):
            rejected = float(np.mean(np.array(pvalues) <= ALPHA))
            least = 0.0 if n == min(SIZES) else ALPHA - 0.02  # few runs have few p-values
            yield Row(f"size, {what}", f"{n} + {n}", n_replicates, rejected, least, ALPHA)
        attributed = float(np.mean(right))
        yield Row("attribution without a difference", f"{n} + {n}", n_replicates, attributed, 0.48, 0.52)


def powers(n_replicates: int) -> Iterator[Row]:
    """Rejections of the energy test of independent runs of `joint` and `staged`."""
    for n in FEW:
        rejected = 0
        for i in range(n_replicates):
            rng = stream(4, "power", str(n), str(i))
            runs = rng.choice(n_seeds(), 2 * n, replace=False)
            found = of_runs(runs[:n], runs[n:] + n_seeds())
            rejected += energy_test(*found, twins=False, rng=rng, n_resamples=N_RESAMPLES).pvalue <= ALPHA
        yield Row("power, joint v staged", f"{n} + {n}", n_replicates, rejected / n_replicates)


def coverages(n_replicates: int) -> Iterator[Row]:
    """Intervals of disagreement within `joint`, and of the excess of `staged`, that cover those of all."""
    m, everyone = answers()["joint"].shape[1], np.arange(n_seeds())
    of_a, of_b, of_both = of_runs(everyone, everyone + n_seeds())
    inside = within(of_a, m, confidence=1 - ALPHA).disagreement
    excess = between(of_a, of_b, of_both, m, twins=True, confidence=1 - ALPHA).excess
    for n in COVERED:
        hits = {"within": 0, "excess, unpaired": 0, "excess, twins": 0}
        for i in range(n_replicates):
            runs = stream(4, "coverage", str(n), str(i)).choice(n_seeds(), 2 * n, replace=False)
            of_a = of_runs(runs[:n], runs[:n])[0]
            found = within(of_a, m, confidence=1 - ALPHA)
            hits["within"] += found.low <= inside <= found.high
            for name, others, twins in (("unpaired", runs[n:], False), ("twins", runs[:n], True)):
                found = between(*of_runs(runs[:n], others + n_seeds()), m, twins=twins, confidence=1 - ALPHA)
                hits[f"excess, {name}"] += found.low <= excess <= found.high
        for name, covered in hits.items():
            yield Row(
                f"coverage, {name}", str(n), n_replicates, covered / n_replicates, 0.93 if n >= 10 else 0.9
            )


def coverages_on_new(n_replicates: int) -> Iterator[Row]:
    """Intervals on new images, of runs and images drawn from all, that cover the means of all."""
    joint, staged, everyone = answers()["joint"], answers()["staged"], np.arange(n_seeds())
    of_a, of_b, of_both = of_runs(everyone, everyone + n_seeds())
    inside = within(of_a, joint.shape[1], confidence=1 - ALPHA).disagreement
    excess = between(of_a, of_b, of_both, joint.shape[1], twins=True, confidence=1 - ALPHA).excess
    for n in COVERED:
        hits = {"within": 0, "excess, unpaired": 0, "excess, twins": 0}
        for i in range(n_replicates):
            rng = stream(4, "new", str(n), str(i))
            runs = rng.choice(n_seeds(), 2 * n, replace=False)
            images = rng.integers(joint.shape[1], size=N_IMAGES)
            a = joint[runs[:n]].take(images, axis=1)
            low, high = within_on_new(a, confidence=1 - ALPHA)
            hits["within"] += low <= inside <= high
            for name, others, twins in (("unpaired", runs[n:], False), ("twins", runs[:n], True)):
                b = staged[others].take(images, axis=1)
                low, high = excess_on_new(a, b, twins=twins, confidence=1 - ALPHA)
                hits[f"excess, {name}"] += low <= excess <= high
        for name, covered in hits.items():
            yield Row(
                f"coverage on new images, {name}",
                str(n),
                n_replicates,
                covered / n_replicates,
                0.93 if n >= 10 else 0.9,
            )


def false_images(n_replicates: int) -> Iterator[Row]:
    """Families of images of which some is found to separate groups that do not differ."""
    joint, staged = (answers()[name] for name in ("joint", "staged"))
    n_splits = max(n_replicates // 4, 10)
    found = {"labels": 0, "swaps of twins": 0}
    for i in range(n_splits):
        rng = stream(4, "images", str(i))
        order = rng.permutation(n_seeds())
        halves = joint[order[: n_seeds() // 2]], joint[order[n_seeds() // 2 :]]
        swapped = rng.random((n_seeds(), 1)) < 0.5
        twins = np.where(swapped, staged, joint), np.where(swapped, joint, staged)
        found["labels"] += bool((separating(*halves, twins=False).qvalues <= ALPHA).any())
        found["swaps of twins"] += bool((separating(*twins, twins=True).qvalues <= ALPHA).any())
    for what, families in found.items():
        yield Row(f"some false image, {what}", "250 + 250" if what == "labels" else "500 + 500", n_splits,
                  families / n_splits, 0.0, ALPHA)  # fmt: skip


def mixtures(n_replicates: int) -> Iterator[Row]:
    """P-values of the dip of the first axis where runs of `staged` are among those of `joint`."""
    drawn = uniform_dips(n_seeds(), rng=stream(4, "dips"), n_draws=max(n_replicates, 199))
    for share in (0.0, 0.1, 0.2, 0.5):
        order = stream(4, "mixture", str(share)).permutation(n_seeds())
        runs = order + n_seeds() * (np.arange(n_seeds()) < share * n_seeds())
        points = scaling(of_runs(runs, runs)[0]).points
        yield Row(
            f"p of the dip, {share:.0%} staged",
            str(n_seeds()),
            len(drawn),
            pvalue_of(dip(points[:, 0]), drawn),
        )


PARTS: dict[str, Callable[[int], Iterator[Row]]] = {
    "sizes": sizes,
    "powers": powers,
    "coverages": coverages,
    "coverages_on_new": coverages_on_new,
    "false_images": false_images,
    "mixtures": mixtures,
}


def rows(part: str, n_replicates: int) -> list[Row]:
    return list(PARTS[part](n_replicates))


def simulate(n_replicates: int, pool: ProcessPoolExecutor) -> list[Row]:
    jobs = [pool.submit(rows, part, n_replicates) for part in PARTS]
    return [row for job in jobs for row in job.result()]


TEXT = """## Functions

Runs are drawn without replacement from the 500 of the study, whose own values are the truth; {n} replicates,
{b} permutations. *Size*: both groups of joint, or twins of joint and staged, swapped by chance. *Some false
image*: groups that do not differ, and an example is found to separate them. Bounds, give or take {slack}
standard errors of a share of 0.05: sizes at most 0.05, coverage at least 0.93 from 10 runs on. *On new
images*: {m:,} images are drawn with the runs, with replacement; all 10,000 are the truth.
"""


def section(n_replicates: int, found: list[Row]) -> list[str]:
    text = TEXT.format(n=n_replicates, b=N_RESAMPLES, slack=SLACK, m=N_IMAGES)
    table = ["| | runs | replicates | found |", "|---|---:|---:|---:|"]
    for row in found:
        share = f"**{row.found:.3f}**" if row.outside else f"{row.found:.3f}"
        table.append(f"| {row.what} | {row.runs} | {row.n_replicates:,} | {share} |")
    return [text, *table, ""]


def outside(found: list[Row]) -> list[str]:
    return [f"{row.what}, {row.runs} runs: {row.found:.3f}" for row in found if row.outside]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--replicates", type=int, default=400)
    args = parser.parse_args()
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        found = simulate(args.replicates, pool)
    print("\n".join(section(args.replicates, found)))
    print("\n".join(f"outside: {line}" for line in outside(found)), file=sys.stderr)
    return int(bool(outside(found)))


if __name__ == "__main__":
    sys.exit(main())
