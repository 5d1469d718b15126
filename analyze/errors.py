"""The errors that a user can cause, one class per exit code of ``analyze``, and arguments in their messages.

Every message is one line: what was given, what is allowed, what to do next. It names what can be asked as
its reader gives it: ``str(error)`` as an argument of a call, the command line as an option.
"""

import ast
import re
from collections.abc import Callable

# Characters that are in nobody's text: around an argument, and before its value or the word for one.
_OPEN, _IS, _ANY, _CLOSE = "\x02", "\x1f", "\x1e", "\x03"
_MARKED = re.compile(f"{_OPEN}(\\w+)(?:{_IS}(.*?)|{_ANY}(.*?))?{_CLOSE}", re.DOTALL)


def argument(name: str, value: object = None, *, like: str = "") -> str:
    """Name an argument in a message, alone, with a value, or with a word for one.

    Parameters
    ----------
    name : str
        As in `analyze.question.Question`.
    value : object, optional
        A text, a number, or True.
    like : str, optional
        What the value would be, e.g. ``COLUMN``.

    Examples
    --------
    >>> print(UsageError(f"{argument('at', 'last')} or {argument('unit', like='COLUMN')}"))
    at='last' or unit=COLUMN
    """
    if like:
        return f"{_OPEN}{name}{_ANY}{like}{_CLOSE}"
    return f"{_OPEN}{name}{_CLOSE}" if value is None else f"{_OPEN}{name}{_IS}{value!r}{_CLOSE}"


class AnalyzeError(Exception):
    """Base of all known errors; the command line turns it into one line."""

    def __str__(self) -> str:
        """Return the message, with arguments as in a call."""
        return _MARKED.sub(lambda found: "=".join(filter(None, found.groups())), super().__str__())

    def spelled(self, option: Callable[[str, object], str]) -> str:
        """Return the message with each argument as a function of its name and value spells it."""

        def spell(found: re.Match[str]) -> str:
            name, literal, word = found.groups()
            return option(name, word if literal is None else ast.literal_eval(literal))

        return _MARKED.sub(spell, super().__str__())


class UsageError(AnalyzeError):
    """The question names something that does not exist or is not allowed (exit code 2)."""


class DataError(AnalyzeError):
    """The data cannot be analysed (exit code 3)."""


class RunError(AnalyzeError):
    """Something outside the question and the data failed, e.g. an unwritable directory (exit code 1)."""
