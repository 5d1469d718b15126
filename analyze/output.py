"""A report's `results.json` read, and the report rendered and written: all of it in memory first."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from analyze import publish
from analyze.errors import DataError, UsageError
from analyze.figures.catalogue import FIGURES
from analyze.publish import RESULTS
from analyze.report.csv import ALWAYS, csv_tables

# What a report may consist of, in the order in which it is told.
PARTS = ("figures", "tables", "report.html", "report.pdf", "report.md", RESULTS)
FORMATS = ("html", "pdf", "md", "latex", "csv", "json")
_DRAWN = {"html", "pdf", "md"}


def prepare(out: Path, formats: Collection[str], results: str | None = None) -> None:
    """Make the directory if need be, and refuse it if the report cannot go there: before all computing.

    Parameters
    ----------
    results
        The content of `results.json`, if it is known already: the same may stand there.

    Raises
    ------
    UsageError
        Something is in the way that no report wrote, or that was changed since.
    RunError
        The directory cannot be made or written to.
    """
    wanted = set(formats)
    certain = [f"report.{name}" for name in sorted(wanted & _DRAWN)]
    if wanted & _DRAWN:
        certain += [f"figures/{name}.svg" for name, figure in FIGURES.items() if figure.always]
    certain += [f"tables/{name}" for name in ALWAYS if wanted & (_DRAWN | {"csv"})]
    expected = dict.fromkeys(certain) | {RESULTS: None if results is None else results.encode()}
    publish.prepare(out, expected)


def read_results(path: Path) -> dict[str, Any]:
    """Read a report's `results.json`.

    Raises
    ------
    UsageError
        There is no such file.
    DataError
        It is no `results.json` that this version can read, or it names figures that there are not.
    """
    if path.is_dir():
        path /= RESULTS
    try:
        model = json.loads(path.read_text(encoding="utf-8"))
        as_json(model).encode()  # NaN, 1e999 and halves of letters pass for JSON on their way in
    except FileNotFoundError as error:
        raise UsageError(f"no file {str(path)!r}; give a {RESULTS} that analyze compare wrote") from error
    except (OSError, ValueError, RecursionError) as error:
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
    _check_figures(path, model["figures"])
    return dict(model)


def _check_figures(path: Path, entries: Any) -> None:
    """Refuse names of figures and their tables that are not in the catalogue: files are called after them."""
    unknown: list[str] = []
    try:
        for entry in entries:
            figure, tables = entry["figure"], dict(entry["tables"])
            known = FIGURES[figure].tables if figure in FIGURES else ()
            unknown += [] if figure in FIGURES else [repr(figure)]
            unknown += [f"{figure!r} with a table {t!r}" for t in tables if t not in known]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{str(path)!r} has figures that cannot be read; give a {RESULTS}") from error
    if unknown:
        raise DataError(
            f"{str(path)!r} has a figure {unknown[0]}, which this version does not know; "
            "make it again with analyze compare"
        )


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
    UsageError
        Something is in the way that no report wrote, or that was changed since; nothing was touched.
    RunError
        The directory cannot be written to.
    """
    files = render(model, formats)
    publish.publish(files, out)
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
        files |= {f"tables/{name}": text for name, text in csv_tables(model).items()}
    if "latex" in wanted:
        from analyze.report import latex

        files |= {f"tables/{name}": text for name, text in latex.tables(model).items()}
    files[RESULTS] = as_json(model)
    return {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
