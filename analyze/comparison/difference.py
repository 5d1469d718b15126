"""What changed between two reports: their data, options, groups, effects and verdicts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from analyze import text as fmt

Model = Mapping[str, Any]
Part = Literal["data", "option", "group", "verdict", "effect", "test"]
_OPTIONS = (
    "table", "value", "by", "unit", "baseline", "where", "margin", "paired", "better", "primary", "adjust",
    "confidence", "resamples", "seed",
)  # fmt: skip
_ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is not as it was: ``what`` of which ``part``, ``before`` and ``after`` in words."""

    part: Part
    what: str
    before: str
    after: str


def differences(old: Model, new: Model) -> list[Change]:
    """List what changed from one report to another, in the order data, options, groups, verdicts, effects.

    When, where and by what version a report was made is no change; numbers are compared unrounded.

    Parameters
    ----------
    old, new : dict
        Models, as `analyze.output.read_results` reads them.
    """
    return [
        *_data(old, new),
        *_options(old["question"], new["question"]),
        *_groups(old, new),
        *_pairs(old, new),
    ]


def _data(old: Model, new: Model) -> Iterator[Change]:
    before, after = (model["provenance"].get("source", {}) for model in (old, new))
    for key, what in (("n_rows", "rows in the table"), ("n_selected", "rows selected"), ("digest", "digest")):
        if before.get(key) != after.get(key):
            yield Change(part="data", what=what, before=_plain(before.get(key)), after=_plain(after.get(key)))


def _options(before: Model, after: Model) -> Iterator[Change]:
    for name in _OPTIONS:
        if before.get(name) != after.get(name):
            yield Change(
                part="option",
                what=f"--{name}",
                before=_plain(before.get(name)),
                after=_plain(after.get(name)),
            )


def _groups(old: Model, new: Model) -> Iterator[Change]:
    before, after = ({g["group"]: g for g in model["groups"]} for model in (old, new))
    for group in dict.fromkeys([*before, *after]):
        texts = [_group(groups.get(group)) for groups in (before, after)]
        if before.get(group) != after.get(group):
            yield Change(part="group", what=group, before=texts[0], after=texts[1])


def _group(row: Model | None) -> str:
    if row is None:
        return _ABSENT
    decimals = fmt.decimals_for(row["se"])
    failed = f", {fmt.count(row['n_failed'])} failed" if row["n_failed"] else ""
    spread = f"{fmt.fixed(row['mean'], decimals)} ± {fmt.fixed(row['sd'], decimals)}"
    return f"{fmt.plural(row['n'], 'run')}{failed}, {spread}"


def _pairs(old: Model, new: Model) -> Iterator[Change]:
    before, after = (_by_pair(model) for model in (old, new))
    pairs = [(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]
    answers = [model["answer"]["verdict"] for model in (old, new)]
    if answers[0] != answers[1]:
        yield Change(part="verdict", what="the answer", before=answers[0], after=answers[1])
    for name, a, b in pairs:
        verdicts = [_ABSENT if pair is None else pair["verdict"] for pair in (a, b)]
        if verdicts[0] != verdicts[1]:
            yield Change(part="verdict", what=name, before=verdicts[0], after=verdicts[1])
    for name, a, b in pairs:
        if a is not None and b is not None:
            yield from _effects(name, a, b)
            yield from _tests(name, a, b)


def _by_pair(model: Model) -> dict[str, Model]:
    """Name each pair by its groups in sorted order, so that another baseline is no other pair."""
    return {" and ".join(sorted((p["group_a"], p["group_b"]))): p for p in model["comparisons"]}


def _effects(name: str, old: Model, new: Model) -> Iterator[Change]:
    before, after = ({e["effect"]: e for e in pair["effects"]} for pair in (old, new))
    if old["group_a"] != new["group_a"]:
        directions = [f"{pair['group_b']} − {pair['group_a']}" for pair in (old, new)]
        yield Change(part="effect", what=f"{name}: direction", before=directions[0], after=directions[1])
        return
    for key in dict.fromkeys([*before, *after]):
        a, b = before.get(key), after.get(key)
        if _numbers(a) != _numbers(b):
            label = (a or b or {})["label"]
            yield Change(part="effect", what=f"{name}: {label}", before=_effect(a), after=_effect(b))


def _numbers(effect: Model | None) -> tuple[Any, ...]:
    return () if effect is None else tuple(effect[key] for key in ("estimate", "low", "high"))


def _effect(effect: Model | None) -> str:
    if effect is None:
        return _ABSENT
    (estimate, low, high), sign = _numbers(effect), effect["null_value"] == 0
    decimals = fmt.decimals_of(estimate, low, high)
    return f"{fmt.fixed(estimate, decimals, sign=sign)} {fmt.interval(low, high, decimals, sign=sign)}"


def _tests(name: str, old: Model, new: Model) -> Iterator[Change]:
    before, after = ({t["test"]: t for t in pair["tests"]} for pair in (old, new))
    for key in dict.fromkeys([*before, *after]):
        a, b = before.get(key), after.get(key)
        if (a or {}).get("pvalue_adjusted") != (b or {}).get("pvalue_adjusted") or not (a and b):
            label = (a or b or {})["label"]
            yield Change(part="test", what=f"{name}: {label}", before=_test(a), after=_test(b))


def _test(test: Model | None) -> str:
    if test is None:
        return _ABSENT
    decision = {True: ", rejected", False: ", not rejected"}.get(test["rejected"], "")
    return f"{fmt.pvalue_phrase(test['pvalue_adjusted'])}{decision}"


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return fmt.count(value) if isinstance(value, int) else str(value)
