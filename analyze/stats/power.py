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
from analyze.stats.two_sample import null_distributions as exact
from analyze.stats.two_sample.means import MIN_OUTSIDE

MAX_RUNS = 1_000_000
# The grid of simulated sizes: 24 a decade, so a step is 10 %.
_STEPS_PER_DECADE = 24
_MIN_RUNS = 4
_ON_A_GRID = 1e-6
_MAX_GRID, _FINE_GRID = 5000, 500
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
    base, remark = _smooth(table)
    chances = _shifted(base, difference)
    simulated = [
        _simulated(test, label, chances, power, alpha, rng, n_simulations, remark)
        for test, (label, _) in RANK_TESTS.items()
    ]
    return [_welch(table, difference, power, alpha), *simulated]


def runs_for_width(x: Floats | Counts, *, width: float, confidence_level: float = 0.95) -> int | None:
    """Return the fewest runs a group for which the interval of the difference of means has this full width.

    By Welch's formula with the group's own standard deviation in both groups, but no fewer than show their
    spread (see `analyze.two_sample.means`); None beyond `MAX_RUNS`.

    Examples
    --------
    >>> runs_for_width([0.0, 2.0] * 50, width=0.5)
    126
    """
    sd = _sd(tabulate(x))

    def wide(n: int) -> bool:
        t = float(special.stdtrit(2 * n - 2, (1 + confidence_level) / 2))
        return 2 * t * sd * math.sqrt(2 / n) > width

    n_runs = _fewest(lambda n: not wide(n))
    return None if n_runs is None else max(n_runs, _visible(tabulate(x)))


def _welch(table: Counts, difference: float, power: float, alpha: float) -> RunsNeeded:
    sd = _sd(table)

    def reached(n: int) -> float:
        if sd == 0:
            return 1.0
        df, shift = 2 * n - 2, abs(difference) / (sd * math.sqrt(2 / n))
        if shift > 8:  # certain but for 1e-9, where the noncentral t of the library is not accurate
            return 1.0
        limit = special.stdtrit(df, 1 - alpha / 2)
        # the far tail is below 1e-6 from a shift of 3 on, where the library may return nan for it
        far = float(special.nctdtr(df, shift, -limit)) if shift < 3 else 0.0
        return float(1 - special.nctdtr(df, shift, limit)) + far

    n_runs, method = _fewest(lambda n: reached(n) >= power), "noncentral t, equal spread"
    least = _visible(table)
    if n_runs is not None and n_runs < least:
        n_runs = least
        method = (
            f"so many that {MIN_OUTSIDE} runs differ from the commonest value; noncentral t asks for fewer"
        )
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


def _sd(table: Counts) -> float:
    scale = float(np.ptp(table.values)) or 1.0
    centred = table.values / scale - table.values[0] / scale
    mean = table.counts @ centred / table.n
    return scale * math.sqrt(float(table.counts @ (centred - mean) ** 2) / (table.n - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Smooth:
    """A distribution on a grid: chances of values that are ``step`` apart, from ``start``."""

    start: float
    step: float
    chances: Floats


def _smooth(table: Counts) -> tuple[_Smooth, str]:
    """Smooth a sample on its own grid, as accuracies have one, or on a fine one where values are continuous.

    A sample's own bumps are noise: shifted against themselves they would be found by a test of
    distributions. The normal kernel has Silverman's bandwidth (1986, section 3.4), and the values are
    drawn together so that the variance stays.
    """
    sd = _sd(table)
    gaps = np.diff(table.values)
    # A gap may be so small that no quotient by it is a number
    step = max(float(gaps.min()), float(np.ptp(table.values)) / (2 * _MAX_GRID)) if len(gaps) else 1.0
    places = (table.values - table.values[0]) / step
    own = bool((np.abs(places - np.rint(places)) < _ON_A_GRID).all()) and places[-1] <= _MAX_GRID
    if not own:
        step = float(np.ptp(table.values)) / _FINE_GRID
    bandwidth = 0.9 * sd * table.n**-0.2
    if bandwidth < step / 2:  # fewer values than the kernel could smooth
        index = np.rint((table.values - table.values[0]) / step).astype(np.int64)
        chances: Floats = np.bincount(index, weights=table.counts / table.n).astype(np.float64)
        return _Smooth(start=float(table.values[0]), step=step, chances=chances), "as it is"
    shrink = sd / math.hypot(sd, bandwidth)
    mean = float(table.counts @ (table.values - table.values[0])) / table.n + float(table.values[0])
    centres = mean + (table.values - mean) * shrink
    reach = 4 * bandwidth * shrink
    first = math.floor((centres[0] - reach - table.values[0]) / step)
    last = math.ceil((centres[-1] + reach - table.values[0]) / step)
    edges = table.values[0] + (np.arange(first, last + 2) - 0.5) * step
    chances = np.zeros(last - first + 1)
    for centre, count in zip(centres.tolist(), table.counts.tolist(), strict=True):
        chances += count * np.diff(special.ndtr((edges - centre) / (bandwidth * shrink)))
    start = float(table.values[0]) + first * step
    return _Smooth(start=start, step=step, chances=chances / chances.sum()), "smoothed"


def _shifted(base: _Smooth, difference: float) -> tuple[Floats, Floats]:
    """Chances of both groups on one grid; a shift by part of a step moves a share of the runs."""
    steps = difference / base.step
    whole, share = math.floor(steps), steps - math.floor(steps)
    before, after = max(0, -whole), max(0, whole + 1)
    first = np.pad(base.chances, (before, after))
    second = np.zeros(len(first))
    start, size = before + whole, len(base.chances)
    second[start : start + size] += base.chances * (1 - share)
    second[start + 1 : start + 1 + size] += base.chances * share
    return first, second


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
    blocks = _expected_blocks((chances[0] + chances[1]) / 2, 2 * n)
    low, high = 0, n
    while high - low > 1:
        middle = (low + high) // 2
        pvalue = exact.ks_pvalue(blocks, n, middle * n, max_cost=_MAX_LIMIT_COST)
        if pvalue is None:
            pvalue = float(special.kolmogorov(middle / math.sqrt(2 * n)))
        low, high = (low, middle) if pvalue <= alpha else (middle, high)
    return float(high * n)


def _expected_blocks(chances: Floats, n: int) -> Ints:
    """Whole numbers of runs at each value that add up to n."""
    ends = np.rint(chances.cumsum() * n).astype(np.int64)
    blocks = np.diff(ends, prepend=0)
    kept: Ints = blocks[blocks > 0]
    return kept


def _ks_rejects(a: Ints, b: Ints, n: int, limit: float) -> npt.NDArray[np.bool_]:
    distances: Ints = np.abs(a.cumsum(axis=1) - b.cumsum(axis=1)).max(axis=1) * n
    return np.asarray(distances >= limit)


def _mann_whitney_rejects(a: Ints, b: Ints, n: int, limit: float) -> npt.NDArray[np.bool_]:
    below = a.cumsum(axis=1) - a
    u = (b * below).sum(axis=1) + (b * a).sum(axis=1) / 2
    blocks = (a + b).astype(np.float64)
    ties = (blocks**3 - blocks).sum(axis=1) / (2 * n * (2 * n - 1))
    sd = np.sqrt(n * n / 12 * (2 * n + 1 - ties))
    return np.asarray(np.maximum(np.abs(u - n * n / 2) - 0.5, 0) > limit * sd)


RANK_TESTS: dict[str, tuple[str, Callable[[Ints, Ints, int, float], npt.NDArray[np.bool_]]]] = {
    "mann_whitney": ("Mann–Whitney", _mann_whitney_rejects),
    "ks": ("Kolmogorov–Smirnov", _ks_rejects),
}
