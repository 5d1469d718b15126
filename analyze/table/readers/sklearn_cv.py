"""scikit-learn's ``cv_results_``: one row a candidate, its folds in ``split0_test_score`` and so on."""

import re

import pandas as pd

from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.plain import columns_of, read_plain
from analyze.table.readers.values import column, free_name

_SPLIT = re.compile(r"split(\d+)_((?:test|train)_.+)")
_SUMMARY = re.compile(r"(mean|std|rank)_((?:test|train)_.+)")
# Names of candidates' settings begin so, as scikit-learn writes them.
_SIGNS = ("mean_test_", "mean_fit_time", "params", "param_")


def recognises(found: Found) -> bool:
    """Return whether a file holds ``cv_results_``."""
    names = columns_of(found)
    return any(_SPLIT.fullmatch(name) for name in names) and any(n.startswith(_SIGNS) for n in names)


def read(found: Found) -> Reading:
    """Make one row of each candidate and split; means and ranks over splits are left out, and said."""
    plain = read_plain(found)
    frame, left = melted(plain.frame)
    n_splits = frame["split"].nunique()
    remarks = [
        f"Each candidate has {n_splits} rows, one a split; splits share training data and are no "
        "independent runs: pair them by `split`."
    ]
    if left:
        remarks.append(f"Summaries over the splits were left out: {', '.join(left)}.")
    return Reading(
        frame=frame,
        kind="scikit-learn cv_results_",
        unit="split",
        better="higher",
        remarks=(*plain.remarks, *remarks),
    )


READER = Reader(name="sklearn_cv", label="scikit-learn cv_results_", recognises=recognises, read=read)


def melted(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return one row for each split of each row, and the names of the summaries that were left out.

    Examples
    --------
    >>> one = pd.DataFrame({"params": ["a"], "split0_test_score": [0.8], "split1_test_score": [0.9]})
    >>> melted(one)[0].to_csv(index=False).split()
    ['params,split,test_score', 'a,0,0.8', 'a,1,0.9']
    """
    found = {name: match for name in frame.columns if (match := _SPLIT.fullmatch(str(name)))}
    measures = list(dict.fromkeys(match[2] for match in found.values()))
    splits = sorted({int(match[1]) for match in found.values()})
    left = [
        str(n) for n in frame.columns if (m := _SUMMARY.fullmatch(str(n))) is not None and m[2] in measures
    ]
    kept = frame.drop(columns=[*found, *left])
    split = free_name("split", kept.columns)
    parts = []
    for i in splits:
        part = kept.assign(**{split: i})
        for measure in measures:
            name = f"split{i}_{measure}"
            part[free_name(measure, kept.columns)] = (
                frame[name] if name in frame.columns else column([None] * len(frame))
            )
        parts.append(part)
    whole = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    return whole, left
