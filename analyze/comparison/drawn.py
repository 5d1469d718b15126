"""What figures show of functions: histograms of disagreement, a map of runs, what separates groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyze.comparison.scope import Names
from analyze.question import Question
from analyze.stats.functions import disagreement, maps, separating
from analyze.stats.resampling import Floats, Ints
from analyze.table.answers import Codes

# So many points are drawn, shared among the groups.
MAX_POINTS = 2000
N_BINS, N_CELLS = 48, 50


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
    """What figures show: ``shares`` are those of the axes; ``overlap`` the runs beyond the cut of the first.

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
class Group:
    """The runs of a group that are looked at in pairs, with their disagreements."""

    codes: Codes
    matrix: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two groups, or their twins row by row, with the disagreements between them."""

    a: Group
    b: Group
    matrix: Ints
    twins: bool


def apart_in(
    apart: separating.Separating, one: Compared, question: Question
) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Return which examples separate two groups, and the difference of their shares of right runs."""
    more = apart.n_right_b / len(one.b.codes) - apart.n_right_a / len(one.a.codes)
    return apart.qvalues <= question.alpha, more


def histograms(names: Names, one: Compared) -> list[Bin]:
    """Count pairs of runs by their disagreement, of each kind."""
    inner = {
        "within a": one.a.matrix[np.triu_indices(len(one.a.matrix), 1)],
        "within b": one.b.matrix[np.triu_indices(len(one.b.matrix), 1)],
    }
    if one.twins:
        others = ~np.eye(len(one.matrix), dtype=bool)
        kinds = {**inner, "between": one.matrix[others], "twins": one.matrix.diagonal()}
    else:
        kinds = {**inner, "between": one.matrix.ravel()}
    values = np.concatenate(list(kinds.values()))
    low, high = int(values.min()), int(values.max())
    step = max(1, -(-(high - low + 1) // N_BINS))
    edges = np.arange(low, high + step + 1, step) - 0.5
    rows = []
    for kind, disagreements in kinds.items():
        counts = np.histogram(disagreements, edges)[0]
        filled = np.flatnonzero(counts)
        rows += [
            Bin(
                group_a=names[0],
                group_b=names[1],
                kind=kind,
                low=float(edges[i]),
                high=float(edges[i + 1]),
                n=int(counts[i]),
            )
            for i in range(filled[0], filled[-1] + 1)
        ]
    return rows


def shares_of_runs(
    names: Names, one: Compared, apart: separating.Separating, question: Question
) -> list[Cell]:
    """Count examples by the shares of runs of both groups that are right."""
    shares = apart.n_right_a / len(one.a.codes), apart.n_right_b / len(one.b.codes)
    places = np.stack([np.rint(share * N_CELLS).astype(np.int64) for share in shares])
    significant, _ = apart_in(apart, one, question)
    cells, counts = np.unique(np.vstack([places, significant]), axis=1, return_counts=True)
    return [
        Cell(
            group_a=names[0],
            group_b=names[1],
            right_a=int(x) / N_CELLS,
            right_b=int(y) / N_CELLS,
            n=int(n),
            separates=bool(differs),
        )
        for (x, y, differs), n in zip(cells.T, counts, strict=True)
    ]


def told_apart(
    names: Names, one: Compared, apart: separating.Separating, question: Question
) -> list[Separating]:
    """Return the examples that separate two groups, those first whose shares of right runs differ most."""
    significant, more = apart_in(apart, one, question)
    places = np.flatnonzero(significant)
    return [
        Separating(
            group_a=names[0],
            group_b=names[1],
            example=int(i),
            n_right_a=int(apart.n_right_a[i]),
            n_a=len(one.a.codes),
            n_right_b=int(apart.n_right_b[i]),
            n_b=len(one.b.codes),
            qvalue=float(apart.qvalues[i]),
        )
        for i in places[np.argsort(-np.abs(more[places]), kind="stable")]
    ]


def draw(
    groups: Mapping[str, Group],
    bins: Sequence[Bin],
    cells: Sequence[Cell],
    apart: Sequence[Separating],
) -> Drawn:
    """Place the runs of all groups on one map."""
    most = max(2, MAX_POINTS // len(groups))
    drawn = {group: one.codes[:most] for group, one in groups.items()}
    codes = np.concatenate(list(drawn.values()))
    matrix = disagreement.pair_matrix(codes, codes)
    first = len(next(iter(drawn.values())))
    found = maps.scaling(matrix, n_axes=2, first=first)
    # Rounded, so that what a processor's threads do to the last digits is in no figure
    points = np.pad(found.points, ((0, 0), (0, 2 - found.points.shape[1]))).round(4)
    of_run = np.repeat(list(drawn), [len(part) for part in drawn.values()])
    return Drawn(
        bins=tuple(bins),
        groups=tuple(groups),
        points=tuple(
            Point(group=str(group), x=float(x), y=float(y))
            for group, (x, y) in zip(of_run, points, strict=True)
        ),
        shares=(float(found.shares[0]), float(found.shares[1]) if len(found.shares) > 1 else 0.0),
        overlap=_overlap(points[:, 0], first) if len(groups) == 2 else None,
        n_mapped=most if any(len(one.codes) > most for one in groups.values()) else 0,
        cells=tuple(cells),
        separating=tuple(apart),
    )


def _overlap(axis: Floats, first: int) -> float:
    """Return the share of runs on the wrong side of the best cut of the first axis."""
    order = np.argsort(axis, kind="stable")
    of_first = (order < first).astype(np.int64)
    before = np.concatenate([[0], np.cumsum(of_first)])
    n = np.arange(len(axis) + 1)
    # Below the cut those of the other group are wrong, above it those of the first
    wrong = (n - before) + (first - before)
    return float(min(wrong.min(), len(axis) - wrong.max()) / len(axis))
