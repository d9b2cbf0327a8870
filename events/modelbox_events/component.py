"""What a component brings to the database, each in files of its package: tables, functions, and the service's rights.

    migrations/NNNN_verb_object.sql   tables, by number; an applied file never changes
    migrations/grants.sql             what the service may do with them
    functions/NAME.sql                functions, one a file; where a text changed, it is applied again
    functions/levels.txt              a checksum of all functions for each state that they had, the oldest first

Must not know: Postgres.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, NamedTuple

LEVELS: Final = "levels.txt"
"""The file that tells how many states the functions have had; `make schema` adds a line when they change."""

_MIGRATION: Final = re.compile(r"(\d{4})_(\w+)\.sql")
_FUNCTION: Final = re.compile(r"^CREATE OR REPLACE FUNCTION (\w+\.\w+)\(", re.MULTILINE)
_GRANTS: Final = "grants.sql"
_ENDING: Final = ".sql"
_COMMENT: Final = "#"


class Migration(NamedTuple):
    """One numbered file of a component."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """The file's SHA-256 (hex)."""
        return _checksum(self.sql)


class Function(NamedTuple):
    """One function of a component, by its name with its schema."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """The file's SHA-256 (hex)."""
        return _checksum(self.sql)


class Component(NamedTuple):
    """A part of ModelBox that has tables, or functions, of its own in the database."""

    name: str
    package: str

    @property
    def migrations(self) -> list[Migration]:
        """The migrations, by number."""
        found = ((_MIGRATION.fullmatch(item.name), item) for item in self._files("migrations"))
        return sorted(Migration(int(match[1]), match[2], _text(item)) for match, item in found if match)

    @property
    def grants(self) -> str:
        """What the service may do, as SQL that is run at every start."""
        return _text(files(self.package) / "migrations" / _GRANTS)

    @property
    def functions(self) -> list[Function]:
        """The functions, by name."""
        texts = [_text(item) for item in self._files("functions") if item.name.endswith(_ENDING)]
        return sorted(Function(name, text) for text in texts for name in _FUNCTION.findall(text))

    @property
    def level(self) -> int:
        """How many states the functions have had, this one included: who has more is newer."""
        return len(self.states)

    @property
    def states(self) -> list[str]:
        """The checksums of the states that the functions have had, the oldest first."""
        lines = [line for item in self._files("functions") if item.name == LEVELS for line in _text(item).splitlines()]
        return [line for line in lines if line and not line.startswith(_COMMENT)]

    @property
    def state(self) -> str:
        """The checksum of all functions as they are."""
        return _checksum("".join(f"{function.name} {function.checksum}\n" for function in self.functions))

    def _files(self, folder: str) -> Iterator[Traversable]:
        found = files(self.package) / folder
        return found.iterdir() if found.is_dir() else iter(())


LOG: Final = Component("log", "modelbox_events")


def _text(item: Traversable) -> str:
    return item.read_text(encoding="utf-8")


def _checksum(text: str) -> str:
    return sha256(text.encode()).hexdigest()
