"""Compare the groups of a run table: effects, tests, adjusted p-values and verdicts in one `Comparison`."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analyze import verdict as wording
from analyze.checks import run_checks
from analyze.effects import EffectResult, effect_sizes
from analyze.matching import MatchedPairs, match_pairs
from analyze.question import Question
from analyze.resampling import Floats, stream
from analyze.table import RunTable
from analyze.two_sample import TWO_SAMPLE_TESTS, TwoSampleResult, ks_minimum_pvalue, welch
from analyze.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PairComparison:
    """Two groups compared. Differences are b − a.

    ``tests`` holds the fields of `TwoSampleResult` and ``pvalue_adjusted``, ``primary``, ``rejected``;
    ``effects`` those of `EffectResult`. ``minimum_pvalue`` is the smallest p-value of the primary test
    that these sizes and ties allow; ``margin_pvalue`` that of the two one-sided tests, if a margin was
    stated.
    """

    group_a: str
    group_b: str
    n_a: int
    n_b: int
    verdict: Verdict
    sentence: str
    detail: str
    tests: pd.DataFrame
    effects: pd.DataFrame
    matched: MatchedPairs | None
    minimum_pvalue: float
    detectable_difference: float
    margin_pvalue: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All that was computed for a question: tidy tables and, for each pair, a verdict."""

    question: Question
    verdict: Verdict
    sentence: str
    detail: str
    scope: str
    groups: pd.DataFrame
    pairs: tuple[PairComparison, ...]
    omnibus: pd.DataFrame
    checks: pd.DataFrame


def compare(table: RunTable) -> Comparison:
    """Compare all pairs of groups, or all groups with the baseline if one was named.

    The verdict is that of the primary test, whose p-values are adjusted by Holm's method over the pairs;
    with one pair it stands as it is. The other tests are secondary: their p-values are adjusted
    over all tests of all pairs.

    Parameters
    ----------
    table : RunTable
        From `analyze.table.read`.

    Returns
    -------
    Comparison
    """
    samples = {g: table.runs.loc[table.runs["group"] == g, "value"].to_numpy() for g in table.groups}
    names = _pairs(table.groups, table.question.baseline)
    tests = _adjusted([_test(samples, pair, table.question) for pair in names], table.question)
    minimum = [ks_minimum_pvalue(samples[a], samples[b]) for a, b in names]
    pairs = tuple(
        _compare_pair(pair, samples, table, test, least, least_adjusted, n_pairs=len(names))
        for pair, test, least, least_adjusted in zip(names, tests, minimum, holm(minimum), strict=True)
    )
    verdict, sentence, detail = _answer(pairs)
    groups = summarise(table)
    return Comparison(
        question=table.question,
        verdict=verdict,
        sentence=sentence,
        detail=detail,
        scope=wording.scope_sentence(
            n_test=table.n_test, mean=float(table.runs["value"].mean()), value=table.question.value
        ),
        groups=groups,
        pairs=pairs,
        omnibus=_omnibus([samples[g] for g in table.groups]),
        checks=run_checks(table, groups, pairs),
    )


def _pairs(groups: tuple[str, ...], baseline: str | None) -> list[tuple[str, str]]:
    if baseline is None:
        return list(combinations(groups, 2))
    return [(baseline, group) for group in groups if group != baseline]


def _test(samples: dict[str, Floats], pair: tuple[str, str], question: Question) -> list[TwoSampleResult]:
    a, b = pair
    return [
        test(samples[a], samples[b], rng=stream(question.seed, name, a, b), n_resamples=question.resamples)
        for name, test in TWO_SAMPLE_TESTS.items()
    ]


def _adjusted(results: list[list[TwoSampleResult]], question: Question) -> list[pd.DataFrame]:
    rows = pd.DataFrame([asdict(r) | {"pair": i} for i, tests in enumerate(results) for r in tests])
    primary = rows["test"] == question.primary
    rows["pvalue_adjusted"] = holm(rows["pvalue"].to_numpy())
    # the primary test is named in advance, so the secondary ones take nothing from it
    rows.loc[primary, "pvalue_adjusted"] = holm(rows.loc[primary, "pvalue"].to_numpy())
    rows["primary"] = primary
    rows["rejected"] = rows["pvalue_adjusted"] <= question.alpha
    return [part.drop(columns="pair").reset_index(drop=True) for _, part in rows.groupby("pair")]


def holm(pvalues: npt.ArrayLike) -> Floats:
    """Adjust p-values by the method of Holm (1979).

    Examples
    --------
    R: ``p.adjust(c(0.01, 0.04, 0.03), "holm")``

    >>> holm([0.01, 0.04, 0.03]).round(12).tolist()
    [0.03, 0.06, 0.06]
    """
    adjusted: Floats = multipletests(np.asarray(pvalues, dtype=np.float64), method="holm")[1]
    return adjusted


def _compare_pair(
    pair: tuple[str, str],
    samples: dict[str, Floats],
    table: RunTable,
    tests: pd.DataFrame,
    minimum_pvalue: float,
    minimum_adjusted: float,
    *,
    n_pairs: int,
) -> PairComparison:
    a, b = pair
    effects = _effects(samples, pair, table.question)
    primary = tests[tests["primary"]].iloc[0]
    evidence = _evidence(pair, samples, table, effects, primary, minimum_adjusted, n_pairs=n_pairs)
    return PairComparison(
        group_a=a,
        group_b=b,
        n_a=len(samples[a]),
        n_b=len(samples[b]),
        verdict=wording.pair_verdict(evidence),
        sentence=wording.pair_sentence(evidence),
        detail=wording.pair_detail(evidence),
        tests=tests,
        effects=pd.DataFrame([asdict(e) for e in effects.values()]),
        matched=match_pairs(table, a, b),
        minimum_pvalue=minimum_pvalue,
        detectable_difference=evidence.detectable_difference,
        margin_pvalue=evidence.margin_pvalue,
    )


def _effects(
    samples: dict[str, Floats], pair: tuple[str, str], question: Question
) -> dict[str, EffectResult]:
    a, b = pair
    results = effect_sizes(
        samples[a],
        samples[b],
        rng_x=stream(question.seed, "bootstrap", a),
        rng_y=stream(question.seed, "bootstrap", b),
        n_resamples=question.resamples,
        confidence_level=question.confidence,
        unit=question.value,
    )
    return {result.effect: result for result in results}


def _evidence(
    pair: tuple[str, str],
    samples: dict[str, Floats],
    table: RunTable,
    effects: dict[str, EffectResult],
    primary: pd.Series,
    minimum_adjusted: float,
    *,
    n_pairs: int,
) -> wording.Evidence:
    question, (a, b) = table.question, pair
    difference, se, df = welch(samples[a], samples[b])
    margin = question.margin

    def triple(name: str) -> wording.Effect:
        return effects[name].estimate, effects[name].low, effects[name].high

    return wording.Evidence(
        value=question.value,
        group_a=a,
        group_b=b,
        n_a=len(samples[a]),
        n_b=len(samples[b]),
        n_pairs=n_pairs,
        statistic=float(primary["statistic"]),
        pvalue=float(primary["pvalue_adjusted"]),
        minimum_pvalue=minimum_adjusted,
        confidence=question.confidence,
        alpha=question.alpha,
        margin=margin,
        margin_pvalue=None if margin is None else wording.margin_pvalue(difference, se, df, margin=margin),
        # the level that Holm's method asks of the smallest p-value, so that the claim holds in the family
        detectable_difference=wording.detectable_difference(se, df, alpha=question.alpha / n_pairs),
        mean_difference=triple("mean_difference"),
        sd_ratio=triple("sd_ratio"),
        superiority=triple("probability_of_superiority"),
        n_test=table.n_test,
    )


def _answer(pairs: tuple[PairComparison, ...]) -> tuple[Verdict, str, str]:
    if len(pairs) == 1:
        return pairs[0].verdict, pairs[0].sentence, pairs[0].detail
    verdict, sentence = wording.overall([(p.group_a, p.group_b, p.verdict) for p in pairs])
    return verdict, sentence, "Each pair's own sentence and effects follow below."


def summarise(table: RunTable) -> pd.DataFrame:
    """Describe each group by location and spread, one row per group.

    Returns
    -------
    DataFrame
        ``group``, ``n``, ``n_failed``, ``n_distinct``, ``mean``, ``sd``, ``se``, ``median``, ``q25``,
        ``q75``, ``iqr``, ``min``, ``max``.
    """
    records = []
    for group in table.groups:
        x = table.runs.loc[table.runs["group"] == group, "value"].to_numpy()
        q25, median, q75 = np.quantile(x, [0.25, 0.5, 0.75])
        sd = float((x - x[0]).std(ddof=1))
        records.append(
            {
                "group": group,
                "n": len(x),
                "n_failed": table.n_failed[group],
                "n_distinct": len(np.unique(x)),
                "mean": float((x - x[0]).mean() + x[0]),
                "sd": sd,
                "se": sd / math.sqrt(len(x)),
                "median": float(median),
                "q25": float(q25),
                "q75": float(q75),
                "iqr": float(q75 - q25),
                "min": float(x.min()),
                "max": float(x.max()),
            }
        )
    return pd.DataFrame(records)


def _omnibus(samples: Sequence[Floats]) -> pd.DataFrame:
    columns = ["test", "label", "hypothesis", "statistic", "pvalue", "method"]
    if len(samples) <= 2:
        return pd.DataFrame(columns=columns)
    result = stats.kruskal(*samples)
    row = (
        "kruskal_wallis",
        "Kruskal–Wallis",
        "all distributions are equal, judged by ranks",
        float(result.statistic),
        float(result.pvalue),
        f"χ² approximation with {len(samples) - 1} df, tie-corrected",
    )
    return pd.DataFrame([row], columns=columns)
