"""A large object as a file: only the blocks that are read are fetched."""

import io
from collections.abc import Callable

from collect.errors import RunError

# Objects up to this size come with one request.
BLOCK = 2**20


class Blocks(io.RawIOBase):
    """A file of blocks, each fetched once, neighbours with one request.

    Parameters
    ----------
    fetch
        Returns the bytes from a start to an end.
    size
        Bytes in all.
    first
        The first block.
    where
        What to call the object in an error.
    """

    def __init__(self, fetch: Callable[[int, int], bytes], size: int, first: bytes, where: str) -> None:
        self._fetch, self._size, self._where = fetch, size, where
        self._blocks = {0: first}
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position, and return it."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes: all that are asked for, up to the end."""
        start = self._position
        end = self._size if size is None or size < 0 else min(start + size, self._size)
        if start >= end:
            return b""
        first, last = start // BLOCK, (end - 1) // BLOCK
        self._fill(first, last)
        content = b"".join(self._blocks[i] for i in range(first, last + 1))
        self._position = end
        return content[start - first * BLOCK : end - first * BLOCK]

    def _fill(self, first: int, last: int) -> None:
        missing = [i for i in range(first, last + 1) if i not in self._blocks]
        if not missing:
            return
        begin, end = missing[0] * BLOCK, min((missing[-1] + 1) * BLOCK, self._size)
        content = self._fetch(begin, end)
        if len(content) != end - begin:
            raise RunError(f"{self._where} was cut short while it was read: repeat the command")
        for i in range(missing[0], missing[-1] + 1):
            self._blocks[i] = content[i * BLOCK - begin : (i + 1) * BLOCK - begin]
