"""Numbers to text: the only place where a number is rounded, signed or given a word.

Every function accepts ``None`` (a number that could not be computed) and returns a dash for it.
"""

import math
import shlex

MISSING = "—"
MINUS = "−"
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# Below this many decimals a plain number is longer than its power of ten.
_MAX_DECIMALS = 7
# A diverged run has thirty digits.
_LARGE = 1e9

ADJUSTMENTS = {"holm": "Holm", "bh": "BH"}


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


def number(value: float | None, digits: int = 4) -> str:
    """Return `value` with `digits` significant digits, a true minus sign, and powers of ten in words' reach.

    Examples
    --------
    >>> number(0.878672), number(-12), number(1.25e-9), number(None), number(12346)
    ('0.8787', '−12', '1.25×10⁻⁹', '—', '12,350')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if exponent < -5 or exponent > 8:
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        return _signed(f"{float(mantissa):g}×10{str(int(power)).translate(SUPERSCRIPT)}")
    rounded = float(f"{value:.{digits}g}")
    places = max(0, digits - 1 - exponent)
    text = f"{rounded:,.{places}f}"
    return _signed(text.rstrip("0").rstrip(".") if "." in text else text)


def fixed(value: float | None, decimals: int | None, *, sign: bool = False) -> str:
    """Return `value` with exactly `decimals` decimals; with `sign`, positive numbers carry a plus.

    Examples
    --------
    >>> fixed(0.87867, 4), fixed(-0.0022, 4), fixed(0.0022, 3, sign=True), fixed(1, None), fixed(-0.0001, 2)
    ('0.8787', '−0.0022', '+0.002', '1', '0.00')
    >>> fixed(1.25e29, 1)
    '1.25×10²⁹'
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if decimals is None or decimals > _MAX_DECIMALS or abs(value) >= _LARGE:
        text = number(value)
        return f"+{text}" if sign and value > 0 else text
    text = f"{value:,.{decimals}f}"
    if not text.strip("-0.,"):  # "-0.00" is a zero
        return text.lstrip("-")
    return f"+{text}" if sign and value > 0 else _signed(text)


def interval(low: float | None, high: float | None, decimals: int | None, *, sign: bool = False) -> str:
    """Return ``[low, high]``, or a dash when neither end is known.

    Examples
    --------
    >>> interval(-0.00256, -0.0019, 4, sign=True), interval(None, None, 3)
    ('[−0.0026, −0.0019]', '—')
    """
    if low is None and high is None:
        return MISSING
    return f"[{fixed(low, decimals, sign=sign)}, {fixed(high, decimals, sign=sign)}]"


def pvalue(value: float | None) -> str:
    """Return a p-value that is never printed as zero or one.

    Examples
    --------
    >>> [pvalue(p) for p in (0.0, 3e-7, 0.0002, 0.0123, 0.049, 0.35, 1.0, None)]
    ['< 0.0001', '< 0.0001', '0.0002', '0.012', '0.049', '0.35', '> 0.99', '—']
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value < 0.0001:
        return "< 0.0001"
    if value > 0.99:
        return "> 0.99"
    if value >= 0.1:
        return f"{value:.2f}"
    return f"{value:.4f}" if value < 0.01 else f"{value:.3f}"


def statistic(name: str, value: float | None) -> str:
    """Return a test's statistic with its name.

    Examples
    --------
    >>> statistic("D", 0.354), statistic("U", None)
    ('D = 0.354', '—')
    """
    return MISSING if number(value) == MISSING else f"{name} = {number(value)}"


def pvalue_phrase(value: float | None) -> str:
    """Return ``p = 0.012``, ``p < 0.0001`` or ``p not available``.

    Examples
    --------
    >>> pvalue_phrase(0.0123), pvalue_phrase(1e-9), pvalue_phrase(None)
    ('p = 0.012', 'p < 0.0001', 'p not available')
    """
    text = pvalue(value)
    if text == MISSING:
        return "p not available"
    return f"p {text}" if text[0] in "<>" else f"p = {text}"


def count(value: int | float | None) -> str:
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
    """
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{100 * value:.{decimals}f}"
    if value > 0 and float(text) == 0:
        return "< 1 %" if decimals == 0 else f"< {10.0**-decimals:.{decimals}f} %"
    if value < 1 and float(text) == 100:
        return "> 99 %" if decimals == 0 else f"> {100 - 10.0**-decimals:.{decimals}f} %"
    return f"{text} %"


def level(confidence: float) -> str:
    """Return a confidence level without needless zeros.

    Examples
    --------
    >>> level(0.95), level(0.999), level(0.9)
    ('95 %', '99.9 %', '90 %')
    """
    return f"{100 * confidence:g} %"


def plural(n: int, noun: str, nouns: str | None = None) -> str:
    """Return the number with its noun.

    Examples
    --------
    >>> plural(1, "run"), plural(1200, "run"), plural(2, "has", "have")
    ('1 run', '1,200 runs', '2 have')
    """
    return f"{count(n)} {noun if n == 1 else nouns or noun + 's'}"


def listing(words: list[str]) -> str:
    """Join words as a sentence does.

    Examples
    --------
    >>> listing(["a"]), listing(["a", "b"]), listing(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


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


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
