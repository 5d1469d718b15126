"""How many runs are needed, judged by the spread and the ties of runs that are there already.

One group's own distribution, smoothed, is taken as that of both groups, and shifted by the difference in
question for the second. Welch's test has a formula; the rank tests are simulated on counts of values.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from analyze import text as fmt
from analyze.stats.resampling import CHUNK_CELLS, Counts, Floats, Ints, tabulate
from analyze.stats.smoothing import expected_blocks, shifted, smooth
from analyze.stats.two_sample import null_distributions as exact
from analyze.stats.two_sample.means import MIN_OUTSIDE
from analyze.stats.two_sample.moments import standard_deviation
from analyze.stats.welch_power import power_of_welch

MAX_RUNS = 1_000_000
# Share of the intervals that are to be as narrow as was asked
ASSURANCE = 0.8
# The grid of simulated sizes: 24 a decade, so a step is 10 %.
_STEPS_PER_DECADE = 24
_MIN_RUNS = 4
# Beyond it the limit of the Kolmogorov–Smirnov test is the asymptotic one.
_MAX_LIMIT_COST = 5e7


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsNeeded:
    """The fewest runs a group with which a test finds a difference with the power asked for.

    ``n_runs`` is None where `MAX_RUNS` are not enough; ``power_error`` is the Monte-Carlo standard error.
    """

    test: str
    label: str
    n_runs: int | None
    power: float
    power_error: float
    method: str


def runs_for_difference(
    x: Floats | Counts,
    *,
    difference: float,
    power: float = 0.8,
    alpha: float = 0.05,
    rng: np.random.Generator,
    n_simulations: int = 2000,
) -> list[RunsNeeded]:
    """Find how many runs a group each test needs to see a shift.

    Parameters
    ----------
    x : array_like or Counts
        Runs of one group.
    difference : float
        The shift to be found, in units of the value, not 0.
    power : float
        Probability of finding it, two-sided at level ``alpha``.
    n_simulations : int
        Simulated comparisons for each size that is tried.

    Examples
    --------
    Half a standard deviation of normal data takes 64 runs a group (Cohen 1988, table 2.4.1).

    >>> x = special.ndtri((np.arange(10_000) + 0.5) / 10_000)
    >>> needed = runs_for_difference(x, difference=0.5, rng=np.random.default_rng(0), n_simulations=200)
    >>> needed[0].test, needed[0].n_runs
    ('welch_t', 64)
    """
    table = tabulate(x)
    base, remark = smooth(table)
    chances = shifted(base, difference)
    simulated = [
        _simulated(test, label, chances, power, alpha, rng, n_simulations, remark)
        for test, (label, _) in RANK_TESTS.items()
    ]
    return [_welch(table, difference, power, alpha), *simulated]


def runs_for_width(
    x: Floats | Counts, *, width: float, confidence_level: float = 0.95, assurance: float = ASSURANCE
) -> int | None:
    """Return the fewest runs a group whose interval of the difference of means is narrow enough, probably.

    The interval is that of Welch's formula, both groups having the group's own standard deviation. Its width
    varies with the standard deviations that will be seen; in a share ``assurance`` of all pairs of such
    groups it is at most ``width``, by the chi-square distribution of the pooled variance of normal runs
    (Kupper & Hafner 1989, doi 10.1080/00031305.1989.10475628). There are no fewer runs than show their
    spread (see `analyze.two_sample.means`); None beyond `MAX_RUNS`.

    Examples
    --------
    The width that is expected asks for 126 runs, and then half of all intervals are wider.

    >>> runs_for_width([0.0, 2.0] * 50, width=0.5)
    135
    """
    sd = standard_deviation(tabulate(x))

    def narrow(n: int) -> bool:
        df = 2 * n - 2
        t = float(special.stdtrit(df, (1 + confidence_level) / 2))
        seen = sd * math.sqrt(float(special.chdtri(df, 1 - assurance)) / df)
        return 2 * t * seen * math.sqrt(2 / n) <= width

    n_runs = _fewest(narrow)
    return None if n_runs is None else max(n_runs, _visible(tabulate(x)))


def _welch(table: Counts, difference: float, power: float, alpha: float) -> RunsNeeded:
    sd = standard_deviation(table)

    def reached(n: int) -> float:
        if sd == 0:
            return 1.0
        shift = abs(difference) / (sd * math.sqrt(2 / n))
        return power_of_welch((n, n), (1.0, 1.0), alpha=alpha)(shift)

    n_runs, method = _fewest(lambda n: reached(n) >= power), "formula for normal groups of equal spread"
    least = _visible(table)
    if n_runs is not None and n_runs < least:
        n_runs = least
        method = f"so many that {MIN_OUTSIDE} runs differ from the commonest value; the formula wants fewer"
    return RunsNeeded(
        test="welch_t",
        label="Welch t",
        n_runs=n_runs,
        power=reached(n_runs or MAX_RUNS),
        power_error=0.0,
        method=method,
    )


def _visible(table: Counts) -> int:
    """Fewest runs a group that can show their spread, where one value has more than half of all runs."""
    outside = 1 - float(table.counts.max() / table.n)
    return math.ceil(MIN_OUTSIDE / outside - 1e-9) if 0 < outside < 0.5 else 0


def _fewest(enough: Callable[[int], bool]) -> int | None:
    """Return the smallest n of at least 2 that is enough, by bisection."""
    if not enough(MAX_RUNS):
        return None
    low, high = 1, MAX_RUNS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _simulated(
    test: str,
    label: str,
    chances: tuple[Floats, Floats],
    power: float,
    alpha: float,
    rng: np.random.Generator,
    n_simulations: int,
    remark: str,
) -> RunsNeeded:
    """Search a grid of sizes by bisection; power grows with size."""
    found: dict[int, float] = {}
    grid = _sizes()

    def reached(place: int) -> float:
        n = grid[place]
        if n not in found:
            found[n] = _power(test, chances, n, alpha, rng, n_simulations)
        return found[n]

    low, high = -1, len(grid) - 1
    if reached(high) < power:
        return _needed(test, label, None, reached(high), n_simulations, remark)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) >= power else (middle, high)
    return _needed(test, label, grid[high], reached(high), n_simulations, remark)


def _needed(
    test: str, label: str, n_runs: int | None, power: float, n_simulations: int, remark: str
) -> RunsNeeded:
    error = math.sqrt(max(power * (1 - power), 1 / n_simulations) / n_simulations)
    return RunsNeeded(
        test=test,
        label=label,
        n_runs=n_runs,
        power=power,
        power_error=error,
        method=f"{fmt.count(n_simulations)} simulations a size, the group's distribution {remark}; "
        "to the next 10 %",
    )


def _sizes() -> list[int]:
    decades = math.log10(MAX_RUNS / _MIN_RUNS)
    n_sizes = math.ceil(decades * _STEPS_PER_DECADE) + 1
    return sorted({round(size) for size in np.geomspace(_MIN_RUNS, MAX_RUNS, n_sizes).tolist()})


def _power(
    test: str,
    chances: tuple[Floats, Floats],
    n: int,
    alpha: float,
    rng: np.random.Generator,
    n_simulations: int,
) -> float:
    """Return the share of simulated comparisons of n against n runs that the test rejects."""
    rejects = RANK_TESTS[test][1]
    limit = _ks_limit(chances, n, alpha) if test == "ks" else float(special.ndtri(1 - alpha / 2))
    hits, rows = 0, max(1, CHUNK_CELLS // len(chances[0]))
    for start in range(0, n_simulations, rows):
        size = min(rows, n_simulations - start)
        a, b = (rng.multinomial(n, p, size=size) for p in chances)
        hits += int(rejects(a, b, n, limit).sum())
    return hits / n_simulations


def _ks_limit(chances: tuple[Floats, Floats], n: int, alpha: float) -> float:
    """Return the smallest distance (times n²) with p of at most alpha, for the tie pattern to be expected."""
    blocks = expected_blocks((chances[0] + chances[1]) / 2, 2 * n)
    low, high = 0, n
    while high - low > 1:
        middle = (low + high) // 2
        pvalue = exact.ks_pvalue(blocks, n, middle * n, max_cost=_MAX_LIMIT_COST)
        if pvalue is None:
            pvalue = float(special.kolmogorov(middle / math.sqrt(2 * n)))
        low, high = (low, middle) if pvalue <= alpha else (middle, high)
    return float(high * n)


def _ks_rejects(a: Ints, b: Ints, n: int, limit: float) -> npt.NDArray[np.bool_]:
    distances: Ints = np.abs(a.cumsum(axis=1) - b.cumsum(axis=1)).max(axis=1) * n
    return np.asarray(distances >= limit)


def _mann_whitney_rejects(a: Ints, b: Ints, n: int, limit: float) -> npt.NDArray[np.bool_]:  # noqa: ARG001
    return np.asarray(mann_whitney_rows(a, b) > limit)


def mann_whitney_rows(a: Ints, b: Ints) -> Floats:
    """Tie-corrected normal score of U, without its sign, for each row of counts on the same values."""
    n_a, n_b = int(a[0].sum()), int(b[0].sum())
    n = n_a + n_b
    below = a.cumsum(axis=1) - a
    u = (b * below).sum(axis=1) + (b * a).sum(axis=1) / 2
    blocks = (a + b).astype(np.float64)
    ties = (blocks**3 - blocks).sum(axis=1) / (n * (n - 1))
    sd = np.sqrt(n_a * n_b / 12 * (n + 1 - ties))
    score: Floats = np.maximum(np.abs(u - n_a * n_b / 2) - 0.5, 0) / np.where(sd > 0, sd, np.inf)
    return score


RANK_TESTS: dict[str, tuple[str, Callable[[Ints, Ints, int, float], npt.NDArray[np.bool_]]]] = {
    "mann_whitney": ("Mann–Whitney", _mann_whitney_rejects),
    "ks": ("Kolmogorov–Smirnov", _ks_rejects),
}
