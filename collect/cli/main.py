"""The command line of `collect`: arguments to a `Plan`, progress, exit codes.

Imports neither numpy nor tensorflow at the top, so that `--help` is immediate.
"""

import sys
import textwrap
from typing import TYPE_CHECKING

import click

from collect.cli.database import compact, export_command, import_command, status, verify
from collect.cli.options import INTERRUPTED, Number, cluster_option, db_option, resolve_workers, shard_option
from collect.cli.study import study
from collect.errors import CollectError
from collect.running import interruption
from collect.strategy.optimizers import OPTIMIZERS
from collect.strategy.schedules import SCHEDULES

if TYPE_CHECKING:
    from collect.running.blocks import Shard
    from collect.running.plan import Inventory, Plan
    from collect.strategy.strategy import Strategy


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--schedule",
    metavar="NAME|FILE",
    help=f"Training schedule: {', '.join(SCHEDULES)}, or a .toml file.",
)
@click.option("--runs", type=click.IntRange(min=1), help="Make sure that this many seeds have been trained.")
@click.option(
    "--optimizer",
    metavar="NAME",
    default="sgd",
    show_default=True,
    help=f"Optimizer: {', '.join(OPTIMIZERS)}.",
)
@click.option("--learning-rate", type=Number(above=0), help="Base learning rate.  [default: the optimizer's]")
@click.option("--momentum", type=Number(below=1), help="Of momentum and nesterov.  [default: 0.9]")
@click.option(
    "--weight-decay", type=Number(), help="Decoupled weight decay, of any optimizer.  [default: its own]"
)
@click.option(
    "--steps", type=click.IntRange(min=1), help="Steps of the last stage.  [default: the schedule's]"
)
@click.option("--batch-size", type=click.IntRange(min=1), help="Images per step.  [default: 50]")
@click.option(
    "--hidden-units", metavar="A-B-C", help="Units of the three hidden layers.  [default: 100-100-100]"
)
@click.option(
    "--dataset", metavar="NAME|FILE", default="mnist", show_default=True, help="A data set, or a file."
)
@click.option(
    "--train-first", type=click.IntRange(min=0), help="Index of the first training image.  [default: 5000]"
)
@click.option(
    "--train-images", type=click.IntRange(min=1), help="Number of training images.  [default: 1000]"
)
@db_option
@click.option("--first-seed", type=click.IntRange(min=0), default=0, show_default=True, help="First seed.")
@click.option(
    "--workers", type=click.IntRange(min=1), help="Worker processes.  [default: one per physical core]"
)
@shard_option
@cluster_option
@click.option(
    "--measure", is_flag=True, help="Measure sharpness, parameter norm and distance travelled too (slower)."
)
@click.option("--retry-failed", is_flag=True, help="Train seeds again whose run failed.")
@click.option("--dry-run", is_flag=True, help="Say what would be trained, and stop.")
@click.option("--quiet", is_flag=True, help="No progress, only the result.")
@click.version_option(package_name="minima-census")
@click.pass_context
def collect(
    context: click.Context, schedule: str | None, runs: int | None, optimizer: str,
    learning_rate: float | None, momentum: float | None, weight_decay: float | None, steps: int | None,
    batch_size: int | None, hidden_units: str | None, dataset: str, train_first: int | None,
    train_images: int | None, db: str, first_seed: int, workers: int | None, shard: "Shard",
    cluster: str | None, measure: bool, retry_failed: bool, dry_run: bool, quiet: bool,
) -> None:  # fmt: skip
    """Train networks from many seeds and append one row per run to a database.

    The seeds are first-seed to first-seed + runs - 1. Those already in the database are not trained
    again: repeat the command to go on after an interruption, or with more --runs to add some.

    \b
    collect --schedule staged --runs 500      train 500 networks, staged
    collect list                              what can be asked for
    """  # noqa: D301
    if context.invoked_subcommand is not None:
        return
    if schedule is None or runs is None:
        missing = "--schedule" if schedule is None else "--runs"
        raise click.UsageError(f"{missing} is missing: for example `collect --schedule joint --runs 500`")
    from collect.strategy.strategy import Strategy

    strategy = Strategy(
        schedule=schedule, optimizer=optimizer, learning_rate=learning_rate, momentum=momentum,
        weight_decay=weight_decay, steps=steps, batch_size=batch_size, hidden_units=hidden_units,
        dataset=dataset, train_first=train_first, train_images=train_images,
    )  # fmt: skip
    plan = _plan(
        strategy,
        runs=runs,
        first_seed=first_seed,
        db=db,
        workers=workers,
        shard=shard,
        cluster=cluster,
        measure=measure,
        retry_failed=retry_failed,
    )
    _collect(plan, dry_run=dry_run, quiet=quiet)


@collect.command("list")
def list_choices() -> None:
    """Explain the schedules, optimizers and data sets that can be asked for."""
    from collect.strategy.datasets import DATASETS

    click.echo("schedules (--schedule), or the path of a .toml file")
    for schedule in SCHEDULES.values():
        _explain(schedule.name, schedule.summary)
    click.echo("\noptimizers (--optimizer), with their default learning rates")
    for optimizer in OPTIMIZERS.values():
        _explain(optimizer.name, f"{optimizer.summary}; {optimizer.learning_rate:g}")
    click.echo("\ndata sets (--dataset), or the path of an .npz file")
    for name, dataset in DATASETS.items():
        _explain(name, dataset.summary)


def _explain(name: str, summary: str) -> None:
    """Print a name and what it means, in lines of at most 80 columns."""
    first, *others = textwrap.wrap(summary, width=61)
    click.echo(f"  {name:17}{first}")
    for line in others:
        click.echo(f"{'':19}{line}")


def _plan(
    strategy: "Strategy",
    *,
    runs: int,
    first_seed: int,
    db: str,
    workers: int | None,
    shard: "Shard",
    cluster: str | None,
    measure: bool,
    retry_failed: bool,
) -> "Plan":
    """Check what is asked for, find the data set and return the plan."""
    from collect.running.plan import Plan
    from collect.store.opening import open_place
    from collect.strategy.strategy import configuration

    config, found = configuration(strategy)
    return Plan(
        config=config, dataset=found, db=open_place(db), first_seed=first_seed, n_runs=runs,
        workers=resolve_workers(workers, cluster), shard=shard, cluster=cluster, measure=measure,
        retry_failed=retry_failed,
    )  # fmt: skip


def _collect(plan: "Plan", *, dry_run: bool, quiet: bool) -> None:
    """Train what is missing and say what has become of it."""
    from collect.running import progress
    from collect.running.plan import prepare, run, take_inventory
    from collect.running.tally import Tally

    if not dry_run:
        prepare(plan)
    inventory = take_inventory(plan)
    _say_plan(plan, inventory)
    if dry_run or not inventory.missing:
        return
    tally = Tally(n_wanted=len(inventory.missing))
    try:
        with progress.shown(tally, title=plan.config.schedule.name, quiet=quiet) as update:
            for event in run(plan, inventory):
                tally.add(event)
                update()
    except KeyboardInterrupt:
        left = len(inventory.missing) - tally.n_committed - tally.n_skipped - tally.n_repeated
        kept = f"{tally.n_committed} runs were kept, {left} are missing"
        click.echo(f"interrupted: {kept}; repeat the command to go on", err=True)
        sys.exit(INTERRUPTED)
    n_others = tally.n_skipped + tally.n_repeated
    others = f"; others added {n_others} meanwhile" if n_others else ""
    click.echo(f"{tally.n_committed} runs added to {plan.db} ({progress.summary(tally)}){others}")


def _say_plan(plan: "Plan", inventory: "Inventory") -> None:
    config = plan.config
    last = plan.first_seed + plan.n_runs - 1
    optimizer = f"{config.optimizer.name}, learning rate {config.learning_rate:g}"
    seeds = f"seeds {plan.first_seed} to {last}{f', shard {plan.shard}' if plan.shard.of > 1 else ''}"
    click.echo(f"{config.schedule.name} · {optimizer} · {plan.dataset.name} · {seeds}")
    n_missing = len(inventory.missing)
    workers = min(plan.workers, n_missing)
    crew = f"the workers of {plan.cluster}" if plan.cluster else f"{workers} worker{'s' * (workers != 1)}"
    todo = f"{n_missing} to train with {crew}"
    wanted = sum(map(len, plan.parts))
    present = f"{inventory.n_present} of {wanted} runs are in {plan.db} already"
    click.echo(f"{present}, {todo if n_missing else 'nothing to do'}")


def main() -> None:
    """Run the command line; known errors are one line, unknown ones keep their traceback."""
    interruption.listen()
    try:
        collect.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted; repeat the command to go on", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except CollectError as error:
        click.echo(f"collect: {error}", err=True)
        sys.exit(error.exit_code)


collect.add_command(export_command)
collect.add_command(import_command)
collect.add_command(status)
collect.add_command(study)
collect.add_command(verify)
collect.add_command(compact)
