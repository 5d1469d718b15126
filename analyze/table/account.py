"""The account of a table: what was left out of each group and why, and where the runs came from."""

import hashlib

import numpy as np
import pandas as pd

from analyze.direction import name_words
from analyze.question import Question
from analyze.table.source import Source

NO_GROUP = "—"


def exclusions(
    rows: pd.DataFrame, groups: tuple[str, ...], question: Question, *, n_outside: int
) -> pd.DataFrame:
    """Count the rows that are not compared by group and reason."""
    excluded = rows[rows["reason"].notna()]
    counted = excluded.assign(group=excluded["group"].fillna(NO_GROUP)).groupby(["group", "reason"]).size()
    table = counted.rename("n").reset_index()
    rank = {g: i for i, g in enumerate((*groups, NO_GROUP))}
    table = table.sort_values(["group", "reason"], key=lambda c: c.map(rank) if c.name == "group" else c)
    records = [(str(g), str(r), int(n)) for g, r, n in table.itertuples(index=False)]
    if n_outside:
        records.append((NO_GROUP, f"not selected by --where {question.where}", n_outside))
    return pd.DataFrame(records, columns=["group", "reason", "n"]).astype(
        {"group": "str", "reason": "str", "n": int}
    )


# Words that leave an accuracy what it is; "" is a number, as of top1
_OF_ACCURACIES = {
    "",
    "accuracy",
    "test",
    "val",
    "valid",
    "validation",
    "eval",
    "final",
    "best",
    "last",
    "top",
}


def n_test(frame: pd.DataFrame, rows: pd.DataFrame, question: Question) -> int | None:
    """Return how many test examples are behind the value, where it is an accuracy and the table says so."""
    words = [word.rstrip("0123456789") for word in name_words(question.value)]
    # a drop or a gap of accuracies is no share of the test examples
    if "n_test" not in frame.columns or "accuracy" not in words or not _OF_ACCURACIES.issuperset(words):
        return None
    finished = rows["reason"].isna()
    sizes = frame.loc[finished, "n_test"].unique()
    is_fraction = rows.loc[finished, "value"].between(0, 1).all()
    return int(sizes[0]) if len(sizes) == 1 and pd.notna(sizes[0]) and is_fraction else None


def describe(
    source: Source,
    frame: pd.DataFrame,
    selected: pd.DataFrame,
    runs: pd.DataFrame,
    groups: tuple[str, ...],
    outcomes: tuple[str, ...],
) -> dict[str, object]:
    """Say where the runs came from: the path, numbers of rows and files, a digest, recorded versions."""

    def recorded(column: str) -> list[str]:
        if column not in selected.columns:
            return []
        return sorted({str(v) for v in selected[column].dropna().unique()})

    return {
        "path": source.path,
        "n_rows": len(frame),
        "n_selected": len(selected),
        "n_files": source.n_files,
        "digest": _digest(runs, groups),
        "schema_version": source.schema_version,
        "package_versions": recorded("package_version"),
        "git_commits": recorded("git_commit"),
        "status_columns": list(outcomes),
    }


def _digest(runs: pd.DataFrame, groups: tuple[str, ...]) -> str:
    """128-bit blake2b of the sorted runs: the same however the rows are spread over files."""
    digest = hashlib.blake2b(digest_size=16)
    for group in groups:
        part = runs[runs["group"] == group]
        digest.update(f"{group}\x00{len(part)}\x00".encode())
        unit = part["unit"]
        if pd.api.types.is_numeric_dtype(unit.dtype):
            digest.update(unit.to_numpy(dtype="<f8", na_value=np.nan).tobytes())
        else:
            digest.update("\x00".join(unit.astype(object).map(str)).encode())
        digest.update(part["value"].to_numpy(dtype="<f8").tobytes())
    return digest.hexdigest()
