"""What changed between two reports: their data, options, groups, effects and verdicts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from analyze import text as fmt
from analyze.question import Question, options
from analyze.records import AdjustedTest, Effect, Number, Pair
from analyze.results import GroupSummary, Results

Part = Literal["data", "option", "group", "verdict", "effect", "test"]
_ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is not as it was: ``what`` of which ``part``, ``before`` and ``after`` in words."""

    part: Part
    what: str
    before: str
    after: str


def differences(old: Results, new: Results) -> list[Change]:
    """List what changed from one report to another, in the order data, options, groups, verdicts, effects.

    When, where and by what version a report was made is no change; numbers are compared unrounded.

    Parameters
    ----------
    old, new : Results
    """
    return [
        *_data(old, new),
        *_options(old.question, new.question),
        *_groups(old, new),
        *_pairs(old, new),
    ]


def _data(old: Results, new: Results) -> Iterator[Change]:
    before, after = old.provenance.source, new.provenance.source
    for what, a, b in (
        ("rows in the table", before.n_rows, after.n_rows),
        ("rows selected", before.n_selected, after.n_selected),
        ("digest", before.digest, after.digest),
    ):
        if a != b:
            yield Change(part="data", what=what, before=_plain(a), after=_plain(b))


def _options(before: Question, after: Question) -> Iterator[Change]:
    if before.table != after.table:
        yield Change(part="option", what="TABLE", before=before.table, after=after.table)
    for name, option in options("compare").items():
        a, b = getattr(before, name), getattr(after, name)
        if a != b:
            told = option.in_words(a), option.in_words(b)
            yield Change(part="option", what=fmt.option(name), before=told[0], after=told[1])


def _groups(old: Results, new: Results) -> Iterator[Change]:
    before, after = ({g.group: g for g in results.groups} for results in (old, new))
    for group in dict.fromkeys([*before, *after]):
        texts = [_group(groups.get(group)) for groups in (before, after)]
        if _measured(before.get(group)) != _measured(after.get(group)):
            yield Change(part="group", what=group, before=texts[0], after=texts[1])


def _measured(row: GroupSummary | None) -> GroupSummary | None:
    """Return a group without what answers to test examples tell, which reports of earlier versions lack."""
    return None if row is None else replace(row, spread=None, functions=None)


def _group(row: GroupSummary | None) -> str:
    if row is None:
        return _ABSENT
    decimals = fmt.decimals_for(row.se)
    failed = f", {fmt.count(row.n_failed)} failed" if row.n_failed else ""
    spread = f"{fmt.fixed(row.mean, decimals)} ± {fmt.fixed(row.sd, decimals)}"
    return f"{fmt.plural(row.n, 'run')}{failed}, {spread}"


def _pairs(old: Results, new: Results) -> Iterator[Change]:
    before, after = (_by_pair(results) for results in (old, new))
    pairs = [(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]
    answers = [results.answer.verdict for results in (old, new)]
    if answers[0] != answers[1]:
        yield Change(part="verdict", what="the answer", before=answers[0], after=answers[1])
    for name, a, b in pairs:
        verdicts = [_ABSENT if pair is None else pair.verdict for pair in (a, b)]
        if verdicts[0] != verdicts[1]:
            yield Change(part="verdict", what=name, before=verdicts[0], after=verdicts[1])
    for name, a, b in pairs:
        if a is not None and b is not None:
            yield from _answered(name, a, b)
    for name, a, b in pairs:
        if a is not None and b is not None:
            yield from _effects(name, a, b)
            yield from _tests(name, a, b)


def _answered(name: str, old: Pair, new: Pair) -> Iterator[Change]:
    """Compare what answers to test examples decide, where both reports know them."""
    if old.scope and new.scope and old.scope.decides != new.scope.decides:
        what = f"{name}: difference on new and these examples"
        yield Change(part="verdict", what=what, before=old.scope.decides, after=new.scope.decides)
    if old.functions and new.functions and old.functions.differ != new.functions.differ:
        before, after = (
            "differ" if f.differ else "not shown to differ" for f in (old.functions, new.functions)
        )
        yield Change(part="verdict", what=f"{name}: functions", before=before, after=after)


def _by_pair(results: Results) -> dict[str, Pair]:
    """Name each pair by its groups in sorted order, so that another baseline is no other pair."""
    return {" and ".join(sorted((p.group_a, p.group_b))): p for p in results.comparisons}


def _effects(name: str, old: Pair, new: Pair) -> Iterator[Change]:
    before, after = ({e.effect: e for e in pair.effects} for pair in (old, new))
    if old.group_a != new.group_a:
        directions = [f"{pair.group_b} − {pair.group_a}" for pair in (old, new)]
        yield Change(part="effect", what=f"{name}: direction", before=directions[0], after=directions[1])
        return
    for key in dict.fromkeys([*before, *after]):
        a, b = before.get(key), after.get(key)
        if _numbers(a) != _numbers(b):
            label = next(e.label for e in (a, b) if e)
            yield Change(part="effect", what=f"{name}: {label}", before=_effect(a), after=_effect(b))


def _numbers(effect: Effect | None) -> tuple[Number, ...]:
    return () if effect is None else (effect.estimate, effect.low, effect.high)


def _effect(effect: Effect | None) -> str:
    if effect is None:
        return _ABSENT
    decimals = fmt.decimals_of(effect.estimate, effect.low, effect.high)
    sign = effect.null_value == 0
    interval = fmt.interval(effect.low, effect.high, decimals, sign=sign)
    return f"{fmt.fixed(effect.estimate, decimals, sign=sign)} {interval}"


def _tests(name: str, old: Pair, new: Pair) -> Iterator[Change]:
    before, after = ({t.test: t for t in pair.tests} for pair in (old, new))
    for key in dict.fromkeys([*before, *after]):
        a, b = before.get(key), after.get(key)
        if not (a and b and a.pvalue_adjusted == b.pvalue_adjusted):
            label = next(t.label for t in (a, b) if t)
            yield Change(part="test", what=f"{name}: {label}", before=_test(a), after=_test(b))


def _test(test: AdjustedTest | None) -> str:
    if test is None:
        return _ABSENT
    decision = "" if test.rejected is None else ", rejected" if test.rejected else ", not rejected"
    return f"{fmt.pvalue_phrase(test.pvalue_adjusted)}{decision}"


def _plain(value: object) -> str:
    if value is None:
        return "none"
    return fmt.count(value) if isinstance(value, int) else str(value)
