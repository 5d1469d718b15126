"""A run database is read beside a writer that does not stop, and beside a compaction."""

import pandas as pd
import pyarrow as pa

from analyze.table import source
from analyze.table.parquet import EVERYTHING
from analyze.table.places import find_place


def write(folder, n):
    pd.DataFrame({"accuracy": [n / 1000], "schedule": "a"}).to_parquet(folder / f"{n:04}.parquet")


def test_a_writer_that_does_not_stop_is_not_waited_for(tmp_path, monkeypatch):
    write(tmp_path, 0)
    read_part, n_read = source.parquet.read_part, 0

    def while_others_write(*arguments):
        nonlocal n_read
        n_read += 1
        assert n_read < 50, "it reads for as long as somebody writes"
        write(tmp_path, n_read)
        return read_part(*arguments)

    monkeypatch.setattr(source.parquet, "read_part", while_others_write)
    parts = source._read_directory(find_place(str(tmp_path)), EVERYTHING)
    assert 1 <= len(parts) <= 3


def test_what_vanished_is_looked_for_as_long_as_files_vanish(tmp_path, monkeypatch):
    for n in range(4):
        write(tmp_path, n)
    read_part, n_compactions = source.parquet.read_part, 0

    def while_another_compacts(place, *arguments):
        nonlocal n_compactions
        if n_compactions < 5:  # all rows go into a new file before this one is read
            n_compactions += 1
            rows = pa.concat_tables([source.parquet.pq.read_table(p) for p in sorted(tmp_path.iterdir())])
            for old in tmp_path.iterdir():
                old.unlink()
            source.parquet.pq.write_table(rows, tmp_path / f"1{n_compactions:03}.parquet")
        return read_part(place, *arguments)

    monkeypatch.setattr(source, "ThreadPoolExecutor", OneThread)
    monkeypatch.setattr(source.parquet, "read_part", while_another_compacts)
    parts = source._read_directory(find_place(str(tmp_path)), EVERYTHING)
    assert sorted(parts[-1].table["accuracy"].to_pylist()) == [0, 0.001, 0.002, 0.003]


class OneThread:
    def __init__(self, _n):
        self.map = map

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None
