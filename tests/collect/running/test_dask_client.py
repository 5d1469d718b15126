"""What comes from a scheduler runs nothing here; what is no scheduler is one line, in its time."""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler

import hostile_pickle
import pytest
from dask_cluster import ROOT, SUPPORT, DaskCluster

from collect.cli.options import _is_loopback
from collect.running import dask
from collect.running.blocks import Blocks
from collect.running.dask_client import connected
from collect.running.messages import Job, Ready
from collect.store import database
from collect.store.local import LocalDirectory
from collect.strategy.schedules import JOINT

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    made = DaskCluster(tmp_path_factory.mktemp("dask"), n_workers=1)
    yield made
    made.close()


def marks(folder):
    return [path.name for path in folder.iterdir()]


def attack(one, topic, folder):
    program = [sys.executable, str(SUPPORT / "hostile_pickle.py"), one.address, topic, str(folder)]
    subprocess.run(program, env=one.environment, check=True, timeout=120)


def test_events_that_anybody_logs_are_not_unpickled(one, tmp_path):
    heard = queue.SimpleQueue()
    with connected(one.address, 60) as client:
        client.subscribe_topic("topic", lambda event: heard.put(event[1]))
        client.nthreads()
        attack(one, "topic", tmp_path)
        while heard.get(timeout=60) != "the end":
            pass
        assert client.submit(str, 7).result(timeout=60) == "7", "the connection is still good"
    assert str(os.getpid()) not in marks(tmp_path)


@pytest.mark.parametrize("kind", ["object", "list", "bytes", "raised"])
def test_what_a_task_gives_or_raises_is_not_unpickled(one, tmp_path, kind):
    with connected(one.address, 60) as client:
        future = client.submit(hostile_pickle.result, str(tmp_path), kind, pure=False)
        try:
            given = future.result(timeout=60)
        except Exception:
            given = None
        assert kind != "raised" or future.status == "error"
        assert given is None or isinstance(given, bytes)
        assert client.submit(str, 7).result(timeout=60) == "7", "the connection is still good"
    assert str(os.getpid()) not in marks(tmp_path)


def test_the_death_of_workers_is_told_from_other_errors_unread(tmp_path):
    one = DaskCluster(tmp_path, n_workers=1, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    try:
        with connected(one.address, 60) as client:
            for task, died in ((partial(os._exit, 1), True), (partial(int, "x"), False)):
                with pytest.raises(Exception, match=r".") as caught:
                    client.submit(task, pure=False).result(timeout=240)  # a worker starts anew before
                assert dask._names(caught.value, "KilledWorker") == died
    finally:
        one.close()


def test_a_collection_goes_on_under_hostile_events(one, tmp_path, mnist, config_of, monkeypatch):
    place = LocalDirectory(tmp_path / "db")
    place.prepare()
    folder = tmp_path / "marks"
    folder.mkdir()
    job = Job(
        config=config_of(JOINT), dataset=mnist, db=place, retry_failed=False, trainer="stub_trainer:Trainer"
    )
    monkeypatch.setattr(dask._Collection, "topic", property(lambda self: "collect-known"))
    for event in dask.run_blocks(job, Blocks(range(40)), one.address):
        if isinstance(event, Ready):
            attack(one, "collect-known", folder)
    assert database.read(place, ["seed"])["seed"].to_pylist() == list(range(40))
    assert str(os.getpid()) not in marks(folder)


@contextmanager
def silent():
    """Accept every connection and say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@contextmanager
def dashboard():
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.socket
        server.shutdown()


def collect(db, port):
    program = [sys.executable, "-m", "collect", "--schedule", "joint", "--runs", "3", "--db", str(db)]
    return subprocess.Popen(
        [*program, "--cluster", f"127.0.0.1:{port}"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("server", [silent, dashboard])
def test_a_port_that_is_not_dasks_is_one_line(server, tmp_path):
    with server() as listening:
        port = listening.getsockname()[1]
        _, said = collect(tmp_path / "db", port).communicate(timeout=60)
    assert said.startswith(f"collect: no Dask scheduler answers at tcp://127.0.0.1:{port}")
    assert len(said.splitlines()) == 1
    assert not database.segments(LocalDirectory(tmp_path / "db"))


@pytest.mark.parametrize("interruption", [signal.SIGINT, signal.SIGTERM])
def test_connecting_can_be_interrupted(interruption, tmp_path):
    with silent() as listening:
        listening.settimeout(60)
        command = collect(tmp_path / "db", listening.getsockname()[1])
        connection, _ = listening.accept()
        with connection:  # closed, it would end the connecting by itself
            connection.settimeout(60)
            connection.recv(1)
            began = time.monotonic()
            command.send_signal(interruption)
            _, said = command.communicate(timeout=60)
        assert time.monotonic() - began < dask.CONNECT_S, "it has waited for the connection"
    assert command.returncode == 130, said
    assert "interrupted" in said
    assert len(said.splitlines()) == 1


def test_a_scheduler_of_another_machine_is_trusted_only_with_a_warning(tmp_path):
    program = [sys.executable, "-m", "collect", "--schedule", "joint", "--runs", "3", "--dry-run"]
    said = {}
    for address in ("tcp://10.0.0.1:8786", "10.0.0.1:8786", "tls://10.0.0.1:8786", "tcp://127.0.0.1:8786"):
        words = [*program, "--db", str(tmp_path / "db"), "--cluster", address]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
        said[address] = done.stderr
    assert said["tcp://10.0.0.1:8786"].startswith("tcp://10.0.0.1 is not encrypted")
    assert len(said["tcp://10.0.0.1:8786"].splitlines()) == 1
    assert said["10.0.0.1:8786"] == said["tcp://10.0.0.1:8786"]
    assert said["tls://10.0.0.1:8786"] == said["tcp://127.0.0.1:8786"] == ""


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.2", True),
        ("[::1]", True),
        ("10.0.0.1", False),
        ("[::2]", False),
        ("a.b", False),
    ],
)
def test_which_hosts_are_this_machine(host, expected):
    assert _is_loopback(host) == expected
