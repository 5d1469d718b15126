"""What comes from outside (a database, a file's name, a TOML) as text that a terminal only shows."""

import unicodedata

# An error line names what is wrong; more of it helps nobody.
MOST_LETTERS = 2_000
# No written language stacks more marks on a letter.
MOST_MARKS = 3


def printable(text: str, most: int = MOST_LETTERS) -> str:
    r"""Return a text as one line: what steers a terminal is escaped, and of a long one the middle left out.

    Examples
    --------
    >>> print(printable("joint\x1b[31m\n"), printable("a" * 99, most=9))
    joint\x1b[31m\x0a aaaa…aaaa
    """
    if len(text) > most:
        half = (most - 1) // 2
        text = f"{text[:half]}…{text[-half:]}"
    if text.isascii() and text.isprintable():
        return text
    shown, n_marks = [], 0
    for letter in text:
        n_marks = n_marks + 1 if unicodedata.combining(letter) else 0
        shown.append(letter if letter.isprintable() and n_marks <= MOST_MARKS else _escaped(letter))
    return "".join(shown)


def _escaped(letter: str) -> str:
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
