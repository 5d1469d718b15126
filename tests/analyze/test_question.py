"""Options are declared once, and errors name an argument as its reader gave it."""

import inspect
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

from analyze import question as module
from analyze import text as fmt
from analyze.cli import analyze
from analyze.errors import AnalyzeError, UsageError, argument
from analyze.question import choices, make_goal, make_question, options

# The file of the question with one more option, as somebody would add it; nothing else is changed.
ADDED = """
    axis: str = _option(
        "auto","""
NEW = """
    halves: int = _option(
        2, "How many parts there are.", "Parts", kind=int,
        read=given.integer(lambda n: n % 2 == 0, "must be even"), shown=fmt.count, commands=RUNS,
    )  # fmt: skip"""
IN_A_FRESH_INTERPRETER = """
import sys, types
source = sys.stdin.read()
question = types.ModuleType("analyze.question")
import analyze
sys.modules["analyze.question"] = analyze.question = question
exec(compile(source, "question.py", "exec"), question.__dict__)
"""


def with_an_option(code: str) -> str:
    source = inspect.getsource(module)
    assert source.count(ADDED) == 1
    done = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_INTERPRETER + code],
        input=source.replace(ADDED, NEW + ADDED), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("command", "more"), [("compare", []), ("describe", []), ("power", ["--width", "1"])]
)
def test_an_option_is_added_in_one_file(command, more):
    told = with_an_option(
        "from click.testing import CliRunner\nfrom analyze.cli import analyze\n"
        f"print(CliRunner().invoke(analyze, ['{command}', '--help']).output)\n"
        f"print(CliRunner().invoke(analyze, {[command, 'absent.csv', '--halves', '3', *more]}).exception)\n"
        "made = question.make_question('runs.csv', halves=4)\n"
        "print([one for one in question.choices(made) if one[0] == 'halves'])"
    )
    assert "--halves INTEGER" in told
    assert "How many parts there are.  [default: 2]" in " ".join(told.split()).replace(". [", ".  [")
    assert "halves is 3; it must be even" in told
    assert "[('halves', 'Parts', '--halves', '4')]" in told


def test_an_added_option_is_in_calls_reports_and_diffs_and_old_reports_are_read():
    told = with_an_option(
        "import analyze, json, pandas as pd\nfrom pathlib import Path\n"
        "from analyze.comparison.difference import differences\n"
        "from analyze.report.document import document\nfrom analyze.report.sections.methods import methods\n"
        "from analyze.results import from_json, to_json\n"
        "df = pd.DataFrame({'g': list('ab') * 6, 'x': [i / 7 for i in range(12)]})\n"
        "two, four = (analyze.compare(df, value='x', by='g', resamples=99, halves=n) for n in (2, 4))\n"
        "print('halves=2' in str(__import__('inspect').signature(analyze.compare)))\n"
        "folds = [b for b in methods(four.results) if b.kind == 'fold']\nfold = folds[0]\n"
        "print([row for row in fold.blocks[0].rows if row[0] == 'Parts'])\n"
        "print([(c.what, c.before, c.after) for c in differences(two.results, four.results)])\n"
        "plain = json.loads(to_json(four.results))\ndel plain['question']['halves']\n"
        "print(from_json(json.dumps(plain)) == two.results.__class__(**{"
        "**{n: getattr(four.results, n) for n in four.results.__slots__}, 'question': two.question}))"
    )
    assert told.splitlines() == [
        "True",
        "[('Parts', '--halves', '4')]",
        "[('--halves', '2', '4')]",
        "True",
    ]


def test_help_tells_the_options_in_the_order_of_their_declaration():
    printed = CliRunner().invoke(analyze, ["compare", "--help"]).output
    places = [printed.index(f"\n  {fmt.option(name)} ") for name in options("compare")]
    assert places == sorted(places)


def test_every_field_is_an_option_or_is_made_of_them():
    made = {"table", "tables", "unit_given", "primary_given", "better_assumed"}
    assert {one.name for one in module.fields(module.Question)} == made | {
        n for n, *_ in choices(make_question())
    }


def test_a_report_says_what_every_option_resolved_to():
    asked = make_question("r.csv", by=["a", "b"], margin=0.01, confidence=0.9, rows_are_runs=True)
    told = {name: (option, words) for name, _, option, words in choices(asked)}
    assert told["by"] == ("--by", "a, b")
    assert told["margin"] == ("--margin", "0.01")
    assert told["confidence"] == ("--confidence", "90 %")
    assert told["rows_are_runs"] == ("--rows-are-runs", "yes")
    assert told["where"] == ("--where", "all")
    assert told["resamples"] == ("--resamples", "9,999")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"confidence": 95}, "confidence is 95; it must lie between 0 and 1, e.g. 0.95"),
        ({"confidence": "0.95"}, "confidence is '0.95'; it must lie between 0 and 1, e.g. 0.95"),
        ({"confidence": float("nan")}, "confidence is nan; it must lie"),
        ({"margin": True}, "margin is True; it must be a number above 0, in units of the value column"),
        ({"margin": float("inf")}, "it must be a number above 0"),
        ({"resamples": 5}, "resamples is 5; it must be at least 99, e.g. 9999"),
        ({"resamples": 99.5}, "resamples is 99.5; it must be at least 99"),
        ({"seed": -1}, "seed is -1; it must be 0 or more"),
        ({"adjust": "none"}, "adjust is 'none'; choose one of holm, bh"),
        ({"better": "up"}, "better is 'up'; choose one of higher, lower"),
        ({"by": []}, "by names no column; give at least one, e.g. by='schedule'"),
        ({"by": " ,"}, "by names no column"),
        ({"value": ["a", "b"]}, "value is ['a', 'b']; it must be the name of one column"),
        ({"where": 3}, "where is 3; it must be a text"),
        ({"rows_are_runs": "yes"}, "rows_are_runs is 'yes'; it must be True or False"),
        ({"paired": "seed", "unit": "run"}, "paired='seed' and unit='run' name two columns; paired alone is"),
        (
            {"at": "last", "rows_are_runs": True},
            "at='last' chooses one row a run, and rows_are_runs=True says",
        ),
        ({"wide": "a,b", "metric_column": "m"}, "wide and metric_column are two forms of table"),
        ({"confidnce": 0.9}, "there is no argument confidnce; did you mean confidence? there are value, by,"),
        ({"metric-column": "m"}, "did you mean metric_column?"),
    ],
)
def test_what_cannot_be_asked_names_the_argument(asked, message):
    with pytest.raises(UsageError) as error:
        make_question("runs.csv", **asked)
    assert message in str(error.value)
    assert "--" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--confidence", "95"], "--confidence is 95; it must lie between 0 and 1, e.g. 0.95"),
        (
            ["--paired", "seed", "--unit", "my run"],
            "--paired seed and --unit 'my run' name two columns; --paired",
        ),
        (
            ["--at", "last", "--rows-are-runs"],
            "--at last chooses one row a run, and --rows-are-runs says that",
        ),
        (["--wide", "a,b", "--metric-column", "m"], "--wide and --metric-column are two forms of table"),
        (["--by", ","], "--by names no column; give at least one, e.g. --by schedule"),
    ],
)
def test_the_command_line_puts_the_dashes_before_it(words, message):
    error = CliRunner().invoke(analyze, ["compare", "runs.csv", *words]).exception
    assert isinstance(error, AnalyzeError)
    assert message in error.spelled(fmt.option)


def test_python_may_give_lists_numbers_and_paths(tmp_path):
    asked = make_question(
        [tmp_path / "a", "b"], value=0, by=["g", 1], unit=("task", "fold"), ok=["fine", "good"], task=None,
        resamples=1e4, margin=np.float32(0.5), seed=np.int64(3), confidence=Fraction(9, 10), baseline=64,
    )  # fmt: skip
    assert asked.tables == (str(tmp_path / "a"), "b")
    assert asked.table == f"{tmp_path / 'a'} b"
    assert (asked.value, asked.by, asked.unit, asked.ok) == ("0", ("g", "1"), "task,fold", ("fine", "good"))
    assert (asked.resamples, asked.margin, asked.seed, asked.confidence) == (10_000, 0.5, 3, 0.9)
    assert (asked.task, asked.baseline) == ((), "64")
    assert all(type(n) is int for n in (asked.resamples, asked.seed))
    assert all(type(n) is float for n in (asked.margin, asked.confidence))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "give difference=X (to be found) or width=X (of the interval), or both"),
        ({"difference": 0}, "difference is 0; it must be a number other than 0"),
        ({"width": -1}, "width is -1; it must be a number above 0"),
        ({"width": 1, "power": 1}, "power is 1; it must lie between 0 and 1, e.g. 0.8"),
    ],
)
def test_a_goal_is_checked(asked, message):
    with pytest.raises(UsageError) as error:
        make_goal(**asked)
    assert str(error.value) == message


def test_values_in_messages_are_quoted_for_their_reader():
    error = UsageError(f"{argument('by', 'two words')}: {argument('where', 'a == ' + repr('b'))}")
    assert str(error) == "by='two words': where=\"a == 'b'\""
    assert error.spelled(fmt.option) == "--by 'two words': --where \"a == 'b'\""
    assert str(UsageError(argument("by", "two\nlines"))) == r"by='two\nlines'"
    assert UsageError(argument("by", "two\nlines")).spelled(fmt.option) == r"--by 'two\nlines'"
    assert str(UsageError("--by is no mark, nor is by")) == "--by is no mark, nor is by"
