"""The command line of `collect`: arguments to a study, of one strategy or of a file; exit codes.

Imports neither numpy nor tensorflow at the top, so that `--help` is immediate.
"""

import difflib
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from collect.cli.database import compact, export_command, import_command, status, verify
from collect.cli.options import INTERRUPTED, Number, training_options
from collect.cli.terminal import say
from collect.errors import CollectError, RunError
from collect.running import interruption
from collect.strategy.optimizers import OPTIMIZERS
from collect.strategy.schedules import MOST_STEPS, SCHEDULES
from collect.strategy.toml import MOST, MOST_RUNS, MOST_SEED

if TYPE_CHECKING:
    from collect.cli.options import Options

RUNS = click.IntRange(min=1, max=MOST_RUNS)


class _Collect(click.Group):
    """The group of all commands: it knows what a schedule or an optimizer that stands alone was meant for."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if word not in self.commands:
            raise click.UsageError(f"there is no command {word!r}; {_meant(word, self.commands)}", ctx)
        return super().resolve_command(ctx, args)


def _meant(word: str, commands: Iterable[str]) -> str:
    """Say what a word that is no command was probably meant for."""
    if word.endswith(".toml"):
        return (
            f"a schedule is trained by collect --schedule {word} --runs 500, a study by collect study {word}"
        )
    for option, names in (("schedule", SCHEDULES), ("schedule joint --optimizer", OPTIMIZERS)):
        close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.8)
        if close:
            return f"did you mean collect --{option} {close[0]} --runs 500?"
    close = difflib.get_close_matches(word.lower(), commands, n=1)
    known = ", ".join(commands)
    return f"did you mean collect {close[0]}?" if close else f"there are {known}"


@click.group(
    cls=_Collect, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--schedule",
    metavar="NAME|FILE",
    help=f"Training schedule: {', '.join(SCHEDULES)}, or a .toml file.",
)
@click.option(
    "--runs",
    type=click.IntRange(min=1, max=MOST_RUNS),
    help="Make sure that this many seeds have been trained.",
)
@click.option(
    "--optimizer",
    metavar="NAME",
    default="sgd",
    show_default=True,
    help=f"Optimizer: {', '.join(OPTIMIZERS)}.",
)
@click.option(
    "--learning-rate",
    type=Number(min=0, min_open=True),
    help="Base learning rate.  [default: the optimizer's]",
)
@click.option(
    "--momentum", type=Number(min=0, max=1, max_open=True), help="Of momentum and nesterov.  [default: 0.9]"
)
@click.option(
    "--weight-decay", type=Number(min=0), help="Decoupled weight decay, of any optimizer.  [default: its own]"
)
@click.option(
    "--steps",
    type=click.IntRange(min=1, max=MOST_STEPS),
    help="Steps of the last stage.  [default: the schedule's]",
)
@click.option("--batch-size", type=click.IntRange(min=1, max=MOST), help="Images per step.  [default: 50]")
@click.option(
    "--hidden-units", metavar="A-B-C", help="Units of the three hidden layers.  [default: 100-100-100]"
)
@click.option(
    "--dataset", metavar="NAME|FILE", default="mnist", show_default=True, help="A data set, or a file."
)
@click.option(
    "--train-first",
    type=click.IntRange(min=0, max=MOST),
    help="Index of the first training image.  [default: 5000]",
)
@click.option(
    "--train-images", type=click.IntRange(min=1, max=MOST), help="Number of training images.  [default: 1000]"
)
@click.option(
    "--first-seed",
    type=click.IntRange(min=0, max=MOST_SEED),
    default=0,
    show_default=True,
    help="First seed.",
)
@click.option(
    "--measure", is_flag=True, help="Measure sharpness, parameter norm and distance travelled too (slower)."
)
@training_options
@click.version_option(package_name="minima-census")
@click.pass_context
def collect(
    context: click.Context, schedule: str | None, runs: int | None, optimizer: str,
    learning_rate: float | None, momentum: float | None, weight_decay: float | None, steps: int | None,
    batch_size: int | None, hidden_units: str | None, dataset: str, train_first: int | None,
    train_images: int | None, first_seed: int, measure: bool, **options: Unpack["Options"],
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
    from collect.cli import collection
    from collect.strategy.strategy import Strategy, configuration
    from collect.strategy.study import Member, Study

    config, found = configuration(
        Strategy(
            schedule=schedule, optimizer=optimizer, learning_rate=learning_rate, momentum=momentum,
            weight_decay=weight_decay, steps=steps, batch_size=batch_size, hidden_units=hidden_units,
            dataset=dataset, train_first=train_first, train_images=train_images,
        )
    )  # fmt: skip
    alone = Member(label="", config=config, dataset=found)
    how = f"{config.optimizer.name}, learning rate {config.learning_rate:g}"
    collection.collect(
        Study(members=(alone,), first_seed=first_seed, runs=runs, measure=measure), **options,
        name=config.schedule.name, heading=f"{config.schedule.name} · {how} · {found.name}",
    )  # fmt: skip


@collect.command("study")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--runs", type=click.IntRange(min=1, max=MOST_RUNS), help="Seeds per strategy.  [default: the study's]"
)
@training_options
def study(file: Path, runs: int | None, **options: Unpack["Options"]) -> None:
    """Train every strategy of a study from the same seeds.

    FILE is a TOML file (see docs/strategies.md). The strategies are trained one after the other, since a
    worker compiles each once. What is in the database already is not trained again: repeat the command to
    go on after an interruption.
    """
    from collect.cli import collection
    from collect.strategy.study import read_study

    described = read_study(file)
    described = replace(described, runs=runs or described.runs)
    heading = f"{file.name} · {len(described.members)} strategies"
    collection.collect(described, name=file.stem, heading=heading, **options)


@collect.command("list")
def list_choices() -> None:
    """Explain the schedules, optimizers and data sets that can be asked for."""
    from collect.strategy.datasets import DATASETS

    say("schedules (--schedule), or the path of a .toml file")
    for schedule in SCHEDULES.values():
        _explain(schedule.name, schedule.summary)
    say("")
    say("optimizers (--optimizer), with their default learning rates")
    for optimizer in OPTIMIZERS.values():
        _explain(optimizer.name, f"{optimizer.summary}; {optimizer.learning_rate:g}")
    say("")
    say("data sets (--dataset), or the path of an .npz file")
    for name, dataset in DATASETS.items():
        _explain(name, dataset.summary)


def _explain(name: str, summary: str) -> None:
    """Print a name and what it means, in lines of at most 80 columns."""
    first, *others = textwrap.wrap(summary, width=61)
    say(f"  {name:17}{first}")
    for line in others:
        say(f"{'':19}{line}")


def main() -> None:
    """Run the command line; known errors are one line, unknown ones keep their traceback."""
    interruption.listen()
    try:
        collect.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        say("interrupted; repeat the command to go on", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        # its usage would be three lines more
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "collect"
        reason = error.format_message().rstrip(".")
        say(f"collect: {reason[:1].lower()}{reason[1:]} ({command} --help tells more)", err=True)
        sys.exit(error.exit_code)
    except CollectError as error:
        say(f"collect: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:  # what the system refuses, such as a name that is too long, is no fault of ours
        say(f"collect: {error}", err=True)
        sys.exit(RunError.exit_code)


collect.add_command(export_command)
collect.add_command(import_command)
collect.add_command(status)
collect.add_command(verify)
collect.add_command(compact)
