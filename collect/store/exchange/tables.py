"""Tables in files, CSV or Parquet: what they are, and reading them column by column as they are."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from collect.errors import DataError, UsageError
from collect.store.schema import SCHEMA, VERSION_KEY

CSV_ENDINGS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz")
PARQUET_ENDINGS = (".parquet", ".pq")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """A file that holds a table.

    Attributes
    ----------
    path
        Where it is.
    names
        Its columns.
    version
        The version of the run table that its metadata states, or None.
    """

    path: Path
    names: tuple[str, ...]
    version: str | None

    def __str__(self) -> str:
        """Return the file's name."""
        return self.path.name

    @property
    def is_parquet(self) -> bool:
        """Whether it is Parquet, and not text."""
        return self.path.name.lower().endswith(PARQUET_ENDINGS)

    @property
    def is_ours(self) -> bool:
        """Whether this program wrote it: it says so, or has all columns that are never null."""
        needed = {field.name for field in SCHEMA if not field.nullable}
        return self.version is not None or needed <= set(self.names)


def look_at(path: Path) -> TableFile:
    """Return what a file is, from its first bytes or its footer.

    Raises
    ------
    UsageError
        It does not exist, or its name does not tell its format.
    DataError
        It cannot be read as a table, or two of its columns have the same name.
    """
    if not path.is_file():
        raise UsageError(f"there is no file or directory {path}: give a table of runs, CSV or Parquet")
    if not path.name.lower().endswith((*CSV_ENDINGS, *PARQUET_ENDINGS)):
        endings = ", ".join((*CSV_ENDINGS, *PARQUET_ENDINGS))
        raise UsageError(f"{path}: the name of a table ends in one of {endings}, which tells its format")
    version = None
    with reading(path):
        if path.name.lower().endswith(PARQUET_ENDINGS):
            schema = pq.read_schema(path)
            stated = (schema.metadata or {}).get(VERSION_KEY)
            version = None if stated is None else stated.decode(errors="replace")
        else:
            with pcsv.open_csv(path, parse_options=parse_options(path)) as reader:
                schema = reader.schema
    doubled = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if doubled:
        raise DataError(f"{path} has more than one column named {doubled[0]!r}: rename one of them")
    return TableFile(path=path, names=tuple(schema.names), version=version)


def read(file: TableFile) -> pa.Table:
    """Return the columns of a table, those of CSV as text; binary and nested ones are passed over."""
    with reading(file.path):
        if file.is_parquet:
            with pq.ParquetFile(file.path, page_checksum_verification=True) as parquet:
                schema = parquet.schema_arrow
                names = [f.name for f in schema if not (_is_binary(f.type) or pa.types.is_nested(f.type))]
                return _plain(parquet.read(columns=names))
        options = pcsv.ConvertOptions(
            column_types=dict.fromkeys(file.names, pa.string()), strings_can_be_null=True, null_values=[""]
        )
        return pcsv.read_csv(
            file.path, parse_options=parse_options(file.path), convert_options=options
        ).combine_chunks()


def digest(path: Path) -> str:
    """Return the 128-bit blake2b digest of a file, hexadecimal."""
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


@contextmanager
def reading(path: Path, names: Sequence[str] = ()) -> Iterator[None]:
    """Turn whatever goes wrong in reading a file into an error that names it, and its column."""
    try:
        yield
    # damage that a page's checksum shows is an OSError
    except (pa.ArrowException, ValueError, OSError, EOFError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        if names:
            reason = re.sub(r"In CSV column #(\d+)", lambda n: f"column {names[int(n[1])]}", reason)
        raise DataError(f"{path} cannot be read: {reason}; it may be torn, or no table") from error


def parse_options(path: Path) -> pcsv.ParseOptions:
    """Return how the lines of a text file are cut; quoted text may hold line breaks."""
    return pcsv.ParseOptions(delimiter="\t" if ".tsv" in path.name.lower() else ",", newlines_in_values=True)


def _plain(table: pa.Table) -> pa.Table:
    """Return a table without dictionaries, each column in one piece."""
    for at, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(at, field.name, table[at].cast(field.type.value_type))
    return table.combine_chunks()


def _is_binary(kind: pa.DataType) -> bool:
    tests: Sequence[str] = ("is_binary", "is_large_binary", "is_fixed_size_binary", "is_binary_view")
    return any(getattr(pa.types, test)(kind) for test in tests)
