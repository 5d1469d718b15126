"""The run table's columns are documented, and agree with what is measured and recorded."""

import re
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from made_rows import make_row

from collect.running.provenance import Provenance
from collect.store.schema import COLUMNS, SCHEMA, SCHEMA_VERSION, Run
from collect.training.outcome import Minimum

README = Path(__file__).parents[3] / "data" / "README.md"


def test_data_readme_lists_every_column_as_it_is():
    rows = re.findall(
        r"^\| `(\w+)` \| (\S+(?: tz=UTC\])?) \| (yes|no) \| (.+) \|$", README.read_text(), flags=re.M
    )
    documented = [(name, type_.replace(", ", ","), null, meaning) for name, type_, null, meaning in rows]
    columns = [
        (c.name, str(c.type).replace(", ", ","), "yes" if c.nullable else "no", c.meaning) for c in COLUMNS
    ]
    assert documented == columns


def test_what_is_measured_is_what_a_run_without_a_minimum_lacks():
    assert {f.name for f in fields(Minimum)} == {f.name for f in fields(Run) if f.default is None}
    assert {f.name for f in fields(Provenance)} <= set(SCHEMA.names)


def test_a_misspelt_or_missing_column_is_an_error():
    row = asdict(make_row(0))
    with pytest.raises(TypeError, match="acuracy"):
        Run(**row, acuracy=0.5)
    del row["cpu"]
    with pytest.raises(TypeError, match="cpu"):
        Run(**row)


def test_columns_are_fields_in_order_and_later_ones_may_be_null():
    assert SCHEMA.names == [f.name for f in fields(Run)]
    assert all(column.nullable for column in COLUMNS if column.since > (1, 0))
    assert {column.since for column in COLUMNS} <= {(1, minor) for minor in range(SCHEMA_VERSION[1] + 1)}
