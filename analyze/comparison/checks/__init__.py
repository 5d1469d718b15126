"""What a reader should know before trusting the comparison: one sentence for each finding."""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyze import text as fmt
from analyze.comparison.checks.modes import modes
from analyze.comparison.checks.outliers import FENCE, outer_fences, without_outliers
from analyze.comparison.failures import equal_rates
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.resampling import Counts
from analyze.table.runs import RunTable

if TYPE_CHECKING:
    from analyze.comparison.pair import PairComparison

SMALL_GROUP = 20
# Simulated intervals of the difference of medians cover 0.86 to 0.97 at 3 v 3 runs, 0.95 to 0.99 at 5 v 5; no
# other interval of so few runs covers less than 0.93
FEW_FOR_MEDIANS = 5
# So few equal runs may be equal by chance
MAX_RUNS_BY_CHANCE = 2
# A sentence counts in so many groups one by one
MAX_LISTED = 6
# Fewer failures, or in every group a smaller share than this, hardly make the finished runs a selection
FEW_FAILURES, RARE = 3, 0.01
# A drift that chance makes once in a hundred reports is worth a warning
DRIFT_ALPHA = 0.01
_INDEPENDENT = "The verdict's test treats the groups as independent samples"
COLUMNS = ("check", "level", "sentence")
Check = tuple[str, str, str]


def run_checks(
    table: RunTable,
    groups: pd.DataFrame,
    pairs: tuple["PairComparison", ...],
    *,
    samples: Mapping[str, Counts],
    drifts: pd.DataFrame,
) -> pd.DataFrame:
    """Look for what could mislead a reader.

    Returns
    -------
    DataFrame
        ``check``, ``level`` (``warning``, ``note``, or ``passed`` for what was looked at without a finding),
        ``sentence``; in this order.
    """
    found = [
        *_mixtures(table),
        *_failures(table, groups),
        *_left_out(table),
        *_copies(table),
        *_small_groups(groups),
        *_constant_groups(groups),
        *_ties(groups),
        *_outliers(samples),
        *_modes(samples, table),
        *_drift(drifts, table),
        *_duplicates(table),
        *_matching(pairs, table),
        *(("remark", "note", remark) for remark in table.remarks),
    ]
    return _ordered(found)


def run_checks_of_tasks(table: RunTable, groups: pd.DataFrame, further: list[Check]) -> pd.DataFrame:
    """Look for what could mislead a reader of runs of several tasks, and add further checks."""
    return _ordered([*_mixtures(table), *_failures(table, groups), *_left_out(table), *further])


def _ordered(found: list[Check]) -> pd.DataFrame:
    checks = pd.DataFrame(found, columns=list(COLUMNS))
    levels = ["warning", "note", "passed"]
    return checks.sort_values("level", key=lambda c: c.map(levels.index), kind="stable", ignore_index=True)


def _mixtures(table: RunTable) -> Iterator[Check]:
    for column, part in table.mixtures.groupby("column", sort=False):
        first = part.iloc[0]
        mixed = ", ".join(f"{g} ({n} values)" for g, n in zip(part["group"], part["n_values"], strict=True))
        by = ",".join((*table.question.by, str(column)))
        ways = [f"--where {fmt.shell_word(first['where'])}"] * bool(first["where"])
        ways += [f"--by {fmt.shell_word(by)}"] * bool(first["separable"])
        advice = (
            f" Compare one at a time, e.g. {' or '.join(ways)}."
            if ways
            else " No single value leaves two groups to compare."
        )
        examples = str(first["examples"])
        stop = "" if examples.endswith("…") else "."
        sentence = f"Groups mix configurations: {column} varies within {mixed}; e.g. {examples}{stop}{advice}"
        yield "mixtures", "warning", sentence


def _failures(table: RunTable, groups: pd.DataFrame) -> Iterator[Check]:
    failed, finished = groups["n_failed"].to_numpy(), groups["n"].to_numpy()
    if not failed.any():
        return
    # With many groups, those without failures are told together.
    told = [len(failed) <= MAX_LISTED or bool(f) for f in failed]
    counts = ", ".join(
        f"{fmt.count(f)} of {fmt.count(f + n)} in {g}"
        for g, f, n, one in zip(groups["group"], failed, finished, told, strict=True)
        if one
    )
    if not all(told):
        counts += f", none in {fmt.plural(told.count(False), 'other group')}"
    pvalue, test = equal_rates(failed, finished, table.question)
    left_out = f"Failed runs are left out of the comparison: {counts}"
    matters = int(failed.sum()) >= FEW_FAILURES and (failed >= RARE * (failed + finished)).any()
    if pvalue <= table.question.alpha and matters:
        differ = (
            f"The rates differ ({test}, {fmt.pvalue_phrase(pvalue)}), so the finished runs are a selection"
        )
        yield "failures", "warning", f"{left_out}. {differ}."
    else:
        shown = "so few that the rest is hardly a selection" if pvalue <= table.question.alpha else ""
        rates = shown or "the rates are not shown to differ"
        yield "failures", "note", f"{left_out} ({rates}: {test}, {fmt.pvalue_phrase(pvalue)})."


def _left_out(table: RunTable) -> Iterator[Check]:
    """Name the groups too small to be tested, and where their run lies among those of the baseline."""
    baseline = table.groups[0]
    runs = table.runs.loc[table.runs["group"] == baseline, "value"].to_numpy()
    for lone in table.lone:
        failed = f" ({fmt.plural(lone.n_failed, 'failed run')})" if lone.n_failed else ""
        if lone.value is None:
            yield "left out", "warning", f"{lone.group} has no finished run{failed}: not tested."
            continue
        below, at = int((runs < lone.value).sum()), int((runs == lone.value).sum())
        equal = f" and equals {fmt.count(at)}" if at else ""
        yield (
            "left out",
            "warning",
            f"{lone.group} has 1 run{failed}, {fmt.number(lone.value, 6)}: no spread, not tested. It lies "
            f"above {fmt.count(below)}{equal} of the {fmt.count(len(runs))} runs of {baseline}.",
        )


def _copies(table: RunTable) -> Iterator[Check]:
    """Find groups that hold the same values for the same units: copied, or labelled twice."""
    if table.question.unit is None or table.runs["unit"].isna().any():
        return
    found: dict[tuple[bytes, bytes], list[str]] = {}
    for group, part in table.runs.groupby("group", observed=True, sort=False):
        ordered = part.sort_values(["unit", "value"], kind="stable")
        if len(ordered) > MAX_RUNS_BY_CHANCE and np.ptp(ordered["value"].to_numpy()) > 0:
            units = "\x00".join(ordered["unit"].astype(str)).encode()
            found.setdefault((units, ordered["value"].to_numpy().tobytes()), []).append(str(group))
    for groups in found.values():
        if len(groups) > 1:
            yield (
                "copies",
                "warning",
                f"{fmt.listing(groups)} hold the same values for the same {table.question.unit}: "
                "a copied or mislabelled group?",
            )


def _small_groups(groups: pd.DataFrame) -> Iterator[Check]:
    small = groups[groups["n"] < SMALL_GROUP]
    if not len(small):
        return
    counts = ", ".join(f"{g} ({n})" for g, n in zip(small["group"], small["n"], strict=True))
    sentence = f"Fewer than {SMALL_GROUP} runs in {counts}: only large differences can be found."
    if (small["n"] < FEW_FOR_MEDIANS).any():
        sentence += (
            f" Below {FEW_FOR_MEDIANS} runs the intervals of medians tend to be too narrow, "
            "and the ratio of spreads has none."
        )
    yield "small groups", "warning", sentence


def _constant_groups(groups: pd.DataFrame) -> Iterator[Check]:
    for group in groups.loc[groups["n_distinct"] == 1, "group"]:
        yield (
            "constant group",
            "warning",
            f"All runs of {group} have the same value: "
            "its spread is 0, and what divides by it is degenerate.",
        )


def _ties(groups: pd.DataFrame) -> Iterator[Check]:
    if (groups["n_distinct"] < groups["n"]).any():
        shown = groups if len(groups) <= MAX_LISTED else groups.nsmallest(1, "n_distinct")
        counts = ", ".join(
            f"{fmt.count(k)} distinct values in {fmt.count(n)} runs of {g}"
            for g, n, k in zip(shown["group"], shown["n"], shown["n_distinct"], strict=True)
        )
        if len(shown) < len(groups):
            n_tied = int((groups["n_distinct"] < groups["n"]).sum())
            counts = f"within {n_tied} of {len(groups)} groups, fewest: {counts}"
        yield (
            "ties",
            "note",
            f"Values repeat: {counts}. Rank tests and the primary test take the ties into account.",
        )


def _outliers(samples: Mapping[str, Counts]) -> Iterator[Check]:
    counts, flat = {}, []
    for group, sample in samples.items():
        if math.isinf(outer_fences(sample)[0]):
            flat.append(group)
            continue
        n = sample.n - without_outliers(sample).n
        if n:
            counts[group] = f"{fmt.count(n)} of {fmt.count(sample.n)} in {group}"
    far = f"more than {fmt.number(FENCE)} widths of the middle half away from it"
    if counts:
        yield (
            "outliers",
            "note",
            f"Values {far}: {', '.join(counts.values())}. All are kept; means and the spread feel them most.",
        )
    elif len(flat) < len(samples):
        yield "outliers", "passed", f"No {'other ' if flat else ''}value lies {far}."
    if flat:
        which = fmt.listing(flat) if len(flat) <= MAX_LISTED else f"{len(flat)} groups"
        told = f"Outliers are not looked for in {which}: the middle half is a single value."
        yield "outliers", "passed", told


def _modes(samples: Mapping[str, Counts], table: RunTable) -> Iterator[Check]:
    """Say which groups have more than one mode; of runs that are 0 or 1 that is no question."""
    found = modes(samples, table.question)
    if not found or all(np.isin(sample.values, (0, 1)).all() for sample in samples.values()):
        return
    apart = {group: p for group, p in found.items() if p <= table.question.alpha}
    limit = "The test sees neither where the kinds are nor a few runs apart from the rest."
    if not apart:
        over = "" if len(found) == 1 else f", Holm over {fmt.count(len(found))} groups"
        least = fmt.pvalue_phrase(min(found.values()))
        yield (
            "modes",
            "passed",
            f"No group shows more than one mode (Hartigan's dip, smallest {least}{over}); a few runs apart "
            "from the rest would not be seen.",
        )
        return
    named = [f"{group} ({fmt.pvalue_phrase(p)})" for group, p in apart.items()]
    more = f" and {len(named) - MAX_LISTED} more groups" if len(named) > MAX_LISTED else ""
    yield (
        "modes",
        "note",
        f"Runs fall into two kinds or more in {fmt.listing(named[:MAX_LISTED])}{more}, by Hartigan's dip: "
        f"the mean of such a group describes none of its runs. {limit}",
    )


def _drift(drifts: pd.DataFrame, table: RunTable) -> Iterator[Check]:
    if drifts.empty:
        return
    unit, found = table.question.unit, drifts[drifts["pvalue_adjusted"] <= DRIFT_ALPHA]
    if len(found):
        named = ", ".join(
            f"{group} (rank correlation {fmt.number(float(r), 2)}, {fmt.pvalue_phrase(float(p))})"
            for group, r, p in found[["group", "correlation", "pvalue_adjusted"]].itertuples(index=False)
        )
        yield (
            "drift",
            "warning",
            f"Values drift along {unit} in {named}: the runs may not be draws from one distribution.",
        )
    else:
        least = float(drifts["pvalue_adjusted"].min())
        groups = "any group" if len(drifts) > 1 else str(drifts["group"].iloc[0])
        smallest = f"smallest {fmt.pvalue_phrase(least)}, Holm over {len(drifts)} groups"
        yield (
            "drift",
            "passed",
            f"No drift along {unit} was shown in {groups} (rank correlations, {smallest}).",
        )


def _duplicates(table: RunTable) -> Iterator[Check]:
    duplicates = table.exclusions[table.exclusions["reason"].str.startswith("duplicate")]
    if len(duplicates):
        n = int(duplicates["n"].sum())
        rows = "row that repeats a run was" if n == 1 else "rows that repeat a run were"
        yield "duplicates", "note", f"{fmt.count(n)} {rows} removed; the first success was kept."


def _matching(pairs: tuple["PairComparison", ...], table: RunTable) -> Iterator[Check]:
    unit, declared = table.question.unit, table.question.paired is not None
    for pair in pairs:
        if pair.matched is None:
            continue
        groups = f"{pair.group_a} and {pair.group_b}"
        test = "" if table.question.primary in PAIRED_TESTS else f". {_INDEPENDENT}"
        seen = _seen_within_pairs(pair)
        if seen is not None:
            p = f"{fmt.pvalue_phrase(float(seen['pvalue_adjusted']))}, {seen['family']}"
            finding = (
                f"Within matched pairs of {groups} a secondary test finds a difference ({seen['label']}, {p})"
            )
            rest = "that the primary test does not: a reason to look at new runs, not a finding"
            yield "matched pairs", "warning", f"{finding} {rest}. There are {_within_pairs(pair)}{test}."
        elif declared:
            finding = f"Runs of {groups} with equal {unit} are taken as pairs, as --paired {unit} says"
            yield "matched pairs", "note", f"{finding}: {_within_pairs(pair)}{test}."
        else:
            finding = f"Runs of {groups} with equal {unit} start from the same weights"
            yield "matched pairs", "note", f"{finding}: {_within_pairs(pair)}{test}."


def _seen_within_pairs(pair: "PairComparison") -> "pd.Series | None":
    """Return the test of pairs, of the table of tests, that rejects where the verdict is no difference."""
    tests = pair.tests
    found = tests[tests["test"].isin(list(PAIRED_TESTS)) & (tests["rejected"] > tests["primary"])]
    if pair.verdict == "differs" or found.empty:
        return None
    return found.sort_values("pvalue_adjusted", kind="stable").iloc[0]


def _within_pairs(pair: "PairComparison") -> str:
    matched = pair.matched
    assert matched is not None
    parts = [f"{fmt.count(matched.n_pairs)} pairs"]
    unmatched = matched.n_unmatched_a + matched.n_unmatched_b
    if unmatched:
        parts.append(f"{fmt.count(unmatched)} runs without a partner")
    if matched.mean_difference_low is not None and matched.mean_difference_high is not None:
        low, high = matched.mean_difference_low, matched.mean_difference_high
        mean, low_text, high_text = fmt.with_ends(matched.mean_difference, low, high)
        difference = f"{pair.group_b} − {pair.group_a} is {mean} ({low_text} to {high_text})"
        parts.append(f"the mean difference {difference}")
    r, between = "undefined", ""
    if matched.correlation is not None and matched.low is not None and matched.high is not None:
        r, low_text, high_text = fmt.with_ends(matched.correlation, matched.low, matched.high)
        between = f" ({low_text} to {high_text})"
    elif matched.correlation is not None:
        r = fmt.number(matched.correlation, 2)
    parts.append(f"the correlation {r}{between}")
    if matched.precision_gain is not None:
        parts.append(f"as precise as {fmt.number(matched.precision_gain, 2)} times as many unpaired runs")
    return ", ".join(parts)
