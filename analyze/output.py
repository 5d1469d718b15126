"""Write a report into a directory: all of it or none, and nothing that is not a report's is touched.

A report is rendered in memory, written into a hidden directory beside its place, and put there in one step:
by a rename where nothing was, by an exchange of the two directories where an older report was. Where the
system cannot exchange, or the directory is the one that this process works in, `results.json` is removed
first and comes last, so that a report without it is a torn one.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from analyze.errors import DataError, RunError, UsageError
from analyze.exchange import exchange

RESULTS = "results.json"
# Everything that a report may consist of; what a new report lacks of these is removed from the old one.
PARTS = ("figures", "tables", "report.html", "report.pdf", "report.md", RESULTS)
FORMATS = ("html", "pdf", "md", "latex", "csv", "json")
_DRAWN = {"html", "pdf", "md"}
# A hidden directory that a killed process left is removed after so long.
_STALE_S = 3600.0
Files = Mapping[str, bytes]


def prepare(out: Path) -> None:
    """Make the directory if need be, and refuse one that is not a report's or cannot be written.

    Raises
    ------
    UsageError
        The directory holds other things than a report.
    RunError
        The directory cannot be made or written to.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
        held = sorted(path.name for path in out.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise RunError(
            f"{out} cannot be written ({error.strerror}): choose another place with --out"
        ) from error
    strange = [name for name in held if name not in PARTS]
    if strange and RESULTS not in held:
        raise UsageError(
            f"{out} is not a report (it holds {strange[0]}): give an empty or new directory as --out"
        )


def read_results(path: Path) -> dict[str, Any]:
    """Read a report's `results.json`.

    Raises
    ------
    UsageError
        There is no such file.
    DataError
        It is no `results.json` that this version can read.
    """
    if path.is_dir():
        path /= RESULTS
    try:
        model = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"no file {str(path)!r}; give a {RESULTS} that analyze compare wrote") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not JSON"
        raise DataError(f"{str(path)!r} cannot be read ({reason}); give a {RESULTS}") from error
    version = model.get("format_version") if isinstance(model, dict) else None
    if version != 1:
        raise DataError(
            f"{str(path)!r} has format version {version!r}, and this program reads 1; "
            "make it again with analyze compare"
        )
    missing = sorted(_KEYS - model.keys())
    if missing:
        raise DataError(
            f"{str(path)!r} lacks {', '.join(missing)}, as an older version wrote it; "
            "make it again with analyze compare"
        )
    return dict(model)


_KEYS = {
    "question", "answer", "groups", "comparisons", "omnibus", "sensitivity", "drift", "checks", "calibration",
    "accounting", "exclusions", "mixtures", "figures", "provenance", "title",
}  # fmt: skip


def as_json(model: Mapping[str, Any]) -> str:
    """Return the text of `results.json`."""
    return f"{json.dumps(model, ensure_ascii=False, allow_nan=False, indent=1)}\n"


def write(model: Mapping[str, Any], out: Path, formats: Collection[str]) -> list[Path]:
    """Render the model and put the report in its place.

    Parameters
    ----------
    formats
        Of `FORMATS`. html, pdf and md bring figures/ and tables/*.csv with them, csv and latex tables/
        alone; results.json is always written.

    Returns
    -------
    list of Path
        What was written, in order of `PARTS`.

    Raises
    ------
    RunError
        The directory cannot be written to.
    """
    files = render(model, formats)
    try:
        publish(files, out)
    except OSError as error:
        raise RunError(f"{out} cannot be written ({error.strerror}): choose another with --out") from error
    tops = {name.partition("/")[0] for name in files}
    return [out / part for part in PARTS if part in tops]


def render(model: Mapping[str, Any], formats: Collection[str]) -> dict[str, bytes]:
    """Return the content of every file of the report by its path in the report's directory."""
    wanted = set(formats)
    files: dict[str, str | bytes] = {}
    if wanted & _DRAWN:
        # Drawing needs matplotlib, which costs a second: not for results.json alone.
        from analyze.report import html, markdown, pdf, svg

        figures = svg.figures(model)
        files |= {f"figures/{name}.svg": svg.standalone(text) for name, text in figures.items()}
        if "html" in wanted:
            files["report.html"] = html.render(model, figures)
        if "pdf" in wanted:
            files["report.pdf"] = pdf.render(model, figures)
        if "md" in wanted:
            files["report.md"] = markdown.render(model, figures)
    if wanted & (_DRAWN | {"csv"}):
        from analyze.report.csv import csv_tables

        files |= {f"tables/{name}": text for name, text in csv_tables(model).items()}
    if "latex" in wanted:
        from analyze.report import latex

        files |= {f"tables/{name}": text for name, text in latex.tables(model).items()}
    files[RESULTS] = as_json(model)
    return {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}


def publish(files: Files, out: Path) -> None:
    """Put the files in the place of an older report, in one step where the system can.

    Raises
    ------
    OSError
        Something cannot be written; the older report is still there.
    """
    place = out.resolve()
    place.mkdir(parents=True, exist_ok=True)
    _sweep(place)
    inside = _must_stay(place)
    hidden = tempfile.mkdtemp(
        dir=place if inside else place.parent, prefix=".report-" if inside else _prefix(place)
    )
    staging = Path(hidden)
    try:
        _write_all(staging, files)
        if inside:
            _move_parts(staging, place)
        else:
            _replace(staging, place)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _must_stay(place: Path) -> bool:
    """Say whether the directory itself cannot be replaced: a mount point, a foreign parent, our own place."""
    return (
        place.stat().st_dev != place.parent.stat().st_dev
        or not os.access(place.parent, os.W_OK | os.X_OK)
        or Path.cwd().is_relative_to(place)
    )


def _write_all(folder: Path, files: Files) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def _replace(staging: Path, place: Path) -> None:
    """Put the new directory where the old one is; afterwards `staging` is the old one or gone."""
    staging.chmod(place.stat().st_mode & 0o7777)
    for kept in sorted(place.iterdir()):
        if kept.name not in PARTS and not kept.name.startswith(".report-"):
            _take_along(kept, staging / kept.name)
    try:
        if not any(place.iterdir()):
            staging.rename(place)
            return
    except OSError:  # something has appeared in it, or it cannot be replaced
        pass
    if not exchange(staging, place):
        _move_parts(staging, place)


def _take_along(kept: Path, new: Path) -> None:
    """Give the new directory what is not the report's: the same file by a second name, or a copy."""
    if kept.is_dir() and not kept.is_symlink():
        shutil.copytree(kept, new, symlinks=True, copy_function=_link_or_copy)
    else:
        _link_or_copy(str(kept), str(new))


def _link_or_copy(old: str, new: str) -> str:
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError:
        shutil.copy2(old, new, follow_symlinks=False)
    return new


def _move_parts(staging: Path, place: Path) -> None:
    """Replace part by part: a report that is being replaced has no results.json."""
    (place / RESULTS).unlink(missing_ok=True)
    for part in PARTS:
        new, final = staging / part, place / part
        if final.is_dir():
            shutil.rmtree(final)
        else:
            final.unlink(missing_ok=True)
        if new.exists():
            new.rename(final)


def _prefix(place: Path) -> str:
    return f".{place.name}.report-"


def _sweep(place: Path) -> None:
    """Remove what killed processes have left, once it is old enough to be nobody's work."""
    left = []
    for folder, prefix in ((place.parent, _prefix(place)), (place, ".report-")):
        if os.access(folder, os.R_OK):
            left += [path for path in folder.iterdir() if path.name.startswith(prefix)]
    for path in left:
        try:
            if path.is_dir() and time.time() - path.stat().st_mtime > _STALE_S:
                shutil.rmtree(path, ignore_errors=True)
        except OSError:  # gone, or not ours to look at
            continue
