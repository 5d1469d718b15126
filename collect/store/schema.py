"""The run table: one row is one network trained once from one seed.

The fields of `Run` are the single source of names, types and meanings; `data/README.md` is checked
against it. To add a column, add a field with the version that brings it, and a line of history.

A version is major.minor. A minor version adds nullable columns or lets columns be null: older
programs read it and pass over what they do not know. A major version changes a meaning: older
programs refuse it and name the package version that can read it (`READ_WITH`).

History of `SCHEMA_VERSION`
    1.0: first version (written as "1").
    1.1: a digest of every column in the file's metadata; for imported runs, what was not recorded
         may be null.
    1.2: sharpness, parameter_norm and distance. A run that ends with a larger training loss than it
         started with is `diverged` too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import NoneType
from typing import Annotated, get_args, get_type_hints

import pyarrow as pa

SCHEMA_VERSION = (1, 2)
READ_WITH = "0.1.0"  # the first package version that reads this major version

# Keys of a segment's file metadata
VERSION_KEY = b"minima_census.schema_version"
READ_WITH_KEY = b"minima_census.read_with"
DIGESTS_KEY = b"minima_census.column_digests"
COMPACTION_KEY = b"minima_census.compaction"

OK, DIVERGED, FAILED = "ok", "diverged", "failed"
# Stands in `device` before the digest of how products are rounded. Where it is missing, in rows of former
# versions and of others, equal env_hash does not say that one kind of machine trained.
ROUNDS = "products "

TEXT, BYTES, BOOL, TIME = pa.string(), pa.binary(), pa.bool_(), pa.timestamp("us", tz="UTC")
INT32, INT64, FLOAT = pa.int32(), pa.int64(), pa.float64()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One row; its fields are the columns, each with its Arrow type, its meaning and its first version.

    A run that has reached no minimum has the defaults. Other columns are null where it was not recorded.
    """

    # identity
    config_hash: Annotated[str, TEXT, "128-bit blake2b digest of `config`, hexadecimal"]
    seed: Annotated[int, INT64, "seed of the run; equal seeds start from equal weights"]
    # what was asked
    schedule: Annotated[str, TEXT, "name of the training schedule"]
    optimizer: Annotated[str | None, TEXT, "name of the optimizer"]
    learning_rate: Annotated[float | None, FLOAT, "base learning rate, for the loss summed over a batch"]
    dataset: Annotated[str | None, TEXT, "name of the data set, or the file's name without its ending"]
    train_first: Annotated[int | None, INT32, "index of the first training image"]
    n_train: Annotated[int | None, INT32, "number of training images"]
    batch_size: Annotated[int | None, INT32, "images per gradient step"]
    steps: Annotated[int | None, INT32, "gradient steps of all stages together"]
    hidden_units: Annotated[str | None, TEXT, "units of the hidden layers, joined by hyphens"]
    config: Annotated[str, TEXT, "canonical JSON of all that changes the result, but the seed"]
    # what came out
    status: Annotated[
        str, TEXT, "`ok`, `diverged` (not finite, or training loss above its start) or `failed` (raised)"
    ]
    message: Annotated[str | None, TEXT, "what went wrong; null for `ok`"]
    accuracy: Annotated[float | None, FLOAT, "test accuracy of the deepest head, fraction"] = None
    n_test: Annotated[int | None, INT32, "number of test images"]
    test_loss: Annotated[float | None, FLOAT, "mean cross-entropy per test image, nats, deepest head"] = None
    train_accuracy: Annotated[float | None, FLOAT, "training accuracy of the deepest head, fraction"] = None
    train_loss: Annotated[
        float | None, FLOAT, "mean cross-entropy per training image, nats, deepest head"
    ] = None
    gradient_norm: Annotated[
        float | None,
        FLOAT,
        "Euclidean norm of the gradient of `train_loss` with respect to all layers and the deepest head",
    ] = None
    accuracy_head1: Annotated[
        float | None, FLOAT, "test accuracy of head 1, untrained in joint schedules"
    ] = None
    accuracy_head2: Annotated[
        float | None, FLOAT, "test accuracy of head 2, untrained in joint schedules"
    ] = None
    errors: Annotated[
        bytes | None,
        BYTES,
        "one byte per test image: (predicted - true class) mod number of classes; 0 where right",
    ] = None
    sharpness: Annotated[
        float | None,
        FLOAT,
        "largest eigenvalue of the Hessian of `train_loss`, all layers and the deepest head (`--measure`)",
        (1, 2),
    ] = None
    parameter_norm: Annotated[
        float | None, FLOAT, "Euclidean norm of all layers and the deepest head (`--measure`)", (1, 2)
    ] = None
    distance: Annotated[
        float | None,
        FLOAT,
        "Euclidean distance of all layers and the deepest head from the initial weights (`--measure`)",
        (1, 2),
    ] = None
    # where it came from
    run_id: Annotated[str, TEXT, "unique identifier of this row"]
    committed_at: Annotated[datetime, TIME, "when the row was committed"]
    duration_s: Annotated[float | None, FLOAT, "seconds spent on training and measuring this run"]
    package_version: Annotated[str, TEXT, "version of minima-census"]
    git_commit: Annotated[str | None, TEXT, "commit of the source checkout; null outside one"]
    git_dirty: Annotated[bool | None, BOOL, "whether the code differed from that commit"]
    python: Annotated[str | None, TEXT, "version of Python"]
    tensorflow: Annotated[str | None, TEXT, "version of TensorFlow"]
    numpy: Annotated[str | None, TEXT, "version of NumPy"]
    platform: Annotated[str | None, TEXT, "operating system and architecture"]
    cpu: Annotated[
        str | None,
        TEXT,
        "processor model, and what tells it from others of that name: family, model, stepping, caches",
    ]
    device: Annotated[
        str | None,
        TEXT,
        "device that trained, a digest of how it rounds products, and the settings that can change rounding",
    ]
    env_hash: Annotated[str, TEXT, "digest of package_version to device, without git"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, Arrow type, what it means, whether it may be null, its first version."""

    name: str
    type: pa.DataType
    meaning: str
    nullable: bool
    since: tuple[int, int] = (1, 0)


def _columns() -> Iterator[Column]:
    """Read the columns off the fields of `Run`."""
    for name, hint in get_type_hints(Run, include_extras=True).items():
        kind, arrow_type, meaning, *since = get_args(hint)
        yield Column(name, arrow_type, meaning, NoneType in get_args(kind), *since)


COLUMNS = tuple(_columns())
SCHEMA = pa.schema([pa.field(column.name, column.type, nullable=column.nullable) for column in COLUMNS])
