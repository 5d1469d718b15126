"""The sections of the report, in order. To add one: a function here and a line in `SECTIONS`."""

from collections.abc import Sequence

from analyze import text as fmt
from analyze.report import references
from analyze.report.document import Block, Paragraph, Part, References, Table, figures, fold, table
from analyze.report.read_as import how_read
from analyze.report.sections import leaders
from analyze.report.sections.calibration import calibration
from analyze.report.sections.failures import failures
from analyze.report.sections.functions import functions
from analyze.report.sections.inference import effects, many, tests
from analyze.report.sections.matching import pairs
from analyze.report.sections.methods import methods, reproduce
from analyze.report.sections.places import differ, retrain
from analyze.report.sections.scope import scope
from analyze.report.sections.tasks import tasks
from analyze.report.sections.verification import checks
from analyze.results import Accounting, GroupSummary, Results


def data(results: Results) -> list[Block]:
    """Say what was compared: groups, what was left out and why, mixed configurations."""
    understood = " ".join(f"{text.removesuffix('.')}." for text in how_read(results))
    blocks: list[Block] = [Paragraph(text=understood)] if understood else []
    blocks += [_groups(results), *_accounts(results), *_exclusions(results)]
    if results.mixtures:
        blocks += _mixtures(results)
    return blocks + figures(results, "data")


def cited(results: Results) -> list[Block]:
    """List the sources of the methods that this report used."""
    return [References(items=references.of(results), on_paper=references.of_text(results))]


SECTIONS: dict[str, Part] = {
    "data": Part(title="Data", build=data),
    "tasks": Part(title="Over tasks", build=tasks),
    "effects": Part(title="How large is the difference?", build=effects),
    "scope": Part(title="Would it hold for new test examples?", build=scope),
    "functions": Part(title="Are they different functions?", build=functions),
    "tests": Part(title="Are the distributions different?", build=tests),
    "many": Part(title="More than two groups", build=many),
    "failures": Part(title="Runs that failed", build=failures),
    "checks": Part(title="Checks", build=checks),
    "methods": Part(title="Methods", build=methods, appendix=True),
    "differ": Part(title="Where do they differ?", build=differ, appendix=True),
    "retrain": Part(title="What it means for someone who retrains", build=retrain, appendix=True),
    "pairs": Part(title="Matched pairs", build=pairs, appendix=True),
    "calibration": Part(title="Do the tests keep their level here?", build=calibration, appendix=True),
    "reproduce": Part(title="Reproduce", build=reproduce, appendix=True),
    "references": Part(title="References", build=cited, appendix=True),
}


def _groups(results: Results) -> Table:
    groups = results.groups
    if results.tasks:  # what runs of different tasks have in common is told over tasks
        counted = [(g.group, fmt.count(g.n), fmt.count(g.n_failed)) for g in groups]
        return table(
            "Runs that finished, of all tasks.", {"Group": False, "Runs": True, "Failed": True}, counted
        )
    if len(groups) >= leaders.MIN_GROUPS:
        return leaders.leaderboard(results, groups)
    decimals = _group_decimals(groups)
    several = len(groups) > 1
    rows = [
        (
            f"{g.group} (baseline)" if several and i == 0 else g.group,
            fmt.count(g.n),
            *(fmt.fixed(x, decimals) for x in (g.mean, g.sd, g.median, g.iqr, g.min, g.max)),
        )
        for i, g in enumerate(groups)
    ]
    names = ("Runs", "Mean", "SD", "Median", "IQR", "Min", "Max")
    caption = (
        f"Runs that finished, by {results.question.value}. SD: standard deviation; IQR: width of the "
        "middle half."
    )
    return table(caption, {"Group": False} | dict.fromkeys(names, True), rows)


def _accounts(results: Results) -> list[Block]:
    """Account for every row: in a sentence, where it says all."""
    unit, rows = results.question.unit, results.accounting
    if any(g.n_failed or g.n_left_out for g in rows):
        return [_accounting(results)]
    units = {_units(g) for g in rows} if unit else set()
    if len(units) > 1:
        return [fold("No run failed and none was left out: what became of every row", _accounting(results))]
    where = f"; {unit} {told}" if units and (told := units.pop()) != fmt.MISSING else ""
    return [Paragraph(text=f"No run failed and none was left out{where}.")]


def _accounting(results: Results) -> Table:
    """Account for every row of each group."""
    unit = results.question.unit
    rows = [
        (
            g.group,
            fmt.count(g.n_rows),
            fmt.count(g.n_left_out),
            fmt.count(g.n_failed),
            fmt.count(g.n),
            *([_units(g)] if unit else []),
        )
        for g in results.accounting
    ]
    columns = {"Group": False, "Rows in the table": True, "Left out": True, "Failed": True, "Compared": True}
    columns |= {f"Compared: {unit}": False} if unit else {}
    caption = (
        "What became of every row. Failed runs are outcomes too: how often they occur is compared below."
    )
    if not any(g.n_failed for g in results.accounting):
        caption = "What became of every row; no run failed."
    return table(caption, columns, rows)


def _exclusions(results: Results) -> list[Block]:
    """Say which rows are not in the comparison, and why."""
    found = results.exclusions
    if len(found) == 1:
        rows = f"{fmt.plural(found[0].n, 'row is', 'rows are')} not in the comparison: {found[0].reason}."
        return [Paragraph(text=rows)]
    columns = {"Reason": False, "Group": False, "Rows": True}
    rows_of = [(e.reason, e.group, fmt.count(e.n)) for e in found]
    return [table("Rows that are not in the comparison, and why.", columns, rows_of)] if found else []


def _units(row: Accounting) -> str:
    if row.unit_first is None:
        return fmt.MISSING
    absent = row.n_units_absent
    between = "none absent" if not absent else f"{fmt.count(absent)} between them absent"
    return f"{row.unit_first} to {row.unit_last}, {between}"


def _group_decimals(groups: Sequence[GroupSummary]) -> int | None:
    """Show two digits of the smallest standard error: more would be noise, fewer would hide differences."""
    errors = [g.se for g in groups if g.se]
    return fmt.decimals_for(min(errors) if errors else None)


def _mixtures(results: Results) -> list[Block]:
    columns = {"Column": False, "Group": False, "Values": True, "For example": False}
    rows = [(m.column, m.group, fmt.count(m.n_values), m.examples) for m in results.mixtures]
    what = "Columns that vary inside a group: a difference between such groups may come from the mixture."
    return [table(f"{what} How to separate them stands under Checks.", columns, rows)]
