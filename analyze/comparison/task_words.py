"""What is said of groups over tasks: of a pair, of the best among many, and of further tasks."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from analyze import text as fmt
from analyze.question import Question
from analyze.records import Verdict
from analyze.stats.effects import EffectResult
from analyze.stats.tasks.van_elteren import VanElteren
from analyze.tasked import GroupTasks, PairTasks, Tasks

if TYPE_CHECKING:
    from analyze.comparison.pair import PairComparison

# A headline names so many groups.
NAMED = 3


def noun(question: Question, n: int | None = None) -> str:
    """Return what a task is called, with its number if there is one.

    Examples
    --------
    >>> from analyze.question import make_question
    >>> noun(make_question(task="game"), 60), noun(make_question(task="suite,game"))
    ('60 games', 'task')
    """
    name = question.task[0] if len(question.task) == 1 and question.task[0].isalpha() else "task"
    return name.casefold() if n is None else fmt.plural(n, name.casefold())


def pair_words(
    names: tuple[str, str],
    verdict: Verdict,
    found: VanElteren,
    pvalue: float,
    effects: Sequence[EffectResult],
    of_tasks: PairTasks,
    question: Question,
) -> tuple[str, str]:
    """Return the sentence of the test and that of the effects."""
    a, b = names
    games = noun(question, of_tasks.n_tasks)
    shown = f"van Elteren z = {fmt.number(found.z, 3)}, {fmt.pvalue_phrase(pvalue)}; {games}"
    if verdict == "differs":
        sentence = f"Within {noun(question)}s, runs of {a} and {b} rank differently ({shown})."
    elif verdict == "inconclusive":
        sentence = f"So few runs of {games} cannot tell {a} and {b} apart ({shown})."
    else:
        sentence = f"Within {noun(question)}s, no difference between runs of {a} and {b} was shown ({shown})."
    return sentence, f"{_improvement(names, effects)} {_tasks_told(names, of_tasks, question)}"


def _improvement(names: tuple[str, str], effects: Sequence[EffectResult]) -> str:
    share = effects[0]
    first, *ends = (fmt.percent(x, 1) for x in (share.estimate, share.low, share.high))
    return (
        f"On average over tasks a run of {names[1]} lies above one of {names[0]} in {first} of cases "
        f"({ends[0]} to {ends[1]}), ties counting half."
    )


def _tasks_told(names: tuple[str, str], of_tasks: PairTasks, question: Question) -> str:
    told = (
        f"{fmt.count(of_tasks.n_better)} and {fmt.count(of_tasks.n_worse)} of these are told apart, adjusted "
        f"over {noun(question)}s"
        if of_tasks.tells
        else f"so few runs a {noun(question)} can tell no single one apart after adjustment"
    )
    return (
        f"The mean of {names[1]} is better in {fmt.count(of_tasks.n_above)} of "
        f"{noun(question, of_tasks.n_tasks)}, worse in {fmt.count(of_tasks.n_below)}; {told}."
    )


def headline(
    pairs: Sequence["PairComparison"],
    order: Sequence[str],
    groups: Mapping[str, GroupTasks],
    tasks: Tasks,
    question: Question,
) -> str:
    """Return the sentences that open a report over tasks."""
    games = noun(question, len(tasks.tasks))
    if len(pairs) == 1:
        return _of_pair(pairs[0], question)
    known = {frozenset((p.group_a, p.group_b)): p for p in pairs}
    if not any(pair.verdict == "differs" for pair in pairs):
        return f"No difference was shown among the {fmt.few(len(order))} groups over {games}."
    baseline = question.baseline
    if baseline is None:
        best, *others = order
        apart = [g for g in others if known[frozenset((best, g))].verdict == "differs"]
        beside = [g for g in others if g not in apart]
        told = f"told apart from {fmt.plural(len(apart), 'other group')}"
        if beside:
            told += f", not from {fmt.listing(beside) if len(beside) <= NAMED else f'{len(beside)} others'}"
        score = (
            next((x.estimate for x in groups[best].aggregates if x.name == "iqm"), None) if groups else None
        )
        return f"Best over {games}: {best} (interquartile mean {fmt.number(score, 3)}), {told}."
    others = [g for g in order if g != baseline]
    differing = [g for g in others if known[frozenset((baseline, g))].verdict == "differs"]
    better = [g for g in differing if order.index(g) < order.index(baseline)]
    return (
        f"Best over {games}: {order[0]}. Of {fmt.count(len(others))} groups {len(better)} "
        f"{'is' if len(better) == 1 else 'are'} better than {baseline}, {len(differing) - len(better)} "
        f"worse, {len(others) - len(differing)} not told apart."
    )


def _of_pair(pair: "PairComparison", question: Question) -> str:
    share = pair.effects[pair.effects["effect"] == "probability_of_superiority"].iloc[0]
    wins, low, high = (float(share[end]) for end in ("estimate", "low", "high"))
    if question.better == "lower" and question.normalise == "none":
        wins, low, high = 1 - wins, 1 - high, 1 - low
    a, b = pair.group_a, pair.group_b
    first, *ends = (fmt.percent(x) for x in (wins, low, high))
    beats = f"beats one of {a} in {first} of cases ({ends[0]} to {ends[1]}) on average over {noun(question)}s"
    if pair.verdict != "differs":
        return f"No difference shown: a run of {b} {beats}."
    word = "better" if wins > 0.5 else "worse"
    return f"{fmt.sentence_start(b)} is {word}: a run of it {beats}."


def numbers(
    pairs: Sequence["PairComparison"],
    of_pairs: Mapping[tuple[str, str], PairTasks],
    order: Sequence[str],
    tasks: Tasks,
    n_failed: tuple[int, int],
    question: Question,
) -> tuple[tuple[str, str], ...]:
    """Return what a reader asks for first, as (words, number)."""
    failed = ("Failed runs", f"{fmt.count(n_failed[0])} of {fmt.count(n_failed[1])}")
    if len(pairs) > 1:
        return (
            ("Groups", fmt.count(len(order))),
            (f"{fmt.initial(noun(question))}s", fmt.count(len(tasks.tasks))),
            failed,
        )
    (told,) = of_pairs.values()
    b = pairs[0].group_b
    return (
        (
            f"{fmt.initial(noun(question))}s in which {b} is better, worse",
            f"{told.n_above}, {told.n_below} of {told.n_tasks}",
        ),
        (f"A further {noun(question)}: {b} better", _share(told)),
        failed,
    )


def _share(told: PairTasks) -> str:
    further = told.further
    if further.share is None or further.share_low is None or further.share_high is None:
        return "not known"
    ends = f"{fmt.percent(further.share_low)} to {fmt.percent(further.share_high)}"
    return f"{fmt.percent(further.share)} ({ends})"


def scope(of_pairs: Mapping[tuple[str, str], PairTasks], question: Question) -> str:
    """Say of which tasks this speaks, and what a further one would show."""
    if len(of_pairs) != 1:
        return (
            f"All this is of these {noun(question)}s; what holds for further ones like them is told of each "
            "pair below."
        )
    ((_, b),) = of_pairs
    (told,) = of_pairs.values()
    further = told.further
    if further.prediction_low is None or further.prediction_high is None:
        return f"All this is of these {noun(question)}s; fewer than three say nothing of further ones."
    low, high = further.prediction_low, further.prediction_high
    decimals = fmt.decimals_of(further.mean, low, high)
    return (
        f"All this is of these {noun(question)}s. In a further {noun(question)} like them the mean score of "
        f"{b} is expected to lie {fmt.fixed(low, decimals, sign=True)} to "
        f"{fmt.fixed(high, decimals, sign=True)} from the other’s; it would be better in {_share(told)} of "
        f"such {noun(question)}s."
    )


def missing(tasks: Tasks) -> list[tuple[str, str, str]]:
    """Return checks: cells of group and task without a finished run, or with a single one."""
    found = []
    for cells, what in ((tasks.missing, "no finished run"), (tasks.few, "a single run")):
        if cells:
            some = "; ".join(f"{group} in {task}" for group, task in cells[:6])
            more = f" and {fmt.count(len(cells) - 6)} more" if len(cells) > 6 else ""
            told = f"There is {what} of {some}{more} ({fmt.plural(len(cells), 'cell')})."
            used = "Pairs are compared over the tasks of which both have two runs or more."
            found.append(("tasks", "warning", f"{told} {used}"))
    return found
