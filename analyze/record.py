"""What all records of results have in common."""

from dataclasses import dataclass

# None where it is undefined or infinite: the record's `reason` says which.
Number = float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A part of the results that holds numbers; ``reason`` names those that are not finite."""

    reason: str | None = None
