"""The report as a tagged PDF (PDF/UA-1), set by typst in this process: no system package, no system font.

Everything the report says reaches typst as data (JSON), never as markup, so no group name can be a command.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib import resources
from pathlib import Path

import matplotlib as mpl
import typst

from analyze.report.document import document
from analyze.report.sections.catalogue import SECTIONS
from analyze.results import Results


def render(results: Results, figures: Mapping[str, str]) -> bytes:
    """Return the PDF, the same bytes for the same results; `figures` holds the SVG texts by name."""
    data = {"report": asdict(document(results, SECTIONS)), "figures": dict(figures)}
    compiled = typst.compile(
        (resources.files("analyze.report") / "templates" / "report.typ").read_bytes(),
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        # matplotlib carries DejaVu, which its drawings were measured with, and a font of last resort.
        font_paths=typst.Fonts(
            include_system_fonts=False, font_paths=[Path(mpl.get_data_path()) / "fonts" / "ttf"]
        ),
        pdf_standards=["ua-1"],
        timestamp=_created(results),
    )
    if not isinstance(compiled, bytes):
        raise TypeError(f"typst returned {type(compiled).__name__} instead of one PDF")
    return compiled


def _created(results: Results) -> int:
    """Return the report's own time as UNIX seconds, so that rendering again changes nothing."""
    created = dt.datetime.fromisoformat(results.provenance.created_at)
    return int((created if created.tzinfo else created.replace(tzinfo=dt.UTC)).timestamp())
