"""Event files as TensorBoard's own writer makes them: frames with checksums around messages."""

import struct


def crc32c(data):
    """Return the checksum, bit by bit, as RFC 3720 describes it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def record(message):
    length = struct.pack("<Q", len(message))
    return length + masked(length) + message + masked(message)


def varint(number):
    number &= (1 << 64) - 1
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def part(number, content):
    """Return a field: bytes and texts by their length, whole numbers as such, ("<f", x) as that."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    if isinstance(content, tuple):
        return varint(number << 3 | (1 if content[0] == "<d" else 5)) + struct.pack(*content)
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def event(step, *values, wall_time=1.5e9):
    summary = b"".join(part(1, value) for value in values)
    return record(part(1, ("<d", wall_time)) + part(2, step) + part(5, summary))


def simple(tag, value):
    return part(1, tag) + part(2, ("<f", value))


def tensor(tag, value, plugin="scalars"):
    """Return a scalar as TensorFlow 2 writes it; only a tag's first says whose it is."""
    content = part(1, 1) + part(2, b"") + part(4, struct.pack("<f", value))
    metadata = part(9, part(1, part(1, plugin))) if plugin else b""
    return part(1, tag) + part(8, content) + metadata


VERSION = record(part(1, ("<d", 1.5e9)) + part(3, "brain.Event:2"))


def write(path, *events):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(VERSION + b"".join(events))
    return path
