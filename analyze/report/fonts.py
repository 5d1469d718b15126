"""Which letters the fonts of a PDF have, and what stands in place of those that they lack.

A page of HTML has the reader's own fonts. A PDF carries its fonts: matplotlib's DejaVu (Latin, Greek,
Cyrillic, Arabic, Hebrew), and those of the packages below where they are installed.
"""

import re
import unicodedata
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

import matplotlib as mpl
from matplotlib.ft2font import FT2Font

# Packages whose folder "fonts" holds TrueType files, and what to install for them.
PACKAGES = {
    "matplotlib_fontja": "matplotlib-fontja (Japanese, many Chinese letters)",
    "koreanize_matplotlib": "koreanize-matplotlib (Korean)",
}
# Signs that steer others and are never seen: controls, joiners, blanks, marks that choose a variant.
_UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Zs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fonts:
    """Folders of fonts, and the signs of each family in the order of their use."""

    folders: tuple[Path, ...]
    families: dict[str, frozenset[int]]


def installed() -> Fonts:
    """Return the fonts of this Python: never those of the system, so that everybody gets the same page."""
    basic = Path(mpl.get_data_path()) / "fonts" / "ttf"
    folders, files = [basic], [basic / "DejaVuSans.ttf"]
    for package in PACKAGES:
        spec = find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            folders.append(Path(place) / "fonts")
            files += sorted(folders[-1].glob("*.ttf"))
    families: dict[str, frozenset[int]] = {}
    for file in files:
        font = FT2Font(str(file))
        families.setdefault(font.family_name, frozenset(font.get_charmap()))
    return Fonts(folders=tuple(folders), families=families)


def in_families(svg: str, fonts: Fonts) -> str:
    """Name the family of each run of a drawing's words: typst's own search fails where scripts mix."""
    _, *others = fonts.families
    return (
        re.sub(r">([^<>]+)</text>", lambda words: f">{_in_spans(words[1], fonts)}</text>", svg)
        if others
        else svg
    )


def _in_spans(text: str, fonts: Fonts) -> str:
    first = next(iter(fonts.families))

    def family(sign: str) -> str:
        return next((name for name, signs in fonts.families.items() if ord(sign) in signs), first)

    runs = ((name, "".join(signs)) for name, signs in groupby(text, key=family))
    return "".join(
        run if name == first else f'<tspan font-family="{name}">{run}</tspan>' for name, run in runs
    )


def lacking(text: str, fonts: Fonts) -> str:
    """Return each sign of a text that the fonts lack, once, in order."""
    signs = frozenset[int]().union(*fonts.families.values())
    return "".join(sign for sign in dict.fromkeys(text) if ord(sign) not in signs and _is_seen(sign))


def spelled(text: str, missing: str) -> str:
    """Write the names of missing signs in their place.

    Examples
    --------
    >>> spelled("🚀 東京", "🚀東京"), spelled("한국어 2", "한국어"), spelled("モデル", "モデル")
    ('[rocket] [U+6771 U+4EAC]', '[han gug eo] 2', '[mo de ru]')
    """
    if not missing:
        return text
    run = f"[{re.escape(missing)}][{re.escape(missing)}\\ufe0e\\ufe0f\\u200d]*"
    return re.sub(run, lambda found: f"[{' '.join(_name(s) for s in found[0] if s in missing)}]", text)


def warning(missing: str) -> str:
    """Say what was replaced, and what to do about it; nothing where nothing was."""
    if not missing:
        return ""
    shown = ", ".join(_name(sign) for sign in missing[:3])
    more = ", …" if len(missing) > 3 else ""
    return (
        f"Letters that the fonts of this PDF lack are written out in brackets ({shown}{more}). The HTML "
        "report shows them as they are, and a PDF that is made where one of these packages is installed "
        f"those of its script: {', '.join(PACKAGES.values())}."
    )


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign) not in _UNSEEN and sign not in "\ufe0e\ufe0f"


def _name(sign: str) -> str:
    """Return the sound of a syllable, the name of a picture, or else the number of a sign."""
    name = unicodedata.name(sign, "")
    if not name or re.search(r"-[0-9A-F]{4,6}$", name):
        return f"U+{hex(ord(sign))[2:].upper().zfill(4)}"
    return re.sub(r"^.* (LETTER|SYLLABLE) ", "", name).lower()
