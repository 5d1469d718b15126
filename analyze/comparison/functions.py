"""Whether the runs of groups are different functions, by their answers to single test examples.

The statistics are `analyze.stats.functions`; here they meet the groups, and twins are matched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analyze.answered import GroupFunctions, PairFunctions, Vote
from analyze.comparison.adjustment import adjust
from analyze.comparison.scope import Names, known, twins_of
from analyze.progress import Progress, counted
from analyze.question import Question
from analyze.stats.functions import attribution, consistency, disagreement, energy, maps, separating, votes
from analyze.stats.resampling import stream
from analyze.table.answers import Answers, Codes
from analyze.table.runs import RunTable

Ints = npt.NDArray[np.int64]
# Of larger groups the pairs of so many runs are looked at, those of the smallest units.
MAX_RUNS, SMALLEST = 2000, 1000
# More pairs than this would take minutes: then the pairs with the first group are compared.
MAX_PAIRS = 40
# So many points are drawn, shared among the groups.
MAX_POINTS = 2000
N_BINS, N_CELLS = 48, 50
# Of each pair, so many of the examples that separate it are told, each way.
N_TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Pairs of runs that disagree on ``low`` to ``high`` examples."""

    group_a: str
    group_b: str
    kind: str
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A run on the map."""

    group: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Examples that about these shares of runs answer right."""

    group_a: str
    group_b: str
    right_a: float
    right_b: float
    n: int
    separates: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Separating:
    """A test example, counted from 0, that two groups answer differently."""

    group_a: str
    group_b: str
    example: int
    n_right_a: int
    n_a: int
    n_right_b: int
    n_b: int
    qvalue: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What figures show: ``shares`` are those of the axes; ``overlap`` the runs on the wrong side of the first.

    ``n_mapped`` runs of each group are on the map, 0 for all.
    """

    bins: tuple[Bin, ...]
    groups: tuple[str, ...]
    points: tuple[Point, ...]
    shares: tuple[float, float]
    overlap: float | None
    n_mapped: int
    cells: tuple[Cell, ...]
    separating: tuple[Separating, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Of:
    """The answers of a group that are looked at in pairs, with the numbers of disagreements."""

    codes: Codes
    matrix: Ints
    within: disagreement.Within


def functions(table, answers, names, progress):
    return {}, {}, None
