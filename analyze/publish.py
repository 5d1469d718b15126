"""Put a report into a directory without touching anything there that no report wrote.

A report lists its files with their digests in a manifest. Only files of that list, unchanged since, are ever
replaced or removed; anything else where a file is to go is refused. New files are first written to a hidden
working directory, then the old `results.json` is removed, everything else renamed into its place, and the new
`results.json` comes last: a killed command leaves the old report, the new one, or one without `results.json`
that the same command mends, for by then the manifest lists the old files and the new ones.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from analyze import text as fmt
from analyze.errors import RunError, UsageError, argument

RESULTS = "results.json"
MANIFEST = ".report-manifest.json"
# Whatever a file of a report is called; nothing else is ever written, replaced or removed.
_NAME = re.compile(
    r"figures/[\w-]+\.svg|tables/[\w-]+\.(csv|tex)|report\.(html|pdf|md)|summary\.(svg|md|txt|tex)|results\.json",
    re.ASCII,
)
_WORKING = ".report-tmp-"
# As tempfile completes the name.
_LEFT_OVER = re.compile(rf"{re.escape(_WORKING)}[a-z0-9_]{{8}}", re.ASCII)
# For another command to put its files in their places, which takes some milliseconds.
_WAIT_S = 10.0
# Where nothing can be locked, what a killed process left is removed after so long.
_STALE_S = 3600.0
Files = Mapping[str, bytes]
# For each name the SHA-256 of every content that we gave it: two of them while a report is being replaced.
Manifest = dict[str, list[str]]


def local_directory(given: str | os.PathLike[str]) -> Path:
    """Return a directory of this machine, and refuse a URL, of which one such as `s3:` would be made here.

    Raises
    ------
    UsageError
    """
    if "://" in os.fspath(given):
        raise UsageError(
            f"{argument('out', os.fspath(given))} is a URL, and reports are written on this machine: "
            "give a directory"
        )
    return Path(given)


def prepare(out: Path, expected: Mapping[str, bytes | None]) -> None:
    """Make the directory if need be, and refuse it if it cannot be written or something is in the way.

    Parameters
    ----------
    expected
        Files that the report will certainly have, with their content where it is known already.

    Raises
    ------
    UsageError
        Something is in the way that no report wrote, or that was changed since.
    RunError
        The directory cannot be made or written to.
    """
    with _alone(out):
        tempfile.TemporaryFile(dir=out, prefix=_WORKING).close()
        _refuse_what_is_in_the_way(out, expected, _read_manifest(out))


def publish(files: Files, out: Path) -> None:
    """Put the files in the place of an older report.

    Parameters
    ----------
    files
        Content by path in the report's directory; `results.json` is one of them.

    Raises
    ------
    UsageError
        Something is in the way that no report wrote, or that was changed since; nothing was touched.
    RunError
        The directory cannot be written to.
    """
    with _alone(out):
        old = _read_manifest(out)
        _refuse_what_is_in_the_way(out, files, old)
        working = Path(tempfile.mkdtemp(dir=out, prefix=_WORKING))
        try:
            _replace(out, files, old, working)
        finally:
            shutil.rmtree(working, ignore_errors=True)


def _replace(out: Path, files: Files, old: Manifest, working: Path) -> None:
    digests = {name: _digest(content) for name, content in files.items()}
    changed = [name for name in files if _digest_of(_inside(out, name)) != digests[name]]
    # What has its content already and is not ours, such as somebody's results.json, stays somebody's.
    new = {name: [digests[name]] for name in files if name in changed or digests[name] in old.get(name, [])}
    both = {name: sorted({*old.get(name, []), *new.get(name, [])}) for name in {*old, *new}}
    for name in changed:
        _inside(working, name).parent.mkdir(exist_ok=True)
        _inside(working, name).write_bytes(files[name])
    for name, manifest in (("both", both), ("new", new)):
        (working / name).write_text(_manifest_text(manifest), encoding="utf-8")

    changed.sort(key=RESULTS.__eq__)
    obsolete = old.keys() - files.keys()
    # Whatever could need space is written by now.
    try:
        _change_places(out, working, changed, obsolete)
    except BaseException:  # Ctrl-C or SIGTERM: ending it takes some milliseconds
        _change_places(out, working, changed, obsolete)
        raise


def _change_places(out: Path, working: Path, changed: Sequence[str], obsolete: Collection[str]) -> None:
    """Remove the obsolete files and rename the changed ones into their places; may be repeated."""
    _move(working / "both", out / MANIFEST)
    if (working / RESULTS).exists():
        (out / RESULTS).unlink(missing_ok=True)
    _remove(out, obsolete)
    for name in changed:
        _inside(out, name).parent.mkdir(exist_ok=True)
        _move(_inside(working, name), _inside(out, name))
    _move(working / "new", out / MANIFEST)


def _move(source: Path, target: Path) -> None:
    if source.exists():
        source.rename(target)


def _remove(out: Path, names: Collection[str]) -> None:
    """Remove files, and the directories that they leave empty."""
    for name in names:
        _inside(out, name).unlink(missing_ok=True)
    for folder in {_inside(out, name).parent for name in names} - {out}:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _inside(folder: Path, name: str) -> Path:
    """Return the path of a report's file; every path that is written, replaced or removed comes from here."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a report's file: the results or the manifest are not ours")
    return folder / name


def _refuse_what_is_in_the_way(out: Path, files: Mapping[str, bytes | None], old: Manifest) -> None:
    """Refuse whatever stands where a file is to be written or removed and is not an unchanged one of ours."""
    for name in sorted({*old, *files}):
        path = _inside(out, name)
        if path.parent != out:
            _refuse_folder(path.parent)
        if path.is_symlink():
            raise _in_the_way(path, "it is a symbolic link")
        if not path.exists():
            continue
        if not path.is_file():
            raise _in_the_way(path, "it is no regular file")
        content = path.read_bytes()
        if files.get(name) == content or _digest(content) in old.get(name, []):
            continue
        if name in old:
            raise _in_the_way(path, "it was changed since analyze wrote it")
        raise _in_the_way(path, "this version of analyze did not write it")


def _refuse_folder(folder: Path) -> None:
    if folder.is_symlink():
        raise _in_the_way(folder, "it is a symbolic link")
    if folder.exists() and not folder.is_dir():
        raise _in_the_way(folder, "it is no directory")
    if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
        raise RunError(f"{folder} cannot be written: choose another place with {argument('out')}")


def _in_the_way(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"{path} is in the way: {reason}; move or remove it, "
        f"or choose another directory with {argument('out')}"
    )


def _read_manifest(out: Path) -> Manifest:
    path = out / MANIFEST
    if path.is_symlink():
        raise _in_the_way(path, "it is a symbolic link")
    try:
        files = json.loads(path.read_bytes())["files"]
        if all(_inside(out, name) and all(map(_is_text, known)) for name, known in files.items()):
            return {name: list(known) for name, known in files.items()}
    except FileNotFoundError:
        return {}
    except (AttributeError, KeyError, RecursionError, TypeError, UsageError, ValueError):
        pass
    raise _in_the_way(path, "it does not list a report's files")


def _is_text(digest: object) -> bool:
    return isinstance(digest, str)


def _manifest_text(files: Manifest) -> str:
    listed = {"format_version": 1, "digest": "sha256", "files": dict(sorted(files.items()))}
    return f"{json.dumps(listed, indent=1)}\n"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest_of(path: Path) -> str | None:
    return _digest(path.read_bytes()) if path.exists() else None


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Make the directory and hold it against other commands; remove what killed ones have left in it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(out, os.O_RDONLY)
        try:
            _sweep(out, at_once=_lock(descriptor, out))
            yield
        finally:
            os.close(descriptor)
    except OSError as error:
        raise RunError(
            f"{out} cannot be written ({error.strerror}): choose another place with {argument('out')}"
        ) from error


def _lock(descriptor: int, out: Path) -> bool:
    """Lock a directory until its descriptor is closed, be it by a kill; say whether the system can."""
    until = time.monotonic() + _WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise RunError(
                    f"another command has been writing to {out} for {fmt.number(_WAIT_S)} s: "
                    f"wait for it, or choose another place with {argument('out')}"
                ) from None
            time.sleep(0.02)
        except OSError:  # a network file system without locks
            return False
        else:
            return True


def _sweep(out: Path, *, at_once: bool) -> None:
    """Remove working directories: under the lock nobody is alive who uses one."""
    for left in sorted(out.iterdir()):
        if not _LEFT_OVER.fullmatch(left.name) or left.is_symlink():
            continue
        if at_once or time.time() - left.stat().st_mtime > _STALE_S:
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
