"""The section "Checks": what was looked at, and whether the verdict hangs on a choice."""

from analyze import text as fmt
from analyze.records import Pair
from analyze.report.document import Block, Paragraph, Table, fold, table
from analyze.report.pairs import MAX_BESIDE, PAIR, detailed, lead_of, named, naming, pair_name
from analyze.results import Results, Variant


def checks(results: Results) -> list[Block]:
    """List what was checked, what to keep in mind, and the verdict under other choices."""
    told = {*results.answer.caveats[:1], *results.read_as.told}  # in the first box, and under Data
    blocks: list[Block] = [
        Paragraph(text=c.sentence, tone=c.level)
        for c in results.checks
        if c.level != "passed" and c.sentence not in told
    ]
    passed = [c.sentence for c in results.checks if c.level == "passed"]
    blocks += [Paragraph(text=f"Also looked at: {' '.join(passed)}")] if passed else []
    return blocks + _sensitivity(results)


def _sensitivity(results: Results) -> list[Block]:
    if not results.sensitivity:
        return []
    pairs, shown = results.comparisons, detailed(results)
    blocks: list[Block] = []
    if len(pairs) <= MAX_BESIDE:
        blocks += [Paragraph(text=_sentence(pair, results), lead=lead_of(pair, results)) for pair in pairs]
    else:
        overview = _overview(results)
        blocks.append(
            overview if len(overview.rows) <= 15 else fold("The verdicts under other choices", overview)
        )
    if not shown:
        return blocks
    variants = _variants(results, shown)
    is_told = results.few or all(row.holds for row in results.sensitivity)
    return [*blocks, fold("Every other choice and what it decides", variants, on_paper=not is_told)]


def _rows(pair: Pair, results: Results) -> list[Variant]:
    return [row for row in results.sensitivity if (row.group_a, row.group_b) == (pair.group_a, pair.group_b)]


def _sentence(pair: Pair, results: Results) -> str:
    rows = _rows(pair, results)
    tried = fmt.listing(list(dict.fromkeys(row.choice for row in rows)))
    if all(row.holds for row in rows):
        return f"No other choice that was tried changes “{pair.verdict}” ({tried}, one at a time)."
    return f"“{pair.verdict}” would change with {_exceptions(rows)} (tried: {tried}, one at a time)."


def _exceptions(rows: list[Variant]) -> str:
    parts: dict[str, list[str]] = {}
    for row in rows:
        if not row.holds:
            parts.setdefault(row.choice, []).append(row.variant)
    return "; ".join(f"{choice}: {fmt.listing(variants)}" for choice, variants in parts.items())


def _overview(results: Results) -> Table:
    columns = {PAIR: False, "Verdict": False, "Would change with": False}
    cells = []
    for pair in results.comparisons:
        rows = _rows(pair, results)
        cells.append((pair_name(pair), pair.verdict, _exceptions(rows) or fmt.MISSING))
    caption = "Which other choices would change a verdict; one choice is changed at a time."
    return table(caption, columns, cells)


def _variants(results: Results, pairs: list[Pair]) -> Table:
    columns = {**naming(results), "Choice": False, "Instead": False, "p": True, "Level": True}
    columns |= {"Differs": False, "Holds": False}
    cells = [
        named(
            pair,
            results,
            fmt.initial(row.choice),
            fmt.initial(row.variant),
            fmt.pvalue(row.pvalue),
            fmt.level(row.alpha),
            "yes" if row.differs else "no",
            "yes" if row.holds else "no",
        )
        for pair in pairs
        for row in _rows(pair, results)
    ]
    caption = (
        "The verdict decided again with one choice changed; p is adjusted over the pairs, that of the two "
        "one-sided tests where the means are equivalent. The variants share their runs, so many that agree "
        "are no further evidence."
    )
    return table(caption, columns, cells)
