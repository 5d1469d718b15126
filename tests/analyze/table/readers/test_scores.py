"""Dictionaries of scores become one row a score; what their levels were taken for is said."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages import told
from tables import reading_of

from analyze.errors import DataError


def read(tmp_path, document):
    return reading_of(tmp_path / "scores.json", json.dumps(document))


def rows(reading, *names):
    return [tuple(row) for row in reading.frame[list(names)].itertuples(index=False, name=None)]


def test_runs_of_methods_may_be_of_unequal_number(tmp_path):
    reading = read(tmp_path, {"sgd": [0.5, 0.25, None], "adam": [0.75]})
    assert reading.frame.columns.tolist() == ["method", "run", "score"]
    assert rows(reading, "method", "run")[-1] == ("adam", 0)
    assert reading.frame["score"].tolist()[:2] == [0.5, 0.25]
    assert reading.frame["score"].isna().tolist() == [False, False, True, False]
    assert reading.unit == "run"
    assert "method → run" in " ".join(reading.remarks)


def test_rows_of_arrays_are_runs_and_columns_tasks(tmp_path):
    reading = read(tmp_path, {"DQN": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]})
    assert rows(reading, "method", "run", "task", "score") == [
        ("DQN", 0, 0, 1.0), ("DQN", 0, 1, 2.0), ("DQN", 0, 2, 3.0),
        ("DQN", 1, 0, 4.0), ("DQN", 1, 1, 5.0), ("DQN", 1, 2, 6.0),
    ]  # fmt: skip
    assert any("Rows of each array are runs" in remark for remark in reading.remarks)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), n_dimensions=st.integers(1, 3), as_npz=st.booleans())
def test_arrays_come_back(tmp_path_factory, data, n_dimensions, as_npz):
    shape = st.tuples(*[st.integers(1, 3)] * n_dimensions)
    numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
    scores = {}
    for name in ("one", "two"):
        size = data.draw(shape)
        cells = data.draw(
            st.lists(numbers.map(lambda x: x + 0.5), min_size=int(np.prod(size)), max_size=int(np.prod(size)))
        )
        scores[name] = np.array(cells, dtype=float).reshape(size)
    folder = tmp_path_factory.mktemp("scores")
    if as_npz:
        np.savez(folder / "a.npz", **scores)
        reading = reading_of(folder / "a.npz")
    else:
        reading = read(folder, {name: array.tolist() for name, array in scores.items()})
    axes = ["run", "task", "step"][:n_dimensions]
    assert len(reading.frame) == sum(array.size for array in scores.values())
    for name, *at, score in rows(reading, "method", *axes, "score"):
        assert scores[name][tuple(at)] == score


def test_marl_eval(tmp_path):
    """The layout of Gorsane et al. (2022), https://github.com/instadeepai/marl-eval."""
    seed = {
        "absolute_metrics": {"mean_return": [9.0]},
        "step_0": {"step_count": 10, "mean_return": [1.0]},
        "step_1": {"step_count": 20, "mean_return": [2.0, 4.0]},
    }
    reading = read(tmp_path, {"SMAC": {"3m": {"QMIX": {"seed_0": seed, "seed_7": seed}}}})
    frame = reading.frame
    assert rows(reading, "environment", "task", "algorithm", "seed", "step", "step_count", "mean_return") == [
        ("SMAC", "3m", "QMIX", k, i, 10 * (i + 1), [1.0, 3.0][i]) for k in (0, 7) for i in (0, 1)
    ]
    assert frame["absolute_metrics.mean_return"].tolist() == [9.0] * 4
    assert (reading.unit, reading.step) == ("seed", "step")
    assert any("mean_return were averaged" in remark for remark in reading.remarks)


LAYOUTS = {
    "task below method": ({"a": {"x": [1.5, 2.5], "y": [3.5]}}, ["method", "task", "run", "score"], 3),
    "measures": ({"a": {"accuracy": [1.5, 2], "loss": [3, 4]}}, ["method", "run", "accuracy", "loss"], 2),
    "seeds": ({"a": {"seed_0": 0.5, "seed_1": 0.6}}, ["method", "seed", "score"], 2),
    "seeds as numbers": ({"a": {"0": {"acc": 0.5}, "7": {"acc": 0.6}}}, ["method", "run", "acc"], 2),
    "seeds on top": ({"seed_0": {"a": 0.5}, "seed_1": {"a": 0.6}}, ["seed", "a"], 2),
    "curves": ({"a": {"seed_0": [0.5, 0.6], "seed_1": [1, 2]}}, ["method", "seed", "step", "score"], 4),
    "three levels": ({"a": {"b": {"c": [0.5, 0.6]}}}, ["level.1", "level.2", "level.3", "run", "score"], 2),
    "one score a task": (
        {"a": {"x": 0.1, "y": 0.2}, "b": {"x": 0.3, "y": 0.1}},
        ["method", "task", "score"],
        4,
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_levels_are_named_where_they_can_be(tmp_path, layout):
    document, names, n = LAYOUTS[layout]
    reading = read(tmp_path, document)
    assert reading.frame.columns.tolist() == names
    assert len(reading.frame) == n
    assert any("was read as scores" in remark for remark in reading.remarks)


def test_columns_of_a_table_are_no_methods(tmp_path):
    for document in (
        {"width": [1, 2], "x": [0.1, 0.2]},
        {"accuracy": [0.1], "lr": [0.2]},
        {"a": ["x"], "b": [1]},
    ):
        assert read(tmp_path, document).kind == "JSON columns"


def test_words_among_scores_stay(tmp_path):
    reading = reading_of(tmp_path / "a.json", '{"sgd": [0.5, NaN], "adam": [0.5, Infinity]}')
    assert reading.frame["score"].tolist() == [0.5, "NaN", 0.5, "inf"]


def test_unequal_rows_and_depths_are_refused(tmp_path):
    with told(DataError, "the rows of 'a' have 1 to 2 numbers"):
        read(tmp_path, {"a": [[1, 2], [3]]})
    with told(DataError, "has 4 dimensions"):
        read(tmp_path, {"a": [[[[1.0]]]]})
    with told(DataError, "is nested 2 to 3 levels deep"):
        read(tmp_path, {"a": {"seed_0": 0.5}, "b": {"c": {"seed_0": 0.5}}})
