"""The errors that a user can cause, one class per exit code of ``analyze``.

Every message is one line: what was given, what is allowed, what to do next.
"""


class AnalyzeError(Exception):
    """Base of all known errors; the command line turns it into one line."""


class UsageError(AnalyzeError):
    """The question names something that does not exist or is not allowed (exit code 2)."""


class DataError(AnalyzeError):
    """The data cannot be analysed (exit code 3)."""


class RunError(AnalyzeError):
    """Something outside the question and the data failed, e.g. an unwritable directory (exit code 1)."""
