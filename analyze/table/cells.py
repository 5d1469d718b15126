"""Cells of other people's tables: numbers, numbers with a unit, and words among numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

# What stands for "no value here"; everything else that is no number is a word, and words are kept.
MISSING_TEXT = frozenset({"", "na", "n/a", "#n/a", "<na>", "none", "null"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of a column and what stood among them.

    Attributes
    ----------
    values : ndarray, shape (n_rows,)
        The numbers; nan where the cell is missing or a word.
    words : Series
        The words such as ``OOM``, ``NaN``, ``diverged`` or ``-``; missing (None) elsewhere.
    unit : str
        ``"%"`` where the numbers carried it, else ``""``.
    """

    values: npt.NDArray[np.float64]
    words: pd.Series
    unit: str
