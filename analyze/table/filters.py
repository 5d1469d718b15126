"""The language of `--where`: conditions on columns, read node by node, so that nothing that is typed can run.

It has names of columns, constants, comparisons and their chains, `in` and `not in` lists of constants,
`and`, `or`, `not` (or `&`, `|`, `~`; `&` and `|` bind as `and` and `or`, as in pandas' queries), parentheses,
and `+ - * /` on numbers. Values are compared as pandas compares them: a missing one is equal to nothing.
"""

import ast
import difflib
import keyword
import operator
import re
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeGuard, TypeVar

import numpy as np
import pandas as pd

from analyze import text as fmt
from analyze.errors import UsageError, argument
from analyze.table import grouping

MAX_LENGTH = 20_000
MAX_DEPTH = 100
_MAX_INTEGER, _MAX_SIGNED = 2**64, 2**63
_SHOWN_LENGTH = 200
_MAX_CELLS = 1000
_SHOWN_COLUMNS, _SHOWN_COLUMNS_LENGTH = 40, 800
# Texts, names in backticks (a backtick inside is written twice), and single characters
_TOKEN = re.compile(r"""'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:[^`]|``)*`|.""", re.DOTALL)
_ASSIGNMENT = re.compile(r"(?<![=!<>])=(?!=)\s*\S")
_FOREIGN = frozenset("@#;$?{}'\"`")
_NAMED_NUMBERS = {"inf": np.inf, "Inf": np.inf}
_ALLOWED = (
    "write comparisons of columns with numbers or texts, joined by and, or, not, such as "
    "\"lr * 10 > 0.1 and method in ['a', 'b']\"; a name that is no word in backticks: `val loss` > 0.1"
)
_REFUSED: dict[type[ast.AST], str] = {
    ast.Call: "a call of a function",
    ast.Attribute: "an attribute (a dot after a name)",
    ast.Subscript: "square brackets after a name",
    ast.Pow: "a power",
    ast.Is: "'is'",
    ast.IsNot: "'is not'",
}
# A column or a constant; of a comparison, also a list of constants
Truths = pd.Series | bool
Number = pd.Series | int | float
Value = Truths | Number | str | list[object] | None
T = TypeVar("T")
_ARITHMETIC: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[..., pd.Series | bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class _RefusedError(Exception):
    """What is wrong with a filter, to follow its text."""


@dataclass(frozen=True, slots=True)
class _Filter:
    """A filter that is an expression of Python, whatever it holds, and its names as they were written."""

    root: ast.expr
    names: dict[ast.Name, str]


def names(where: str | None) -> set[str]:
    """Return the names of columns in a filter; none where it is no filter, which `mask` tells.

    Examples
    --------
    >>> sorted(names("seed < 5 and `val loss` in [1, 2] or kind == 'seed'"))
    ['kind', 'seed', 'val loss']
    """
    if where is None:
        return set()
    try:
        return set(_parse(where).names.values())
    except _RefusedError:
        return set()


def hint(frame: pd.DataFrame, where: str) -> str:
    """Return what follows a filter that selects nothing: a text in it that no cell of its column has.

    Examples
    --------
    >>> hint(pd.DataFrame({"kind": ["joint", "staged"]}), "kind == 'stagd'")
    "; `kind` is never 'stagd': did you mean 'staged'?"
    """
    parsed = _parse(where)
    for node in ast.walk(parsed.root):
        if not isinstance(node, ast.Compare):
            continue
        column = next((parsed.names[n] for n in ast.walk(node) if isinstance(n, ast.Name)), None)
        if column is None or column not in frame.columns:
            continue
        known = [str(cell) for cell in frame[column].dropna().unique()[:_MAX_CELLS]]
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value not in known:
                found = grouping.hint(part.value, known).strip()
                ask = f": {found}" if found else f", but {grouping.listed(known, 12)}"
                return f"; `{column}` is never {part.value!r}{ask}"
    return ""


def quoted(name: str) -> str:
    """Return a column's name as a filter has to write it.

    Examples
    --------
    >>> quoted("seed"), quoted("val loss"), quoted("class"), quoted("a`b")
    ('seed', '`val loss`', '`class`', '`a``b`')
    """
    plain = name.isidentifier() and not keyword.iskeyword(name) and name not in _NAMED_NUMBERS
    if plain and unicodedata.normalize("NFKC", name) == name:
        return name
    return "`{}`".format(name.replace("`", "``"))


def mask(frame: pd.DataFrame, where: str, columns: Sequence[str]) -> pd.Series:
    """Return which rows a filter selects; where it cannot be told, because a value is missing, it does not.

    Parameters
    ----------
    frame : DataFrame
        Has at least the columns of `names`, where they exist.
    where : str
        The filter.
    columns : sequence of str
        All names, for messages.

    Raises
    ------
    UsageError
        It is not a filter of this language, or compares what cannot be compared.

    Examples
    --------
    >>> frame = pd.DataFrame({"seed": [1, 2, 3], "kind": ["a", "b", None]})
    >>> mask(frame, "kind == 'a' or 2 < seed + 1 < 4", ["seed", "kind"]).tolist()
    [True, True, False]
    """
    try:
        parsed = _parse(where)
        return _selected(_Evaluation(frame, parsed.names).value(parsed.root))
    except _RefusedError as refused:
        shown = where if len(where) <= _SHOWN_LENGTH else f"{where[:_SHOWN_LENGTH]}…"
        raise UsageError(
            f"{argument('where', shown)} {refused}; the columns are {_listed(columns)}"
        ) from refused


def _selected(value: Value) -> pd.Series:
    if not _is_true_or_false(value) or isinstance(value, bool):
        raise _RefusedError(f"is not true or false for each row; {_ALLOWED}")
    return value.astype("boolean").fillna(value=False).astype(bool)


def _listed(columns: Sequence[str]) -> str:
    shown = list(columns[:_SHOWN_COLUMNS])
    while len(shown) > 1 and sum(map(len, shown)) > _SHOWN_COLUMNS_LENGTH:
        shown.pop()
    more = f" and {len(columns) - len(shown)} more" if len(columns) > len(shown) else ""
    # A name may hold line breaks, and be longer than a page.
    return ", ".join(" ".join(name[:_SHOWN_COLUMNS_LENGTH].split()) for name in shown) + more


def _parse(where: str) -> _Filter:
    """Parse a filter: backticked names become words, `&` and `|` become `and` and `or`."""
    if len(where) > MAX_LENGTH:
        raise _RefusedError(
            f"has {fmt.count(len(where))} characters, more than {fmt.count(MAX_LENGTH)}: leave some of it out"
        )
    stem = "column_"
    while stem in where:
        stem += "_"
    in_backticks: dict[str, str] = {}
    text = ""
    for token in _TOKEN.findall(where.strip()):
        if len(token) == 1 and token in _FOREIGN:
            what = "an unpaired quote" if token in "'\"`" else repr(token)
            raise _RefusedError(f"may not hold {what} outside of texts and backticks; {_ALLOWED}")
        if token[0] == "`":
            word = f"{stem}{len(in_backticks)}"
            in_backticks[word] = token[1:-1].replace("``", "`")
            text += f" {word} "
        elif len(token) > 1:
            text += token
        else:
            text += " " if token.isspace() else {"&": " and ", "|": " or "}.get(token, token)
    root = _parsed(text.strip())
    encoded = text.strip().encode()  # offsets are counted in bytes; Python would change letters such as "ﬁ"
    found = {}
    for node in ast.walk(root):
        if isinstance(node, ast.Name):
            written = encoded[node.col_offset : node.end_col_offset].decode()
            found[node] = in_backticks.get(written, written)
    return _Filter(root, found)


def _parsed(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # texts such as "\d"
            return ast.parse(text, mode="eval").body
    except (MemoryError, RecursionError) as error:
        raise _RefusedError(_too_deep()) from error
    except (SyntaxError, ValueError) as error:  # ValueError: bytes that are no text
        if _ASSIGNMENT.search(text):
            raise _RefusedError("holds a single '='; compare with '=='") from error
        reason = getattr(error, "msg", None) or "it is no text"
        reason = reason.split(" Perhaps ")[0].split(" Maybe ")[0].removesuffix(".")
        raise _RefusedError(f"failed: {reason[:_SHOWN_LENGTH]}; {_ALLOWED}") from error


def _too_deep() -> str:
    return f"is nested too deeply (more than {MAX_DEPTH} levels): write it with fewer parentheses and signs"


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """Evaluates a filter on the columns of a table."""

    frame: pd.DataFrame
    names: dict[ast.Name, str]

    def value(self, node: ast.expr, depth: int = 0) -> Value:
        """Return the column or the constant that an expression stands for."""
        if depth > MAX_DEPTH:
            raise _RefusedError(_too_deep())
        depth += 1
        match node:
            case ast.Constant():
                return _constant(node.value)
            case ast.Name():
                return self._named(self.names[node])
            case ast.BoolOp():
                truths = [self.value(one, depth) for one in node.values]  # noqa: PD011  # of ast
                return _joined(truths, operator.and_ if isinstance(node.op, ast.And) else operator.or_)
            case ast.UnaryOp(op=ast.Not() | ast.Invert()):
                operand = _truths(self.value(node.operand, depth))
                return not operand if isinstance(operand, bool) else ~operand
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                number = _number(self.value(node.operand, depth))
                return _tried(operator.neg, number) if isinstance(node.op, ast.USub) else number
            case ast.BinOp() if type(node.op) in _ARITHMETIC:
                left, right = self.value(node.left, depth), self.value(node.right, depth)
                return _calculated(_ARITHMETIC[type(node.op)], _number(left), _number(right))
            case ast.Compare():
                return self._chain(node, depth)
        raise _refusal(node)

    def _named(self, name: str) -> Value:
        if name in self.frame.columns:
            column = self.frame[name]
            if isinstance(column, pd.Series):
                return column
            raise _RefusedError(f"names the column {name!r}, which is there more than once")
        if name in _NAMED_NUMBERS:
            return _NAMED_NUMBERS[name]
        close = difflib.get_close_matches(name[:_SHOWN_LENGTH], list(map(str, self.frame.columns)), n=1)
        hint = f", did you mean {quoted(close[0])}?" if close else ""
        raise _RefusedError(f"names {name[:_SHOWN_LENGTH]!r}, and there is no such column{hint}")

    def _chain(self, node: ast.Compare, depth: int) -> Value:
        """Compare each with the next, as in `0 < x < 1`."""
        operands = [node.left, *node.comparators]
        values = [self._operand(one, depth) for one in operands]
        pairs = zip(node.ops, values, values[1:], strict=False)
        return _joined([_compared(op, left, right) for op, left, right in pairs], operator.and_)

    def _operand(self, node: ast.expr, depth: int) -> Value:
        if not isinstance(node, ast.List | ast.Tuple):
            return self.value(node, depth)
        values: list[object] = [self.value(one, depth) for one in node.elts]
        if any(isinstance(value, pd.Series) for value in values):
            raise _RefusedError("holds a column in a list; lists are of numbers and texts")
        return values


def _refusal(node: ast.expr) -> _RefusedError:
    op = getattr(node, "op", node)
    what = _REFUSED.get(type(op)) or _REFUSED.get(type(node)) or type(op).__name__
    return _RefusedError(f"may not hold {what}; {_ALLOWED}")


def _constant(value: object) -> Value:
    if value is not None and not isinstance(value, bool | int | float | str):
        raise _RefusedError(f"holds the constant {str(value)[:20]}; {_ALLOWED}")
    if isinstance(value, int) and value >= _MAX_INTEGER:
        raise _RefusedError("holds an integer of more than 64 bits; write it as 1e20")
    return fmt.visible(value, keep="\t\n\r") if isinstance(value, str) else value


def _is_true_or_false(value: Value) -> TypeGuard[Truths]:
    if not isinstance(value, pd.Series):
        return isinstance(value, bool)
    if pd.api.types.is_object_dtype(value.dtype):  # true, false and missing, as read from a CSV file
        return pd.api.types.infer_dtype(value, skipna=True) == "boolean"
    return pd.api.types.is_bool_dtype(value.dtype) and not isinstance(value.dtype, pd.CategoricalDtype)


def _truths(value: Value) -> Truths:
    if not _is_true_or_false(value):
        raise _RefusedError(
            "joins by and, or, not (&, |, ~) what is not true or false; write e.g. `x > 0 and y > 0`"
        )
    return value if isinstance(value, bool) or value.dtype == np.bool_ else value.astype("boolean")


def _joined(values: Sequence[Value], join: Callable[[Truths, Truths], Truths]) -> Truths:
    joined = _truths(values[0])
    for value in values[1:]:
        joined = join(joined, _truths(value))
    return joined


def _compared(op: ast.cmpop, left: Value, right: Value) -> Value:
    """Compare columns and constants; a comparison with a list is one with any of its elements."""
    if isinstance(op, ast.In | ast.NotIn) and not isinstance(right, list):
        raise _RefusedError("has something else than a list after 'in'; write e.g. method in ['a', 'b']")
    if isinstance(right, list) and not (
        isinstance(left, pd.Series) and isinstance(op, ast.In | ast.NotIn | ast.Eq | ast.NotEq)
    ):
        raise _RefusedError("compares a list; write e.g. method in ['a', 'b']")
    if isinstance(left, list):
        raise _RefusedError("has a list on the left of a comparison; write e.g. method in ['a', 'b']")
    if isinstance(op, ast.Eq | ast.NotEq | ast.In | ast.NotIn):
        if isinstance(left, str) and isinstance(right, pd.Series):
            left, right = right, left
        if isinstance(left, pd.Series) and isinstance(right, str | list):
            found = _is_one_of(left, right if isinstance(right, list) else [right])
            return found if isinstance(op, ast.Eq | ast.In) else ~found
    if type(op) not in _COMPARISONS:
        raise _RefusedError(f"may not hold {_REFUSED[type(op)]}; {_ALLOWED}")
    return _tried(_COMPARISONS[type(op)], left, right)


def _is_one_of(column: pd.Series, values: list[object]) -> pd.Series:
    """Return where a column has one of the values; a text is a time where the column holds times."""
    found: pd.Series = _tried(column.isin, values)
    if _is_time(column):
        for text in (value for value in values if isinstance(value, str)):
            found |= _tried(operator.eq, column, text).fillna(value=False).astype(bool)
    return found


def _is_time(value: Value) -> TypeGuard[pd.Series]:
    # kind: also those of pyarrow
    return isinstance(value, pd.Series) and getattr(value.dtype, "kind", "O") in "mM"


def _number(value: Value) -> Number:
    """Return what can be calculated with: integers as 64 bits, so that 1 - 2 of small ones is -1."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float) or _is_time(value):
        return value
    if isinstance(value, pd.Series):
        dtype = value.dtype
        if pd.api.types.is_object_dtype(dtype) and pd.api.types.infer_dtype(value) in (
            "decimal",
            "integer",
            "floating",
        ):
            return _tried(value.astype, np.float64)
        if pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_integer_dtype(dtype):
            is_unsigned = pd.api.types.is_unsigned_integer_dtype(dtype)
            is_large = is_unsigned and bool((value.dropna() >= _MAX_SIGNED).any())
            plain = isinstance(dtype, np.dtype)
            if is_large:
                return value.astype("float64" if plain else "Float64")
            return value.astype("int64" if plain else "Int64")
        if pd.api.types.is_float_dtype(dtype):
            return value if isinstance(dtype, np.dtype) else value.astype("Float64")
    raise _RefusedError("calculates with what is not a number; + - * / are for numeric columns and numbers")


def _calculated(op: Callable[[Number, Number], Number], left: Number, right: Number) -> Number:
    """Calculate; what is beyond the numbers of a computer is refused instead of wrapped around."""
    if op is operator.truediv and not isinstance(right, pd.Series) and right == 0:
        raise _RefusedError("divides by zero")
    result = _tried(op, left, right)
    if not isinstance(result, pd.Series):
        if not abs(result) < np.inf:
            raise _RefusedError("calculates a number that is too large")
        if isinstance(result, int) and abs(result) >= _MAX_INTEGER:
            raise _RefusedError("calculates an integer of more than 64 bits; write numbers as 1e20")
        return result
    if pd.api.types.is_integer_dtype(result.dtype):
        near = _tried(op, *(_as_float(one) for one in (left, right)))
        if isinstance(near, pd.Series) and (near.abs() >= _MAX_SIGNED).any():
            raise _RefusedError("calculates integers of more than 64 bits; multiply by 1.0 first")
    return result


def _as_float(value: Number) -> Number:
    return value.astype("Float64") if isinstance(value, pd.Series) else float(value)


def _tried(op: Callable[..., T], *values: object) -> T:
    try:
        return op(*values)
    # pandas lets nearly any exception through from values that do not go together
    except Exception as error:
        reason = " ".join(str(error).split())[:_SHOWN_LENGTH] or type(error).__name__
        raise _RefusedError(f"failed: {reason}") from error
