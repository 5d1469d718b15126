"""The bibliography, and which of its works a report rests on."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources

from analyze.figures.catalogue import FIGURES
from analyze.report.formulas import methods, used
from analyze.results import Results

# A word in the `method` of some test or effect: the work behind it.
_BY_METHOD = {
    "Agresti–Caffo": "agresti_caffo_2000",
    "Bonett": "bonett_2006",
    "studentised bootstrap": "hall_1988",
    "studentised permutation": "neubert_brunner_2007",
    "random splits": "phipson_smyth_2010",
    "random signs": "phipson_smyth_2010",
}


@cache
def bibliography() -> dict[str, dict[str, str]]:
    """Return every work as its ``text`` and ``doi`` (empty where it has none), by author and year."""
    return tomllib.loads((resources.files("analyze.report") / "references.toml").read_text("utf-8"))


def of(results: Results) -> tuple[tuple[str, str], ...]:
    """Return (citation, address) of every work that the results rest on, sorted by author."""
    known = methods()
    works = {work for key in used(results) if key in known for work in known[key].sources}
    works |= {work for figure in results.figures for work in FIGURES[figure.figure].sources}
    return _cited({*works, *_named_in_tables(results)})


def of_text(results: Results) -> tuple[tuple[str, str], ...]:
    """Return those that sentences and tables name: the sources of formulas and figures stand beside them."""
    question, known = results.question, methods()
    named = [question.primary, question.adjust] + ["margin"] * (question.margin is not None)
    named += [key for key in used(results) if key in known and not known[key].formula]
    works = {work for key in named if key in known for work in known[key].sources}
    return _cited({*works, *_named_in_tables(results)})


def _named_in_tables(results: Results) -> set[str]:
    said = [row.method for rows in results.methods() for row in rows]
    return {work for word, work in _BY_METHOD.items() if any(word in text for text in said)}


def _cited(works: set[str]) -> tuple[tuple[str, str], ...]:
    cited = sorted((bibliography()[work]["text"], bibliography()[work]["doi"]) for work in works)
    return tuple((text, f"https://doi.org/{doi}" if doi else "") for text, doi in cited)


def cite(keys: Iterable[str]) -> str:
    """Return the works behind methods as a sentence cites them, led by a space; nothing without any.

    Examples
    --------
    >>> cite(["holm", "failures"]), cite(["best"])[:19], cite([])
    (' (Holm 1979; Newcombe 1998; Wilson 1927)', ' (Tang et al. 2020;', '')
    """
    known = methods()
    works = dict.fromkeys(work for key in keys if key in known for work in known[key].sources)
    names = [_short(bibliography()[work]["text"]) for work in works]
    return f" ({'; '.join(names)})" if names else ""


def located(works: Iterable[str]) -> str:
    """Return works and where to find them; nothing without any.

    Examples
    --------
    >>> located(["holm_1979", "hall_1988"])
    'Holm 1979; Hall 1988, doi 10.1214/aos/1176350933'
    """
    found = [bibliography()[work] for work in works]
    return "; ".join(f"{_short(w['text'])}{', doi ' if w['doi'] else ''}{w['doi']}" for w in found)


def sources(key: str) -> str:
    """Return the works behind a method as `located` does."""
    return located(methods()[key].sources) if key in methods() else ""


def _short(citation: str) -> str:
    """Turn "A, B & C (1999), Title" into "A et al. 1999"."""
    authors, _, rest = citation.partition(" (")
    first, *others = re.split(r", | & ", authors)
    name = first if not others else f"{first} & {others[0]}" if len(others) == 1 else f"{first} et al."
    return f"{name} {rest[:4]}"
