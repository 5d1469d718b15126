"""The sources of the statistics, and which of them a report used."""

import re
from collections.abc import Iterable

from analyze.figures.catalogue import FIGURES
from analyze.results import Results

# work: (citation, address). DOIs without a scheme.
_WORKS: dict[str, tuple[str, str]] = {
    "allen_2019": (
        "Allen, Poggiali, Whitaker, Marshall & Kievit (2019), Raincloud plots: a multi-platform tool for "
        "robust data visualization, Wellcome Open Research 4, 63",
        "10.12688/wellcomeopenres.15191.2",
    ),
    "agresti_caffo_2000": (
        "Agresti & Caffo (2000), Simple and effective confidence intervals for proportions and differences "
        "of proportions result from adding two successes and two failures, American Statistician 54, 280–288",
        "10.1080/00031305.2000.10474560",
    ),
    "anderson_1962": (
        "Anderson (1962), On the distribution of the two-sample Cramér–von Mises criterion, Annals of "
        "Mathematical Statistics 33, 1148–1159",
        "10.1214/aoms/1177704477",
    ),
    "benjamini_hochberg_1995": (
        "Benjamini & Hochberg (1995), Controlling the false discovery rate: a practical and powerful "
        "approach to multiple testing, Journal of the Royal Statistical Society B 57, 289–300",
        "10.1111/j.2517-6161.1995.tb02031.x",
    ),
    "bickel_freedman_1981": (
        "Bickel & Freedman (1981), Some asymptotic theory for the bootstrap, Annals of Statistics 9, "
        "1196–1217",
        "10.1214/aos/1176345637",
    ),
    "brown_forsythe_1974": (
        "Brown & Forsythe (1974), Robust tests for the equality of variances, Journal of the American "
        "Statistical Association 69, 364–367",
        "10.1080/01621459.1974.10482955",
    ),
    "bonett_2006": (
        "Bonett (2006), Robust confidence interval for a ratio of standard deviations, Applied Psychological "
        "Measurement 30, 432–439",
        "10.1177/0146621605279551",
    ),
    "brunner_munzel_2000": (
        "Brunner & Munzel (2000), The nonparametric Behrens–Fisher problem: asymptotic theory and a "
        "small-sample approximation, Biometrical Journal 42, 17–25",
        "10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U",
    ),
    "cliff_1993": (
        "Cliff (1993), Dominance statistics: ordinal analyses to answer ordinal questions, "
        "Psychological Bulletin 114, 494–509",
        "10.1037/0033-2909.114.3.494",
    ),
    "clopper_pearson_1934": (
        "Clopper & Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the "
        "binomial, Biometrika 26, 404–413",
        "10.1093/biomet/26.4.404",
    ),
    "cumming_finch_2001": (
        "Cumming & Finch (2001), A primer on the understanding, use, and calculation of confidence intervals "
        "that are based on central and noncentral distributions, Educational and Psychological Measurement "
        "61, 532–574",
        "10.1177/0013164401614002",
    ),
    "davison_hinkley_1997": (
        "Davison & Hinkley (1997), Bootstrap Methods and their Application, Cambridge University Press",
        "",
    ),
    "dodge_2019": (
        "Dodge, Gururangan, Card, Schwartz & Smith (2019), Show your work: improved reporting of "
        "experimental results, arXiv 1909.03004",
        "10.48550/arXiv.1909.03004",
    ),
    "fisher_1935": ("Fisher (1935), The Design of Experiments, Oliver & Boyd", ""),
    "freedman_diaconis_1981": (
        "Freedman & Diaconis (1981), On the histogram as a density estimator, Zeitschrift für "
        "Wahrscheinlichkeitstheorie 57, 453–476",
        "10.1007/BF01025868",
    ),
    "hall_1988": (
        "Hall (1988), Theoretical comparison of bootstrap confidence intervals, Annals of Statistics 16, "
        "927–953",
        "10.1214/aos/1176350933",
    ),
    "harrell_davis_1982": (
        "Harrell & Davis (1982), A new distribution-free quantile estimator, Biometrika 69, 635–640",
        "10.1093/biomet/69.3.635",
    ),
    "hedges_1981": (
        "Hedges (1981), Distribution theory for Glass's estimator of effect size and related estimators, "
        "Journal of Educational Statistics 6, 107–128",
        "10.3102/10769986006002107",
    ),
    "ho_2019": (
        "Ho, Tumkaya, Aryal, Choi & Claridge-Chang (2019), Moving beyond P values: data analysis with "
        "estimation graphics, Nature Methods 16, 565–566",
        "10.1038/s41592-019-0470-3",
    ),
    "hollander_2014": (
        "Hollander, Wolfe & Chicken (2014), Nonparametric Statistical Methods, 3rd edition, Wiley",
        "10.1002/9781119196037",
    ),
    "holm_1979": (
        "Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of "
        "Statistics 6, 65–70",
        "",
    ),
    "hyndman_fan_1996": (
        "Hyndman & Fan (1996), Sample quantiles in statistical packages, The American Statistician 50, "
        "361–365",
        "10.1080/00031305.1996.10473566",
    ),
    "kay_2016": (
        "Kay, Kola, Hullman & Munson (2016), When (ish) is my bus? User-centered visualizations of "
        "uncertainty in everyday, mobile predictive systems, Proceedings of CHI, 5092–5103",
        "10.1145/2858036.2858558",
    ),
    "kruskal_wallis_1952": (
        "Kruskal & Wallis (1952), Use of ranks in one-criterion variance analysis, Journal of the American "
        "Statistical Association 47, 583–621",
        "10.1080/01621459.1952.10483441",
    ),
    "mandel_betensky_2008": (
        "Mandel & Betensky (2008), Simultaneous confidence intervals based on the percentile bootstrap "
        "approach, Computational Statistics & Data Analysis 52, 2158–2165",
        "10.1016/j.csda.2007.07.005",
    ),
    "mann_whitney_1947": (
        "Mann & Whitney (1947), On a test of whether one of two random variables is stochastically "
        "larger than the other, Annals of Mathematical Statistics 18, 50–60",
        "10.1214/aoms/1177730491",
    ),
    "massart_1990": (
        "Massart (1990), The tight constant in the Dvoretzky–Kiefer–Wolfowitz inequality, Annals of "
        "Probability 18, 1269–1283",
        "10.1214/aop/1176990746",
    ),
    "miller_1968": (
        "Miller (1968), Jackknifing variances, Annals of Mathematical Statistics 39, 567–582",
        "10.1214/aoms/1177698318",
    ),
    "neubert_brunner_2007": (
        "Neubert & Brunner (2007), A studentized permutation test for the non-parametric Behrens–Fisher "
        "problem, Computational Statistics & Data Analysis 51, 5192–5204",
        "10.1016/j.csda.2006.05.024",
    ),
    "newcombe_1998": (
        "Newcombe (1998), Interval estimation for the difference between independent proportions: comparison "
        "of eleven methods, Statistics in Medicine 17, 873–890",
        "10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I",
    ),
    "phipson_smyth_2010": (
        "Phipson & Smyth (2010), Permutation p-values should never be zero, Statistical Applications in "
        "Genetics and Molecular Biology 9, 39",
        "10.2202/1544-6115.1585",
    ),
    "pratt_1959": (
        "Pratt (1959), Remarks on zeros and ties in the Wilcoxon signed rank procedures, Journal of the "
        "American Statistical Association 54, 655–667",
        "10.1080/01621459.1959.10501526",
    ),
    "rousselet_2017": (
        "Rousselet, Pernet & Wilcox (2017), Beyond differences in means: robust graphical methods to compare "
        "two groups in neuroscience, European Journal of Neuroscience 46, 1738–1748",
        "10.1111/ejn.13610",
    ),
    "scholz_stephens_1987": (
        "Scholz & Stephens (1987), K-sample Anderson–Darling tests, Journal of the American Statistical "
        "Association 82, 918–924",
        "10.1080/01621459.1987.10478517",
    ),
    "schroeer_trenkler_1995": (
        "Schröer & Trenkler (1995), Exact and randomization distributions of Kolmogorov–Smirnov tests "
        "two or three samples, Computational Statistics & Data Analysis 20, 185–202",
        "10.1016/0167-9473(94)00040-P",
    ),
    "schuirmann_1987": (
        "Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach, "
        "Journal of Pharmacokinetics and Biopharmaceutics 15, 657–680",
        "10.1007/BF01068419",
    ),
    "silverman_1986": (
        "Silverman (1986), Density Estimation for Statistics and Data Analysis, Chapman and Hall",
        "",
    ),
    "tang_2020": (
        "Tang, Lee, Xin, Liu, Yu & Lin (2020), Showing your work doesn't always work, arXiv 2004.13705",
        "10.48550/arXiv.2004.13705",
    ),
    "tango_1998": (
        "Tango (1998), Equivalence test and confidence interval for the difference in proportions for the "
        "paired-sample design, Statistics in Medicine 17, 891–908",
        "10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B",
    ),
    "thompson_1936": (
        "Thompson (1936), On confidence ranges for the median and other expectation distributions for "
        "populations of unknown distribution form, Annals of Mathematical Statistics 7, 122–128",
        "10.1214/aoms/1177732502",
    ),
    "spearman_1904": (
        "Spearman (1904), The proof and measurement of association between two things, American Journal of "
        "Psychology 15, 72–101",
        "10.2307/1412159",
    ),
    "tukey_1977": ("Tukey (1977), Exploratory Data Analysis, Addison-Wesley", ""),
    "welch_1947": (
        "Welch (1947), The generalization of ‘Student’s’ problem when several different population "
        "variances are involved, Biometrika 34, 28–35",
        "10.1093/biomet/34.1-2.28",
    ),
    "welch_1951": (
        "Welch (1951), On the comparison of several mean values: an alternative approach, Biometrika 38, "
        "330–336",
        "10.1093/biomet/38.3-4.330",
    ),
    "wilson_1927": (
        "Wilson (1927), Probable inference, the law of succession, and statistical inference, Journal of the "
        "American Statistical Association 22, 209–212",
        "10.1080/01621459.1927.10502953",
    ),
    "zou_donner_2008": (
        "Zou & Donner (2008), Construction of confidence intervals about effect measures: a general "
        "approach, Statistics in Medicine 27, 1693–1702",
        "10.1002/sim.3095",
    ),
}

# A test, an effect, an adjustment or a table of the report: works that it rests on. Figures name their own.
SOURCES: dict[str, tuple[str, ...]] = {
    "ks": ("schroeer_trenkler_1995",),
    "mann_whitney": ("mann_whitney_1947",),
    "brunner_munzel": ("brunner_munzel_2000",),
    "welch_t": ("welch_1947",),
    "permutation_mean": ("phipson_smyth_2010",),
    "anderson_darling": ("scholz_stephens_1987",),
    "cramer_von_mises": ("anderson_1962",),
    "brown_forsythe": ("brown_forsythe_1974",),
    "wilcoxon": ("pratt_1959",),
    "paired_permutation": ("fisher_1935",),
    "kruskal_wallis": ("kruskal_wallis_1952",),
    "welch_anova": ("welch_1951",),
    "anderson_darling_k": ("scholz_stephens_1987",),
    "mean_difference": ("welch_1947",),
    "median_difference": ("hyndman_fan_1996", "davison_hinkley_1997"),
    "hodges_lehmann": ("hollander_2014",),
    "sd_ratio": ("miller_1968",),
    "cliffs_delta": ("cliff_1993", "brunner_munzel_2000"),
    "probability_of_superiority": ("brunner_munzel_2000",),
    "hedges_g": ("hedges_1981", "cumming_finch_2001"),
    "wasserstein": ("welch_1947",),
    "paired_mean_difference": ("davison_hinkley_1997",),
    "paired_median_difference": ("thompson_1936",),
    "paired_hodges_lehmann": ("hollander_2014",),
    "paired_superiority": ("tango_1998",),
    "paired_hedges_g": ("hedges_1981", "cumming_finch_2001"),
    "holm": ("holm_1979",),
    "bh": ("benjamini_hochberg_1995",),
    "margin": ("schuirmann_1987",),
    "outliers": ("tukey_1977",),
    "drift": ("spearman_1904",),
    "ecdf difference": ("bickel_freedman_1981",),
    "shift": ("rousselet_2017", "harrell_davis_1982", "mandel_betensky_2008"),
    "best": ("tang_2020", "dodge_2019", "zou_donner_2008", "mandel_betensky_2008"),
    "failures": ("newcombe_1998", "wilson_1927"),
    "calibration": ("clopper_pearson_1934",),
}

# A word in the `method` of some test or effect: the work behind it.
_BY_METHOD = {
    "Agresti–Caffo": "agresti_caffo_2000",
    "Bonett": "bonett_2006",
    "studentised bootstrap": "hall_1988",
    "studentised permutation": "neubert_brunner_2007",
    "random splits": "phipson_smyth_2010",
    "random signs": "phipson_smyth_2010",
}


def of(model: Results) -> tuple[tuple[str, str], ...]:
    """Return (citation, address) of every work that the model used, sorted by author."""
    works = {work for key in used(model) for work in SOURCES.get(key, ())}
    works |= {work for figure in model.figures for work in FIGURES[figure.figure].sources}
    methods = [row.method for rows in model.methods() for row in rows]
    works |= {work for word, work in _BY_METHOD.items() if any(word in method for method in methods)}
    cited = sorted(_WORKS[work] for work in works)
    return tuple((text, f"https://doi.org/{doi}" if doi else "") for text, doi in cited)


def cite(keys: Iterable[str]) -> str:
    """Return the works behind methods as a sentence cites them, led by a space; nothing without any.

    Examples
    --------
    >>> cite(["holm", "failures"]), cite(["best"])[:19], cite([])
    (' (Holm 1979; Newcombe 1998; Wilson 1927)', ' (Tang et al. 2020;', '')
    """
    works = dict.fromkeys(work for key in keys for work in SOURCES.get(key, ()))
    names = [_short(_WORKS[work][0]) for work in works]
    return f" ({'; '.join(names)})" if names else ""


def _short(citation: str) -> str:
    """Turn "A, B & C (1999), Title" into "A et al. 1999"."""
    authors, _, rest = citation.partition(" (")
    first, *others = re.split(r", | & ", authors)
    name = first if not others else f"{first} & {others[0]}" if len(others) == 1 else f"{first} et al."
    return f"{name} {rest[:4]}"


def used(model: Results) -> set[str]:
    """Return the keys of all tests, effects and tables that the report shows or writes."""
    pairs = model.comparisons
    tests, effects = model.methods()
    found = {t.test for t in tests} | {e.effect for e in effects} | {"best", model.question.adjust}
    conditions = {
        "shift": any(pair.where.shift for pair in pairs),
        "margin": model.question.margin is not None,
        "ecdf difference": any("difference" in figure.tables for figure in model.figures),
        "failures": any(pair.failures for pair in pairs),
        "calibration": bool(model.calibration),
        "outliers": any(check.check == "outliers" for check in model.checks),
        "drift": bool(model.drift),
    }
    return found | {key for key, holds in conditions.items() if holds}
