"""The k-sample Anderson–Darling statistic, computed term by term and by scipy."""

import math
import warnings

import numpy as np
from scipy import stats


def standardised(statistic, *samples):
    """(A² − (k − 1))/σ_N, with σ_N from section 2 of Scholz & Stephens 1987."""
    k, n = len(samples), sum(map(len, samples))
    inverse = sum(1 / len(s) for s in samples)
    h = sum(1 / i for i in range(1, n))
    g = sum(1 / ((n - i) * j) for i in range(1, n - 1) for j in range(i + 1, n))
    a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse
    b = (2 * g - 4) * k**2 + 8 * h * k + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6
    c = (6 * h + 2 * g - 2) * k**2 + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse + 4 * h
    d = (2 * h + 6) * k**2 - 4 * h * k
    variance = (a * n**3 + b * n**2 + c * n + d) / ((n - 1) * (n - 2) * (n - 3))
    return (statistic - (k - 1)) / math.sqrt(variance)


def a_squared(*samples):
    """Equation 7 of Scholz & Stephens 1987, term by term."""
    pooled = np.concatenate(samples)
    n, total = len(pooled), 0.0
    for sample in samples:
        for value in np.unique(pooled):
            tied = (pooled == value).sum()
            up_to = (pooled < value).sum() + tied / 2
            inside = (sample < value).sum() + (sample == value).sum() / 2
            spread = up_to * (n - up_to) - n * tied / 4
            if spread > 0:
                total += tied / n * (n * inside - len(sample) * up_to) ** 2 / spread / len(sample)
    return (n - 1) / n * total


def scipy_anderson(*samples):
    with warnings.catch_warnings():  # of its clipped p-value, and of a changed result in later versions
        warnings.simplefilter("ignore")
        return stats.anderson_ksamp(samples, midrank=True).statistic
