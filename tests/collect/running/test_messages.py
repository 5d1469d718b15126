"""Reports of tasks as JSON: what is written is read, what no task writes is refused."""

import json
import pickle

import pytest

from collect.running.messages import Broken, Committed, Lost, Ready, Report, Trained, decode, encode

REPORT = Report(
    number=3,
    attempt="a1",
    reused=True,
    first=2,
    events=(
        Ready(),
        Trained(7, "ok", 0.875, 1.5),
        Trained(8, "failed", None, 0.25),
        Committed((7, 8), skipped=(9,), repeated=(10,)),
        Broken("no\nmemory", None),
        Broken("known", 3),
    ),
)


def test_a_report_is_read_as_it_was_written():
    assert decode(encode(REPORT)) == REPORT
    assert decode(encode(Report(0, "b", reused=False, first=0, events=(), died=True))).died


def changed(**parts):
    return json.dumps(json.loads(encode(REPORT)) | parts)


def with_event(*event):
    return changed(events=[list(event)])


TRAINED = {"seed": 7, "status": "ok", "accuracy": 0.5, "duration_s": 1.0}


@pytest.mark.parametrize(
    "text",
    [
        pickle.dumps(REPORT), None, 3, "", "null", "[]", "{}", "[" * 100_000, "x", changed(number="3"),
        changed(number=True), changed(number=10**30), changed(attempt=None), changed(events=None),
        changed(more=1), changed(events=[[]]), changed(reused=1), with_event("Ready"),
        with_event("Ready", {"more": 1}), with_event("Lost", {"runs": []}), with_event("Report", {}),
        with_event("__import__", {}), with_event(["Ready"], {}), with_event("Trained", {}),
        with_event("Trained", TRAINED | {"seed": 1.5}), with_event("Trained", TRAINED | {"duration_s": None}),
        with_event("Trained", TRAINED | {"duration_s": float("nan")}),
        with_event("Trained", TRAINED | {"accuracy": "high"}),
        with_event("Trained", TRAINED | {"status": "x" * 50_000}),
        with_event("Committed", {"seeds": 3, "skipped": [], "repeated": []}),
        with_event("Committed", {"seeds": ["3"], "skipped": [], "repeated": []}),
        with_event("Broken", {"message": "x", "exit_code": "3"}),
    ],
)  # fmt: skip
def test_what_no_task_writes_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        decode(text)


def test_texts_cannot_steer_a_terminal():
    report = decode(with_event("Broken", {"message": "a\x1b[2Jb\r\nc", "exit_code": None}))
    assert report.events == (Broken("a [2Jb \nc", None),)


def test_what_the_planner_alone_says_is_not_read():
    with pytest.raises(ValueError, match="not a report: 'Lost'"):
        decode(encode(Report(0, "a", reused=False, first=0, events=(Lost(()),))))
