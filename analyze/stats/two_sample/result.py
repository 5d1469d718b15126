"""What a test of two samples found: one row of the table of tests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoSampleResult:
    """What one test found; ``pvalue_error`` is the Monte-Carlo standard error, 0 where nothing was drawn."""

    test: str
    label: str
    hypothesis: str
    statistic_name: str
    statistic: float
    pvalue: float
    pvalue_error: float
    method: str
