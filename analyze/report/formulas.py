"""Every method of a report: what it computes, as a formula, and the works that it rests on."""

from collections.abc import Iterator
from dataclasses import dataclass

from analyze.results import Results
from analyze.stats.effects import EFFECT_SIZES
from analyze.stats.method import EffectSize, Test
from analyze.stats.omnibus import OMNIBUS_TESTS
from analyze.stats.paired_effects import PAIRED_EFFECT_SIZES
from analyze.stats.paired_tests import PAIRED_TESTS
from analyze.stats.two_sample import TWO_SAMPLE_TESTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What is neither a test nor an effect; without a formula it is cited, but not listed."""

    label: str = ""
    formula: str = ""
    sources: tuple[str, ...]


OTHERS: dict[str, Method] = {
    "holm": Method(
        label="Holm's adjustment",
        formula="adjusted p_(i) = max over j ≤ i of min(1, (m − j + 1) p_(j))",
        sources=("holm_1979",),
    ),
    "bh": Method(
        label="Benjamini–Hochberg adjustment",
        formula="adjusted p_(i) = min over j ≥ i of min(1, m p_(j) / j)",
        sources=("benjamini_hochberg_1995",),
    ),
    "margin": Method(
        label="Two one-sided tests",
        formula="the larger of P(t ≤ (Δ − m) / se) and P(t ≥ (Δ + m) / se)",
        sources=("schuirmann_1987",),
    ),
    "shift": Method(
        label="Shift function",
        formula="θ_b(q) − θ_a(q), θ(q) the Harrell–Davis estimate of the quantile q",
        sources=("rousselet_2017", "harrell_davis_1982", "mandel_betensky_2008"),
    ),
    "best": Method(
        label="Expected best of n",
        formula="E[best of n] = Σ x_(i) (C(i, n) − C(i − 1, n)) / C(N, n)",
        sources=("tang_2020", "dodge_2019", "zou_donner_2008", "mandel_betensky_2008"),
    ),
    "failures": Method(
        label="Shares of failed runs",
        formula="Newcombe's interval of the difference of shares, from two Wilson intervals",
        sources=("newcombe_1998", "wilson_1927"),
    ),
    "scope": Method(
        label="Difference on new examples",
        formula="d ± t √(var(d_i) / m + S²_a / n_a + S²_b / n_b), d_i that of example i; of twins S² / n",
        sources=("hillis_2007",),
    ),
    "spread": Method(
        label="Spread that is real",
        formula="S² = m / (m − 1) (V − W / m), V the variance of accuracy, W the mean variance of an example",
        sources=("jordan_2024",),
    ),
    "functions": Method(
        label="Energy distance of functions",
        formula=(
            "2 mean r(a, b) − mean r(a, a) − mean r(b, b), r the root of the examples answered differently"
        ),
        sources=("szekely_rizzo_2013",),
    ),
    "consistency": Method(
        label="Error consistency",
        formula="κ = (c − e) / (1 − e), c the share of examples that both or none get right, e by chance",
        sources=("geirhos_2020",),
    ),
    "dip": Method(
        label="Dip",
        formula="the least distance of F from a distribution function with one mode",
        sources=("hartigan_1985",),
    ),
    "ranks": Method(
        label="Ranks with confidence",
        formula="1 + groups told apart above … groups − those below, by the largest |d| / se of all pairs",
        sources=("mogstad_2023", "romano_wolf_2005"),
    ),
    "van_elteren": Method(
        label="Van Elteren's test",
        formula="Σ W / (N + 1) over tasks, W the rank sum of b among the N runs of a task",
        sources=("van_elteren_1960",),
    ),
    "ecdf difference": Method(sources=("bickel_freedman_1981",)),
    "outliers": Method(sources=("tukey_1977",)),
    "drift": Method(sources=("spearman_1904",)),
    "calibration": Method(sources=("clopper_pearson_1934",)),
}


def methods() -> dict[str, Method | Test[object] | EffectSize]:
    """Return every method by its key, in the order of the report."""
    tests = {**TWO_SAMPLE_TESTS, **PAIRED_TESTS, **OMNIBUS_TESTS}
    return {**tests, **EFFECT_SIZES, **PAIRED_EFFECT_SIZES, **OTHERS}


def used(results: Results) -> set[str]:
    """Return the keys of all methods behind what the report shows or writes."""
    pairs = results.comparisons
    tests, effects = results.methods()
    conditions = {
        "shift": any(pair.where and pair.where.shift for pair in pairs),
        "best": any(pair.where for pair in pairs),
        "margin": results.question.margin is not None,
        "ecdf difference": any("difference" in figure.tables for figure in results.figures),
        "failures": any(pair.failures for pair in pairs),
        "calibration": bool(results.calibration),
        "outliers": any(check.check == "outliers" for check in results.checks),
        "drift": bool(results.drift),
        "scope": any(pair.scope for pair in pairs),
        "spread": any(group.spread for group in results.groups),
        "functions": any(pair.functions for pair in pairs),
        "consistency": any(group.functions for group in results.groups),
        "ranks": results.ranking is not None,
        "dip": any(check.check == "modes" for check in results.checks)
        or any(group.functions and group.functions.dip for group in results.groups),
    }
    found = {t.test for t in tests} | {e.effect for e in effects} | {results.question.adjust}
    return found | {key for key, holds in conditions.items() if holds}


def formulas(results: Results) -> Iterator[tuple[str, str, str]]:
    """Yield (key, label, formula) of every method used, in the order of `methods`."""
    tests, effects = results.methods()
    labels = {t.test: t.label for t in tests} | {e.effect: e.label for e in effects}
    keys = used(results)
    for key, method in methods().items():
        if key in keys and method.formula:
            yield key, method.label if isinstance(method, Method) else labels[key], method.formula
