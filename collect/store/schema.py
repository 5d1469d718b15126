"""The run table: one row is one network trained once from one seed.

`COLUMNS` is the single source of names, types and meanings; `data/README.md` is checked against it.

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

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, Arrow type, what it means, whether it may be null, its first version."""

    name: str
    type: pa.DataType
    meaning: str
    nullable: bool = False
    since: tuple[int, int] = (1, 0)


COLUMNS = (
    # identity
    Column("config_hash", pa.string(), "128-bit blake2b digest of `config`, hexadecimal"),
    Column("seed", pa.int64(), "seed of the run; equal seeds start from equal weights"),
    # what was asked
    Column("schedule", pa.string(), "name of the training schedule"),
    Column("optimizer", pa.string(), "name of the optimizer", nullable=True),
    Column(
        "learning_rate", pa.float64(), "base learning rate, for the loss summed over a batch", nullable=True
    ),
    Column(
        "dataset", pa.string(), "name of the data set, or the file's name without its ending", nullable=True
    ),
    Column("train_first", pa.int32(), "index of the first training image", nullable=True),
    Column("n_train", pa.int32(), "number of training images", nullable=True),
    Column("batch_size", pa.int32(), "images per gradient step", nullable=True),
    Column("steps", pa.int32(), "gradient steps of all stages together", nullable=True),
    Column("hidden_units", pa.string(), "units of the hidden layers, joined by hyphens", nullable=True),
    Column("config", pa.string(), "canonical JSON of all that changes the result, but the seed"),
    # what came out
    Column(
        "status",
        pa.string(),
        "`ok`, `diverged` (not finite, or training loss above its start) or `failed` (raised)",
    ),
    Column("message", pa.string(), "what went wrong; null for `ok`", nullable=True),
    Column("accuracy", pa.float64(), "test accuracy of the deepest head, fraction", nullable=True),
    Column("n_test", pa.int32(), "number of test images", nullable=True),
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
    Column(
        "sharpness",
        pa.float64(),
        "largest eigenvalue of the Hessian of `train_loss`, all layers and the deepest head (`--measure`)",
        nullable=True,
        since=(1, 2),
    ),
    Column(
        "parameter_norm",
        pa.float64(),
        "Euclidean norm of all layers and the deepest head (`--measure`)",
        nullable=True,
        since=(1, 2),
    ),
    Column(
        "distance",
        pa.float64(),
        "Euclidean distance of all layers and the deepest head from the initial weights (`--measure`)",
        nullable=True,
        since=(1, 2),
    ),
    # where it came from
    Column("run_id", pa.string(), "unique identifier of this row"),
    Column("committed_at", pa.timestamp("us", tz="UTC"), "when the row was committed"),
    Column("duration_s", pa.float64(), "seconds spent on training and measuring this run", nullable=True),
    Column("package_version", pa.string(), "version of minima-census"),
    Column("git_commit", pa.string(), "commit of the source checkout; null outside one", nullable=True),
    Column("git_dirty", pa.bool_(), "whether the code differed from that commit", nullable=True),
    Column("python", pa.string(), "version of Python", nullable=True),
    Column("tensorflow", pa.string(), "version of TensorFlow", nullable=True),
    Column("numpy", pa.string(), "version of NumPy", nullable=True),
    Column("platform", pa.string(), "operating system and architecture", nullable=True),
    Column(
        "cpu",
        pa.string(),
        "processor model, and what tells it from others of that name: family, model, stepping, caches",
        nullable=True,
    ),
    Column(
        "device",
        pa.string(),
        "device that trained, a digest of how it rounds products, and the settings that can change rounding",
        nullable=True,
    ),
    Column("env_hash", pa.string(), "digest of package_version to device, without git"),
)

SCHEMA = pa.schema([pa.field(column.name, column.type, nullable=column.nullable) for column in COLUMNS])
