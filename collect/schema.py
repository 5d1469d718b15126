"""The run table: one row is one network trained once from one seed.

`COLUMNS` is the single source of names, types and meanings; `data/README.md` is checked against it.

History of `SCHEMA_VERSION`
    1: first version.
"""

from dataclasses import dataclass

import pyarrow as pa

SCHEMA_VERSION = 1
VERSION_KEY = b"minima_census.schema_version"

OK, DIVERGED, FAILED = "ok", "diverged", "failed"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, Arrow type, what it means, and whether it may be null."""

    name: str
    type: pa.DataType
    meaning: str
    nullable: bool = False


COLUMNS = (
    # identity
    Column("config_hash", pa.string(), "128-bit blake2b digest of `config`, hexadecimal"),
    Column("seed", pa.int64(), "seed of the run; equal seeds start from equal weights"),
    # what was asked
    Column("schedule", pa.string(), "name of the training schedule"),
    Column("optimizer", pa.string(), "name of the optimizer"),
    Column("learning_rate", pa.float64(), "base learning rate, for the loss summed over a batch"),
    Column("dataset", pa.string(), "name of the data set, or the file's name without its ending"),
    Column("train_first", pa.int32(), "index of the first training image"),
    Column("n_train", pa.int32(), "number of training images"),
    Column("batch_size", pa.int32(), "images per gradient step"),
    Column("steps", pa.int32(), "gradient steps of all stages together"),
    Column("hidden_units", pa.string(), "units of the hidden layers, joined by hyphens"),
    Column("config", pa.string(), "canonical JSON of all that changes the result, but the seed"),
    # what came out
    Column("status", pa.string(), "`ok`, `diverged` (loss or weights not finite) or `failed` (raised)"),
    Column("message", pa.string(), "what went wrong; null for `ok`", nullable=True),
    Column("accuracy", pa.float64(), "test accuracy of the deepest head, fraction", nullable=True),
    Column("n_test", pa.int32(), "number of test images"),
    Column("test_loss", pa.float64(), "mean cross-entropy per test image, nats, deepest head", nullable=True),
    Column("train_accuracy", pa.float64(), "training accuracy of the deepest head, fraction", nullable=True),
    Column(
        "train_loss", pa.float64(), "mean cross-entropy per training image, nats, deepest head", nullable=True
    ),
    Column(
        "gradient_norm",
        pa.float64(),
        "Euclidean norm of the gradient of `train_loss` with respect to all layers and the deepest head",
        nullable=True,
    ),
    Column(
        "accuracy_head1", pa.float64(), "test accuracy of head 1, untrained in joint schedules", nullable=True
    ),
    Column(
        "accuracy_head2", pa.float64(), "test accuracy of head 2, untrained in joint schedules", nullable=True
    ),
    Column(
        "errors",
        pa.binary(),
        "one byte per test image: (predicted - true class) mod number of classes; 0 where right",
        nullable=True,
    ),
    # where it came from
    Column("run_id", pa.string(), "unique identifier of this row"),
    Column("committed_at", pa.timestamp("us", tz="UTC"), "when the row was committed"),
    Column("duration_s", pa.float64(), "seconds spent on training and measuring this run"),
    Column("package_version", pa.string(), "version of minima-census"),
    Column("git_commit", pa.string(), "commit of the source checkout; null outside one", nullable=True),
    Column("git_dirty", pa.bool_(), "whether the code differed from that commit", nullable=True),
    Column("python", pa.string(), "version of Python"),
    Column("tensorflow", pa.string(), "version of TensorFlow"),
    Column("numpy", pa.string(), "version of NumPy"),
    Column("platform", pa.string(), "operating system and architecture"),
    Column("cpu", pa.string(), "processor model"),
    Column("device", pa.string(), "device that trained, and the settings that can change rounding"),
    Column("env_hash", pa.string(), "digest of package_version to device, without git"),
)

SCHEMA = pa.schema(
    [pa.field(column.name, column.type, nullable=column.nullable) for column in COLUMNS],
    metadata={VERSION_KEY: str(SCHEMA_VERSION)},
)
