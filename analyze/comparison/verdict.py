"""The verdict and its sentences: pure functions of numbers and names.

A pair of groups gets one of four verdicts, by the primary test named in advance:

* ``differs``: its p-value is at most alpha (Holm over the primary tests of all pairs).
* ``inconclusive``: no data of this size and tie pattern could have made it so small.
* ``equivalent``: a margin was stated, and two one-sided tests put the difference of means inside it.
* ``no difference shown``: none of these. It never means that the distributions are the same.
"""

import math
from dataclasses import dataclass

from analyze import text as fmt
from analyze.records import Verdict

Effect = tuple[float, float, float]
POWER = 0.8
# Half of so many ties show in the digits of a probability
MANY_TIES = 0.02
# Labels of the tests that find any difference of shape, so that their power is told for a shift
RANK_TESTS = (
    "Kolmogorov–Smirnov", "Mann–Whitney", "Brunner–Munzel", "Anderson–Darling", "Cramér–von Mises",
)  # fmt: skip
# Labels of the tests of matched pairs
PAIRED = ("Permutation of pairs", "Wilcoxon signed rank")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The numbers that the verdict of a pair and its sentences are made from.

    ``test`` names the primary test and its statistic, ``family`` the method of adjustment. ``pvalue`` is that
    of the primary test, adjusted for the number of pairs, and ``minimum_pvalue`` the smallest that it could
    have been. ``margin_pvalue`` is that of two one-sided tests, adjusted likewise, None without a margin, and
    ``means_method`` the method behind it. Effects are (estimate, low, high); the difference of means is that
    within pairs where ``n_matched`` is not 0. ``means_apart`` says whether a test of the means finds them
    different, and ``sd_ratio`` has an interval, at the share of the level that falls to one of ``n_pairs``.
    ``detectable_difference`` is what the primary test finds with `POWER`, None where that is not known.
    ``pvalue_at_most`` says that the p-value is a bound, from draws none of which was as extreme.
    ``share_equal`` is P(b = a). ``all_equal`` says that all runs of both groups have one value, ``reachable``
    what could bring the primary test to a decision.
    """

    value: str
    group_a: str
    group_b: str
    n_a: int
    n_b: int
    n_pairs: int
    family: str
    test: str
    statistic: float
    pvalue: float
    minimum_pvalue: float
    confidence: float
    alpha: float
    margin: float | None
    margin_pvalue: float | None
    detectable_difference: float | None
    mean_difference: Effect
    sd_ratio: Effect
    superiority: Effect
    n_test: int | None
    means_method: str = "Welch"
    share_equal: float = 0.0
    n_matched: int = 0
    means_apart: bool = False
    all_equal: bool = False
    reachable: str = ""
    pvalue_at_most: bool = False

    @property
    def separated(self) -> bool:
        """Whether all runs of one group lie above all of the other."""
        return self.superiority[0] in (0.0, 1.0)


def decide(*, pvalue: float, minimum_pvalue: float, alpha: float, margin_pvalue: float | None) -> Verdict:
    """Give the verdict of one pair.

    Parameters
    ----------
    pvalue : float
        Of the primary test, adjusted for the number of pairs.
    minimum_pvalue : float
        Smallest value that ``pvalue`` could have taken.
    alpha : float
        Significance level.
    margin_pvalue : float or None
        The larger p-value of the two one-sided tests against the margin; None without a margin.

    Examples
    --------
    >>> decide(pvalue=0.2, minimum_pvalue=1e-9, alpha=0.05, margin_pvalue=0.01)
    'equivalent'
    >>> decide(pvalue=0.01, minimum_pvalue=1e-9, alpha=0.05, margin_pvalue=0.01)
    'differs'
    >>> decide(pvalue=0.1, minimum_pvalue=0.1, alpha=0.05, margin_pvalue=None)
    'inconclusive'
    """
    if pvalue <= alpha:
        return "differs"
    if minimum_pvalue > alpha:
        return "inconclusive"
    if margin_pvalue is not None and margin_pvalue <= alpha:
        return "equivalent"
    return "no difference shown"


def pair_verdict(evidence: Evidence) -> Verdict:
    """Apply `decide` to the evidence of a pair; runs that are all equal are not too few, they are equal."""
    if evidence.all_equal:
        return "no difference shown"
    return decide(
        pvalue=evidence.pvalue,
        minimum_pvalue=evidence.minimum_pvalue,
        alpha=evidence.alpha,
        margin_pvalue=evidence.margin_pvalue,
    )


def pair_sentence(evidence: Evidence) -> str:
    """Say the verdict of one pair and the numbers that it rests on."""
    e, verdict = evidence, pair_verdict(evidence)
    family = _family(e)
    runs = f"{fmt.count(e.n_a)} v {fmt.count(e.n_b)} runs"
    p = fmt.pvalue_phrase(e.pvalue, at_most=e.pvalue_at_most)
    words = e.test.split()  # Welch t, whose statistic is t
    named = " ".join(words[:-1] if words[-2:-1] == words[-1:] else words)
    test = f"{fmt.statistic(named, e.statistic)}, {p}{family}; {runs}"
    groups = f"{e.group_a} and {e.group_b}"
    if verdict == "differs":
        if e.test.startswith(PAIRED):
            return f"The means of {e.value} differ between {groups}, within matched pairs ({test})."
        return f"The distributions of {e.value} differ between {groups} ({test})."
    if e.all_equal:
        return f"All {runs} of {groups} have the same value of {e.value}: no difference was shown."
    if verdict == "inconclusive":
        return _too_few(e, runs, family)
    what = "within matched pairs" if e.test.startswith(PAIRED) else "between the distributions"
    shown = f"No difference {what} of {e.value} in {groups} was shown ({test})"
    if verdict == "equivalent":
        unlike = unlike_spreads(e)
        but = f" Yet the distributions are not alike: {unlike}." if unlike else ""
        return f"{shown}, and the means are equivalent: {_inside(e)}.{but}"
    missed = " and the difference of means was not shown to lie inside the margin" if e.margin else ""
    return f"{shown}{missed}. {_could_find(e)}"


def _could_find(e: Evidence) -> str:
    """Say how small a difference the primary test finds with these numbers of runs."""
    if e.detectable_difference is None:
        return "A difference may be there that these numbers of runs do not show."
    test = e.test.rsplit(" ", 1)[0]
    name, what = f"the {test} test", "shift"
    if test == "Welch t":
        name = "Welch's t test" if e.means_method == "Welch" else f"the {e.means_method} test"
    elif test in PAIRED:
        name = "a t test of these pairs"
    if test not in RANK_TESTS:
        what = "difference of means"
    return (
        f"With these numbers of runs and this spread, {name} at level {fmt.number(e.alpha / e.n_pairs, 2)} "
        f"finds a {what} of {fmt.number(e.detectable_difference, 2)} with {fmt.level(POWER)} power; "
        "smaller ones may be there."
    )


def _family(e: Evidence) -> str:
    return f", {e.family} over {e.n_pairs} pairs" if e.n_pairs > 1 else ""


def _too_few(e: Evidence, runs: str, family: str) -> str:
    test = e.test.rsplit(" ", 1)[0]
    parts = [
        f"{runs} are too few to tell {e.group_a} and {e.group_b} apart: with these sizes and ties the "
        f"smallest possible p of the {test} test is {fmt.pvalue(e.minimum_pvalue)}{family}, "
        f"above {fmt.number(e.alpha)}."
    ]
    if e.separated:
        side = "above" if e.superiority[0] == 1 else "below"
        parts.append(f"Yet the groups do not overlap: all runs of {e.group_b} lie {side} all of {e.group_a}.")
    return " ".join([*parts, *([f"{e.reachable}."] if e.reachable else [])])


def pair_detail(evidence: Evidence) -> str:
    """Say how large the difference is, with intervals."""
    parts = [f"{_mean_clause(evidence)}; {_superiority_clause(evidence)}."]
    if spreads_differ(evidence) and pair_verdict(evidence) != "equivalent":  # whose sentence says so
        parts.append(f"The standard deviation of {_times(evidence)}.")
    small = evidence.margin_pvalue is not None and evidence.margin_pvalue <= evidence.alpha
    if pair_verdict(evidence) == "differs" and small:
        parts.append(f"Yet the means are close: {_inside(evidence)}.")
    if evidence.means_apart and pair_verdict(evidence) != "differs":
        over = f", adjusted over {evidence.n_pairs} pairs," if evidence.n_pairs > 1 else ""
        parts.append(
            f"A test of the means{over} finds them different, but the primary test, named in advance, "
            "shows no difference: a reason to look at new runs, not a finding."
        )
    return " ".join(parts)


def spreads_differ(evidence: Evidence) -> bool:
    """Whether the interval of the ratio of standard deviations excludes 1."""
    ratio, low, high = evidence.sd_ratio
    return math.isfinite(ratio) and ratio > 0 and (high < 1 or low > 1)


def unlike_spreads(e: Evidence) -> str:
    """Say how unlike the spreads of two groups are; nothing where they may be equal."""
    return f"the standard deviation of {_times(e)}" if spreads_differ(e) else ""


def _times(e: Evidence) -> str:
    times, *ends = fmt.with_ends(*e.sd_ratio)
    over = f", simultaneous over {e.n_pairs} pairs" if e.n_pairs > 1 else ""
    return f"{e.group_b} is {times} times that of {e.group_a} ({' to '.join(ends)}{over})"


def _mean_clause(e: Evidence) -> str:
    size, low, high = fmt.with_ends(*e.mean_difference)
    interval = f"{'unadjusted ' if e.n_pairs > 1 else ''}{fmt.level(e.confidence)} interval"
    if e.n_matched:
        interval += f", within {fmt.count(e.n_matched)} matched pairs,"
    if size == "0":
        return f"The means of {e.group_b} and {e.group_a} are equal ({interval} {low} to {high})"
    images = ""
    if e.n_test is not None:
        examples = fmt.number(abs(e.mean_difference[0]) * e.n_test, 2)
        images = f", {examples} of {fmt.count(e.n_test)} test examples"
    direction = "lower" if e.mean_difference[0] < 0 else "higher"
    than = f"{size.removeprefix('−')} {direction} than that of {e.group_a}"
    return f"The mean of {e.group_b} is {than} ({interval} of the difference {low} to {high}{images})"


def _superiority_clause(e: Evidence) -> str:
    p, low, high = (fmt.probability(v) for v in e.superiority)
    larger = f"a run of {e.group_b} has the larger value with probability"
    if e.share_equal < MANY_TIES:
        return f"{larger} {p} ({low} to {high})"
    more, equal = fmt.probability(e.superiority[0] - e.share_equal / 2), fmt.probability(e.share_equal)
    return f"{larger} {more}, an equal one with {equal}: with half the ties {p} ({low} to {high})"


def _inside(e: Evidence) -> str:
    assert e.margin is not None
    assert e.margin_pvalue is not None
    test = f"two one-sided {e.means_method} tests, {fmt.pvalue_phrase(e.margin_pvalue)}{_family(e)}"
    return f"their difference lies within ±{fmt.number(e.margin)} ({test})"
