"""A directory as the place of a run database.

A commit: create under a hidden name, write, fsync, publish by a hard link (which never overwrites),
fsync the directory. All calls to the system go through `os`, so that tests can cut the power between
any two of them.
"""

import errno
import os
import stat
import sys
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from collect.errors import DataError, RunError
from collect.store.place import QUARANTINE
from collect.store.segment import ENDING

_HIDDEN, _TEMPORARY = ".", ".tmp"
STALE_S = 3600.0
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True, slots=True)
class LocalDirectory:
    """A directory of this machine or of a shared file system; see `place.Place`."""

    path: Path

    def __str__(self) -> str:
        """Return the path."""
        return str(self.path)

    def prepare(self) -> None:
        """Make the directory if need be, and refuse one that is not a run database or not writable."""
        try:
            _make_directories(self.path)
            # What is found here is not trained again, but its writer may have been killed before this.
            _sync_directory(self.path)
            _sync_above(self.path.absolute())
            names = self.names()
            _remove(self._create_hidden(b""))
        except OSError as error:
            raise RunError(
                f"run database {self} cannot be written ({error.strerror}): {self._advice(error)}"
            ) from error
        if names and not any(name.endswith(ENDING) for name in names):
            raise DataError(
                f"{self} is not a run database (it holds {names[0]}): give an empty or new directory as --db"
            )

    def names(self) -> list[str]:
        """Return all visible names, sorted."""
        try:
            return sorted(n for n in os.listdir(self.path) if n[0] != _HIDDEN and n != QUARANTINE)
        except FileNotFoundError:
            return []
        except NotADirectoryError as error:
            raise DataError(f"{self} is a file, not a run database: give a directory as --db") from error
        except OSError as error:
            raise RunError(f"{self} cannot be listed: {error.strerror}") from error

    def sizes(self) -> dict[str, int]:
        """Return all visible names with their sizes in bytes."""
        sizes = {}
        try:
            for name in self.names():
                with suppress(FileNotFoundError):
                    sizes[name] = os.stat(self.path / name).st_size
        except OSError as error:
            raise RunError(f"{self} cannot be listed: {error.strerror}") from error
        return sizes

    def open(self, name: str) -> IO[bytes]:
        """Open for reading; what is no file (a pipe, a device, a folder) is refused before it is read."""
        try:
            mode = (self.path / name).stat().st_mode
            if not stat.S_ISREG(mode):
                kind = next((kind for is_one, kind in _KINDS if is_one(mode)), "no file")
                raise DataError(f"{self}/{name} is {kind}, not a segment: move it away")
            return open(self.path / name, "rb")
        except OSError as error:
            if error.errno == errno.ESTALE:  # removed on another machine of a shared file system
                raise FileNotFoundError(error.errno, error.strerror, name) from error
            raise

    def publish(self, name: str, content: bytes) -> None:
        """Commit content under a name; when this returns, it is durable."""
        final = self.path / name
        temporary = None
        try:
            temporary = self._create_hidden(content)
            published = _link(temporary, final, content)
            try:
                _sync_directory(self.path)
            except OSError:
                if published:  # visible, but perhaps not there after a power cut: take it back
                    _remove(final)
                raise
        except OSError as error:
            raise self._failed_commit(error) from error
        finally:
            if temporary is not None:
                _remove(temporary)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files."""
        try:
            for name in names:
                with suppress(FileNotFoundError):
                    os.unlink(self.path / name)
            _sync_directory(self.path)
        except OSError as error:
            raise RunError(
                f"{self}: a file cannot be removed ({error.strerror}): {self._advice(error)}"
            ) from error

    def quarantine(self, name: str) -> str:
        """Move a file to the folder `_quarantine`."""
        folder = self.path / QUARANTINE
        try:
            if os.path.islink(folder):
                raise DataError(f"{folder} is a link, and nothing is moved out of a run database: remove it")
            _make_directories(folder)
            target = folder / name
            while os.path.lexists(target):
                target = folder / f"{uuid.uuid4().hex[:8]}-{name}"
            os.rename(self.path / name, target)
            _sync_directory(folder)
            _sync_directory(self.path)
        except OSError as error:
            raise RunError(f"{self}: {name} cannot be moved away ({error.strerror})") from error
        return str(target)

    def sweep(self) -> int:
        """Remove hidden files that no writer has touched for an hour, by the file system's own clock."""
        if not self.path.is_dir():
            return 0
        try:
            return self._sweep()
        except OSError as error:
            raise RunError(
                f"{self}: leftovers cannot be removed ({error.strerror}): {self._advice(error)}"
            ) from error

    def _sweep(self) -> int:
        probe = self._create_hidden(b"")
        now = os.stat(probe).st_mtime
        _remove(probe)
        stale = 0
        for name in os.listdir(self.path):
            if name[0] == _HIDDEN and name.endswith(_TEMPORARY):
                with suppress(FileNotFoundError):
                    if now - os.stat(self.path / name).st_mtime > STALE_S:
                        os.unlink(self.path / name)
                        stale += 1
        return stale

    def _create_hidden(self, content: bytes) -> Path:
        """Write content durably under a hidden name of its own."""
        path = self.path / f"{_HIDDEN}{uuid.uuid4().hex}{_TEMPORARY}"
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        try:
            try:
                rest = memoryview(content)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
                _sync(descriptor)
            finally:
                os.close(descriptor)
        except OSError:
            _remove(path)
            raise
        return path

    def _failed_commit(self, error: OSError) -> RunError:
        return RunError(
            f"{self}: a commit failed ({error.strerror}), none of its runs was kept; {self._advice(error)}, "
            "then repeat the command"
        )

    def _advice(self, error: OSError) -> str:
        if error.errno not in _NO_SPACE:
            return "mend it, or choose another place with --db"
        try:
            found = os.statvfs(self.path)
            free = f"{found.f_bavail * found.f_frsize / 1e6:,.1f} MB are free there"
        except OSError:
            free = "its free space is unknown"
        return f"{free}; make room, or raise the quota or file-size limit"


def _make_directories(path: Path) -> None:
    """Make a directory and its parents; each entry is durable in its parent."""
    if path.is_dir():
        return
    if path.parent != path:
        _make_directories(path.parent)
    with suppress(FileExistsError):
        os.mkdir(path)
    _sync_directory(path.parent)


def _sync_above(path: Path) -> None:
    """Make a directory's own entry durable, and those of the directories above it.

    Also if they were there: whoever made them may have been killed before the fsync.
    """
    for parent in path.parents:
        if os.path.ismount(path):
            break
        with suppress(PermissionError):  # what may not be opened was made by somebody else
            _sync_directory(parent)
        path = parent


def _link(temporary: Path, final: Path, content: bytes) -> bool:
    """Give the file its final name; return False if the same content has it already.

    Unlike a rename, a hard link never overwrites.
    """
    try:
        os.link(temporary, final)
    except FileExistsError:
        # The name is the digest of the content: the same commit, tried twice. Unless that file is damaged.
        if not final.is_file() or final.read_bytes() != content:
            raise OSError(errno.EIO, "a damaged file has its name, see `collect verify`") from None
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.rename(temporary, final)  # no hard links here: the name tells the content, so nothing is lost
    return True


def _sync(descriptor: int) -> None:
    """Wait until the device has the data; fsync on macOS returns earlier."""
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    with suppress(OSError):
        os.unlink(path)
