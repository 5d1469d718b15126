"""All verdicts, signs, sizes and numbers of groups in turn: no sentence says more than its numbers.

Real tables are compared, so that every sentence of the report is made by the code that makes it for a user.
"""

import itertools
import re
from typing import Any

import numpy as np
import pytest
from plain_results import results_of

from analyze.report import markdown
from analyze.report.document import Fold, Paragraph, document
from analyze.report.sections.catalogue import SECTIONS

from .conftest import computed

# Where the second group lies; the third, if there is one, lies with the first.
SHIFTS = {"lower": -0.03, "equal": 0.0, "higher": 0.03}
CASES = [
    *itertools.product(SHIFTS, (2, 3), ("paired", "unpaired"), (25,), (None,)),
    *itertools.product(SHIFTS, (2,), ("unpaired",), (25,), (0.01,)),
    *itertools.product(("lower", "higher"), (2, 3), ("unpaired",), (3,), (None,)),
]
FORBIDDEN = (
    r"\b(is|are) the same\b", r"\bidentical\b", r"\bno difference between\b(?!.*\bwas shown)", r"\bproves?\b",
    r"\bno effect\b", r"\bsignificant", r"\bp = 0(\.0+)?\b(?![.\d])", r"\bnan\b", r"\bNone\b(?! of the)",
    r"\binf\b", r"\baccept", r"\.\.", r" ,", r"\( ", r"  ",
)  # fmt: skip


def model_of(case: tuple[str, int, str, int, float | None]) -> dict[str, Any]:
    shift, n_groups, pairing, n_runs, margin = case
    rng = np.random.default_rng(7)
    base = rng.normal(0.8, 0.01, n_runs)
    noise = rng.normal(0, 0.003, (3, n_runs))
    groups = {"a": base, "b": base + SHIFTS[shift] + noise[1]}
    groups |= {"c": base[::-1] + noise[2]} if n_groups == 3 else {}
    options = {"paired": "seed"} if pairing == "paired" else {}
    made = {name: np.round(values, 4).tolist() for name, values in groups.items()}
    return computed(made, margin=margin, **options)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(map(str, case)))
def case(request: pytest.FixtureRequest) -> Any:
    return request.param, model_of(request.param)


def prose(model: dict[str, Any]) -> list[str]:
    """Return every sentence of the report that is not a cell of a table."""
    report = document(results_of(model), SECTIONS)
    verdict = report.verdict
    texts = [verdict.headline, *verdict.further, verdict.where, verdict.caveat, verdict.scope]
    for section in report.sections:
        for block in section.blocks:
            parts = block.blocks if isinstance(block, Fold) else (block,)
            texts += [part.text for part in parts if isinstance(part, Paragraph)]
            texts += [part.caption for part in parts if hasattr(part, "caption")]
            texts += [part.alt for part in parts if hasattr(part, "alt")]
    return [text for text in texts if text]


def test_no_sentence_says_more_than_its_numbers(case: Any) -> None:
    _, model = case
    for text in prose(model):
        found = [pattern for pattern in FORBIDDEN if re.search(pattern, text)]
        assert not found, f"{found}: {text}"
        assert text.rstrip().endswith((".", "”")), text


def test_the_verdict_is_what_the_numbers_allow(case: Any) -> None:
    (shift, n_groups, _, n_runs, margin), model = case
    verdicts = {f"{c['group_a']}{c['group_b']}": c["verdict"] for c in model["comparisons"]}
    if n_runs == 3:
        assert set(verdicts.values()) == {"inconclusive"}
    elif shift == "equal":
        assert verdicts["ab"] == ("equivalent" if margin else "no difference shown")
    else:
        assert verdicts["ab"] == "differs"
    assert len(verdicts) == {2: 1, 3: 3}[n_groups]


def test_directions_follow_the_signs(case: Any) -> None:
    (shift, n_groups, _, n_runs, margin), model = case
    headline = model["answer"]["headline"]
    difference = next(
        e["estimate"] for e in model["comparisons"][0]["effects"] if e["effect"] == "mean_difference"
    )
    assert (difference < 0) == (shift == "lower") or shift == "equal"
    of_b = headline if n_groups == 2 else next(iter(re.findall(r"b is [^.]*?: ", headline)), "")
    decided = n_runs > 3 and shift != "equal"
    assert ("b is worse" in of_b) == (decided and difference < 0)
    assert ("b is better" in of_b) == (decided and difference > 0)
    assert ("cannot tell" in headline) == (n_runs == 3)
    assert ("equivalent" in headline) == (shift == "equal" and margin is not None)
    where = model["answer"]["where"]
    assert ("b lies lower" in where) == (shift == "lower" and n_runs > 3)
    assert ("b lies higher" in where) == (shift == "higher" and n_runs > 3)


def test_what_was_not_shown_is_not_called_a_difference(case: Any) -> None:
    _, model = case
    for pair in model["comparisons"]:
        shown = pair["verdict"] == "differs"
        assert ("differ between" in pair["sentence"]) == shown
        assert ("are equivalent" in pair["sentence"]) == (pair["verdict"] == "equivalent")
        of_pair = [
            row
            for row in model["sensitivity"]
            if (row["group_a"], row["group_b"]) == (pair["group_a"], pair["group_b"])
        ]
        if pair["verdict"] == "equivalent":  # p is that of the two one-sided tests, unless a test rejects
            assert not any(row["differs"] and row["holds"] for row in of_pair)
            assert all(
                row["holds"] == (row["pvalue"] <= row["alpha"]) for row in of_pair if not row["differs"]
            )
            continue
        assert all(row["holds"] == (row["differs"] == shown) for row in of_pair)
        assert all(row["differs"] == (row["pvalue"] <= row["alpha"]) for row in of_pair)


def test_markdown_tells_the_same_sentences(case: Any) -> None:
    _, model = case
    page = markdown.render(results_of(model), {})
    assert markdown.text(model["answer"]["sentence"]) in page
    for pair in model["comparisons"]:
        assert markdown.text(pair["detail"]) in page
