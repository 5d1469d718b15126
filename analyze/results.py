"""What an analysis found, as plain typed data: it is `results.json`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# What JSON can hold in a cell; a number that is not finite is None.
Cell = str | bool | int | float | None
# A table as columns of equal length, by name in order.
Columns = Mapping[str, Sequence[Cell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureEntry:
    """A figure without its drawing: all that is needed to draw it again.

    The caption states the finding, the alt text says in words what a reader would see. ``value`` names the
    axis of values, which is logarithmic where ``log`` says so; ``groups`` are those drawn, in report order.
    ``tables`` are small however many runs there are.
    """

    figure: str
    title: str
    caption: str
    alt: str
    value: str
    log: bool
    groups: Sequence[str]
    tables: Mapping[str, Columns]
