"""The files of the repository, as the architecture tests look at them."""

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
SOURCE_ROOTS: Final = ("events", "projections", "gateway", "sdk/python")


@cache
def files() -> list[Path]:
    """Return every file of the repository that exists, is tracked or would be, relative to its root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    output = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True, text=True).stdout
    return sorted(path for name in output.split("\0") if name and (REPOSITORY / (path := Path(name))).is_file())


def is_generated(path: Path) -> bool:
    """Tell whether protoc wrote the file."""
    return "_pb2" in path.name


def source_files() -> list[Path]:
    """Return the Python files that a person wrote and that are no tests."""
    return [path for path in _python_files() if path.as_posix().startswith(SOURCE_ROOTS)]


def files_of_tests() -> list[Path]:
    """Return the Python files below tests/."""
    return [path for path in _python_files() if path.parts[0] == "tests"]


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse((REPOSITORY / path).read_text(encoding="utf-8"), filename=str(path))


def _python_files() -> list[Path]:
    return [path for path in files() if path.suffix == ".py" and not is_generated(path)]
