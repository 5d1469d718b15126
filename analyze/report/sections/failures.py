"""The section "Runs that failed"."""

from analyze import text as fmt
from analyze.question import alpha_of
from analyze.report.document import Block, Model, Paragraph, Table, fold, table
from analyze.report.pairs import (
    MAX_ROWS,
    PAIR,
    Pair,
    alpha,
    detailed,
    effect,
    lead_of,
    named,
    naming,
    of_pairs,
    pair_name,
    placed,
    several,
)


def failures(model: Model) -> list[Block]:
    """Show how often groups fail, and what the rank tests say with failing as the worst result."""
    failing = [pair for pair in model["comparisons"] if pair["failures"]]
    if not failing:
        return []
    blocks: list[Block] = [_shares(failing)]
    ranked = [pair for pair in detailed(model) if pair["worst_ranked"]]
    if not ranked:
        return blocks
    sentences = [Paragraph(text=_sentence(pair, model), lead=lead_of(pair, model)) for pair in ranked]
    blocks += placed(sentences, "What ranking failures worst changes, pair by pair")
    worst = _worst(model, ranked)
    return [*blocks, fold("Rank tests with failures worst, pair by pair", worst) if several(model) else worst]


def _shares(failing: list[Pair]) -> Table:
    columns = {PAIR: False, "Failed, a": True, "Failed, b": True, "Difference (points)": True}
    columns |= {"Interval": True, "p": True}
    rows = []
    for pair in failing[:MAX_ROWS]:
        f = pair["failures"]
        difference, low, high = (100 * f[key] for key in ("difference", "low", "high"))
        decimals = max(fmt.decimals_for(high - low) or 0, 1)
        rows.append(
            (
                pair_name(pair),
                *(
                    f"{fmt.count(f[f'n_failed_{side}'])} of {fmt.count(f[f'n_{side}'])} "
                    f"({fmt.percent(f[f'share_{side}'], 1)})"
                    for side in "ab"
                ),
                fmt.fixed(difference, decimals, sign=True),
                fmt.interval(low, high, decimals, sign=True),
                fmt.pvalue(f["pvalue"]),
            )
        )
    first = failing[0]["failures"]
    left_out = f" The first {MAX_ROWS} of {len(failing)} pairs." if len(failing) > MAX_ROWS else ""
    caption = (
        "How often runs fail: difference of the shares in percentage points with "
        f"{fmt.level(first['confidence_level'])} interval ({first['method']}); p of {first['test']}, "
        f"not adjusted.{left_out}"
    )
    return table(caption, columns, rows)


def _sentence(pair: Pair, model: Model) -> str:
    """Say whether failures as the worst results change what the rank tests decide, by unadjusted p."""
    level = alpha_of(model["question"]["confidence"])
    finished = {t["test"]: t["pvalue"] for t in pair["tests"]}
    changed = [
        t["label"]
        for t in pair["worst_ranked"]["tests"]
        if t["pvalue"] is not None
        and finished.get(t["test"]) is not None
        and (t["pvalue"] <= level) != (finished[t["test"]] <= level)
    ]
    at = f"With failed runs ranked worst, at {alpha(model)} and not adjusted,"
    if not changed:
        return f"{at} the rank tests decide as they do among the finished runs. {_superiority(pair)}"
    verb = "decides" if len(changed) == 1 else "decide"
    names = fmt.listing(changed)
    return f"{at} {names} {verb} otherwise than among the finished runs. {_superiority(pair)}"


def _worst(model: Model, pairs: list[Pair]) -> Table:
    columns = {
        **naming(model),
        "Test": False,
        "p, finished runs": True,
        "p, failures worst": True,
        "Method, failures worst": False,
    }
    rows = []
    for pair in pairs:
        finished = {t["test"]: t for t in pair["tests"]}
        rows += [
            named(
                pair,
                model,
                t["label"],
                fmt.pvalue(finished.get(t["test"], {}).get("pvalue")),
                fmt.pvalue(t["pvalue"]),
                f"{t['method']}; {fmt.statistic(t['statistic_name'], t['statistic'])}",
            )
            for t in pair["worst_ranked"]["tests"]
        ]
    caption = f"Rank tests with failed runs counted as worse than every other{of_pairs(model)}, not adjusted."
    return table(caption, columns, rows)


def _superiority(pair: Pair) -> str:
    among = effect(pair, "probability_of_superiority")
    finished = fmt.probability(among["estimate"] if among else None)
    worst = fmt.probability(pair["worst_ranked"]["superiority"])
    return f"P(b > a) + ½ P(b = a) is {finished} among the finished runs and {worst} with failures worst."
