"""The speed of `analyze`: a BCa bootstrap beside scipy's, and the command from start to end.

    python benchmarks/analysis.py [--repetitions 5] [--resamples 9999] [--large 1000000]

Both bootstraps give the BCa interval of the difference of means of the same two samples of accuracies
k/10,000, in turns in one process; the median of the repetitions counts. Ours includes counting the distinct
values. For a million runs scipy's time is extrapolated: it grows with runs × resamples, and is taken from a
few resamples of all runs, without the jackknife (n × n numbers, which do not fit), so it is too short rather
than too long. The second table is wall time and peak memory of the command on such runs in a Parquet file,
start-up and reading included, in a process of its own.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import stats

from analyze.stats.ideal_bootstrap import bca_mean_difference
from analyze.stats.resampling import Floats, tabulate

EXTRAPOLATED_RESAMPLES = 20
Result = TypeVar("Result")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--resamples", type=int, default=9999)
    parser.add_argument("--large", type=int, default=1_000_000, help="runs per group in the large case")
    options = parser.parse_args()
    print("BCa interval of the difference of means, 95 %")
    print(f"{'runs':>13}  {'ours, ms':>9}  {'scipy, ms':>11}  {'times as fast':>13}   agreement")
    for n in (500, options.large):
        print(bootstrap_row(n, options.resamples, options.repetitions))
    print(f"\nanalyze compare --format json --resamples {options.resamples}")
    print(f"{'runs':>13}  {'seconds':>9}  {'peak, MB':>11}")
    for n in (500, options.large):
        seconds, megabytes = command_cost(n, options.resamples, options.repetitions if n == 500 else 1)
        print(f"{f'2 × {n:,}':>13}  {seconds:9.2f}  {megabytes:11.0f}")


def samples(n: int) -> tuple[Floats, Floats]:
    """Accuracies with the published means and standard deviations of joint and staged training."""
    rng = np.random.default_rng(0)
    return rng.normal(0.87867, 0.00274, n).round(4), rng.normal(0.876439, 0.00234, n).round(4)


def bootstrap_row(n: int, n_resamples: int, repetitions: int) -> str:
    x, y = samples(n)
    share = 1.0 if n <= 1000 else EXTRAPOLATED_RESAMPLES / n_resamples
    ours, theirs, ends = [], [], ""
    for _ in range(repetitions):
        seconds, found = timed(lambda: bca_mean_difference(tabulate(x), tabulate(y), confidence=0.95))
        ours.append(seconds)
        seconds, low = timed(lambda: scipy_low(x, y, max(round(n_resamples * share), 1), exact=share == 1))
        theirs.append(seconds / share)
        assert found is not None
        shift = abs(found.low - low) / (found.high - found.low)
        ends = f"lower ends {shift:.1%} of the width apart" if share == 1 else "scipy's time extrapolated"
    ratio = statistics.median(theirs) / statistics.median(ours)
    in_ms = [1000 * statistics.median(seconds) for seconds in (ours, theirs)]
    return f"{f'2 × {n:,}':>13}  {in_ms[0]:9.2f}  {in_ms[1]:11,.0f}  {ratio:13,.0f}   {ends}"


def scipy_low(x: Floats, y: Floats, n_resamples: int, *, exact: bool) -> float:
    """Lower end by scipy; beyond what its jackknife can hold, by its percentile method."""
    found = stats.bootstrap(
        (x, y),
        lambda x, y, axis: y.mean(axis=axis) - x.mean(axis=axis),
        paired=False,
        vectorized=True,
        n_resamples=n_resamples,
        batch=None if exact else 1,
        method="BCa" if exact else "percentile",
        rng=np.random.default_rng(0),
    )
    return float(found.confidence_interval.low)


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


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
