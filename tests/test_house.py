"""Where lines live: a room imports from the floors below it, and never in a circle.

A line lives with the noun that it explains, on the lowest floor that knows its words. The floors of
`analyze`, from the ground: 1 statistics, words for numbers, the question; 2 results; 3 tables of runs;
4 comparisons and figures; 5 reports; 6 the door; 7 the command line. Those of `collect`, by the life of a
run: 1 what is asked; 2 what a network does, what is kept; 3 who trains when; 4 the command line. Two rooms
on one floor may know each other in one direction.
"""

import ast
import functools
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# By folder, or by module where one stands alone
FLOORS = {
  "analyze": {
    "errors": 0, "progress": 0, "spelling": 0,
    "direction": 0, "codec": 1, "given": 1, "question": 1, "text": 1, "stats": 1,
    "record": 2, "answered": 2, "tasked": 2, "records": 2, "results": 2,
    "table": 3,
    "comparison": 4, "figures": 4,
    "report": 5, "output": 5, "publish": 5,
    "api": 6,
    "commands": 7, "screen": 7, "cli": 7, "demo": 7, "__main__": 7,
    "": 7,  # the package itself, which loads the door for whoever asks for it
  },
  "collect": {
    "errors": 0, "text": 0,
    "strategy": 1,
    "training": 2, "store": 2,
    "running": 3,
    "cli": 4, "__main__": 4,
  },
}  # fmt: skip
PACKAGES = pytest.mark.parametrize("package", FLOORS)

# Upward imports that still stand, with the reason. The list may only become shorter.
STANDING: dict[tuple[str, str], str] = {}


def modules(package: str) -> dict[str, Path]:
    paths = sorted((ROOT / package).rglob("*.py"))
    return {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in paths}


def imports(path: Path, known: dict[str, Path], *, for_types: bool = True) -> Iterator[str]:
    """Yield the modules of the package that a file imports, wherever in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(part)
        for node in ast.walk(tree)
        if not for_types and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if full in known:
                    yield full
                elif node.module in known:
                    yield str(node.module)


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


@functools.cache
def edges(package: str, *, for_types: bool = True) -> set[tuple[str, str]]:
    known = modules(package)
    return {
        (module, imported)
        for module, path in known.items()
        for imported in imports(path, known, for_types=for_types)
        if imported not in (module, package)
    }


@PACKAGES
def test_every_module_has_a_floor(package):
    assert {room(module) for module in modules(package)} - {""} <= FLOORS[package].keys()


@PACKAGES
def test_imports_point_down_and_what_stands_against_it_is_listed(package):
    floors = FLOORS[package]
    upward = {(a, b) for a, b in edges(package) if floors[room(a)] < floors[room(b)]}
    assert upward == {(a, b) for a, b in STANDING if a.startswith(f"{package}.")}


@PACKAGES
def test_rooms_of_one_floor_know_each_other_in_one_direction(package):
    between = {(room(a), room(b)) for a, b in edges(package) if (a, b) not in STANDING and room(a) != room(b)}
    assert {(a, b) for a, b in between if (b, a) in between} == set()


@PACKAGES
def test_no_files_import_each_other_in_a_circle(package):
    graph: dict[str, set[str]] = {}
    for a, b in edges(package, for_types=False):
        graph.setdefault(a, set()).add(b)
    assert circle(graph) == []


def test_a_figure_knows_no_other_figure():
    figures = {
        module
        for module, path in modules("analyze").items()
        if any(line.startswith("FIGURE = ") for line in path.read_text(encoding="utf-8").splitlines())
    }
    assert {room(module) for module in figures} == {"figures"}
    assert {a for a, b in edges("analyze") if b in figures} == {"analyze.figures.catalogue"}


def test_tensorflow_is_imported_where_networks_are_trained_and_data_sets_fetched():
    outside = {
        module
        for module, path in modules("collect").items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in named(node)
        if name.partition(".")[0] in ("tensorflow", "keras") and room(module) != "training"
    }
    assert outside == {"collect.strategy.fetch"}


def named(node: ast.AST) -> list[str]:
    """Return the modules that a statement names as imported."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return the modules of some circle of imports in order, the first once more at the end; or nothing."""
    done: set[str] = set()

    def from_here(module: str, way: list[str]) -> list[str]:
        if module in way:
            return [*way[way.index(module) :], module]
        if module in done:
            return []
        found = next((f for b in sorted(graph.get(module, ())) if (f := from_here(b, [*way, module]))), [])
        done.add(module)
        return found

    return next((found for module in sorted(graph) if (found := from_here(module, []))), [])


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}}) == ["b", "c", "b"]
    assert circle({"a": {"d"}, "b": {"d"}, "c": {"d"}}) == []


def test_the_packages_never_import_each_other():
    for package, other in pairwise(("analyze", "collect", "analyze")):
        known = modules(other)
        assert {m for m, path in modules(package).items() if any(imports(path, known))} == set()


# Format specs outside text.py that no reader sees as a number.
FOR_NO_READER = {
    ("analyze.report.latex", ".2f"): "the width of a column",
    ("analyze.report.svg", ".2f"): "coordinates",
    ("analyze.report.svg", "g"): "the size of a drawing",
    ("analyze.table.mixtures", ".6g"): "settings that agree in six digits are equal",
    ("analyze.question", "round"): "1 − 0.95 is not 0.05 in binary",
}
PADDING = re.compile(r"(.?[<>^])?\d*")


def roundings(source: str) -> Iterator[str]:
    """Yield what could print a rounded number: format specs, `format`, `%` and `round` to decimals."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FormattedValue(format_spec=ast.JoinedStr(values=parts)):
                yield "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in parts)
            case ast.Call(func=ast.Name(id="format")):
                yield "format"
            case (
                ast.Call(func=ast.Name(id="round"), args=[_, _])
                | ast.Call(func=ast.Name(id="round"), keywords=[_])
            ):
                yield "round"
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
                yield from re.findall(r"\{\w*:([^{}]+)\}", text)
            case ast.Call(func=ast.Attribute(attr="format_float_positional" | "format_float_scientific")):
                yield "format_float"
            case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str(text))):
                yield from re.findall(r"%[-+ #0]*[\d.*]*[eEfFgGd]", text)


def test_only_text_rounds_for_readers():
    found = {
        (module, spec)
        for module, path in modules("analyze").items()
        if module != "analyze.text"
        for spec in roundings(path.read_text(encoding="utf-8"))
        if not PADDING.fullmatch(spec)
    }
    assert found == FOR_NO_READER.keys()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('f"{n:,} runs"', [","]),
        ('f"{x:.{digits}f}"', [".{}f"]),
        ('format(x, ".2f")', ["format"]),
        ('"{:.3g}".format(x)', [".3g"]),
        ('"%.2f of %s" % (x, name)', ["%.2f"]),
        ("round(x, 3)", ["round"]),
        ("round(x, ndigits=3)", ["round"]),
        ("values[round(share * top)]", []),
        ('f"{name} {x!r}" "a {}".format(name)', []),
    ],
)
def test_a_rounding_is_found(source, expected):
    assert list(roundings(source)) == expected


def test_few_annotations_are_untyped():
    """What nobody knows is an `object` that is looked at; `Any` stands where a library has no types."""
    named = Counter(
        module
        for module, path in modules("analyze").items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in ("Any", "typing.Any")
    )
    assert sum(named.values()) <= 25, named
