"""The command line of `analyze`: options to a `Question`, output to the terminal, exit codes.

Imports nothing heavy at the top, so that `--help` is immediate.
"""

import re
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analyze.errors import AnalyzeError, DataError, UsageError

if TYPE_CHECKING:
    from analyze.question import Question

USAGE, DATA, FAILURE, INTERRUPTED = 2, 3, 1, 130
# For use as a gate: analyze compare --exit-code
GATE = {"differs": 10, "inconclusive": 11, "equivalent": 0, "no difference shown": 0}
FORMATS = ("html", "pdf", "json")
PIPE_WIDTH = 100


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="minima-census")
def analyze() -> None:
    """Compare distributions of runs: ours, or any Parquet or CSV table with one row per run."""


def _formats(_context: click.Context, _param: click.Parameter, given: str) -> tuple[str, ...]:
    formats = tuple(part.strip() for part in given.split(",") if part.strip())
    unknown = [part for part in formats if part not in FORMATS]
    if unknown or not formats:
        raise click.BadParameter(f"{given!r}: give one or more of {', '.join(FORMATS)}, joined by commas")
    return formats


@analyze.command()
@click.argument("table", default="data/runs")
@click.option("--value", default="accuracy", show_default=True, help="Column to compare.")
@click.option(
    "--by", default="schedule", show_default=True, help="Column(s) that make the groups, joined by commas."
)
@click.option("--unit", help="Column that tells runs of a group apart.  [default: seed, if there is one]")
@click.option("--baseline", metavar="GROUP", help="Compare all others with this group.  [default: all pairs]")
@click.option("--where", metavar="EXPR", help='Rows to use, e.g. "learning_rate == 0.01 and seed < 100".')
@click.option("--margin", type=float, help="Largest difference of means that counts as none.")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Level of the intervals.")
@click.option(
    "--resamples", type=int, default=9999, show_default=True, help="Bootstrap and permutation resamples."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the resampling.")
@click.option(
    "--format", "formats", default="html,pdf", show_default=True, callback=_formats,
    help="html, pdf or both; json: results.json alone.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path), help="Report directory.  [default: reports/VALUE-by-BY]"
)
@click.option(
    "--exit-code", is_flag=True, help="Exit with 10 where the groups differ, 11 where runs are too few."
)
def compare(
    table: str, value: str, by: str, unit: str | None, baseline: str | None, where: str | None,
    margin: float | None, confidence: float, resamples: int, seed: int, formats: tuple[str, ...],
    out: Path | None, exit_code: bool,
) -> None:  # fmt: skip
    """Test whether groups of runs come from different distributions, and write a report.

    TABLE is a Parquet file, a directory of them (such as a run database), or a CSV file.

    \b
    analyze compare                                     joint and staged in data/runs
    analyze compare runs.csv --value loss --by method   anybody's table
    """  # noqa: D301
    from analyze.question import make_question

    question = make_question(
        table, value=value, by=by, unit=unit, baseline=baseline, where=where, margin=margin,
        confidence=confidence, resamples=resamples, seed=seed,
    )  # fmt: skip
    model = _report(question, formats, out or _default_out(question))
    if exit_code:
        sys.exit(GATE[model["answer"]["verdict"]])


def _report(question: "Question", formats: tuple[str, ...], out: Path) -> dict[str, Any]:
    """Read, compare, write, and say what was found."""
    from rich.console import Console

    started = time.monotonic()
    with Console(stderr=True).status("reading the table") as status:
        from analyze import output, report
        from analyze.compare import compare as compare_groups
        from analyze.table import read

        runs = read(question)
        output.prepare(out)
        status.update("comparing the groups")
        comparison = compare_groups(runs)
        command = shlex.join(["analyze", *sys.argv[1:]])
        origin = report.Origin(
            created_at=datetime.now(UTC), command=command, duration_s=time.monotonic() - started
        )
        model = report.build(comparison, runs, origin)
        status.update("writing the report")
        written = output.write(model, out, formats)
    _print_summary(model, written)
    return model


def _print_summary(model: dict[str, Any], written: list[Path]) -> None:
    from rich.console import Console

    from analyze.render import terminal

    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPE_WIDTH)
    width = max(80, min(console.width, 120))
    console.print(terminal.summary(model, width), width=width)
    # Not through rich: it would wrap a long path, which then cannot be opened by a click.
    for path in written:
        if path.is_file():
            click.echo(f"report  {path}")


def _default_out(question: "Question") -> Path:
    """Return reports/VALUE-by-BY, with only characters that every file system takes."""
    name = f"{question.value}-by-{'-'.join(question.by)}"
    return Path("reports") / re.sub(r"[^\w.-]+", "-", name)


def main() -> None:
    """Run the command line; known errors are one line, unknown ones keep their traceback."""
    try:
        analyze.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted; no report was written", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AnalyzeError as error:
        click.echo(f"analyze: {error}", err=True)
        sys.exit(
            USAGE if isinstance(error, UsageError) else DATA if isinstance(error, DataError) else FAILURE
        )
