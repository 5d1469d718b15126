"""Whether the runs of groups are different functions, by their answers to single test examples.

The statistics are `analyze.stats.functions`; here they meet the groups, and twins are matched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt

from analyze.answered import GroupFunctions, PairFunctions, Vote
from analyze.comparison.adjustment import adjust
from analyze.comparison.scope import Names, known, twins_of
from analyze.progress import Progress, counted
from analyze.question import Question
from analyze.stats.functions import attribution, consistency, disagreement, energy, maps, separating, votes
from analyze.stats.resampling import Floats, Ints, stream
from analyze.table.answers import Answers, Codes
from analyze.table.runs import RunTable

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
class _Group:
    """The runs of a group that are looked at in pairs, with their disagreements."""

    codes: Codes
    matrix: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """Two groups, or their twins row by row, with the disagreements between them."""

    a: _Group
    b: _Group
    matrix: Ints
    twins: bool


def functions(
    table: RunTable, answers: Answers, names: Sequence[Names], progress: Progress | None
) -> tuple[dict[str, GroupFunctions], dict[Names, PairFunctions], Drawn]:
    """Compare the functions of all groups, and of pairs of groups, by their answers.

    Parameters
    ----------
    table, answers
        The runs, and what they answered.
    names : sequence
        The pairs that are compared; of very many those with the first group.
    progress : callable, optional
        Is told how many pairs are done.

    Returns
    -------
    dict, dict, Drawn
        By group, by pair, and what figures show.
    """
    question = table.question
    if len(names) > MAX_PAIRS:
        names = [pair for pair in names if pair[0] == table.groups[0]][:MAX_PAIRS]
    shown = [group for group in table.groups if any(group in pair for pair in names)]
    used = {group: _used(answers.codes[group]) for group in shown}
    groups = {
        group: _Group(codes=codes, matrix=disagreement.pair_matrix(codes, codes))
        for group, codes in used.items()
    }
    of_groups = {
        group: _of_group(group, groups[group], len(answers.codes[group]), question)
        for group in counted(shown, "functions of group", progress)
    }
    found: dict[Names, PairFunctions] = {}
    bins, cells, apart = list[Bin](), list[Cell](), list[Separating]()
    for pair in counted(names, "functions of pair", progress):
        one = _compared(pair, groups, answers, pairable=table.pairable)
        found[pair], told = _of_pair(pair, one, question)
        bins += _bins(pair, one)
        cells += _cells(pair, one, told, question)
        apart += _apart(pair, one, told, question)
    adjusted = adjust([one.pvalue or 1.0 for one in found.values()], question.adjust)
    pairs = {
        pair: replace(one, pvalue_adjusted=float(p), differ=bool(p <= question.alpha))
        for (pair, one), p in zip(found.items(), adjusted, strict=True)
    }
    return of_groups, pairs, _drawn(groups, bins, cells, apart)


def _used(codes: Codes) -> Codes:
    return codes if len(codes) <= MAX_RUNS else codes[:SMALLEST]


def _of_group(group: str, one: _Group, n_runs: int, question: Question) -> GroupFunctions:
    n, n_examples = one.codes.shape
    summary = disagreement.within(one.matrix, n_examples, confidence=question.confidence)
    voted = votes.plurality_votes(one.codes, rng=stream(question.seed, "votes", group))
    numbers = {
        **asdict(summary),
        "kappa": consistency.within(one.codes),
        "dimension": maps.effective_dimension(one.matrix),
    }
    return GroupFunctions(
        n=n,
        n_runs=n_runs,
        **known(numbers),
        dip=(),
        dip_pvalue=None,
        unseen=disagreement.unseen_share(n),
        vote=tuple(Vote(k=v.k, accuracy=v.accuracy, sd=v.sd) for v in voted),
    )


def _compared(names: Names, groups: Mapping[str, _Group], answers: Answers, *, pairable: bool) -> _Compared:
    a, b = (groups[name] for name in names)
    twins = twins_of(answers, names, pairable=pairable)
    if twins is not None:
        rows = np.stack(twins)
        # Twins of which both are among the runs that are looked at
        rows = rows[:, (rows[0] < len(a.codes)) & (rows[1] < len(b.codes))]
        if rows.shape[1] > 1:
            a, b = _rows(a, rows[0]), _rows(b, rows[1])
        else:
            twins = None
    matrix = disagreement.pair_matrix(a.codes, b.codes)
    return _Compared(a=a, b=b, matrix=matrix, twins=twins is not None)


def _rows(one: _Group, rows: Ints) -> _Group:
    if len(rows) == len(one.codes) and (rows == np.arange(len(rows))).all():
        return one
    return _Group(codes=one.codes[rows], matrix=one.matrix[np.ix_(rows, rows)])


def _of_pair(names: Names, one: _Compared, question: Question) -> tuple[PairFunctions, separating.Separating]:
    n_examples = one.a.codes.shape[1]
    of_a, of_b, twins = one.a.matrix, one.b.matrix, one.twins
    both = disagreement.between(
        of_a, of_b, one.matrix, n_examples, twins=twins, confidence=question.confidence
    )

    def drawn(what: str) -> np.random.Generator:
        # exchanging the groups changes no p-value
        return stream(question.seed, what, *sorted(names))

    test = energy.energy_test(
        of_a, of_b, one.matrix, twins=twins, rng=drawn("energy"), n_resamples=question.resamples
    )
    seeds = (
        attribution.same_seed(one.matrix, rng=drawn("matching"), n_resamples=question.resamples)[0]
        if twins
        else None
    )
    told = attribution.attribution(of_a, of_b, one.matrix, twins=twins)
    apart = separating.separating(one.a.codes, one.b.codes, twins=twins)
    kappa = consistency.between(one.a.codes, one.b.codes, twins=twins)
    significant, more = _significant(apart, one, question)
    numbers = {
        **asdict(both),
        "kappa": kappa.between,
        "kappa_twins": kappa.twins,
        "twins_pvalue": seeds,
        "statistic": test.statistic,
        "pvalue": test.pvalue,
        "pvalue_error": test.pvalue_error,
        "minimum_pvalue": test.minimum_pvalue,
        "attribution": told.balanced_accuracy if told else None,
        "auc": told.auc if told else None,
        "twins_told_apart": told.twins_told_apart if told else None,
    }
    found = PairFunctions(
        n_a=len(of_a),
        n_b=len(of_b),
        **known(numbers),
        pvalue_adjusted=None,
        method=test.method,
        n_images=int(significant.sum()),
        n_images_better=int((significant & (more > 0)).sum()),
        n_images_worse=int((significant & (more < 0)).sum()),
        differ=False,
    )
    return found, apart


def _significant(
    apart: separating.Separating, one: _Compared, question: Question
) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Return which examples separate two groups, and the difference of their shares of right runs."""
    more = apart.n_right_b / len(one.b.codes) - apart.n_right_a / len(one.a.codes)
    return apart.qvalues <= question.alpha, more


def _bins(names: Names, one: _Compared) -> list[Bin]:
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


def _cells(names: Names, one: _Compared, apart: separating.Separating, question: Question) -> list[Cell]:
    """Count examples by the shares of runs of both groups that are right."""
    shares = apart.n_right_a / len(one.a.codes), apart.n_right_b / len(one.b.codes)
    places = np.stack([np.rint(share * N_CELLS).astype(np.int64) for share in shares])
    significant, _ = _significant(apart, one, question)
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


def _apart(
    names: Names, one: _Compared, apart: separating.Separating, question: Question
) -> list[Separating]:
    significant, more = _significant(apart, one, question)
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


def _drawn(
    groups: Mapping[str, _Group],
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
    points = np.pad(found.points, ((0, 0), (0, 2 - found.points.shape[1])))
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
