"""The sections "Where they differ" and "What it means for someone who retrains"."""

from collections.abc import Mapping, Sequence
from typing import Any

from analyze.render import formatting as fmt
from analyze.render.document import Block, Model, Paragraph, Table, table
from analyze.render.pairs import Pair, band_decimals, detailed, heading, pair_name, sides
from analyze.shift_function import MIN_OUTSIDE

# How many runs someone may try; a row where the model has it.
SHOWN_RUNS = (1, 2, 5, 10, 20, 50, 100)

Row = Mapping[str, Any]


def differ(model: Model) -> list[Block]:
    """Show which parts of the distributions lie apart: deciles, tails, extreme quantiles."""
    blocks: list[Block] = []
    for pair in detailed(model):
        where = pair["where"]
        blocks += [*heading(pair, model), Paragraph(text=_shift_sentence(pair)), _shift(pair)]
        blocks.append(_tails(pair))
        if where["extremes"]:
            blocks.append(_extremes(pair))
    return blocks


def retrain(model: Model) -> list[Block]:
    """Show the expected best of n runs, and where the groups change places."""
    blocks: list[Block] = []
    for pair in detailed(model):
        blocks += [*heading(pair, model), Paragraph(text=_best_sentence(pair)), _best(pair, model)]
    return blocks


def _shift_sentence(pair: Pair) -> str:
    rows = pair["where"]["shift"]
    level = fmt.level(rows[0]["confidence_level"])
    apart = [row for row in rows if row["excludes_zero"]]
    if len(rows) == 1:
        shown, band = f"the {fmt.percent(rows[0]['level'])} quantile, the only one shown", f"{level} interval"
    else:
        shown, band = f"{len(apart) or 'none'} of the {len(rows)} deciles shown", f"simultaneous {level} band"
    if not apart:
        at = "does not exclude 0 at" if len(rows) == 1 else "excludes 0 at"
        return f"The {band} of the difference {at} {shown}. Differences smaller than the band may be there."
    sides = [
        f"{pair['group_b']} lies {word} at {_levels(part)}"
        for word, part in (
            ("lower", [row for row in apart if row["difference"] < 0]),
            ("higher", [row for row in apart if row["difference"] > 0]),
        )
        if part
    ]
    return f"The {band} of the difference excludes 0 at {shown}: {fmt.listing(sides)}."


def _levels(rows: Sequence[Row]) -> str:
    return f"{fmt.listing([fmt.number(100 * row['level'], 3) for row in rows])} %"


def _shift(pair: Pair) -> Table:
    rows = pair["where"]["shift"]
    a, b = sides(pair)
    decimals = band_decimals(rows)
    columns = {"Quantile": False, a: True, b: True, "Difference": True, "Band": True, "Excludes 0": False}
    cells = [
        (
            fmt.percent(row["level"]),
            fmt.fixed(row["quantile_a"], decimals),
            fmt.fixed(row["quantile_b"], decimals),
            fmt.fixed(row["difference"], decimals, sign=True),
            fmt.interval(row["low"], row["high"], decimals, sign=True),
            "yes" if row["excludes_zero"] else "no",
        )
        for row in rows
    ]
    left_out = (
        f" Deciles with fewer than {MIN_OUTSIDE} runs of the smaller group beyond them are left out."
        if len(rows) < 9
        else ""
    )
    caption = f"{pair_name(pair)}: shift function ({rows[0]['method']}).{left_out}"
    return table(caption, columns, cells)


def _tails(pair: Pair) -> Table:
    rows = pair["where"]["tails"]
    a, b = sides(pair)
    columns = {"Runs": False, a: True, b: True, "Difference (points)": True, "Interval": True}
    cells = []
    for row in rows:
        low, high = 100 * row["low"], 100 * row["high"]
        decimals = fmt.decimals_for(high - low)
        cells.append(
            (
                f"{row['side']} {fmt.number(row['threshold'], 6)}, {row['chosen']}",
                fmt.percent(row["share_a"], 1),
                fmt.percent(row["share_b"], 1),
                fmt.fixed(100 * row["difference"], decimals, sign=True),
                fmt.interval(low, high, decimals, sign=True),
            )
        )
    caption = (
        f"{pair_name(pair)}: share of the runs beyond a threshold, difference in percentage points with a "
        f"{fmt.level(rows[0]['confidence_level'])} interval for each threshold by itself ({rows[0]['method']})."
    )
    return table(caption, columns, cells)


def _extremes(pair: Pair) -> Table:
    rows = pair["where"]["extremes"]
    a, b = sides(pair)
    decimals = band_decimals(rows)
    columns = {"Quantile": False, a: True, f"{a}, interval": True, b: True, f"{b}, interval": True}
    columns |= {"Difference": True, "Interval": True}
    cells = [
        (
            fmt.percent(row["level"]),
            fmt.fixed(row["quantile_a"], decimals),
            fmt.interval(row["low_a"], row["high_a"], decimals),
            fmt.fixed(row["quantile_b"], decimals),
            fmt.interval(row["low_b"], row["high_b"], decimals),
            fmt.fixed(row["difference"], decimals, sign=True),
            fmt.interval(row["low"], row["high"], decimals, sign=True),
        )
        for row in rows
    ]
    caption = (
        f"{pair_name(pair)}: extreme quantiles, each by itself with {fmt.level(rows[0]['confidence_level'])} "
        f"intervals ({rows[0]['method']})."
    )
    return table(caption, columns, cells)


def _best(pair: Pair, model: Model) -> Table:
    best = pair["where"]["best"]
    of_a, of_b = ({row["n"]: row for row in best[key]} for key in ("best_a", "best_b"))
    rows = [row for row in best["difference"] if row["n"] in SHOWN_RUNS]
    a, b = sides(pair)
    decimals = band_decimals(rows)
    columns = {"Best of": False, a: True, b: True, "Difference": True, "Band": True}
    cells = [
        (
            fmt.plural(row["n"], "run") + (" (extrapolated)" if row["extrapolated"] else ""),
            fmt.fixed(of_a[row["n"]]["unbiased"], decimals),
            fmt.fixed(of_b[row["n"]]["unbiased"], decimals),
            fmt.fixed(row["difference"], decimals, sign=True),
            fmt.interval(row["low"], row["high"], decimals, sign=True),
        )
        for row in rows
    ]
    best_is = "largest" if model["question"]["better"] == "higher" else "smallest"
    beyond = (
        " Extrapolated rows rest on so few of the best runs that they have no band."
        if any(row["extrapolated"] for row in rows)
        else ""
    )
    caption = (
        f"{pair_name(pair)}: expected best of n runs; the best is the {best_is} {model['question']['value']}. "
        f"{fmt.level(rows[0]['confidence_level'])} band ({rows[0]['method']}).{beyond}"
    )
    return table(caption, columns, cells)


def _best_sentence(pair: Pair) -> str:
    best = pair["where"]["best"]
    near = [row for row in best["difference"] if not row["extrapolated"]]
    apart = [row["n"] for row in near if _excludes_zero(row)]
    band = (
        f"The band of the difference excludes 0 for the best of {_runs(apart, near)}."
        if apart
        else "The band of the difference includes 0 wherever there is one."
    )
    return f"{band} {_crossing(pair, near)}"


def _excludes_zero(row: Row) -> bool:
    low, high = row["low"], row["high"]
    return (low is not None and low > 0) or (high is not None and high < 0)


def _runs(numbers: Sequence[int], near: Sequence[Row]) -> str:
    """Name numbers of runs: as a range where none between them is missing."""
    between = [row["n"] for row in near if numbers[0] <= row["n"] <= numbers[-1]]
    if len(numbers) > 2 and list(numbers) == between:
        return f"{fmt.count(numbers[0])} to {fmt.plural(numbers[-1], 'run')}"
    return f"{fmt.listing([fmt.count(n) for n in numbers])} {'run' if list(numbers) == [1] else 'runs'}"


def _crossing(pair: Pair, near: Sequence[Row]) -> str:
    crossing, most = pair["where"]["best"]["crossing"], near[-1]["n"]
    if most == 1:
        return "So few runs give a band for a single run only: whether the expected bests cross is not known."
    if crossing["better_before"] is None:
        return f"Up to {most} runs the expected bests do not differ in these runs, so no crossing is determined."
    before, after = (pair[f"group_{side}"] for side in _order(crossing["better_before"]))
    if crossing["n"] is None:
        share = crossing["share_crossing"]
        drawn = f", though they do in {fmt.percent(share)} of the resamples" if share > 0 else ""
        return (
            f"The expected bests do not cross between 1 and {fmt.plural(most, 'run')}, as far as there is a "
            f"band{drawn}; that of {before} is the better one there."
        )
    at = f"The expected bests cross at about {fmt.number(crossing['n'], 2)} runs"
    if not crossing["determined"]:
        return (
            f"{at}, from {before} to {after} as the better one, but this point is not determined: only "
            f"{fmt.percent(crossing['share_crossing'])} of the resamples cross in that direction."
        )
    interval = fmt.interval(*(float(f"{crossing[end]:.2g}") for end in ("low", "high")), None)
    return (
        f"{at} ({fmt.level(crossing['confidence_level'])} interval {interval}): with fewer {before} has the "
        f"better one, with more {after}."
    )


def _order(better_before: str) -> tuple[str, str]:
    return ("a", "b") if better_before == "a" else ("b", "a")
