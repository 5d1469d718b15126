"""The headline of a whole report: failures first, then one pair, a few, or who leads among many groups."""

from collections.abc import Sequence

import numpy as np

from analyze import text as fmt
from analyze.comparison.failures import compare_failures
from analyze.comparison.headline import (
    MANY_TIES,
    Subject,
    chance,
    mean_difference,
    median_ratio,
    of_pair,
    size,
)
from analyze.comparison.pair import PairComparison
from analyze.stats.bootstrap import quantile
from analyze.stats.resampling import weighted_sum

# Of more groups the headline names the best alone
FEW_GROUPS = 3
NAMED = 3


def headline(pairs: Sequence[PairComparison], about: Subject) -> str:
    """Return the sentences that open a report."""
    failing = _failing(pairs, about)
    told = _told(pairs, about)
    if not failing:
        return f"{told}{_mixed(about)}"
    return f"{failing} {_among_finished(pairs, about) or _of_finished(told, pairs, about)}{_mixed(about)}"


def numbers(pairs: Sequence[PairComparison], about: Subject) -> tuple[tuple[str, str], ...]:
    """Return what a reader asks for first, as (words, number): of one pair, or of the best group."""
    n_failed = sum(about.table.n_failed.values())
    n_all = n_failed + sum(sample.n for sample in about.samples.values())
    failed = ("Failed runs", f"{fmt.count(n_failed)} of {fmt.count(n_all)}")
    if len(pairs) > 1:
        best, *_ = ranking(about)
        groups = ("Groups", fmt.count(len(about.samples)))
        if not any(pair.verdict == "differs" for pair in pairs):
            return (groups, ("Pairs that differ", f"0 of {fmt.count(len(pairs))}"), failed)
        words = "Lowest of finished runs" if about.question.better == "lower" else "Highest of finished runs"
        label = words if about.fails_apart(pairs) else "Best group"
        return (groups, (label, f"{best} ({_typical(best, about)})"), failed)
    (pair,) = pairs
    if about.fails_apart(pairs) or about.kind in ("rates", "clusters"):
        return (*_counted(pair, about), failed)
    if about.kind == "decades":
        larger, smaller, ratio = median_ratio(pair, about)
        first, *ends = fmt.roughly(*ratio)
        effect = (f"Ratio of medians, {larger} / {smaller}", f"{first} ({ends[0]} to {ends[1]})")
    else:
        n_test = about.table.n_test
        first, *ends = fmt.roughly(*((n_test or 1) * x for x in mean_difference(pair)))
        unit = f" of {fmt.count(n_test)}" if n_test else ""
        what = f"Difference of means, {pair.group_b} − {pair.group_a}"
        effect = (what, f"{first}{unit} ({ends[0]} to {ends[1]})")
    share, ties = chance(pair, about)
    share -= ties / 2 if ties >= MANY_TIES else 0.0  # as the headline says it
    beats = "beats" if about.better != ("lower", "higher") else "lies above"
    return (effect, (f"Chance that {pair.group_b} {beats} {pair.group_a}", fmt.percent(share)), failed)


def _counted(pair: PairComparison, about: Subject) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the difference of shares, and how many runs of each group were counted."""
    groups = (pair.group_a, pair.group_b)
    tables = [about.group(group) for group in groups]
    totals, difference = [table.n for table in tables], mean_difference(pair)
    what, hits = f"with {about.question.value} = 1", [int(t.counts[t.values == 1].sum()) for t in tables]
    if about.fails_apart([pair]):
        what, hits = "that failed", [about.table.n_failed[group] for group in groups]
        totals = [n + n_failed for n, n_failed in zip(totals, hits, strict=True)]
    elif about.clusters is not None:
        what = f"that {about.clusters.past}"
        hits = [int(about.clusters.collapsed(t).counts.sum()) for t in tables]
    if what.startswith("that"):
        confidence = about.question.confidence
        found = compare_failures(hits[0], totals[0], hits[1], totals[1], confidence_level=confidence)
        difference = found.difference, found.low, found.high
    first, *ends = fmt.roughly(*(100 * x for x in difference))
    told = " v ".join(f"{fmt.count(k)} of {fmt.count(n)}" for k, n in zip(hits, totals, strict=True))
    return (
        (f"Runs {what}, {pair.group_b} − {pair.group_a}", f"{first} points ({ends[0]} to {ends[1]})"),
        (f"{pair.group_a} v {pair.group_b}", told),
    )


def ranking(about: Subject) -> list[str]:
    """Return the groups, the best first: by their means, or medians of values over decades."""
    sign = 1 if about.question.better == "lower" else -1
    return sorted(about.samples, key=lambda group: (sign * _centre(group, about), group))


def _centre(group: str, about: Subject) -> float:
    table = about.group(group)
    if about.kind == "decades":
        return quantile(table, 0.5)
    return weighted_sum(table.counts, table.values - table.values[0]) / table.n + float(table.values[0])


def _typical(group: str, about: Subject) -> str:
    if about.kind == "rates":
        return fmt.percent(_centre(group, about))
    return fmt.number(_centre(group, about), 4)


def _told(pairs: Sequence[PairComparison], about: Subject) -> str:
    if len(pairs) == 1:
        return of_pair(pairs[0], about)
    if len(about.samples) > FEW_GROUPS:
        return _leader(pairs, about)
    if not any(pair.verdict == "differs" for pair in pairs):
        return _none(pairs, about)
    first = pairs[0].group_a
    with_first = [pair for pair in pairs if pair.group_a == first]
    told = sorted(with_first, key=lambda pair: (pair.verdict != "differs", -abs(mean_difference(pair)[0])))
    return " ".join(of_pair(pair, about) for pair in told)


def _none(pairs: Sequence[PairComparison], about: Subject) -> str:
    verdicts = {pair.verdict for pair in pairs}
    among = f"the {fmt.few(len(about.samples))} groups"
    if verdicts == {"inconclusive"}:
        n_runs = sum(sample.n for sample in about.samples.values())
        return f"{fmt.few(n_runs).capitalize()} runs cannot tell {among} apart."
    if verdicts == {"equivalent"}:
        return f"All groups are equivalent on average, within ±{fmt.number(about.question.margin)}."
    return f"No difference in {about.question.value} was shown among {among}."


def _leader(pairs: Sequence[PairComparison], about: Subject) -> str:
    """Say which of many groups is best, and how many of the others are told apart from it or the baseline."""
    order = ranking(about)
    best, baseline = order[0], about.question.baseline
    known = {frozenset((pair.group_a, pair.group_b)): pair for pair in pairs}
    word = "Best" if about.better != ("lower", "higher") else "Highest"
    if not any(pair.verdict == "differs" for pair in pairs):
        return _none(pairs, about)
    if baseline is None:
        beside = [g for g in order[1:] if known[frozenset((best, g))].verdict != "differs"]
        n_below = len(order) - 1 - len(beside)
        apart = f"told apart from {fmt.plural(n_below, 'other group')}"
        if beside:
            some = fmt.listing(beside) if len(beside) <= NAMED else f"{fmt.count(len(beside))} others"
            apart += f", not from {some}"
        return f"{word}: {best} ({about.question.value} {_typical(best, about)}), {apart}."
    others = [g for g in order if g != baseline]
    differing = [g for g in others if known[frozenset((baseline, g))].verdict == "differs"]
    better = [g for g in differing if order.index(g) < order.index(baseline)]
    n_worse, n_same = len(differing) - len(better), len(others) - len(differing)
    worse_word, better_word = about.better if about.question.better == "higher" else about.better[::-1]
    counted = (
        f"Of {fmt.count(len(others))} groups, {len(better)} {'is' if len(better) == 1 else 'are'} "
        f"{better_word} than {baseline}, {n_worse} {worse_word}, {n_same} not told apart."
    )
    if best == baseline:
        return f"{word}: {best}, the baseline. {counted}"
    pair = known[frozenset((baseline, best))]
    return f"{word}: {best}, {_above(pair, about)}. {counted}"


def _above(pair: PairComparison, about: Subject) -> str:
    if about.kind == "decades":
        larger, smaller, ratio = median_ratio(pair, about)
        first, *ends = fmt.roughly(*ratio)
        times = f"({ends[0]} to {ends[1]} times)"
        return f"with the median {about.question.value} of {larger} {first} times that of {smaller} {times}"
    estimate, low, high = mean_difference(pair)
    n_test = about.table.n_test
    if n_test is None:
        return size(pair, about, f" than {pair.group_a}")
    first, *ends = fmt.roughly(*(n_test * x for x in (estimate, low, high)))
    first, *ends = (text.removeprefix(fmt.MINUS) for text in (first, *(ends if low >= 0 else ends[::-1])))
    where = "above" if estimate > 0 else "below"
    noun = about.examples.removeprefix("test ")
    return f"{first} {noun} of {fmt.count(n_test)} {where} {pair.group_a} ({ends[0]} to {ends[1]})"


def _failing(pairs: Sequence[PairComparison], about: Subject) -> str:
    """Say which groups fail, where that differs between them; empty where it was not shown to."""
    if not about.fails_apart(pairs):
        return ""
    failed = {g: n for g, n in about.table.n_failed.items() if n}
    totals = {g: about.samples[g].n + about.table.n_failed[g] for g in about.samples}
    same = len(set(totals.values())) == 1
    if len(failed) > 1 and len(about.samples) <= FEW_GROUPS:
        order = sorted(about.samples, key=lambda g: about.table.n_failed[g] / totals[g])
        parts = [
            f"{fmt.sentence_start(g)} {'finishes ' if i == 0 else ''}{fmt.count(about.samples[g].n)}"
            f"{f' of {fmt.count(totals[g])}' if i == 0 or not same else ''}{' runs' if i == 0 else ''}"
            for i, g in enumerate(order)
        ]
        return f"{', '.join(parts)}."
    order = sorted(failed, key=lambda g: -failed[g] / totals[g])
    parts = [f"{g} fails in {fmt.count(failed[g])} of {fmt.count(totals[g])} runs" for g in order[:NAMED]]
    parts[0] = f"{fmt.sentence_start(order[0])}{parts[0].removeprefix(order[0])}"
    none = [g for g in about.samples if g not in failed]
    rest = f"; {none[0]}: none" if len(none) == 1 else "; the others: none" if none else ""
    if len(order) == 1:
        return f"{parts[0]} ({fmt.percent(failed[order[0]] / totals[order[0]])}{rest})."
    more = f", and {fmt.plural(len(order) - NAMED, 'more group')} in some" if len(order) > NAMED else ""
    return f"{', '.join(parts)}{more}{rest}."


def _among_finished(pairs: Sequence[PairComparison], about: Subject) -> str:
    """Say that the best among finished runs is not the best where failing counts as worst."""
    best = ranking(about)[0]
    word = "lowest" if about.question.better == "lower" else "highest"
    for pair in pairs:
        if best not in (pair.group_a, pair.group_b) or pair.worst_ranked is None or pair.verdict != "differs":
            continue
        share = pair.worst_ranked.superiority if best == pair.group_b else 1 - pair.worst_ranked.superiority
        wins = share if about.question.better == "higher" else 1 - share
        if np.isfinite(wins) and wins < 0.5:
            return f"Among finished runs {fmt.sentence_start(best)} is {word}; counting failures it is not."
    return ""


def _of_finished(told: str, pairs: Sequence[PairComparison], about: Subject) -> str:
    if all(pair.verdict == "no difference shown" for pair in pairs):
        return f"Among runs that finish, no difference in {about.question.value} was shown."
    return f"Among runs that finish: {told}"


def _mixed(about: Subject) -> str:
    columns = list(dict.fromkeys(about.table.mixtures["column"]))
    if not columns:
        return ""
    verb = "is" if len(columns) == 1 else "are"
    return f" Within groups {fmt.listing(columns[:NAMED])} {verb} mixed."
