"""Words that other programs use for how a run ended."""

import pandas as pd
import pytest

from analyze.errors import DataError
from analyze.table.outcomes import Vocabulary, endings

# W&B, MLflow, Optuna, Ray, Slurm, SMAC, AutoML benchmarks, and people's notes
OK = (
    "ok OK finished FINISHED COMPLETE COMPLETED TrialState.COMPLETE RunStatus.FINISHED SUCCESS "
    "StatusType.SUCCESS TERMINATED clean Done"
)
FAILED = (
    "crashed|failed|killed|FAILED|KILLED|FAIL|ERROR|TIMEOUT|StatusType.TIMEOUT|MEMOUT|memout|"
    "StatusType.MEMORYOUT|OUT_OF_MEMORY|NODE_FAIL|CANCELLED|CANCELLED by 1000|BOOT_FAIL|crash|OOM|diverged|"
    "Diverged!|NaN|NaN from ep95|diverged at ep 3|inf|CUDA out of memory. Tried to allocate 2 GiB|"
    "ValueError: bad shape|did not converge|timed-out"
)
LEFT_OUT = "running|preempted|RUNNING|SCHEDULED|PRUNED|WAITING|PENDING|Paused|in_progress"
UNKNOWN = "CA|weird|no error|0 failed|not failed|published|3"


@pytest.mark.parametrize("word", OK.split())
def test_finished(word):
    assert Vocabulary().ending(word) == "ok"


@pytest.mark.parametrize("word", FAILED.split("|"))
def test_failed(word):
    assert Vocabulary().ending(word) == "failed"


@pytest.mark.parametrize("word", LEFT_OUT.split("|"))
def test_left_out(word):
    assert Vocabulary().ending(word) == "left out"


@pytest.mark.parametrize("word", UNKNOWN.split("|"))
def test_nothing_is_guessed(word):
    assert Vocabulary().ending(word) is None


def ended(vocabulary=None, **columns):
    frame = pd.DataFrame(columns)
    frame["x"] = frame.get("x", 1.0)
    found, remarks = endings(
        frame, taken=("x",), value="x", vocabulary=vocabulary or Vocabulary(), status=None
    )
    return found, remarks


def reasons(found):
    return [text if isinstance(text, str) else None for text in found.reason]


@pytest.mark.parametrize(
    "name", ["status", "State", "run_state", "trial.state", "Job State", "outcome", "RESULT"]
)
def test_a_status_is_found_by_name(name):
    found, _ = ended(**{name: ["finished", "crashed", "running"]})
    assert found.columns == (name,)
    assert found.failed.tolist() == [False, True, False]
    assert found.reason.isna().tolist() == [True, False, False]
    assert found.told == (
        f"{name}: finished (1) counts as finished; crashed (1) counts as failed; running (1) is left out.",
    )


def test_states_of_america_are_no_endings():
    found, remarks = ended(state=["CA", "TX"])
    assert found.columns == ()
    assert "state" in remarks[0]


def test_unknown_words_stop_with_their_list():
    with pytest.raises(
        DataError, match=r"status holds words .* known: 'odd' \(2\), 'weird' \(1\); say .* ok=WORDS"
    ):
        ended(status=["ok", "odd", "odd", "weird"])
    vocabulary = Vocabulary(ok=("Odd",), failed=("weird",))
    assert ended(vocabulary, status=["ok", "odd", "odd", "weird"])[0].failed.tolist() == [False] * 3 + [True]
    assert reasons(ended(Vocabulary(ignore=("odd", "weird")), status=["odd", "weird"])[0]) == ["odd", "weird"]


def test_only_failures_are_written_down():
    found, _ = ended(status=[None, "OOM", ""])
    assert reasons(found) == [None, "OOM", None]
    assert reasons(ended(status=["ok", None, "ok"])[0]) == [None, "status missing", None]


def test_a_message_tells_of_a_failure_only_where_there_is_no_value():
    found, _ = ended(info=["MemoryError", "warning: slow", None], x=[None, 0.5, None])
    assert found.failed.tolist() == [True, False, False]
    assert reasons(found) == ["MemoryError", None, None]


def test_flags_and_exit_codes():
    assert ended(crashed=["True", "False", None])[0].failed.tolist() == [True, False, False]
    assert reasons(ended(finished=[1, 0, 1])[0]) == [None, "not finished", None]
    assert reasons(ended(exit_code=[0, 137])[0]) == [None, "exit_code 137"]
