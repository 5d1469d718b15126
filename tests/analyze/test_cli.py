"""The command line from end to end: reports, exit codes, and one clear line for bad input."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

REFERENCE = Path(__file__).parents[2] / "data" / "reference"


def analyze(*arguments, cwd=None):
    command = [sys.executable, "-m", "analyze", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=1200)


def write_runs(path: Path) -> Path:
    """Write 2 × 40 runs with a clear difference, ties and one diverged run."""
    rng = np.random.default_rng(7)
    values = [*np.round(rng.normal(0.88, 0.003, 40), 4), *np.round(rng.normal(0.87, 0.003, 40), 4)]
    table = pd.DataFrame(
        {"method": ["plain"] * 40 + ["staged"] * 40, "score": values, "seed": [*range(40)] * 2}
    )
    table["diverged"] = False
    table.loc[3, "diverged"] = True
    table["constant"] = 1.0
    table["name"] = "x"
    table["empty"] = np.nan
    table.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("cli")
    write_runs(made / "runs.csv")
    (made / "empty").mkdir()
    (made / "foreign").mkdir()
    (made / "foreign" / "notes.txt").write_text("mine")
    (made / "theirs").mkdir()
    (made / "theirs" / "results.json").write_text("{}")
    (made / "torn.parquet").write_bytes(b"PAR1 torn")
    (made / "note.txt").write_text("method,score\nplain,1\n")
    return made


def compare_csv(folder, *more):
    return analyze("compare", "runs.csv", "--value", "score", "--by", "method", *more, cwd=folder)


def test_a_report_is_written_and_summed_up(folder):
    done = compare_csv(folder, "--out", "report")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "differs" in done.stdout
    assert len(done.stdout.splitlines()) <= 25
    assert done.stdout.splitlines()[-1] == "report  report/report.html  report.pdf  results.json"
    assert {p.name for p in (folder / "report").iterdir()} == {
        "figures", "tables", "report.html", "report.pdf", "results.json", ".report-manifest.json",
    }  # fmt: skip
    model = json.loads((folder / "report" / "results.json").read_text())
    assert model["answer"]["verdict"] == "differs"
    assert [(g["group"], g["n"], g["n_failed"]) for g in model["groups"]] == [
        ("plain", 39, 1),
        ("staged", 40, 0),
    ]
    assert model["exclusions"] == [{"group": "plain", "reason": "diverged", "n": 1}]
    assert model["provenance"]["command"].startswith("analyze compare runs.csv --value score")


def test_the_same_command_gives_the_same_results(folder):
    models = []
    for out in ("once", "twice"):
        assert compare_csv(folder, "--format", "json", "--out", out).returncode == 0
        model = json.loads((folder / out / "results.json").read_text())
        del model["provenance"]
        models.append(model)
    assert models[0] == models[1]


def test_every_format_is_written_and_rendered_again_to_the_same_bytes(folder):
    formats = ("--format", "html,pdf,md,latex")
    done = compare_csv(folder, "--out", "all", *formats)
    assert done.returncode == 0, done.stderr
    (folder / "runs-away").mkdir()
    again = analyze(
        "report", folder / "all" / "results.json", *formats, "--out", "again", cwd=folder / "runs-away"
    )
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines()[:-1] == done.stdout.splitlines()[:-1]
    first, second = folder / "all", folder / "runs-away" / "again"
    names = {str(path.relative_to(first)) for path in first.rglob("*") if path.is_file()}
    assert names == {str(path.relative_to(second)) for path in second.rglob("*") if path.is_file()}
    assert {"report.md", "report.html", "report.pdf", "tables/tests-1.tex", "tables/tests.csv"} <= names
    assert [name for name in names if (first / name).read_bytes() != (second / name).read_bytes()] == []


def test_a_report_is_rendered_again_in_its_place(folder):
    assert compare_csv(folder, "--out", "place", "--format", "json").returncode == 0
    before = (folder / "place" / "results.json").read_bytes()
    done = analyze("report", "place", "--format", "csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    shown = {path.name for path in (folder / "place").iterdir() if not path.name.startswith(".")}
    assert shown == {"results.json", "tables"}
    assert (folder / "place" / "results.json").read_bytes() == before


def contents(place):
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_a_papers_own_figures_and_tables_survive_every_command(folder):
    paper = folder / "paper"
    for name in ("figures/f.png", "tables/t.tex", "report.pdf"):
        (paper / name).parent.mkdir(parents=True, exist_ok=True)
        (paper / name).write_text(f"my {name}")
    mine = contents(paper)
    assert compare_csv(folder, "--format", "json", "--out", "paper").returncode == 0
    assert analyze("report", "paper/results.json", "--format", "csv,md", cwd=folder).returncode == 0
    assert {name: contents(paper)[name] for name in mine} == mine
    before = contents(paper)
    refused = compare_csv(folder, "--out", "paper")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert refused.stderr.startswith("analyze: paper/report.pdf is in the way: ")
    assert contents(paper) == before
    assert analyze("report", "paper/results.json", "--format", "json", cwd=folder).returncode == 0
    assert contents(paper).keys() == {*mine, "results.json", ".report-manifest.json"}


def test_figures_that_no_report_wrote_survive_a_report_from_given_results(folder):
    assert compare_csv(folder, "--format", "json", "--out", "given").returncode == 0
    (folder / "given" / ".report-manifest.json").unlink()  # as it was downloaded
    (folder / "given" / "figures").mkdir()
    (folder / "given" / "figures" / "f.svg").write_text("mine")
    before = contents(folder / "given")
    assert analyze("report", "given/results.json", "--format", "json", cwd=folder).returncode == 0
    assert {name: contents(folder / "given")[name] for name in before} == before


def test_hostile_names_in_results_are_one_line_and_no_file(folder):
    assert compare_csv(folder, "--format", "json", "--out", "inner/hostile").returncode == 0
    place = folder / "inner" / "hostile" / "results.json"
    model = json.loads(place.read_text())
    for table in ("/x", "/../../../victim"):
        model["figures"][0]["tables"] = {table: {"a": [1]}}
        place.write_text(json.dumps(model))
        before = contents(folder)
        done = analyze("report", place, "--format", "csv", "--out", "inner/rendered", cwd=folder)
        assert (done.returncode, len(done.stderr.splitlines())) == (3, 1), done.stderr
        assert f"with a table {table!r}, which this version does not know" in done.stderr
        assert contents(folder) == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_command_in_one_line_and_leaves_no_working_directory(folder, number, code):
    """The signal comes at the last moment: when the working directory is there."""
    stop = (
        "import os, signal\nfrom analyze import cli, publish\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell may have it ignored
        f"publish._replace = lambda out, files, old, working: os.kill(os.getpid(), {int(number)})\n"
        "cli.main()"
    )
    out = f"signal {code}"
    arguments = ["compare", "runs.csv", "--value", "score", "--by", "method", "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-c", stop, *arguments, "--out", out],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    # click ends the line on which a terminal shows ^C
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (code, 1), done.stderr
    assert done.stderr.endswith(": repeat the command for its report\n")
    assert list((folder / out).iterdir()) == []


def test_json_on_standard_output_is_results_json_and_nothing_else(folder):
    done = compare_csv(folder, "--out", "printed", "--format", "json", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (folder / "printed" / "results.json").read_text()
    again = analyze("report", "printed", "--format", "json", "--json", cwd=folder)
    assert again.stdout == done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_of_few_characters_gets_plain_spellings(folder, encoding):
    env = os.environ | {"PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "analyze", "runs.csv", "--value", "score", "--by", "method"]
    command += ["--format", "json", "--out", f"in {encoding}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True, env=env)
    assert done.stderr == b""
    text = done.stdout.decode(encoding)
    assert "effect (b - a)" in text
    assert "\\u" not in text
    assert all(line in text for line in ("differs", "difference of means", "null hypothesis"))
    wrong = subprocess.run(
        [*command, "--margin", "−1"], cwd=folder, capture_output=True, check=False, env=env
    )
    assert wrong.returncode == 2
    assert b"'-1' is not a valid float" in wrong.stderr


def test_a_terminal_is_told_how_far_the_work_is(folder):
    own, its = os.openpty()
    command = [sys.executable, "-m", "analyze", "runs.csv", "--value", "score", "--by", "method"]
    command += ["--format", "json", "--out", "told"]
    env = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=its, env=env) as process:
        os.close(its)
        told = b""
        with contextlib.suppress(OSError):  # how Linux says that nobody writes any more
            while part := os.read(own, 4096):
                told += part
        printed = process.stdout.read().decode()
    os.close(own)
    assert process.returncode == 0
    assert b"comparing pair" in told
    assert b"writing the report" in told
    assert "pair" not in printed.splitlines()[0]
    assert "report  told/results.json" in printed


def test_diff_says_what_changed(folder):
    for out, where in (("whole", "seed < 99"), ("whole too", "seed < 99"), ("part", "seed < 30")):
        options = ("--where", where, "--format", "json", "--out", out)
        assert compare_csv(folder, *options).returncode == 0
    nothing = analyze("diff", "whole", "whole too", "--exit-code", cwd=folder)
    assert (nothing.returncode, nothing.stderr) == (0, "")
    assert nothing.stdout.startswith("no difference between the two reports")
    changed = analyze("diff", "whole/results.json", "part", "--exit-code", cwd=folder)
    assert changed.returncode == 12
    _, _, _, *lines = changed.stdout.splitlines()
    # In a pipe every change is one line, as long as it needs
    assert {line.split()[0] for line in lines if line} <= {
        "data", "option", "group", "verdict", "effect", "test", "failures", "and"
    }  # fmt: skip
    told = " ".join(changed.stdout.split())
    for words in ("--where", "40 runs", "30 runs", "difference of means"):
        assert words in told
    assert max(map(len, lines)) > 100
    assert analyze("diff", "whole", "part", cwd=folder).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["report", "absent.json"], 2, "no file 'absent.json'; give a results.json"),
        (["report", "runs.csv"], 3, "'runs.csv' cannot be read (it is not JSON)"),
        (["diff", "absent", "absent"], 2, "no file 'absent'"),
    ],
)
def test_results_that_are_none_are_one_clear_line(folder, arguments, code, message):
    done = analyze(*arguments, cwd=folder)
    assert (done.returncode, len(done.stderr.splitlines())) == (code, 1), done.stderr
    assert message in done.stderr


def test_default_directory_is_named_after_the_question(folder):
    assert compare_csv(folder, "--format", "json").returncode == 0
    assert (folder / "reports" / "score-by-method" / "results.json").is_file()


@pytest.mark.parametrize(
    ("more", "code"),
    [((), 10), (("--where", "seed < 3"), 11), (("--margin", "1", "--where", "seed < 30"), 10)],
)
def test_exit_code_is_a_gate_when_asked(folder, more, code):
    arguments = ("--format", "json", "--out", "gate", *more)
    assert compare_csv(folder, *arguments, "--exit-code").returncode == code
    assert compare_csv(folder, *arguments).returncode == 0


BAD = [
    (["absent.csv"], 2, "no file or directory 'absent.csv'; check the path"),
    (["empty"], 3, "holds no runs; collect runs first"),
    (["foreign"], 3, "is not a table that can be read"),
    (["torn.parquet"], 3, "'torn.parquet' cannot be read"),
    (["runs.csv", "--value", "scroe"], 2, "--value scroe: there is no such column; did you mean 'score'?"),
    (["runs.csv", "--by", "methd"], 2, "--by methd: there is no such column; did you mean 'method'?"),
    (["runs.csv", "--unit", "sed"], 2, "--unit sed: there is no such column; did you mean 'seed'?"),
    (["runs.csv", "--baseline", "joint"], 2, "no such group; the groups are plain, staged"),
    (["runs.csv", "--value", "name"], 3, "is not numeric (it holds 'x')"),
    (["runs.csv", "--value", "constant"], 3, "constant is 1 in all 79 runs: nothing to compare"),
    (["runs.csv", "--value", "empty"], 3, "holds no value at all"),
    (["runs.csv", "--by", "name"], 3, "all runs are in one group"),
    (
        ["runs.csv", "--where", "seed < 1"],
        3,
        "each needs at least 2: collect more, or leave it out with --where",
    ),
    (["runs.csv", "--where", "seeed < 1"], 2, "the columns are method, score"),
    (["runs.csv", "--where", "@x < 1"], 2, "may not hold '@'"),
    (["runs.csv", "--where", "score.to_csv('victim.txt') == None or score > 0"], 2, "may not hold a call"),
    (["runs.csv", "--where", "9**9**9"], 2, "may not hold a power"),
    (["runs.csv", "--where", "(" * 9_000 + "seed" + ")" * 9_000], 2, "too many nested parentheses"),
    (["runs.csv", "--out", "s3://bucket/report"], 2, "--out s3://bucket/report is a URL"),
    (["runs.csv", "--out", "file:///report"], 2, "--out file:///report is a URL"),
    (["file://elsewhere/runs.csv"], 2, "names the machine 'elsewhere'"),
    (["runs.csv", "--confidence", "95"], 2, "must lie between 0 and 1"),
    (["runs.csv", "--resamples", "5"], 2, "must be at least 99"),
    (["runs.csv", "--margin", "-1"], 2, "must be a number above 0"),
    (["runs.csv", "--format", "docx"], 2, "give one or more of html, pdf, md, summary, latex, csv, json"),
    (
        ["runs.csv", "--out", "theirs"],
        2,
        "theirs/results.json is in the way: this version of analyze",
    ),
    (["runs.csv", "--out", "note.txt"], 1, "note.txt cannot be written (File exists)"),
    (["runs.csv", "--out", "note.txt/report"], 1, "cannot be written"),
]


@pytest.mark.parametrize(("given", "code", "message"), BAD, ids=[" ".join(given) for given, _, _ in BAD])
def test_bad_input_is_one_line_with_its_exit_code(folder, given, code, message):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    options = {"--value": "score", "--by": "method", "--format": "json", "--out": "bad"}
    options = {key: value for key, value in options.items() if key not in given}
    done = analyze("compare", *given, *(word for pair in options.items() for word in pair), cwd=folder)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    # click's own usage errors bring a usage line with them; ours are a single one
    assert len(done.stderr.splitlines()) <= (1 if done.stderr.startswith("analyze:") else 4)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before
    assert not (folder / "bad" / "results.json").exists()


def test_nan_and_infinity_are_counted_not_dropped_silently(folder):
    table = pd.read_csv(folder / "runs.csv")
    table.loc[50, "score"], table.loc[51, "score"] = np.nan, np.inf
    table.to_csv(folder / "dirty.csv", index=False)
    arguments = ("--value", "score", "--by", "method", "--format", "json", "--out", "dirty")
    done = analyze("compare", "dirty.csv", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    model = json.loads((folder / "dirty" / "results.json").read_text())
    assert {(e["group"], e["reason"], e["n"]) for e in model["exclusions"]} == {
        ("plain", "diverged", 1),
        ("staged", "score is missing", 1),
        ("staged", "score is infinite", 1),
    }


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom analyze.cli import analyze\n"
        "try:\n    analyze(['compare', '--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'scipy', 'pyarrow', 'plotnine', 'rich', 'tensorflow', 'collect'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_committed_reference_gives_the_published_means(tmp_path):
    """Within three standard errors of the published means of 400 runs; see README.md."""
    done = analyze("compare", REFERENCE, "--format", "json", "--out", tmp_path / "report")
    assert done.returncode == 0, done.stderr
    groups = {g["group"]: g for g in json.loads((tmp_path / "report" / "results.json").read_text())["groups"]}
    assert {name: g["n"] for name, g in groups.items()} == {"joint": 500, "joint-long": 500, "staged": 500}
    assert 0.8781 <= groups["joint"]["mean"] <= 0.8793
    assert 0.8759 <= groups["staged"]["mean"] <= 0.8770
    assert all(0.0022 <= groups[name]["sd"] <= 0.0033 for name in ("joint", "staged"))


def test_describe_prints_groups_and_no_tests(folder):
    done = analyze("describe", "runs.csv", "--value", "score", "--by", "method", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert [line.split()[:3] for line in done.stdout.splitlines()[-2:]] == [
        ["plain", "39", "1"],
        ["staged", "40", "0"],
    ]
    assert "Kolmogorov" not in done.stdout


def test_describe_takes_one_group_and_groups_without_runs(folder):
    one = analyze("describe", "runs.csv", "--value", "score", "--by", "name", "--rows-are-runs", cwd=folder)
    assert one.returncode == 0, one.stderr
    few = analyze(
        "describe", "runs.csv", "--value", "score", "--by", "method", "--where", "seed == 3", cwd=folder
    )
    assert few.returncode == 0, few.stderr
    assert "plain" in few.stdout


def test_power_says_how_many_runs_are_needed(folder):
    options = ("runs.csv", "--value", "score", "--by", "method")
    done = analyze("power", *options, "--difference", "0.001", "--width", "0.001", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "Kolmogorov" in done.stdout
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    nothing = analyze("power", *options, cwd=folder)
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "give --difference X (to be found) or --width X (of the interval), or both" in nothing.stderr


def test_pairs_are_declared_and_may_give_the_verdict(folder):
    done = compare_csv(
        folder, "--paired", "seed", "--primary", "paired_permutation", "--format", "json", "--out", "pairs"
    )
    assert done.returncode == 0, done.stderr
    model = json.loads((folder / "pairs" / "results.json").read_text())
    comparison = model["comparisons"][0]
    assert comparison["paired"] is True
    assert comparison["matched"]["n_pairs"] == 39
    assert (comparison["matched"]["n_unmatched_a"], comparison["matched"]["n_unmatched_b"]) == (0, 1)
    assert [t["test"] for t in comparison["tests"] if t["primary"]] == ["paired_permutation"]
    assert comparison["failures"]["n_failed_a"] == 1
    assert comparison["worst_ranked"]["tests"][0]["test"] == "ks"


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--paired", "name"], 3, "name x occurs 40 times in plain; `seed` tells the rows apart"),
        (["--primary", "kss"], 2, "--primary is 'kss'; did you mean 'ks'? choose one of ks, mann_whitney"),
        (["--primary", "wilcoxon"], 3, "declare what makes pairs by --paired COLUMN"),
        (["--paired", "seed", "--unit", "name"], 2, "name two columns; --paired alone is enough"),
    ],
)
def test_wrong_pairs_and_tests_are_one_clear_line(folder, options, code, message):
    done = compare_csv(folder, *options, "--out", "never")
    assert (done.returncode, len(done.stderr.splitlines())) == (code, 1), done.stderr
    assert message in done.stderr
    assert not (folder / "never").exists()


@pytest.mark.slow
def test_a_calibration_certificate_is_in_the_results(folder):
    done = compare_csv(folder, "--calibrate", "--format", "json", "--out", "calibrated", "--resamples", "199")
    assert done.returncode == 0, done.stderr
    sizes = json.loads((folder / "calibrated" / "results.json").read_text())["calibration"]
    assert {row["test"] for row in sizes} >= {"ks", "brunner_munzel", "cramer_von_mises"}
    assert all(row["n_draws"] == 1000 and row["low"] <= row["size"] <= row["high"] for row in sizes)
    assert all(row["holds"] for row in sizes)
