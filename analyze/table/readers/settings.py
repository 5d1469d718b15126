"""The settings of a run that lie beside its log: hparams.yaml, config.json, Hydra's folder and the like."""

import json
from collections.abc import Callable, Collection

import yaml

from analyze.errors import AnalyzeError
from analyze.table.places import Place
from analyze.table.readers.values import as_text, flat, is_missing, typed_text

NAMES = (
    "hparams.yaml", "hparams.yml", "config.yaml", "config.yml", "args.yaml", "args.yml", "params.yaml",
    "params.yml", "hparams.json", "config.json", "params.json", "args.json", ".hydra/config.yaml",
    ".hydra/overrides.yaml",
)  # fmt: skip
# Settings are short; what is longer is something else, or made to fill the memory.
_MAX_BYTES, _MAX_CELLS = 2**20, 5000


def settings_of(folder: Place, names: Collection[str]) -> tuple[dict[str, object], list[str]]:
    """Return the settings in a folder as cells named ``a.b``, and the files that could not be read.

    Parameters
    ----------
    folder : Place
        The folder.
    names : collection of str
        The paths of files in it, of which `NAMES` are read.
    """
    cells: dict[str, object] = {}
    damaged = []
    for name in NAMES:
        if name not in names:
            continue
        found = _read(folder.child(name), _overrides if name.endswith("overrides.yaml") else _records)
        if found is None:
            damaged.append(folder.child(name).shown)
        else:
            cells |= {key: value for key, value in found.items() if key not in cells}
    return cells, damaged


def _read(place: Place, shape: Callable[[object], dict[str, object]]) -> dict[str, object] | None:
    try:
        content = place.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            return None
        is_json = place.root.endswith(".json")
        document = json.loads(content) if is_json else yaml.load(content, Loader=_Loader)
        return shape(document) if _is_small(document, [], {}) else None
    except (OSError, AnalyzeError, yaml.YAMLError, RecursionError):
        return None
    except (ValueError, TypeError, AttributeError, OverflowError, KeyError):  # of odd times and numbers
        return None


class _Loader(yaml.SafeLoader):
    """Plain values only; what is tagged as an object of some program is read as the text that it is."""


def _plain(loader: _Loader, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]


_Loader.add_constructor(None, _plain)


def _records(document: object) -> dict[str, object]:
    if not isinstance(document, dict):
        return {}
    return {name: _cell(value) for name, value in flat(document)}


def _overrides(document: object) -> dict[str, object]:
    """Read Hydra's list of texts such as "optimizer.lr=0.1"."""
    texts = document or []
    if not isinstance(texts, list):
        raise TypeError("Hydra writes a list")
    pairs = [str(text).lstrip("+~").partition("=") for text in texts if "=" in str(text)]
    return {key: typed_text(value) for key, _, value in pairs}


def _cell(value: object) -> object:
    if isinstance(value, str):
        return typed_text(value)  # YAML's own rules leave 1e-3 a text
    if isinstance(value, list | tuple | set):
        return as_text(list(value))
    return None if is_missing(value) else value


def _is_small(value: object, above: list[int], sizes: dict[int, int]) -> bool:
    """Return whether a document, with its repeated parts written out, is finite and of a few cells."""
    return _n_cells(value, above, sizes) <= _MAX_CELLS


def _n_cells(value: object, above: list[int], sizes: dict[int, int]) -> int:
    if not isinstance(value, dict | list | tuple | set):
        return 1
    key = id(value)
    if key in above:
        return _MAX_CELLS + 1
    if key not in sizes:
        above.append(key)
        inner = value.values() if isinstance(value, dict) else value
        sizes[key] = sum(_n_cells(part, above, sizes) for part in inner) or 1
        above.pop()
    return sizes[key]
