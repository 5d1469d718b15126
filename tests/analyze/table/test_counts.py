"""Counts of runs and failures of small random tables, against a plain reference that knows no pandas."""

import csv
import io

import hypothesis.strategies as st
from hypothesis import HealthCheck, event, given, settings

from analyze.errors import AnalyzeError
from analyze.question import make_question
from analyze.table.runs import read

STATES = {
    "finished": "ok", "COMPLETE": "ok", "ok": "ok", "Crashed": "failed", "FAIL": "failed",
    "timeout": "failed",
    "RUNNING": "left out", "pruned": "left out", "whatever": None,
}  # fmt: skip
WORDS = {
    "OOM": "failed",
    "nan": "failed",
    "inf": "failed",
    "-": "failed",
    "diverged": "failed",
    "n/a": None,
    "": None,
}
NUMBERS = ["0.5", "0.625", "0.75", "1e-1", "+0.875", " 0.25 "]


class _StopError(Exception):
    """The reference cannot answer."""


def reference(text, at):
    """Count (runs, failures) of each group, or stop: one row a run, the last of each where ``at`` is."""
    records = list(csv.DictReader(io.StringIO(text)))
    if not any(r["acc"] in NUMBERS for r in records):
        raise _StopError
    states = {r["state"] for r in records if r["state"]} if "state" in records[0] else set()
    has_states = any(STATES[state] for state in states)
    if has_states and None in {STATES[state] for state in states}:
        raise _StopError
    has_ok = "ok" in {STATES[state] for state in states}

    def ending(record):
        if not has_states:
            return "ok"
        return STATES[record["state"]] if record["state"] else "left out" if has_ok else "ok"

    runs = {}
    for record in records:
        if record["m"]:
            runs.setdefault((record["m"], record["seed"]), []).append(record)
    counts = {m: [0, 0] for m, _ in runs}
    for (m, _), rows in runs.items():
        valued = [r for r in rows if r["acc"].strip() not in ("", "n/a")]
        if at is None:
            if len(valued) > 1:
                raise _StopError
            chosen = rows
        else:
            order = {id(r): (int(r["epoch"]), i) for i, r in enumerate(rows)}
            last = max(rows, key=lambda r: order[id(r)])
            chosen = (
                [dict(max(valued, key=lambda r: order[id(r)]), state=last.get("state"))] if valued else []
            )
        for record in chosen:
            how, cell = ending(record), record["acc"].strip()
            if how == "ok" and cell in ("", "n/a"):
                continue
            if how == "ok":
                how = WORDS.get(cell, "ok")
            counts[m][0] += how == "ok"
            counts[m][1] += how == "failed"
    return {m: tuple(n) for m, n in counts.items()}


@st.composite
def tables(draw):
    """Draw a table of runs: seeds that may repeat, states, words, empty cells, epochs."""
    groups = draw(st.lists(st.sampled_from(["a", "b", "c c", "ü"]), min_size=2, max_size=3, unique=True))
    long = draw(st.booleans())
    names = ["m", "seed"] + ["epoch"] * long + ["state"] * draw(st.booleans()) + ["acc"]
    states = draw(st.lists(st.sampled_from(sorted(STATES)), min_size=1, max_size=4))
    odd = draw(st.sampled_from([0, 0, 1, 3]))
    rows = []
    for m in groups:
        for seed in range(draw(st.integers(2, 4))):
            for epoch in range(draw(st.integers(1, 3)) if long else 1 + (draw(st.integers(0, 19)) == 0)):
                word = draw(st.integers(0, 9)) < odd
                rows.append(
                    {
                        "m": m, "seed": seed, "epoch": epoch,
                        "state": draw(st.sampled_from([*states, *states, ""])),
                        "acc": draw(st.sampled_from(sorted(WORDS) if word else NUMBERS)),
                    }
                )  # fmt: skip
    rows = draw(st.permutations(rows))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue(), "last" if long and draw(st.integers(0, 3)) else None


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=tables())
def test_counts_are_those_of_a_plain_reference(tmp_path_factory, table):
    text, at = table
    path = tmp_path_factory.getbasetemp() / "counted.csv"
    path.write_text(text)
    words = ""
    try:
        found = read(make_question(str(path), value="acc", by="m", at=at), comparing=False)
    except AnalyzeError as error:
        answer, words = None, str(error)
    else:
        sizes = found.runs["group"].value_counts()
        answer = {m: (int(sizes.get(m, 0)), found.n_failed[m]) for m in found.groups}
    assert "\n" not in words
    try:
        expected = reference(text, at)
    except _StopError:
        expected = None
    event("stopped" if expected is None else "counted")
    assert answer == expected
