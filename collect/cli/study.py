"""`collect study`: a grid of strategies as one collection."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from collect.cli.options import INTERRUPTED, cluster_option, db_option, resolve_workers, shard_option

if TYPE_CHECKING:
    from collections import Counter

    from collect.running.blocks import Shard
    from collect.running.plan import Inventory, Plan
    from collect.running.tally import Tally
    from collect.strategy.study import Member, Study


Planned = list[tuple["Member", "Plan", "Inventory"]]


@click.command("study")
@click.argument("file", type=click.Path(path_type=Path))
@db_option
@click.option("--runs", type=click.IntRange(min=1), help="Seeds per strategy.  [default: the study's]")
@click.option(
    "--workers", type=click.IntRange(min=1), help="Worker processes.  [default: one per physical core]"
)
@shard_option
@cluster_option
@click.option("--retry-failed", is_flag=True, help="Train seeds again whose run failed.")
@click.option("--dry-run", is_flag=True, help="Say what would be trained, and stop.")
@click.option("--quiet", is_flag=True, help="No progress, only the result.")
def study(
    file: Path, db: str, runs: int | None, workers: int | None, shard: "Shard", cluster: str | None,
    retry_failed: bool, dry_run: bool, quiet: bool,
) -> None:  # fmt: skip
    """Train every strategy of a study from the same seeds.

    FILE is a TOML file (see docs/strategies.md). The strategies are trained one after the other, since a
    worker compiles each once. What is in the database already is not trained again: repeat the command to
    go on after an interruption.
    """
    from collect.running.plan import prepare, take_inventory
    from collect.strategy.study import read_study

    described = read_study(file)
    plans = _plans(
        described,
        db,
        runs or described.runs,
        resolve_workers(workers, cluster),
        shard,
        cluster,
        retry_failed=retry_failed,
    )
    if not dry_run:
        prepare(plans[0][1])
    planned = [(member, plan, take_inventory(plan)) for member, plan in plans]
    _say_plan(file, planned)
    if dry_run or not any(inventory.missing for _, _, inventory in planned):
        return
    _collect(file.stem, planned, quiet=quiet)


def _plans(
    described: "Study", db: str, runs: int, workers: int, shard: "Shard", cluster: str | None, *,
    retry_failed: bool,
) -> "list[tuple[Member, Plan]]":  # fmt: skip
    from collect.running.plan import Plan
    from collect.store.opening import open_place

    place = open_place(db)
    return [
        (
            member,
            Plan(
                config=member.config, dataset=member.dataset, db=place, first_seed=described.first_seed,
                n_runs=runs, workers=workers, shard=shard, cluster=cluster, measure=described.measure,
                retry_failed=retry_failed,
            ),
        )
        for member in described.members
    ]  # fmt: skip


def _collect(title: str, planned: Planned, *, quiet: bool) -> None:
    """Train what is missing, strategy after strategy, and say what has become of it."""
    from collect.running import progress
    from collect.running.plan import run, take_inventory
    from collect.running.tally import Tally

    tally = Tally(n_wanted=sum(len(inventory.missing) for _, _, inventory in planned))
    lines = []
    try:
        with progress.shown(tally, title=title, quiet=quiet) as update:
            for member, plan, inventory in planned:
                if not inventory.missing:
                    continue
                before = tally.statuses.copy()
                tally.begin(member.label)
                update()
                # Taken again: others may have trained meanwhile.
                for event in run(plan, take_inventory(plan)):
                    tally.add(event)
                    update()
                lines.append(f"  {member.label}: {_outcome(tally, before)}")
    except KeyboardInterrupt:
        click.echo("\n".join(lines))
        left = tally.n_wanted - tally.n_committed - tally.n_skipped
        kept = f"{tally.n_committed} runs were kept, {left} are missing"
        click.echo(f"interrupted: {kept}; repeat the command to go on", err=True)
        sys.exit(INTERRUPTED)
    click.echo("\n".join(lines))
    click.echo(f"{tally.n_committed} runs added to {planned[0][1].db}")


def _outcome(tally: "Tally", before: "Counter[str]") -> str:
    """Return how the runs of the current strategy ended."""
    counts = [f"{n} {status}" for status, n in sorted((tally.statuses - before).items(), reverse=True)]
    if tally.n_measured > 1:
        counts.append(f"accuracy {tally.mean:.4f} ± {tally.sd:.4f}")
    return ", ".join(counts) or "trained by others meanwhile"


def _say_plan(file: Path, planned: Planned) -> None:
    _, plan, _ = planned[0]
    shard = f", shard {plan.shard}" if plan.shard.of > 1 else ""
    seeds = f"seeds {plan.first_seed} to {plan.first_seed + plan.n_runs - 1}{shard}"
    click.echo(f"{file.name} · {len(planned)} strategies · {seeds}")
    for member, _, inventory in planned:
        missing = len(inventory.missing)
        click.echo(f"  {member.label}: {missing} to train" if missing else f"  {member.label}: complete")
    n_missing = sum(len(inventory.missing) for _, _, inventory in planned)
    n_present = sum(inventory.n_present for _, _, inventory in planned)
    crew = f"the workers of {plan.cluster}" if plan.cluster else f"{plan.workers} workers"
    present = f"{n_present} of {n_present + n_missing} runs are in {plan.db} already"
    click.echo(f"{present}, {f'{n_missing} to train with {crew}' if n_missing else 'nothing to do'}")
