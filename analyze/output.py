"""A report's `results.json` read, and the report rendered and written: all of it in memory first."""

from collections.abc import Collection
from pathlib import Path

from analyze import publish
from analyze.errors import DataError, UsageError
from analyze.figures.catalogue import FIGURES
from analyze.progress import Progress, counted
from analyze.publish import RESULTS
from analyze.report import plausible
from analyze.report.csv import ALWAYS, csv_tables
from analyze.report.document import HERO
from analyze.results import Results, from_json, to_json
from analyze.table.places import Place

SUMMARY = ("summary.svg", "summary.md", "summary.txt", "summary.tex")
# What a report may consist of, in the order in which it is told.
PARTS = ("figures", "tables", "report.html", "report.pdf", "report.md", *SUMMARY, RESULTS)
FORMATS = ("html", "pdf", "md", "summary", "latex", "csv", "json")
# A report of 300 pairs has a tenth of it.
MAX_BYTES = 500 * 2**20
_REPORTS = {"html", "pdf", "md"}
_DRAWN = {*_REPORTS, "summary"}


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
    certain = [f"report.{name}" for name in sorted(wanted & _REPORTS)]
    certain += SUMMARY if "summary" in wanted else ()
    if wanted & _REPORTS:  # one of these opens every report
        certain += [f"figures/{name}.svg" for name, figure in FIGURES.items() if figure.section == HERO]
    certain += [f"tables/{name}" for name in ALWAYS if wanted & (_REPORTS | {"csv"})]
    expected = dict.fromkeys(certain) | {RESULTS: None if results is None else results.encode()}
    publish.prepare(out, expected)


def read_results(path: Path) -> Results:
    """Read a report's `results.json`.

    Raises
    ------
    UsageError
        There is no such file.
    DataError
        It is no `results.json` that this version can read, or its parts do not fit together.
    """
    place = Place(shown=str(path), fs=None, root=str(path))
    if place.kind() == "directory":
        path /= RESULTS
        place = place.child(RESULTS)
    try:
        _check_size(place)
        results = from_json(path.read_text(encoding="utf-8"))
        plausible.check(results)
    except FileNotFoundError as error:
        raise UsageError(f"no file {str(path)!r}; give a {RESULTS} that analyze compare wrote") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not JSON"
        raise DataError(f"{str(path)!r} cannot be read ({reason}); give a {RESULTS}") from error
    except DataError as error:
        advice = "make it again with analyze compare"
        raise DataError(f"{str(path)!r} cannot be read ({error}); {advice}") from error
    return results


def _check_size(place: Place) -> None:
    if place.kind() == "file" and place.size() > MAX_BYTES:
        raise DataError(f"it holds more than {MAX_BYTES // 2**20} MB")


def write(
    results: Results, out: Path, formats: Collection[str], progress: Progress | None = None
) -> list[Path]:
    """Render the results and put the report in its place.

    Parameters
    ----------
    formats
        Of `FORMATS`. summary is the first screen alone; html, pdf and md bring figures/ and tables/*.csv with
        them, csv and latex tables/ alone; results.json is always written.
    progress : callable, optional
        Is told how many figures are drawn.

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
    files = render(results, formats, progress)
    publish.publish(files, out)
    tops = {name.partition("/")[0] for name in files}
    return [out / part for part in PARTS if part in tops]


def render(results: Results, formats: Collection[str], progress: Progress | None = None) -> dict[str, bytes]:
    """Return the content of every file of the report by its path in the report's directory."""
    wanted = set(formats)
    files: dict[str, str | bytes] = {}
    if wanted & _DRAWN:
        # Drawing needs matplotlib, which costs a second: not for results.json alone.
        from analyze.report import html, markdown, pdf, summary, svg

        shown = results.figures
        if not wanted & _REPORTS:
            shown = tuple(entry for entry in shown if FIGURES[entry.figure].section == HERO)
        figures = svg.figures(counted(shown, "drawing figure", progress))
        if "summary" in wanted:
            files |= summary.render(results, figures)
        if wanted & _REPORTS:
            files |= {f"figures/{name}.svg": svg.standalone(text) for name, text in figures.items()}
        if "html" in wanted:
            files["report.html"] = html.render(results, figures)
        if "pdf" in wanted:
            files["report.pdf"] = pdf.render(results, figures)
        if "md" in wanted:
            files["report.md"] = markdown.render(results, figures)
    if wanted & (_REPORTS | {"csv"}):
        files |= {f"tables/{name}": text for name, text in csv_tables(results).items()}
    if "latex" in wanted:
        from analyze.report import latex

        files |= {f"tables/{name}": text for name, text in latex.tables(results).items()}
    files[RESULTS] = to_json(results)
    return {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
