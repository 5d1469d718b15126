"""The table that `analyze demo` shows a report of: 60 networks trained with each of two schedules.

They are the runs of seeds 0 to 59 in data/reference; with it comes the command that compares them.
"""

from importlib.resources import files
from pathlib import Path

from analyze.errors import RunError, UsageError

OUT = Path("reports", "demo")
ASKED = {"value": "accuracy", "by": "schedule", "paired": "seed"}


def put_table(out: Path) -> Path:
    """Put the table into a directory, where its reader can look at it, and return its path.

    Raises
    ------
    UsageError
        Another file is in the way.
    RunError
        The directory cannot be made or written to.
    """
    content = files("analyze").joinpath("demo.csv").read_bytes()
    path = out / "runs.csv"
    try:
        out.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_bytes() != content:
            raise UsageError(f"{str(path)!r} is in the way: give another directory with --out")
        path.write_bytes(content)
    except OSError as error:
        raise RunError(
            f"{str(path)!r} cannot be written ({error.strerror}): give another directory"
        ) from error
    return path
