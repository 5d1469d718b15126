"""Where tables are: files of this machine, and URLs of any kind that fsspec knows (s3://, gs://, https://)."""

import errno
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from analyze.errors import AnalyzeError, RunError, UsageError

# Botocore's own retries are for single failures; s3fs would multiply them by 5 or even 25.
_S3 = {"config_kwargs": {"retries": {"mode": "standard", "total_max_attempts": 3}}}
_OPTIONS: dict[str, dict[str, Any]] = {"s3": _S3, "s3a": _S3}
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
                    return "directory" if stat.S_ISDIR(Path(self.root).stat().st_mode) else "file"
                return str(self.fs.info(self.root)["type"])
            except (FileNotFoundError, NotADirectoryError):
                return None

    def files(self) -> dict[str, int]:
        """Return the names of the visible files directly in a directory, sorted, with their sizes."""
        with self.known_errors("cannot be read"):
            try:
                sizes = _local_files(Path(self.root)) if self.fs is None else self._remote_files()
            except FileNotFoundError:
                return {}
        return {name: sizes[name] for name in sorted(sizes)}

    def size(self) -> int:
        """Return the size of a file in bytes."""
        with self.known_errors("cannot be read"):
            return Path(self.root).stat().st_size if self.fs is None else int(self.fs.size(self.root))

    def child(self, name: str) -> "Place":
        """Return a file of this directory."""
        shown, root = (f"{path.rstrip('/')}/{name}" for path in (self.shown, self.root))
        return Place(shown=shown, fs=self.fs, root=root)

    def read(self, n_bytes: int | None = None) -> bytes:
        """Return a file's content, or the first bytes of it.

        Raises
        ------
        FileNotFoundError
            It is not there (any more).
        """
        with self.known_errors("cannot be read"):
            if self.fs is None:
                with self.open() as file:
                    return file.read(-1 if n_bytes is None else n_bytes)
            # With a range s3fs needs no request for the size. No server answers with more than there is.
            content: bytes = self.fs.cat_file(self.root, start=0, end=n_bytes)
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


def find_place(path: str) -> Place:
    """Return the place that a path or a URL names; whether anything is there is not looked at.

    Raises
    ------
    UsageError
        The URL's kind is not known, its package is not installed, or it is a file of another machine.
    """
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

    if kind not in fsspec.available_protocols():
        raise UsageError(
            f"{path!r}: places of the kind {kind!r} are not known; give a file, a directory, "
            "or a URL such as s3://bucket/prefix"
        )
    options = _OPTIONS.get(kind, {})
    try:
        # fsspec would answer listings from memory, and keep one file system for each thread
        fs, root = fsspec.url_to_fs(path, use_listings_cache=False, skip_instance_cache=True, **options)
    except ImportError as error:
        advice = "pip install 'minima-census[s3]'" if options else " ".join(str(error).split())
        raise UsageError(f"{path!r} needs a package that is not installed: {advice}") from error
    if options:
        fs.retries = _S3FS_TRIES
    return Place(shown=path, fs=fs, root=root)


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
