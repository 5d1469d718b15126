"""An `os` whose n-th call fails, in the place of `collect.store.local.os`."""

import os
from collections.abc import Callable
from contextlib import suppress

from collect.store import local

# They ask the system nothing, so that they cannot fail.
NO_CALLS = frozenset(["fspath", "strerror"])


class KilledError(BaseException):
    """The process is no more: nobody catches it, and what runs after it touches no file."""


class FaultyOs:
    """Performs `n_good` calls, then raises.

    Parameters
    ----------
    error
        Makes the exception.
    done
        Raise after doing what was asked, as a network file system may: the answer was lost.
    lasting
        All later calls fail too.
    inner
        What does the work.
    """

    def __init__(
        self,
        n_good: int,
        error: Callable[[], BaseException],
        *,
        done: bool = False,
        lasting: bool = False,
        inner: object = os,
    ) -> None:
        self.n_calls = 0
        self.failed = ""  # the name of the first call that did
        self._n_good = n_good
        self._error = error
        self._done = done
        self._lasting = lasting
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        function = getattr(self._inner, name)
        if not callable(function) or name in NO_CALLS:
            return function

        def call(*arguments, **options):
            n = self.n_calls
            self.n_calls += 1
            if n < self._n_good or (n > self._n_good and not self._lasting):
                return function(*arguments, **options)
            self.failed = self.failed or name
            # Whatever happens, the system closes the files of a process in the end.
            if name == "close" or (self._done and n == self._n_good):
                result = function(*arguments, **options)
                if name == "open":
                    os.close(result)
            raise self._error()

        return call


def killed(n_good: int, *, inner: object = os) -> FaultyOs:
    """Return the `os` of a process that is killed after so many calls."""
    return FaultyOs(n_good, KilledError, lasting=True, inner=inner)


def failing(n_good: int, code: int, **options) -> FaultyOs:
    """Return an `os` whose next call after so many fails with an error number."""
    return FaultyOs(n_good, lambda: OSError(code, os.strerror(code)), **options)


def run_over(monkeypatch, faulty: FaultyOs, action: Callable[[], object]) -> bool:
    """Do something over a faulty `os`; return whether the process was killed."""
    with monkeypatch.context() as patch, suppress(KilledError):
        patch.setattr(local, "os", faulty)
        action()
        return False
    return True
