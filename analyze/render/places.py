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
    open_still = "Differences inside it may be there."
    if len(rows) == 1:
        verb, rest = ("excludes", "") if apart else ("does not exclude", f" {open_still}")
        at = f"the {fmt.percent(rows[0]['level'])} quantile, the only one shown"
        return f"The {level} interval of the difference {verb} 0 at {at}.{rest}"
    band = f"The simultaneous {level} band of the difference excludes 0 at"
    if not apart:
        return f"{band} none of the {len(rows)} deciles shown. {open_still}"
    parts = [
        f"{pair['group_b']} lies {word} at {_levels([row['level'] for row in part], rows)}"
        for word, part in (
            ("lower", [row for row in apart if row["difference"] < 0]),
            ("higher", [row for row in apart if row["difference"] > 0]),
        )
        if part
    ]
    shown = f"all {len(rows)}" if len(apart) == len(rows) else f"{len(apart)} of the {len(rows)}"
    return f"{band} {shown} deciles shown: {fmt.listing(parts)}."


def _levels(levels: Sequence[float], rows: Sequence[Row]) -> str:
    shown = [fmt.number(100 * level, 3) for level in levels]
    return f"{_sequence(levels, [row['level'] for row in rows], shown)} %"


def _sequence(numbers: Sequence[float], every: Sequence[float], words: Sequence[str]) -> str:
    """Name numbers by their words: as a range where none between them is missing."""
    between = [n for n in every if numbers[0] <= n <= numbers[-1]]
    gapless = len(numbers) > 2 and list(numbers) == between
    return f"{words[0]} to {words[-1]}" if gapless else fmt.listing(list(words))


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
        decimals = max(fmt.decimals_for(high - low) or 0, 1)
        cells.append(
            (
                f"{row['side']} {fmt.number(row['threshold'], 6)}, {row['chosen']}",
                fmt.percent(row["share_a"], 1),
                fmt.percent(row["share_b"], 1),
                fmt.fixed(100 * row["difference"], decimals, sign=True),
                fmt.interval(low, high, decimals, sign=True),
            )
        )
    level = fmt.level(rows[0]["confidence_level"])
    caption = (
        f"{pair_name(pair)}: share of the runs beyond a threshold, difference in percentage points with a "
        f"{level} interval for each threshold by itself ({rows[0]['method']})."
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
    level = fmt.level(rows[0]["confidence_level"])
    best_is = "largest" if model["question"]["better"] == "higher" else "smallest"
    finished = " Failed runs are left out." if pair["failures"] else ""
    beyond = (
        " Extrapolated rows rest on so few of the best runs that they have no band."
        if any(row["extrapolated"] for row in rows)
        else ""
    )
    caption = (
        f"{pair_name(pair)}: expected best of n runs; the best is the {best_is} "
        f"{model['question']['value']}. {level} band ({rows[0]['method']}).{beyond}{finished}"
    )
    return table(caption, columns, cells)


def _best_sentence(pair: Pair) -> str:
    best = pair["where"]["best"]
    near = [row for row in best["difference"] if not row["extrapolated"]]
    apart = [row["n"] for row in near if _excludes_zero(row)]
    numbers = _sequence(apart, [row["n"] for row in near], [fmt.count(n) for n in apart]) if apart else ""
    runs = "run" if apart == [1] else "runs"
    band = (
        f"The band of the difference excludes 0 for the best of {numbers} {runs}."
        if apart
        else "The band of the difference includes 0 wherever there is one."
    )
    return f"{band} {_crossing(pair, near)}"


def _excludes_zero(row: Row) -> bool:
    low, high = row["low"], row["high"]
    return (low is not None and low > 0) or (high is not None and high < 0)


def _crossing(pair: Pair, near: Sequence[Row]) -> str:
    crossing, most = pair["where"]["best"]["crossing"], near[-1]["n"]
    if most == 1:
        return "So few runs give a band for a single run only: whether the expected bests cross is not known."
    if crossing["better_before"] is None:
        return (
            f"Up to {most} runs the expected bests do not differ in these runs, so no crossing is determined."
        )
    before, after = (pair[f"group_{side}"] for side in _order(crossing["better_before"]))
    if crossing["n"] is None:
        share = crossing["share_crossing"]
        drawn = f", though they do in {fmt.percent(share)} of the resamples" if share > 0 else ""
        return (
            f"The estimated expected bests do not cross between 1 and {fmt.plural(most, 'run')}, as far as "
            f"there is a band{drawn}; that of {before} is the better one there."
        )
    at = f"The estimated expected bests cross at about {fmt.number(crossing['n'], 2)} runs"
    if not crossing["determined"]:
        return (
            f"{at}, from {before} to {after} as the better one, but this point is not determined: only "
            f"{fmt.percent(crossing['share_crossing'])} of the resamples cross in that direction."
        )
    interval = f"[{fmt.number(crossing['low'], 2)}, {fmt.number(crossing['high'], 2)}]"
    return (
        f"{at} ({fmt.level(crossing['confidence_level'])} interval {interval}): with fewer {before} has the "
        f"better one, with more {after}."
    )


def _order(better_before: str) -> tuple[str, str]:
    return ("a", "b") if better_before == "a" else ("b", "a")
