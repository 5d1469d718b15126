"""The report as a tagged PDF (PDF/UA-1), set by typst in this process: no system package, no system font.

Everything the report says reaches typst as data (JSON), never as markup, so no group name can be a command.
Only the package's own formulas are set as mathematics.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib import resources

import typst

from analyze.report import fonts
from analyze.report.document import document
from analyze.report.layout import laid_out
from analyze.report.mathematics import formulas, to_typst
from analyze.report.sections.catalogue import SECTIONS
from analyze.results import Results


def render(results: Results, figures: Mapping[str, str]) -> bytes:
    """Return the PDF, the same bytes for the same results; `figures` holds the SVG texts by name."""
    found = fonts.installed()
    report = laid_out(document(results, SECTIONS))
    drawn = {name: fonts.in_families(svg, found) for name, svg in figures.items()}
    data = json.dumps({"report": asdict(report), "figures": drawn}, ensure_ascii=False)
    missing = fonts.lacking(data, found)
    given = {
        "warning": fonts.warning(missing),
        "fonts": list(found.families),
        "formulas": {formula: to_typst(formula) for formula in formulas()},
    }
    compiled = typst.compile(
        (resources.files("analyze.report") / "templates" / "report.typ").read_bytes(),
        format="pdf",
        # Names of signs hold nothing that JSON would have to escape.
        sys_inputs={"data": fonts.spelled(data, missing), "given": json.dumps(given)},
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=list(found.folders)),
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
