"""Delimited text: whatever wrote it, the same table comes back, or one line that says why not."""

import csv
import gzip
import io
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from messages import told

from analyze.errors import DataError
from analyze.table.places import find_place
from analyze.table.readers.catalogue import read_found
from analyze.table.readers.delimited import json_comment
from analyze.table.readers.found import Found
from analyze.table.source import read_source

ROWS = [("old", 0, 0.8685, 1404.5), ("old", 1, 0.8701, 2409.25), ("überholt", 2, 0.9, 987.0)]
NAMES = ["method", "seed", "accuracy", "reward"]
PLAIN = "method,seed,accuracy\nold,0,0.8685\nold,1,0.8701\nnew,2,0.9\n"


def found(tmp_path, content, name="runs.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Found(find_place(str(path)), "file")


def read(tmp_path, content, name="runs.csv"):
    return read_found(found(tmp_path, content, name))


def written(*, separator=",", decimal=".", end="\n", quote=csv.QUOTE_MINIMAL, rows=ROWS):
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator=end, quoting=quote)
    writer.writerow(NAMES)
    for row in rows:
        writer.writerow([str(v).replace(".", decimal) if isinstance(v, float) else v for v in row])
    return file.getvalue()


def is_table(reading, rows=ROWS):
    return reading.frame.columns.tolist() == NAMES and [tuple(r) for r in reading.frame.to_numpy()] == rows


# --- dialects


def test_a_plain_table_needs_no_word(tmp_path):
    reading = read(tmp_path, PLAIN)
    assert reading.frame.dtypes.astype(str).tolist() == ["str", "int64", "float64"]
    assert reading.frame["accuracy"].tolist() == [0.8685, 0.8701, 0.9]
    assert (reading.remarks, reading.units, reading.names) == ((), None, None)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_encodings_and_line_ends(tmp_path, separator, encoding, end):
    for quote, name in ((csv.QUOTE_MINIMAL, "runs"), (csv.QUOTE_ALL, "runs.txt")):
        for decimal in (".", ","):
            text = written(separator=separator, decimal=decimal, end=end, quote=quote)
            reading = read(tmp_path, text.encode(encoding), name)
            assert is_table(reading)
            assert ("decimal comma" in " ".join(reading.remarks)) == (decimal == ",")
            assert ("Windows-1252" in " ".join(reading.remarks)) == (encoding == "cp1252")


def test_the_last_line_may_lack_its_end(tmp_path):
    assert is_table(read(tmp_path, written().rstrip()))


def test_a_tab_in_the_midst_of_names_with_commas(tmp_path):
    rows = "\n".join("\t".join(map(str, row)) for row in ROWS)
    reading = read(tmp_path, ",".join(NAMES) + "\n" + rows + "\n")
    assert is_table(reading)
    assert reading.remarks == ("The names are separated by ',' and the rows by a tab.",)


def test_runs_of_blanks(tmp_path):
    reading = read(tmp_path, "step    loss\n  1    0.5\n 10    0.25\n", "log.txt")
    assert reading.frame.to_numpy().tolist() == [[1, 0.5], [10, 0.25]]
    reading = read(tmp_path, "# step loss\n1.0e+00 5.0e-01\n2.0e+00 2.5e-01\n", "savetxt.dat")
    assert reading.frame.columns.tolist() == ["step", "loss"]
    assert reading.frame["loss"].tolist() == [0.5, 0.25]


def test_what_a_spreadsheet_declares(tmp_path):
    assert is_table(read(tmp_path, "sep=;\n" + written(separator=";", decimal=",")))


def test_blanks_around_names_and_cells(tmp_path):
    reading = read(tmp_path, "     model, seed,   val loss\n  yolo-n,    0,   0.5\nyolo-n ,1, 0.25\n")
    assert reading.frame.columns.tolist() == ["model", "seed", "val loss"]
    assert reading.frame.to_numpy().tolist() == [["yolo-n", 0, 0.5], ["yolo-n", 1, 0.25]]
    reading = read(tmp_path, "g,x\na,1\na ,2\nb,3\n")
    assert reading.frame["g"].tolist() == ["a", "a", "b"]
    assert reading.remarks == ("Blanks around words of g were left out: 'a' and 'a ' are the same.",)
    reading = read(tmp_path, ' optimizer,seed , accuracy\n"adam, cosine",0, 87\n "sgd, step" ,1,85\n')
    assert reading.frame.to_numpy().tolist() == [["adam, cosine", 0, 87], ["sgd, step", 1, 85]]


def test_quotes(tmp_path):
    text = '"optimizer, schedule","accuracy, top-1 (%)"\n"adam ""fast""\nof 2026",0.5\nsgd 5" disk,0.25\n'
    frame = read(tmp_path, text).frame
    assert frame.columns.tolist() == ["optimizer, schedule", "accuracy, top-1 (%)"]
    assert frame.iloc[:, 0].tolist() == ['adam "fast"\nof 2026', 'sgd 5" disk']
    with told(DataError, "runs.csv' line 3: text follows a closing quote"):
        read(tmp_path, 'g,x\na,1\n"b"c,2\nd,4\n')
    with told(DataError, "runs.csv' line 3: a quote is opened and never closed"):
        read(tmp_path, 'g,x\na,1\n"b,2\nd,4\ne,5\n')
    reading = read(tmp_path, 'g,x\na,1\nb,2\n"c')
    assert len(reading.frame) == 2
    assert reading.remarks == (
        "The last line (line 4) ends inside a quote and was left out: it may be torn.",
    )


# --- comments


def test_comments(tmp_path):
    text = "\ufeff# made by run.py\n# columns: method,seed,accuracy\n" + PLAIN.replace("new", "# note\nnew")
    reading = read(tmp_path, text)
    pd.testing.assert_frame_equal(reading.frame, read(tmp_path, PLAIN).frame)
    assert reading.remarks == ("3 lines that start with # were left out.",)


def test_a_header_that_starts_with_a_hash(tmp_path):
    for header in ("#step,loss", "# step,loss", "# made by run.py\n#step, loss"):
        reading = read(tmp_path, header + "\n1,0.5\n2,0.25\n")
        assert reading.frame.columns.tolist() == ["step", "loss"]
        assert len(reading.frame) == 2
    assert read(tmp_path, "#,loss\n1,0.5\n2,0.25\n").frame.columns.tolist() == ["#", "loss"]
    assert read(tmp_path, "id,loss\n#1,0.5\n#2,0.25\n").frame["id"].tolist() == ["#1", "#2"]


def test_a_json_comment_is_exposed(tmp_path):
    there = found(tmp_path, '#{"t_start": 1.5, "env_id": "CartPole-v1"}\nr,l,t\n1.0,10,0.5\n2.0,20,0.75\n')
    assert json_comment(there) == {"t_start": 1.5, "env_id": "CartPole-v1"}
    assert read_found(there).frame["l"].tolist() == [10, 20]
    for other in (PLAIN, "#{\ng,x\na,1\n", "#[1]\ng,x\na,1\n", "# note\ng,x\na,1\n"):
        assert json_comment(found(tmp_path, other)) is None


# --- fields


@pytest.mark.parametrize("rows", ["all", "first", "some"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_an_empty_field_more_is_dropped(tmp_path, rows, separator):
    lines = written(separator=separator).splitlines()
    chosen = {"all": (1, 2, 3), "first": (1,), "some": (1, 3)}[rows]
    text = "\n".join(line + separator * (i in chosen) for i, line in enumerate(lines))
    reading = read(tmp_path, text)
    assert is_table(reading)
    n = f"{len(chosen)} lines end" if len(chosen) > 1 else "1 line ends"
    assert reading.remarks[-1] == f"{n} with an empty field for which there is no name; it was left out."


def test_a_trailing_comma_in_the_header(tmp_path):
    lines = written().splitlines()
    reading = read(tmp_path, "\n".join([lines[0] + ",", *lines[1:]]))
    assert is_table(reading)
    assert "The line of names ends with a separator" in reading.remarks[0]
    assert is_table(read(tmp_path, "\n".join(line + ",,," for line in lines)))


def test_fields_without_a_name_are_refused(tmp_path):
    lines = written().splitlines()
    with told(DataError, "line 2 has 5 fields (as 3 of 3 rows do) and the header 4: is a name missing"):
        read(tmp_path, "\n".join([lines[0], *("2026," + line for line in lines[1:])]))
    with told(DataError, "line 4 has 5 fields and the header 4: name the column in the header"):
        read(tmp_path, "\n".join([*lines, ""]).replace("987.0", "987.0,extra"))
    with told(DataError, "line 3 has 3 fields and the header 4: mend the line"):
        read(tmp_path, written().replace(",2409.25", ""))


def test_a_torn_last_line_is_left_out_and_said(tmp_path):
    reading = read(tmp_path, written() + "new,3,0.8")
    assert is_table(reading)
    assert reading.remarks == ("The last line (line 5) has 3 of 4 fields and was left out: it may be torn.",)


def test_the_header_again(tmp_path):
    lines = written().splitlines()
    reading = read(tmp_path, "\n".join([*lines[:3], lines[0], lines[3], lines[0].replace(",", " , ")]))
    assert is_table(reading)
    assert reading.remarks == ("The header is repeated in lines 4, 6, left out.",)


def test_rows_of_missing_values_are_rows(tmp_path):
    for separator in (",", "\t", ";"):
        text = f"g{separator}x\na{separator}1\n{separator}\n\nb{separator}\n".replace("a", '"a"')
        assert len(read(tmp_path, text).frame) == 3
    assert read(tmp_path, 'x\n1\n""\n2\n').frame["x"].isna().tolist() == [False, True, False]


# --- names


def test_a_name_twice_is_refused(tmp_path):
    for text in ("m,acc,acc\na,1,2\nb,3,4\n", "m, acc,acc \na,1,2\nb,OOM,NaN\n"):
        with told(DataError, "the name 'acc' stands twice in the header (columns 2 and 3)"):
            read(tmp_path, text)


def test_columns_without_a_name(tmp_path):
    frame = pd.DataFrame({"g": ["a", "b"], "x": [1.5, 2.5]})
    assert read(tmp_path, frame.to_csv()).frame.columns.tolist() == ["index", "g", "x"]
    reading = read(tmp_path, "g,,x\na,3,1\nb,4,2\n")
    assert reading.frame["unnamed 2"].tolist() == [3, 4]
    assert reading.remarks == ("Columns without a name are called unnamed 2.",)
    assert read(tmp_path, "g,,x\na,,1\nb,,2\n").frame.columns.tolist() == ["g", "x"]


def test_two_lines_of_names(tmp_path):
    runs = pd.DataFrame({"model": list("aabb"), "acc": [1.0, 3, 5, 9], "f1": [2.0, 2, 4, 8]})
    table = runs.groupby("model").agg(["mean", "max"])
    reading = read(tmp_path, table.to_csv())
    assert reading.frame.columns.tolist() == ["model", "acc.mean", "acc.max", "f1.mean", "f1.max"]
    assert reading.frame.to_numpy().tolist() == [["a", 2, 3, 2, 2], ["b", 7, 9, 6, 8]]
    assert "The first 3 lines were read as names: model, acc.mean" in reading.remarks[0]
    wide = read(tmp_path, table.reset_index().to_csv(index=False)).frame
    assert wide.columns.tolist() == reading.frame.columns.tolist()
    spread = ";My;;;Other;;;\nseed;acc;rec;;acc;rec;;\n0;0.5;0.25;;0.75;1;;\n1;0.5;0.25;;0.75;1;;\n"
    frame = read(tmp_path, spread).frame
    assert frame.columns.tolist() == ["seed", "My.acc", "My.rec", "Other.acc", "Other.rec"]
    assert frame.to_numpy().tolist() == [[0, 0.5, 0.25, 0.75, 1], [1, 0.5, 0.25, 0.75, 1]]


def test_a_first_line_of_values_is_no_header(tmp_path):
    for text in ("adam,0,0.87\nadam,1,0.88\nsgd,0,0.9\n", "0.5,1\n0.6,2\n", "3,1\n4,2\n"):
        with told(DataError, "looks like a row; write the names of the columns above it"):
            read(tmp_path, text)
    assert read(tmp_path, "seed,0.01,0.1\n1,5,6\n2,7,8\n").frame.columns.tolist() == ["seed", "0.01", "0.1"]
    assert read(tmp_path, "0,1\n5,6\n7,8\n").frame.columns.tolist() == ["0", "1"]


# --- cells


def test_words_and_names(tmp_path):
    reading = read(tmp_path, "aug,drop,loss\nNone,None,1\nNA,0.10,OOM\nNone,0.5,nan\n")
    assert reading.frame["aug"].tolist() == ["None", "NA", "None"]
    assert reading.frame["loss"].tolist() == ["1", "OOM", "nan"]
    np.testing.assert_array_equal(reading.frame["drop"], [np.nan, 0.1, 0.5])
    assert reading.names["drop"].tolist() == ["None", "0.10", "0.5"]
    path = str(tmp_path / "runs.csv")
    assert read_source(path, text_columns=["drop"]).frame["drop"].tolist() == ["None", "0.10", "0.5"]
    assert read_source(path, text_columns=["aug"]).frame["drop"].dtype == float


def test_percent_and_marks(tmp_path):
    reading = read(tmp_path, "g,val error\na,5.25%\nb,15.5%†\n")
    assert reading.frame["val error"].tolist() == [5.25, 15.5]
    assert reading.units == {"val error": "%"}
    assert reading.remarks == (
        "Numbers of val error are in percent: '5.25%' was read as 5.25.",
        "1 number of val error with the mark † was read without it.",
    )


def test_commas_that_part_thousands(tmp_path):
    reading = read(tmp_path, 'g,x,n\na,87.5,"11,479"\nb,88.25,"9,120"\n')
    assert reading.frame["n"].tolist() == [11479, 9120]
    assert reading.remarks == ("Numbers of n have their thousands parted: '11,479' was read as 11479.",)
    assert read(tmp_path, "g;n\na;1,479\nb;9,120\n").frame["n"].tolist() == [1.479, 9.12]
    assert read(tmp_path, 'g,n\na,"1,479"\nb,"9,120"\n').frame["n"].tolist() == ["1,479", "9,120"]
    with told(
        DataError, "n holds '1.147' and other columns have a decimal comma, so that it may be 1.147 or 1147"
    ):
        read(tmp_path, "g;x;n\na;0,5;1.147\nb;0,25;2.251\n")
    assert read(tmp_path, "g;n\na;1.000\nb;12.000\n").frame["n"].tolist() == [1, 12]


# --- Markdown


def test_a_markdown_table(tmp_path):
    text = "# Results\n\n| Seed | **recipe** | val error |\n|:--|---|--:|\n"
    text += "| 42 | `a\\|b` | **5.25%** |\n| 7 | new | 5.5% |\n"
    reading = read(tmp_path, text, "README.md")
    assert reading.kind == "Markdown table"
    assert reading.frame.columns.tolist() == ["Seed", "recipe", "val error"]
    assert reading.frame.to_numpy().tolist() == [[42, "a|b", 5.25], [7, "new", 5.5]]
    assert "Beside the Markdown table 1 line is left out." in reading.remarks
    assert len(read(tmp_path, "a | b\n--|--\n1 | 2\n", "x.txt").frame) == 1
    with told(DataError, "line 6 has 2 fields and the header 3"):
        read(tmp_path, text.replace("| new |", "|"))
    with told(DataError, "holds 2 Markdown tables (the second in line 8)"):
        read(tmp_path, text + "\n" + text[text.index("|") :])


# --- what is no table


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "cannot be read as a table: it is empty"),
        ("\n \n", "cannot be read as a table: it is empty"),
        ("g,x\n", "has no rows: there is a line of names (g,x) and no more"),
        ("# note\ng,x\n", "has no rows"),
        ("hello\n", "is not a table: it has one line ('hello')"),
        (b"\xff\xfe\x00" * 9, "cannot be read as a table: it is no text"),
        (b"g,x\na,1\n\x00\x00\x00", "cannot be read as a table: it is no text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is an image; give the table behind it as CSV"),
    ],
)
def test_what_is_no_table(tmp_path, content, words):
    with told(DataError, "runs.csv'", words):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    ["hello, world", "lr: 0.1\nseed: 3\n", "Dear all,\nthe runs are done,\nyours", "",
     "<html>\n<p>a, 1</p>\n</html>"],
)  # fmt: skip
def test_other_texts_are_not_taken(tmp_path, content):
    assert read(tmp_path, content, "notes.txt") is None


def test_packed(tmp_path):
    assert is_table(read(tmp_path, gzip.compress(written().encode()), "runs.csv.gz"))


# --- anything


NAME = st.text("abcdefgh_ü", min_size=1, max_size=6)
WORD = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.sampled_from(' ,;|"\n#'), max_size=8
)
TEXT = WORD.map(lambda word: f"g{word}g")
COLUMN = st.sampled_from(
    [TEXT, st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False)]
)


@st.composite
def frames(draw):
    names = draw(st.lists(NAME, min_size=2, max_size=5, unique=True))
    n = draw(st.integers(1, 6))
    cells = [st.lists(draw(COLUMN) | st.none(), min_size=n, max_size=n) for _ in names]
    return names, list(zip(*map(draw, cells), strict=True))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frames(),
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("|", "."), (",", ",")]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.booleans(),
)
def test_what_was_written_comes_back(tmp_path, table, dialect, encoding, end, quote, trailing):
    names, rows = table
    separator, decimal = dialect
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator=end, quoting=quote)
    writer.writerow(names)
    for row in rows:
        cells = ["" if v is None else v if isinstance(v, str) else repr(v).replace(".", decimal) for v in row]
        writer.writerow(cells + [""] * trailing)
    frame = read(tmp_path, file.getvalue().encode(encoding)).frame
    assert frame.columns.tolist() == names
    assert len(frame) == len(rows)
    for name, cells in zip(names, zip(*rows, strict=True), strict=True):
        for value, cell in zip(frame[name], cells, strict=True):
            assert pd.isna(value) if cell is None else _same(value, cell, (separator, decimal)), (value, cell)


def _same(value, cell, dialect):
    if dialect == (",", ",") and isinstance(value, str) and not isinstance(cell, str):
        return value == repr(cell).replace(".", ",")  # 1,234 alone may be either: it stays a text
    return value == cell and (
        not isinstance(cell, float) or math.copysign(1, value) == math.copysign(1, cell)
    )


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=80)
    | st.text(max_size=80).map(lambda text: text.encode(errors="replace"))
    | st.text('a1.,;\t|"#%-\n\r {', max_size=80).map(str.encode),
    st.sampled_from(["x.csv", "x.tsv", "x.txt", "x.md", "x"]),
)
@example(content=b'"\x1a\r\x1a"', name="x.csv")
def test_any_bytes_are_a_table_or_one_line(tmp_path, content, name):
    try:
        reading = read(tmp_path, content, name)
    except DataError as error:
        lines, reading = str(error).count("\n"), None
        assert not lines
    if reading is not None:
        names = reading.frame.columns.tolist()
        assert len(set(names)) == len(names)
        assert all(isinstance(one, str) and one == one.strip() != "" for one in names)
