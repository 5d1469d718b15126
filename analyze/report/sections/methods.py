"""The sections "Methods" and "Reproduce": what was done, what was fixed in advance, how to repeat it."""

import shlex

from analyze import text as fmt
from analyze.comparison.where import MAX_RESAMPLES
from analyze.question import choices
from analyze.records import Ranking
from analyze.report import references
from analyze.report.document import Block, Code, Paragraph, Table, fold, table
from analyze.report.formulas import formulas
from analyze.report.pairs import alpha
from analyze.results import Provenance, Results
from analyze.stats.paired_tests import PAIRED_TESTS

# Characters of a line of code that fit a printed page.
_CODE_WIDTH = 82
_ADJUSTMENTS = {"holm": "Holm's method", "bh": "the method of Benjamini and Hochberg"}


def methods(results: Results) -> list[Block]:
    """Say in prose what was done, from the resolved options."""
    question = results.question
    where = f" Only rows with {question.where} were used." if question.where else ""
    return [
        Paragraph(
            text=f"The value compared is {question.value}, one number per run; groups are formed by "
            f"{fmt.listing(list(question.by))}, and {results.groups[0].group} is the baseline.{where} "
            f"{_independence(results)} In a pair “b − a” every difference is b "
            "minus a, and P(b > a) counts ties as one half."
        ),
        Paragraph(
            text=f"The primary test is {_primary_label(results)}{references.cite([question.primary])}; the "
            "other tests are secondary and each has its own null hypothesis. All tests are two-sided at "
            f"{alpha(results)}. {_family(results)} {_decision(results)}"
        ),
        Paragraph(
            text=f"Intervals have {fmt.level(question.confidence)} confidence. Resampling used "
            f"{fmt.count(question.resamples)} resamples from seed {question.seed}, bands at most "
            f"{fmt.count(MAX_RESAMPLES)}; the tables name each method. A band holds for all its places at "
            "once, an interval for one."
        ),
        *([Paragraph(text=_ranked(results.ranking))] if results.ranking else []),
        *([Paragraph(text=_answered(results))] if results.answered else []),
        Paragraph(text=_fixed(results)),
        fold("All options as they were resolved", _options(results), on_paper=False),
        fold("How each number is computed", _formulas(results), on_paper=False),
    ]


def reproduce(results: Results) -> list[Block]:
    """Give the commands, the versions, the digest of the data and the state of the code."""
    provenance = results.provenance
    commit, dirty = _commit(provenance)
    commands = [f"git checkout {commit}"] if commit else []
    commands += [
        _wrapped(provenance.command),
        "analyze report results.json    # this page again, without the table",
    ]
    note = (
        "The code had changes that no commit holds, so these commands may give other numbers."
        if dirty
        else ""
    )
    blocks: list[Block] = [Code(text="\n".join(commands))]
    blocks += [Paragraph(text=note, tone="note")] if note else []
    origin = _origin(provenance, commit, dirty=dirty)
    return [*blocks, fold("Where it comes from", origin, on_paper=False) if results.few else origin]


def _wrapped(command: str) -> str:
    """Break a long command between its words, as a shell reads it; a call of Python stays as it is."""
    if not command.startswith("analyze "):
        return command
    try:
        words = [fmt.shell_word(word) for word in shlex.split(command)]
    except ValueError:  # no command line of a shell
        return command
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > _CODE_WIDTH:
            lines.append(f"   {word}")
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return " \\\n".join(lines)


def _origin(provenance: Provenance, commit: str, *, dirty: bool) -> Table:
    source = provenance.source
    facts = [
        ("Table", source.path),
        ("Rows", fmt.count(source.n_rows)),
        ("Files", fmt.count(source.n_files) if source.n_files is not None else None),
        ("Digest of the runs compared (128-bit BLAKE2b)", source.digest),
        ("Run table version", source.schema_version),
        ("Table written by minima-census", ", ".join(source.package_versions)),
        ("Table written at git commit", ", ".join(source.git_commits)),
        ("Report by minima-census", provenance.package_version),
        (
            "Report at git commit",
            f"{commit} {'with' if dirty else 'without'} local changes" if commit else None,
        ),
        ("Python", provenance.python),
        ("NumPy", provenance.numpy),
        ("SciPy", provenance.scipy),
        ("Platform", provenance.platform),
        ("Created", f"{provenance.created_at}, in {fmt.number(provenance.duration_s, 2)} s"),
    ]
    rows = [(label, str(value)) for label, value in facts if value]
    return table("Where this report comes from.", {"What": False, "Value": False}, rows)


def _commit(provenance: Provenance) -> tuple[str, bool]:
    """Return the commit of the code and whether it had local changes."""
    commit = provenance.git_commit or ""
    return commit.removesuffix("-dirty"), commit.endswith("-dirty")


def _ranked(ranking: Ranking) -> str:
    """Say how groups are ranked."""
    matched = (
        f", with the correlation of runs that are matched by {fmt.count(ranking.n_units)} units"
        if ranking.n_units
        else ""
    )
    return (
        f"Ranks{references.cite(['ranks'])} are those of the {ranking.centre}s and hold for all groups at "
        "once: a group surely lies below another where their difference exceeds, in standard errors, what "
        f"the largest of all pairs reaches by chance{matched}. They need not agree with the primary test, "
        "which sees more than a difference of centres and is adjusted over the pairs by itself."
    )


def _answered(results: Results) -> str:
    """Say what was done with the answers to single test examples."""
    seen = results.answered
    example = seen.example if seen else "example"
    text = (
        f"The answers of the runs to single test {example}s are taken as a sample of runs crossed with "
        "one of "
        f"{example}s{references.cite(['scope'])}: an interval on these {example}s draws runs anew, one on "
        "new ones "
        "both. Its p-values are adjusted over the pairs by themselves. Rows and columns are not "
        "resampled, which "
        "would count their interaction three times."
    )
    if any(pair.functions for pair in results.comparisons):
        text += (
            f" Functions are compared by their energy distance{references.cite(['functions'])}; its "
            "p-value is that "
            "of random swaps of twins, or of random splits where runs have none, adjusted over the pairs. "
            "Attribution leaves out the run and its twin."
        )
    return text


def _options(results: Results) -> Table:
    rows = [("Table", "TABLE", results.question.table)]
    rows += [(label, option, shown) for _, label, option, shown in choices(results.question)]
    columns = {"Choice": False, "Option": False, "Resolved to": False}
    return table("Options of the command, with defaults filled in before any test was made.", columns, rows)


def _formulas(results: Results) -> Table:
    rows = [
        (fmt.initial(label), formula, references.sources(key) or fmt.MISSING)
        for key, label, formula in formulas(results)
    ]
    columns = {"Method": False, "Formula": False, "Source": False}
    caption = (
        "What each method computes. x are the runs of a, y those of b, n their numbers, m their means, s "
        "their standard deviations; F is the share of runs at or below a value, d a difference within a "
        "pair, * a resample."
    )
    return table(caption, columns, rows)


def _fixed(results: Results) -> str:
    margin = results.question.margin
    equivalence = (
        f"Equivalence was tested by two one-sided tests{references.cite(['margin'])} against a margin of "
        f"{fmt.number(margin)}."
        if margin is not None
        else "No margin of equivalence was set, so this report cannot conclude that groups are equivalent: a "
        "difference that is not shown may still exist."
    )
    return (
        "Fixed before any number was computed: the primary test, the level, the families of adjustment and "
        "the streams of random numbers; every test is two-sided, and none is chosen by looking at the data. "
        "Whether the command itself was chosen before the runs were looked at, this report cannot know. "
        f"{equivalence}"
    )


def _independence(results: Results) -> str:
    paired = {t.test: t.label for c in results.comparisons for t in c.tests if t.test in PAIRED_TESTS}
    if not paired:
        return "Every test takes the groups as independent samples."
    verb = "compares" if len(paired) == 1 else "compare"
    unit = results.question.unit
    return (
        f"{fmt.listing(list(paired.values()))} {verb} matched pairs, runs of equal {unit}; every other "
        "test takes the groups as independent samples."
    )


def _primary_label(results: Results) -> str:
    return results.comparisons[0].primary.label


def _family(results: Results) -> str:
    """Name the two families that compare.py adjusts over."""
    n, adjust = len(results.comparisons), results.question.adjust
    method = f"{_ADJUSTMENTS.get(adjust, adjust)}{references.cite([adjust])}"
    if n == 1:
        return f"The primary p-value stands as it is; the others are adjusted by {method} over all tests."
    return (
        f"The primary p-values are adjusted by {method} over the {n} pairs, the others over all tests "
        "of all pairs."
    )


def _decision(results: Results) -> str:
    equivalent = (
        "equivalent, if the difference of means lies inside the margin; "
        if results.question.margin is not None
        else ""
    )
    return (
        f"A pair differs if the adjusted p of the primary test is at most {alpha(results)}; otherwise it is "
        f"inconclusive, if so few runs could not have given so small a p; {equivalent}and in all other cases "
        "no difference was shown, which does not say that there is none."
    )
