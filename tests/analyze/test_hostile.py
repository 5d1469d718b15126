"""Any table, any name, any option, any results.json: one documented exit code and at most one line of error.

Through the command line's entry, in this process. `make test` tries 300 inputs, `make stress` 10,000.
"""

import contextlib
import copy
import gc
import io
import json
import random
import re
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyze.cli import DATA, FAILURE, USAGE, main

DOCUMENTED = {0, FAILURE, USAGE, DATA}
# Of the 300 and the 10,000 inputs
SHARES = {"tables": (70, 2_000), "names": (110, 4_000), "results": (120, 4_000)}

ODD_NAMES = [
    "\x1b[31mred", "\x1b]0;title\x07", "a\x00b", "\ud800", "\ud801", "\ufdd0", "\U0010ffff", "\u202eevil",
    "a\nb",
    "a\\nb", "a b", "a\u00a0b", "Z" + 50 * "\u0301", "=1+1", "@x", "+x", "-x", "<b>&\"'", "$x^2$", "#let",
    "%s",
    "{}", "`id`", "\u2028", "\x1fa", "a\x1f", "nan", "None", "1e5", "", "label", "group", "value", "unit",
    "n",
    "x" * 300, "👨\u200d👩\u200d👧", "می\u200cخواهم",
]  # fmt: skip
NAMES = st.sampled_from(ODD_NAMES) | st.text(st.characters(exclude_categories=()), min_size=1, max_size=6)
# Values of one kind a table, so that most tables can be compared
ROUNDING = [1.0, 1 + 2**-52, 0.1 + 0.2, 0.3, 1.0 + 2**-40]
KINDS = [
    st.floats(-10, 10),
    st.floats(0, 1).map(lambda x: round(x, 2)),
    st.integers(0, 3),
    st.integers(10**15, 10**15 + 5),
    st.floats(1, 9).map(lambda x: x * 1e70),
    st.floats(1, 9).map(lambda x: x * 1e-70),
    st.floats(-30, 30).map(lambda x: 10**x),
    st.sampled_from([*ROUNDING, 1e-300, 5e-324, 0.0]),
    st.sampled_from([1e308, -1e308, 1e16, 1e16 + 2, 0.5, 50]),
]
WORDS = st.sampled_from([None, "nan", "diverged", "OOM", "", "\x1b[1m"])
OPTIONS = {
    "--confidence": st.sampled_from(["0.95", "0.01", "0.999999", "1e-9", "0.5", "95"]),
    "--adjust": st.sampled_from(["holm", "bh"]),
    "--axis": st.sampled_from(["auto", "linear", "log"]),
    "--better": st.sampled_from(["higher", "lower"]),
    "--margin": st.sampled_from(["0.1", "1e-300", "1e300", "-1"]),
    "--primary": st.sampled_from(
        ["ks", "mann_whitney", "welch_t", "permutation_mean", "paired_permutation", "\x1b"]
    ),
    "--seed": st.sampled_from(["0", "7", str(2**63), str(2**200), "-1"]),
}
OTHERS = {
    "--at": st.sampled_from(["last", "best", "v=1", "=", "\x00"]),
    "--where": NAMES | st.sampled_from(["v < 1", "g == 'a\\x1b'", "v in [1", "`", "v == v", "not v"]),
    "--baseline": NAMES,
    "--unit": NAMES,
}


@pytest.fixture
def run(monkeypatch, request, report_counts):
    """Run the command line in this process; return exit code, output and the one line of error or none."""
    ended = Counter()

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["analyze", *arguments])
        out, err = io.StringIO(), io.StringIO()
        was = signal.getsignal(signal.SIGTERM)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    main()
                    code = 0
                except SystemExit as end:
                    code = end.code or 0
        finally:
            gc.enable()
            signal.signal(signal.SIGTERM, was)
        told = err.getvalue()
        ended[code] += 1
        assert code in DOCUMENTED, (code, told)
        assert told.count("\n") == (code != 0), told
        assert len(told) < 2_200
        for text in (told, out.getvalue()):
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e]", text), repr(text)
        return code, out.getvalue(), told

    yield call
    codes = ", ".join(f"{ended[code]} with {code}" for code in sorted(ended))
    report_counts(f"hostile inputs, {request.node.name}: {ended.total()} commands ended, {codes}")


def many(kind, stress):
    """Return a decorator for the long or the short form of a search, which is the same each time."""
    return settings(
        max_examples=SHARES[kind][stress],
        deadline=None,
        derandomize=not stress,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@st.composite
def tables(draw):
    """A table of some groups and runs, as rows, and the names of its columns of groups and values."""
    by, value = draw(st.lists(NAMES.filter(str.strip), min_size=2, max_size=2, unique=True))
    groups = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True))
    numbers = draw(st.sampled_from(KINDS))
    cells = numbers | numbers | numbers | WORDS if draw(st.integers(0, 3)) == 0 else numbers
    of_group = st.lists(cells, min_size=2, max_size=6)
    rows = [{by: g, "seed": i, value: v} for g in groups for i, v in enumerate(draw(of_group))]
    return rows, by, value


def written(rows, folder, name="runs.json"):
    path = Path(folder) / name
    path.write_text(json.dumps(rows))
    return path


def options(draw, known, n):
    names = draw(st.lists(st.sampled_from(sorted(known)), max_size=n, unique=True))
    return [word for name in names for word in (name, draw(known[name]))]


def snapshot(folder):
    return {p.relative_to(folder): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}


def in_order(found):
    """Check every interval of a comparison, wherever it stands."""
    if isinstance(found, list):
        for part in found:
            in_order(part)
    elif isinstance(found, dict):
        for part in found.values():
            in_order(part)
        middle = next(
            (found[k] for k in ("estimate", "difference", "correlation", "mean") if k in found), None
        )
        low, high = found.get("low"), found.get("high")
        if all(isinstance(x, int | float) for x in (low, middle, high)):
            assert low <= middle <= high, found


def test_tables(run, stress):
    @many("tables", stress)
    @given(st.data())
    def holds(data):
        rows, by, value = data.draw(tables())
        asked = ["--value", value, "--by", by, "--resamples", "99", "--format", "json"]
        asked += options(data.draw, OPTIONS, 2)
        with tempfile.TemporaryDirectory() as folder:
            path = written(rows, folder)
            before = snapshot(folder)
            code, _, told = run("compare", str(path), *asked, "--out", f"{folder}/out")
            assert {p: c for p, c in snapshot(folder).items() if p.parts[0] != "out"} == before
            shuffled = random.Random(len(rows)).sample(rows, len(rows))
            again = run("compare", str(written(shuffled, folder)), *asked, "--out", f"{folder}/again")
            assert again[0] == code, (told, again[2])
            if code:
                return
            first, second = (
                json.loads(Path(folder, n, "results.json").read_text()) for n in ("out", "again")
            )
            in_order([first["comparisons"], first["groups"]])
            for model in (first, second):
                del model["provenance"]["created_at"], model["provenance"]["command"]
                del model["provenance"]["duration_s"]
            assert first == second
            names = [group["group"] for group in first["groups"]]
            assert len(set(names)) == len(names)
            assert run("report", f"{folder}/out", "--format", "csv,latex", "--out", f"{folder}/csv")[0] == 0

    holds()


def test_names(run, stress):
    @many("names", stress)
    @given(st.data())
    def holds(data):
        rows, by, value = data.draw(tables())
        command = data.draw(st.sampled_from(["describe", "columns"] * 9 + ["power"]))
        asked = [
            "--value",
            value,
            "--by",
            by,
            *(options(data.draw, OTHERS, 1) if command == "describe" else ()),
        ]
        asked += ["--difference", "1"] if command == "power" else []
        with tempfile.TemporaryDirectory() as folder:
            name = data.draw(NAMES).encode("utf-8", "replace").decode().replace("/", "").replace("\x00", "")
            path = written(rows, folder, f"{name[:40]}.json")
            before = snapshot(folder)
            run(command, str(path), *(asked if command != "columns" else ()))
            assert snapshot(folder) == before

    holds()


def paths(found, above=()):
    yield above
    parts = (
        found.items()
        if isinstance(found, dict)
        else list(enumerate(found))[:3]
        if isinstance(found, list)
        else ()
    )
    for key, part in parts:
        yield from paths(part, (*above, key))


ODD = [
    None, True, -1, 0, 10**18, 10**400, -5.5, 1e300, 1e-300, "", "\x1b[31m", "x" * 5000, [], {}, [[]], "nan",
    "\ud800",
    "differs", 3.5, "ks", "log",
]  # fmt: skip


def changed(draw, found):
    """Change a results.json in one or two places: another value, a part less, or twice."""
    found = copy.deepcopy(found)
    for _ in range(draw(st.integers(1, 2))):
        *above, last = draw(st.sampled_from([path for path in paths(found) if path]))
        place = found
        for key in above:
            place = place[key]
        how = draw(st.sampled_from(["odd", "away", "twice", "shorter"]))
        if how == "away":
            del place[last]
        elif how == "odd" or not isinstance(place[last], list) or not place[last]:
            place[last] = draw(st.sampled_from(ODD))
        else:
            place[last] = place[last] * 2 if how == "twice" else place[last][:-1]
    return found


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The results.json of two comparisons: of pairs with a failure, and of three groups."""
    folder = tmp_path_factory.mktemp("results")
    found = []
    for n_groups in (2, 3):
        rng = random.Random(n_groups)
        rows = [
            {"g": f"g{g}", "seed": i, "v": "diverged" if (g, i) == (0, 9) else rng.gauss(g, 1)}
            for g in range(n_groups)
            for i in range(12)
        ]
        asked = [
            "--value",
            "v",
            "--by",
            "g",
            "--resamples",
            "99",
            "--format",
            "json",
            "--out",
            f"{folder}/{n_groups}",
        ]
        with pytest.MonkeyPatch.context() as patch:
            words = ["analyze", "compare", str(written(rows, folder)), "--paired", "seed", *asked]
            patch.setattr(sys, "argv", words)
            with contextlib.redirect_stdout(io.StringIO()):
                main()
        gc.enable()
        found.append(json.loads((folder / str(n_groups) / "results.json").read_text()))
    return found


def test_changed_results(run, stress, results):
    # To draw takes seconds: in the long form alone
    formats = st.sampled_from(["csv", "latex", "json"] * 10 + ["md", "html,pdf"] * stress)

    @many("results", stress)
    @given(st.data())
    def holds(data):
        found = changed(data.draw, data.draw(st.sampled_from(results)))
        with tempfile.TemporaryDirectory() as folder:
            path = written(found, folder, "results.json")
            before = snapshot(folder)
            run("report", str(path), "--format", data.draw(formats), "--out", f"{folder}/out")
            assert {p: c for p, c in snapshot(folder).items() if p.parts[0] != "out"} == before

    holds()
