"""The section "Do the tests keep their level here?"."""

from analyze import text as fmt
from analyze.report.document import Block, Paragraph, table
from analyze.results import Results


def calibration(results: Results) -> list[Block]:
    """Show how often each test rejected draws from the pooled runs, where nothing is to be found."""
    sizes = results.calibration
    if not sizes:
        return []
    labels = {t.test: t.label for pair in results.comparisons for t in pair.tests}
    columns = {"Test": False, "Pair": False, "Runs": True, "Distinct values": True, "Rejected": True}
    columns |= {"Interval": True, "Holds": False}
    rows = [
        (
            labels.get(s.test, s.test),
            f"{s.group_b} − {s.group_a}",
            f"{fmt.count(s.n_b)} + {fmt.count(s.n_a)}",
            fmt.count(s.n_distinct),
            fmt.percent(s.size, 1),
            f"[{fmt.percent(s.low, 1)}, {fmt.percent(s.high, 1)}]",
            "yes" if s.holds else "no",
        )
        for s in sizes
    ]
    first = sizes[0]
    caption = (
        f"Share of {fmt.count(first.n_draws)} draws of both groups from their pooled runs that each test "
        f"rejects at {fmt.level(first.level)}, with {fmt.level(first.confidence_level)} interval "
        "(Clopper–Pearson). Holds: the interval reaches down to the level."
    )
    return [Paragraph(text=_sentence(results, labels)), table(caption, columns, rows)]


def _sentence(results: Results, labels: dict[str, str]) -> str:
    sizes = results.calibration
    failing = [s for s in sizes if not s.holds]
    n_pairs = len({(s.group_a, s.group_b) for s in sizes})
    left_out = (
        f" The first {n_pairs} of {len(results.comparisons)} pairs were drawn."
        if n_pairs < len(results.comparisons)
        else ""
    )
    if not failing:
        return f"No test was seen to reject more often than its level with these sizes and ties.{left_out}"
    names = fmt.listing([f"{labels.get(s.test, s.test)} ({s.group_b} − {s.group_a})" for s in failing])
    return f"With these sizes and ties more often than their level reject: {names}.{left_out}"
