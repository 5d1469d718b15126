"""Small frames and files for the readers of tables."""

import io
import zipfile

import hypothesis.strategies as st
import numpy as np
import pandas as pd

from analyze.errors import DataError
from analyze.table.places import find_place
from analyze.table.readers.catalogue import read_found
from analyze.table.readers.found import Found

_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
_NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)
_INTEGERS = st.integers(-(2**63), 2**63 - 1)


@st.composite
def frames(draw, *, holes=True):
    """Frames of texts, floats and integers of 1 to 12 rows, with a text and a number column at least."""
    n = draw(st.integers(1, 12))
    names = draw(
        st.lists(_TEXTS.map(str.casefold).filter(lambda t: "." not in t), min_size=2, max_size=5, unique=True)
    )
    columns = {names[0]: draw(st.lists(_TEXTS, min_size=n, max_size=n))}
    for name in names[1:]:
        cells = draw(st.sampled_from([_TEXTS, _NUMBERS, _INTEGERS]))
        columns[name] = draw(st.lists(cells, min_size=n, max_size=n))
        if holes and isinstance(columns[name][0], float) and draw(st.booleans()):
            columns[name][draw(st.integers(0, n - 1))] = np.nan
    return pd.DataFrame(columns)


def found_of(path):
    place = find_place(str(path))
    return Found(place, place.kind())


def reading_of(path, content=None):
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_found(found_of(path))


def zipped(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


def one_line_or(read, *given):
    """Return what is read, or None where the error is one line; anything else is raised."""
    try:
        return read(*given)
    except DataError as error:
        told = str(error)
    assert told
    assert "\n" not in told
    return None
