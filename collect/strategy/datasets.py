"""Data sets: images and labels as uint8 arrays in one `.npz` file, checked by digest.

The layout is that of `keras.datasets.mnist`: `x_train` (n, height, width), `y_train` (n,), `x_test`,
`y_test`. To add a named data set, add an entry to `DATASETS`; any other is given by the path of its
file.
"""

import hashlib
import os
import subprocess
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from collect.errors import DataError, UsageError, need_tensorflow
from collect.strategy.config import N_VALIDATION, RunConfig

MOST_BYTES = 2**33
ARRAYS = ("x_train", "y_train", "x_test", "y_test")

Arrays = dict[str, npt.NDArray[np.uint8]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDataset:
    """A data set known by name: where it may lie, and the SHA-256 of its arrays where it is fixed."""

    summary: str
    packaged: Path | None
    sha256: tuple[str, str, str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFile:
    """A data set found: its name, the file that holds it, its size and the digest of its arrays."""

    name: str
    path: Path
    n_train: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The images that a run uses, flattened and scaled.

    Attributes
    ----------
    train_images, test_images
        float32, shape (n_images, n_pixels), pixels divided by 255.
    train_labels, test_labels
        int32, shape (n_images,), 0 to n_classes - 1.
    all_images
        As `train_images`, all training images but the validation images; None if no stage uses them.
    """

    train_images: npt.NDArray[np.float32]
    train_labels: npt.NDArray[np.int32]
    test_images: npt.NDArray[np.float32]
    test_labels: npt.NDArray[np.int32]
    n_classes: int
    all_images: npt.NDArray[np.float32] | None = None


def resolve(name: str) -> DatasetFile:
    """Find a data set by name or path, fetch it if need be, and check it.

    Raises
    ------
    UsageError
        The name is unknown and no such file exists.
    DataError
        The file is not a data set of the layout above, or not the one that its name promises.
    """
    if name in DATASETS:
        return _describe(name, _path_of_named(name), DATASETS[name].sha256)
    path = Path(name)
    if path.suffix != ".npz" and not path.exists():
        known = ", ".join(DATASETS)
        raise UsageError(
            f"unknown data set '{name}': choose one of {known}, or give the path of an .npz file"
        )
    if not path.is_file():
        raise DataError(
            f"data set {name}: no such file; give the path of an .npz file with {', '.join(ARRAYS)}"
        )
    return _describe(path.stem, path, None)


def load(path: Path, sha256: tuple[str, ...] | None = None) -> Arrays:
    """Read the four arrays and check their layout (and their SHA-256, where given).

    Raises
    ------
    DataError
        The file is damaged, of another layout, or not the expected one.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            missing = [name for name in ARRAYS if name not in archive]
            if missing:
                held = ", ".join(archive.files) or "nothing"
                raise DataError(f"data set {path} lacks {', '.join(missing)}; it holds {held}")
            if (size := sum(part.file_size for part in archive.zip.infolist())) > MOST_BYTES:
                raise DataError(
                    f"data set {path} takes {size:,} bytes of memory: at most {MOST_BYTES:,} are read"
                )
            arrays = {name: archive[name] for name in ARRAYS}
    except (
        OSError,
        ValueError,
        EOFError,
        TypeError,
        AttributeError,
        MemoryError,
        NotImplementedError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise DataError(
            f"data set {path} cannot be read ({error}): the file is damaged or no .npz; replace it"
        ) from error
    _check_layout(path, arrays)
    if sha256 is not None:
        for name, expected in zip(ARRAYS, sha256, strict=True):
            if hashlib.sha256(arrays[name].tobytes()).hexdigest() != expected:
                raise DataError(
                    f"data set {path}: array {name} is not the published one (SHA-256); replace the file"
                )
    return arrays


def digest(arrays: Arrays) -> str:
    """Return the 128-bit blake2b digest of the arrays' shapes and bytes, in hexadecimal."""
    hasher = hashlib.blake2b(digest_size=16)
    for name in ARRAYS:
        hasher.update(f"{name} {arrays[name].shape} ".encode())
        hasher.update(np.ascontiguousarray(arrays[name]).data)
    return hasher.hexdigest()


def check_split(dataset: DatasetFile, config: RunConfig) -> None:
    """Check that the data set has the training images asked for, in whole batches.

    Raises
    ------
    UsageError
        It has not.
    """
    first, n_train, batch = config.train_first, config.n_train, config.batch_size
    if first + n_train > dataset.n_train:
        raise UsageError(
            f"data set {dataset.name} has {dataset.n_train} training images, but images {first} to "
            f"{first + n_train - 1} are asked for: give a smaller --train-first or --train-images"
        )
    if n_train % batch:
        raise UsageError(
            f"--train-images {n_train} is not a multiple of the batch size, {batch}: give another of the two"
        )
    if config.schedule.uses_all_images and dataset.n_train < N_VALIDATION + batch:
        raise UsageError(
            f"schedule {config.schedule.name} uses all training images after the first {N_VALIDATION}, but "
            f"data set {dataset.name} has {dataset.n_train}: choose another schedule"
        )


def split(arrays: Arrays, *, train_first: int, n_train: int, with_all_images: bool = False) -> Split:
    """Cut out the training images and prepare all images for the network."""
    chosen = slice(train_first, train_first + n_train)
    return Split(
        train_images=_scaled(arrays["x_train"][chosen]),
        train_labels=arrays["y_train"][chosen].astype(np.int32),
        test_images=_scaled(arrays["x_test"]),
        test_labels=arrays["y_test"].astype(np.int32),
        n_classes=int(max(arrays["y_train"].max(), arrays["y_test"].max())) + 1,
        all_images=_scaled(arrays["x_train"][N_VALIDATION:]) if with_all_images else None,
    )


def _describe(name: str, path: Path, sha256: tuple[str, ...] | None) -> DatasetFile:
    arrays = load(path, sha256)
    return DatasetFile(name=name, path=path.resolve(), n_train=len(arrays["x_train"]), digest=digest(arrays))


def _scaled(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


def _check_layout(path: Path, arrays: Arrays) -> None:
    for part in ("train", "test"):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        if images.dtype != np.uint8 or images.ndim < 2 or not images.size:
            found = f"{images.dtype} of shape {images.shape}"
            raise DataError(
                f"data set {path}: x_{part} must be uint8 images (n, height, width), but is {found}"
            )
        if (
            labels.dtype.kind not in "iu"
            or labels.shape != images.shape[:1]
            or labels.min() < 0
            or labels.max() > 255
        ):
            found = f"{labels.dtype} of shape {labels.shape}"
            raise DataError(
                f"data set {path}: y_{part} must be {len(images)} class numbers from 0 to 255, but is {found}"
            )
    if arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
        raise DataError(f"data set {path}: training and test images differ in shape")


def _path_of_named(name: str) -> Path:
    """Return the file of a named data set: the packaged one, or the cached one, fetched if missing."""
    packaged = DATASETS[name].packaged
    if packaged is not None and packaged.is_file():
        return packaged
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "minima-census"
    cached = cache / f"{name}.npz"
    if not cached.is_file():
        _fetch(name, cached)
    return cached


def _fetch(name: str, target: Path) -> None:
    """Download through keras.datasets in a process of its own: importing Keras costs seconds and 800 MB."""
    need_tensorflow()
    command = [sys.executable, "-m", "collect.strategy.fetch", name, str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DataError(
            f"data set {name} could not be downloaded ({reason}): connect to the network once, "
            f"or give the path of an .npz file with {', '.join(ARRAYS)} as --dataset"
        )


DATASETS = {
    "mnist": NamedDataset(
        summary="handwritten digits, 28 × 28 (Y. LeCun and C. Cortes)",
        packaged=Path(__file__).parents[2] / "data" / "mnist.npz",
        sha256=(
            "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
            "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
            "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
            "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
        ),
    ),
    "fashion_mnist": NamedDataset(
        summary="articles of clothing, 28 × 28 (Zalando), downloaded on first use", packaged=None, sha256=None
    ),
}
