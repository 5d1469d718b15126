"""Scope: differences of accuracy on these test examples, and on new ones."""

from collections.abc import Sequence

import pandas as pd

from analyze import text as fmt
from analyze.answered import Scope
from analyze.comparison.pair import PairComparison
from analyze.comparison.scope import in_examples
from analyze.figures import style, words
from analyze.figures.figure import Content, Figure, Plot
from analyze.figures.source import FigureSource
from analyze.figures.style import p9
from analyze.results import FigureEntry

MAX_ROWS = 24
THESE, NEW = "these", "new"


def content(source: FigureSource) -> Content | None:
    """Put both intervals of every pair on one axis, in test examples, sorted by the difference."""
    known = [(pair, pair.scope) for pair in _shown(source) if pair.scope is not None]
    if not known or source.seen is None:
        return None
    known.sort(key=lambda one: one[1].difference or 0.0)
    n, example = known[0][1].n_test, source.seen.answers.example
    rows = [_row(pair, scope) for pair, scope in known]
    groups = source.groups_of([pair for pair, _ in known])
    return Content(
        title=f"Differences of accuracy on these {example}s, and on new ones",
        caption=_caption(source, [scope for _, scope in known], example)
        + source.which(groups if source.groups[0] in groups else ()),
        alt=f"Forest plot of differences in right answers of {fmt.count(n)}. "
        + words.first([_told(pair, scope) for pair, scope in known], "row"),
        tables={"scope": {name: [row[name] for row in rows] for name in rows[0]}},
        groups=groups,
    )


def draw(entry: FigureEntry) -> Plot:
    """Draw a row for each pair: a thick line on these examples, a thin one on new ones."""
    rows = style.plain_frame(entry, "scope")
    names = pd.Series(style.pair_names(rows).astype(str)).map(lambda name: style.two_lines(name))
    rows["row"] = pd.Categorical(names, list(dict.fromkeys(names))[::-1])
    rows["holds"] = pd.Categorical(
        rows["decides"]
        .map({"both": "holds on new ones", "test set only": "on these only"})
        .fillna("not shown"),
        ["holds on new ones", "on these only", "not shown"],
    )
    used = [word for word in rows["holds"].cat.categories if (rows["holds"] == word).any()]
    looks = dict(
        zip(
            rows["holds"].cat.categories,
            zip((style.COLORS[1], style.COLORS[0], style.QUIET), "oDs", strict=True),
            strict=True,
        )
    )
    plot: Plot = p9.ggplot(rows, p9.aes(y="row", color="holds"))
    plot += p9.geom_vline(xintercept=0, color=style.INK, size=0.6)
    for low, high, size in (("new_low", "new_high", 0.6), ("low", "high", 2.2)):
        span = p9.aes(x=low, xend=high, yend="row")
        plot += p9.geom_segment(span, rows.dropna(subset=[low, high]), size=size)
    plot += p9.geom_point(p9.aes(x="difference", shape="holds", fill="holds"), size=2.4, stroke=0.3)
    plot += [
        p9.scale_color_manual(values={word: looks[word][0] for word in used}, limits=used),
        p9.scale_fill_manual(values={word: looks[word][0] for word in used}, limits=used),
        p9.scale_shape_manual(values={word: looks[word][1] for word in used}, limits=used),
        p9.scale_x_continuous(labels=style.signed, breaks=style.few_breaks),
        p9.labs(x=f"right answers of {fmt.count(rows['n_test'].iloc[0])}, {_from(rows)}", y=""),
    ]
    height = 0.9 + sum(0.13 + 0.14 * (str(name).count("\n") + 1) for name in rows["row"].cat.categories)
    plot += style.theme(width=style.WIDTH, height=max(height, 1.5), legend=True)
    plot += p9.theme(axis_title_y=p9.element_blank(), panel_grid_major_y=p9.element_blank())
    return plot


def _shown(source: FigureSource) -> Sequence[PairComparison]:
    if len(source.pairs) <= MAX_ROWS:
        return list(source.pairs)
    return source.against_baseline(MAX_ROWS)


def _row(pair: PairComparison, scope: Scope) -> dict[str, float | int | str | None]:
    def number(share: float | None) -> float | None:
        return None if share is None else share * scope.n_test

    return {
        "group_a": pair.group_a,
        "group_b": pair.group_b,
        "difference": number(scope.difference),
        "low": number(scope.test.low),
        "high": number(scope.test.high),
        "new_low": number(scope.new.low),
        "new_high": number(scope.new.high),
        "n_test": scope.n_test,
        "decides": scope.decides,
    }


def _from(rows: pd.DataFrame) -> str:
    first = rows["group_a"].unique()
    return f"difference from {style.short(first[0], 20)}" if len(first) == 1 else "difference"


def _caption(source: FigureSource, scopes: Sequence[Scope], example: str) -> str:
    kept = sum(scope.decides == "both" for scope in scopes)
    n = len(scopes)
    found = f"{kept} of {n} differences hold" if n > 1 else "The difference holds" if kept else "Not shown"
    grouped = any(scope.image_groups is not None for scope in scopes)
    new = f"new groups of {example}s" if grouped else f"new {example}s like them"
    level = fmt.level(source.confidence)
    return (
        f"{found} on {new}. Thick lines: {level} intervals on these {example}s; thin lines: on {new}. "
        "Colours and shapes: decided by p-values adjusted over the pairs."
    )


def _told(pair: PairComparison, scope: Scope) -> str:
    test, new = (" to ".join(in_examples(one, scope.n_test)) for one in (scope.test, scope.new))
    return f"{words.name(pair.group_b)} − {words.name(pair.group_a)}: {test}; on new ones {new}."


FIGURE = Figure(
    name="scope",
    section="scope",
    few=True,
    reads=(
        "A thick line is what more runs on these test examples would show, a thin one what more runs on new "
        "examples of the same kind would. Where a thin line crosses zero, the difference may be that of "
        "these "
        "examples."
    ),
    tables=("scope",),
    content=content,
    draw=draw,
    sources=("hillis_2007",),
)
