"""Which rows make a group: columns, or a part of a column's text, and the group's name."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyze import text as fmt
from analyze.errors import UsageError, argument

GROUP_SEPARATOR = " · "
MAX_LISTED, MAX_NAME = 30, 60
_MAX_LETTERS = 400
# A label that ends so holds the run's number: "Baseline (Seed 3)", "adam_s1", "run-7".
_NUMBERED = re.compile(
    r"^(?P<stem>(?=.*[^\W\d_]).*?[^\s_\-(\[/#=:.])(?P<gap>[\s_\-/(\[.]*(?:seed|run|rep|repeat|trial|fold|version|init|s|r|v)?[\s_\-#=:]*)"
    r"(?P<number>\d+)[)\]]?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One column of ``--by``; with a pattern, the part of its text that the first bracket matches."""

    text: str
    column: str
    pattern: str | None = None


def find_column(name: str, columns: Sequence[str], *, option: str) -> str:
    """Return the column that a name means.

    Raises
    ------
    UsageError
        There is none; the message names one that is alike.
    """
    if name in columns:
        return name
    same = [column for column in columns if column.strip() == name.strip()]
    if len(same) == 1:
        return same[0]
    raise UsageError(
        f"{argument(option, name)}: there is no such column; {hint(name, columns)}"
        f"the table has {listed(columns)}"
    )


def hint(name: str, columns: Sequence[str]) -> str:
    """Return a question for the column that may be meant, or nothing."""
    folded = {column.casefold(): column for column in columns}
    ends = [column for column in columns if column.rpartition(".")[2].casefold() == name.casefold()]
    close = [folded[c] for c in difflib.get_close_matches(name.casefold(), folded, n=1)]
    found = [column for column in (folded.get(name.casefold()), *ends, *close) if column is not None]
    return f"did you mean {found[0]!r}? " if found else ""


def listed(names: Sequence[str], limit: int = MAX_LISTED) -> str:
    """Return the first names, and how many more there are; an error is a line, whatever a table's width."""
    shown: list[str] = []
    for name in map(str, names[:limit]):
        shown.append(name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…")
        if sum(map(len, shown)) > _MAX_LETTERS:
            break
    more = f" and {fmt.count(len(names) - len(shown))} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + more


def find_columns(asked: Sequence[str], columns: Sequence[str], *, option: str) -> tuple[str, ...]:
    """Return the columns that an option names: a text whole if it is a column, else its parts at commas."""
    found: list[str] = []
    for text in asked:
        if text in columns or text.strip() in columns:
            found.append(find_column(text, columns, option=option))
        else:
            found += [
                find_column(part.strip(), columns, option=option) for part in text.split(",") if part.strip()
            ]
    return tuple(dict.fromkeys(found))


def find_parts(asked: Sequence[str], columns: Sequence[str]) -> tuple[Part, ...]:
    """Return what ``--by`` names: columns, and ``COLUMN~PATTERN`` for a part of a column's text.

    Raises
    ------
    UsageError
        A column is not there, or a pattern is none.
    """
    parts: list[Part] = []
    for text in asked:
        if text in columns or text.strip() in columns:
            parts.append(Part(text=text.strip(), column=find_column(text, columns, option="by")))
            continue
        pieces: list[str] = []
        for piece in text.split(","):
            # A comma may belong to a pattern.
            if pieces and "~" in pieces[-1] and piece.strip() not in columns and "~" not in piece:
                pieces[-1] += f",{piece}"
            elif piece.strip():
                pieces.append(piece)
        parts += [_part(piece, columns) for piece in pieces]
    if not parts:
        raise UsageError(
            f"{argument('by')} names no column; give at least one, e.g. {argument('by', 'schedule')}"
        )
    return tuple({part.text: part for part in parts}.values())


def _part(text: str, columns: Sequence[str]) -> Part:
    if text.strip() in columns or "~" not in text:
        return Part(text=text.strip(), column=find_column(text.strip(), columns, option="by"))
    name, _, pattern = text.partition("~")
    column = find_column(name.strip(), columns, option="by")
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"{argument('by', text)}: {pattern!r} is no pattern ({error}); try e.g. '{name}~(.*) seed'"
        ) from error
    if compiled.groups < 1:
        raise UsageError(
            f"{argument('by', text)}: put what names the group in brackets, e.g. '{name}~(.*) seed'"
        )
    return Part(text=text.strip(), column=column, pattern=pattern)


def group_cells(frame: pd.DataFrame, parts: Sequence[Part]) -> pd.DataFrame:
    """Return the cells that make groups, a column a part: texts without outer blanks, empty ones missing."""
    return pd.DataFrame({part.text: _cells(frame[part.column], part) for part in parts}, index=frame.index)


def _cells(cells: pd.Series, part: Part) -> pd.Series:
    if part.pattern is not None:
        distinct = {value: re.search(part.pattern, str(value)) for value in cells.dropna().unique()}
        found = {
            value: match.group(1).strip() if match and match.group(1) else None
            for value, match in distinct.items()
        }
        return cells.map(found).astype(object)
    if pd.api.types.is_numeric_dtype(cells.dtype) or pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return cells
    distinct_texts = {value: _stripped(value) for value in cells.dropna().unique()}
    if all(value == text for value, text in distinct_texts.items()):
        return cells
    return cells.map(distinct_texts)


def _stripped(value: object) -> object:
    return (value.strip(fmt.BLANKS) or None) if isinstance(value, str) else value


def sorted_runs(
    rows: pd.DataFrame, groups: tuple[str, ...], *, with_places: bool
) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Return the finished runs (``group``, ``unit``, ``value``) by group, unit and value, and their places.

    Where tasks were named, ``task`` is theirs.

    ``rows`` has those columns and ``reason``, which is missing where a run finished. There are no places
    where they are not asked for, which saves a sort.
    """
    is_finished = rows["reason"].isna().to_numpy()
    finished = rows.loc[is_finished, ["group", "unit", "value"]]
    rank = pd.Index(groups).get_indexer(pd.Index(finished["group"]))
    if finished["unit"].notna().any():
        ranked = finished.assign(group=rank).set_axis(range(len(rank)))
        order = ranked.sort_values(["group", "unit", "value"], kind="stable").index.to_numpy()
        values = finished["value"].to_numpy()[order]
    elif with_places or "task" in rows:
        order = np.lexsort((finished["value"], rank))
        values = finished["value"].to_numpy()[order]
    else:  # half the time of a sort by group and value
        order = np.argsort(rank, kind="stable")
        values = finished["value"].to_numpy()[order]
        for group in np.split(values, np.bincount(rank).cumsum()):
            group.sort()
    runs = pd.DataFrame(
        {
            "group": pd.array(groups, dtype="str").take(rank[order]),
            "unit": finished["unit"].array.take(order),
            "value": values,
            **({"task": rows["task"].array[is_finished].take(order)} if "task" in rows else {}),
        }
    )
    return runs, np.flatnonzero(is_finished)[order] if with_places else np.empty(0, dtype=np.int64)


def labels(cells: pd.DataFrame) -> pd.Series:
    """Name each row's group after its cells, e.g. "staged · sgd"; missing where a cell is."""
    width = cells.shape[1]
    cells = cells.set_axis(range(width), axis=1)
    distinct = cells.drop_duplicates().dropna()
    text = distinct.astype(str)
    rows = list(text.itertuples(index=False, name=None))
    names = [GROUP_SEPARATOR.join(map(fmt.visible, row)) for row in rows]
    # "a · b" and "c" against "a" and "b · c"; a line break against its name; blanks of different kinds
    if len({" ".join(name.split()) for name in names}) < len(names):
        names = [GROUP_SEPARATOR.join(fmt.visible(repr(part)) for part in row) for row in rows]
    keyed = distinct.assign(label=pd.Series(names, index=distinct.index, dtype=object))
    return cells.merge(keyed, how="left", on=list(range(width)))["label"].set_axis(cells.index)


def numbered_labels(groups: Sequence[str]) -> str | None:
    r"""Return a pattern that takes the run's number off labels that all end with one, or None.

    Examples
    --------
    >>> numbered_labels(["Baseline (Seed 1)", "Baseline (Seed 2)", "Wide (Seed 1)", "Wide (Seed 2)"])
    '(.*) \\(Seed '
    >>> numbered_labels(["resnet18", "resnet50"]) is None
    True
    """
    matches = [_NUMBERED.match(group) for group in groups]
    if not groups or not all(matches):
        return None
    found = [match for match in matches if match is not None]
    gaps = {match["gap"] for match in found}
    stems = {match["stem"] for match in found}
    if len(gaps) != 1 or len(stems) > len(groups) / 2:
        return None
    gap = gaps.pop()
    if not gap and max(int(match["number"]) for match in found) > len(groups):
        return None  # the number of a model, such as resnet50
    return "(.*)" + re.sub(r"([.()\[\]#])", r"\\\1", gap) if gap else r"(.*?)\d+$"


def alike(groups: Sequence[str]) -> list[str]:
    """Return a sentence for groups whose names differ in case, blanks or punctuation alone.

    Examples
    --------
    >>> alike(["Adam", "adam", "sgd"])
    ["'Adam' and 'adam' are two groups, though their names are nearly the same."]
    """
    by_plain: dict[str, list[str]] = {}
    for group in groups:
        by_plain.setdefault(re.sub(r"[\W_]+", "", group.casefold()) or group, []).append(group)
    return [
        f"{' and '.join(map(repr, names[:4]))} are {'two' if len(names) == 2 else len(names)} groups, though "
        "their names are nearly the same."
        for names in by_plain.values()
        if len(names) > 1 and not any(map(_is_number, names))
    ]


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+.\deE]+", text) is not None
