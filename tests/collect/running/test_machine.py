"""The default number of workers: cores and memory that the process may really use."""

import os

import pytest

from collect.running import machine

GB = 10**9


@pytest.fixture
def system(tmp_path, monkeypatch):
    """Make a /proc and /sys up: logical processors by core, control groups with their files."""

    def make(siblings, allowed=None, cgroup="0::/", files=(), available=64 * GB):
        processors = set(range(len(siblings)))
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: allowed or processors, raising=False)
        written = {
            "proc/self/cgroup": cgroup,
            "proc/meminfo": f"MemTotal: 99 kB\nMemAvailable: {available // 1024} kB",
        }
        for n, together in enumerate(siblings):
            written[f"sys/devices/system/cpu/cpu{n}/topology/thread_siblings_list"] = together
        for path, text in (*written.items(), *dict(files).items()):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text + "\n")
        return machine.capacity(tmp_path)

    return make


FOUR = ["0", "1", "2", "3"]
V1_CPU = ("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "sys/fs/cgroup/cpu/a/cpu.cfs_period_us")
HYPER = ["0,4", "1,5", "2,6", "3,7"] * 2


def test_hyper_threads_count_once(system):
    assert system(HYPER).cores == 4


def test_affinity_is_respected(system):
    assert system(HYPER, allowed={0, 4, 1}).cores == 2


@pytest.mark.parametrize(
    ("cgroup", "files", "cores"),
    [
        ("0::/", {"sys/fs/cgroup/cpu.max": "max 100000"}, 4),
        ("0::/", {"sys/fs/cgroup/cpu.max": "250000 100000"}, 2),
        ("0::/", {"sys/fs/cgroup/cpu.max": "50000 100000"}, 1),
        ("0::/job/step", {"sys/fs/cgroup/job/cpu.max": "300000 100000", "sys/fs/cgroup/job/step/x": ""}, 3),
        ("0::/gone/elsewhere", {"sys/fs/cgroup/cpu.max": "200000 100000"}, 2),
        (
            "4:cpu,cpuacct:/a\n0::/",
            dict(zip(V1_CPU, ("200000", "100000"), strict=True)),
            2,
        ),
        (
            "4:cpu:/a",
            dict(zip(V1_CPU, ("-1", "100000"), strict=True)),
            4,
        ),
    ],
)  # fmt: skip
def test_processor_quotas_are_respected(system, cgroup, files, cores):
    assert system(FOUR, cgroup=cgroup, files=files).cores == cores


@pytest.mark.parametrize(
    ("cgroup", "files", "free"),
    [
        ("0::/", {}, 64 * GB),
        ("0::/", {"sys/fs/cgroup/memory.max": "max"}, 64 * GB),
        (
            "0::/",
            {
                "sys/fs/cgroup/memory.max": str(4 * GB),
                "sys/fs/cgroup/memory.current": str(3 * GB),
                "sys/fs/cgroup/memory.stat": f"anon 7\ninactive_file {GB}",
            },
            2 * GB,
        ),
        ("3:memory:/", {"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712"}, 64 * GB),
        (
            "3:memory:/",
            {
                "sys/fs/cgroup/memory/memory.limit_in_bytes": str(2 * GB),
                "sys/fs/cgroup/memory/memory.usage_in_bytes": str(GB // 2),
            },
            GB * 3 // 2,
        ),
    ],
)
def test_memory_limits_are_respected(system, cgroup, files, free):
    found = system(FOUR, cgroup=cgroup, files=files)
    assert found.memory_bytes == free
    assert found.workers == min(4, free // machine.WORKER_BYTES)


def test_there_is_always_one_worker(system):
    assert system(FOUR, available=GB // 10).workers == 1


def test_without_proc_and_sys_the_processors_count(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert machine.capacity(tmp_path) == machine.Capacity(cores=6, memory_bytes=None)
    assert machine.capacity(tmp_path).workers == 6
