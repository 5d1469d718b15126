"""Processor seconds of every strategy of a study: its start, a run, a run with `--measure`, and all together.

    python benchmarks/strategies.py [data/study.toml] [--repetitions 3]

Processor time, so that other work on the machine disturbs little. The start is what each worker spends
once per strategy on tracing and compiling.
"""

import argparse
import itertools
import os
import statistics
import time
from pathlib import Path

from collect.running import worker
from collect.strategy import datasets
from collect.strategy.study import Member, read_study

STUDY = Path(__file__).parents[1] / "data" / "study.toml"


def cost(member: Member, repetitions: int, *, measure: bool) -> tuple[float, float]:
    """Return the seconds of the start and of a run."""
    from collect.training.trainer import Trainer

    config = member.config
    split = datasets.split(
        datasets.load(member.dataset.path),
        train_first=config.train_first,
        n_train=config.n_train,
        with_all_images=config.schedule.uses_all_images,
    )
    ends = [time.process_time()]
    trainer = Trainer(config, split, measure=measure)
    for seed in range(repetitions + 1):  # the first compiles
        trainer.run(seed)
        ends.append(time.process_time())
    spent = [after - before for before, after in itertools.pairwise(ends)]
    run = statistics.median(spent[1:])
    return spent[0] - run, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", nargs="?", type=Path, default=STUDY)
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()
    os.environ.update(worker.SETTINGS)
    described = read_study(options.study)
    total = 0.0
    print(f"{'strategy':30}{'start':>8}{'run':>8}{'with --measure':>16}", flush=True)
    for member in described.members:
        _, plain = cost(member, options.repetitions, measure=False)
        start, measured = cost(member, options.repetitions, measure=True)
        print(f"{member.label:30}{start:8.1f}{plain:8.2f}{measured:16.2f}", flush=True)
        total += described.runs * (measured if described.measure else plain)
    print(f"{len(described.members)} strategies of {described.runs} runs: {total / 60:.0f} processor minutes")


if __name__ == "__main__":
    main()
