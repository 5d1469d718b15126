"""The section "Are they different functions?"."""

from analyze import text as fmt
from analyze.comparison.function_words import further, groups_rows, pairs_rows
from analyze.report.document import Block, Figure, Paragraph, Table, figures, fold, table
from analyze.report.pairs import several
from analyze.results import Answered, FigureEntry, Results


def functions(results: Results) -> list[Block]:
    """Show whether the groups reach different functions, what the seed decides, and which examples tell."""
    found = [(pair, pair.functions) for pair in results.comparisons if pair.functions]
    seen = results.answered
    groups = {g.group: g.functions for g in results.groups if g.functions}
    if not found or seen is None or not groups:
        return []
    drawn = figures(results, "functions")
    main = [
        one for one in drawn if isinstance(one, Figure) and one.figure in ("function_map", "disagreement")
    ]
    rest = [one for one in drawn if one not in main]
    pairs = {pair.groups: one for pair, one in found}
    said: list[Block] = [Paragraph(text=text) for text in further(pairs, groups, seen, results.question)]
    tables = [table(*groups_rows(groups, seen))]
    if several(results):
        tables = [table(*pairs_rows(pairs, seen)), *tables]
    apart = _apart(results, seen)
    return [
        *said,
        *main,
        *rest,
        fold("Functions in numbers", *tables, *([apart] if apart else []), on_paper=False),
    ]


def _apart(results: Results, seen: Answered) -> Table | None:
    """List the examples that separate the groups most."""
    entry: FigureEntry | None = next((f for f in results.figures if f.figure == "images"), None)
    if entry is None or "images" not in entry.tables or several(results):
        return None
    rows = entry.tables["images"]
    numbers = list(
        zip(*(rows[k] for k in ("example", "n_right_a", "n_a", "n_right_b", "n_b", "qvalue")), strict=True)
    )
    shares = sorted(
        ((float(str(b)) / float(str(nb)) - float(str(a)) / float(str(na)), image, a, na, b, nb, q)
         for image, a, na, b, nb, q in numbers),
        key=lambda one: one[0],
    )  # fmt: skip
    ends = shares[:10] + shares[-10:][::-1] if len(shares) > 20 else shares
    a, b = results.comparisons[0].groups
    columns = {
        f"{fmt.initial(seen.example)}": True,
        f"Right, {a}": True,
        f"Right, {b}": True,
        "Difference": True,
        "q": True,
    }
    cells = [
        (
            str(image),
            f"{x} of {nx}",
            f"{y} of {ny}",
            fmt.fixed(difference, 3, sign=True),
            fmt.pvalue(float(str(q))),
        )
        for difference, image, x, nx, y, ny, q in ends
    ]
    caption = (
        f"The {seen.example}s that separate the groups most, counted from 0; q is adjusted by "
        "Benjamini–Hochberg. All "
        "are in the table of the figure."
    )
    return table(caption, columns, cells)
