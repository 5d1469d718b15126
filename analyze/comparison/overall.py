"""All pairs in one answer: the verdict of a report with several, and what it does not speak of."""

import math
from collections.abc import Sequence

from analyze import text as fmt
from analyze.records import Verdict

# A sentence names the groups of so many pairs; of more it says how many.
MAX_NAMED_PAIRS = 6
MAX_UNLIKE = 2


def overall(verdicts: Sequence[tuple[str, str, Verdict]]) -> tuple[Verdict, str]:
    """Sum up the verdicts of several pairs, given as (group_a, group_b, verdict).

    Examples
    --------
    >>> overall([("a", "b", "differs"), ("a", "c", "no difference shown"), ("b", "c", "differs")])[1]
    '2 of 3 pairs differ: a and b; b and c. No difference shown: a and c.'
    """
    named: dict[Verdict, list[str]] = {}
    for group_a, group_b, verdict in verdicts:
        named.setdefault(verdict, []).append(f"{group_a} and {group_b}")
    n = len(verdicts)
    if n > MAX_NAMED_PAIRS:
        return _overall_verdict(named), _counted(named, n)
    differing = named.get("differs", [])
    if len(differing) == n:
        parts = [f"All {n} pairs of groups differ."]
    elif differing:
        verb = "differs" if len(differing) == 1 else "differ"
        parts = [f"{len(differing)} of {n} pairs {verb}: {_listed(differing)}."]
    else:
        parts = [f"None of the {n} pairs was shown to differ."]
    order: tuple[Verdict, ...] = ("equivalent", "no difference shown", "inconclusive")
    words = {
        "equivalent": "Means equivalent within the margin",
        "no difference shown": "No difference shown",
        "inconclusive": "Too few runs",
    }
    rest = [v for v in order if v in named]
    if differing or rest != ["no difference shown"]:
        parts += [f"{words[v]}: {_listed(named[v])}." for v in rest]
    return _overall_verdict(named), " ".join(parts)


def _overall_verdict(named: dict[Verdict, list[str]]) -> Verdict:
    if "differs" in named:
        return "differs"
    return next(iter(named)) if len(named) == 1 else "no difference shown"


def _counted(named: dict[Verdict, list[str]], n: int) -> str:
    """Count the verdicts of more pairs than a sentence can name."""
    differing = len(named.get("differs", []))
    none = f"None of the {n} pairs was shown to differ"
    lead = f"{differing} of {n} pairs {'differs' if differing == 1 else 'differ'}" if differing else none
    words: dict[Verdict, tuple[str, str, str]] = {
        "equivalent": ("has", "have", "equivalent means, within the margin"),
        "no difference shown": ("was", "were", "not shown to differ"),
        "inconclusive": ("has", "have", "too few runs to tell"),
    }
    counts = {verdict: len(named.get(verdict, [])) for verdict in words}
    rest = [f"{counts[v]} {w[counts[v] > 1]} {w[2]}" for v, w in words.items() if counts[v]]
    return f"{lead}{': ' if not differing else '; '}{', '.join(rest)}." if rest else f"{lead}."


def _listed(names: list[str]) -> str:
    return "; ".join(names)


def too_few_pairs(n_few: int, n_separated: int, reachable: str) -> str:
    """Say of several pairs that are too few runs what that hides, and what could decide them.

    Examples
    --------
    >>> too_few_pairs(8, 7, "6 runs a group could")
    'In 7 of the 8 pairs with too few runs the groups do not overlap. 6 runs a group could.'
    """
    which = f"the {n_few} pairs" if n_few > 1 else "the pair"
    parts = []
    if n_separated:
        share = f"{n_separated} of " if n_separated < n_few else "all " if n_few > 1 else ""
        which = which.removeprefix("the ") if share == "all " else which
        parts.append(f"In {share}{which} with too few runs the groups do not overlap.")
    return " ".join([*parts, f"{reachable[0].upper()}{reachable[1:]}."])


def unlike_pairs(clauses: Sequence[str]) -> str:
    """Say of pairs with equivalent means that their distributions are not alike.

    Examples
    --------
    >>> unlike_pairs(["the standard deviation of b is 5 times that of a (2 to 9)"])
    ' Yet of 1 pair with equivalent means: the standard deviation of b is 5 times that of a (2 to 9).'
    """
    if not clauses:
        return ""
    more = f"; and {len(clauses) - MAX_UNLIKE} more" if len(clauses) > MAX_UNLIKE else ""
    which = fmt.plural(len(clauses), "pair")
    return f" Yet of {which} with equivalent means: {'; '.join(clauses[:MAX_UNLIKE])}{more}."


def scope_sentence(*, n_test: int | None, mean: float, value: str) -> str:
    """Say what the verdict is about, and what it is not about."""
    if n_test is None:
        return (
            f"The verdict is about {value} as measured in these runs; "
            "the table does not tell how it carries over to other data or settings."
        )
    error = math.sqrt(max(mean * (1 - mean), 0.0) / n_test)
    return (
        f"The verdict is about {value} on this test set of {fmt.count(n_test)} examples. An accuracy of "
        f"{fmt.number(mean, 3)} has a sampling error of {fmt.number(error, 2)} there, so a smaller "
        "difference can be certain on this test set and unproven for new examples."
    )
