"""Ctrl-C and SIGTERM, noted as well as raised: an exception is lost where a destructor or a callback runs."""

import signal
from types import FrameType

_asked = False


def listen() -> None:
    """Take both signals as an interruption; batch systems announce the end of a job with SIGTERM."""
    signal.signal(signal.SIGTERM, _note)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where a shell has it ignored
        signal.signal(signal.SIGINT, _note)


def check() -> None:
    """Raise KeyboardInterrupt if an interruption was asked for."""
    if _asked:
        raise KeyboardInterrupt


def _note(_signum: int, _frame: FrameType | None) -> None:
    global _asked
    _asked = True
    raise KeyboardInterrupt
