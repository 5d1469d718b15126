"""Where segments live: a directory (`local`) or an object store (`objects`), which do the same."""

from collections.abc import Iterable
from typing import IO, Protocol

# A segment that compaction has replaced stays for this long: a listing that takes less time sees it
# or its replacement.
GRACE_S = 2.0
QUARANTINE = "_quarantine"


class Place(Protocol):
    """What the database asks of a place. Names are those of files in it; hidden ones are never shown."""

    def __str__(self) -> str:
        """Return what a person gave as `--db`."""

    def prepare(self) -> None:
        """Make the place if need be.

        Raises
        ------
        DataError
            It holds other things than a run database.
        RunError
            It cannot be made or written to.
        """

    def names(self) -> list[str]:
        """Return all visible names, sorted; a place that does not exist has none."""

    def sizes(self) -> dict[str, int]:
        """Return all visible names with their sizes in bytes."""

    def open(self, name: str) -> IO[bytes]:
        """Open for reading, seekable.

        Raises
        ------
        FileNotFoundError
            It is not there (any more).
        """

    def publish(self, name: str, content: bytes) -> None:
        """Make the content durable and visible as a whole, without overwriting other content.

        Raises
        ------
        RunError
            It is not known to be durable. Nothing of it is visible then; only where the answer of an
            object store was lost it may be there, whole.
        """

    def remove(self, names: Iterable[str]) -> None:
        """Remove names; those that are gone already do not matter."""

    def quarantine(self, name: str) -> str:
        """Move a file to where no reader looks, and return its new place."""

    def sweep(self) -> int:
        """Remove what writers that were killed have left behind, and return how much there was."""
