"""Publish a report over an older one in a process that is killed, at every step in turn.

Run as a program with a directory and the word exchange or parts; prints one line of JSON for each kill: the
step, and what the report's place held afterwards (old, new, torn with or without results.json) and after the
next report was written. Audit events are the steps: every call that opens, makes, links, renames or removes.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from analyze import output

STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.link", "os.scandir"}
OLD = {"results.json": b"old", "report.html": b"old " * 50_000, "figures/a.svg": b"old", "tables/x.csv": b"o"}
NEW = {"results.json": b"new", "report.html": b"new " * 50_000, "figures/b.svg": b"new", "report.pdf": b"new"}
NOTES = b"not the report's"


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
        output.publish(NEW, place)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def held(place: Path) -> str:
    found = {
        str(path.relative_to(place)): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(place).parts)
    }
    kept = found.pop("notes.txt", None) == NOTES
    state = "old" if found == OLD else "new" if found == NEW else "torn"
    if state == "torn" and "results.json" in found:
        state = "torn with results.json"
    return state if kept else f"{state}, notes lost"


def main(folder: Path, way: str) -> None:
    if way == "parts":
        output.exchange = lambda *_: False
    step, killed = 1, True
    while killed:
        place = folder / str(step) / "report"
        output.publish(OLD, place)
        (place / "notes.txt").write_bytes(NOTES)
        killed = publish_and_die(place, step)
        after = held(place)
        output._STALE_S = -1.0
        output.publish(NEW, place)
        output._STALE_S = 3600.0
        left = [p.name for p in [*place.parent.iterdir(), *place.iterdir()] if p.name.startswith(".")]
        print(json.dumps([step, killed, after, held(place), left]))
        shutil.rmtree(place.parent)
        step += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
