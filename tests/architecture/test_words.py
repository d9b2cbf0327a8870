"""The words of the glossary, where a program can check them: in the names that we define."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.architecture.tree import REPOSITORY, parsed, source_files

GLOSSARY: Final = REPOSITORY / "docs/glossary.md"
_ROW: Final = re.compile(r"^\| (?P<term>[a-z][a-z ]*) \| (?P<meaning>.+) \| (?P<foreign>[A-Za-z, ]*)\|$", re.MULTILINE)
_TIME_WITHOUT_UNIT: Final = re.compile(r"(?:^|_)(timeout|interval|delay|duration|latency|age|period)(_max|_min)?$")


def test_each_term_of_the_glossary_stands_in_one_row_and_each_row_has_a_meaning() -> None:
    rows = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    terms = [row["term"] for row in _rows()]
    assert len(rows) - len(re.findall(r"^\| term \|", "\n".join(rows), re.MULTILINE)) == len(terms), (
        "a row is malformed"
    )
    assert len(terms) == len(set(terms))
    assert not set(terms) & _foreign_words().keys()


def test_names_use_the_words_of_the_glossary() -> None:
    foreign = _foreign_words()
    assert [
        f"{path}:{line} {name}: say {foreign[word]}, not {word}"
        for path, line, name in _defined_names()
        for word in (_words(name) | _type_words(name)) & foreign.keys()
    ] == []


def test_every_term_of_the_glossary_is_used_in_the_code() -> None:
    text = " ".join(" ".join(_text_words(path)) for path in source_files())
    assert [row["term"] for row in _rows() if f" {row['term']}" not in text] == []


def test_checkpoint_means_a_training_checkpoint() -> None:
    """How far a projection has come is a cursor; so the machinery of log, feed and projections knows no checkpoint."""
    assert [
        f"{path}:{line} {name}"
        for path, line, name in _defined_names()
        if _is_machinery(path) and "checkpoint" in _words(name)
    ] == []


def test_subject_means_where_a_message_goes_in_nats() -> None:
    """What a change event is about is its target."""
    assert [
        f"{path}:{line} {name}"
        for path, line, name in _defined_names()
        if "subject" in _words(name) and "feed" not in path.parts
    ] == []


def test_names_of_durations_end_in_their_unit() -> None:
    assert [
        f"{path}:{line} {name}: in which unit?"
        for path, line, name in _defined_names()
        if _TIME_WITHOUT_UNIT.search(name.lower())
    ] == []


def _rows() -> list[re.Match[str]]:
    return [row for row in _ROW.finditer(GLOSSARY.read_text(encoding="utf-8")) if row["term"] != "term"]


def _foreign_words() -> dict[str, str]:
    """Return the words that mean one of the glossary's, each with the glossary's word for it."""
    return {word.strip(): row["term"] for row in _rows() for word in row["foreign"].split(",") if word.strip()}


def _text_words(path: Path) -> list[str]:
    """Return every word of a file, of names and of prose, in lower case."""
    text = (REPOSITORY / path).read_text(encoding="utf-8")
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)]


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


def _type_words(name: str) -> set[str]:
    """Return the words of a CamelCase name, with their capital letters."""
    return set(re.findall(r"[A-Z][a-z]+", name))


def _defined_names() -> Iterator[tuple[Path, int, str]]:
    """Return all names that the source files define; that of a module as it would be that of a type."""
    for path in source_files():
        yield path, 1, path.stem.title().replace("_", "")
        for node in ast.walk(parsed(path)):
            match node:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    yield path, node.lineno, name
                case ast.arg(arg=name):
                    yield path, node.lineno, name
                case ast.Name(id=name, ctx=ast.Store()):
                    yield path, node.lineno, name
