"""A comparison, the runs behind it and the figures' tables put together as `Results`."""

import dataclasses
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from analyze.codec import from_plain, to_plain
from analyze.comparison.compare import Comparison
from analyze.comparison.kinds import is_logarithmic
from analyze.comparison.matching import MatchedPairs
from analyze.comparison.pair import PairComparison
from analyze.figures.catalogue import entries
from analyze.figures.source import FigureSource
from analyze.question import Question
from analyze.results import FEW_RUNS, Results
from analyze.table.runs import RunTable

MAX_NAMED_GROUPS = 3
CHECKOUT = Path(__file__).parents[2]

Model = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """When and by what command a report was made."""

    created_at: datetime
    command: str
    duration_s: float


def build(comparison: Comparison, table: RunTable, origin: Origin) -> Results:
    """Put a comparison and the runs behind it together.

    Parameters
    ----------
    comparison
        What was computed.
    table
        The runs that it was computed from: for the figures' tables and the account of what was left out.
    origin
        When and how.

    Returns
    -------
    Results
    """
    found = {
        "title": title(comparison.question, table.groups),
        "question": dataclasses.asdict(comparison.question),
        "answer": _answer(comparison),
        "groups": _groups(comparison),
        "comparisons": [_pair(pair) | _of_tasks(pair, comparison) for pair in comparison.pairs],
        "omnibus": _records(comparison.omnibus),
        "sensitivity": _records(comparison.sensitivity),
        "drift": _records(comparison.drift),
        "checks": _records(comparison.checks),
        "calibration": [dataclasses.asdict(size) for size in comparison.calibration],
        "accounting": _accounting(table),
        "exclusions": _records(table.exclusions),
        "read_as": dataclasses.asdict(table.read_as),
        "mixtures": _records(table.mixtures),
        "figures": entries(_figure_source(comparison, table)),
        "provenance": _provenance(table, origin),
        "answered": comparison.seen.told() if comparison.seen else None,
        "ranking": comparison.ranking,
        "tasks": comparison.tasks.tasks if comparison.tasks else None,
    }
    return from_plain(Results, to_plain(found))


def title(question: Question, groups: tuple[str, ...]) -> str:
    """Return the question as a sentence.

    Examples
    --------
    >>> from analyze.question import make_question
    >>> title(make_question(), ("joint", "staged"))
    'Do joint and staged reach different distributions of accuracy?'
    """
    if len(groups) <= MAX_NAMED_GROUPS:
        who = f"{', '.join(groups[:-1])} and {groups[-1]}"
    else:
        who = f"the {len(groups)} groups by {', '.join(question.by)}"
    return f"Do {who} reach different distributions of {question.value}?"


def _groups(comparison: Comparison) -> list[Model]:
    """Return what is known of each group, and what its answers to single test examples tell."""
    rows, seen = _records(comparison.groups), comparison.seen
    if comparison.tasks is not None:
        return [row | {"tasks": comparison.tasks.groups.get(str(row["group"]))} for row in rows]
    if seen is None:
        return rows
    return [
        row | {"spread": seen.spreads.get(str(row["group"])), "functions": seen.groups.get(str(row["group"]))}
        for row in rows
    ]


def _answer(comparison: Comparison) -> Model:
    checks = comparison.checks
    return {
        "verdict": comparison.verdict,
        "headline": comparison.headline,
        "kind": comparison.kind,
        "numbers": [{"label": label, "text": text} for label, text in comparison.numbers],
        "failures_differ": comparison.failures_differ,
        "sentence": comparison.sentence,
        "detail": comparison.detail,
        "headlines": comparison.headlines,
        "where": comparison.where,
        "scope": comparison.scope,
        "functions": comparison.functions,
        "caveats": checks.loc[checks["level"] == "warning", "sentence"].tolist(),
    }


_NO_UNITS: Model = dict.fromkeys(("unit_first", "unit_last", "n_units_absent"))


def _accounting(table: RunTable) -> list[Model]:
    """Count each group's rows: finished, failed, left out; and the whole numbers missing among its units."""
    units = dict(iter(table.runs.groupby("group", observed=True)["unit"]))
    rows = []
    for group in table.groups:
        n_excluded = int(table.exclusions.loc[table.exclusions["group"] == group, "n"].sum())
        n_failed, n = table.n_failed[group], len(units[group])
        rows.append(
            {
                "group": group,
                "n_rows": n + n_excluded,
                "n": n,
                "n_failed": n_failed,
                "n_left_out": n_excluded - n_failed,
                **_unit_range(units[group]),
            }
        )
    for lone in table.lone:
        n_rows = int(table.exclusions.loc[table.exclusions["group"] == lone.group, "n"].sum())
        counts = {"n": 0, "n_failed": lone.n_failed, "n_left_out": n_rows - lone.n_failed}
        rows.append({"group": lone.group, "n_rows": n_rows, **counts, **_NO_UNITS})
    return rows


def _unit_range(units: pd.Series) -> Model:
    """Return the first and last unit of the finished runs and how many between them are absent."""
    if not pd.api.types.is_integer_dtype(units.dtype) or units.isna().any() or units.duplicated().any():
        return dict(_NO_UNITS)
    first, last = int(units.min()), int(units.max())
    return {"unit_first": first, "unit_last": last, "n_units_absent": last - first + 1 - len(units)}


def _of_tasks(pair: PairComparison, comparison: Comparison) -> Model:
    if comparison.tasks is None:
        return {}
    return {"tasks": comparison.tasks.of_pairs[pair.group_a, pair.group_b]}


def _pair(pair: PairComparison) -> Model:
    fields = {
        field.name: getattr(pair, field.name)
        for field in dataclasses.fields(pair)
        if field.name
        not in ("share_equal", "tests", "effects", "where", "matched", "failures", "worst_ranked")
    }
    return {
        **fields,
        "paired": pair.matched is not None and bool(pair.matched.tests),
        "tests": _records(pair.tests),
        "effects": _records(pair.effects),
        "where": None if pair.where is None else dataclasses.asdict(pair.where),
        "matched": None if pair.matched is None else _matched(pair.matched),
        "failures": None if pair.failures is None else dataclasses.asdict(pair.failures),
        "worst_ranked": None if pair.worst_ranked is None else dataclasses.asdict(pair.worst_ranked),
    }


def _matched(matched: MatchedPairs) -> Model:
    """Return all but the tests, which stand among the pair's tests, where they are adjusted."""
    fields = dataclasses.asdict(matched)
    del fields["tests"]
    return fields


def _figure_source(comparison: Comparison, table: RunTable) -> FigureSource:
    question = table.question
    samples = {str(g): part.to_numpy() for g, part in table.runs.groupby("group", observed=True)["value"]}
    log = is_logarithmic(samples, asked=question.axis, better=question.better, value=question.value)
    return FigureSource(
        runs=table.runs,
        groups=table.groups,
        value=question.value,
        confidence=question.confidence,
        pairable=table.pairable,
        unit=question.unit or "unit",
        better=question.better,
        log=log,
        few=comparison.kind == "rates" or max(map(len, samples.values())) <= FEW_RUNS,
        kind=comparison.kind,
        clusters=comparison.clusters,
        ratios=comparison.ratios,
        failed=table.n_failed if comparison.failures_differ else {},
        margin=question.margin,
        pairs=comparison.pairs,
        seen=comparison.seen,
        tasks=comparison.tasks,
        depths=table.depths,
        differences={
            p.group_b: p.where.ecdf for p in comparison.pairs if p.group_a == table.groups[0] and p.where
        },
    )


def _provenance(table: RunTable, origin: Origin) -> Model:
    return {
        "created_at": origin.created_at.astimezone(UTC).isoformat(timespec="seconds"),
        "command": origin.command,
        "duration_s": origin.duration_s,
        "package_version": version("minima-census"),
        "git_commit": _git_commit(),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "scipy": version("scipy"),
        "platform": f"{platform.system()} {platform.machine()}",
        "source": dict(table.source),
    }


def _git_commit() -> str | None:
    """Return the commit of this project's checkout, with "-dirty" after local changes; None outside one."""
    if not (CHECKOUT / ".git").exists():
        return None
    command = ["git", "-C", str(CHECKOUT), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _records(frame: pd.DataFrame) -> list[Model]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
