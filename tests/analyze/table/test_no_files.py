"""What is no file is refused before it is opened, and a file of more than memory before it is read."""

import io
import os
import socket
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from messages import told

from analyze import output
from analyze.errors import DataError, RunError, UsageError
from analyze.table import parquet, places
from analyze.table.readers import delimited, values
from analyze.table.source import read_source


@pytest.fixture
def no_file(request, tmp_path):
    path = tmp_path / "x.csv"
    if request.param == "a pipe":
        os.mkfifo(path)
    elif request.param == "a socket":
        # the path of a socket may have a hundred letters
        request.getfixturevalue("monkeypatch").chdir(tmp_path)
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("x.csv")
    else:
        path.symlink_to("/dev/zero")
    return path, request.param


@pytest.mark.parametrize("no_file", ["a pipe", "a socket", "a device"], indirect=True)
def test_what_is_no_file(no_file, monkeypatch, tmp_path):
    path, kind = no_file
    for read in (read_source, lambda one: output.read_results(path)):
        with told(UsageError, f"x.csv' is {kind}, no file: write its content into a file"):
            read(str(path))


@pytest.mark.parametrize("kind", ["github", "ftp", "reference", "zip", "simplecache", "local2"])
def test_kinds_of_urls_that_nobody_asked_for(kind):
    with told(UsageError, f"places of the kind '{kind}' are not known; give a file"):
        read_source(f"{kind}://a/b.csv")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x.csv", "http://[", "s3://", "gs://a/b"])
def test_urls_that_lead_nowhere(url, monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises((UsageError, RunError)) as error:
        read_source(url)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("status", "expected"), [(404, UsageError), (403, RunError), (500, RunError)])
def test_what_a_server_answers(status, expected, tmp_path):
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(status)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(expected, match="there is no file" if status == 404 else str(status)):
            read_source(f"http://127.0.0.1:{server.server_address[1]}/x.csv")
        server.shutdown()


def test_a_password_is_not_shown():
    with pytest.raises(RunError) as error:
        read_source("http://me:secret@127.0.0.1:1/x.csv")
    assert "http://me:…@127.0.0.1:1/x.csv" in str(error.value)
    assert "secret" not in str(error.value)


def test_no_path_can_hold_a_nul():
    with told(UsageError, "can be the path of no file"):
        read_source("a\x00b")


def test_files_beyond_memory(monkeypatch, tmp_path):
    path = tmp_path / "x.csv"
    with path.open("wb") as file:
        file.truncate(places.MAX_BYTES + 1)  # a hole, which needs no room
    with told(DataError, "x.csv' holds more than 4 GB"):
        read_source(str(path))
    with told(DataError, "holds more than 500 MB"):
        output.read_results(path)
    monkeypatch.setattr(places, "MAX_BYTES", 10)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"more than ten")))
    with told(DataError, "'standard input' holds more than"):
        read_source("-")


def test_few_bytes_of_many_rows(monkeypatch, tmp_path):
    monkeypatch.setattr(parquet, "MAX_ROWS", 1000)
    table = pa.table({"v": pa.array([0.0]).take(pa.array([0] * 1001))})
    pq.write_table(table, tmp_path / "x.parquet")
    pa.feather.write_feather(table, tmp_path / "x.feather")
    (tmp_path / "x.csv").write_text("g,v\n" + "a,1\n" * 1001)
    (tmp_path / "x.csv.gz").write_bytes(zlib.compress(b"g,v\n" + b"a,1\n" * 1001, wbits=31))
    for name in ("x.parquet", "x.feather", "x.csv", "x.csv.gz"):
        with told(DataError, f"{name}' has 1,00", "rows, and at most 1,000 are read"):
            read_source(str(tmp_path / name))


def test_too_many_columns(monkeypatch, tmp_path):
    for module in (values, parquet, delimited):
        monkeypatch.setattr(module, "MAX_COLUMNS", 3)
    (tmp_path / "x.csv").write_text("a;b;c;d\n1;2;3;4\n")
    (tmp_path / "x.json").write_text('[{"a": 1, "b": 1, "c": 1, "d": 1}]')
    pq.write_table(pa.table({n: [1] for n in "abcd"}), tmp_path / "x.parquet")
    for name in ("x.csv", "x.json", "x.parquet"):
        with told(DataError, f"{name}' has 4 columns, and at most 3 are read"):
            read_source(str(tmp_path / name))
