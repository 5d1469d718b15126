"""Networks per second: `collect` beside what a user would use instead, on the same cores.

    python benchmarks/training.py [--repetitions 5] [--seconds 20] [--cores 2] [--out docs/benchmarks.md]

Everything runs pinned to the same physical cores, one rival after the other, again and again; medians
count. Every rival trains the joint schedule, and its accuracies are checked. Rates are those of steady
work, evaluation included (that of `collect` commits too); start-up and compilation are shown beside.
A rival is tuned first: how many networks at once, and whether one process with all cores or one process a
core is faster. If the latter, both are shown: the program as one writes it, and split over the cores by hand.
Needs the dependency group `bench`.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import psutil
from rivals import protocol

RIVALS = {
    "session": "session loop (the original's)",
    "torch_vmap": "PyTorch, `torch.func.vmap`",
    "jax_vmap": "JAX, `vmap` and `scan`",
}
COLLECT, COLLECT_ONE = "`collect`", "`collect --workers 1`"
PACKAGES = ("tensorflow", "keras", "jax", "torch", "numpy")
SAMPLE_S = 0.1
# Of a joint network in `collect`: a step has a product with the Gram matrix (50 × 1000 × 100), three with
# each of two hidden layers (50 × 100 × 100) and the head; then test images, training images with gradients.
DONE_GFLOP = 18.6
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


@dataclass(frozen=True)
class Way:
    """How a rival is run: networks trained at once, and processes side by side."""

    together: int = 1
    processes: int = 1

    def __str__(self) -> str:
        side_by_side = f"{self.processes} processes" if self.processes > 1 else "1 process"
        return f"{side_by_side}, {self.together} at once" if self.together > 1 else side_by_side


@dataclass(frozen=True)
class Measurement:
    """Networks per second, seconds before the first could begin, peak memory of all processes."""

    per_s: float
    startup_s: float
    peak_mb: float


@dataclass
class Entry:
    """A line of the table."""

    title: str
    way: str
    measured: list[Measurement] = field(default_factory=list)

    def median(self, name: str) -> float:
        return statistics.median(getattr(one, name) for one in self.measured)


def main() -> None:
    options = parse()
    if options.child:
        serve(options.child, options.together, options.seconds)
        return
    if options.peak:
        print(peak_gflops())
        return
    cores = pin(options.cores)
    print(f"{cpu()}, {len(cores)} physical cores ({', '.join(map(str, cores))})", flush=True)
    peak = statistics.median(
        float(output([sys.executable, __file__, "--peak"])) for _ in range(options.repetitions)
    )
    print(f"matrix products reach {peak:.0f} GFLOP/s", flush=True)
    measures: list[tuple[Entry, Callable[[], Measurement]]] = []
    for name in options.rivals:
        measures += [
            (Entry(RIVALS[name], str(way)), partial(measure, name, way, cores, options.seconds))
            for way in tuned(name, cores, options.seconds / 2)
        ]
    for title, workers in ((COLLECT_ONE, 1), (COLLECT, len(cores))):
        way = "1 worker" if workers == 1 else f"{workers} workers"
        measures.append((Entry(title, way), partial(measure_collect, workers, options.seconds)))
    for repetition in range(options.repetitions):
        for entry, measured in measures:
            entry.measured.append(measured())
            print(
                f"{repetition + 1}: {entry.title}, {entry.way}: {entry.measured[-1].per_s:.3f} /s", flush=True
            )
    text = page([entry for entry, _ in measures], peak, cores, options)
    print(text)
    if options.out:
        options.out.write_text(text)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement, at least")
    parser.add_argument("--cores", type=int, help="physical cores to use (default: all)")
    parser.add_argument("--rivals", nargs="*", choices=RIVALS, default=list(RIVALS))
    parser.add_argument("--out", type=Path, help="write the table here")
    parser.add_argument("--child", choices=RIVALS, help=argparse.SUPPRESS)
    parser.add_argument("--peak", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--together", type=int, default=1, help=argparse.SUPPRESS)
    return parser.parse_args()


def pin(n: int | None) -> list[int]:
    """Restrict this process and all that it starts to one logical processor of each core."""
    if not hasattr(os, "sched_setaffinity"):
        return list(range(n or os.cpu_count() or 1))
    by_core: dict[str, int] = {}
    for processor in sorted(os.sched_getaffinity(0)):
        siblings = Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list")
        by_core.setdefault(siblings.read_text() if siblings.exists() else str(processor), processor)
    cores = list(by_core.values())[:n]
    os.sched_setaffinity(0, cores)
    return cores


def peak_gflops() -> float:
    """Return the best rate of products of 2048 × 2048 float32 matrices, all cores, by NumPy or XLA."""
    import numpy as np
    import tensorflow as tf

    a = np.random.default_rng(0).standard_normal((2048, 2048), dtype=np.float32)
    constant, compiled = tf.constant(a), tf.function(tf.matmul, jit_compile=True)
    best = float("inf")
    for product in (lambda: a @ a, lambda: compiled(constant, constant).numpy()):
        product()
        for _ in range(20):
            began = time.perf_counter()
            product()
            best = min(best, time.perf_counter() - began)
    return 2 * 2048**3 / best / 1e9


def tuned(name: str, cores: list[int], seconds: float) -> list[Way]:
    """Try how many networks at once, in one process and in one a core.

    Returns the fastest way of one process, and the fastest of several if that is faster.
    """
    if name == "session":
        return [Way()]  # as the original did
    together = import_names(name)
    ways = [Way(k, processes) for k in together for processes in dict.fromkeys((1, len(cores)))]
    rates = {}
    for way in ways:
        rates[way] = measure(name, way, cores, seconds).per_s
        print(f"tuning {name}: {way}: {rates[way]:.3f} /s", flush=True)
    one = max((way for way in ways if way.processes == 1), key=lambda way: rates[way])
    fastest = max(ways, key=lambda way: rates[way])
    return list(dict.fromkeys((one, fastest)))


def import_names(name: str) -> tuple[int, ...]:
    """Return a rival's TOGETHER without importing its framework here."""
    source = (Path(__file__).parent / "rivals" / f"{name}.py").read_text()
    found = re.search(r"^TOGETHER = \((.*)\)$", source, re.MULTILINE)
    assert found is not None
    return tuple(int(word) for word in found[1].split(",") if word.strip())


def measure(name: str, way: Way, cores: list[int], seconds: float) -> Measurement:
    """Run one or several children side by side; they begin together when all have warmed up."""
    began = time.perf_counter()
    children = []
    for i in range(way.processes):
        command = [sys.executable, __file__, "--child", name, "--together", str(way.together)]
        alone = way.processes == 1
        children.append(
            subprocess.Popen(
                [*command, "--seconds", str(seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=os.environ if alone else {**os.environ, **ONE_THREAD},
                preexec_fn=None if alone else pinner(cores[i]),
            )
        )
    with sampled_memory() as memory:
        for one in children:
            if one.stdout.readline() != "ready\n":
                raise SystemExit(f"{name} ({way}) did not start: is the dependency group `bench` installed?")
        startup_s = time.perf_counter() - began
        for one in children:
            one.stdin.write("go\n")
            one.stdin.flush()
        said = [json.loads(one.communicate()[0]) for one in children]
    protocol.check(f"{name} ({way})", [a for one in said for a in one["accuracies"]])
    per_s = sum(len(one["accuracies"]) / one["seconds"] for one in said)
    return Measurement(per_s, startup_s, memory.peak_mb)


def pinner(core: int):
    return (lambda: os.sched_setaffinity(0, [core])) if hasattr(os, "sched_setaffinity") else None


def serve(name: str, together: int, seconds: float) -> None:
    """Warm up, wait for the parent, train for so many seconds, and tell what came of it."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    train = import_module(f"rivals.{name}").make(protocol.load(), together)
    train(range(10**6, 10**6 + together))
    print("ready", flush=True)
    sys.stdin.readline()
    accuracies: list[float] = []
    began = time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        accuracies += train(range(len(accuracies), len(accuracies) + together))
    print(json.dumps({"seconds": elapsed, "accuracies": accuracies}))


def measure_collect(workers: int, seconds: float) -> Measurement:
    """Run the command as a user does; its own figure of runs/s is that of steady work and commits."""
    n_runs = max(8, round(seconds * measure_collect.per_worker_s * workers))
    with tempfile.TemporaryDirectory() as db, sampled_memory() as memory:
        command = [sys.executable, "-m", "collect", "--schedule", "joint", "--runs", str(n_runs), "--db", db]
        began = time.perf_counter()
        said = output([*command, "--quiet", "--workers", str(workers)])
        elapsed = time.perf_counter() - began
    found = re.search(r"\(([\d.]+) runs/s, accuracy ([\d.]+)", said)
    assert found is not None, said
    per_s = float(found[1])
    protocol.check("collect", [float(found[2])] * n_runs)
    measure_collect.per_worker_s = per_s / workers
    return Measurement(per_s, elapsed - n_runs / per_s, memory.peak_mb)


measure_collect.per_worker_s = 3.0


class sampled_memory:  # noqa: N801
    """Samples the resident memory of all processes that this one has started, and keeps the largest sum."""

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._over = threading.Event()

    def __enter__(self) -> "sampled_memory":
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(SAMPLE_S):
            total = 0
            for process in psutil.Process().children(recursive=True):
                try:
                    total += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self.peak_mb = max(self.peak_mb, total / 1e6)


def output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def cpu() -> str:
    from collect.running.provenance import collect_provenance

    return collect_provenance("").cpu


def page(entries: list[Entry], peak: float, cores: list[int], options: argparse.Namespace) -> str:
    """Return the table as Markdown."""
    by_title = {entry.title: entry.median("per_s") for entry in entries}
    ours = by_title[COLLECT]
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    lines = [
        "# Benchmarks",
        "",
        f"Networks of the joint schedule per second, evaluation included, on {len(cores)} cores of {cpu()}:",
        f"medians of {options.repetitions} repetitions of {options.seconds:.0f} s each, interleaved, pinned.",
        f"Python {platform.python_version()}, {versions}.",
        "`make bench` measures this page again.",
        "",
        "| | networks/s | range | `collect` is faster by | of peak | start-up | peak memory | run as |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for entry in entries:
        rates = [one.per_s for one in entry.measured]
        share = entry.median("per_s") * protocol.operations() / (peak * 1e9)
        lines.append(
            f"| {entry.title} | {entry.median('per_s'):.3g} | {min(rates):.3g} to {max(rates):.3g} "
            f"| {ours / entry.median('per_s'):.2f} | {share:.0%} | {entry.median('startup_s'):.1f} s "
            f"| {entry.median('peak_mb') / 1e3:.1f} GB | {entry.way} |"
        )
    return "\n".join([*lines, "", *remarks(peak, ours), ""])


def remarks(peak: float, ours: float) -> list[str]:
    return [
        f"* **Of peak:** a network takes {protocol.operations() / 1e9:.1f} GFLOP, counted dense;",
        f"  products of 2048 × 2048 float32 matrices reach {peak:.0f} GFLOP/s on these cores.",
        f"* **The limit:** `collect` does {DONE_GFLOP} of them: pixels that are zero in all images take no",
        "  part, and the first layer is in dual form (`collect/training/dual.py`). At that peak, and with no",
        f"  time for anything but products, that would be {peak / DONE_GFLOP:.1f} networks/s; `collect` "
        f"reaches {ours / (peak / DONE_GFLOP):.0%} of it.",
        "  The rest goes into products of 50 × 100 × 100, which reach two thirds of that, tanh and copies.",
        "* **Start-up:** from the command to the first network, imports and compilation included. That of",
        "  `collect` includes its end: the last commit and the exit of the workers.",
        "* **Run as:** the fastest number of networks at once, of one process with all cores, and of one",
        "  process a core where that is faster. The session loop runs as the original did: one process.",
        "* **Slower ways**, measured in the same manner once (keras 3.15.1, torch 2.15.0, 2 cores):",
        "  Keras `train_on_batch` 1.43 networks/s in one process, 3.01 in two (5.45 times as slow),",
        "  PyTorch as most people write it, without `vmap`, 1.92 and 4.14 (3.96 times as slow).",
        "* Every line trains the same protocol; the mean accuracy of every measurement was checked.",
    ]


if __name__ == "__main__":
    main()
