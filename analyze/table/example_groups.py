"""Which test examples are alike, by the same writer or of the same patient: read from a file."""

import csv
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analyze import text as fmt
from analyze.errors import DataError, UsageError, argument


def read(path: str, n_examples: int) -> npt.NDArray[np.int64]:
    """Read which test examples are alike: one integer an example, from .npy, .csv or .txt.

    Raises
    ------
    UsageError
        There is no such file.
    DataError
        It does not hold one integer for each example.
    """
    shown = argument("image_groups", path)
    file = Path(path)
    if not file.is_file():
        raise UsageError(f"{shown}: there is no such file; give one with an integer for each test example")
    try:
        content = file.read_bytes()
        if content.startswith(b"\x93NUMPY"):
            found = np.load(io.BytesIO(content), allow_pickle=False)
        else:
            lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
            texts = [cell.strip() for line in lines for cell in line[-1:] if cell.strip()]
            if texts and not texts[0].lstrip("+-").isdigit():  # the name of a column
                texts = texts[1:]
            found = np.array([int(text) for text in texts])
    except (ValueError, OSError, UnicodeDecodeError, OverflowError, csv.Error) as error:
        raise DataError(
            f"{shown} holds something else than one integer a line: {fmt.shorten(str(error), 80)}"
        ) from error
    if found.ndim != 1 or not (np.issubdtype(found.dtype, np.integer) or found.size == 0):
        raise DataError(f"{shown} is to hold one integer for each test example, in one column")
    if len(found) != n_examples:
        raise DataError(
            f"{shown} has {fmt.plural(len(found), 'integer')}, and there are "
            f"{fmt.plural(n_examples, 'test example')}: give one for each, in their order"
        )
    if len(np.unique(found)) < 2:
        raise DataError(f"{shown} puts all test examples into one group; two at least are needed")
    groups: npt.NDArray[np.int64] = found.astype(np.int64)
    return groups
