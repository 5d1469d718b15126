"""The readers in the order in which they are tried: tools by their marks first, plain tables last."""

from analyze.table.readers import (
    automl_benchmark,
    huggingface,
    keras,
    lightning,
    mlflow,
    mlruns,
    optuna,
    ray,
    sklearn_cv,
    sqlite,
    stable_baselines,
    tensorboard,
    tensorboard_saved,
    ultralytics,
    wandb,
    wandb_charts,
)
from analyze.table.readers.found import Found, Reader, Reading
from analyze.table.readers.plain import PLAIN, read_plain

# What other programs write: a file or a folder with marks of its own. One line each.
TOOLS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        mlruns.READER,
        tensorboard_saved.FOLDER,
        tensorboard.LOG_FOLDER,
        tensorboard.EVENT_FILE,
        mlflow.DATABASE,
        optuna.DATABASE,
        sqlite.READER,
        huggingface.STATE,
        huggingface.RESULTS,
        stable_baselines.READER,
        wandb_charts.READER,
        wandb.RUN_TABLE,
        wandb.HISTORY,
        wandb.API_TABLE,
        mlflow.TABLE,
        optuna.TABLE,
        ray.READER,
        automl_benchmark.READER,
        ultralytics.READER,
        tensorboard_saved.FILE,
        lightning.READER,
        keras.READER,
        sklearn_cv.READER,
    )
}


def is_known(found: Found) -> bool:
    """Return whether a tool's reader recognises a place, which is then one table."""
    return any(reader.recognises(found) for reader in TOOLS.values())


def read_found(found: Found) -> Reading | None:
    """Read a place by the first reader that recognises it; None where none does."""
    for reader in TOOLS.values():
        if reader.recognises(found):
            return reader.read(found)
    if any(reader.recognises(found) for reader in PLAIN.values()):
        return read_plain(found)
    return None
