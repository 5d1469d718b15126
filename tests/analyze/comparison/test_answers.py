"""Answers to single test examples, from the table to the sentences."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from messages import told

import analyze
from analyze.codec import to_plain
from analyze.comparison import function_words, scope
from analyze.errors import DataError
from analyze.question import make_question
from analyze.results import Results, from_json, to_json
from analyze.stats import crossed

RNG = np.random.default_rng(210)
N_RUNS, N_EXAMPLES = 12, 200
HARD = RNG.normal(0.8, 1.2, N_EXAMPLES)
START = RNG.normal(0, 0.6, (N_RUNS, N_EXAMPLES))
ASKED = {"by": "method", "outcomes": "answers", "paired": "seed", "resamples": 199, "seed": 3}


def answers(shift: float, own: float) -> np.ndarray:
    """Codes of runs that share their start with those of other groups: 0 is right, 1 to 3 are mistakes."""
    able = HARD + shift + START + RNG.normal(0, own, START.shape)
    return np.where(able > 0, 0, RNG.integers(1, 4, START.shape)).astype(np.uint8)


CODES = {"a": answers(0, 0.5), "b": answers(0.3, 0.5)}


def table(codes: dict[str, np.ndarray] = CODES) -> pd.DataFrame:
    rows = [
        {"method": g, "seed": s, "accuracy": np.mean(row == 0), "answers": row.tobytes()}
        for g, part in codes.items()
        for s, row in enumerate(part)
    ]
    return pd.DataFrame(rows)


def compared(codes: dict[str, np.ndarray] = CODES, **more: object) -> Results:
    return analyze.compare(table(codes), **(ASKED | more)).results


@pytest.fixture(scope="module")
def results() -> Results:
    return compared()


def test_numbers_are_those_of_the_statistics(results):
    pair = results.comparisons[0]
    right = [CODES[g] == 0 for g in "ab"]
    expected = crossed.scope(*right, paired=True, confidence=0.95)
    assert pair.scope is not None
    assert pair.scope.difference == pytest.approx(expected.difference)
    assert (pair.scope.new.low, pair.scope.new.high) == pytest.approx((expected.new.low, expected.new.high))
    unpaired = crossed.scope(*right, paired=False, confidence=0.95)
    assert pair.scope.unpaired is not None
    assert pair.scope.unpaired.new.se == pytest.approx(unpaired.new.se)
    assert (pair.scope.paired, pair.scope.n_pairs) == (True, N_RUNS)
    spread = crossed.run_spread(right[0], confidence=0.95)
    assert results.groups[0].spread is not None
    assert results.groups[0].spread.sd_distribution == pytest.approx(spread.sd_distribution)


def test_disagreements_are_those_that_loops_count(results):
    pair, (a, b) = results.comparisons[0].functions, CODES.values()
    assert pair is not None
    off = [np.count_nonzero(x != y) for r, x in enumerate(a) for s, y in enumerate(b) if r != s]
    assert pair.between == pytest.approx(np.mean(off) / N_EXAMPLES)
    assert pair.twins == pytest.approx(np.mean(a != b))
    inner = [np.count_nonzero(a[r] != a[s]) for r in range(N_RUNS) for s in range(r)]
    group = results.groups[0].functions
    assert group is not None
    assert group.disagreement == pytest.approx(np.mean(inner) / N_EXAMPLES)
    assert (group.minimum, group.maximum) == pytest.approx((min(inner) / N_EXAMPLES, max(inner) / N_EXAMPLES))


def test_results_survive_json(results):
    assert from_json(to_json(results)) == results


def test_figures_and_sentences_are_there(results):
    figures = {figure.figure for figure in results.figures}
    assert {"scope", "spread", "function_map", "disagreement", "votes", "images"} <= figures
    assert results.answer.functions.startswith("As functions they differ (energy distance, p")
    assert "On new examples of the same kind too: a run of b gets" in results.answer.scope
    assert "examples were taken as independent" in results.answer.scope


def flat(plain: object, name: str = "") -> dict[str, object]:
    """Return every number and text of a record by its place."""
    if isinstance(plain, dict):
        return {k: v for key, part in plain.items() for k, v in flat(part, f"{name}.{key}").items()}
    if isinstance(plain, list):
        return {k: v for i, part in enumerate(plain) for k, v in flat(part, f"{name}[{i}]").items()}
    return {name: plain}


def same(one: object, other: object) -> None:
    first, second = flat(to_plain(one)), flat(to_plain(other))
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert value == (
            pytest.approx(second[name], rel=1e-9) if isinstance(value, float) else second[name]
        ), name


@pytest.mark.parametrize("what", ["examples", "runs", "classes"])
def test_the_order_of_examples_and_runs_and_the_names_of_mistakes_do_not_matter(results, what):
    if what == "examples":
        order = RNG.permutation(N_EXAMPLES)
        changed = {g: codes[:, order] for g, codes in CODES.items()}
        found = compared(changed)
    elif what == "runs":
        found = analyze.compare(table().sample(frac=1, random_state=5), **ASKED).results
    else:
        found = compared({g: np.array([0, 3, 1, 2], np.uint8)[codes] for g, codes in CODES.items()})
    pair, was = found.comparisons[0], results.comparisons[0]
    same(pair.scope, was.scope)
    same(pair.functions, was.functions)
    for group, before in zip(found.groups, results.groups, strict=True):
        same(group.spread, before.spread)
        assert group.functions is not None
        assert before.functions is not None
        # Which runs vote together is drawn
        same(replace(group.functions, vote=()), replace(before.functions, vote=()))


def test_exchanged_groups_turn_the_signs(results):
    found = compared(baseline="b")
    one, other = results.comparisons[0], found.comparisons[0]
    assert one.scope is not None
    assert other.scope is not None
    assert other.scope.difference == pytest.approx(-one.scope.difference)
    assert (other.scope.new.low, other.scope.new.high) == pytest.approx(
        (-one.scope.new.high, -one.scope.new.low)
    )
    assert other.scope.new.pvalue == pytest.approx(one.scope.new.pvalue)
    assert one.functions is not None
    assert other.functions is not None
    assert other.functions.pvalue == one.functions.pvalue
    assert (other.functions.n_images_better, other.functions.n_images_worse) == (
        one.functions.n_images_worse,
        one.functions.n_images_better,
    )


def test_groups_of_examples_are_permuted_along(tmp_path):
    groups, order = np.arange(N_EXAMPLES) // 5, RNG.permutation(N_EXAMPLES)
    np.save(tmp_path / "a.npy", groups)
    np.save(tmp_path / "b.npy", groups[order])
    one = compared(image_groups=str(tmp_path / "a.npy"))
    changed = {g: codes[:, order] for g, codes in CODES.items()}
    other = compared(changed, image_groups=str(tmp_path / "b.npy"))
    same(one.comparisons[0].scope, other.comparisons[0].scope)
    assert one.comparisons[0].scope is not None
    assert one.comparisons[0].scope.image_groups == N_EXAMPLES // 5
    assert one.comparisons[0].scope.new_ungrouped is not None
    assert "On new groups of examples" in one.answer.scope


def test_twice_the_examples_leave_these_and_narrow_new_ones(results):
    found = compared({g: np.tile(codes, (1, 2)) for g, codes in CODES.items()}).comparisons[0].scope
    was = results.comparisons[0].scope
    assert found is not None
    assert was is not None
    assert found.test.se == pytest.approx(was.test.se)
    assert found.new.se < was.new.se


def test_runs_of_one_function_are_said_to_be_one():
    one = np.tile(CODES["a"][:1], (5, 1))
    found = compared({"a": one, "b": one, "c": CODES["b"]}, baseline="a")
    pair = found.comparisons[0].functions
    assert pair is not None
    assert (pair.statistic, pair.pvalue, pair.differ) == (0, 1, False)
    words = function_words.pair_words(("a", "b"), pair, found.answered, alpha=0.05, accuracy_shown=False)
    assert words == ["All runs of a and b are the same function on these examples."]
    assert found.comparisons[0].scope is not None
    assert found.comparisons[0].scope.new.pvalue == 1


def test_three_runs_cannot_show_a_difference_of_functions():
    found = compared({g: codes[:3] for g, codes in CODES.items()}, paired=None).comparisons[0].functions
    assert found is not None
    assert found.minimum_pvalue == pytest.approx(2 / 20)
    assert not found.differ


def test_failed_runs_never_enter():
    frame = table().assign(status="ok")
    frame.loc[0, ["status", "accuracy"]] = ["diverged", 0.1]
    found = analyze.compare(frame, **ASKED).results
    assert found.answered is not None
    assert found.answered.n == {"a": N_RUNS - 1, "b": N_RUNS}
    assert found.comparisons[0].scope is not None
    assert found.comparisons[0].scope.n_pairs == N_RUNS - 1


def test_functions_can_be_left_out_and_asked_for_alone():
    found = compared(no_functions=True)
    assert found.comparisons[0].functions is None
    frame = analyze.functions(table(), **ASKED)
    assert frame.loc[0, "between"] == pytest.approx(compared().comparisons[0].functions.between)
    with told(DataError, "no answers to single test examples"):
        analyze.functions(table().drop(columns="answers"), by="method")


class TestWords:
    QUESTION = make_question(by="g")
    END = crossed.MeanInterval(se=0.001, df=50, low=-0.003, high=-0.001, pvalue=0.001)

    def said(self, test: crossed.MeanInterval, new: crossed.MeanInterval, adjusted: float, n_pairs: int = 1):
        both = (float(test.pvalue), adjusted)
        found = crossed.Scope(
            paired=False, n_examples=10_000, difference=-0.002, test=test, new=new, new_ungrouped=None,
            variance_examples=0.0, variance_runs=0.0, n_example_groups=None, degenerate=False,
        )  # fmt: skip
        answers = type("A", (), {"codes": {"a": [0] * 9, "b": [0] * 9}})()
        one = scope._scope(found, None, both, answers, ("a", "b"), self.QUESTION)
        return one.decides, scope.sentence(("a", "b"), one, self.QUESTION, "image", n_pairs=n_pairs)

    def test_it_holds(self):
        decides, text = self.said(self.END, self.END, 0.001)
        assert decides == "both"
        assert text == (
            "On new images of the same kind too: a run of b gets 20 fewer of 10,000 right on average "
            "(95 % interval −30 to −10)."
        )

    def test_it_holds_on_these_only(self):
        wide = replace(self.END, low=-0.005, high=0.001, pvalue=0.2)
        decides, text = self.said(self.END, wide, 0.2)
        assert decides == "test set only"
        assert text == (
            "Certain on these 10,000 images only: on new images of the same kind the difference may be "
            "anything "
            "from −50 to +10 of 10,000."
        )

    def test_adjusted_it_may_be_none(self):
        _, text = self.said(self.END, self.END, 0.12, n_pairs=17)
        assert (
            "may be none: its interval is −30 to −10 of 10,000, and adjusted for 17 differences (Holm) p "
            "= 0.12" in text
        )

    def test_it_is_shown_nowhere(self):
        wide = replace(self.END, low=-0.005, high=0.001, pvalue=0.2)
        decides, text = self.said(wide, wide, 0.2)
        assert decides == "neither"
        assert text == "A difference is shown neither on these images nor on new ones (−50 to +10 of 10,000)."
