"""How a pair of groups is named in the report, and which pairs get full tables."""

from collections.abc import Callable, Iterable

from analyze import text as fmt
from analyze.question import alpha_of
from analyze.records import BestDifference, Pair, Shift
from analyze.report.document import Block, Paragraph, fold
from analyze.results import Results

# Full tables for at most this many pairs; more pairs are one row each, and every number is in the CSV tables.
MAX_DETAILED = 6
# Tables of one row a pair are cut here.
MAX_ROWS = 24
# So many pairs stand side by side as columns, and have a paragraph each.
MAX_BESIDE = 3
# A name longer than this would fill a column's cell with lines.
_MAX_NAME = 48
PAIR = "Pair (b − a)"
# Longer names would take the place of the numbers below them.
_MAX_HEADING = 16


def pair_name(pair: Pair) -> str:
    """Return the pair as the difference that its numbers are; very long names lose their middle."""
    return " − ".join(fmt.shorten(name, _MAX_NAME) for name in (pair.group_b, pair.group_a))


def sides(pair: Pair) -> tuple[str, str]:
    """Return the headings of columns for group a and group b: their names, if these are short."""
    return pair.groups if max(map(len, pair.groups)) <= _MAX_HEADING else ("a", "b")


def detailed(results: Results) -> list[Pair]:
    """Choose the pairs that get full tables: all of few, else those with the baseline, else none."""
    pairs = list(results.comparisons)
    if len(pairs) <= MAX_DETAILED:
        return pairs
    with_baseline = [pair for pair in pairs if pair.group_a == results.groups[0].group]
    return with_baseline if len(with_baseline) <= MAX_DETAILED else []


def spoken(results: Results, sentence: Callable[[Pair], str]) -> list[Paragraph]:
    """Return a paragraph for each pair that has full tables, led by its name where there are several."""
    return [Paragraph(text=sentence(pair), lead=lead_of(pair, results)) for pair in detailed(results)]


def lead_of(pair: Pair, results: Results) -> str:
    """Return the pair's name to open a paragraph with, where there are several."""
    return pair_name(pair) if several(results) else ""


def placed(paragraphs: list[Paragraph], summary: str) -> list[Block]:
    """Leave few paragraphs in sight and fold away many."""
    if len(paragraphs) <= MAX_BESIDE:
        return list(paragraphs)
    return [fold(summary, *paragraphs)]


def several(results: Results) -> bool:
    """Say whether there are pairs to be told apart."""
    return len(results.comparisons) > 1


def beside(results: Results) -> bool:
    """Say whether all pairs fit side by side as the columns of a table."""
    pairs = results.comparisons
    short = all(max(len(pair.group_a), len(pair.group_b)) <= _MAX_HEADING for pair in pairs)
    return len(pairs) <= MAX_BESIDE and short


def naming(results: Results) -> dict[str, bool]:
    """Return the column that names the pair, where there are several."""
    return {PAIR: False} if several(results) else {}


def named(pair: Pair, results: Results, *cells: str) -> tuple[str, ...]:
    """Return a row of cells, led by the pair's name where there are several."""
    return (pair_name(pair), *cells) if several(results) else cells


def of_pairs(results: Results) -> str:
    """Return the pair as words of a caption, or nothing where a column names it."""
    return "" if several(results) else f", {pair_name(results.comparisons[0])}"


def band_decimals(rows: Iterable[Shift | BestDifference]) -> int | None:
    """Return how many decimals show two digits of the narrowest band in a table."""
    known = (row.high - row.low for row in rows if row.low is not None and row.high is not None)
    return fmt.decimals_for(min((width for width in known if width > 0), default=None))


def alpha(results: Results) -> str:
    """Return the level of the tests in words."""
    return fmt.level(alpha_of(results.question.confidence))
