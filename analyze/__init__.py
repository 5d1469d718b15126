"""Compare groups of runs in any table, and write a report about it.

    import analyze                                    # loads nothing yet

    report = analyze.compare(df, value="accuracy", by="schedule")
    report.save("reports/mine")

The main path: `cli` and `api` make a `question.Question` of what was asked; `table` reads the runs and says
what is left out; `comparison` computes all pairs with `stats` and gives verdicts; `figures` makes their
tables and draws them; `report` puts all into `results.Results` and renders it in every format.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyze.api import Report, columns, compare, describe, functions, load, power

__all__ = ["Report", "columns", "compare", "describe", "functions", "load", "power"]


def __getattr__(name: str) -> object:
    """Load the door with whoever asks for it first (PEP 562)."""
    if name in __all__:
        return getattr(import_module("analyze.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
