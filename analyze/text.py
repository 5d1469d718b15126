"""Numbers and names to text: the only place where a number is rounded, signed or given a word.

A number has one form wherever it stands: in a terminal, a sentence, a table, a figure. ``None`` and nan, what
could not be computed, are a dash; what has no end is ``∞``; the minus is a true one. Whole digits are never
rounded away, numbers below 0.00001 and from 10⁹ on are powers of ten, and only zero is written as 0.
"""

import math
import re
import shlex
import unicodedata
from collections.abc import Sequence

MISSING = "—"
MINUS = "−"
ADJUSTMENTS = {"holm": "Holm", "bh": "BH"}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# Numbers are written out between these powers of ten, with so many decimals, or digits where these are more.
_LEAST_POWER, _MOST_POWER, _MAX_DECIMALS, _MAX_DIGITS = -5, 8, 7, 12
# So small a part of the last decimal is what arithmetic leaves of a zero.
_NOISE = 1e-9
# What stands around a text and is none of it; no control characters, of which Python strips some.
BLANKS = (
    " \t\n\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
# No script stacks more marks on a letter.
_MAX_MARKS = 4
# Letters of an error's message, which may quote what is of any length.
_MAX_MESSAGE = 2000
_WORDS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_LINE_SIGNS = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# Without these, words of some scripts and pictures of several signs fall apart.
_JOINERS = "\u200c\u200d"


def decimals_for(scale: float | None, digits: int = 2) -> int | None:
    """Return how many decimals show `scale` (a standard error, an interval's width) with `digits` digits.

    Examples
    --------
    >>> decimals_for(0.00012), decimals_for(0.0027), decimals_for(35.0), decimals_for(0.0)
    (5, 4, 0, None)
    """
    if scale is None or not math.isfinite(scale) or scale == 0:
        return None
    return max(0, digits - 1 - math.floor(math.log10(abs(scale))))


def decimals_of(estimate: float | None, low: float | None, high: float | None) -> int | None:
    """Return how many decimals show two digits of an interval's width, or three of a bare estimate.

    Examples
    --------
    >>> decimals_of(0.1234, 0.1, 0.15), decimals_of(0.1234, None, None), decimals_of(0.1234, 0.1, math.inf)
    (3, 3, 3)
    """
    width = None if low is None or high is None else high - low
    of_width = decimals_for(width)
    return decimals_for(estimate, 3) if of_width is None else of_width


def number(value: float | None, digits: int = 4) -> str:
    """Return `value` with up to `digits` significant digits, a true minus sign, and powers of ten.

    Examples
    --------
    >>> number(0.878672), number(-12), number(1.25e-9), number(12346), number(0.5), number(None)
    ('0.8787', '−12', '1.25×10⁻⁹', '12,346', '0.5', '—')
    """
    if value is None or not math.isfinite(value):
        return _endless(value)
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    power = int(exponent)
    if power < _LEAST_POWER or power > _MOST_POWER:
        return _signed(f"{_trimmed(mantissa)}×{power_of_ten(power)}")
    return _signed(_trimmed(f"{value:,.{max(0, digits - 1 - power)}f}"))


def power_of_ten(exponent: int) -> str:
    """Return a power of ten.

    Examples
    --------
    >>> power_of_ten(-7), power_of_ten(12)
    ('10⁻⁷', '10¹²')
    """
    return f"10{str(exponent).translate(_SUPERSCRIPT)}"


def fixed(value: float | None, decimals: int | None, *, sign: bool = False) -> str:
    """Return `value` with `decimals` decimals, or more where these are zeros; `sign` puts a plus if positive.

    Examples
    --------
    >>> fixed(0.87867, 4), fixed(-0.0022, 4), fixed(0.0022, 3, sign=True), fixed(1, None), fixed(-0.0013, 2)
    ('0.8787', '−0.0022', '+0.002', '1', '−0.0013')
    >>> fixed(1.25e29, 1), fixed(4.2e-7, 2), fixed(0.0, 2), fixed(1e-17, 2)
    ('1.25×10²⁹', '4.2×10⁻⁷', '0', '0')
    """
    if value is None or not math.isfinite(value):
        text = _endless(value)
    elif decimals is None:
        text = number(value)
    elif abs(value) <= _NOISE * 10.0**-decimals:
        text = "0"
    else:
        text = _fixed(value, decimals)
    return f"+{text}" if sign and value is not None and value > 0 and text != "0" else text


def _fixed(value: float, decimals: int) -> str:
    power = math.floor(math.log10(abs(value)))
    if power > _MOST_POWER:
        return number(value)
    text = f"{value:,.{decimals}f}"
    if not text.strip("-0.,"):  # an end of an interval keeps its sign, a minimum is not 0
        return number(value, 2)
    if decimals > _MAX_DECIMALS or power < _LEAST_POWER:
        return number(value, min(max(decimals + power + 1, 1), _MAX_DIGITS))
    return _signed(text)


def interval(low: float | None, high: float | None, decimals: int | None, *, sign: bool = False) -> str:
    """Return ``[low, high]``, or a dash when neither end is known.

    Examples
    --------
    >>> interval(-0.0026, -0.0019, 4, sign=True), interval(0.001, 0.12, 2, sign=True), interval(None, None, 1)
    ('[−0.0026, −0.0019]', '[+0.001, +0.12]', '—')
    """
    if low is None and high is None:
        return MISSING
    return f"[{fixed(low, decimals, sign=sign)}, {fixed(high, decimals, sign=sign)}]"


def with_ends(estimate: float, low: float, high: float) -> tuple[str, str, str]:
    """Return an estimate and the ends of its interval, with the same decimals.

    Examples
    --------
    >>> with_ends(-0.0019788, -0.0023, -0.00165)
    ('−0.00198', '−0.00230', '−0.00165')
    """
    decimals = decimals_of(estimate, low, high)
    return fixed(estimate, decimals), fixed(low, decimals), fixed(high, decimals)


def rounded_up(bound: float) -> str:
    """Round to one digit or two, but never to less: what is said to lie below a bound does.

    Examples
    --------
    >>> rounded_up(0.00078), rounded_up(0.000641), rounded_up(26.16)
    ('0.0008', '0.00065', '27')
    """
    for digits, furthest in ((1, 1.05), (2, 1.1)):
        exponent = math.floor(math.log10(bound)) - digits + 1
        nearest = float(f"{bound:.{digits - 1}e}")
        rounded = nearest if nearest >= bound else float(f"{round(nearest / 10.0**exponent) + 1}e{exponent}")
        if math.isfinite(rounded) and rounded <= furthest * bound:
            return number(rounded)
    return number(bound)


def roughly(estimate: float, low: float, high: float) -> tuple[str, str, str]:
    """Return an estimate and the ends of its interval with the digits that a headline needs.

    Examples
    --------
    >>> roughly(21.9, 19.1, 24.7), roughly(1.19, 0.76, 1.61), roughly(-7.0, -13.5, -0.43)
    (('22', '19', '25'), ('1.2', '0.8', '1.6'), ('−7', '−13.5', '−0.4'))
    """
    decimals = decimals_for((high - low) / 2, 1)
    if decimals is None:
        return with_ends(estimate, low, high)
    if any(x and round(x, decimals) == 0 for x in (estimate, low, high)):
        decimals += 1
    first, *ends = (fixed(x, decimals) for x in (estimate, low, high))
    whole = first.removesuffix(f".{'0' * decimals}") if decimals else first
    return whole, ends[0], ends[1]


def pvalue(value: float | None, *, at_most: bool = False) -> str:
    """Return a p-value that is never printed as zero or one, or the bound that so many draws give.

    Examples
    --------
    >>> [pvalue(p) for p in (0.0, 3e-7, 0.0002, 0.00996, 0.0123, 0.049, 0.0997, 0.1, 0.35, 1.0, None)]
    ['< 0.0001', '< 0.0001', '0.0002', '0.010', '0.012', '0.049', '0.10', '0.10', '0.35', '> 0.99', '—']
    >>> pvalue(0.0001, at_most=True)
    '≤ 0.0001'
    """
    if at_most and value is not None and 0.0001 <= value < 0.995:
        return f"≤ {pvalue(value)}"
    if value is None or not math.isfinite(value):
        return MISSING
    if value < 0.0001:
        return "< 0.0001"
    if value >= 0.995:
        return "> 0.99"
    rounded = float(f"{value:.2g}")  # one that is rounded to 0.1 is written as 0.1 is
    return f"{value:.{2 if rounded >= 0.1 else 3 if rounded >= 0.01 else 4}f}"


def pvalue_phrase(value: float | None, *, at_most: bool = False) -> str:
    """Return ``p = 0.012``, ``p < 0.0001``, ``p ≤ 0.0001`` or ``p not available``.

    Examples
    --------
    >>> pvalue_phrase(0.0123), pvalue_phrase(1e-9), pvalue_phrase(None)
    ('p = 0.012', 'p < 0.0001', 'p not available')
    """
    text = pvalue(value, at_most=at_most)
    return "p not available" if text == MISSING else f"p {'' if text[0] in '<>≤' else '= '}{text}"


def probability(value: float | None) -> str:
    """Return a probability with two decimals; one that is not certain is never printed as 0 or 1.

    Examples
    --------
    >>> [probability(p) for p in (0, 0.001, 0.273, 0.5, 0.9999, 1, None)]
    ['0', '< 0.01', '0.27', '0.50', '> 0.99', '1', '—']
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if 0 < value < 0.005 or 0.995 <= value < 1:
        return "< 0.01" if value < 0.5 else "> 0.99"
    return number(value) if value in (0, 1) else f"{value:.2f}"


def statistic(name: str, value: float | None) -> str:
    """Return a test's statistic with its name.

    Examples
    --------
    >>> statistic("D", 0.354), statistic("U", 337.5), statistic("U", None)
    ('D = 0.354', 'U = 337.5', '—')
    """
    return MISSING if number(value) == MISSING else f"{name} = {number(value)}"


def count(value: float | None) -> str:
    """Return a whole number with a comma at the thousands.

    Examples
    --------
    >>> count(1000000), count(12), count(None)
    ('1,000,000', '12', '—')
    """
    return MISSING if value is None else _signed(f"{int(value):,}")


def percent(value: float | None, decimals: int = 0) -> str:
    """Return a share as a percentage; a share that is not quite 0 or 1 is never printed as 0 or 100.

    Examples
    --------
    >>> percent(0.6444), percent(0.95), percent(0.001), percent(0.9999), percent(0.9545, 1), percent(None)
    ('64 %', '95 %', '< 1 %', '> 99 %', '95.5 %', '—')
    >>> percent(0, 1), percent(1.0, 1), percent(-0.0001)
    ('0 %', '100 %', '> −1 %')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value in (0, 1):
        return f"{100 * int(value)} %"
    text, step = f"{100 * value:.{decimals}f}", 10.0**-decimals
    if float(text) == 0:
        return f"< {step:.{decimals}f} %" if value > 0 else f"> −{step:.{decimals}f} %"
    if value < 1 and float(text) == 100:
        return f"> {100 - step:.{decimals}f} %"
    return _signed(f"{text} %")


def level(share: float, unit: str = " %") -> str:
    """Return a level of confidence, or of a quantile, in percent without needless zeros.

    Examples
    --------
    >>> level(0.95), level(0.999), level(1 - 0.95), level(0.1, unit="")
    ('95 %', '99.9 %', '5 %', '10')
    """
    return f"{number(100 * share, 6)}{unit}"


def exact(value: float | None) -> str:
    """Return a number with all its digits, as somebody would type it.

    Examples
    --------
    >>> exact(0.0123456789), exact(95.0), exact(-1e-9), exact(math.nan)
    ('0.0123456789', '95', '-1e-09', 'nan')
    """
    return MISSING if value is None else f"{value:.15g}"


def plural(n: float, noun: str, nouns: str | None = None) -> str:
    """Return the number with its noun.

    Examples
    --------
    >>> plural(1, "run"), plural(1200, "run"), plural(2, "has", "have")
    ('1 run', '1,200 runs', '2 have')
    """
    return f"{count(n)} {noun if n == 1 else nouns or noun + 's'}"


def listing(words: Sequence[str]) -> str:
    """Join words as a sentence does.

    Examples
    --------
    >>> listing(["a"]), listing(["a", "b"]), listing(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def sentence_start(name: str) -> str:
    """Begin a sentence with a name: with a capital where it is a word, as it is where it is a code.

    Examples
    --------
    >>> sentence_start("joint-long"), sentence_start("fp16"), sentence_start("sgd"), sentence_start("lr=0.1")
    ('Joint-long', 'fp16', 'sgd', 'lr=0.1')
    """
    return name[:1].upper() + name[1:] if re.fullmatch(r"[a-z]{4,}([ -][a-z]+)*", name) else name


def few(n: int) -> str:
    """Write out a number of one word.

    Examples
    --------
    >>> few(6), few(13)
    ('six', '13')
    """
    return _WORDS[n] if 0 <= n < len(_WORDS) else count(n)


def initial(text: str) -> str:
    """Begin with a capital letter where that is only a letter's case: a symbol stays what it is.

    Examples
    --------
    >>> initial("ratio of sds"), initial("P(b > a)"), initial("Δ")
    ('Ratio of sds', 'P(b > a)', 'Δ')
    """
    return text[:1].upper() + text[1:] if text[1:2].islower() else text


def shell_word(text: str) -> str:
    """Quote text for a shell: in double quotes where that is safe, which expressions are easier to read in.

    Examples
    --------
    >>> print(shell_word("seed < 5 and schedule == 'joint'"), shell_word("joint"), shell_word('"$x"'))
    "seed < 5 and schedule == 'joint'" joint '"$x"'
    """
    if shlex.quote(text) == text:
        return text
    return shlex.quote(text) if set(text) & set('"$`\\!') or not text else f'"{text}"'


def yes_or_no(value: object) -> str:
    """Return a truth value as a word.

    Examples
    --------
    >>> yes_or_no(True), yes_or_no(False)
    ('yes', 'no')
    """
    return "yes" if value else "no"


def typed(text: str) -> str:
    r"""Return a text as one word of a command line, in single quotes where it needs some.

    Examples
    --------
    >>> print(typed("lr=0.1"), typed("lr == 0.1"), typed("kind == 'a'"), typed("two\nlines"))
    lr=0.1 'lr == 0.1' "kind == 'a'" 'two\nlines'
    """
    if re.fullmatch(r"[\w.,=/:-]+", text):
        return text
    if not text.isprintable():
        return repr(text)
    if "'" not in text:
        return f"'{text}'"
    return "'" + text.replace("'", "'\\''") + "'" if re.search(r'["$`\\!]', text) else f'"{text}"'


def option(name: str, value: object = None) -> str:
    """Write an argument of the question as an option of the command line.

    Examples
    --------
    >>> option("rows_are_runs", True), option("by", "model name"), option("confidence")
    ('--rows-are-runs', "--by 'model name'", '--confidence')
    """
    dashed = f"--{name.replace('_', '-')}"
    return dashed if value is None or value is True else f"{dashed} {typed(str(value))}"


def shorten(text: str, width: int) -> str:
    """Cut the middle out of a text longer than `width`: names often differ at their end.

    Examples
    --------
    >>> shorten("momentum_lr_0.1_seed_7", 12), shorten("staged", 12)
    ('moment…eed_7', 'staged')
    """
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def visible(text: str, *, keep: str = "") -> str:
    r"""Write out what cannot be seen, or steers a terminal, a page or a reader's eye.

    These are control characters, halves of letters, what Unicode has not assigned, signs that turn the
    direction of writing, line breaks, and all marks on one letter from the fifth on. Blanks stay.

    Parameters
    ----------
    text : str
        Of anybody: the name of a group, a file, a column.
    keep : str
        Signs that stay in any case.

    Examples
    --------
    >>> print(visible("\x1b[2Ja"), visible("a\nb"), visible("\ud800"), visible("λ=0.1, 東京"))
    \x1b[2Ja a\nb \ud800 λ=0.1, 東京
    """
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    n_marks = 0
    for i, sign in enumerate(text):
        kind = unicodedata.category(sign)
        n_marks = n_marks + 1 if kind in ("Mn", "Me") else 0
        is_seen = sign.isprintable() or kind == "Zs" or sign in keep
        is_joiner = sign in _JOINERS and i > 0 and not text[i - 1].isascii() and text[i - 1] not in _JOINERS
        shown.append(sign if (is_seen and n_marks <= _MAX_MARKS) or is_joiner else _written_out(sign))
    return "".join(shown)


def _written_out(sign: str) -> str:
    number = ord(sign)
    form = f"x{number:02x}" if number < 0x100 else f"u{number:04x}" if number < 0x10000 else f"U{number:08x}"
    return _LINE_SIGNS.get(sign, f"\\{form}")


def message(text: str) -> str:
    r"""Return an error's message as the one line that a terminal shows, whatever it quotes.

    Examples
    --------
    >>> message("a\nb"), len(message("x" * 10**6))
    ('a\\nb', 2000)
    """
    return shorten(visible(shorten(text, 2 * _MAX_MESSAGE)), _MAX_MESSAGE)


def _endless(value: float | None) -> str:
    if value is None or math.isnan(value):
        return MISSING
    return "∞" if value > 0 else f"{MINUS}∞"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
