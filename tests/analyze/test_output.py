"""A report is written whole, replaces an older one whole, and touches nothing else."""

import contextlib
import errno
import fcntl
import functools
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import killed_publish
import pytest

from analyze import output
from analyze import publish as publishing
from analyze.codec import to_plain
from analyze.comparison.compare import compare
from analyze.comparison.difference import differences
from analyze.errors import DataError, RunError, UsageError
from analyze.publish import MANIFEST
from analyze.question import make_question
from analyze.records import Test
from analyze.report.build import Origin, build
from analyze.table.runs import read

OMNIBUS = Test(
    test="kruskal_wallis", label="Kruskal–Wallis", hypothesis="", statistic_name="H", statistic=0.1,
    pvalue=None, pvalue_error=0.0, method="",
)  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A small report, computed."""
    path = tmp_path_factory.mktemp("runs") / "runs.csv"
    path.write_text("score,method\n1,a\n2,a\n3,a\n4,b\n6,b\n5,b\n")
    table = read(make_question(str(path), value="score", by="method", resamples=99))
    origin = Origin(created_at=datetime(2026, 1, 2, tzinfo=UTC), command="analyze", duration_s=0.1)
    return build(compare(table), table, origin)


def test_json_alone_is_results_json(tmp_path, results):
    assert output.write(results, tmp_path, ("json",)) == [tmp_path / "results.json"]
    assert output.read_results(tmp_path) == results
    assert files(tmp_path) == [MANIFEST, "results.json"]


def publish(place, **contents):
    """Publish files named by words: report_html for report.html, figures_a for figures/a.svg."""
    names = {"results": "results.json", "report_html": "report.html", "report_pdf": "report.pdf"}
    names |= {"figures_a": "figures/a.svg", "figures_b": "figures/b.svg", "tables_x": "tables/x.csv"}
    publishing.publish({names[word]: text.encode() for word, text in contents.items()}, place)


def snapshot(place):
    """Return content, mode and time of change of everything in a directory, as far as it has them."""
    return {
        str(path.relative_to(place)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else None,
        )
        for path in place.rglob("*")
        if path.name not in {"figures", "tables"}
    }


def files(place):
    return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())


def test_how_many_figures_are_drawn_is_told_to_whoever_asks(results):
    told = []
    two = replace(results, figures=results.figures[:1] * 2)
    output.render(two, ["md"], lambda *words: told.append(words))
    assert [words[:3] for words in told] == [("drawing figure", 0, 2), ("drawing figure", 1, 2)]


def test_parts_of_an_older_report_do_not_survive_beside_a_newer_one(tmp_path):
    publish(tmp_path, results="1", report_pdf="1", figures_a="1", tables_x="1")
    publish(tmp_path, results="2", figures_b="2")
    assert files(tmp_path) == [MANIFEST, "figures/b.svg", "results.json"]
    assert not (tmp_path / "tables").exists()


def test_somebodys_files_stay_as_they_are_beside_and_inside_a_report(tmp_path):
    """Their names are a report's folders, formats and endings, as in a paper's directory."""
    for name in ("notes.txt", "report.pdf", "report.md", "figures/own.png", "figures/f.svg", "tables/t.tex"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"my {name}")
        (tmp_path / name).chmod(0o640)
        os.utime(tmp_path / name, ns=(10**18, 10**18))
    before = snapshot(tmp_path)
    publish(tmp_path, results="1")
    publish(tmp_path, results="2", report_html="2", figures_a="2", tables_x="2")
    publish(tmp_path, results="3")
    after = snapshot(tmp_path)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {MANIFEST, "results.json"}


IN_THE_WAY = {
    "a file": lambda path: path.write_text("mine"),
    "a link": lambda path: path.symlink_to("notes.txt"),
    "a dangling link": lambda path: path.symlink_to("nowhere"),
    "a directory": lambda path: path.mkdir(),
}


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in IN_THE_WAY for name in ("results.json", "report.html", "figures/a.svg")]
    + [(kind, "figures") for kind in IN_THE_WAY if kind != "a directory"],
)
def test_what_no_report_wrote_is_refused_by_name_and_nothing_is_touched(tmp_path, kind, name):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    IN_THE_WAY[kind](tmp_path / name)
    before = snapshot(tmp_path)
    with pytest.raises(UsageError, match=rf"^{re.escape(str(tmp_path / name))} is in the way: .*with out$"):
        publish(tmp_path, results="1", report_html="1", figures_a="1")
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("name", ["results.json", "report.html", "figures/a.svg"])
@pytest.mark.parametrize("written", [{}, {"report_html": "2", "figures_a": "2"}], ids=["removed", "replaced"])
def test_a_report_that_somebody_edited_is_refused_by_name_and_nothing_is_touched(tmp_path, name, written):
    publish(tmp_path, results="1", report_html="1", figures_a="1")
    (tmp_path / name).write_text("mine now")
    before = snapshot(tmp_path)
    with pytest.raises(UsageError, match=rf"{name} is in the way: it was changed since analyze wrote it"):
        publish(tmp_path, results="2", **written)
    with pytest.raises(UsageError, match=rf"{name} is in the way: it was changed since analyze wrote it"):
        output.prepare(tmp_path, ("json",))
    assert snapshot(tmp_path) == before


def test_a_folder_that_became_a_link_is_not_followed(tmp_path):
    publish(tmp_path / "report", results="1", figures_a="1")
    (tmp_path / "report" / "figures").rename(tmp_path / "elsewhere")
    (tmp_path / "report" / "figures").symlink_to("../elsewhere")
    with pytest.raises(UsageError, match="figures is in the way: it is a symbolic link"):
        publish(tmp_path / "report", results="2")
    assert (tmp_path / "elsewhere" / "a.svg").read_text() == "1"


def test_what_is_certain_to_be_in_the_way_is_refused_before_anything_is_computed(tmp_path, results):
    for name, formats in (
        ("report.html", "html"), ("report.md", "md"), ("results.json", "json"),
        ("figures/estimation.svg", "pdf"), ("tables/groups.csv", "csv"),
    ):  # fmt: skip
        place = tmp_path / formats
        (place / name).parent.mkdir(parents=True)
        (place / name).write_text("mine")
        with pytest.raises(UsageError, match=f"{name} is in the way: this version of analyze did not write"):
            output.prepare(place, (formats,))


def test_a_results_json_that_is_as_it_would_be_written_stays_and_stays_somebodys(tmp_path):
    (tmp_path / "results.json").write_text("1")
    before = snapshot(tmp_path)
    output.prepare(tmp_path, ("html",), "1")
    publish(tmp_path, results="1", report_html="1")
    assert snapshot(tmp_path)["results.json"] == before["results.json"]
    with pytest.raises(UsageError, match=r"results.json is in the way"):
        publish(tmp_path, results="2")


@pytest.mark.parametrize(
    "name", ["/x", "../victim", "figures/../../victim.svg", "figures/a/b.svg", "a.py", "", "figures"]
)
def test_no_path_but_a_reports_is_ever_written_or_removed(tmp_path, name):
    victim = tmp_path / "victim.svg"
    victim.write_text("mine")
    with pytest.raises(UsageError, match="no name of a report's file"):
        publishing.publish({"results.json": b"1", name: b"evil"}, tmp_path / "report")
    digest = hashlib.sha256(b"mine").hexdigest()
    (tmp_path / "report" / MANIFEST).write_text(json.dumps({"files": {name: [digest]}}))
    with pytest.raises(UsageError, match=f"{MANIFEST} is in the way: it does not list a report's files"):
        publish(tmp_path / "report", results="1")
    assert files(tmp_path) == [f"report/{MANIFEST}", "victim.svg"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"files": 1}', '{"files": {"results.json": [1]}}', "[" * 99_999]
)
def test_a_manifest_that_is_none_is_refused(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(UsageError, match=f"{MANIFEST} is in the way"):
        publish(tmp_path, results="1")
    assert (tmp_path / MANIFEST).read_text() == text


def test_working_directories_of_the_dead_are_removed_and_nothing_that_looks_alike(tmp_path):
    for name in (".report-tmp-abcd_123", ".report-tmp-mine", "report-tmp-abcd_123", ".report-tmp-abcd_1234"):
        (tmp_path / name / "figures").mkdir(parents=True)
    (tmp_path / "else").mkdir()
    (tmp_path / ".report-tmp-link1234").symlink_to("else")
    output.prepare(tmp_path, ("json",))
    left = {
        ".report-tmp-mine",
        "report-tmp-abcd_123",
        ".report-tmp-abcd_1234",
        ".report-tmp-link1234",
        "else",
    }
    assert {path.name for path in tmp_path.iterdir()} == left


def test_a_living_command_is_waited_for_and_its_working_directory_left(tmp_path, monkeypatch):
    working = tmp_path / ".report-tmp-living_1"
    working.mkdir()
    holder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    monkeypatch.setattr(publishing, "_WAIT_S", 0.1)
    with pytest.raises(RunError, match=r"another command has been writing to .* wait for it"):
        publish(tmp_path, results="1")
    assert files(tmp_path) == []
    assert working.is_dir()
    os.close(holder)
    publish(tmp_path, results="1")
    assert {path.name for path in tmp_path.iterdir()} == {MANIFEST, "results.json"}


def test_without_locks_only_old_working_directories_are_removed(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EBADF, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    for name in (".report-tmp-old_1234", ".report-tmp-new_1234"):
        (tmp_path / name).mkdir()
    os.utime(tmp_path / ".report-tmp-old_1234", (0, 0))
    publish(tmp_path, results="1")
    assert {path.name for path in tmp_path.iterdir()} == {MANIFEST, "results.json", ".report-tmp-new_1234"}


def test_a_failure_while_rendering_leaves_the_older_report(tmp_path, results):
    output.write(results, tmp_path, ("json",))
    before = (tmp_path / "results.json").read_bytes()
    with pytest.raises(TypeError, match="JSON"):
        output.write(replace(results, title=object()), tmp_path, ("json",))
    assert (tmp_path / "results.json").read_bytes() == before
    assert files(tmp_path) == [MANIFEST, "results.json"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot be written .*choose another place with out"):
        output.prepare(tmp_path / "file" / "report", ("json",))


def test_names_and_bytes_survive_json(tmp_path, results):
    changed = replace(results, title="λ </script>", omnibus=(replace(OMNIBUS, statistic=1e-300),))
    output.write(changed, tmp_path, ("json",))
    again = tmp_path / "again"
    output.write(output.read_results(tmp_path), again, ("json",))
    assert (again / "results.json").read_bytes() == (tmp_path / "results.json").read_bytes()


def test_a_kill_at_any_step_leaves_the_old_report_the_new_one_or_one_without_results(tmp_path, report_counts):
    done = subprocess.run(
        [sys.executable, killed_publish.__file__, tmp_path],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(output.__file__).parents[1])},
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    states = [after for _, _, after, _, _ in found]
    told = ", ".join(f"{states.count(state)} left the {state} one" for state in ("old", "torn"))
    report_counts(f"kill points of a report: {len(found) - 1} kills, {told}")
    assert len(found) > 20
    assert set(states) == {"old", "torn", "new"}
    assert [after for _, killed, after, _, _ in found if not killed] == ["new"]
    assert {then for *_, then, _ in found} == {"new"}
    assert all(left == [] for *_, left in found)


def test_an_interruption_at_any_step_leaves_the_old_report_or_the_new_one(tmp_path, monkeypatch):
    """As by Ctrl-C or SIGTERM, before every renaming and removal in turn."""
    seen = set()
    for step in range(20):
        place = tmp_path / str(step)
        publish(place, results="old", report_html="old", figures_a="old", tables_x="old")
        calls = iter(range(20))

        def disturbed(call, *given, step=step, calls=calls, **named):
            if next(calls) == step:
                raise KeyboardInterrupt
            return call(*given, **named)

        with monkeypatch.context() as patched:
            for name in ("rename", "unlink", "rmdir"):
                method = getattr(Path, name)
                patched.setattr(Path, name, functools.partialmethod(functools.partial(disturbed, method)))
            with contextlib.suppress(KeyboardInterrupt):
                publish(place, results="new", report_html="new", figures_b="new")
        held = {name: (place / name).read_text() for name in files(place) if name != MANIFEST}
        old = dict.fromkeys(("results.json", "report.html", "figures/a.svg", "tables/x.csv"), "old")
        new = dict.fromkeys(("results.json", "report.html", "figures/b.svg"), "new")
        assert held in (old, new), step
        seen.add(held == new)
        publish(place, results="third")
        assert files(place) == [MANIFEST, "results.json"]
    assert True in seen


def test_the_directory_one_stands_in_stays_the_same(tmp_path, results, monkeypatch):
    output.write(results, tmp_path / "report", ("json",))
    monkeypatch.chdir(tmp_path / "report")
    before = Path.cwd().stat().st_ino
    output.write(replace(results, title="x"), Path(), ("json",))
    assert Path.cwd().stat().st_ino == before
    assert json.loads(Path("results.json").read_text())["title"] == "x"


def test_a_link_to_a_report_stays_a_link(tmp_path, results):
    output.write(results, tmp_path / "report", ("json",))
    (tmp_path / "latest").symlink_to("report")
    output.write(replace(results, title="x"), tmp_path / "latest", ("json",))
    assert (tmp_path / "latest").is_symlink()
    assert json.loads((tmp_path / "report" / "results.json").read_text())["title"] == "x"


def test_permissions_of_a_report_are_those_of_any_directory(tmp_path, results):
    (tmp_path / "plain").mkdir()
    for _ in range(2):
        output.write(results, tmp_path / "report", ("json",))
        assert (tmp_path / "report").stat().st_mode == (tmp_path / "plain").stat().st_mode


BAD_RESULTS = {
    "no JSON": ("{", DataError, "it is not JSON"),
    "another version": ('{"format_version": 9}', DataError, "format version 9, .*reads 1 and 2"),
    "a list": ("[]", DataError, "has format version None"),
    "no finite number": ('{"format_version": 1, "x": NaN}', DataError, "it is not JSON"),
    "a number too large": ('{"format_version": 1, "x": 1e999}', DataError, "it is not JSON"),
    "half a letter": (r'{"format_version": 1, "x": "\ud800"}', DataError, "it is not JSON"),
    "endless depth": ("[" * 99_999, DataError, "it is not JSON"),
    "too old": (
        '{"format_version": 1, "groups": []}',
        DataError,
        r"\(title is missing\).*make it again with",
    ),
}


@pytest.mark.parametrize("kind", BAD_RESULTS)
def test_results_that_cannot_be_read_are_named(tmp_path, kind):
    text, error, message = BAD_RESULTS[kind]
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(error, match=message):
        output.read_results(tmp_path)


def test_results_of_version_1_are_read_and_rendered(tmp_path):
    """tests/data/results_version_1.json is by the program that still wrote tails and extreme quantiles."""
    place = Path(__file__).parents[1] / "data" / "results_version_1.json"
    plain, model = json.loads(place.read_text()), output.read_results(place)
    assert (plain["format_version"], len(plain["comparisons"][0]["where"]["tails"])) == (1, 2)
    output.write(model, tmp_path / "report", ("md", "latex", "csv"))
    assert output.read_results(tmp_path / "report") == model
    assert json.loads((tmp_path / "report" / "results.json").read_text())["format_version"] == 2
    page = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "sgd lies higher at all 7 deciles" in page
    assert not list((tmp_path / "report").rglob("tails*"))
    assert differences(model, model) == []


def test_missing_results_are_named(tmp_path):
    with pytest.raises(UsageError, match=r"no file .*results.json.*that analyze compare wrote"):
        output.read_results(tmp_path)


HOSTILE = {
    "a figure": (lambda entry: entry.update(figure="../../victim"), r"has a figure '../../victim', which"),
    "a table": (
        lambda entry: entry["tables"].update({"/../../../victim": {"a": [1]}}),
        r"has a figure 'estimation' with a table '/../../../victim', which this version does not know\);",
    ),
    "no name": (lambda entry: entry.pop("figure"), r"figures\[0\].figure is missing"),
    "a list": (
        lambda entry: entry.update(figure=["estimation"]),
        r"figures\[0\].figure is \['estimation'\], not a text",
    ),
    "no tables": (lambda entry: entry.update(tables=None), r"figures\[0\].tables is None, not an object"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_names_of_figures_and_tables_that_are_not_ours_are_refused(tmp_path, results, kind):
    change, message = HOSTILE[kind]
    plain = to_plain(results)
    plain["figures"] = [entry for entry in plain["figures"] if entry["figure"] == "estimation"]
    change(plain["figures"][0])
    (tmp_path / "results.json").write_text(json.dumps(plain))
    with pytest.raises(DataError, match=message):
        output.read_results(tmp_path)
