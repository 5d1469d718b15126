"""Which column of somebody's table is which of ours."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from collect.errors import UsageError
from collect.store.impossible import FRACTIONS
from collect.store.schema import SCHEMA

# What was asked; it makes the configuration.
SETTINGS = tuple(SCHEMA.names[SCHEMA.names.index("schedule") : SCHEMA.names.index("config")])
_CAME_OUT = SCHEMA.names[SCHEMA.names.index("message") + 1 : SCHEMA.names.index("run_id")]
OUTCOMES = tuple(name for name in _CAME_OUT if pa.types.is_floating(SCHEMA.field(name).type))
# A column of true and false instead of `status`.
DIVERGED_FLAG = "diverged"
# What only the import can know.
COMPUTED = ("config_hash", "config", "errors", "run_id", "committed_at", "package_version", "env_hash")
MAPPABLE = (*(name for name in SCHEMA.names if name not in COMPUTED), DIVERGED_FLAG)
CONSTANTS = tuple(
    name for name in MAPPABLE if name not in (*OUTCOMES, "seed", "status", "message", DIVERGED_FLAG)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """How a table's columns are to be taken.

    Attributes
    ----------
    columns
        Our names, and the table's names for them; the empty name: not from the table.
    constants
        Our names, and one value for all rows.
    config
        Further columns of the table that tell configurations apart.
    percent
        Our names of accuracies that the table has in percent.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    config: Sequence[str] = ()
    percent: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.columns or self.constants or self.config or self.percent)

    @property
    def outcomes(self) -> list[str]:
        """Return the outcomes that the table has, in the schema's order."""
        return [name for name in OUTCOMES if name in self.columns]


def resolve(asked: ColumnMap, names: Sequence[str], *, table: str) -> ColumnMap:
    """Return the map with columns of the same name filled in, after checking all names.

    Raises
    ------
    UsageError
        A name is not ours or not the table's, or the seed, the schedule or the outcome is missing.
    """
    for option, allowed, given in (
        ("--column", MAPPABLE, asked.columns),
        ("--set", CONSTANTS, asked.constants),
        ("--percent", FRACTIONS, asked.percent),
    ):
        for name in given:
            _require_ours(option, name, allowed)
    for option, name in [*((f"--column {o}", t) for o, t in asked.columns.items() if t),
                         *(("--config", t) for t in asked.config)]:  # fmt: skip
        _require_theirs(option, name, names, table=table)
    if doubled := sorted(set(asked.columns) & set(asked.constants)):
        raise UsageError(f"{doubled[0]} is given by --column and by --set: leave one of them out")
    same = {name: name for name in MAPPABLE if name in names and name not in asked.constants}
    columns = {ours: theirs for ours, theirs in (same | dict(asked.columns)).items() if theirs}
    if "status" in columns and DIVERGED_FLAG not in asked.columns:
        columns.pop(DIVERGED_FLAG, None)
    for name in asked.config:
        if name in SCHEMA.names and not (name in SETTINGS and columns.get(name) == name):
            raise UsageError(
                f"--config {name}: {name} has a meaning of its own here; rename the column in the table"
            )
    config = tuple(dict.fromkeys(name for name in asked.config if columns.get(name) != name))
    found = ColumnMap(columns=columns, constants=asked.constants, config=config, percent=asked.percent)
    _require_essentials(found, names, table=table)
    return found


def _require_essentials(found: ColumnMap, names: Sequence[str], *, table: str) -> None:
    has = f"{table} has {', '.join(names)}"
    if "seed" not in found.columns:
        raise UsageError(
            f"no column seed: add --column seed=COLUMN, whole numbers that tell runs apart; {has}"
        )
    if "schedule" not in {*found.columns, *found.constants}:
        raise UsageError(
            "no column schedule, the groups to compare: add --column schedule=COLUMN "
            f"or --set schedule=NAME; {has}"
        )
    if not found.outcomes:
        raise UsageError(
            f"no outcome: add --column accuracy=COLUMN (or one of {', '.join(OUTCOMES[1:])}); {has} "
            "(to compare anything else, give the table itself to `analyze compare --value COLUMN`)"
        )
    if {"status", DIVERGED_FLAG} <= set(found.columns):
        raise UsageError("status and diverged are both mapped: leave one of them out")
    for name in found.percent:
        if name not in found.columns:
            raise UsageError(f"--percent {name}: the table has no {name}; add --column {name}=COLUMN")


def _require_ours(option: str, name: str, allowed: Sequence[str]) -> None:
    if name in allowed:
        return
    if name in COMPUTED:
        raise UsageError(f"{option} {name}: {name} is made by the import; leave it out")
    raise UsageError(f"{option} {name}: {_hint(name, allowed)}it takes {', '.join(allowed)}")


def _require_theirs(option: str, name: str, names: Sequence[str], *, table: str) -> None:
    if name not in names:
        hint = _hint(name, names)
        raise UsageError(f"{option}: {table} has no column {name!r}; {hint}it has {', '.join(names)}")


def _hint(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}? " if close else ""
