"""What figures are computed from, made from samples by the comparison itself."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyze.comparison.compare import compare
from analyze.figures.source import FigureSource
from analyze.question import make_question
from analyze.report import model as report
from analyze.table.runs import read


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
