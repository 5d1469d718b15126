"""All readers: which are asked first, and that none fails on what is not its own."""

import pytest

from analyze.table.readers.catalogue import TOOLS

PLAIN_TABLES = [
    "optimizer,seed,accuracy\nadam,0,0.9\nsgd,0,0.8\n",
    "epoch,optimizer,accuracy\n0,adam,0.9\n",
    "Name,score\na,1\n",
    "run_id,accuracy,status\nx,1,ok\n",
    "step,loss\n0,1\n",
    "a - b,c - d\n1,2\n",
]


@pytest.mark.parametrize("text", PLAIN_TABLES)
def test_plain_tables_are_no_tools(tmp_path, found_at, text):
    (tmp_path / "x.csv").write_text(text)
    assert [name for name, reader in TOOLS.items() if reader.recognises(found_at(tmp_path / "x.csv"))] == []


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 100, bytes(range(256)), b"{", b"[1, 2]", b"SQLite format 3", b"a,b"]
)
@pytest.mark.parametrize("name", ["x", "x.csv", "x.json", "x.db"])
def test_recognising_never_fails(tmp_path, found_at, content, name):
    (tmp_path / name).write_bytes(content)
    for reader in TOOLS.values():
        reader.recognises(found_at(tmp_path / name))


def test_recognising_never_fails_for_folders(tmp_path, found_at):
    (tmp_path / "empty").mkdir()
    assert not any(reader.recognises(found_at(tmp_path / "empty")) for reader in TOOLS.values())


def test_names_and_labels_are_unlike():
    assert len({reader.label for reader in TOOLS.values()}) == len(TOOLS)
    assert all(name == reader.name for name, reader in TOOLS.items())
