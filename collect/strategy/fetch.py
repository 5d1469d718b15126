"""Download a data set through keras.datasets: `python -m collect.fetch NAME TARGET.npz`.

Run in a process of its own, because importing Keras imports TensorFlow.
"""

import os
import sys
import tempfile
from pathlib import Path


def fetch(name: str, target: Path) -> None:
    """Download the data set and store it as one `.npz` file, whole or not at all."""
    import keras
    import numpy as np

    (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", suffix=".npz", delete=False) as file:
        np.savez_compressed(file, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(target)


if __name__ == "__main__":
    fetch(sys.argv[1], Path(sys.argv[2]))
