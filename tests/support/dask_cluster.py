"""A Dask scheduler and workers on the loopback interface, as processes that can be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
from s3_server import free_port

from collect.running.process import LABEL

SUPPORT = Path(__file__).parent
ROOT = SUPPORT.parents[1]
START_S = 600.0


class DaskCluster:
    """Starts and kills; every process has a group of its own, with its log in a folder."""

    def __init__(self, folder: Path, n_workers: int = 2, **environment: str) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        path = os.pathsep.join([str(ROOT), str(SUPPORT), os.environ.get("PYTHONPATH", "")])
        self.environment = {**os.environ, "PYTHONPATH": path, **environment}
        self.n_started = 0
        self.start_scheduler()
        self.workers = [self.start_worker() for _ in range(n_workers)]

    def start_scheduler(self) -> None:
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", self.port)
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise RuntimeError(f"the scheduler did not start (exit code {self.scheduler.poll()})")

    def start_worker(self) -> subprocess.Popen:
        places = ("--host", "127.0.0.1", "--local-directory", self.folder / "dask")
        return self._start("worker", self.address, "--nthreads", "1", *places)

    def kill_worker(self, n: int, *, with_nanny: bool) -> None:
        """Kill a worker process, which its nanny starts again, or both, and start others."""
        if with_nanny:
            self._kill(self.workers[n])
            self.workers[n] = self.start_worker()
        else:
            for process in self._worker_processes(n):
                process.kill()

    def restart_scheduler(self) -> None:
        """Kill the scheduler; its workers may end or wait: have none but new ones."""
        for process in (self.scheduler, *self.workers):
            self._kill(process)
        self.start_scheduler()
        self.workers = [self.start_worker() for _ in self.workers]

    def trainers(self) -> list[psutil.Process]:
        """Return the processes that train, of all workers."""
        found = []
        for worker in self.workers:
            with suppress(psutil.NoSuchProcess):
                found += [p for p in psutil.Process(worker.pid).children(recursive=True) if _trains(p)]
        return found

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            self._kill(process)

    def _worker_processes(self, n: int) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            inner = psutil.Process(self.workers[n].pid).children()
            return [p for p in inner if "spawn_main" in " ".join(p.cmdline())]
        return []

    def _start(self, kind: str, *arguments: object) -> subprocess.Popen:
        self.n_started += 1
        with (self.folder / f"{kind}-{self.n_started}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", kind, *map(str, arguments), "--no-dashboard"],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @staticmethod
    def _kill(process: subprocess.Popen) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _trains(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return LABEL in process.cmdline()
    return False
