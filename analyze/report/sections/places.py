"""The sections "Where they differ" and "What it means for someone who retrains"."""

from collections.abc import Sequence

from analyze import text as fmt
from analyze.records import Best, BestDifference, Pair, Shift
from analyze.report.document import Block, Table, figures, fold, table
from analyze.report.pairs import (
    band_decimals,
    beside,
    detailed,
    named,
    naming,
    of_pairs,
    pair_name,
    placed,
    several,
    sides,
    spoken,
)
from analyze.results import Results
from analyze.stats.shift_function import LEVELS, MIN_RUNS

# How many runs someone may try; a row where the results have it.
SHOWN_RUNS = (1, 2, 5, 10, 20, 50, 100)


def differ(results: Results) -> list[Block]:
    """Show which parts of the distributions lie apart: quantile by quantile."""
    drawn = figures(results, "differ")
    pairs = detailed(results)
    if not pairs or results.few or not _known(results):
        return drawn
    blocks = placed(spoken(results, _shift_sentence), "At which quantiles each pair differs, in a sentence")
    full = _shift(results, pairs)
    blocks += [] if several(results) else [full]
    blocks += [_shift_beside(results)] if several(results) and beside(results) else []
    blocks += drawn
    return [*blocks, fold("Quantiles of each pair", full)] if several(results) else blocks


def retrain(results: Results) -> list[Block]:
    """Show the expected best of n runs, and where the groups change places."""
    drawn = figures(results, "retrain")
    pairs = detailed(results)
    if results.few or not _known(results):
        return drawn
    if not pairs:
        return [_best_of_groups(results), *drawn]
    sentences = placed(
        spoken(results, _best_sentence), "Where the expected bests of each pair cross, in a sentence"
    )
    if not several(results):
        return [*sentences, _best(results, pairs), *drawn]
    folded = fold("Difference of the expected best, pair by pair", _best(results, pairs))
    return [*sentences, _best_of_groups(results), *drawn, folded]


def _known(results: Results) -> bool:
    """Say whether more than the primary test was made."""
    return all(pair.where for pair in results.comparisons)


def _shift_sentence(pair: Pair) -> str:
    rows = pair.places.shift
    level = fmt.level(rows[0].confidence_level)
    apart = [row for row in rows if row.excludes_zero]
    open_still = "Differences inside it may be there."
    if min(pair.n_a, pair.n_b) < MIN_RUNS:
        return (
            f"Fewer than {MIN_RUNS} runs in a group: bootstrap intervals of quantiles are too short then; "
            "what they exclude decides nothing."
        )
    if len(rows) == 1:
        verb, rest = ("excludes", "") if apart else ("does not exclude", f" {open_still}")
        at = f"the {fmt.level(rows[0].level)} quantile, the only one shown"
        return f"The {level} interval of the difference {verb} 0 at {at}.{rest}"
    band = f"The simultaneous {level} band of the difference excludes 0 at"
    if not apart:
        return f"{band} none of the {len(rows)} quantiles shown. {open_still}"
    parts = [
        f"{pair.group_b} lies {word} at {_levels([row.level for row in part], rows)}"
        for word, part in (
            ("lower", [row for row in apart if (row.difference or 0) < 0]),
            ("higher", [row for row in apart if (row.difference or 0) > 0]),
        )
        if part
    ]
    shown = f"all {len(rows)}" if len(apart) == len(rows) else f"{len(apart)} of the {len(rows)}"
    return f"{band} {shown} quantiles shown: {fmt.listing(parts)}."


def _levels(levels: Sequence[float], rows: Sequence[Shift]) -> str:
    shown = [fmt.level(level, unit="") for level in levels]
    return f"{_sequence(levels, [row.level for row in rows], shown)} %"


def _sequence(numbers: Sequence[float], every: Sequence[float], words: Sequence[str]) -> str:
    """Name numbers by their words: as a range where none between them is missing."""
    between = [n for n in every if numbers[0] <= n <= numbers[-1]]
    gapless = len(numbers) > 2 and list(numbers) == between
    return f"{words[0]} to {words[-1]}" if gapless else fmt.listing(list(words))


def _shift(results: Results, pairs: Sequence[Pair]) -> Table:
    rows = [row for pair in pairs for row in pair.places.shift]
    columns = {**naming(results), "Quantile": False, **_sides(results), "Difference": True, "Band": True}
    columns |= {"Excludes 0": False}
    cells = []
    for pair in pairs:
        decimals = band_decimals(pair.places.shift)
        cells += [
            named(
                pair,
                results,
                fmt.level(row.level),
                fmt.fixed(row.quantile_a, decimals),
                fmt.fixed(row.quantile_b, decimals),
                fmt.fixed(row.difference, decimals, sign=True),
                fmt.interval(row.low, row.high, decimals, sign=True),
                "yes" if row.excludes_zero else "no",
            )
            for row in pair.places.shift
        ]
    caption = f"Shift function{of_pairs(results)} ({rows[0].method}).{_left_out(pairs)}"
    return table(caption, columns, cells)


def _shift_beside(results: Results) -> Table:
    """Set the shift functions of all pairs side by side."""
    pairs = results.comparisons
    found = [{row.level: row for row in pair.places.shift} for pair in pairs]
    decimals = [band_decimals(pair.places.shift) for pair in pairs]
    columns = {"Quantile": False} | {pair_name(pair): True for pair in pairs}
    cells = [
        (
            fmt.level(level),
            *(
                _banded(rows[level], places) if level in rows else fmt.MISSING
                for rows, places in zip(found, decimals, strict=True)
            ),
        )
        for level in sorted({level for rows in found for level in rows})
    ]
    caption = (
        f"Shift functions: differences of quantiles with simultaneous "
        f"{fmt.level(results.question.confidence)} bands.{_left_out(pairs)}"
    )
    return table(caption, columns, cells)


def _banded(row: Shift, decimals: int | None) -> str:
    band = fmt.interval(row.low, row.high, decimals, sign=True)
    return f"{fmt.fixed(row.difference, decimals, sign=True)}\n{band}"


def _left_out(pairs: Sequence[Pair]) -> str:
    if all(len(pair.places.shift) >= len(LEVELS) for pair in pairs):
        return ""
    return " Quantiles that a group is too small for are left out."


def _sides(results: Results) -> dict[str, bool]:
    """Return the columns of group a and b: by name for a single pair of short names."""
    return dict.fromkeys(("a", "b") if several(results) else sides(results.comparisons[0]), True)


def _best(results: Results, pairs: Sequence[Pair]) -> Table:
    columns = {**naming(results), "Best of": False, **_sides(results), "Difference": True, "Band": True}
    cells, every = [], []
    for pair in pairs:
        best = pair.places.best
        of_a, of_b = ({row.n: row for row in rows} for rows in (best.best_a, best.best_b))
        rows = [row for row in best.difference if row.n in SHOWN_RUNS]
        decimals = band_decimals(rows)
        every += rows
        cells += [
            named(
                pair,
                results,
                fmt.plural(row.n, "run") + (" (extrapolated)" if row.extrapolated else ""),
                fmt.fixed(of_a[row.n].unbiased, decimals),
                fmt.fixed(of_b[row.n].unbiased, decimals),
                fmt.fixed(row.difference, decimals, sign=True),
                fmt.interval(row.low, row.high, decimals, sign=True),
            )
            for row in rows
        ]
    level = fmt.level(every[0].confidence_level)
    beyond = (
        " Extrapolated rows rest on so few of the best runs that they have no band."
        if any(row.extrapolated for row in every)
        else ""
    )
    caption = (
        f"Expected best of n runs{of_pairs(results)}; the best is {_best_is(results)}. {level} band "
        f"({every[0].method}).{beyond}{_finished(pairs)}"
    )
    return table(caption, columns, cells)


def _best_of_groups(results: Results) -> Table:
    """Set the expected bests of all groups side by side; what would be extrapolated is left out."""
    groups: dict[str, Sequence[Best]] = {}
    for pair in results.comparisons:
        groups.setdefault(pair.group_a, pair.places.best.best_a)
        groups.setdefault(pair.group_b, pair.places.best.best_b)
    near = {g: {row.n: row for row in rows if not row.extrapolated} for g, rows in groups.items()}
    numbers = [n for n in SHOWN_RUNS if any(n in rows for rows in near.values())]
    spreads = [g.se for g in results.groups if g.se]
    decimals = fmt.decimals_for(min(spreads) if spreads else None)
    columns = {"Group": False} | {fmt.plural(n, "run"): True for n in numbers}
    cells = [
        (group, *(fmt.fixed(rows[n].unbiased if n in rows else None, decimals) for n in numbers))
        for group, rows in near.items()
    ]
    caption = (
        f"Expected best of n runs; the best is {_best_is(results)}. Numbers of runs that a group is too "
        f"small for are left out.{_finished(results.comparisons)}"
    )
    return table(caption, columns, cells)


def _best_is(results: Results) -> str:
    word = "largest" if results.question.better == "higher" else "smallest"
    return f"the {word} {results.question.value}"


def _finished(pairs: Sequence[Pair]) -> str:
    return " Failed runs are left out." if any(pair.failures for pair in pairs) else ""


def _best_sentence(pair: Pair) -> str:
    best = pair.places.best
    near = [row for row in best.difference if not row.extrapolated]
    apart = [row.n for row in near if _excludes_zero(row)]
    numbers = _sequence(apart, [row.n for row in near], [fmt.count(n) for n in apart]) if apart else ""
    runs = "run" if apart == [1] else "runs"
    band = (
        f"The band of the difference excludes 0 for the best of {numbers} {runs}."
        if apart
        else "The band of the difference includes 0 wherever there is one."
    )
    return f"{band} {_crossing(pair, near)}"


def _excludes_zero(row: BestDifference) -> bool:
    low, high = row.low, row.high
    return (low is not None and low > 0) or (high is not None and high < 0)


def _crossing(pair: Pair, near: Sequence[BestDifference]) -> str:
    crossing, most = pair.places.best.crossing, near[-1].n
    if most == 1:
        return "So few runs give a band for a single run only: whether the expected bests cross is not known."
    if crossing.better_before is None:
        return (
            f"Up to {most} runs the expected bests do not differ in these runs, so no crossing is determined."
        )
    before, after = pair.groups if crossing.better_before == "a" else pair.groups[::-1]
    if crossing.n is None:
        share = crossing.share_crossing
        drawn = f", though they do in {fmt.percent(share)} of the resamples" if share else ""
        return (
            f"The estimated expected bests do not cross between 1 and {fmt.plural(most, 'run')}, as far as "
            f"there is a band{drawn}; that of {before} is the better one there."
        )
    at = f"The estimated expected bests cross at about {fmt.number(crossing.n, 2)} runs"
    if not crossing.determined:
        return (
            f"{at}, from {before} to {after} as the better one, but this point is not determined: only "
            f"{fmt.percent(crossing.share_crossing)} of the resamples cross in that direction."
        )
    interval = f"[{fmt.number(crossing.low, 2)}, {fmt.number(crossing.high, 2)}]"
    return (
        f"{at} ({fmt.level(crossing.confidence_level)} interval {interval}): with fewer {before} has the "
        f"better one, with more {after}."
    )
