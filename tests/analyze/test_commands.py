"""Who types a command is met: help by purpose, the command that was meant, the option's right name."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from analyze import text as fmt
from analyze.cli import analyze
from analyze.question import PURPOSES, options

TABLE = "method,seed,loss\n" + "".join(f"{'ab'[i % 2]},{i},{(7 * i) % 13}\n" for i in range(16))
COMMANDS = ("compare", "describe", "power", "columns", "demo", "report", "diff")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "runs.csv").write_text(TABLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(*words):
    """Return the one line that the command line says of what it does not take."""
    done = run(*words)
    assert done.returncode == 2, done.stdout
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def run(*words):
    command = [sys.executable, "-m", "analyze", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def usage_error(*words):
    done = CliRunner().invoke(analyze, words, standalone_mode=False)
    return done.exception.format_message()


def help_of(*words):
    return CliRunner().invoke(analyze, [*words, "--help"], prog_name="analyze").output


@pytest.mark.parametrize("command", ["compare", "describe", "power"])
def test_help_tells_every_option_below_what_it_is_for(command):
    lines = help_of(command).splitlines()
    heads = {line.removesuffix(":"): i for i, line in enumerate(lines) if line.removesuffix(":") in PURPOSES}
    for name, option in options(command).items():
        (at,) = [i for i, line in enumerate(lines) if line.startswith(f"  {fmt.option(name)} ")]
        above = max((i, head) for head, i in heads.items() if i < at)[1]
        assert above == option.purpose, name


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_fits_eighty_columns_in_whole_sentences(command):
    lines = help_of(*command).splitlines()
    assert lines
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if line.endswith("...") and "Usage" not in line]


def test_every_option_is_told_in_a_sentence():
    for command in ("compare", "power"):
        for name, option in options(command).items():
            sentence = option.help.partition("  [")[0]
            assert sentence[0].isupper(), name
            assert sentence.endswith((".", '".')), name


def test_every_command_is_listed_for_a_purpose():
    listed = help_of()
    for name in COMMANDS:
        assert f"\n  {name} " in listed
    assert "Commands:" not in listed


def test_nothing_at_all_is_answered_by_the_help():
    done = run()
    assert (done.returncode, done.stdout) == (0, run("--help").stdout)


def test_a_table_or_an_option_first_is_a_comparison():
    asked = ("--value", "loss", "--by", "method", "--resamples", "99", "--format", "json", "--out", "o")
    whole = run("compare", "runs.csv", *asked).stdout
    assert "loss by method" in whole
    assert run("runs.csv", *asked).stdout == whole
    assert run(*asked, "runs.csv").stdout == whole


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["comapre", "runs.csv"], "there is no command and no file 'comapre'; did you mean analyze compare?"),
        (["xyz"], "there is no command and no file 'xyz'; the commands are compare, demo, columns,"),
    ],
)
def test_a_wrong_command_meets_the_right_one(words, message):
    assert message in usage_error(*words)


def test_a_file_that_is_not_there_is_no_command():
    message = told("nosuch.csv", "--value", "loss")
    assert message == "analyze: there is no file or directory 'nosuch.csv'; check the path\n"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("--metric", "--value"), ("--y", "--value"), ("--group", "--by"), ("--groups", "--by"),
        ("--group-by", "--by"), ("--x", "--by"), ("--col", "--value or --by"),
        ("--column", "--value or --by"), ("--seed-column", "--unit or --paired"), ("--out-dir", "--out"),
        ("--output", "--out"), ("-o", "--out"), ("--control", "--baseline"), ("--filter", "--where"),
        ("--alpha", "--confidence"), ("--test", "--primary"), ("--basline", "--baseline"),
        ("--random_seed", "--seed"), ("--formats", "--format"),
    ],
)  # fmt: skip
def test_an_option_of_other_programs_meets_its_name_here(given, meant):
    assert usage_error("runs.csv", given, "x") == f"there is no option {given}; did you mean {meant}?"


def test_what_is_like_nothing_is_not_guessed():
    assert usage_error("runs.csv", "--zzz", "x") == "there is no option --zzz"


def test_a_command_knows_its_own_options_alone():
    assert usage_error("power", "runs.csv", "--diff", "1") == (
        "there is no option --diff; did you mean --difference?"
    )
    assert usage_error("describe", "runs.csv", "--test", "ks") == "there is no option --test"


def test_a_wrong_word_meets_the_right_one():
    assert "did you mean 'html'? give one or more of" in usage_error("runs.csv", "--format", "htm")
