"""Files that are known and never read: one line each, with the way to a file that is."""

from analyze.errors import DataError
from analyze.table.readers.found import Found, Reader, Reading

_NEVER_UNPICKLED = (
    "is a Python pickle, which is never loaded (it may run code); load it where it was made and write "
    "DataFrame.to_csv, or json.dump of {method: list of scores}"
)
_FROM_PANDAS = "read it with pandas and write DataFrame.to_csv or to_parquet"
# What a file is and what to do instead: by its first bytes, then by the ending of its name.
_BY_START = {
    b"\x89HDF\r\n\x1a\n": f"is HDF5, whose layout is the program's that wrote it; {_FROM_PANDAS}",
    b"\x93NUMPY": "holds one array without names; write numpy.savez(FILE, method=array, …), or CSV",
    b"RDX": "is R's data format; write it with write.csv(data, FILE, row.names = FALSE)",
    b"RDA": "is R's data format; write it with write.csv(data, FILE, row.names = FALSE)",
    b"X\n\x00": "is R's data format; write it with write.csv(data, FILE, row.names = FALSE)",
    b"MATLAB 5.0": "is a MATLAB file; write it with writetable(array2table(data), FILE)",
    b"\xd0\xcf\x11\xe0": "is an old Excel file; save it as .xlsx or CSV",
    b"ORC": f"is ORC; {_FROM_PANDAS}",
    b"Obj\x01": "is Avro; write it as Parquet or CSV",
    b"%PDF": "is a PDF document; give the table behind it as CSV",
    b"\x89PNG": "is an image; give the table behind it as CSV",
    b"\xff\xd8\xff": "is an image; give the table behind it as CSV",
}
_BY_ENDING = {
    (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".ckpt"): _NEVER_UNPICKLED,
    (".h5", ".hdf5", ".hdf"): _BY_START[b"\x89HDF\r\n\x1a\n"],
    (".rds", ".rda", ".rdata"): _BY_START[b"RDX"],
    (".mat",): _BY_START[b"MATLAB 5.0"],
    (".npy",): _BY_START[b"\x93NUMPY"],
    (".xls",): _BY_START[b"\xd0\xcf\x11\xe0"],
    (".ods", ".xlsb", ".numbers"): "is a spreadsheet of a kind that is not read; save it as .xlsx or CSV",
    (".sav", ".dta", ".sas7bdat"): f"is a file of a statistics program; {_FROM_PANDAS}",
}


def recognises(found: Found) -> bool:
    """Return whether a file is of a kind that is known and not read."""
    return _advice(found) is not None


def refuse(found: Found) -> Reading:
    """Say what the file is and what to do instead.

    Raises
    ------
    DataError
        Always.
    """
    raise DataError(f"{found.shown!r} {_advice(found)}")


READER = Reader(name="refused", label="", recognises=recognises, read=refuse)


def _advice(found: Found) -> str | None:
    if not found.is_file:
        return None
    head = found.head
    for start, advice in _BY_START.items():
        if head.startswith(start):
            return advice
    for endings, advice in _BY_ENDING.items():
        if found.is_named(*endings):
            return advice
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return _NEVER_UNPICKLED
    members = found.members
    if any(name.endswith("data.pkl") for name in members):
        return _NEVER_UNPICKLED
    if any(name in ("content.xml", "xl/workbook.bin", "word/document.xml") for name in members):
        return "is a document of a kind that is not read; save the table as .xlsx or CSV"
    return None
