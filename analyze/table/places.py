"""Where tables are: files of this machine, and URLs of any kind that fsspec knows (s3://, gs://, https://)."""

import difflib
import errno
import glob
import io
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from analyze import text as fmt
from analyze.errors import AnalyzeError, DataError, RunError, UsageError

STANDARD_INPUT = "-"
# More files than this are not one table: the wrong folder was given.
MAX_FILES = 100_000
# A small file may unfold to more than any memory holds, and a device has no end: no file of more is read.
MAX_BYTES = 4 * 2**30
# What is no file and no folder is not even opened: who waits for its other end waits for ever.
_NO_FILES = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
# Of the kinds of URL that fsspec knows: stores of files, no archives, no other programs' caches.
SCHEMES = (
    "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "http", "https", "hdfs", "webhdfs", "hf", "memory",
)  # fmt: skip
# Hydra keeps a run's settings in a hidden folder.
_SETTINGS_FOLDER = ".hydra"
_PASSWORD = re.compile(r"(?<=://)([^/:@]*):[^/@]*@")
_PATTERN_SIGNS = ("*", "?", "[")

# Botocore's own retries are for single failures; s3fs would multiply them by 5 or even 25.
_S3: dict[str, object] = {"config_kwargs": {"retries": {"mode": "standard", "total_max_attempts": 3}}}
_OPTIONS = {"s3": _S3, "s3a": _S3}
_S3FS_TRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A path in a file system.

    Attributes
    ----------
    shown : str
        What a person gave.
    fs : object
        The fsspec file system; None for this machine's, which needs none.
    root : str
        The path in it.
    """

    shown: str
    fs: Any
    root: str

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, where many small reads cost nothing."""
        return self.fs is None

    def kind(self) -> str | None:
        """Return "file", "directory" or None where nothing is."""
        with self.known_errors("cannot be read"):
            try:
                if self.fs is None:
                    return self._local_kind()
                return str(self.fs.info(self.root)["type"])
            except (FileNotFoundError, NotADirectoryError) as error:
                # fsspec says so too of HTTP where no server answered, or where it refused
                if (cause := error.__cause__) is None or not _has_another_reason(cause):
                    return None
                raise cause from error

    def _local_kind(self) -> str:
        try:
            mode = stat.S_IFMT(Path(self.root).stat().st_mode)
        except ValueError as error:  # a NUL in it
            raise UsageError(f"{self.shown!r} can be the path of no file; check the path") from error
        if mode in _NO_FILES:
            give = f"write its content into a file, or pipe it into 'analyze … {STANDARD_INPUT}'"
            raise UsageError(f"{self.shown!r} is {_NO_FILES[mode]}, no file: {give}")
        return "directory" if mode == stat.S_IFDIR else "file"

    def alike(self) -> str | None:
        """Return the path beside it whose name is spelled nearly like its own, on this machine."""
        path = Path(self.root)
        try:
            names = [] if self.fs is not None else [one.name for one in path.parent.iterdir()]
        except OSError:
            return None
        close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.75)
        return str(path.with_name(close[0])) if close else None

    def files(self) -> dict[str, int]:
        """Return the names of the visible files directly in a directory, sorted, with their sizes."""
        with self.known_errors("cannot be read"):
            try:
                sizes = _local_files(Path(self.root)) if self.fs is None else self._remote_files()
            except FileNotFoundError:
                return {}
        return {name: sizes[name] for name in sorted(sizes)}

    def tree(self) -> dict[str, int]:
        """Return the visible files below a directory by their paths in it, sorted, with their sizes.

        Links to what is in the directory anyway (``latest -> version_3``) are passed over, so that no file
        is there twice.

        Raises
        ------
        DataError
            There are more than `MAX_FILES`.
        """
        with self.known_errors("cannot be read"):
            found = _local_tree(Path(self.root)) if self.fs is None else self._remote_tree()
            sizes: dict[str, int] = {}
            for name, size in found:
                sizes[name] = size
                if len(sizes) > MAX_FILES:
                    raise _too_many(self.shown)
        return {name: sizes[name] for name in sorted(sizes)}

    def size(self) -> int:
        """Return the size of a file in bytes."""
        with self.known_errors("cannot be read"):
            return Path(self.root).stat().st_size if self.fs is None else int(self.fs.size(self.root))

    def child(self, name: str) -> "Place":
        """Return a file of this directory, or of one below it."""
        shown, root = (f"{path.rstrip('/')}/{name}" for path in (self.shown, self.root))
        return Place(shown=shown, fs=self.fs, root=root)

    def read(self, n_bytes: int | None = None) -> bytes:
        """Return a file's content, or the first bytes of it.

        Raises
        ------
        FileNotFoundError
            It is not there (any more).
        DataError
            It is larger than `MAX_BYTES`.
        """
        limit = MAX_BYTES + 1 if n_bytes is None else n_bytes
        with self.known_errors("cannot be read"):
            content: bytes
            if self.fs is None:
                if n_bytes is None and self.size() > MAX_BYTES:
                    raise _too_large(self.shown)
                with self.open() as file:
                    content = file.read(limit)
            else:
                # With a range s3fs needs no request for the size. No server answers with more than there is.
                content = self.fs.cat_file(self.root, start=0, end=limit)
        if len(content) > MAX_BYTES:
            raise _too_large(self.shown)
        return content

    def open(self) -> IO[bytes]:
        """Open a file for reading, seekable; of remote files only what is read is fetched."""
        with self.known_errors("cannot be read"):
            if self.fs is None:
                return Path(self.root).open("rb")
            file: IO[bytes] = self.fs.open(self.root, "rb", cache_type="none")
            return file

    @contextmanager
    def known_errors(self, what: str) -> Iterator[None]:
        """Turn errors of the device or the network into one line; a missing file stays what it is."""
        try:
            yield
        except (AnalyzeError, FileNotFoundError, NotADirectoryError):
            raise
        except OSError as error:
            if error.errno == errno.ESTALE:  # removed on another machine of a shared file system
                raise FileNotFoundError(error.errno, error.strerror, self.root) from error
            raise self._failure(what, error) from error
        except Exception as error:  # those of a remote store's client are of no common kind
            if self.fs is None:
                raise
            raise self._failure(what, error) from error

    def _failure(self, what: str, error: Exception) -> RunError:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())[:200].rstrip(".")
        if self.fs is None:
            advice = "check its permissions and its device"
        elif isinstance(error, PermissionError) or "Credential" in type(error).__name__:
            advice = "check the credentials and what they permit"
        else:
            advice = "check the network, the endpoint (as in AWS_ENDPOINT_URL) and the URL"
        return RunError(f"{self.shown!r} {what} ({reason or type(error).__name__}): {advice}")

    def _remote_files(self) -> dict[str, int]:
        entries = self.fs.ls(self.root, detail=True)
        named = {e["name"].rsplit("/", 1)[-1]: e["size"] for e in entries if e["type"] == "file"}
        return {name: size or 0 for name, size in named.items() if name and not name.startswith(".")}

    def _remote_tree(self) -> Iterator[tuple[str, int]]:
        above = self.root.rstrip("/") + "/"
        for path, entry in self.fs.find(self.root, detail=True).items():
            name = path.removeprefix(above).lstrip("/")
            if name and all(map(_is_visible, name.split("/"))):
                yield name, entry["size"] or 0


def find_place(path: str) -> Place:
    """Return the place that a path or a URL names; whether anything is there is not looked at.

    Raises
    ------
    UsageError
        The URL's kind is not known, its package is not installed, or it is a file of another machine.
    """
    if path == STANDARD_INPUT:
        content = sys.stdin.buffer.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _too_large("standard input")
        held = _Held(content)
        return Place(shown="standard input", fs=held, root=STANDARD_INPUT)
    kind, separator, rest = path.partition("://")
    if not separator:
        return Place(shown=path, fs=None, root=path)
    if kind in ("file", "local"):
        host, _, file = rest.partition("/")
        if host not in ("", "localhost"):
            raise UsageError(
                f"{path!r} names the machine {host!r}: give a file or a directory, or file:///path"
            )
        return Place(shown=path, fs=None, root=f"/{unquote(file)}")
    import fsspec

    shown = _PASSWORD.sub(r"\1:…@", path)
    if kind not in SCHEMES:
        raise UsageError(
            f"{shown!r}: places of the kind {kind!r} are not known; give a file, a directory, "
            f"or a URL such as s3://bucket/prefix (known are {', '.join(SCHEMES)})"
        )
    options = _OPTIONS.get(kind, {})
    try:
        # fsspec would answer listings from memory, and keep one file system for each thread
        fs, root = fsspec.url_to_fs(path, use_listings_cache=False, skip_instance_cache=True, **options)
    except ImportError as error:
        advice = "pip install 'minima-census[s3]'" if options else " ".join(str(error).split())
        raise UsageError(f"{shown!r} needs a package that is not installed: {advice}") from error
    except Exception as error:  # each kind has its own for a URL that it cannot read
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise UsageError(f"{shown!r} names no place ({reason}): check the URL") from error
    if options:
        fs.retries = _S3FS_TRIES
    return Place(shown=shown, fs=fs, root=root)


def find_places(path: str) -> list[Place]:
    """Return the places that a path, a URL or a pattern such as ``runs/*/metrics.csv`` names.

    A path that is there is never taken for a pattern.

    Raises
    ------
    UsageError
        Nothing fits the pattern, or the URL's kind is not known.
    """
    place = find_place(path)
    if not any(sign in place.root for sign in _PATTERN_SIGNS) or place.kind() is not None:
        return [place]
    with place.known_errors("cannot be read"):
        fitting = _fitting(place)
    if not fitting:
        raise UsageError(
            f"no file or directory fits {path!r}; * stands for any name, ** for any folders on the way"
        )
    return fitting


def _fitting(pattern: Place) -> list[Place]:
    found: Iterable[str]
    if pattern.fs is None:
        found = glob.iglob(pattern.root, recursive=True)  # noqa: PTH207 (a pattern may begin anywhere)
    else:
        found = (f for f in pattern.fs.glob(pattern.root) if _is_visible_below(f, pattern.root))
    roots: dict[str, str] = {}  # by what a link leads to, so that nothing is there twice
    for root in found:
        roots.setdefault(os.path.realpath(root) if pattern.fs is None else root, root)
        if len(roots) > MAX_FILES:
            raise _too_many(pattern.shown)
    scheme = "" if "://" not in pattern.shown else pattern.shown.partition("://")[0] + "://"
    return [
        Place(shown=scheme + root if scheme else root, fs=pattern.fs, root=root)
        for root in sorted(roots.values())
    ]


def _too_many(shown: str) -> DataError:
    return DataError(
        f"{shown!r} holds more than {fmt.count(MAX_FILES)} files; give a folder further down, or a pattern "
        "such as 'runs/*/metrics.csv'"
    )


def _too_large(shown: str) -> DataError:
    return DataError(
        f"{shown!r} holds more than {MAX_BYTES // 2**30} GB; write the columns that are asked about as "
        "Parquet"
    )


class _Held:
    """A file system, as far as a `Place` asks for one, that holds one file: what standard input gave."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def info(self, path: str) -> dict[str, object]:
        return {"name": path, "type": "file", "size": len(self._content)}

    def size(self, _path: str) -> int:
        return len(self._content)

    def cat_file(self, _path: str, start: int = 0, end: int | None = None) -> bytes:
        return self._content[start:end]

    def open(self, _path: str, _mode: str, *, cache_type: str) -> IO[bytes]:
        del cache_type  # as of the file systems of fsspec
        return io.BytesIO(self._content)


def _has_another_reason(cause: BaseException) -> bool:
    """Return whether what made a file seem to be missing was a connection, or a server's other answer."""
    lost = isinstance(cause, OSError) and not isinstance(cause, FileNotFoundError)
    return lost or getattr(cause, "status", 404) != 404


def _is_visible(name: str) -> bool:
    return name == _SETTINGS_FOLDER or not (name.startswith(".") or name == "__pycache__")


def _is_visible_below(path: str, pattern: str) -> bool:
    """Return whether no part of a path is hidden but those that the pattern itself writes."""
    return all(_is_visible(part) or part in pattern.split("/") for part in path.split("/"))


def _local_tree(root: Path) -> Iterator[tuple[str, int]]:
    """Walk a directory; links are followed where they lead out of it, and nothing is entered twice."""
    real_root = root.resolve()
    entered: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        status = folder.stat()
        if (status.st_dev, status.st_ino) in entered:
            continue
        entered.add((status.st_dev, status.st_ino))
        for path in folder.iterdir():
            if not _is_visible(path.name) or (path.is_symlink() and _is_inside(path, real_root)):
                continue
            try:
                found = path.stat()
            except OSError:  # removed since it was listed, or a link to nowhere
                continue
            if stat.S_ISDIR(found.st_mode):
                waiting.append(path)
            elif stat.S_ISREG(found.st_mode):
                yield path.relative_to(root).as_posix(), found.st_size


def _is_inside(link: Path, real_root: Path) -> bool:
    try:
        target = link.resolve()
    except (OSError, RuntimeError):  # a loop
        return True
    return target.is_relative_to(real_root) or real_root.is_relative_to(target)


def _local_files(directory: Path) -> dict[str, int]:
    sizes = {}
    for path in directory.iterdir():
        if not path.name.startswith("."):
            try:
                found = path.stat()
            except FileNotFoundError:  # removed since it was listed
                continue
            if stat.S_ISREG(found.st_mode):
                sizes[path.name] = found.st_size
    return sizes
