"""Default learning rates: a grid of rates for each optimizer, judged on validation images.

    python benchmarks/learning_rates.py [--seeds 4] [--out docs/learning-rates.md] [OPTIMIZER ...]

Trains the schedule `joint` on the 1,000 training images and measures it on MNIST training images 0 to
4,999, which no run trains on. The test images are never looked at, and the seeds are none that
`collect` starts from by default.
"""

import argparse
import multiprocessing
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from collect.running import worker
from collect.running.pool import available_cores
from collect.strategy import datasets
from collect.strategy.config import N_TRAIN, N_VALIDATION, TRAIN_FIRST, RunConfig
from collect.strategy.optimizers import OPTIMIZERS
from collect.strategy.schedules import JOINT
from collect.training.outcome import Diverged

OUT = Path(__file__).parents[1] / "docs" / "learning-rates.md"
FIRST_SEED = 1_000_000

# About half a decade apart, around the rates that the optimizers' papers and Keras suggest.
GRIDS = {
    "sgd": (0.001, 0.003, 0.01, 0.02, 0.03, 0.1),
    "momentum": (0.0001, 0.0003, 0.001, 0.002, 0.003, 0.01),
    "nesterov": (0.0001, 0.0003, 0.001, 0.002, 0.003, 0.01),
    "adagrad": (0.003, 0.01, 0.02, 0.03, 0.1, 0.3),
    "rmsprop": (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03),
    "adam": (0.0003, 0.001, 0.002, 0.003, 0.01, 0.03),
    "adamw": (0.0003, 0.001, 0.002, 0.003, 0.01, 0.03),
    "nadam": (0.0003, 0.001, 0.002, 0.003, 0.01, 0.03),
    "lion": (0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01),
}

EXPLANATION = """\
# Learning rates

The default learning rates of the optimizers, chosen on images that no run is trained or tested on: schedule
`joint`, {n_seeds} seeds a rate ({first} to {last}), trained on MNIST training images {train_first} to
{train_last}, validated on training images 0 to {validation_last}. The default is the rate of the highest mean
validation accuracy among those at which no run diverged (bold); that of `sgd` is the protocol's, 0.01,
whatever the table says. `make sweep` writes this page again.

The loss is summed over a batch of 50, so a rate of `sgd`, `momentum` or `nesterov` is 1/50 of one for the
mean loss. `joint` multiplies the rate by 0.3 for the last 250 steps. Near the edge of what converges some of
many runs may still diverge; they become rows with status `diverged`.

| optimizer | learning rate | validation accuracy (sd) | validation loss | training loss | diverged |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One optimizer at one rate: what its runs reached on the validation images."""

    optimizer: str
    learning_rate: float
    accuracies: list[float]
    validation_loss: float
    train_loss: float
    n_diverged: int


def measure_optimizer(name: str, n_seeds: int) -> list[Cell]:
    """Return every rate of an optimizer's grid, trained and validated."""
    os.environ.update(worker.SETTINGS)
    from collect.training.trainer import Trainer

    found = datasets.resolve("mnist")
    arrays = datasets.load(found.path)
    validation = {"x_test": arrays["x_train"][:N_VALIDATION], "y_test": arrays["y_train"][:N_VALIDATION]}
    split = datasets.split(arrays | validation, train_first=TRAIN_FIRST, n_train=N_TRAIN)
    cells = []
    for rate in GRIDS[name]:
        config = RunConfig(
            schedule=JOINT, optimizer=OPTIMIZERS[name], learning_rate=rate, dataset_digest=found.digest
        )
        trainer = Trainer(config, split)
        reached = [trainer.run(FIRST_SEED + i) for i in range(n_seeds)]
        minima = [one for one in reached if not isinstance(one, Diverged)]
        cells.append(
            Cell(
                optimizer=name,
                learning_rate=rate,
                accuracies=[minimum.accuracy for minimum in minima],
                validation_loss=_mean([minimum.test_loss for minimum in minima]),
                train_loss=_mean([minimum.train_loss for minimum in minima]),
                n_diverged=n_seeds - len(minima),
            )
        )
        print(f"{name} {rate:g}: validation accuracy {_mean(cells[-1].accuracies):.4f}", flush=True)
    return cells


def page(grids: Sequence[Sequence[Cell]], n_seeds: int) -> str:
    """Return the page of the documentation."""
    text = EXPLANATION.format(
        n_seeds=n_seeds,
        first=FIRST_SEED,
        last=FIRST_SEED + n_seeds - 1,
        train_first=TRAIN_FIRST,
        train_last=TRAIN_FIRST + N_TRAIN - 1,
        validation_last=N_VALIDATION - 1,
    )
    return text + "".join(_row(cell, best=cell is best_of(grid)) for grid in grids for cell in grid)


def best_of(grid: Sequence[Cell]) -> Cell:
    """Return the cell of the highest mean accuracy; a rate at which a run diverged is no candidate."""
    return max(grid, key=lambda cell: -1.0 if cell.n_diverged else _mean(cell.accuracies))


def _row(cell: Cell, *, best: bool) -> str:
    rate = f"**{cell.learning_rate:g}**" if best else f"{cell.learning_rate:g}"
    accuracy = "–"
    if cell.accuracies:
        sd = statistics.stdev(cell.accuracies) if len(cell.accuracies) > 1 else float("nan")
        accuracy = f"{_mean(cell.accuracies):.4f} ({sd:.4f})"
    losses = f"{cell.validation_loss:.3f} | {cell.train_loss:.2g}" if cell.accuracies else "– | –"
    return f"| `{cell.optimizer}` | {rate} | {accuracy} | {losses} | {cell.n_diverged} |\n"


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(values) if values else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("optimizers", nargs="*", metavar="OPTIMIZER", help="default: all")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    names = options.optimizers or list(GRIDS)
    with multiprocessing.get_context("spawn").Pool(available_cores(), maxtasksperchild=1) as pool:
        grids = pool.starmap(measure_optimizer, [(name, options.seeds) for name in names], chunksize=1)
    options.out.write_text(page(grids, options.seeds))
    for grid in grids:
        print(f"{grid[0].optimizer}: {best_of(grid).learning_rate:g}")


if __name__ == "__main__":
    main()
