"""No file imports what imports it, neither at its top nor in a function: data flows one way in each package."""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import SOURCE_ROOTS, parsed, source_files

PACKAGES: Final = ("modelbox", "modelbox_events", "modelbox_projections", "modelbox_gateway")

KINDS: Final = "modelbox.kinds."
"""Two kinds of objects may name each other as what a call returns: such imports are read by type checkers alone."""


@pytest.mark.parametrize("package", PACKAGES)
def test_no_files_import_each_other(package: str) -> None:
    modules = {name: path for name, path in _modules() if name.split(".")[0] == package}
    imports = {name: set(_imports(name, path, modules.keys())) - {name} for name, path in modules.items()}
    assert any(imports.values())
    assert _circles(imports) == {}


def test_a_circle_is_found_with_all_that_are_in_it_and_no_others() -> None:
    circle = {"a": {"b"}, "b": {"c"}, "c": {"a"}}
    assert _circles({"top": {"a"}, "low": set(), **circle, "d": {"low"}} | {"c": {"a", "low"}}) == circle


def _circles(imports: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the modules that import each other, with what of these each imports."""
    left = imports
    while True:
        used = set().union(*left.values())
        kept = {name for name, targets in left.items() if targets and name in used}
        if len(kept) == len(left):
            return left
        left = {name: targets & kept for name, targets in left.items() if name in kept}


def _modules() -> Iterator[tuple[str, Path]]:
    for path in source_files():
        root = next(root for root in SOURCE_ROOTS if path.is_relative_to(root))
        parts = path.relative_to(root).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def _imports(name: str, path: Path, known: Collection[str]) -> Iterator[str]:
    tree = parsed(path)
    read_by_checkers = {
        id(inner) for node in ast.walk(tree) if _is_for_checkers(node) for inner in ast.walk(node) if inner is not node
    }
    for node in ast.walk(tree):
        for target in _targets(node, known):
            if not (id(node) in read_by_checkers and name.startswith(KINDS) and target.startswith(KINDS)):
                yield target


def _targets(node: ast.AST, known: Collection[str]) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (one.name for one in names if one.name in known)
        case ast.ImportFrom(module=str(module), names=names):
            for one in names:
                inner = f"{module}.{one.name}"
                if inner in known or module in known:
                    yield inner if inner in known else module
        case _:
            pass


def _is_for_checkers(node: ast.AST) -> bool:
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case _:
            return False
