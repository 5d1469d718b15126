"""What a figure is: the record that each file of this room makes one of, and what it becomes in a report."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from analyze.comparison.pair import PairComparison
from analyze.figures.source import FigureSource
from analyze.results import Cell, FigureEntry

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from matplotlib.figure import Figure as Drawing


# A table while it is made: columns of equal length, by name in order.
Table = Mapping[str, Sequence[Cell]]


class Plot(Protocol):
    """A plot of plotnine, as far as a report needs it."""

    def __add__(self, other: object) -> "Plot":
        """Add a layer, a scale, a theme, or a list of them."""
        ...

    def draw(self) -> "Drawing":
        """Draw it with matplotlib."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a figure shows of some runs; ``groups`` are those drawn, None for all that the source has."""

    title: str
    caption: str
    alt: str
    tables: Mapping[str, Table]
    groups: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure and all that is known of it.

    Attributes
    ----------
    name : str
        What it is called in `results.json` and in names of files.
    section : str
        Key of the section of the report that it stands in, see `analyze.report.sections.catalogue`.
    reads : str
        How it is read, for someone who sees its kind for the first time.
    tables : tuple of str
        Names of all tables that it may have; files are called after these, never after what data say.
    content : callable
        From a `FigureSource` to what it shows; None where it has nothing to say about these runs.
    draw : callable
        From an entry to a plot; it computes nothing.
    sources : tuple of str
        Keys of the works that it rests on, see `analyze.report.references`.
    log : bool
        Its values may be drawn on a logarithmic axis; differences and their bands are not.
    few : bool
        It shows the runs themselves or shares of them, so that it is there too where groups have ten runs
        or fewer, or values of 0 and 1.
    of_tasks : bool
        It shows runs within tasks and over them; others would throw tasks together.
    on_paper : bool
        It is in the printed report too, not on the page alone.
    """

    name: str
    section: str
    reads: str
    tables: tuple[str, ...]
    content: Callable[[FigureSource], Content | None]
    draw: Callable[[FigureEntry], Plot]
    sources: tuple[str, ...] = ()
    log: bool = False
    few: bool = False
    of_tasks: bool = False
    on_paper: bool = True


def make_entry(figure: Figure, source: FigureSource) -> FigureEntry | None:
    """Return what the figure shows of these runs, and which groups are not drawn; None if it is nothing."""
    if (source.few and not figure.few) or figure.of_tasks != (source.tasks is not None):
        return None
    content = figure.content(source)
    if content is None:
        return None
    groups, caption = content.groups, content.caption
    if groups is None:
        groups = list(source.samples())
        caption += source.which(groups)
    return FigureEntry(
        figure=figure.name,
        title=content.title,
        caption=caption,
        alt=content.alt,
        value=source.value,
        log=source.log and figure.log,
        groups=tuple(groups),
        tables={
            name: {column: list(cells) for column, cells in table.items()}
            for name, table in content.tables.items()
        },
    )


def columns(rows: Sequence["DataclassInstance"], *names: str) -> Table:
    """Turn fields of records of one class, all or those named, into columns.

    A number that JSON lacks becomes None.
    """
    names = names or tuple(field.name for field in dataclasses.fields(rows[0]))
    return {name: [_plain(getattr(row, name)) for row in rows] for name in names}


def of_pair(pair: PairComparison, n_rows: int) -> Table:
    """Return the columns that name a pair."""
    return {"group_a": [pair.group_a] * n_rows, "group_b": [pair.group_b] * n_rows}


def stack(parts: Sequence[Table]) -> Table:
    """Put tables of the same columns below each other."""
    return {name: [cell for part in parts for cell in part[name]] for name in parts[0]}


def _plain(cell: Cell) -> Cell:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
