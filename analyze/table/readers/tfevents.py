"""TensorBoard's event files: their frames with checksums, and the parts of messages that hold scalars."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

# Castagnoli's polynomial, bits reversed; TFRecord masks the checksum so that a file in a file is no trap.
_POLYNOMIAL, _MASK = 0x82F63B78, 0xA282EAD8
_HEADER, _FOOTER = 12, 4
# Scalars are short; images and graphs, whose checksums would take long, are not read.
_LONGEST_CHECKED = 4096
_FLOAT, _DOUBLE, _INT32, _INT64, _HALF = 1, 2, 3, 9, 19
_DTYPES = {_FLOAT: "<f4", _DOUBLE: "<f8", _INT32: "<i4", _INT64: "<i8", _HALF: "<f2"}
_PACKED = {5: "<f4", 6: "<f8"}


@dataclass(slots=True, kw_only=True)
class Events:
    """What an event file holds.

    Attributes
    ----------
    scalars : list of (tag, step, wall time, value)
        In the order in which they were logged.
    hparams : dict
        What the plugin for hyperparameters was told.
    n_torn : int
        Bytes at the end that are no whole record.
    n_others : int
        Values of other kinds: images, histograms, texts.
    """

    scalars: list[tuple[str, int, float, float]] = field(default_factory=list)
    hparams: dict[str, float | str | bool] = field(default_factory=dict)
    n_torn: int = 0
    n_others: int = 0


class DamagedError(ValueError):
    """The bytes are not those of an event file."""


def parse_events(content: bytes) -> Events:
    """Read an event file.

    Raises
    ------
    DamagedError
        A checksum is wrong, or a message cannot be decoded. A last record that is not whole is left out.
    """
    spans, end = _records(content)
    _check(content, spans)
    events = Events(n_torn=len(content) - end)
    plugins: dict[str, str] = {}
    try:
        for start, stop in spans:
            _add_event(content[start:stop], events, plugins)
    except (IndexError, struct.error, UnicodeDecodeError, ValueError) as error:
        raise DamagedError("a message in it cannot be decoded") from error
    return events


def _records(content: bytes) -> tuple[list[tuple[int, int]], int]:
    """Return where the messages are, by lengths not checked yet, and where the last whole one ends."""
    spans, place, n_bytes = [], 0, len(content)
    length_at = struct.Struct("<Q").unpack_from
    while place + _HEADER <= n_bytes:
        start = place + _HEADER
        stop = start + length_at(content, place)[0]
        if stop + _FOOTER > n_bytes:
            # A record that ends beyond the file is torn, if its length is what was written.
            _compare(content, np.array([place]), 8)
            break
        spans.append((start, stop))
        place = stop + _FOOTER
    return spans, place


def _check(content: bytes, spans: list[tuple[int, int]]) -> None:
    """Compare the checksums of all records: of their lengths, then of their messages."""
    starts = np.array([start for start, _ in spans], dtype=np.int64)
    lengths = np.array([stop - start for start, stop in spans], dtype=np.int64)
    _compare(content, starts - _HEADER, 8)
    for length in np.unique(lengths[lengths <= _LONGEST_CHECKED]):
        _compare(content, starts[lengths == length], int(length), before=_HEADER)


def _compare(content: bytes, starts: npt.NDArray[np.int64], length: int, *, before: int = 0) -> None:
    """Compare parts of one length with the checksums that follow them, all parts together.

    Parameters
    ----------
    before : int
        Bytes of the record before each part.
    """
    data = np.frombuffer(content, dtype=np.uint8)
    crc = np.full(len(starts), 0xFFFFFFFF, dtype=np.uint32)
    for i in range(length):
        crc = _TABLE[(crc ^ data[starts + i]) & 0xFF] ^ (crc >> np.uint32(8))
    stored = np.zeros(len(starts), dtype=np.uint32)
    for i in range(_FOOTER):
        stored |= data[starts + length + i].astype(np.uint32) << np.uint32(8 * i)
    if (wrong := _masked(crc ^ np.uint32(0xFFFFFFFF)) != stored).any():
        raise DamagedError(f"the record at byte {starts[wrong][0] - before} has a wrong checksum")


def _masked(crc: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    return (crc >> np.uint32(15) | crc << np.uint32(17)) + np.uint32(_MASK)


def _table() -> npt.NDArray[np.uint32]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
        table.append(byte)
    return np.array(table, dtype=np.uint32)


_TABLE = _table()


def _fields(message: bytes) -> list[tuple[int, int | bytes]]:
    """Return numbers and values of a message's fields: whole numbers, bytes, or the bytes of a float."""
    fields: list[tuple[int, int | bytes]] = []
    place, end = 0, len(message)
    while place < end:
        key, place = _varint(message, place)
        kind = key & 7
        if kind == 0:
            value, place = _varint(message, place)
            fields.append((key >> 3, value))
            continue
        if kind == 2:
            length, place = _varint(message, place)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind}")
        if place + length > end:
            raise ValueError("a field ends beyond its message")
        fields.append((key >> 3, message[place : place + length]))
        place += length
    return fields


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = message[place]
    place += 1
    if value < 0x80:  # nearly all are of one byte
        return value, place
    value, shift = value & 0x7F, 7
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
        if shift > 63:
            raise ValueError("a number without an end")


def _add_event(message: bytes, events: Events, plugins: dict[str, str]) -> None:
    wall_time, step, summaries = 0.0, 0, []
    for number, value in _fields(message):
        if number == 1 and isinstance(value, bytes):
            (wall_time,) = struct.unpack("<d", value)
        elif number == 2 and isinstance(value, int):
            step = value - (1 << 64) if value >= 1 << 63 else value
        elif number == 5 and isinstance(value, bytes):
            summaries.append(value)
    for summary in summaries:
        for number, value in _fields(summary):
            if number == 1 and isinstance(value, bytes):
                _add_value(value, (step, wall_time), events, plugins)


def _add_value(message: bytes, when: tuple[int, float], events: Events, plugins: dict[str, str]) -> None:
    """Add a value of a summary: a simple one, or a tensor with one number that is a scalar's."""
    tag, scalar = "", None
    for number, value in _fields(message):
        if not isinstance(value, bytes):
            continue
        if number == 1:
            tag = value.decode()
        elif number == 2:
            (scalar,) = struct.unpack("<f", value)
        elif number == 8:
            scalar = _single(value)
        elif number == 9:
            plugin, content = _plugin(value)
            plugins.setdefault(tag, plugin)
            if plugin == "hparams":
                events.hparams |= _hparams(content)
    # Only the first value of a tag says whose it is.
    plugin = plugins.get(tag, "scalars")
    if scalar is not None and plugin == "scalars":
        events.scalars.append((tag, *when, scalar))
    elif plugin != "hparams":
        events.n_others += 1


def _single(message: bytes) -> float | None:
    """Return the number of a tensor that holds one; None of any other."""
    kind, values = 0, []
    content = b""
    for number, value in _fields(message):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 4 and isinstance(value, bytes):
            content = value
        elif number in _PACKED and isinstance(value, bytes):
            values.extend(np.frombuffer(value, dtype=_PACKED[number]).tolist())
        elif number in (7, 10):
            packed = [value] if isinstance(value, int) else list(_varints(value))
            values.extend(one - (1 << 64) if one >= 1 << 63 else one for one in packed)
    if content and kind in _DTYPES and len(content) % np.dtype(_DTYPES[kind]).itemsize == 0:
        values = np.frombuffer(content, dtype=_DTYPES[kind]).tolist()
    return float(values[0]) if len(values) == 1 else None


def _varints(message: object) -> Iterator[int]:
    place = 0
    while isinstance(message, bytes) and place < len(message):
        value, place = _varint(message, place)
        yield value


def _plugin(metadata: bytes) -> tuple[str, bytes]:
    """Return whose a tag is, and what was said to it."""
    name, content = "", b""
    for number, value in _fields(metadata):
        if number == 1 and isinstance(value, bytes):
            for inner, one in _fields(value):
                if inner == 1 and isinstance(one, bytes):
                    name = one.decode()
                elif inner == 2 and isinstance(one, bytes):
                    content = one
    return name or "scalars", content


def _hparams(content: bytes) -> dict[str, float | str | bool]:
    """Return the values of a session's hyperparameters, where the message is the start of one."""
    found: dict[str, float | str | bool] = {}
    for session in _parts(content, 3):
        for entry in _parts(session, 1):
            name = b"".join(_parts(entry, 1)).decode()
            for value in _parts(entry, 2):
                for number, one in _fields(value):
                    if number == 2 and isinstance(one, bytes):
                        found[name] = float(struct.unpack("<d", one)[0])
                    elif number == 3 and isinstance(one, bytes):
                        found[name] = one.decode()
                    elif number == 4 and isinstance(one, int):
                        found[name] = bool(one)
    return found


def _parts(message: bytes, wanted: int) -> Iterator[bytes]:
    for number, value in _fields(message):
        if number == wanted and isinstance(value, bytes):
            yield value
