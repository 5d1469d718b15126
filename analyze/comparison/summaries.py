"""Groups of which only n, mean and standard deviation are known: Welch's test and interval, and no more."""

import math
from itertools import combinations

import pandas as pd
from scipy import special

from analyze.comparison.adjustment import adjust
from analyze.question import Question
from analyze.table.summaries import Summaries


def compare_summaries(summaries: Summaries, question: Question) -> pd.DataFrame:
    """Compare all pairs of groups, or all with the baseline, by Welch's t test.

    Welch 1947, doi 10.1093/biomet/34.1-2.28; degrees of freedom of Satterthwaite 1946,
    doi 10.2307/3002019.

    Returns
    -------
    DataFrame
        ``group_a``, ``group_b``, ``difference`` (b − a), ``low``, ``high``, ``statistic``, ``df``,
        ``pvalue``, ``pvalue_adjusted``; with two constant groups the p-value is 0 or 1.
    """
    groups = summaries.groups.set_index("group")
    names = list(groups.index)
    if question.baseline is None:
        pairs = list(combinations(names, 2))
    else:
        pairs = [(question.baseline, name) for name in names if name != question.baseline]
    rows = [
        {"group_a": a, "group_b": b} | welch_from_summaries(groups.loc[a], groups.loc[b], question.confidence)
        for a, b in pairs
    ]
    table = pd.DataFrame(rows)
    return table.assign(pvalue_adjusted=adjust(table["pvalue"].tolist(), question.adjust))


def welch_from_summaries(a: pd.Series, b: pd.Series, confidence: float) -> dict[str, float]:
    """Return Welch's test and interval of b − a from ``n``, ``mean`` and ``sd`` of two groups."""
    va, vb = a["sd"] ** 2 / a["n"], b["sd"] ** 2 / b["n"]
    difference, se = float(b["mean"] - a["mean"]), math.sqrt(va + vb)
    if se == 0:
        pvalue = 1.0 if difference == 0 else 0.0
        statistic = math.nan if difference == 0 else math.copysign(math.inf, difference)
        return {
            "difference": difference, "low": difference, "high": difference, "statistic": statistic,
            "df": math.nan, "pvalue": pvalue,
        }  # fmt: skip
    df = (va + vb) ** 2 / (va**2 / (a["n"] - 1) + vb**2 / (b["n"] - 1))
    reach = float(special.stdtrit(df, (1 + confidence) / 2)) * se
    return {
        "difference": difference,
        "low": difference - reach,
        "high": difference + reach,
        "statistic": difference / se,
        "df": float(df),
        "pvalue": 2 * float(special.stdtr(df, -abs(difference) / se)),
    }
