"""What a statistic is beside its computation: how it is written down, and the works that it rests on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from analyze.stats.estimates import Estimate

R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Test(Generic[R_co]):
    """A test, called as its function ``run`` is.

    ``formula`` is that of its statistic in words of the report: x are the runs of group a, y those of group
    b, m their means, s their standard deviations, F the share of runs at or below a value, d differences
    within pairs. ``sources`` are keys of the report's bibliography. A test ``of_spreads`` has no say in a
    verdict on location or shape, nor they in its.
    """

    __test__ = False  # no test of pytest's

    run: Callable[..., R_co]
    formula: str
    sources: tuple[str, ...]
    of_spreads: bool = False

    def __call__(self, *samples: object, **options: object) -> R_co:  # noqa: D102 - see run
        return self.run(*samples, **options)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSize:
    """How an effect size is computed and read; ``formula`` and ``sources`` as in `Test`.

    ``estimate`` takes the sample of each group, or of the differences within pairs, and a confidence level.
    ``null_value`` is the value of two equal distributions; ``unit`` None means that of the data.
    ``of_constants`` makes the value of two constant groups, which has no interval, of their difference; None
    where ``estimate`` has something to say of them too.
    """

    label: str
    estimate: Callable[..., Estimate]
    null_value: float
    unit: str | None
    formula: str
    sources: tuple[str, ...]
    of_constants: Callable[[float], float] | None = None
