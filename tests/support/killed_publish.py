"""Publish a report over an older one in a process that is killed, at every step in turn.

Run as a program with a directory; prints one line of JSON for each kill: the step, whether it came so far,
what the report's place held afterwards (old, new, torn with or without results.json), what it held after the
next report was written, and what of the killed one was left then. Audit events are the steps: every call that
opens, makes, renames or removes.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from analyze import publish

STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.scandir", "fcntl.flock"}
OLD = {"results.json": b"old", "report.html": b"old " * 50_000, "figures/a.svg": b"old", "tables/x.csv": b"o"}
NEW = {"results.json": b"new", "report.html": b"new " * 50_000, "figures/b.svg": b"new", "report.pdf": b"new"}
# Not the report's.
MINE = {"notes.txt": b"my notes", "figures/own.png": b"my figure", "report.md": b"my page"}


def publish_and_die(place: Path, step: int) -> bool:
    """Publish in a child that kills itself before its step of this number; say whether it got so far."""
    child = os.fork()
    if child == 0:
        count = 0

        def kill(event: str, _: object) -> None:
            nonlocal count
            if event in STEPS:
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(kill)
        publish.publish(NEW, place)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def held(place: Path) -> str:
    found = {
        str(path.relative_to(place)): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(place).parts)
    }
    kept = {name: found.pop(name, None) for name in MINE} == MINE
    state = "old" if found == OLD else "new" if found == NEW else "torn"
    if state == "torn" and "results.json" in found:
        state = "torn with results.json"
    return state if kept else f"{state}, somebody's files lost"


def main(folder: Path) -> None:
    step, killed = 1, True
    while killed:
        place = folder / str(step) / "report"
        publish.publish(OLD, place)
        for name, content in MINE.items():
            (place / name).write_bytes(content)
        killed = publish_and_die(place, step)
        after = held(place)
        publish.publish(NEW, place)
        left = [p.name for p in [*place.parent.iterdir(), *place.iterdir()] if p.name.startswith(".")]
        left.remove(publish.MANIFEST)
        print(json.dumps([step, killed, after, held(place), left]))
        shutil.rmtree(place.parent)
        step += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]))
