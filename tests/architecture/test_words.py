"""The words of the glossary, where a program can check them: in the names that we define."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.architecture.tree import parsed, source_files

# A word that means one of the glossary's, and the glossary's word for it.
FOREIGN_WORDS: Final = {
    "outbox": "feed",
    "seqno": "position or version",
    "tenant": "namespace",
    "topic": "subject",
    "watermark": "cursor",
}

_TIME_WITHOUT_UNIT: Final = re.compile(r"(?:^|_)(timeout|interval|delay|duration|latency|age|period)(_max|_min)?$")


def test_names_use_the_words_of_the_glossary() -> None:
    assert [
        f"{path}:{line} {name}: say {FOREIGN_WORDS[word]}, not {word}"
        for path, line, name in _defined_names()
        for word in _words(name) & FOREIGN_WORDS.keys()
    ] == []


def test_checkpoint_means_a_training_checkpoint() -> None:
    """How far a projection has come is a cursor; so the machinery of log, feed and projections knows no checkpoint."""
    assert [
        f"{path}:{line} {name}"
        for path, line, name in _defined_names()
        if _is_machinery(path) and "checkpoint" in _words(name)
    ] == []


def test_names_of_durations_end_in_their_unit() -> None:
    assert [
        f"{path}:{line} {name}: in which unit?"
        for path, line, name in _defined_names()
        if _TIME_WITHOUT_UNIT.search(name.lower())
    ] == []


def _is_machinery(path: Path) -> bool:
    """Tell a module of the log, the feed or the projections from an event type and from the view of one kind."""
    match path.parts:
        case ("events", _, "types", *_):
            return False
        case ("projections", _, _, _, *_):
            return False
        case (folder, *_):
            return folder in ("events", "projections")
        case _:
            return False


def _words(name: str) -> set[str]:
    """Return the words of a snake_case, UPPER_CASE or CamelCase name."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def _defined_names() -> Iterator[tuple[Path, int, str]]:
    for path in source_files():
        for node in ast.walk(parsed(path)):
            match node:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    yield path, node.lineno, name
                case ast.arg(arg=name):
                    yield path, node.lineno, name
                case ast.Name(id=name, ctx=ast.Store()):
                    yield path, node.lineno, name
