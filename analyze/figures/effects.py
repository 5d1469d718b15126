"""What figures of effects share: rows of the effects' numbers, these in words, and the signs of verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass

from analyze import text as fmt
from analyze.comparison.headline import mean_difference
from analyze.comparison.pair import PairComparison
from analyze.figures import style
from analyze.stats.effects import EffectResult

# Sign, colour and shape: word and shape say the same as the colour.
VERDICTS = {
    "differs": ("≠", style.COLORS[1], "o"),
    "equivalent": ("≈", style.COLORS[2], "s"),
    "no difference shown": ("○", style.COLORS[0], "D"),
    "inconclusive": ("?", style.QUIET, "^"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRow:
    """A difference of a pair with its interval."""

    group_a: str
    group_b: str
    label: str
    estimate: float
    low: float
    high: float
    verdict: str


def effect(pair: PairComparison, key: str) -> EffectResult:
    """Return one effect of a pair."""
    found = pair.effects.set_index("effect", drop=False).loc[key].to_dict()
    return EffectResult(**{str(name): value for name, value in found.items()})


def row(pair: PairComparison, label: str, estimate: float, low: float, high: float) -> EffectRow:
    """Return a difference of the pair under its name."""
    return EffectRow(
        group_a=pair.group_a,
        group_b=pair.group_b,
        label=label,
        estimate=float(estimate),
        low=float(low),
        high=float(high),
        verdict=pair.verdict,
    )


def mean_row(pair: PairComparison) -> EffectRow:
    """Return the difference of means that the headline tells, under the name of the pair."""
    return row(pair, f"{pair.group_b} − {pair.group_a}", *mean_difference(pair))


def is_matched(pair: PairComparison) -> bool:
    """Whether the difference of means is that within matched pairs."""
    return pair.matched is not None and pair.matched.headline is not None


def estimated(row: EffectRow) -> str:
    """Return estimate and interval with equal decimals."""
    decimals = fmt.decimals_of(row.estimate, row.low, row.high)
    estimate = fmt.fixed(row.estimate, decimals, sign=True)
    return f"{estimate} {fmt.interval(row.low, row.high, decimals, sign=True)}"


def counted(pairs: Sequence[PairComparison]) -> str:
    """Return how many pairs have which verdict."""
    counts = [(sum(pair.verdict == verdict for pair in pairs), verdict) for verdict in VERDICTS]
    parts = [f"{verdict} in {n}" for n, verdict in counts if n]
    return f"{fmt.listing(parts)} of {fmt.plural(len(pairs), 'pair')}"
