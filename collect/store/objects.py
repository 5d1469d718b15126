"""An object store as the place of a run database: any URL that fsspec knows, such as s3://bucket/prefix.

A commit is one conditional PUT (`If-None-Match: *`): an object store shows an object whole or not at
all, and has made it durable when it answers. There is no temporary name, no rename and no upload in
parts. A PUT whose answer was lost is sent again; that is harmless, because the name is the digest of
the content: an object that has the name already is this very commit, which is checked byte by byte.
For the same reason stores that ignore the condition, or do not know it, are safe too: they overwrite
an object with the same bytes.

Needed of the store: a PUT is visible to a listing that starts after it was answered (S3 since 2020,
Google Cloud Storage, Azure).
"""

import errno
import io
import re
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import IO, Any, cast

import fsspec

from collect.errors import CollectError, DataError, RunError, UsageError
from collect.store.object_file import BLOCK, Blocks
from collect.store.place import QUARANTINE
from collect.store.segment import ENDING

# Seconds between the tries to publish: a network that is away for 15 seconds costs no finished runs.
DELAYS_S = (1.0, 2.0, 4.0, 8.0)
# Of the kinds of URL that fsspec knows: stores of files, no archives, no other programs' caches.
KINDS = (
    "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "http", "https", "hdfs", "webhdfs", "hf", "memory",
)  # fmt: skip
PASSWORD = re.compile(r"(?<=://)([^/:@]*):[^/@]*@")
_HIDDEN, _PROBE = ".", ".probe"
_WILD = "*?["
# Botocore's own retries are for single failures; s3fs would multiply them by 5 or even 25.
_S3 = {"config_kwargs": {"retries": {"mode": "standard", "total_max_attempts": 3}}}
_S3_KINDS = ("s3", "s3a")
_S3FS_TRIES = 2
# Never in parts: the limit of S3 for one PUT is 5 GiB.
_ONE_PUT = {"chunksize": 5 * 2**30}
_NO_CONDITION = (NotImplementedError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A prefix of an object store; see `place.Place`."""

    url: str

    @classmethod
    def at(cls, url: str) -> "ObjectStore":
        """Return the place that a URL names, without asking the store anything.

        Raises
        ------
        UsageError
            The URL's kind is not known, its package is not installed, or it names no bucket.
        """
        kind, _, path = url.partition("://")
        shown = PASSWORD.sub(r"\1:…@", url)
        if kind not in KINDS:
            raise UsageError(
                f"{shown}: places of the kind '{kind}' are not known: give a directory, "
                f"or a URL such as s3://bucket/prefix as --db (known are {', '.join(KINDS)})"
            )
        if not path.strip("/") or any(sign in path for sign in _WILD):
            raise UsageError(f"{shown} names no place: give a URL such as s3://bucket/prefix as --db")
        try:
            fsspec.get_filesystem_class(kind)
        except ImportError as error:
            package = "minima-census[s3]" if kind in _S3_KINDS else None
            advice = f"pip install '{package}'" if package else " ".join(str(error).split())
            raise UsageError(f"{shown} needs a package that is not installed: {advice}") from error
        return cls(url.rstrip("/"))

    def __str__(self) -> str:
        """Return the URL, without the password that it may hold."""
        return PASSWORD.sub(r"\1:…@", self.url)

    def prepare(self) -> None:
        """Check that the prefix holds nothing but a run database, and that it can be written."""
        names = sorted(self._listing())
        if names and not any(name.endswith(ENDING) for name in names):
            raise DataError(
                f"{self} is not a run database (it holds {names[0]}): give an empty or new prefix as --db"
            )
        fs, root = self._opened()
        with self._known_errors("cannot be written"):
            fs.pipe_file(f"{root}/{_PROBE}", b"probe")
        with suppress(Exception):  # who may write need not be allowed to delete
            fs.rm_file(f"{root}/{_PROBE}")

    def names(self) -> list[str]:
        """Return all visible names, sorted."""
        return sorted(self.sizes())

    def sizes(self) -> dict[str, int]:
        """Return all visible names with their sizes in bytes."""
        return {name: size for name, size in self._listing().items() if size is not None}

    def open(self, name: str) -> IO[bytes]:
        """Open for reading; of large objects only the parts that are read are fetched."""
        first = self._fetch(name, 0, BLOCK)
        if len(first) < BLOCK:
            return io.BytesIO(first)
        fs, root = self._opened()
        with self._known_errors(f"{name} cannot be read"):
            size = int(fs.size(f"{root}/{name}"))
        return cast("IO[bytes]", Blocks(partial(self._fetch, name), size, first, f"{self}/{name}"))

    def publish(self, name: str, content: bytes) -> None:
        """Commit content under a name; when this returns, the store has said that it is durable."""
        fs, root = self._opened()
        path = f"{root}/{name}"
        options = _ONE_PUT if self._is_s3() else {}
        for delay in (*DELAYS_S, None):
            try:
                _put(fs, path, content, **options)
            except FileExistsError as error:
                failure: Exception = error
                break
            except Exception as error:
                failure = error
                if delay is None or _is_final(error):
                    break
                time.sleep(delay)
            else:
                return
        # There already, or perhaps written by a PUT whose answer was lost.
        self._confirm(name, content, failure)

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects, many with one request where the store can."""
        fs, root = self._opened()
        names = set(names)
        if not names:
            return
        paths = [f"{root}/{name}" for name in sorted(names)]
        with self._known_errors("an object cannot be removed"):
            try:
                fs.rm(paths)
            except FileNotFoundError:
                for path in paths:
                    with suppress(FileNotFoundError):
                        fs.rm_file(path)
        # s3fs passes over refusals.
        if left := names & set(self.names()):
            raise RunError(
                f"{self}: {len(left)} objects cannot be removed, such as {min(left)}: "
                "check that the credentials permit deleting"
            )

    def quarantine(self, name: str) -> str:
        """Copy an object under `_quarantine/`, inside the store, then remove it."""
        fs, root = self._opened()
        target = f"{QUARANTINE}/{name}"
        with self._known_errors(f"{name} cannot be moved away"):
            if fs.exists(f"{root}/{target}"):
                target = f"{QUARANTINE}/{uuid.uuid4().hex[:8]}-{name}"
            try:
                fs.cp_file(f"{root}/{name}", f"{root}/{target}")
            except FileNotFoundError as error:
                raise RunError(f"{self}: {name} cannot be moved away (it is not there any more)") from error
            fs.rm_file(f"{root}/{name}")
        return f"{self}/{target}"

    def sweep(self) -> int:
        """Do nothing: a writer that was killed leaves nothing behind."""
        return 0

    def _opened(self) -> tuple[Any, str]:
        with self._known_errors("cannot be opened"):
            return _file_system(self.url)

    def _fetch(self, name: str, start: int, end: int) -> bytes:
        """Return the bytes of an object from start to end, or to where it ends.

        Raises
        ------
        FileNotFoundError
            It is not there (any more).
        RunError
            The store did not deliver it.
        """
        fs, root = self._opened()
        with self._known_errors(f"{name} cannot be read"):
            try:
                content: bytes = fs.cat_file(f"{root}/{name}", start=start, end=end)
            except OSError as error:
                # S3 refuses any range of an empty object.
                if error.errno == errno.EINVAL and fs.size(f"{root}/{name}") == 0:
                    return b""
                raise
        return content

    def _listing(self) -> dict[str, int | None]:
        """Return what is visible directly under the prefix: objects with their sizes, folders with None."""
        fs, root = self._opened()
        with self._known_errors("cannot be listed"):
            try:
                entries = fs.ls(root, detail=True)
            except FileNotFoundError as error:
                if _bucket_is_missing(error):
                    raise
                return {}
        found: dict[str, int | None] = {}
        for entry in entries:
            path = entry["name"]
            if path == root and entry["type"] == "file":
                raise DataError(f"{self} is an object, not a run database: give a prefix as --db")
            name = path.rsplit("/", 1)[-1]
            if name and name[0] != _HIDDEN and name != QUARANTINE:
                found[name] = entry["size"] if entry["type"] == "file" else None
        return found

    def _confirm(self, name: str, content: bytes, failure: Exception) -> None:
        """Return if the object is there with this content; raise what kept it from being written if not."""
        fs, root = self._opened()
        try:
            held = fs.cat_file(f"{root}/{name}")
        except Exception:
            known = "failed" if _is_final(failure) else "was not confirmed"
            raise RunError(
                f"{self}: a commit {known} ({_reason(failure)}): {_advice(failure)}, "
                "then repeat the command, which trains what has not arrived"
            ) from failure
        if held != content:
            raise RunError(
                f"{self}: a commit failed, because a damaged object has its name ({name}): "
                "see `collect verify`, then repeat the command"
            ) from failure

    def _is_s3(self) -> bool:
        return self.url.partition("://")[0] in _S3_KINDS

    @contextmanager
    def _known_errors(self, what: str) -> Iterator[None]:
        """Turn what a store or the way to it may raise into one line; a missing object stays what it is."""
        try:
            yield
        except CollectError:
            raise
        except Exception as error:
            if isinstance(error, FileNotFoundError) and not _bucket_is_missing(error):
                raise
            raise RunError(f"{self}: {what} ({_reason(error)}): {_advice(error)}") from error


@cache
def _file_system(url: str) -> tuple[Any, str]:
    """Return the file system and the path in it; one for each URL and process, used by all threads."""
    options: dict[str, Any] = _S3 if url.partition("://")[0] in _S3_KINDS else {}
    # fsspec would keep one for each thread, and answer listings from memory.
    fs, root = fsspec.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True, **options)
    if options:
        fs.retries = _S3FS_TRIES
    return fs, root


def _put(fs: Any, path: str, content: bytes, **options: object) -> None:
    """Write an object that must not be there yet."""
    try:
        fs.pipe_file(path, content, mode="create", **options)
    except FileExistsError:
        raise
    except Exception as error:
        if not (isinstance(error, _NO_CONDITION) or getattr(error, "errno", None) == errno.ENOSYS):
            raise
        if fs.exists(path):
            raise FileExistsError(path) from error
        fs.pipe_file(path, content, **options)


def _is_final(error: Exception) -> bool:
    """Return whether another try would end in the same way."""
    return isinstance(error, PermissionError | FileNotFoundError) or _is_about_credentials(error)


def _is_about_credentials(error: Exception) -> bool:
    return isinstance(error, PermissionError) or "Credential" in type(error).__name__


def _bucket_is_missing(error: Exception) -> bool:
    """Return whether not the object but the whole bucket is not there; s3fs calls both the same."""
    response = getattr(error.__cause__, "response", None) or {}
    return bool(response.get("Error", {}).get("Code") == "NoSuchBucket")


def _reason(error: Exception) -> str:
    text = " ".join(str(getattr(error, "strerror", None) or error).split())
    return text[:200].rstrip(".") or type(error).__name__


def _advice(error: Exception) -> str:
    if _bucket_is_missing(error):
        return "make the bucket, or correct --db"
    if _is_about_credentials(error):
        return "check the credentials and what they permit"
    return "check the network, the endpoint (as in AWS_ENDPOINT_URL) and --db"
