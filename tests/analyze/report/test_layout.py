"""Tables are set so that three columns say what was found; nothing that is said is lost by it."""

from plain_results import results_of

from analyze.report.document import Code, Document, Fold, Paragraph, Section, Table, Verdict, document
from analyze.report.layout import arranged, laid_out, leftward
from analyze.report.sections.catalogue import SECTIONS

from .conftest import rendered


def table(columns: dict[str, bool], *rows: str) -> Table:
    return Table(
        caption="Said.",
        columns=tuple(columns),
        numeric=tuple(columns.values()),
        rows=tuple(tuple(row.split("|")) for row in rows),
    )


TESTS = {"Pair": False, "Test": False, "Null": False, "D": True, "p (Holm)": True, "p": True, "Method": False}


def test_names_then_p_then_numbers_then_words() -> None:
    rows = ("b − a|ks|x|1|0.2|0.1|m", "b − a|t|y|2|0.3|0.2|n")
    assert arranged(table(TESTS, *rows)).columns == ("Pair", "Test", "p", "p (Holm)", "D", "Null", "Method")
    assert arranged(table(TESTS, *rows)).rows[1] == ("b − a", "t", "0.2", "0.3", "2", "y", "n")
    found = arranged(table({"Level": False, "a": True, "Band": True, "Difference": True}, "1|2|[3, 4]|5"))
    assert found.columns == ("Level", "Difference", "Band", "a")


def test_what_only_repeats_is_said_once() -> None:
    names = {"Group": False, "Failed": True, "Seeds": False, "Why": False, "p": True}
    found = arranged(table(names, "a|0|1 to 9|—|0.1", "b|0|1 to 9|—|0.1", "c|0|1 to 9|—|0.1"))
    # A dash says that nothing is known, and p is looked for in its column.
    assert found.columns == ("Group", "p", "Why")
    assert found.caption == "Said. In every row: failed 0; seeds 1 to 9."
    two = arranged(table(names, "a|0|1 to 9|—|0.1", "b|0|1 to 9|—|0.1"))
    assert len(two.columns) == 5
    only = arranged(table({"Group": False, "Rows": True, "Failed": True}, "a|9|0", "b|9|0", "c|9|0"))
    assert only.columns == ("Group", "Rows")


def test_no_cell_is_lost() -> None:
    for name in ("five_groups", "with_failures"):
        report = document(results_of(rendered(name).model), SECTIONS)
        for before, after in zip(tables(report), tables(laid_out(report)), strict=True):
            said = after.caption + "".join(cell for row in after.rows for cell in row)
            said = said.replace("\u202f", " ")
            assert [cell for row in before.rows for cell in row if cell not in said] == []
            assert len(after.rows) == len(before.rows)


def tables(report: Document) -> list[Table]:
    blocks = [block for section in report.sections for block in section.blocks]
    parts = [part for block in blocks for part in (block.blocks if isinstance(block, Fold) else (block,))]
    return [part for part in parts if isinstance(part, Table)]


def test_a_percent_sign_stays_with_its_number_but_in_commands() -> None:
    blocks = (Paragraph(text="67 % of 12 % and x % 2"), Code(text="--where 'seed 5 % 2'"))
    empty = Verdict(word="", headline="95 %", numbers=(), further=("5 %",), where="", caveat="", scope="")
    sections = (Section(key="a", label="1", title="A", blocks=blocks, appendix=False),)
    found = laid_out(Document(title="t", subtitle="", verdict=empty, hero=(), sections=sections, footer=""))
    assert found.verdict.further == ("5\u202f%",)
    paragraph, code = found.sections[0].blocks
    assert paragraph == Paragraph(text="67\u202f% of 12\u202f% and x % 2")
    assert code == blocks[1]


def test_names_from_right_to_left_turn_nothing_after_them() -> None:
    mark = "\u200e"
    assert leftward("נמ − אב [−1, 2]") == f"נמ{mark} − אב{mark} [−1, 2]"
    assert leftward("نموذج عربي (15)") == f"نموذج عربي{mark} (15)"
    assert leftward("東京 − joint") == "東京 − joint"
