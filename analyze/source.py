"""Read a file or a directory into one DataFrame: Parquet or CSV, with errors that name the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from analyze.errors import DataError, UsageError

SCHEMA_VERSION_KEY = b"minima_census.schema_version"
COLLECT_HINT = "collect runs first: collect --schedule joint --runs 500 --db {}"
CSV_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz")
# What pandas reads as missing, except in the grouping columns, where "None" and "NA" are names
_MISSING_TEXT = ["", "nan", "NaN", "NAN", "NA", "N/A", "n/a", "<NA>", "None", "null", "NULL", "-nan", "#N/A"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All rows of a table, and what is known about the files they came from."""

    frame: pd.DataFrame
    path: str
    n_files: int
    schema_version: str | None


def read_source(path: str, *, text_columns: Sequence[str] = ()) -> Source:
    """Read every row of a Parquet file, a directory of Parquet files, or a CSV file.

    Binary and nested columns are skipped: no question is about them, and they are most of the bytes.
    A directory is not read recursively, and hidden files (a writer's temporary ones) are ignored.

    Parameters
    ----------
    path : str
        File or directory.
    text_columns : sequence of str
        Columns of a CSV file in which words such as "None" and "NA" are names, not missing values.

    Raises
    ------
    UsageError
        If nothing is at ``path``.
    DataError
        If it holds no table, or a file is unreadable.
    """
    place = Path(path)
    if not place.exists():
        raise UsageError(f"there is no file or directory {path!r}; {COLLECT_HINT.format(path)}")
    if place.is_dir():
        return _read_parquet(path, _segments(place))
    if _is_parquet(place):
        return _read_parquet(path, [place])
    if place.name.lower().endswith(CSV_SUFFIXES):
        return _read_csv(place, text_columns)
    raise DataError(f"{path!r} is not a table; give a Parquet file, a directory of them, or a .csv file")


def _segments(directory: Path) -> list[Path]:
    try:
        visible = sorted(p for p in directory.iterdir() if p.is_file() and not p.name.startswith("."))
    except OSError as error:
        raise DataError(f"the directory {str(directory)!r} cannot be read: {error.strerror}") from error
    files = [p for p in visible if p.suffix.lower() in (".parquet", ".pq")]
    if files:
        return files
    if not visible:
        raise DataError(f"the directory {str(directory)!r} holds no runs; {COLLECT_HINT.format(directory)}")
    names = ", ".join(p.name for p in visible[:3])
    raise DataError(
        f"the directory {str(directory)!r} holds no Parquet files (it holds {names}); "
        "give a directory of .parquet files, or one .csv file by its name"
    )


def _is_parquet(path: Path) -> bool:
    if path.suffix.lower() in (".parquet", ".pq"):
        return True
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def _read_parquet(path: str, files: list[Path]) -> Source:
    schemas = [_schema(file) for file in files]
    schema = _unify(files, schemas)
    columns = [f.name for f in schema if not (_is_binary(f.type) or pa.types.is_nested(f.type))]
    table = _scan(files, schema, columns)
    versions = sorted({_schema_version(s) for s in schemas} - {None}, key=str)
    return Source(
        frame=table.to_pandas(),
        path=path,
        n_files=len(files),
        schema_version=", ".join(str(v) for v in versions) or None,
    )


def _schema(file: Path) -> pa.Schema:
    try:
        schema = pq.read_schema(file)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, error) from error
    doubled = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if doubled:
        raise DataError(f"{str(file)!r} has more than one column named {doubled[0]!r}; rename one of them")
    return schema


def _unify(files: list[Path], schemas: list[pa.Schema]) -> pa.Schema:
    """Merge the schemas of all files, so that columns that only later files have do not vanish."""
    # pandas' own metadata describes one file's index and would be applied to all
    schema = schemas[0].remove_metadata()
    for file, other in zip(files[1:], schemas[1:], strict=True):
        try:
            schema = pa.unify_schemas([schema, other.remove_metadata()], promote_options="permissive")
        except pa.ArrowException as error:
            reason = _one_line(error)
            raise DataError(f"{str(file)!r} does not fit the files before it: {reason}") from error
    return schema


def _scan(files: list[Path], schema: pa.Schema, columns: list[str]) -> pa.Table:
    options = ds.ParquetFragmentScanOptions(page_checksum_verification=True)
    file_format = ds.ParquetFileFormat(default_fragment_scan_options=options)

    def scan(part: list[Path]) -> pa.Table:
        dataset = ds.dataset([str(p) for p in part], format=file_format, schema=schema)
        return dataset.to_table(columns=columns)

    try:
        return scan(files)
    except (pa.ArrowException, OSError) as error:
        for file in files:  # read again one by one: Arrow's message does not always name the file
            try:
                scan([file])
            except (pa.ArrowException, OSError) as cause:
                raise _unreadable(file, cause) from cause
        raise DataError(f"the Parquet files cannot be read together: {_one_line(error)}") from error


def _schema_version(schema: pa.Schema) -> str | None:
    version = (schema.metadata or {}).get(SCHEMA_VERSION_KEY)
    return None if version is None else str(version.decode())


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def _read_csv(path: Path, text_columns: Sequence[str]) -> Source:
    separator = "\t" if ".tsv" in path.name.lower() else ","
    try:
        header = pd.read_csv(path, sep=separator, nrows=0, encoding="utf-8-sig").columns
        missing = {column: [""] if column in text_columns else _MISSING_TEXT for column in header}
        frame = pd.read_csv(
            path,
            sep=separator,
            encoding="utf-8-sig",
            keep_default_na=False,
            na_values=missing,
            low_memory=False,
        )
    except (ValueError, OSError, EOFError) as error:  # pandas' parser errors are ValueErrors
        raise _unreadable(path, error) from error
    return Source(frame=frame, path=str(path), n_files=1, schema_version=None)


def _unreadable(file: Path, error: Exception) -> DataError:
    return DataError(
        f"{str(file)!r} cannot be read: {_one_line(error)}; "
        "it may be torn or not a table, move it away or restore it"
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
