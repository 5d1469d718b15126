"""What figures are computed from, made from samples, and what they make of it."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyze.codec import from_plain, to_plain
from analyze.comparison.compare import compare
from analyze.comparison.seen import see
from analyze.figures.catalogue import FIGURES, entries
from analyze.figures.ecdf import MAX_STEPS
from analyze.figures.figure import make_entry
from analyze.figures.source import FigureSource
from analyze.question import make_question
from analyze.report import build as report
from analyze.results import FigureEntry
from analyze.stats.ecdf_difference import EcdfDifference, ecdf_difference
from analyze.table.frames import read_frame
from analyze.table.runs import read, read_runs


def compared(
    samples: Mapping[str, npt.ArrayLike], *, pairs: bool = False, value: str = "loss", **options: Any
) -> FigureSource:
    """Compare the samples, with equal positions as matched pairs if asked for; few resamples are enough."""
    parts = [
        pd.DataFrame({"group": group, "run": np.arange(np.size(values)), value: np.asarray(values, float)})
        for group, values in samples.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.parquet"
        pd.concat(parts).to_parquet(path)
        chosen = {"paired": "run"} if pairs else {}
        asked = make_question(str(path), value=value, by="group", resamples=99, **chosen, **options)
        table = read(asked)
    return report._figure_source(compare(table), table)


def with_depths(source: FigureSource) -> FigureSource:
    """Give every group accuracies behind one to three hidden layers."""
    rows = [
        (group, layers, 40, 0.5 + 0.1 * layers, 0.4 + 0.1 * layers, 0.55 + 0.1 * layers)
        for group in source.groups
        for layers in (1, 2, 3)
    ]
    return replace(source, depths=pd.DataFrame(rows, columns=["group", "layers", "n", "mean", "q05", "q95"]))


def with_answers(source: FigureSource, n_examples: int = 60) -> FigureSource:
    """Give every run answers to test examples, of which the groups know different ones."""
    rng = np.random.default_rng(len(source.groups))
    hard = rng.normal(0.5, 1, n_examples)
    rows = []
    for group in source.groups:
        shift = rng.normal(0, 0.5, n_examples)
        for run in range(24):
            wrong = (hard + shift + rng.normal(0, 1, n_examples) < 0).astype(np.uint8)
            rows.append(
                {"group": group, "run": run, "accuracy": 1 - wrong.mean(), "answers": wrong.tobytes()}
            )
    asked = make_question("", by="group", outcomes="answers", paired="run", resamples=99)
    table = read_runs(read_frame(pd.DataFrame(rows), answers="answers"), asked)
    seen = see(table, [(pair.group_a, pair.group_b) for pair in source.pairs], None)
    assert seen is not None
    pairs = [
        replace(pair, scope=seen.scopes.get(names), functions=seen.pairs.get(names))
        for pair in source.pairs
        for names in [(pair.group_a, pair.group_b)]
    ]
    return replace(source, seen=seen, pairs=pairs)


N_TEST = 10_000


def sampled(pairable: bool = False, **values: Any) -> FigureSource:
    """Return samples without a comparison; equal positions may be matched pairs."""
    parts = [
        pd.DataFrame({"group": g, "unit": np.arange(len(v)), "value": np.asarray(v, float)})
        for g, v in values.items()
    ]
    first, *others = values
    return FigureSource(
        runs=pd.concat(parts),
        groups=tuple(values),
        value="accuracy",
        pairable=pairable,
        unit="seed",
        differences={other: difference(values[first], values[other]) for other in others},
    )


def difference(a: Any, b: Any) -> EcdfDifference:
    rng_a, rng_b = np.random.default_rng(1), np.random.default_rng(2)
    return ecdf_difference(a, b, rng_x=rng_a, rng_y=rng_b, n_resamples=99, max_steps=MAX_STEPS)


def accuracies(mean: float, n: int, seed: int) -> np.ndarray:
    """Return accuracies k / N_TEST."""
    return np.rint(np.random.default_rng(seed).normal(mean, 0.003, n) * N_TEST) / N_TEST


SHAPES = {
    "grid": (accuracies(0.878, 500, 1), accuracies(0.876, 300, 2)),
    "continuous": (
        np.random.default_rng(3).exponential(size=400),
        np.random.default_rng(4).exponential(size=90),
    ),
    "two values": ([0.0, 1.0, 1.0], [0.0, 0.0, 1.0]),
    "negative and tiny": (-1e-9 * np.arange(1, 40), -1e-9 * np.arange(3, 25) ** 1.5),
    "huge": (1e12 + np.arange(30.0), 1e12 + 3 * np.arange(20.0)),
    "two modes": (np.r_[accuracies(0.1, 40, 5), accuracies(0.9, 60, 6)], accuracies(0.9, 80, 7)),
    "two runs": ([0.25, 0.75], [0.1, 0.3]),
}


def made(figure: str, source: FigureSource) -> FigureEntry:
    """Return the entry of a figure that has something to say about these runs."""
    entry = make_entry(FIGURES[figure], source)
    assert entry is not None
    return entry


def tables(figure: str, source: FigureSource) -> dict[str, pd.DataFrame]:
    return {name: pd.DataFrame(columns) for name, columns in made(figure, source).tables.items()}


def table(figure: str, source: FigureSource, name: str) -> pd.DataFrame:
    return tables(figure, source)[name]


def as_read(source: FigureSource) -> dict[str, FigureEntry]:
    """Return all figures by name as a reader of `results.json` has them."""
    plain = json.loads(json.dumps([to_plain(entry) for entry in entries(source)], allow_nan=False))
    return {entry["figure"]: from_plain(FigureEntry, entry) for entry in plain}
