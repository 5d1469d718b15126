"""Make docs/study.md: `python docs/study.py` reads every number in it from the study's reports and runs.

The words are in study.template.md.
"""

from functools import cache
from pathlib import Path
from statistics import fmean

import pyarrow.dataset as ds

from analyze import text as fmt
from analyze.answered import PairFunctions, Scope
from analyze.comparison.scope import in_examples
from analyze.records import Pair
from analyze.report import svg
from analyze.results import GroupSummary, Results, from_json

DOCS = Path(__file__).parent
PAGE, TEMPLATE, ROOT = DOCS / "study.md", DOCS / "study.template.md", DOCS.parent
MAP = DOCS / "images" / "study-map.svg"
JOINT = "joint · sgd"
CONTROLS = ("joint-long · sgd", "joint-1600 · sgd", "joint-2000 · sgd")


@cache
def report(name: str) -> Results:
    """Return a report of the study: of accuracy (``study``) or of training loss (``study-train-loss``)."""
    return from_json((ROOT / "reports" / name / "results.json").read_text(encoding="utf-8"))


@cache
def sharpness() -> dict[str, float]:
    """Return the mean largest eigenvalue of the Hessian of each strategy's finished runs."""
    table = ds.dataset(ROOT / "data" / "study", format="parquet").to_table(
        columns=["schedule", "optimizer", "status", "sharpness"]
    )
    found: dict[str, list[float]] = {}
    for row in table.to_pylist():
        if row["status"] == "ok" and row["sharpness"] is not None:
            found.setdefault(f"{row['schedule']} · {row['optimizer']}", []).append(row["sharpness"])
    return {name: fmean(values) for name, values in found.items()}


def strategy(group: str) -> str:
    """Return a strategy as the page calls it: sgd is not said."""
    schedule, _, optimizer = group.partition(" · ")
    return schedule if optimizer == "sgd" else f"{schedule}, {optimizer}"


def groups() -> list[GroupSummary]:
    """Return the strategies, the most accurate first."""
    return sorted(report("study").groups, key=lambda g: -(g.mean or 0))


def pair(group: str) -> Pair:
    """Return a strategy against joint."""
    return report("study").pair(JOINT, group)


def scope_of(group: str) -> Scope:
    """Return whether its difference from joint holds on new images."""
    scope = pair(group).scope
    assert scope is not None
    return scope


def functions_of(group: str) -> PairFunctions:
    """Return whether it reaches other functions than joint."""
    functions = pair(group).functions
    assert functions is not None
    return functions


def images(share: float | None, digits: int = 0, *, sign: bool = False) -> str:
    """Return a fraction of the 10,000 test images as their number."""
    return fmt.fixed(None if share is None else 10_000 * share, digits, sign=sign)


def row(group: GroupSummary) -> str:
    """Return a row of the table."""
    loss = next(g for g in report("study-train-loss").groups if g.group == group.group)
    scale = 1e4
    decimals = 0 if (loss.mean or 0) * scale >= 20 else 1 if (loss.mean or 0) * scale >= 0.1 else 4
    losses = " ± ".join(fmt.fixed((x or 0) * scale, decimals) for x in (loss.mean, loss.sd))
    accuracy = f"{fmt.fixed(group.mean, 5)} ± {fmt.fixed(group.sd, 5)}"
    vote = fmt.fixed(group.functions.vote[-1].accuracy, 4) if group.functions else fmt.MISSING
    name = strategy(group.group)
    if group.group == JOINT:
        cells = (f"**{name}**", str(group.n_failed), losses, accuracy, "–", "–", "–", "–", "–", vote)
        return f"| {' | '.join(cells)} |"
    scope, functions = scope_of(group.group), functions_of(group.group)
    digits = 1 if abs(scope.difference or 0) < 0.0005 else 0
    holds = {"both": "yes", "test set only": "on these only", "neither": "no"}[scope.decides]
    cells = (
        name,
        str(group.n_failed),
        losses,
        accuracy,
        f"{images(scope.difference, digits, sign=True)} [{' to '.join(in_examples(scope.test, 10_000))}]",
        f"[{' to '.join(in_examples(scope.new, 10_000))}]",
        holds,
        f"{images(functions.twins)} / {images(functions.between)}",
        fmt.percent(functions.attribution, 1),
        vote,
    )
    return f"| {' | '.join(cells)} |"


def names(found: list[str]) -> str:
    """List strategies."""
    return fmt.listing([strategy(group).removeprefix("joint, ") for group in found])


def holding() -> dict[str, list[str]]:
    """Return the strategies by where their difference from joint holds."""
    found: dict[str, list[str]] = {"both": [], "test set only": [], "neither": []}
    for group in groups():
        if group.group != JOINT:
            found[scope_of(group.group).decides].append(group.group)
    return found


def finding() -> str:
    """Return what the study found, in two sentences."""
    kept = holding()["both"]
    n = len(report("study").comparisons)
    differ = [p for p in report("study").comparisons if p.functions and p.functions.differ]
    staged = functions_of("staged · sgd")
    reached = f"all {n}" if len(differ) == n else f"{len(differ)} of {n}"
    return (
        f"Of {n} other ways to train the network, {len(kept)} get more or fewer images right than joint "
        f"training, also on new images like these; {reached} reach other *functions*. Told by its answers "
        "alone, a single network is put to joint or staged training correctly in "
        f"{fmt.percent(staged.attribution, 1)} of cases."
    )


def page() -> str:
    """Return the page."""
    found, accuracy = holding(), report("study")
    kept, only = found["both"], [*found["test set only"], *found["neither"]]
    better = [group for group in kept if (scope_of(group).difference or 0) > 0]
    staged, long = functions_of("staged · sgd"), functions_of("joint-long · sgd")
    of = {g.group: g for g in accuracy.groups}
    own = {name: g.functions for name, g in of.items() if g.functions}
    spread = of[JOINT].spread
    assert spread is not None
    losses = {g.group: g.mean or 0.0 for g in report("study-train-loss").groups}
    by_vote = sorted(own, key=lambda g: -(own[g].vote[-1].accuracy or 0))
    by_mean = [g.group for g in groups()]
    silent = [
        p.group_b for p in accuracy.comparisons if p.functions and p.functions.differ and p.group_b in only
    ]
    nearest = min(own, key=lambda g: own[g].minimum or 1)
    lowest_dip = min((f.dip_pvalue for f in own.values() if f.dip_pvalue is not None), default=None)
    sharp = sharpness()
    new = scope_of("staged · sgd").new
    values = {
        "finding": finding(),
        "table": "\n".join(row(group) for group in groups()),
        "n": len(accuracy.comparisons),
        "n_kept": len(kept),
        "n_better": len(better),
        "n_worse": len(kept) - len(better),
        "only": names(only),
        "silent": names(silent),
        "staged_new": f"{images(-(new.high or 0))} to {images(-(new.low or 0))}",
        "staged": images(-(scope_of("staged · sgd").difference or 0)),
        "attribution": fmt.percent(staged.attribution, 1),
        "within_joint": images(own[JOINT].disagreement),
        "within_staged": images(own["staged · sgd"].disagreement),
        "between": images(staged.between),
        "share": fmt.percent(staged.share, 1),
        "twins_long": images(long.twins),
        "between_long": images(long.between),
        "twins_staged": images(staged.twins),
        "twins_retrained": images(functions_of("retrained · sgd").twins),
        "between_retrained": images(functions_of("retrained · sgd").between),
        "far": max(accuracy.comparisons, key=lambda p: (p.functions.twins_ratio or 0) if p.functions else 0),
        "nearest": strategy(nearest),
        "minimum": images(own[nearest].minimum),
        "unseen": fmt.percent(max(f.unseen or 0 for f in own.values()), 2),
        "dip": fmt.pvalue_phrase(lowest_dip),
        "real": fmt.percent(spread.share_real),
        "sd_real": images(spread.sd_distribution),
        "first_vote": strategy(by_vote[0]),
        "vote": fmt.fixed(own[by_vote[0]].vote[-1].accuracy, 4),
        "first_mean": strategy(by_mean[0]),
        "place": by_mean.index(by_vote[0]) + 1,
        "reversed_vote": fmt.fixed(own["reversed · sgd"].vote[-1].accuracy, 4),
        "joint_vote": fmt.fixed(own[JOINT].vote[-1].accuracy, 4),
        "staged_vote": fmt.fixed(own["staged · sgd"].vote[-1].accuracy, 4),
        "loss_staged": fmt.fixed(1e4 * losses["staged · sgd"], 1),
        "loss_joint": fmt.fixed(1e4 * losses[JOINT], 1),
        "pretrained": images(scope_of("pretrained · sgd").difference),
        "pretrained_full": images(scope_of("pretrained-full · sgd").difference),
        "rmsprop_ratio": fmt.count(round(losses[JOINT] / losses["joint · rmsprop"], -2)),
        "sharp_joint": fmt.fixed(sharp[JOINT], 2),
        "sharp_staged": fmt.fixed(sharp["staged · sgd"], 2),
        "sharp_pretrained": fmt.fixed(sharp["pretrained · sgd"], 2),
        "sharp_adam": fmt.fixed(sharp["joint · adam"], 3),
        "n_loss": sum(p.verdict == "differs" for p in report("study-train-loss").comparisons),
        "n_ks": sum(p.verdict == "differs" for p in accuracy.comparisons),
    }
    # What the words say without a number
    assert all(p.functions and p.functions.differ for p in accuracy.comparisons)
    assert not any(f.n_identical_pairs for f in own.values())
    assert all(losses[f"{name} · sgd"] < losses[JOINT] for name in ("staged", "greedy", "retrained"))
    assert min(own, key=lambda g: own[g].disagreement or 1) == "staged · sgd"
    assert all(functions_of(name).twins_ratio or 1 < 0.1 for name in CONTROLS)
    far = values.pop("far")
    assert isinstance(far, Pair)
    assert far.functions is not None
    values |= {
        "far": strategy(far.group_b),
        "twins_far": images(far.functions.twins),
        "between_far": images(far.functions.between),
    }
    return TEMPLATE.read_text(encoding="utf-8").format(**values)


def the_map() -> str:
    """Return the map of the strategies as a picture for light and dark pages."""
    figure = ROOT / "reports" / "study" / "figures" / "function_map.svg"
    return svg.standalone(figure.read_text(encoding="utf-8"))


def main() -> None:
    """Write the page and its picture."""
    MAP.parent.mkdir(exist_ok=True)
    MAP.write_text(the_map(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
