"""What columns are called: the names that people and tools give to runs, steps, tasks and the rest."""

import re

# Of columns that name a run, the surest first.
UNIT_NAMES = (
    "seed", "randomseed", "rngseed", "rngstate", "runid", "runname", "run", "runnumber", "runindex",
    "trialid", "trial", "executionid", "execution", "replicate", "replication", "replicateid", "rep",
    "repeat", "repetition", "restart", "fold", "cvfold", "split",
)  # fmt: skip
# Of columns that count along a run.
STEP_NAMES = (
    "epoch", "step", "globalstep", "iteration", "iter", "it", "round", "generation", "episode",
    "update", "timestep", "timesteps", "totaltimesteps", "totalsteps", "envsteps", "numsteps",
    "samples", "examples", "tokens", "numtokens", "trainingiteration", "batch", "minibatch",
    "evaluation", "walltime", "relativetime", "elapsed", "elapsedtime", "stepcount", "trainstep",
    "numupdates", "frame", "frames", "episodes", "epochs", "currentepoch", "numepoch", "numepochs",
    "nepoch", "epochid", "epochnum", "epochnumber", "itr", "niter", "numiter", "currentstep",
    "stepnumber", "trainepoch", "totalenvsteps", "t",
)  # fmt: skip
# Of columns whose values are tasks rather than settings; some may be either.
TASK_NAMES = (
    "task", "taskid", "dataset", "data", "problem", "game", "env", "environment", "benchmark", "domain",
    "fold", "split", "subset", "subject", "instance", "function", "scenario", "level", "language",
    "suite", "corpus", "metric", "indicator", "indicatorname", "metricname", "measure", "site",
    "center", "target", "class", "datasetname", "taskname", "envname", "envid", "problemname", "phase",
)  # fmt: skip
# Of columns that are neither settings nor tasks.
INCIDENTAL_NAMES = frozenset({
    "name", "runname", "displayname", "notes", "note", "comment", "comments", "description", "tags",
    "user", "username", "host", "hostname", "message", "info", "error", "traceback", "commit",
    "gitcommit", "sha", "uuid", "url", "path", "artifacturi", "logdir", "workdir", "cwd", "command",
    "cmd", "utc", "timestamp", "time", "date", "datetime", "created", "createdat", "started",
    "startedat", "starttime", "endtime", "finished", "finishedat", "updated", "updatedat", "duration",
    "runtime", "walltime", "elapsed", "gpu", "device", "node",
})  # fmt: skip
INCIDENTAL_ENDINGS = (
    "timestamp", "datetime", "path", "uri", "url", "commit", "notes", "time", "date", "duration",
)  # fmt: skip
# Where one of these is unique, rows are runs, whatever repeats beside it.
IDENTITY_NAMES = frozenset(
    {
    "runid", "runname", "trialid", "executionid", "uuid", "experimentkey", "jobid",
    }
)  # fmt: skip
# Names that leave no doubt.
CERTAIN_TASKS = frozenset(
    {
    "task", "taskid", "dataset", "problem", "game", "env", "environment", "envid", "benchmark",
    "metric", "indicatorname", "metricname", "scenario", "suite", "domain", "datasetname", "taskname",
    "envname", "problemname",
    }
)  # fmt: skip
# Parts of one data set, whatever their column is called; results on several are no repetitions.
SPLIT_WORDS = frozenset({
    "train", "training", "trn", "dev", "devel", "val", "valid", "validation", "eval", "evaluation",
    "test", "testing", "tst", "holdout",
})  # fmt: skip
METRIC_NAMES = frozenset(
    {
    "metric", "indicator", "indicatorname", "metricname", "measure",
    }
)  # fmt: skip


def plain_name(column: str) -> str:
    """Return a column's name without case and punctuation, and without what stands before a dot or slash.

    Examples
    --------
    >>> plain_name("params.Random_Seed"), plain_name("_step"), plain_name("Relative Time (Process)")
    ('randomseed', 'step', 'relativetimeprocess')
    """
    return re.sub(r"[^a-z0-9]", "", re.split(r"[./]", column)[-1].casefold())


def shown_value(value: object) -> str:
    """Return a cell as a person would write it: whole numbers without a decimal point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
