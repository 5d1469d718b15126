"""The sources of the statistics, and which of them a report used."""

from collections.abc import Mapping
from typing import Any

# key: (citation, DOI). The key is a test, an effect, a figure, an adjustment, or a named ingredient.
_SOURCES: dict[str, tuple[str, str]] = {
    "ks": (
        "Schröer & Trenkler (1995), Exact and randomization distributions of Kolmogorov–Smirnov tests "
        "two or three samples, Computational Statistics & Data Analysis 20, 185–202",
        "10.1016/0167-9473(94)00040-P",
    ),
    "mann_whitney": (
        "Mann & Whitney (1947), On a test of whether one of two random variables is stochastically "
        "larger than the other, Annals of Mathematical Statistics 18, 50–60",
        "10.1214/aoms/1177730491",
    ),
    "welch_t": (
        "Welch (1947), The generalization of ‘Student’s’ problem when several different population "
        "variances are involved, Biometrika 34, 28–35",
        "10.1093/biomet/34.1-2.28",
    ),
    "permutation_mean": (
        "Phipson & Smyth (2010), Permutation p-values should never be zero, Statistical Applications in"
        " Genetics and Molecular Biology 9, 39",
        "10.2202/1544-6115.1585",
    ),
    "brown_forsythe": (
        "Brown & Forsythe (1974), Robust tests for the equality of variances, Journal of the American "
        "Statistical Association 69, 364–367",
        "10.1080/01621459.1974.10482955",
    ),
    "kruskal_wallis": (
        "Kruskal & Wallis (1952), Use of ranks in one-criterion variance analysis, Journal of the American "
        "Statistical Association 47, 583–621",
        "10.1080/01621459.1952.10483441",
    ),
    "cliffs_delta": (
        "Cliff (1993), Dominance statistics: ordinal analyses to answer ordinal questions, "
        "Psychological Bulletin 114, 494–509",
        "10.1037/0033-2909.114.3.494",
    ),
    "probability_of_superiority": (
        "Brunner & Munzel (2000), The nonparametric Behrens–Fisher problem, Biometrical Journal 42, 17–25",
        "10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U",
    ),
    "bootstrap": (
        "Efron (1987), Better bootstrap confidence intervals, Journal of the American Statistical "
        "Association 82, 171–185",
        "10.1080/01621459.1987.10478410",
    ),
    "holm": (
        "Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of "
        "Statistics 6, 65–70",
        "",
    ),
    "margin": (
        "Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach, "
        "Journal of Pharmacokinetics and Biopharmaceutics 15, 657–680",
        "10.1007/BF01068419",
    ),
    "distributions": (
        "Freedman & Diaconis (1981), On the histogram as a density estimator, Zeitschrift für "
        "Wahrscheinlichkeitstheorie 57, 453–476",
        "10.1007/BF01025868",
    ),
    "density": (
        "Silverman (1986), Density Estimation for Statistics and Data Analysis, Chapman and Hall",
        "",
    ),
    "ecdf": (
        "Massart (1990), The tight constant in the Dvoretzky–Kiefer–Wolfowitz inequality, Annals of "
        "Probability 18, 1269–1283",
        "10.1214/aop/1176990746",
    ),
    "difference_band": (
        "Wei & Dudley (2012), Two-sample Dvoretzky–Kiefer–Wolfowitz inequalities, Statistics & "
        "Probability Letters 82, 636–644",
        "10.1016/j.spl.2011.11.012",
    ),
}


def of(model: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return (citation, address) of every method that the model used, sorted by author."""
    figures = {f["figure"] for f in model["figures"]}
    used = {t["test"] for c in model["comparisons"] for t in c["tests"]}
    used |= {e["effect"] for c in model["comparisons"] for e in c["effects"]}
    used |= {o["test"] for o in model["omnibus"]} | figures | {model["question"]["adjust"]}
    methods = " ".join(e["method"].lower() for c in model["comparisons"] for e in c["effects"])
    conditions = {
        "bootstrap": "bootstrap" in methods or "bca" in methods,
        "margin": model["question"]["margin"] is not None,
        "density": "distributions" in figures,
        "difference_band": "ecdf" in figures and len(model["groups"]) > 1,
    }
    used |= {key for key, holds in conditions.items() if holds}
    cited = sorted(_SOURCES[key] for key in used & _SOURCES.keys())
    return tuple((text, f"https://doi.org/{doi}" if doi else "") for text, doi in cited)
