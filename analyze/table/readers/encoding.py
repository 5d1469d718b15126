"""Bytes as text: the byte order mark, UTF-8, UTF-16 without a mark, and Windows-1252 as the last resort."""

import codecs

from analyze.errors import DataError

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_HEAD = 2**16
_NO_TEXT = bytes({*range(9), *range(0x0E, 0x1A), *range(0x1C, 0x20)})


def as_utf8(content: bytes, shown: str) -> tuple[bytes, str]:
    """Return a text as UTF-8 with plain line ends, and a remark on its encoding where it was another.

    Raises
    ------
    DataError
        It is no text.
    """
    try:
        text, remark = _as_utf8(content)
    except UnicodeError:
        text, remark = b"\x00", ""
    # the rest of a file that begins as text is text, but for the zeros of a torn one
    if b"\x00" in text or len(text[:_HEAD].translate(None, _NO_TEXT)) < len(text[:_HEAD]):
        raise DataError(
            f"{shown!r} cannot be read as a table: it is no text in UTF-8, UTF-16 or Windows-1252"
        )
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return text, remark


def head_as_text(head: bytes) -> str | None:
    """Return the first bytes of a file as text with plain line ends; None where they are none."""
    for cut in range(4):  # the last character may be torn
        try:
            return as_utf8(head[: len(head) - cut], "")[0].decode()
        except DataError:
            continue
    return None


def _as_utf8(content: bytes) -> tuple[bytes, str]:
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            if name == "utf-8":
                return _as_utf8(content[len(mark) :])
            return content[len(mark) :].decode(name).encode(), f"Read as {name[:6].upper()}."
    if b"\x00" in content[:4096]:
        name = "utf-16-le" if content[:4096:2].count(0) < content[1:4096:2].count(0) else "utf-16-be"
        return content.decode(name).encode(), "Read as UTF-16."
    if content.isascii():
        return content, ""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return content[: error.start], "The last character is torn and was left out."
        remark = "It is not UTF-8 and was read as Windows-1252: look at the special characters."
        return content.decode("cp1252").encode(), remark
    return content, ""
