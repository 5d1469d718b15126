"""Data sets are found, checked and cut as the protocol says; damaged ones are refused in one line."""

import dataclasses
import gzip
import os
import struct
import subprocess
import sys

import numpy as np
import pytest

from collect.errors import DataError, UsageError
from collect.strategy import datasets
from collect.strategy.schedules import JOINT


@pytest.fixture
def small_arrays() -> datasets.Arrays:
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (120, 4, 4), dtype=np.uint8),
        "y_train": np.arange(120, dtype=np.uint8) % 3,
        "x_test": rng.integers(0, 256, (30, 4, 4), dtype=np.uint8),
        "y_test": np.arange(30, dtype=np.uint8) % 3,
    }


def stored(path, arrays):
    np.savez_compressed(path, **arrays)
    return path


def test_mnist_is_the_published_one(mnist, split):
    assert mnist.name == "mnist"
    assert split.train_images.shape == (1000, 784)
    assert split.test_images.shape == (10000, 784)
    assert split.n_classes == 10
    assert split.train_images.max() == 1
    with np.load(mnist.path) as archive:
        assert np.array_equal(split.train_labels, archive["y_train"][5000:6000])


def test_changed_mnist_is_refused(tmp_path, mnist):
    arrays = datasets.load(mnist.path)
    arrays["y_test"] = arrays["y_test"].copy()
    arrays["y_test"][0] += 1
    path = stored(tmp_path / "mnist.npz", arrays)
    with pytest.raises(DataError, match="y_test is not the published one"):
        datasets.load(path, datasets.DATASETS["mnist"].sha256)


def test_a_file_is_taken_by_path(tmp_path, small_arrays):
    found = datasets.resolve(str(stored(tmp_path / "toy.npz", small_arrays)))
    assert (found.name, found.n_train) == ("toy", 120)
    assert found.digest == datasets.digest(small_arrays)
    cut = datasets.split(datasets.load(found.path), train_first=20, n_train=100)
    assert np.array_equal(cut.train_images, small_arrays["x_train"][20:].reshape(100, 16) / np.float32(255))


def test_digest_sees_every_array(small_arrays):
    digests = {datasets.digest(small_arrays)}
    for name in datasets.ARRAYS:
        changed = {**small_arrays, name: small_arrays[name][::-1]}
        digests.add(datasets.digest(changed))
    assert len(digests) == 5


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
def test_a_truncated_file_is_refused_in_one_line(tmp_path, small_arrays, kept):
    path = stored(tmp_path / "toy.npz", small_arrays)
    content = path.read_bytes()
    path.write_bytes(content[: kept if kept in (0, 10) else int(kept * len(content))])
    with pytest.raises(DataError, match=r"damaged or no \.npz") as caught:
        datasets.resolve(str(path))
    assert "\n" not in str(caught.value)


def test_a_flipped_byte_is_seen(tmp_path, small_arrays):
    path = stored(tmp_path / "toy.npz", small_arrays)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        datasets.resolve(str(path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_test": None}, "lacks y_test; it holds x_train, y_train, x_test"),
        ({"x_train": np.zeros((120, 4, 4), np.float32)}, "x_train must be uint8 images"),
        ({"y_train": np.zeros(7, np.uint8)}, "y_train must be 120 class numbers"),
        ({"y_train": np.zeros(120, np.float32)}, "y_train must be 120 class numbers"),
        ({"x_test": np.zeros((30, 5, 5), np.uint8)}, "differ in shape"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_layout_is_refused(tmp_path, small_arrays, change, message):
    arrays = {name: value for name, value in {**small_arrays, **change}.items() if value is not None}
    with pytest.raises(DataError, match=message):
        datasets.resolve(str(stored(tmp_path / "toy.npz", arrays)))


def test_unknown_names_say_what_is_known(tmp_path):
    with pytest.raises(
        UsageError, match="unknown data set 'cifar': choose one of mnist, fashion_mnist, or give"
    ):
        datasets.resolve("cifar")
    with pytest.raises(DataError, match="no such file"):
        datasets.resolve(str(tmp_path / "absent.npz"))


def test_too_few_images_are_a_usage_error(tmp_path, small_arrays, config_of):
    found = datasets.resolve(str(stored(tmp_path / "toy.npz", small_arrays)))
    config = config_of(JOINT)
    with pytest.raises(UsageError, match="has 120 training images, but images 5000 to 5999 are asked for"):
        datasets.check_split(found, config)
    with pytest.raises(UsageError, match="not a multiple of the batch size, 50"):
        datasets.check_split(found, dataclasses.replace(config, train_first=0, n_train=70))


def idx(array: np.ndarray) -> bytes:
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(header + array.tobytes())


@pytest.mark.slow
def test_fashion_mnist_comes_through_keras_datasets(tmp_path, monkeypatch):
    """Keras finds files of the right names in its cache, so nothing is downloaded here."""
    rng = np.random.default_rng(1)
    cache = tmp_path / "keras" / "datasets" / "fashion-mnist"
    cache.mkdir(parents=True)
    images, labels = rng.integers(0, 256, (60, 28, 28), dtype=np.uint8), np.arange(60, dtype=np.uint8) % 10
    for part in ("train", "t10k"):
        (cache / f"{part}-images-idx3-ubyte.gz").write_bytes(idx(images))
        (cache / f"{part}-labels-idx1-ubyte.gz").write_bytes(idx(labels))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = datasets.resolve("fashion_mnist")
    assert found.n_train == 60
    assert np.array_equal(datasets.load(found.path)["x_test"], images)
    assert [p.name for p in (tmp_path / "cache" / "minima-census").iterdir()] == ["fashion_mnist.npz"]


@pytest.mark.slow
def test_without_a_network_fashion_mnist_says_what_to_do(tmp_path):
    environment = {
        **os.environ,
        "KERAS_HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "https_proxy": "http://127.0.0.1:9",
        "no_proxy": "",
    }
    command = [
        sys.executable,
        "-m",
        "collect",
        "--schedule",
        "joint",
        "--runs",
        "2",
        "--dataset",
        "fashion_mnist",
    ]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("collect: data set fashion_mnist could not be downloaded (")
    assert "connect to the network once" in done.stderr
    assert done.stderr.count("\n") == 1
