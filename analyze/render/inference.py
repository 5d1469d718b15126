"""The sections "How large is the difference?" and "Are the distributions different?"."""

from collections.abc import Mapping
from typing import Any

from analyze.render import formatting as fmt
from analyze.render.document import Block, Heading, Model, Paragraph, Table, figures, table
from analyze.render.pairs import Pair, alpha, detailed, effect, effect_decimals, heading, pair_name, primary


def effects(model: Model) -> list[Block]:
    """Show how large the differences are, before any test."""
    if len(model["comparisons"]) == 1:
        return [_pair_effects(model["comparisons"][0])]
    blocks: list[Block] = [_overview(model)]
    for pair in detailed(model):
        blocks += [Heading(text=pair_name(pair)), _sentence(pair), _pair_effects(pair)]
    return blocks


def tests(model: Model) -> list[Block]:
    """Show every test with its null hypothesis in words, and the distribution functions."""
    blocks: list[Block] = []
    if model["omnibus"]:
        blocks.append(_omnibus(model))
    for pair in detailed(model):
        blocks += [*heading(pair, model), _tests(pair, model), *_power(pair, model)]
    return blocks + figures(model, ["ecdf"])


def effects_table(caption: str, rows: list[Mapping[str, Any]]) -> Table:
    """Build a table of effects with their intervals and methods."""
    columns = {"Effect": False, "Estimate": True, "Interval": True, "No difference": True, "Method": False}
    cells = []
    for e in rows:
        decimals, sign = effect_decimals(e), e["null_value"] == 0
        name = f"{e['label']} ({e['unit']})" if e.get("unit") else e["label"]
        reason = f"; {e['reason']}" if e.get("reason") else ""
        cells.append(
            (
                name,
                fmt.fixed(e["estimate"], decimals, sign=sign),
                fmt.interval(e["low"], e["high"], decimals, sign=sign),
                fmt.number(e["null_value"]),
                f"{e['method']}{reason}",
            )
        )
    return table(caption, columns, cells)


def _pair_effects(pair: Pair) -> Table:
    level = next((e["confidence_level"] for e in pair["effects"] if e.get("confidence_level")), None)
    interval = f", with {fmt.level(level)} intervals" if level else ""
    caption = f"{pair_name(pair)}: effects{interval}. “No difference” is the value that would mean none."
    return effects_table(caption, pair["effects"])


def _overview(model: Model) -> Table:
    pairs = model["comparisons"]
    columns = {"Pair": False, "Verdict": False, "Mean difference": True, "Interval": True, "p": True}
    columns |= {"adjusted p": True}
    differences = [effect(pair, "mean_difference") for pair in pairs]
    decimals = [effect_decimals(d) for d in differences if d]
    common = max((d for d in decimals if d is not None), default=None)
    rows = []
    for pair, difference in zip(pairs, differences, strict=True):
        test = primary(pair)
        estimate, low, high = (difference.get(k) if difference else None for k in ("estimate", "low", "high"))
        rows.append(
            (
                pair_name(pair),
                pair["verdict"],
                fmt.fixed(estimate, common, sign=True),
                fmt.interval(low, high, common, sign=True),
                fmt.pvalue(test.get("pvalue")),
                fmt.pvalue(test.get("pvalue_adjusted")),
            )
        )
    level = fmt.level(model["question"]["confidence"])
    details = "" if len(pairs) == len(detailed(model)) else f" {_which_details(model)}"
    caption = f"All pairs: mean difference with {level} interval, p of the primary test.{details}"
    return table(caption, columns, rows)


def _which_details(model: Model) -> str:
    shown = len(detailed(model))
    if shown:
        return f"Full tables follow for the {shown} pairs with the baseline; the rest is in the CSV tables."
    return "Every effect and test of every pair is in the CSV tables."


def _tests(pair: Pair, model: Model) -> Table:
    adjusted = f"p ({fmt.ADJUSTMENTS[model['question']['adjust']]})"
    columns = {"Test": False, "Null hypothesis": False, "Statistic": True, "p": True, adjusted: True}
    columns |= {"Decision": False, "Method": False}
    rows = [
        (
            f"{t['label']} (primary)" if t["primary"] else t["label"],
            t["hypothesis"],
            fmt.statistic(t["statistic_name"], t["statistic"]),
            fmt.pvalue(t["pvalue"]),
            fmt.pvalue(t["pvalue_adjusted"]),
            _decision(t["rejected"]),
            _method(t),
        )
        for t in pair["tests"]
    ]
    return table(f"{pair_name(pair)}: tests, two-sided at {alpha(model)}.", columns, rows)


def _omnibus(model: Model) -> Table:
    columns = {"Test": False, "Null hypothesis": False, "Statistic": True, "p": True, "Method": False}
    rows = [
        (
            o["label"],
            o["hypothesis"],
            fmt.statistic(o["statistic_name"], o["statistic"]),
            fmt.pvalue(o["pvalue"]),
            _method(o),
        )
        for o in model["omnibus"]
    ]
    caption = f"All {len(model['groups'])} groups at once; these p-values are not adjusted."
    return table(caption, columns, rows)


def _method(test: Mapping[str, Any]) -> str:
    error = test.get("pvalue_error")
    drawn = f"Monte-Carlo error of p {fmt.number(error, 1)}" if error and test["pvalue"] is not None else None
    return "; ".join(part for part in (test["method"], drawn, test.get("reason")) if part)


def _decision(rejected: bool | None) -> str:  # noqa: FBT001 - a value of the table, not an option
    words = {True: "rejected", False: "not rejected"}
    return fmt.MISSING if rejected is None else words[rejected]


def _power(pair: Pair, model: Model) -> list[Block]:
    smallest, minimum = pair.get("detectable_difference"), pair.get("minimum_pvalue")
    sentences = []
    if smallest is not None and pair["verdict"] != "differs":
        sentences.append(
            "With these numbers of runs and this spread, Welch's t test would find a difference of means of "
            f"{fmt.number(smallest, 2)} {model['question']['value']} with 80 % power."
        )
    if minimum is not None and pair["verdict"] == "inconclusive":
        sentences.append(
            f"The smallest p that so few runs can reach in the primary test is {fmt.pvalue(minimum)}."
        )
    return [Paragraph(text=" ".join(sentences), tone="note")] if sentences else []


def _sentence(pair: Pair) -> Paragraph:
    return Paragraph(text=f"{pair['sentence']} {pair['detail']}".strip())
