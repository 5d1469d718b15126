"""Options that several commands share: where the runs are kept, where and by whom they are trained."""

import ipaddress
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import click

from collect.cli.terminal import say
from collect.errors import UsageError
from collect.store.opening import lasting

if TYPE_CHECKING:
    from collect.running.blocks import Shard

INTERRUPTED = 130
DEFAULT_DB = "data/runs"
MOST_WORKERS = 1_024  # of one machine
CLUSTER_KINDS = ("tcp", "tls", "ws", "wss", "ucx")
ENCRYPTED = ("tls", "wss")


class Number(click.FloatRange):
    """A finite number in a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; whatever is none, or out of bounds, is a usage error."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"'{value}' is not a finite number", param, ctx)
        return number


def local_path(_context: click.Context, _param: click.Parameter, given: str) -> Path:
    """Refuse a URL, of which a directory such as `s3:` would be made here."""
    if "://" in given:
        raise UsageError(f"{given} is a URL, and tables are written on this machine: give a file")
    return Path(given)


def _inherited(context: click.Context, _param: click.Parameter, given: str | None) -> str:
    """Let `collect --db X status` mean what `collect status --db X` means."""
    if given is not None or context.parent is None:
        return lasting(given or DEFAULT_DB)
    return str(context.parent.params.get("db", DEFAULT_DB))


db_option = click.option(
    "--db",
    metavar="DIR|URL",
    callback=_inherited,
    help=f"The run database: a directory, or a URL such as s3://bucket/prefix.  [default: {DEFAULT_DB}]",
)


class _Shard(click.ParamType["Shard"]):
    name = "i/n"

    def convert(
        self, value: "str | Shard", param: click.Parameter | None, ctx: click.Context | None
    ) -> "Shard":
        from collect.running.blocks import Shard

        if isinstance(value, Shard):
            return value
        found = re.fullmatch(r"(\d{1,7})/(\d{1,7})", value.strip(), re.ASCII)
        if found is None:
            allowed = "give i/n, such as 1/4 for the first of four (n has at most seven digits)"
            self.fail(f"'{value}' is no shard: {allowed}", param, ctx)
        number, of = int(found[1]), int(found[2])
        if not 1 <= number <= of:
            n = max(of, 1)
            allowed = f"they are counted from 1, so 1/{n} to {n}/{n} (Slurm: --array=1-{n})"
            self.fail(f"'{value}' is no shard: {allowed}", param, ctx)
        return Shard(number, of)


def _cluster(ctx: click.Context, param: click.Parameter, given: str | None) -> str | None:
    """Check the address of a scheduler, as far as that is possible without asking it."""
    if given is None:
        return None
    found = re.fullmatch(r"(?:(\w+)://)?(\[[0-9a-fA-F:]+\]|[^\s/:]+):(\d+)/?", given)
    if found is None or (found[1] or "tcp") not in CLUSTER_KINDS or int(found[3]) > 65535:
        raise click.BadParameter(
            f"'{given}' is no address of a Dask scheduler: give one such as tcp://host:8786", ctx, param
        )
    kind = found[1] or "tcp"
    if kind not in ENCRYPTED and not _is_loopback(found[2]):
        say(
            f"{kind}://{found[2]} is not encrypted: whoever reaches this scheduler can run programs on its "
            "workers and change what is collected; trust its network, or use tls://",
            err=True,
        )
    return f"{kind}://{found[2]}:{found[3]}"


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def resolve_workers(given: int | None, cluster: str | None) -> int:
    """Return the number of workers of this machine, and say so where memory is short."""
    if cluster is not None:
        if given is not None:
            raise click.UsageError(
                "--workers is for this machine, a --cluster trains with all its workers: leave one out"
            )
        return 0
    from collect.running import machine

    found = machine.capacity()
    need = f"a worker needs about {machine.WORKER_BYTES / 1e9:.1f} GB"
    free = f"{(found.memory_bytes or 0) / 1e9:.1f} GB of memory are free and {need}"
    if given is not None:
        if found.memory_bytes is not None and given * machine.WORKER_BYTES > found.memory_bytes:
            say(f"{free}: {given} workers may be too many", err=True)
        return given
    if found.workers < found.cores:
        say(f"{found.workers} of {found.cores} cores are used, because {free}", err=True)
    return found.workers


class Options(TypedDict):
    """Where the runs are kept, and where, by whom and how they are trained; see `training_options`."""

    db: str
    workers: int | None
    shard: "Shard"
    cluster: str | None
    retry_failed: bool
    dry_run: bool
    quiet: bool


def training_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of all commands that train."""
    for option in (
        click.option("--quiet", is_flag=True, help="No progress, only the result."),
        click.option("--dry-run", is_flag=True, help="Say what would be trained, and stop."),
        click.option("--retry-failed", is_flag=True, help="Train seeds again whose run failed."),
        click.option(
            "--cluster",
            metavar="ADDRESS",
            callback=_cluster,
            help="Train with the workers of a Dask scheduler, such as tcp://host:8786.",
        ),
        click.option(
            "--shard",
            type=_Shard(),
            default="1/1",
            help="Train only the i-th of n equal parts of the seeds (1/n to n/n): a batch system's array.",
        ),
        click.option(
            "--workers",
            type=click.IntRange(min=1, max=MOST_WORKERS),
            help="Worker processes.  [default: one per physical core]",
        ),
        db_option,
    ):
        command = option(command)
    return command
