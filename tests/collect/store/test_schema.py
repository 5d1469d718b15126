"""The run table's columns are documented, and agree with what is measured and recorded."""

import re
from dataclasses import fields
from pathlib import Path

from collect.running.provenance import Provenance
from collect.store.schema import COLUMNS, SCHEMA
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


def test_what_is_measured_and_recorded_has_a_column():
    names = [*(f.name for f in fields(Minimum)), *(f.name for f in fields(Provenance))]
    assert set(names) <= set(SCHEMA.names)


def test_column_names_are_unique():
    assert len(set(SCHEMA.names)) == len(COLUMNS)
