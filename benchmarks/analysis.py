"""The speed of `analyze`: wall time and peak memory of the command, from start to end.

    python benchmarks/analysis.py [--repetitions 5] [--resamples 9999] [--large 1000000]

Runs are accuracies k/10,000 in a Parquet file; start-up and reading are included, in a process of its own.
The median of the repetitions counts.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analyze.stats.resampling import Floats


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--resamples", type=int, default=9999)
    parser.add_argument("--large", type=int, default=1_000_000, help="runs per group in the large case")
    options = parser.parse_args()
    print(f"analyze compare --format json --resamples {options.resamples}")
    print(f"{'runs':>13}  {'seconds':>9}  {'peak, MB':>11}")
    for n in (500, options.large):
        seconds, megabytes = command_cost(n, options.resamples, options.repetitions if n == 500 else 1)
        print(f"{f'2 × {n:,}':>13}  {seconds:9.2f}  {megabytes:11.0f}")


def samples(n: int) -> tuple[Floats, Floats]:
    """Accuracies with the published means and standard deviations of joint and staged training."""
    rng = np.random.default_rng(0)
    return rng.normal(0.87867, 0.00274, n).round(4), rng.normal(0.876439, 0.00234, n).round(4)


def command_cost(n: int, n_resamples: int, repetitions: int) -> tuple[float, float]:
    """Median seconds and largest peak memory in MB of the command, each time in a new process."""
    seconds, peaks = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.parquet"
        write_runs(path, n)
        for _ in range(repetitions):
            started = time.perf_counter()
            command = [sys.executable, "-m", "analyze", "compare", str(path), "--format", "json"]
            command += ["--resamples", str(n_resamples), "--out", str(Path(folder) / "report")]
            with (Path(folder) / "log").open("w+") as log:
                process = subprocess.Popen(command, stdout=log, stderr=log)
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                seconds.append(time.perf_counter() - started)
                if process.returncode:
                    log.seek(0)
                    raise SystemExit(f"analyze compare failed:\n{log.read()}")
            # kB on Linux, bytes on macOS
            peaks.append(usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3))
    return statistics.median(seconds), max(peaks)


def write_runs(path: Path, n: int) -> None:
    """Write a table of two groups of n runs with accuracies k/10,000 and seeds."""
    x, y = samples(n)
    groups = pa.DictionaryArray.from_arrays(
        np.repeat(np.array([0, 1], dtype=np.int8), n), ["joint", "staged"]
    )
    columns = {
        "schedule": groups,
        "seed": np.tile(np.arange(n), 2),
        "accuracy": np.concatenate([x, y]),
    }
    pq.write_table(pa.table(columns), path)


if __name__ == "__main__":
    main()
