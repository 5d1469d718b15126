"""Put a whole directory in the place of another in one step, where the system can.

Linux and macOS can exchange two paths: a reader, or a kill at any moment, finds one or the other and never a
mixture. Python has no name for that call.
"""

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

# linux/fcntl.h, linux/fs.h: AT_FDCWD and RENAME_EXCHANGE; sys/stdio.h of macOS: RENAME_SWAP
_AT_FDCWD, _RENAME_EXCHANGE, _RENAME_SWAP = -100, 2, 2
# What a system or a file system says that lacks the call, and what it says of a mount point
_IMPOSSIBLE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EXDEV, errno.EBUSY, errno.EPERM, errno.EACCES)


def exchange(first: Path, second: Path) -> bool:
    """Exchange two paths of one file system; say whether that was possible, and change nothing if not.

    Raises
    ------
    OSError
        For other reasons than that the system or the file system cannot do it.
    """
    call = _CALLS.get(sys.platform)
    if call is None:
        return False
    try:
        failed = call(os.fsencode(first), os.fsencode(second))
    except AttributeError:  # a C library without the function
        return False
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in _IMPOSSIBLE:
        return False
    raise OSError(number, os.strerror(number), str(second))


def _linux(first: bytes, second: bytes) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    return int(library.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE))


def _macos(first: bytes, second: bytes) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    return int(library.renamex_np(first, second, _RENAME_SWAP))


_CALLS: dict[str, Callable[[bytes, bytes], int]] = {"linux": _linux, "darwin": _macos}
