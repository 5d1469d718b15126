"""The sections of the report, in order. To add one: a function here and a line in `SECTIONS`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analyze.render import formatting as fmt
from analyze.render import references
from analyze.render.document import Block, Code, Figure, Heading, Model, Paragraph, References, Table, table

# Full tables for at most this many pairs; more pairs are one row each, and every number is in the CSV tables.
MAX_DETAILED = 6

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
    return blocks + _figures(model, ["distributions"])


def effects(model: Model) -> list[Block]:
    """Show how large the differences are, before any test."""
    if len(model["comparisons"]) == 1:
        return [_effects(model["comparisons"][0])]
    blocks: list[Block] = [_overview(model)]
    for comparison in _detailed(model):
        blocks += [Heading(text=_pair(comparison)), _sentence(comparison), _effects(comparison)]
    return blocks


def tests(model: Model) -> list[Block]:
    """Show every test with its null hypothesis in words, and the distribution functions."""
    blocks: list[Block] = []
    if model["omnibus"]:
        blocks.append(_omnibus(model))
    detailed = _detailed(model)
    for comparison in detailed:
        if len(detailed) > 1:
            blocks.append(Heading(text=_pair(comparison)))
        blocks.append(_tests(comparison, model))
        blocks += _power(comparison, model)
    return blocks + _figures(model, ["ecdf"])


def pairs(model: Model) -> list[Block]:
    """Show runs with equal units against each other, where they are matched by design."""
    matched = [c for c in model["comparisons"] if c.get("matched")]
    if not matched:
        return []
    unit = model["question"]["unit"]
    columns = {
        "Pair": False,
        "Matched": True,
        "Unmatched": True,
        "Correlation": True,
        "Mean difference": True,
    }
    rows = [_matched(c) for c in matched[: 4 * MAX_DETAILED]]
    what = f"Runs with equal {unit} as matched pairs; intervals at the level of the report."
    return [table(what, columns, rows), *_figures(model, ["matched_pairs"])]


def further_figures(model: Model) -> list[Block]:
    """Show figures that no other section claims."""
    claimed = {"distributions", "ecdf", "matched_pairs"}
    return _figures(model, [f["figure"] for f in model["figures"] if f["figure"] not in claimed])


def checks(model: Model) -> list[Block]:
    """List what was checked and what to keep in mind."""
    return [Paragraph(text=c["sentence"], tone=_TONES.get(c["level"], "plain")) for c in model["checks"]]


def methods(model: Model) -> list[Block]:
    """Say in prose what was done, from the resolved options."""
    question = model["question"]
    level = fmt.level(question["confidence"])
    alpha = fmt.level(round(1 - question["confidence"], 10))
    primary = _primary_label(model)
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
            "Every test takes the groups as independent samples. In a pair “b − a” every difference is b "
            "minus a, and P(b > a) counts ties as one half."
        ),
        Paragraph(
            text=f"The primary test, fixed in advance, is {primary}; the other tests are secondary and each "
            f"has its own null hypothesis. All tests are two-sided at {alpha}. {_family(model)}"
        ),
        Paragraph(
            text=f"Intervals have {level} confidence. Resampling used {fmt.count(question['resamples'])} "
            f"resamples from seed {question['seed']}; the table of effects names each method. {equivalence}"
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
    "pairs": ("Matched pairs", pairs),
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


def _overview(model: Model) -> Table:
    comparisons = model["comparisons"]
    columns = {"Pair": False, "Verdict": False, "Mean difference": True, "Interval": True, "p": True}
    columns |= {"adjusted p": True}
    differences = [_effect(c, "mean_difference") for c in comparisons]
    decimals = [_effect_decimals(d) for d in differences if d]
    common = max((d for d in decimals if d is not None), default=None)
    rows = []
    for comparison, difference in zip(comparisons, differences, strict=True):
        primary = _primary(comparison)
        estimate, low, high = (difference.get(k) if difference else None for k in ("estimate", "low", "high"))
        rows.append(
            (
                _pair(comparison),
                comparison["verdict"],
                fmt.fixed(estimate, common, sign=True),
                fmt.interval(low, high, common, sign=True),
                fmt.pvalue(primary.get("pvalue")),
                fmt.pvalue(primary.get("pvalue_adjusted")),
            )
        )
    level = fmt.level(model["question"]["confidence"])
    details = "" if len(comparisons) == len(_detailed(model)) else f" {_which_details(model)}"
    caption = f"All pairs: mean difference with {level} interval, p of the primary test.{details}"
    return table(caption, columns, rows)


def _which_details(model: Model) -> str:
    shown = len(_detailed(model))
    if shown:
        return f"Full tables follow for the {shown} pairs with the baseline; the rest is in the CSV tables."
    return "Every effect and test of every pair is in the CSV tables."


def _detailed(model: Model) -> list[Mapping[str, Any]]:
    """Choose the pairs that get full tables: all of few, else those with the baseline, else none."""
    comparisons = list(model["comparisons"])
    if len(comparisons) <= MAX_DETAILED:
        return comparisons
    with_baseline = [c for c in comparisons if c["group_a"] == model["groups"][0]["group"]]
    return with_baseline if len(with_baseline) <= MAX_DETAILED else []


def _effects(comparison: Mapping[str, Any]) -> Table:
    columns = {"Effect": False, "Estimate": True, "Interval": True, "No difference": True, "Method": False}
    level = next((e["confidence_level"] for e in comparison["effects"] if e.get("confidence_level")), None)
    rows = []
    for e in comparison["effects"]:
        decimals, sign = _effect_decimals(e), e["null_value"] == 0
        name = f"{e['label']} ({e['unit']})" if e.get("unit") else e["label"]
        reason = f"; {e['reason']}" if e.get("reason") else ""
        rows.append(
            (
                name,
                fmt.fixed(e["estimate"], decimals, sign=sign),
                fmt.interval(e["low"], e["high"], decimals, sign=sign),
                fmt.number(e["null_value"]),
                f"{e['method']}{reason}",
            )
        )
    interval = f", with {fmt.level(level)} intervals" if level else ""
    caption = f"{_pair(comparison)}: effects{interval}. “No difference” is the value that would mean none."
    return table(caption, columns, rows)


def _effect_decimals(effect: Mapping[str, Any]) -> int | None:
    low, high = effect["low"], effect["high"]
    width = high - low if low is not None and high is not None else None
    return fmt.decimals_for(width if width else effect["estimate"], 2 if width else 3)


def _tests(comparison: Mapping[str, Any], model: Model) -> Table:
    adjust = model["question"]["adjust"]
    adjusted = f"p ({adjust.capitalize()})" if adjust else "adjusted p"
    columns = {"Test": False, "Null hypothesis": False, "Statistic": True, "p": True, adjusted: True}
    columns |= {"Decision": False, "Method": False}
    rows = [
        (
            f"{t['label']} (primary)" if t["primary"] else t["label"],
            t["hypothesis"],
            fmt.statistic(t["statistic_name"], t["statistic"]),
            fmt.pvalue(t["pvalue"]),
            fmt.pvalue(t["pvalue_adjusted"]),
            _decision(t["rejected"]),
            "; ".join(part for part in (t["method"], _monte_carlo(t), t.get("reason")) if part),
        )
        for t in comparison["tests"]
    ]
    alpha = fmt.level(round(1 - model["question"]["confidence"], 10))
    return table(f"{_pair(comparison)}: tests, two-sided at {alpha}.", columns, rows)


def _monte_carlo(test: Mapping[str, Any]) -> str:
    error = test.get("pvalue_error")
    return f"Monte-Carlo error of p {fmt.number(error, 1)}" if error and test["pvalue"] is not None else ""


def _decision(rejected: bool | None) -> str:  # noqa: FBT001 - a value of the table, not an option
    words = {True: "rejected", False: "not rejected"}
    return fmt.MISSING if rejected is None else words[rejected]


def _omnibus(model: Model) -> Table:
    columns = {"Test": False, "Null hypothesis": False, "Statistic": True, "p": True, "Method": False}
    rows = [
        (o["label"], o["hypothesis"], fmt.number(o["statistic"]), fmt.pvalue(o["pvalue"]), o["method"])
        for o in model["omnibus"]
    ]
    return table(f"All {len(model['groups'])} groups at once.", columns, rows)


def _power(comparison: Mapping[str, Any], model: Model) -> list[Block]:
    smallest, minimum = comparison.get("detectable_difference"), comparison.get("minimum_pvalue")
    sentences = []
    if smallest is not None and comparison["verdict"] != "differs":
        sentences.append(
            "With these numbers of runs and this spread, Welch's t test would find a difference of means of "
            f"{fmt.number(smallest, 2)} {model['question']['value']} with 80 % power."
        )
    if minimum is not None and comparison["verdict"] == "inconclusive":
        sentences.append(
            f"The smallest p that so few runs can reach in the primary test is {fmt.pvalue(minimum)}."
        )
    return [Paragraph(text=" ".join(sentences), tone="note")] if sentences else []


def _matched(comparison: Mapping[str, Any]) -> tuple[str, ...]:
    m = comparison["matched"]
    decimals = _effect_decimals(
        _effect(comparison, "mean_difference") or m | {"estimate": m["mean_difference"]}
    )
    unmatched = f"{fmt.count(m['n_unmatched_a'])} + {fmt.count(m['n_unmatched_b'])}"
    correlation = f"{fmt.fixed(m['correlation'], 2)} {fmt.interval(m['low'], m['high'], 2)}"
    difference = fmt.fixed(m["mean_difference"], decimals, sign=True)
    return (_pair(comparison), fmt.count(m["n_pairs"]), unmatched, correlation, difference)


def _sentence(comparison: Mapping[str, Any]) -> Paragraph:
    return Paragraph(text=f"{comparison['sentence']} {comparison['detail']}".strip())


def _figures(model: Model, names: Sequence[str]) -> list[Block]:
    return [
        Figure(figure=f["figure"], title=f["title"], caption=f["caption"], alt=f["alt"])
        for f in model["figures"]
        if f["figure"] in names
    ]


def _pair(comparison: Mapping[str, Any]) -> str:
    return f"{comparison['group_b']} − {comparison['group_a']}"


def _effect(comparison: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    return next((e for e in comparison["effects"] if e["effect"] == name), None)


def _primary(comparison: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((t for t in comparison["tests"] if t["primary"]), {})


def _primary_label(model: Model) -> str:
    labels = [_primary(c).get("label") for c in model["comparisons"]]
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
