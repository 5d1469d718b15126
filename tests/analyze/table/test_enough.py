"""What is too much or too little to compare is one line, before the work begins."""

import numpy as np
import pandas as pd
import pytest
from messages import told

from analyze.errors import DataError
from analyze.question import make_question
from analyze.table import enough
from analyze.table.frames import read_frame
from analyze.table.runs import read_runs


def runs(frame, **asked):
    return read_runs(read_frame(pd.DataFrame(frame)), make_question("", value="v", by="g", **asked))


def many(n_groups):
    return {"g": np.repeat([f"m{i:04}" for i in range(n_groups)], 2), "v": np.arange(2.0 * n_groups)}


def test_pairs_are_bounded_and_a_baseline_is_named_where_it_helps():
    with told(
        DataError,
        "64 groups make 2,016 pairs, and at most 2,000 are compared",
        "one (63 pairs), e.g. baseline='m0000'",
    ):
        runs(many(64))
    assert len(runs(many(63)).groups) == 63
    assert len(runs(many(64), baseline="m0003").groups) == 64
    with told(DataError, "2,500 groups make 3,123,750 pairs", "compared: choose groups with where=EXPR"):
        runs(many(2500))


def test_groups_of_one_run_are_left_out_before_pairs_are_counted():
    frame = pd.DataFrame(many(3))
    lone = pd.DataFrame({"g": [f"x{i}y" for i in range(400)], "v": 0.5})
    assert runs(pd.concat([frame, lone])).groups == ("m0000", "m0001", "m0002")


def test_a_name_without_end_is_refused():
    long = "x" * (enough.MAX_NAME + 1)
    with told(DataError, "name has 10,001 letters ('xxx", "…", "at most 10,000 are shown"):
        runs({"g": [long, long, "b", "b"], "v": [1, 2, 3, 4]})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([2, -1e308, 0, 1], ["v reaches −1×10³⁰⁸"]),
        ([1e300, 1, 2, 3], ["v reaches 1×10³⁰⁰", "e.g. with where='v < 1e+75'"]),
        ([1e-300, 2e-300, 3e-300, 0], ["have no squares"]),
        ([5e-324, 0, 1, 2], ["differs by no more than 4.9×10⁻³²⁴ in the runs of a", "have no squares"]),
        ([0.3, 0.1 + 0.2, 0.3, 0.3], ["are rounding errors"]),
        ([1e16, 1e16 + 2, 1e16, 1e16], ["are rounding errors"]),
    ],
)
def test_numbers_that_cannot_be_compared(values, words):
    with told(DataError, *words):
        runs({"g": list("aabb"), "v": values})


def test_numbers_near_the_ends_can():
    assert len(runs({"g": list("aabb"), "v": [1e74, 2e74, 3e74, 0]}).runs) == 4
    assert len(runs({"g": list("aabb"), "v": [1, 1 + 1e-13, 1 + 2e-13, 1]}).runs) == 4
