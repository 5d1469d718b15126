"""Errors that a user can act on: what was given, what is allowed, what to do."""

from importlib.util import find_spec


class CollectError(Exception):
    """A known error of this package; the command line prints it as one line."""

    exit_code = 1


class UsageError(CollectError):
    """An argument that cannot be meant, such as an unknown schedule."""

    exit_code = 2


class DataError(CollectError):
    """A data set or a run database that cannot be used."""

    exit_code = 3


class RunError(CollectError):
    """Something went wrong while running: an unwritable directory, dying workers."""

    exit_code = 1


def need_tensorflow() -> None:
    """Refuse what only TensorFlow can do where it is not installed, without importing it.

    Raises
    ------
    RunError
        With what to install.
    """
    if find_spec("tensorflow") is None:
        raise RunError(
            "training needs TensorFlow, which is not installed: pip install 'minima-census[collect]' "
            "(Python 3.11 to 3.13)"
        )


def unknown_name(kind: str, given: str, known: list[str]) -> UsageError:
    """Return the error for a name that is in no dict."""
    return UsageError(f"unknown {kind} '{given}': choose one of {', '.join(known)} (see `collect list`)")
