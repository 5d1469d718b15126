"""The sections of the report, in order. To add one: a function here and a line in `SECTIONS`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analyze.paired import PAIRED_TESTS
from analyze.render import formatting as fmt
from analyze.render import references
from analyze.render.calibration import calibration
from analyze.render.document import Block, Code, Model, Paragraph, References, Table, figures, table
from analyze.render.failures import failures
from analyze.render.inference import effects, tests
from analyze.render.matching import pairs
from analyze.render.pairs import alpha, primary
from analyze.render.places import differ, retrain
from analyze.where import MAX_RESAMPLES

_TONES: dict[str, Any] = {"note": "note", "warning": "warning"}


def data(model: Model) -> list[Block]:
    """Say what was compared: groups, what was left out and why, mixed configurations."""
    blocks: list[Block] = [_groups(model)]
    if model["exclusions"]:
        rows = [(e["reason"], e["group"], fmt.count(e["n"])) for e in model["exclusions"]]
        columns = {"Reason": False, "Group": False, "Rows": True}
        blocks.append(table("Rows that are not in the comparison, and why.", columns, rows))
    if model["mixtures"]:
        blocks += _mixtures(model)
    return blocks + figures(model, ["distributions"])


def further_figures(model: Model) -> list[Block]:
    """Show figures that no other section claims."""
    claimed = {"distributions", "ecdf", "matched_pairs"}
    return figures(model, [f["figure"] for f in model["figures"] if f["figure"] not in claimed])


def checks(model: Model) -> list[Block]:
    """List what was checked and what to keep in mind."""
    return [Paragraph(text=c["sentence"], tone=_TONES.get(c["level"], "plain")) for c in model["checks"]]


def methods(model: Model) -> list[Block]:
    """Say in prose what was done, from the resolved options."""
    question = model["question"]
    level = fmt.level(question["confidence"])
    where = f" Only rows with {question['where']} were used." if question["where"] else ""
    margin = question["margin"]
    equivalence = (
        f"Equivalence was tested by two one-sided tests against a margin of {fmt.number(margin)}, "
        "set in advance."
        if margin is not None
        else "No margin of equivalence was set, so this report cannot conclude that groups are equivalent: a "
        "difference that is not shown may still exist."
    )
    return [
        Paragraph(
            text=f"The value compared is {question['value']}, one number per run; groups are formed by "
            f"{fmt.listing(list(question['by']))}, and {model['groups'][0]['group']} is the baseline.{where} "
            f"{_independence(model)} In a pair “b − a” every difference is b "
            "minus a, and P(b > a) counts ties as one half."
        ),
        Paragraph(
            text=f"The primary test, fixed in advance, is {_primary_label(model)}; the other tests are "
            f"secondary and each has its own null hypothesis. All tests are two-sided at {alpha(model)}. "
            f"{_family(model)}"
        ),
        Paragraph(
            text=f"Intervals have {level} confidence. Resampling used {fmt.count(question['resamples'])} "
            f"resamples from seed {question['seed']}, bands at most {fmt.count(MAX_RESAMPLES)}; the tables "
            f"name each method. A band holds for all its places at once, an interval for one. {equivalence}"
        ),
    ]


def reproduce(model: Model) -> list[Block]:
    """Give the command, the versions and the digest of the data."""
    provenance, source = model["provenance"], model["provenance"].get("source", {})
    versions = [
        ("minima-census", provenance["package_version"]),
        *(
            (name, provenance[name])
            for name in ("python", "numpy", "scipy", "platform")
            if provenance.get(name)
        ),
    ]
    commit = provenance.get("git_commit")
    if commit:
        changed = " (with uncommitted changes)" if provenance.get("git_dirty") else ""
        versions.append(("git commit", f"{commit}{changed}"))
    facts = [("table", "path"), ("rows", "n_rows"), ("files", "n_files"), ("digest of the data", "digest")]
    rows = [(label, str(source[key])) for label, key in facts if source.get(key) is not None]
    rows += (
        [("table written by", _words(source["package_versions"]))] if source.get("package_versions") else []
    )
    rows += [(name, str(version)) for name, version in versions]
    rows.append(("created", f"{provenance['created_at']}{_duration(provenance)}"))
    columns = {"What": False, "Value": False}
    return [Code(text=provenance["command"]), table("Where this report comes from.", columns, rows)]


def cited(model: Model) -> list[Block]:
    """List the sources of the methods that this report used."""
    return [References(items=references.of(model))]


SECTIONS: dict[str, tuple[str, Callable[[Model], list[Block]]]] = {
    "data": ("Data", data),
    "effects": ("How large is the difference?", effects),
    "tests": ("Are the distributions different?", tests),
    "differ": ("Where they differ", differ),
    "retrain": ("What it means for someone who retrains", retrain),
    "pairs": ("Matched pairs", pairs),
    "failures": ("Runs that failed", failures),
    "calibration": ("Do the tests keep their level here?", calibration),
    "figures": ("Further figures", further_figures),
    "checks": ("Checks", checks),
    "methods": ("Methods", methods),
    "reproduce": ("Reproduce", reproduce),
    "references": ("References", cited),
}


def _groups(model: Model) -> Table:
    groups = model["groups"]
    decimals = _group_decimals(groups)
    several = len(groups) > 1
    rows = [
        (
            f"{g['group']} (baseline)" if several and i == 0 else g["group"],
            fmt.count(g["n"]),
            fmt.count(g["n_failed"]),
            *(fmt.fixed(g[key], decimals) for key in ("mean", "sd", "median", "iqr", "min", "max")),
        )
        for i, g in enumerate(groups)
    ]
    names = ("Runs", "Failed", "Mean", "SD", "Median", "IQR", "Min", "Max")
    value = model["question"]["value"]
    caption = f"{value} of the runs that finished. SD: standard deviation; IQR: width of the middle half."
    return table(caption, {"Group": False} | dict.fromkeys(names, True), rows)


def _group_decimals(groups: Sequence[Mapping[str, Any]]) -> int | None:
    """Show two digits of the smallest standard error: more would be noise, fewer would hide differences."""
    errors = [g["se"] for g in groups if g["se"]]
    return fmt.decimals_for(min(errors) if errors else None)


def _mixtures(model: Model) -> list[Block]:
    columns = {"Column": False, "Group": False, "Values": True, "For example": False}
    rows = [
        (m["column"], m["group"], fmt.count(m["n_values"]), _words(m["examples"])) for m in model["mixtures"]
    ]
    what = "Columns that vary inside a group: a difference between such groups may come from the mixture."
    return [table(f"{what} How to separate them stands under Checks.", columns, rows)]


def _independence(model: Model) -> str:
    paired = {
        t["test"]: t["label"] for c in model["comparisons"] for t in c["tests"] if t["test"] in PAIRED_TESTS
    }
    if not paired:
        return "Every test takes the groups as independent samples."
    verb = "compares" if len(paired) == 1 else "compare"
    unit = model["question"]["unit"]
    return (
        f"{fmt.listing(list(paired.values()))} {verb} matched pairs, runs of equal {unit}; every other "
        "test takes the groups as independent samples."
    )


def _primary_label(model: Model) -> str:
    labels = [primary(c).get("label") for c in model["comparisons"]]
    return str(next((label for label in labels if label), model["question"]["primary"]))


def _family(model: Model) -> str:
    """Name the two families that compare.py adjusts over."""
    n = len(model["comparisons"])
    names = {"holm": "Holm's method", "bh": "the method of Benjamini and Hochberg"}
    method = names.get(model["question"]["adjust"], model["question"]["adjust"])
    if n == 1:
        return f"The primary p-value stands as it is; the others are adjusted by {method} over all tests."
    return (
        f"The primary p-values are adjusted by {method} over the {n} pairs, the others over all tests "
        "of all pairs."
    )


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ", ".join(str(v) for v in value)


def _duration(provenance: Mapping[str, Any]) -> str:
    seconds = provenance.get("duration_s")
    return "" if seconds is None else f", in {fmt.number(seconds, 2)} s"
