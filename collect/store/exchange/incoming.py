"""Runs on their way into a database."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

Pieces = Callable[[], Iterator[pa.Table]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """The rows of a table, all of them valid.

    Attributes
    ----------
    name
        What to call the table.
    pieces
        Gives the rows from the start, under the schema, each time it is called.
    key
        The columns by which a row is known to be in the database already.
    n_rows, n_configs
        Rows of the table, and configurations among them.
    n_by_status
        Rows of each status.
    ranges
        Of each outcome that was mapped: how many values, the smallest and the largest.
    taken
        Our columns that were mapped, and the table's names for them.
    unused
        Columns of the table that were passed over.
    """

    name: str
    pieces: Pieces
    key: tuple[str, ...]
    n_rows: int
    n_configs: int
    n_by_status: Mapping[str, int]
    ranges: Mapping[str, tuple[int, float, float]] = field(default_factory=dict)
    taken: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
