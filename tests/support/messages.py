"""What a person is told when something is wrong: one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def told(kind: type[Exception], *words: str) -> Iterator[None]:
    """An error of this kind is raised, with one line that has these words in this order."""
    with pytest.raises(kind) as error:
        yield
    text = str(error.value)
    assert "\n" not in text
    at = 0
    for word in words:
        assert word in text[at:], f"{word!r} is not in {text[at:]!r}"
        at = text.index(word, at) + len(word)
