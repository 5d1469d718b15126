"""Values that no run can have, found in all rows of a segment at once.

What is null was not recorded, and is no fault where the schema lets it be null.
"""

import hashlib
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from collect.store import seeds
from collect.store.schema import DIVERGED, FAILED, OK, SCHEMA
from collect.store.settings import stated

FRACTIONS = ("accuracy", "train_accuracy", "accuracy_head1", "accuracy_head2")
LOSSES = ("test_loss", "train_loss", "gradient_norm", "parameter_norm", "distance")
COUNTS = ("seed", "train_first", "n_train", "batch_size", "steps", "n_test")
# Clocks of machines differ, but not by a day.
MAX_AHEAD = timedelta(days=1)
# Half a step of a float32 accuracy; a test image more or less changes it by far more.
SAME_SHARE = 1e-7

Mask = npt.NDArray[np.bool_]


def faults(table: pa.Table, *, now: datetime | None = None) -> list[str]:
    """Return what is impossible in whole rows of the schema, one text per kind, with the seeds."""
    found = []
    for what, wrong in _checks(table, datetime.now(UTC) if now is None else now):
        if n := int(np.count_nonzero(wrong)):
            rows = f"{n:,} row{'s' * (n != 1)}"
            which = seeds.shown(_seeds(table, wrong))
            found.append(f"{what} ({rows}{', seeds ' * bool(which)}{which})")
    return found


def _checks(table: pa.Table, now: datetime) -> Iterator[tuple[str, Mask]]:
    """Yield every check: what is wrong, and in which rows."""
    for field in SCHEMA:
        if not field.nullable and table[field.name].null_count:
            yield f"{field.name} is missing", _mask(pc.is_null(table[field.name]))
    known = pc.is_in(table["status"], value_set=pa.array([OK, DIVERGED, FAILED]))
    yield "status is none of ok, diverged, failed", _mask(pc.is_valid(table["status"])) & ~_mask(known)
    for name in FRACTIONS:
        values, given = _numbers(table, name)
        yield f"{name} is not between 0 and 1", given & ~((values >= 0) & (values <= 1))
    for name in (*LOSSES, "duration_s"):
        values, given = _numbers(table, name)
        yield f"{name} is negative or not finite", given & ~((values >= 0) & (values < math.inf))
    values, given = _numbers(table, "sharpness")
    yield "sharpness is not finite", given & ~np.isfinite(values)
    for name in COUNTS:
        values, given = _numbers(table, name)
        yield f"{name} is negative", given & (values < 0)
    yield from _outcome_checks(table)
    yield from _error_checks(table)
    yield from _config_checks(table)
    late = pc.greater(table["committed_at"], pa.scalar(now + MAX_AHEAD, SCHEMA.field("committed_at").type))
    yield "committed_at is in the future", _mask(late)


def _outcome_checks(table: pa.Table) -> Iterator[tuple[str, Mask]]:
    """Yield whether rows have an outcome exactly if they are ok; an imported one may be any."""
    ok, has_accuracy = _mask(pc.equal(table["status"], OK)), _mask(pc.is_valid(table["accuracy"]))
    has_outcome = np.logical_or.reduce([_mask(pc.is_valid(table[name])) for name in (*FRACTIONS, *LOSSES)])
    has_errors = _mask(pc.is_valid(table["errors"]))
    yield "an ok row has no outcome", ok & ~has_outcome
    yield "a row has errors and no accuracy", has_errors & ~has_accuracy
    failed = _mask(pc.is_in(table["status"], value_set=pa.array([DIVERGED, FAILED])))
    yield "a row that is not ok has an accuracy", failed & has_accuracy


def _error_checks(table: pa.Table) -> Iterator[tuple[str, Mask]]:
    """Yield whether `errors` has one byte per test image, and as many zeros as `accuracy` says."""
    given = _mask(pc.is_valid(table["errors"]))
    if not given.any():
        return
    lengths = np.zeros(table.num_rows, np.int64)
    n_right = np.zeros(table.num_rows, np.int64)
    start = 0
    for chunk in table["errors"].chunks:
        rows = slice(start, start + len(chunk))
        lengths[rows], n_right[rows] = _lengths_and_zeros(chunk)
        start += len(chunk)
    n_test, has_n_test = _numbers(table, "n_test")
    accuracy, has_accuracy = _numbers(table, "accuracy")
    yield "errors has not one byte per test image", given & has_n_test & (lengths != n_test)
    share = n_right / np.maximum(lengths, 1)
    differs = ~(np.abs(accuracy - share) <= SAME_SHARE)
    yield "accuracy is not the share of zeros in errors", given & has_accuracy & differs


def _lengths_and_zeros(chunk: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the length of every value and the number of its bytes that are 0."""
    _, offsets, data = chunk.buffers()
    ends = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    content = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    n_other = [np.count_nonzero(content[first:end]) for first, end in pairwise(ends)]
    lengths = np.diff(ends).astype(np.int64)
    return lengths, lengths - np.array(n_other, np.int64)


def _config_checks(table: pa.Table) -> Iterator[tuple[str, Mask]]:
    """Yield whether `config_hash` and the columns of what was asked agree with `config`."""
    encoded = table["config"].combine_chunks().dictionary_encode()
    texts, which = encoded.dictionary.to_pylist(), encoded.indices
    hashes = [hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts]
    yield (
        "config_hash is not the digest of config",
        _differs(table["config_hash"], pa.array(hashes, pa.string()).take(which)),
    )
    trained_here = _mask(pa.array(['"stages":' in text for text in texts], pa.bool_()).take(which))
    lacks = _mask(pc.equal(table["status"], OK)) & _mask(pc.is_null(table["accuracy"]))
    yield "an ok row has no accuracy", trained_here & lacks
    told_by = [stated(text) for text in texts]
    yield (
        "config is not a JSON object",
        _mask(pa.array([one is None for one in told_by], pa.bool_()).take(which)),
    )
    for field in SCHEMA:
        told = [(one or {}).get(field.name) for one in told_by]
        if any(value is not None for value in told):
            kind = pa.string() if pa.types.is_string(field.type) else pa.float64()
            expected = pa.array(told, kind).take(which)
            yield f"{field.name} is not what config says", _differs(table[field.name].cast(kind), expected)


def _differs(column: pa.ChunkedArray, expected: pa.Array) -> Mask:
    """Return where two values are given and not the same."""
    return _mask(pc.not_equal(column, expected))


def _mask(found: pa.Array | pa.ChunkedArray) -> Mask:
    """Return a condition as an array; what is not known is not so."""
    return np.asarray(found.fill_null(fill_value=False).to_numpy(zero_copy_only=False), bool)


def _numbers(table: pa.Table, name: str) -> tuple[npt.NDArray[np.float64], Mask]:
    """Return a column's values and where they are given."""
    column = table[name]
    values = column.fill_null(0) if column.null_count else column
    return values.to_numpy(), _mask(pc.is_valid(column))


def _seeds(table: pa.Table, wrong: Mask) -> npt.NDArray[np.int64]:
    return np.asarray(table["seed"].filter(pa.array(wrong)).drop_null(), np.int64)
