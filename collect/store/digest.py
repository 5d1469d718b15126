"""The digest of a column, which need not be in memory at once.

It depends on the values alone, not on how Arrow holds them (chunks, offsets, what is under a null).
"""

import hashlib
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Chunks = Callable[[], Iterator[pa.Array]]


def streamed_digest(name: str, kind: pa.DataType, chunks: Chunks) -> str:
    """Return the 64-bit blake2b digest of a column's name, type, length, nulls and values, hexadecimal.

    Parameters
    ----------
    name, kind
        The column's name and type.
    chunks
        Gives the column from its start, each time it is called.
    """
    nulls, lengths = _measured(kind, chunks)
    digest = hashlib.blake2b(f"{name} {kind} {len(nulls)} ".encode(), digest_size=8)
    if nulls.any():
        digest.update(np.packbits(nulls).data)
    digest.update(lengths.data)
    if pa.types.is_boolean(kind):
        digest.update(np.packbits(np.concatenate([_values(chunk) for chunk in chunks()])).data)
        return digest.hexdigest()
    for chunk in chunks():
        digest.update(_bytes(chunk) if _has_lengths(kind) else _values(chunk).view(np.uint8).data)
    return digest.hexdigest()


def _measured(kind: pa.DataType, chunks: Chunks) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
    """Return where a column is null, and the lengths of its values if they have any."""
    nulls, lengths = [np.empty(0, bool)], [np.empty(0, np.int32)]
    for chunk in chunks():
        nulls.append(chunk.is_null().to_numpy(zero_copy_only=False))
        if _has_lengths(kind):
            lengths.append(np.diff(_ends(chunk.fill_null(zero(kind)))))
    return np.concatenate(nulls), np.concatenate(lengths)


def _has_lengths(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


def zero(kind: pa.DataType) -> bytes | str | int:
    """Return what stands for a null where only the mask tells it from a value."""
    if _has_lengths(kind):
        return b"" if pa.types.is_binary(kind) else ""
    return False if pa.types.is_boolean(kind) else 0


def _ends(array: pa.Array) -> npt.NDArray[np.int32]:
    """Return where the values of text or bytes start, and where the last one ends."""
    offsets = array.buffers()[1]
    if offsets is None:  # an empty array may have none
        return np.zeros(1, np.int32)
    return np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]


def _bytes(chunk: pa.Array) -> memoryview:
    array = chunk.fill_null(zero(chunk.type))
    ends, data = _ends(array), array.buffers()[2]
    return memoryview(b"") if data is None else memoryview(data)[ends[0] : ends[-1]]


def _values(chunk: pa.Array) -> npt.NDArray[np.generic]:
    return np.ascontiguousarray(chunk.fill_null(zero(chunk.type)).to_numpy(zero_copy_only=False))
