"""Only the files of a kind of object know it: who adds a kind edits no other file."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from modelbox_projections.objects.kinds import KINDS
from tests.architecture.tree import parsed, source_files

PROJECTIONS: Final = Path("projections/modelbox_projections")

KNOWING: Final = {PROJECTIONS / "metrics/brought.py"}
"""What still names kinds: points that come with a creation, and the end of a run, which seals its points."""


def test_no_projection_but_that_of_a_kind_imports_what_is_of_the_kind() -> None:
    folders = {kind.view for kind in KINDS.values()}
    of_kinds = {f"modelbox_projections.{folder}" for folder in folders}
    of_kinds |= {kind.creation.__module__ for kind in KINDS.values()}
    assert [
        f"{path}: {module}"
        for path in source_files()
        if path.is_relative_to(PROJECTIONS) and path.parent.name not in folders and path not in KNOWING
        for module in _imports(path)
        if any(module == known or module.startswith(f"{known}.") for known in of_kinds)
    ] == []


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module)):
                yield module
