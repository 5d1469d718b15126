"""What is said of functions: pure functions of the records, in words."""

from collections.abc import Mapping

from analyze import text as fmt
from analyze.answered import GroupFunctions, PairFunctions, Scope
from analyze.comparison.scope import Names
from analyze.question import Question
from analyze.results import Answered

# Below this ratio of the disagreement of twins to that of others, the seed decides more than all else.
_SEED_DECIDES = 0.5
MAX_NAMED = 6
# Groups of which it is said one by one how alike their runs are.
MAX_SAID = 3
# Beyond it nothing is said of functions that were not seen.
_RARE = 0.25
MAX_ROWS = 24


def pair_words(
    names: Names, pair: PairFunctions, seen: Answered, *, alpha: float, accuracy_shown: bool | None
) -> list[str]:
    """Say whether two groups reach different functions, and what of the seed remains.

    Parameters
    ----------
    names : tuple of str
        Groups a and b.
    pair : PairFunctions
        What was found.
    seen : Answered
        Whose answers to what.
    alpha : float
        Level of the tests.
    accuracy_shown : bool or None
        Whether a difference of accuracy was shown; None where accuracy was not compared.
    """
    if not pair.statistic:
        return [f"All runs of {names[0]} and {names[1]} are the same function on these {seen.example}s."]
    texts = [_test(pair)]
    if pair.differ and accuracy_shown is False:
        texts.append("Accuracy shows no difference, the functions do.")
    twins = _twins(names, pair, seen, alpha)
    return [*texts, twins] if twins else texts


def _test(pair: PairFunctions) -> str:
    at_most = bool(pair.pvalue_error) and pair.pvalue == pair.minimum_pvalue
    p = fmt.pvalue_phrase(pair.pvalue_adjusted, at_most=at_most)
    if not pair.differ:
        least = fmt.pvalue(pair.minimum_pvalue)
        runs = f"{fmt.count(pair.n_a)} + {fmt.count(pair.n_b)} runs"
        return f"No difference of functions was shown ({p}; the smallest possible with {runs} is {least})."
    told = ""
    if pair.attribution is not None:
        share = fmt.percent(pair.attribution, 1)
        told = f": told by its answers alone, a single run is put to the right group in {share} of cases"
    return f"As functions they differ (energy distance, {p}, {pair.method}){told}."


def disagreement_words(
    names: Names, pair: PairFunctions, groups: Mapping[str, GroupFunctions], seen: Answered
) -> str:
    """Say on how many examples two runs disagree, and which part of that is the group's."""
    a, b = names
    shares = (*(groups[name].disagreement for name in names), pair.between)
    of_a, of_b, of_both = (in_examples(share, seen.n_examples) for share in shares)
    rest = "the seed" if seen.ours else "between runs"
    if pair.share is None:
        part = ""
    elif pair.share < 0.001:
        part = f"; next to nothing of that is the group, the rest is {rest}"
    else:
        share = fmt.percent(pair.share, 1 if pair.share < 0.1 else 0)
        part = f"; {share} of that is the group, the rest {rest}"
    n = fmt.count(seen.n_examples)
    return (
        f"Two runs of {a} differ on {of_a} of {n} {seen.example}s, two of {b} on {of_b}, one of each on "
        f"{of_both}{part}."
    )


def _twins(names: Names, pair: PairFunctions, seen: Answered, alpha: float) -> str:
    if pair.twins is None or pair.twins_ratio is None or pair.twins_pvalue is None:
        return ""
    started, what = _started(seen)
    head = f"{started} {_ends(names, pair, seen)}"
    if pair.twins_ratio < _SEED_DECIDES:
        return f"{head}: the {seen.unit or 'unit'} decides the function."
    if pair.twins_pvalue <= alpha:
        return f"{head}: something of the {what} remains."
    return f"{head}: nothing of the {what} is left."


def _started(seen: Answered) -> tuple[str, str]:
    """Return what twins have in common, as the beginning of a sentence and as a noun."""
    if seen.ours:
        return "From the same initial weights", "initial weights"
    return f"With equal {seen.unit}", str(seen.unit)


def _ends(names: Names, pair: PairFunctions, seen: Answered) -> str:
    twins, others = (in_examples(share, seen.n_examples) for share in (pair.twins, pair.between))
    return f"{names[0]} and {names[1]} end {twins} {seen.example}s apart, from others {others}"


def all_words(
    pairs: Mapping[Names, PairFunctions],
    scopes: Mapping[Names, Scope],
    *,
    baseline: str | None,
) -> str:
    """Say of several pairs which reach different functions."""
    differing = [names for names, pair in pairs.items() if pair.differ]
    n = len(pairs)
    if not differing:
        return f"In none of {n} pairs was a difference of functions shown."
    worst = max(pairs[names].pvalue_adjusted or 0.0 for names in differing)
    p = f"energy distance, adjusted p ≤ {fmt.rounded_up(worst)}"
    if baseline is not None:
        head = f"{_count(len(differing), n)} groups reach other functions than {baseline} ({p})"
    else:
        head = f"{_count(len(differing), n)} pairs of groups reach different functions ({p})"
    silent = [names for names in differing if names in scopes and scopes[names].decides == "neither"]
    only = [names for names in differing if names in scopes and scopes[names].decides == "test set only"]
    unsure = [*silent, *only]
    if unsure and len(unsure) <= MAX_NAMED:
        named = fmt.listing([b if baseline is not None else f"{a} and {b}" for a, b in unsure])
        return f"{head}, also where accuracy shows no difference on new examples: {named}."
    return f"{head}."


def repeats(groups: Mapping[str, GroupFunctions], seen: Answered) -> str:
    """Say whether any two runs of a group are the same function, and what share of runs would have shown."""
    same = {g: f.n_identical_pairs for g, f in groups.items() if f.n_identical_pairs}
    if same:
        told = [f"{fmt.plural(n, 'pair')} of runs of {g}" for g, n in list(same.items())[:MAX_SAID]]
        return f"The same function are {fmt.listing(told)}."
    nearest = sorted(groups, key=lambda g: groups[g].minimum or 0.0)[: 1 if len(groups) > MAX_SAID else None]
    least = [f"{in_examples(groups[g].minimum, seen.n_examples)} ({g})" for g in nearest]
    text = (
        f"No two runs of a group are the same function: the two most alike differ on {fmt.listing(least)} "
        f"{seen.example}s."
    )
    shares = [f.unseen for f in groups.values() if f.unseen is not None]
    if shares and max(shares) < _RARE:
        share = fmt.percent(max(shares), 2 if max(shares) < 0.01 else 1)
        text += f" A function that {share} of runs reach would have been seen twice (95 %)."
    return text


def kinds(groups: Mapping[str, GroupFunctions], alpha: float) -> str:
    """Say whether the runs of a group fall into kinds."""
    known = {g: f.dip_pvalue for g, f in groups.items() if f.dip_pvalue is not None}
    found = [group for group, p in known.items() if p <= alpha / len(known)]
    if not known:
        return ""
    if not found:
        return (
            "No group falls into kinds of functions by Hartigan's dip test of its map; rare kinds "
            "would not be seen."
        )
    return f"By Hartigan's dip test the runs of {fmt.listing(found)} fall into kinds of functions."


def in_examples(share: float | None, n: int) -> str:
    """Return a fraction of the examples as their number.

    Examples
    --------
    >>> in_examples(0.064166, 10_000), in_examples(0.4, 40), in_examples(0.0000377, 10_000)
    ('642', '16.0', '0.38')
    """
    if share is None:
        return fmt.MISSING
    size = abs(share * n)
    return fmt.fixed(share * n, 0 if size >= 100 else 1 if size >= 10 else 2)


def _count(k: int, n: int) -> str:
    return ("Both" if n == 2 else f"All {n}") if k == n else f"{k} of {n}"


def headline(
    pairs: Mapping[Names, PairFunctions],
    scopes: Mapping[Names, Scope],
    seen: Answered,
    question: Question,
) -> str:
    """Say on one screen whether the groups reach different functions."""
    if len(pairs) > 1:
        return all_words(pairs, scopes, baseline=question.baseline)
    names, one = next(iter(pairs.items()))
    shown = scopes[names].decides != "neither" if names in scopes else None
    said = pair_words(names, one, seen, alpha=question.alpha, accuracy_shown=shown)
    return " ".join(said)


def all_said(
    pairs: Mapping[Names, PairFunctions],
    scopes: Mapping[Names, Scope],
    groups: Mapping[str, GroupFunctions],
    seen: Answered,
    question: Question,
) -> list[str]:
    """Return what is to be said of functions, a text a paragraph."""
    return [headline(pairs, scopes, seen, question), *further(pairs, groups, seen, question)]


def further(
    pairs: Mapping[Names, PairFunctions],
    groups: Mapping[str, GroupFunctions],
    seen: Answered,
    question: Question,
) -> list[str]:
    """Return what is to be said of functions after the headline, a text a paragraph."""
    texts = [_twins_of_all(pairs, seen)] if len(pairs) > 1 else []
    for names, one in pairs.items() if len(pairs) == 1 else ():
        texts.append(disagreement_words(names, one, groups, seen))
    texts += [repeats(groups, seen), kinds(groups, question.alpha)]
    if seen.n_used:
        used = fmt.listing([f"{fmt.count(k)} of {group}" for group, k in list(seen.n_used.items())[:4]])
        texts.append(f"Pairs of runs were looked at among those of the smallest seeds: {used}.")
    return [text for text in texts if text]


def _twins_of_all(pairs: Mapping[Names, PairFunctions], seen: Answered) -> str:
    """Say of which pair the seed decides most, and of which least."""
    known = {names: f for names, f in pairs.items() if f.twins_ratio is not None}
    if not known:
        return ""
    near, far = (end(known, key=lambda names: known[names].twins_ratio or 0.0) for end in (min, max))
    return f"{_started(seen)[0]} {_ends(near, known[near], seen)}; {_ends(far, known[far], seen)}."


Rows = tuple[str, dict[str, bool], list[tuple[str, ...]]]


def pairs_rows(pairs: Mapping[Names, PairFunctions], seen: Answered) -> Rows:
    """Return a table of pairs: its caption, its columns and whether they are numeric, its rows."""
    n, found = seen.n_examples, list(pairs.items())
    columns = {
        "Pair (b − a)": False,
        "Between": True,
        "Twins": True,
        "Excess": True,
        f"On new {seen.example}s": True,
        "Share": True,
        "Attribution": True,
    }
    columns |= {"adjusted p": True, "Better / worse": True}
    rows: list[tuple[str, ...]] = [
        (
            " − ".join(fmt.shorten(name, 48) for name in reversed(pair)),
            in_examples(f.between, n),
            in_examples(f.twins, n),
            in_examples(f.excess, n),
            fmt.interval(_times(f.low_new, n), _times(f.high_new, n), 0),
            fmt.percent(f.share, 1) if f.share is not None else fmt.MISSING,
            fmt.percent(f.attribution, 1) if f.attribution is not None else fmt.MISSING,
            fmt.pvalue(f.pvalue_adjusted, at_most=bool(f.pvalue_error) and f.pvalue == f.minimum_pvalue),
            f"{fmt.count(f.n_images_better)} / {fmt.count(f.n_images_worse)}",
        )
        for pair, f in found[:MAX_ROWS]
    ]
    left_out = f" The first {MAX_ROWS} of {len(found)} pairs." if len(found) > MAX_ROWS else ""
    caption = (
        f"Numbers of {fmt.count(n)} {seen.example}s. Between: on which a run of each differ; twins: of "
        "equal seed; "
        f"excess: how much more than within groups, its interval on new {seen.example}s, and its share; "
        "attribution: single runs put to the "
        "right group; "
        f"better / worse: {seen.example}s on which the first is right more, or less, often.{left_out}"
    )
    return caption, columns, rows


def groups_rows(groups: Mapping[str, GroupFunctions], seen: Answered) -> Rows:
    """Return a table of groups, as of `pairs_rows`."""
    n = seen.n_examples
    columns = {"Group": False, "Disagreement": True, "Interval": True, f"On new {seen.example}s": True}
    columns |= {"Smallest": True, "Largest": True}
    columns |= {"Error consistency": True, "Dimensions": True, "Vote of all": True}
    rows: list[tuple[str, ...]] = [
        (
            group,
            in_examples(f.disagreement, n),
            fmt.interval(_times(f.low, n), _times(f.high, n), 0),
            fmt.interval(_times(f.low_new, n), _times(f.high_new, n), 0),
            in_examples(f.minimum, n),
            in_examples(f.maximum, n),
            fmt.fixed(f.kappa, 3),
            fmt.number(f.dimension, 3),
            fmt.fixed(f.vote[-1].accuracy, 4) if f.vote else fmt.MISSING,
        )
        for group, f in list(groups.items())[:MAX_ROWS]
    ]
    caption = (
        f"Two runs of a group: {seen.example}s on which they differ, the interval of the mean on these and "
        f"on new {seen.example}s, the two most alike and "
        "the two least; error consistency (Cohen’s κ of being right); effective dimensions of their map; "
        "accuracy of "
        "the plurality vote of all."
    )
    return caption, columns, rows


def _times(share: float | None, n: int) -> float | None:
    return None if share is None else share * n
