"""How many workers this machine has room for: processor cores and memory that the process may use.

Read from Linux's /proc and /sys; elsewhere the number of processors counts, and memory is not limited.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# What a worker takes with TensorFlow loaded, its programs compiled and MNIST in memory, with some to spare.
WORKER_BYTES = 1_100 * 10**6
# cgroup v1 says "no limit" with a number near 2^63.
_NO_LIMIT = 2**60

_ROOT = Path("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What there is for workers.

    Attributes
    ----------
    cores
        Physical cores that the process may use, at least one.
    memory_bytes
        Memory that is free for it, or None where the system does not tell.
    """

    cores: int
    memory_bytes: int | None

    @property
    def workers(self) -> int:
        """Workers that the cores can keep busy and the memory can hold, at least one."""
        return max(1, min(self.cores, self.fitting))

    @property
    def fitting(self) -> int:
        """Workers that the memory can hold."""
        return self.cores if self.memory_bytes is None else self.memory_bytes // WORKER_BYTES


def capacity(root: Path = _ROOT) -> Capacity:
    """Ask the system what this process may use.

    Parameters
    ----------
    root
        Where /proc and /sys are.
    """
    cores = _physical_cores(_allowed_processors(), root)
    quota = min((_cpu_quota(folder) for folder in _cgroups("cpu", root)), default=float("inf"))
    free = [n for n in (_available(root), *map(_cgroup_free, _cgroups("memory", root))) if n is not None]
    return Capacity(cores=max(1, int(min(cores, quota))), memory_bytes=min(free, default=None))


def _allowed_processors() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _physical_cores(processors: set[int], root: Path) -> int:
    """Count the cores behind logical processors: hyper-threads share one."""
    cores = set()
    for n in processors:
        siblings = _text(root / f"sys/devices/system/cpu/cpu{n}/topology/thread_siblings_list")
        cores.add(siblings or str(n))
    return len(cores)


def _cgroups(controller: str, root: Path) -> Iterator[Path]:
    """Yield the folders of the process's control group and of all above it; each may set a limit.

    A container often sees its own group as the root, so folders that are not there are passed over.
    """
    for line in (_text(root / "proc/self/cgroup") or "").splitlines():
        number, controllers, path = line.split(":", 2)
        if number != "0" and controller not in controllers.split(","):
            continue
        base = root / "sys/fs/cgroup" if number == "0" else root / "sys/fs/cgroup" / controller
        inside = Path(path.lstrip("/"))
        for folder in (inside, *inside.parents):
            if (base / folder).is_dir():
                yield base / folder


def _cpu_quota(folder: Path) -> float:
    """Return the processors' worth of time that a group gets (v2 `cpu.max`, v1 `cpu.cfs_quota_us`)."""
    words = (_text(folder / "cpu.max") or "").split()
    if not words:
        words = [_text(folder / f"cpu.cfs_{name}_us") or "" for name in ("quota", "period")]
    quota, period = (_number(word) for word in words)
    return quota / period if quota and period and quota > 0 else float("inf")


def _available(root: Path) -> int | None:
    for line in (_text(root / "proc/meminfo") or "").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _cgroup_free(folder: Path) -> int | None:
    """Return what a group has left, cached files counted as free; None without a limit."""
    limit = _number(_text(folder / "memory.max") or _text(folder / "memory.limit_in_bytes"))
    if limit is None or limit >= _NO_LIMIT:
        return None
    used = _number(_text(folder / "memory.current") or _text(folder / "memory.usage_in_bytes")) or 0
    statistics = dict(line.split() for line in (_text(folder / "memory.stat") or "").splitlines())
    cached = _number(statistics.get("total_inactive_file", statistics.get("inactive_file"))) or 0
    return max(0, limit - used + cached)


def _number(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None
