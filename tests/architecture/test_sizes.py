"""Files and functions stay small enough to be read at once. Generated code is the only waiver."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.architecture.tree import REPOSITORY, files_of_tests, parsed, source_files

SOURCE_LINES_MAX: Final = 400
TEST_LINES_MAX: Final = 500
FUNCTION_LINES_MAX: Final = 70
POSITIONAL_PARAMETERS_MAX: Final = 5

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_files_are_short() -> None:
    limits = dict.fromkeys(source_files(), SOURCE_LINES_MAX) | dict.fromkeys(files_of_tests(), TEST_LINES_MAX)
    assert [f"{path}: {n} lines" for path, limit in limits.items() if (n := _line_count(path)) > limit] == []


def test_functions_are_short() -> None:
    assert [
        f"{path}:{function.lineno} {function.name}: {n} lines"
        for path, function in _functions()
        if (n := _length(function)) > FUNCTION_LINES_MAX
    ] == []


def test_functions_take_few_positional_parameters() -> None:
    assert [
        f"{path}:{function.lineno} {function.name}: {n} positional parameters"
        for path, function in _functions()
        # Fixtures of pytest arrive by name; a test lists those that it needs.
        if not function.name.startswith("test_")
        if (n := _positional_count(function)) > POSITIONAL_PARAMETERS_MAX
    ] == []


def _functions() -> Iterator[tuple[Path, Function]]:
    for path in source_files() + files_of_tests():
        for node in ast.walk(parsed(path)):
            if isinstance(node, Function):
                yield path, node


def _line_count(path: Path) -> int:
    return len((REPOSITORY / path).read_text(encoding="utf-8").splitlines())


def _length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _positional_count(function: Function) -> int:
    names = [argument.arg for argument in function.args.posonlyargs + function.args.args]
    return len(names) - (names[:1] in (["self"], ["cls"]))
