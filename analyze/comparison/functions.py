"""Whether the runs of groups are different functions, by their answers to single test examples.

The statistics are `analyze.stats.functions`; here they meet the groups, and twins are matched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np

from analyze.answered import GroupFunctions, PairFunctions, Vote
from analyze.comparison.adjustment import adjust
from analyze.comparison.drawn import (
    Bin,
    Cell,
    Compared,
    Drawn,
    Group,
    Separating,
    apart_in,
    draw,
    histograms,
    shares_of_runs,
    told_apart,
)
from analyze.comparison.scope import Names, known, twins_of
from analyze.progress import Progress, counted
from analyze.question import Question
from analyze.stats.dip import uniform_dips
from analyze.stats.functions import (
    attribution,
    consistency,
    disagreement,
    energy,
    maps,
    new_examples,
    separating,
    votes,
)
from analyze.stats.resampling import Floats, Ints, stream
from analyze.table.answers import Answers, Codes
from analyze.table.runs import RunTable

# Of larger groups the pairs of so many runs are looked at, those of the smallest units.
MAX_RUNS, SMALLEST = 2000, 1000
# More pairs than this would take minutes: then the pairs with the first group are compared.
MAX_PAIRS = 40
# Of fewer runs nobody can tell kinds.
MIN_RUNS_FOR_KINDS = 20


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
        group: Group(codes=codes, matrix=disagreement.pair_matrix(codes, codes))
        for group, codes in used.items()
    }
    dips = {
        n: uniform_dips(n, rng=stream(question.seed, "dip", str(n)))
        for n in {len(one.codes) for one in groups.values()}
        if n >= MIN_RUNS_FOR_KINDS
    }
    of_groups = {
        group: _of_group(group, groups[group], len(answers.codes[group]), question, dips, answers.groups)
        for group in counted(shown, "functions of group", progress)
    }
    found: dict[Names, PairFunctions] = {}
    bins, cells, apart = list[Bin](), list[Cell](), list[Separating]()
    for pair in counted(names, "functions of pair", progress):
        one = _compared(pair, groups, answers, pairable=table.pairable)
        found[pair], told = _of_pair(pair, one, question, answers.groups)
        bins += histograms(pair, one)
        cells += shares_of_runs(pair, one, told, question)
        apart += told_apart(pair, one, told, question)
    adjusted = adjust([one.pvalue or 1.0 for one in found.values()], question.adjust)
    pairs = {
        pair: replace(one, pvalue_adjusted=float(p), differ=bool(p <= question.alpha))
        for (pair, one), p in zip(found.items(), adjusted, strict=True)
    }
    return of_groups, pairs, draw(groups, bins, cells, apart)


def _used(codes: Codes) -> Codes:
    return codes if len(codes) <= MAX_RUNS else codes[:SMALLEST]


def _of_group(
    group: str,
    one: Group,
    n_runs: int,
    question: Question,
    dips: Mapping[int, Floats],
    of_examples: Ints | None,
) -> GroupFunctions:
    n, n_examples = one.codes.shape
    summary = disagreement.within(one.matrix, n_examples, confidence=question.confidence)
    on_new = new_examples.within_on_new(one.codes, confidence=question.confidence, groups=of_examples)
    voted = votes.plurality_votes(one.codes, rng=stream(question.seed, "votes", group))
    kinds = maps.kinds(maps.scaling(one.matrix).points, dips[n]) if n in dips else None
    numbers = {
        **asdict(summary),
        "low_new": on_new[0],
        "high_new": on_new[1],
        "kappa": consistency.within(one.codes),
        "dimension": maps.effective_dimension(one.matrix),
    }
    return GroupFunctions(
        n=n,
        n_runs=n_runs,
        **known(numbers),
        dip=kinds.dips if kinds else (),
        dip_pvalue=min(kinds.pvalues) if kinds else None,
        unseen=disagreement.unseen_share(n),
        vote=tuple(Vote(k=v.k, accuracy=v.accuracy, sd=v.sd) for v in voted),
    )


def _compared(names: Names, groups: Mapping[str, Group], answers: Answers, *, pairable: bool) -> Compared:
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
    return Compared(a=a, b=b, matrix=matrix, twins=twins is not None)


def _rows(one: Group, rows: Ints) -> Group:
    if len(rows) == len(one.codes) and (rows == np.arange(len(rows))).all():
        return one
    return Group(codes=one.codes[rows], matrix=one.matrix[np.ix_(rows, rows)])


def _of_pair(
    names: Names, one: Compared, question: Question, of_examples: Ints | None
) -> tuple[PairFunctions, separating.Separating]:
    n_examples = one.a.codes.shape[1]
    of_a, of_b, twins = one.a.matrix, one.b.matrix, one.twins
    both = disagreement.between(
        of_a, of_b, one.matrix, n_examples, twins=twins, confidence=question.confidence
    )
    on_new = new_examples.excess_on_new(
        one.a.codes, one.b.codes, twins=twins, confidence=question.confidence, groups=of_examples
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
    significant, more = apart_in(apart, one, question)
    numbers = {
        **asdict(both),
        "low_new": on_new[0],
        "high_new": on_new[1],
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
