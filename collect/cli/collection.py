"""A collection of one strategy or many: what the database lacks of them is trained, one after the other."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Unpack

from collect.cli.options import INTERRUPTED, Options, resolve_workers
from collect.cli.terminal import say
from collect.running import progress
from collect.running.plan import Inventory, Plan, prepare, run, take_inventory
from collect.running.tally import Tally
from collect.store.opening import open_place
from collect.strategy.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One strategy of a collection, and what the database lacked of it at the beginning.

    Attributes
    ----------
    label
        What tells it from the others; empty if it is the only one.
    """

    label: str
    plan: Plan
    inventory: Inventory

    @property
    def n_missing(self) -> int:
        """Runs that were to be trained."""
        return len(self.inventory.missing)


def collect(study: Study, *, name: str, heading: str, **options: Unpack[Options]) -> None:
    """Say what is missing, train it, and say what has become of it.

    Parameters
    ----------
    name, heading
        What progress is shown under, and what the plan is told under.
    """
    place, n_workers = open_place(options["db"]), resolve_workers(options["workers"], options["cluster"])
    plans = [
        Plan(
            config=member.config, dataset=member.dataset, db=place, first_seed=study.first_seed,
            n_runs=study.runs, workers=n_workers, shard=options["shard"], cluster=options["cluster"],
            measure=study.measure, retry_failed=options["retry_failed"],
        )
        for member in study.members
    ]  # fmt: skip
    if not options["dry_run"]:
        prepare(plans[0])
    parts = [
        Part(label=member.label, plan=plan, inventory=take_inventory(plan))
        for member, plan in zip(study.members, plans, strict=True)
    ]
    _say_plan(heading, parts)
    if not options["dry_run"] and any(part.n_missing for part in parts):
        _train(name, parts, quiet=options["quiet"])


def _say_plan(heading: str, parts: Sequence[Part]) -> None:
    plan = parts[0].plan
    shard = f", shard {plan.shard}" if plan.shard.of > 1 else ""
    say(f"{heading} · seeds {plan.first_seed} to {plan.first_seed + plan.n_runs - 1}{shard}")
    for part in parts:
        if part.label:
            say(f"  {part.label}: {f'{part.n_missing} to train' if part.n_missing else 'complete'}")
    n_missing = sum(part.n_missing for part in parts)
    n_present = sum(part.inventory.n_present for part in parts)
    workers = min(plan.workers, max(part.n_missing for part in parts))
    crew = f"the workers of {plan.cluster}" if plan.cluster else f"{workers} worker{'s' * (workers != 1)}"
    todo = f"{n_missing} to train with {crew}" if n_missing else "nothing to do"
    say(f"{n_present} of {n_present + n_missing} runs are in {plan.db} already, {todo}")


def _train(name: str, parts: Sequence[Part], *, quiet: bool) -> None:
    """Train what is missing, strategy after strategy, and say what has become of it."""
    tally = Tally(n_wanted=sum(part.n_missing for part in parts))
    lines: list[str] = []
    interrupted = False
    try:
        with progress.shown(tally, title=name, quiet=quiet) as update:
            for part in parts:
                if part.n_missing:
                    _train_one(part, tally, update, lines, again=part is not parts[0])
    except KeyboardInterrupt:
        interrupted = True
    for line in lines:
        say(line)
    if interrupted:
        # Asked of the database: what was committed at the last moment may not have been heard of.
        left = sum(len(take_inventory(part.plan).missing) for part in parts)
        kept = f"{tally.n_wanted - left} runs were kept, {left} are missing"
        say(f"interrupted: {kept}; repeat the command to go on", err=True)
        sys.exit(INTERRUPTED)
    n_others = tally.n_skipped + tally.n_repeated
    others = f"; others added {n_others} meanwhile" if n_others else ""
    how = progress.summary(tally, tally.runs_per_s)
    say(f"{tally.n_committed} runs added to {parts[0].plan.db} ({how}){others}")


def _train_one(
    part: Part, tally: Tally, update: Callable[[], object], lines: list[str], *, again: bool
) -> None:
    """Train what is missing of a strategy; looked up again if that was some time ago."""
    before = tally.statuses.copy()
    tally.begin(part.label)
    update()
    for event in run(part.plan, take_inventory(part.plan) if again else part.inventory):
        tally.add(event)
        update()
    if part.label:
        lines.append(f"  {part.label}: {_outcome(tally, before)}")
        tally.begin("")  # the average of one strategy ends with it


def _outcome(tally: Tally, before: Counter[str]) -> str:
    """Return how the runs of the current strategy ended."""
    counts = [f"{n} {status}" for status, n in sorted((tally.statuses - before).items(), reverse=True)]
    if tally.n_measured > 1:
        counts.append(f"accuracy {tally.mean:.4f} ± {tally.sd:.4f}")
    return ", ".join(counts) or "trained by others meanwhile"
