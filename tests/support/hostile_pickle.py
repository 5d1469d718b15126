"""A pickle that leaves a file where it is read; as a program it logs such pickles to a scheduler's topic."""

import os
import pickle
import sys
from pathlib import Path


class Hostile:
    """Unpickled it makes a file named after the process."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __reduce__(self):
        return leave_mark, (self.folder,)


class HostileError(Exception):
    """The same as an error of a task."""

    def __reduce__(self):
        return leave_mark, (self.args[0],)


def leave_mark(folder: str) -> str:
    (Path(folder) / str(os.getpid())).touch()
    return "unpickled"


def result(folder: str, kind: str) -> object:
    """Be a task that gives or raises what is hostile; in a list it is no plain object for Dask either."""
    if kind == "raised":
        raise HostileError(folder)
    return {
        "object": Hostile(folder),
        "list": [Hostile(folder), b"x"],
        "bytes": pickle.dumps(Hostile(folder)),
    }[kind]


def log_all(address: str, topic: str, folder: str) -> None:
    """Log hostile events as anybody could who reaches the scheduler, then a plain text."""
    from distributed import Client
    from distributed.protocol import Serialize

    with Client(address, set_as_default=False) as client:
        content = pickle.dumps(Hostile(folder))
        for event in (
            content,
            Serialize(Hostile(folder)),
            [content],
            {"a": Serialize([Hostile(folder)])},
            0,
            None,
        ):
            client.log_event(topic, event)
        client.log_event("warn", {"message": content, "category": content})
        client.log_event(topic, "the end")


if __name__ == "__main__":
    log_all(*sys.argv[1:])
