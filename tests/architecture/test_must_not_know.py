"""What modules say that they must not know, they do not import.

The docstring of a module, or of a package for all that is in it, may end with `Must not know: gRPC, the views.`: each
of its words is one of `WORDS`. What no import shows is not said there.
"""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import parsed, source_files

_SENTENCE: Final = re.compile(r"^Must not know: (?P<words>[^.]+)\.\Z", re.MULTILINE)
_KINDS: Final = tuple(
    path.stem for path in source_files() if path.parent.name == "kinds" and path.stem not in ("__init__", "artifact")
)
"""All kinds but artifacts, which every object has."""

WORDS: Final[dict[str, tuple[str, ...]]] = {
    "gRPC": ("grpc",),
    "HTTP": ("starlette", "uvicorn", "prometheus_client"),
    "NATS": ("nats",),
    "Postgres": ("asyncpg",),
    "SQL": ("asyncpg", "*.STATEMENTS"),
    "the clock": ("time", "modelbox_events.clock"),
    "the wire": ("google", "grpc", "modelbox.proto"),
    "the server": ("grpc", "modelbox.transport", "modelbox.session", "modelbox.sending", "modelbox.delivery"),
    "the log": tuple(
        f"modelbox_events.{name}" for name in ("append", "batch", "database", "head", "log", "queue", "read")
    ),
    "the views": ("modelbox_projections",),
    "the gateway": ("modelbox_gateway",),
    "events": ("modelbox_events.event", "modelbox_events.types"),
    "event types": ("modelbox_events.types",),
    "files": ("modelbox.transfer",),
    "any command": ("modelbox.cli.commands", "modelbox_gateway.cli.[!c]*"),
    "any framework": (
        *("keras", "lightgbm", "lightning", "pytorch_lightning", "sklearn", "tensorflow", "torch", "transformers"),
        "xgboost",
    ),
    "any kind of object": (
        *(f"modelbox.kinds.{kind}" for kind in _KINDS),
        *(f"modelbox_events.types.{kind}" for kind in _KINDS),
        *(f"modelbox_gateway.rules.{kind}" for kind in _KINDS),
        *(f"modelbox_gateway.rpc.methods.{kind}" for kind in _KINDS),
        *(f"modelbox_projections.{kind}s" for kind in _KINDS),
    ),
    "any method": ("modelbox_gateway.rpc.methods",),
}
"""What is imported by who knows it."""


def _statements() -> list[tuple[Path, str]]:
    """Return each module or package that must not know something, with each word of what."""
    found = []
    for path in source_files():
        match = _SENTENCE.search(ast.get_docstring(parsed(path)) or "")
        found += [(path, word) for word in match["words"].split(", ")] if match else []
    return found


@pytest.mark.parametrize(("path", "word"), _statements(), ids=str)
def test_no_module_imports_what_it_says_it_must_not_know(path: Path, word: str) -> None:
    assert [
        f"{at}:{line} {name}"
        for at in _modules_of(path)
        for line, name in _imports(at)
        if any(fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*") for pattern in WORDS[word])
    ] == []


def test_what_must_not_be_known_is_said_in_one_form_and_in_words_that_are_checked() -> None:
    said = [path for path in source_files() if "must not know" in (ast.get_docstring(parsed(path)) or "").lower()]
    assert [path for path in said if path not in {at for at, _ in _statements()}] == []
    assert {word for _, word in _statements()} == WORDS.keys()


def _modules_of(path: Path) -> list[Path]:
    """Return the module, or all those of the package whose `__init__` it is."""
    return [at for at in source_files() if at.is_relative_to(path.parent)] if path.stem == "__init__" else [path]


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """Return all that a module imports at whatever place, with its whole name; of `from a import b` that is `a.b`."""
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, name.name) for name in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from ((node.lineno, f"{module}.{name.name}") for name in names)
            case _:
                pass
