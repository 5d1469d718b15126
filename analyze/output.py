"""Write a report into a directory: whole files only, and nothing that is not a report's is touched."""

import json
import shutil
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from analyze.errors import RunError, UsageError

RESULTS = "results.json"
# Everything that a report may consist of; what a new report lacks of these is removed from the old one.
PARTS = ("figures", "tables", "report.html", "report.pdf", RESULTS)


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
    if held and RESULTS not in held:
        raise UsageError(
            f"{out} is not a report (it holds {held[0]}): give an empty or new directory as --out"
        )


def write(model: Mapping[str, Any], out: Path, formats: Collection[str]) -> list[Path]:
    """Render the model and write the report.

    Everything is rendered into a hidden directory first and then put in place, `results.json` last.

    Parameters
    ----------
    formats
        Of html, pdf and json; html and pdf bring figures/ and tables/ with them, and
        results.json is always written.

    Returns
    -------
    list of Path
        What was written, in order of `PARTS`.

    Raises
    ------
    RunError
        The directory cannot be written to.
    """
    try:
        with tempfile.TemporaryDirectory(dir=out, prefix=".report-") as hidden:
            staging = Path(hidden)
            _render(model, staging, formats)
            return _publish(staging, out)
    except OSError as error:
        raise RunError(f"{out} cannot be written ({error.strerror}): the report is not complete") from error


def _render(model: Mapping[str, Any], staging: Path, formats: Collection[str]) -> None:
    if set(formats) & {"html", "pdf"}:
        # Drawing needs matplotlib, which costs a second: not for results.json alone.
        from analyze.render import html, pdf, svg, tables

        figures = svg.figures(model)
        _write_all(
            staging / "figures", {f"{name}.svg": svg.standalone(text) for name, text in figures.items()}
        )
        _write_all(staging / "tables", tables.csv_tables(model))
        if "html" in formats:
            (staging / "report.html").write_text(html.render(model, figures), encoding="utf-8")
        if "pdf" in formats:
            (staging / "report.pdf").write_bytes(pdf.render(model, figures))
    results = json.dumps(model, ensure_ascii=False, allow_nan=False, indent=1)
    (staging / RESULTS).write_text(f"{results}\n", encoding="utf-8")


def _write_all(folder: Path, texts: Mapping[str, str]) -> None:
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _publish(staging: Path, out: Path) -> list[Path]:
    written = []
    for part in PARTS:
        new, final = staging / part, out / part
        if final.is_dir():
            shutil.move(final, staging / f"old-{part}")
        elif not new.exists():
            final.unlink(missing_ok=True)
        if new.exists():
            new.replace(final)
            written.append(final)
    return written
