"""What answers to single test examples cost: reading, new examples, functions.

python benchmarks/answers.py [--many 20000]
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analyze.comparison import scope
from analyze.comparison.compare import pairs_of
from analyze.comparison.functions import functions
from analyze.question import make_question
from analyze.table.runs import RunTable, read

ROOT = Path(__file__).parents[1]


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long something took, by the wall and by the processor, and the memory at its height."""
    wall, processor = time.perf_counter(), time.process_time()
    yield
    height = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        2**30 if sys.platform == "darwin" else 2**20
    )
    spent = time.perf_counter() - wall, time.process_time() - processor
    print(f"{what}: {spent[0]:.1f} s, {spent[1]:.1f} s of CPU, {height:.1f} GB at most", flush=True)


def measure(table: RunTable, name: str) -> None:
    """Time the parts of a comparison that use the answers."""
    answers, pairs = table.answers, pairs_of(table.groups, table.question.baseline)
    assert answers is not None
    with timed(f"{name}, spreads and new examples of {len(pairs)} pairs"):
        scope.spreads(answers, table.question)
        scope.scopes(answers, pairs, table.question, pairable=table.pairable)
    with timed(f"{name}, functions of {len(pairs)} pairs"):
        found, _, _ = functions(table, answers, pairs, None)
    used = {group: f.n for group, f in found.items() if f.n < f.n_runs}
    if used:
        print(f"{name}, pairs of runs among the smallest units: {used}")


def compared(name: str, path: Path, **asked: object) -> None:
    """Time reading with and without the answers, then the rest."""
    with timed(f"{name}, reading without answers"):
        read(make_question(path, **{k: v for k, v in asked.items() if k != "outcomes"}, no_functions=True))
    with timed(f"{name}, reading with answers"):
        table = read(make_question(path, **asked))
    measure(table, name)


def write_many(path: Path, n_runs: int, n_examples: int = 10_000) -> None:
    """Write runs of two groups, in blocks, that are right with probabilities of the examples."""
    rng = np.random.default_rng(0)
    hard = rng.beta(0.5, 6, n_examples).astype(np.float32)
    schema = pa.schema(
        [("group", pa.string()), ("seed", pa.int64()), ("accuracy", pa.float64()), ("answers", pa.binary())]
    )
    with pq.ParquetWriter(path, schema) as writer:
        for group, harder in (("a", 1.0), ("b", 1.02)):
            for start in range(0, n_runs, 1000):
                wrong = rng.random((1000, n_examples), dtype=np.float32) < hard * harder
                rows = {
                    "group": [group] * 1000,
                    "seed": list(range(start, start + 1000)),
                    "accuracy": 1 - wrong.mean(axis=1),
                    "answers": [row.tobytes() for row in wrong.astype(np.uint8)],
                }
                writer.write_table(pa.table(rows, schema))


def main() -> None:
    """Measure all three."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--many", type=int, default=20_000, help="runs a group of the large table")
    many = parser.parse_args().many
    compared("2 × 500 runs", ROOT / "data" / "reference", where="schedule in ['joint', 'staged']")
    compared("the study", ROOT / "data" / "study", by="schedule,optimizer", baseline="joint · sgd")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.parquet"
        write_many(path, many)
        compared(f"2 × {many:,} runs", path, by="group", outcomes="answers", paired="seed")


if __name__ == "__main__":
    main()
