"""What the answers of runs to single test examples tell of all groups and pairs, where they are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analyze.answered import GroupFunctions, PairFunctions, Scope, Spread
from analyze.comparison import function_words, scope
from analyze.comparison.drawn import Drawn
from analyze.comparison.functions import functions
from analyze.comparison.scope import Names
from analyze.progress import Progress
from analyze.results import Answered
from analyze.table.answers import Answers
from analyze.table.runs import RunTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Spreads and scopes are there where the value that is compared is the share of right answers.

    ``drawn`` is what figures show of functions.
    """

    answers: Answers
    unit: str | None
    spreads: Mapping[str, Spread]
    scopes: Mapping[Names, Scope]
    groups: Mapping[str, GroupFunctions]
    pairs: Mapping[Names, PairFunctions]
    drawn: Drawn | None

    def told(self) -> Answered:
        """Return whose answers were looked at."""
        answers = self.answers
        n = {group: len(codes) for group, codes in answers.codes.items()}
        return Answered(
            example=answers.example,
            n_examples=answers.n_examples,
            unit=self.unit,
            ours=answers.example == "image",
            n=n,
            n_left_out=dict(answers.n_left_out),
            n_used={g: f.n for g, f in self.groups.items() if f.n < f.n_runs},
        )


def see(table: RunTable, names: Sequence[Names], progress: Progress | None) -> Seen | None:
    """Compare groups by their answers to single test examples; None where these are not known."""
    answers, question = table.answers, table.question
    if answers is None:
        return None
    groups: Mapping[str, GroupFunctions] = {}
    pairs: Mapping[Names, PairFunctions] = {}
    drawn = None
    if not question.no_functions:
        groups, pairs, drawn = functions(table, answers, names, progress)
    return Seen(
        answers=answers,
        unit=question.unit,
        spreads=scope.spreads(answers, question) if answers.is_value else {},
        scopes=scope.scopes(answers, names, question, pairable=table.pairable) if answers.is_value else {},
        groups=groups,
        pairs=pairs,
        drawn=drawn,
    )


def functions_words(seen: Seen, table: RunTable) -> str:
    """Say whether the groups reach different functions."""
    if not seen.pairs:
        return ""
    return function_words.headline(seen.pairs, seen.scopes, seen.told(), table.question)


def scope_words(seen: Seen, table: RunTable) -> str:
    """Say what the verdict is about, and whether it holds on new examples."""
    question, answers = table.question, seen.answers
    if not seen.scopes:
        return ""
    pairs = list(seen.scopes)
    told = (
        scope.sentence(pairs[0], seen.scopes[pairs[0]], question, answers.example, n_pairs=1)
        if len(pairs) == 1
        else scope.of_all(seen.scopes, question, answers.example)
    )
    return f"{told} {scope.limits(answers.example, grouped=answers.groups is not None)}"
