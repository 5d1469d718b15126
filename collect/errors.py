"""Errors that a user can act on: what was given, what is allowed, what to do."""


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


def unknown_name(kind: str, given: str, known: list[str]) -> UsageError:
    """Return the error for a name that is in no dict."""
    return UsageError(f"unknown {kind} '{given}': choose one of {', '.join(known)} (see `collect list`)")
