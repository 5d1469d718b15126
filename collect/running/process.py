"""A process that trains, and the connection to it.

Started as a program of its own rather than through `multiprocessing`, so that a Dask worker, whose
process may have no `multiprocessing` children, can start one too, from any of its threads. Nothing is
required of how the parent was started: what TensorFlow reads from the environment is set by the child.
"""

import os
import select
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from collect.running.messages import STOP, Job, Trained

# The second message is the job, which can be unpickled when the path is right.
_PROGRAM = """\
import sys
from multiprocessing.connection import Connection
connection = Connection(int(sys.argv[1]))
sys.path[:] = connection.recv()
from collect.running import process, worker
process.end_with_parent(connection)
worker.main(connection, connection.recv())
"""
LABEL = "collect-worker"
# A child whose parent is gone ends its run and commits, if that takes no longer; its parent is looked for
# so often.
LAST_S, LOOK_S = 5.0, 1.0
# Dask sets it for its workers. With it memory is returned and fetched at every step: a third more time.
SLOWS = "MALLOC_TRIM_THRESHOLD_"


@dataclass(slots=True, eq=False)
class Child:
    """A training process, and what it has trained but not yet committed."""

    process: subprocess.Popen[bytes]
    connection: Connection
    block: tuple[int, ...] | None = None
    ready: bool = False
    runs: list[Trained] = field(default_factory=list)

    def send(self, message: object) -> bool:
        """Send a block or STOP, and return whether the child was still there."""
        try:
            self.connection.send(message)
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Ask the child to end after its current run."""
        self.send(STOP)

    def kill(self) -> None:
        """End the child now; a commit is safe against this at any moment."""
        self.process.kill()
        self.process.wait()
        self.connection.close()


def start(job: Job) -> Child:
    """Start a process for a job; it is ready when it says so.

    It is in a process group of its own: a Ctrl-C on the terminal reaches the parent alone.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(theirs.fileno()), LABEL],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name != SLOWS},
            process_group=0,
        )
    child = Child(process, Connection(ours.detach()))
    child.send(sys.path)
    child.send(job)
    return child


def end_with_parent(connection: Connection) -> None:
    """End this process a few seconds after its parent, also in the midst of a run of hours."""
    threading.Thread(target=_watch, args=(connection.fileno(), os.getppid()), daemon=True).start()


def _watch(descriptor: int, parent: int) -> None:
    other_end = select.poll()
    other_end.register(descriptor, 0)  # that it has hung up is told unasked
    while os.getppid() == parent and not other_end.poll(LOOK_S * 1000):
        pass
    time.sleep(LAST_S)
    os._exit(1)
