"""Shifted groups are on one grid, however far the shift."""

import numpy as np
import pytest

from analyze.stats.resampling import tabulate
from analyze.stats.smoothing import shifted, smooth


@pytest.mark.parametrize("difference", [1e-70, 0.5, -0.5, 1e300])
def test_groups_that_no_longer_overlap_are_moved_no_further(difference: float) -> None:
    base = smooth(tabulate([1e-70] * 6 + [2e-70]))[0]
    first, second = shifted(base, difference)
    assert first.sum() == pytest.approx(1)
    assert second.sum() == pytest.approx(1)
    assert len(first) == len(second) <= 2 * len(base.chances) + 1
    if abs(difference) > 1e-69:
        assert not np.any((first > 0) & (second > 0))
