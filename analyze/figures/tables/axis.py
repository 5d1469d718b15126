"""The axis that values are drawn on: linear, or logarithmic for what spans orders of magnitude."""

from collections.abc import Mapping

import numpy as np

from analyze import text as fmt
from analyze.errors import UsageError, argument
from analyze.figures.binning import Floats

# Losses that span this factor, from the lowest to the highest group, are drawn on a logarithmic axis.
WIDE = 30
_LOW, _HIGH = 0.05, 0.95


def is_logarithmic(samples: Mapping[str, Floats], *, asked: str, better: str, value: str) -> bool:
    """Decide on the axis.

    Parameters
    ----------
    samples
        Values of each group.
    asked
        ``linear``, ``log`` or ``auto``: logarithmic where low values are the better ones, all are positive,
        and the 95 % quantile of some group is 30 times the 5 % quantile of the same or another one.

    Raises
    ------
    UsageError
        If a logarithmic axis was asked for, but a value is not positive.
    """
    if asked == "linear":
        return False
    lowest = min((float(values.min()), group) for group, values in samples.items() if values.size)
    if lowest[0] <= 0:
        if asked == "log":
            raise UsageError(
                f"{argument('axis', 'log')} needs positive values, but the lowest {value} of {lowest[1]} is "
                f"{fmt.number(lowest[0])}; give {argument('axis', 'linear')}, or leave it out"
            )
        return False
    if asked == "log":
        return True
    ends = [np.quantile(values, (_LOW, _HIGH)) for values in samples.values() if values.size]
    return better == "lower" and bool(max(high for _, high in ends) >= WIDE * min(low for low, _ in ends))
