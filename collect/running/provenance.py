"""Who made a row: the only place that asks the machine and git who they are."""

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from collect.strategy.config import digest

CHECKOUT = Path(__file__).parents[2]
# What a user may set that changes how TensorFlow's products are computed.
VARIABLES = ("ONEDNN_MAX_CPU_ISA", "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL", "XLA_FLAGS")

_ROOT = Path("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a row came from; the fields are columns of the run table."""

    package_version: str
    git_commit: str | None
    git_dirty: bool | None
    python: str
    tensorflow: str
    numpy: str
    platform: str
    cpu: str
    device: str

    def env_hash(self) -> str:
        """Return the 128-bit blake2b digest of everything but git, in hexadecimal."""
        content = asdict(self)
        del content["git_commit"], content["git_dirty"]
        return digest(json.dumps(content, sort_keys=True, separators=(",", ":")))


def collect_provenance(device: str) -> Provenance:
    """Ask the machine, the installed packages and git.

    Parameters
    ----------
    device
        The device that trains, with the settings that can change rounding.
    """
    commit = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--", "collect", "pyproject.toml", "constraints.txt")
    return Provenance(
        package_version=version("minima-census"),
        git_commit=commit,
        git_dirty=None if commit is None or changes is None else bool(changes),
        python=platform.python_version(),
        tensorflow=version("tensorflow"),
        numpy=version("numpy"),
        platform=f"{platform.system()} {platform.machine()}",
        cpu=_cpu(),
        device="; ".join([device, *_set_variables()]),
    )


def _git(*arguments: str) -> str | None:
    """Return what git prints, or None outside a checkout of this project or without git."""
    if not (CHECKOUT / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(CHECKOUT), *arguments], capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _set_variables() -> list[str]:
    return [f"{name}={os.environ[name]}" for name in VARIABLES if os.environ.get(name)]


def _cpu() -> str:
    """Return the processor's model and caches, as precisely as the system tells without extra packages."""
    cpuinfo = _ROOT / "proc/cpuinfo"
    if cpuinfo.exists():
        lines = [line.partition(":") for line in cpuinfo.read_text(errors="replace").splitlines()]
        told = {name.strip(): value.strip() for name, _, value in reversed(lines)}  # the first one's
        details = [f"{name} {told[name]}" for name in ("cpu family", "model", "stepping") if name in told]
        if "model name" in told:
            return f"{told['model name']} ({', '.join([*details, *_caches()])})"
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.strip()
    return platform.processor() or platform.machine()


def _caches() -> list[str]:
    """Return the sizes of the first processor's caches of data, such as `L1 32K`."""
    found = []
    for folder in sorted((_ROOT / "sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((folder / name).read_text().strip() for name in ("level", "type", "size"))
        if kind != "Instruction":
            found.append(f"L{level} {size}")
    return found
