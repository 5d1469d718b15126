"""What each method computes, as a formula."""

from collections.abc import Mapping
from typing import Any

# x are the runs of group a, y those of group b, N of both, m their means, F the share of runs at or below a
# value (those at it half for A²), H that of the pooled runs, h the share of the pooled runs at a value.
FORMULAS: dict[str, str] = {
    "ks": "D = max over v of |F_b(v) − F_a(v)|",
    "mann_whitney": "U = #{y > x} + ½ #{y = x} over all pairs of a run of a and one of b",
    "brunner_munzel": "W = (p − ½) / se(p), with p = P(b > a) + ½ P(b = a) from mean ranks",
    "welch_t": "t = (m_b − m_a) / √(s²_a / n_a + s²_b / n_b), Satterthwaite's degrees of freedom",
    "permutation_mean": "Δ = m_b − m_a; p = (1 + #{|Δ*| ≥ |Δ|}) / (1 + B) over B random splits",
    "anderson_darling": "A² = n_a n_b (N − 1) / N³ · Σ (F_a − F_b)² / (H (1 − H) − h / 4) over the pooled "
    "runs, H their F and h their share at a value; tied runs count half in F and H",
    "cramer_von_mises": "T = n_a n_b / (n_a + n_b)² · Σ (F_a − F_b)² over the pooled runs",
    "brown_forsythe": "F of an analysis of variance of |value − median of its group|",
    "wilcoxon": "V = sum of the ranks of |d| where d > 0",
    "paired_permutation": "Δ = mean of d; p = (1 + #{|Δ*| ≥ |Δ|}) / (1 + B) over B random choices of signs",
    "kruskal_wallis": "H = 12 / (N (N + 1)) · Σ R_i² / n_i − 3 (N + 1), divided by the correction for ties",
    "welch_anova": "F of the group means weighted by n_i / s²_i",
    "anderson_darling_k": "A² of every group against the pooled runs, summed; midranks",
    "mean_difference": "m_b − m_a",
    "median_difference": "median of b − median of a",
    "hodges_lehmann": "median of all differences y − x",
    "sd_ratio": "s_b / s_a",
    "cliffs_delta": "δ = P(b > a) − P(b < a)",
    "probability_of_superiority": "P(b > a) + ½ P(b = a)",
    "hedges_g": "g = (m_b − m_a) / s · Γ(df/2) / (√(df/2) Γ((df − 1)/2)), s the pooled sd, df = N − 2",
    "ks_distance": "max over v of |F_b(v) − F_a(v)|",
    "wasserstein": "W₁ = ∫ |F_b(v) − F_a(v)| dv",
    "paired_mean_difference": "mean of d",
    "paired_median_difference": "median of d",
    "paired_hodges_lehmann": "median of the Walsh averages (d_i + d_j) / 2",
    "paired_superiority": "P(d > 0) + ½ P(d = 0)",
    "paired_hedges_g": "mean of d / sd of d · Γ(df/2) / (√(df/2) Γ((df − 1)/2)), df = n − 1",
    "holm": "adjusted p_(i) = max over j ≤ i of min(1, (m − j + 1) p_(j))",
    "bh": "adjusted p_(i) = min over j ≥ i of min(1, m p_(j) / j)",
    "margin": "the larger of P(t ≤ (Δ − m) / se) and P(t ≥ (Δ + m) / se)",
    "shift": "θ_b(q) − θ_a(q), θ(q) the Harrell–Davis estimate of the quantile q",
    "best": "E[best of n] = Σ x_(i) (C(i, n) − C(i − 1, n)) / C(N, n)",
    "failures": "Newcombe's interval of the difference of shares, from two Wilson intervals",
    "tails": "Newcombe's interval of the difference of shares, from two Wilson intervals",
}

# Labels of what is neither a test nor an effect.
LABELS: dict[str, str] = {
    "holm": "Holm's adjustment",
    "bh": "Benjamini–Hochberg adjustment",
    "margin": "Two one-sided tests",
    "shift": "Shift function",
    "best": "Expected best of n",
    "failures": "Shares of failed runs",
    "tails": "Shares in the tails",
}


def of(model: Mapping[str, Any], used: set[str]) -> list[tuple[str, str, str]]:
    """Return (key, label, formula) of every method used, in the order of `FORMULAS`."""
    labels = LABELS | _labels(model)
    return [(key, labels.get(key, key), formula) for key, formula in FORMULAS.items() if key in used]


def _labels(model: Mapping[str, Any]) -> dict[str, str]:
    rows = [
        *model["omnibus"],
        *(row for pair in model["comparisons"] for row in (*pair["tests"], *pair["effects"])),
        *(row for pair in model["comparisons"] if pair["matched"] for row in pair["matched"]["effects"]),
    ]
    return {row.get("test") or row["effect"]: row["label"] for row in rows}
