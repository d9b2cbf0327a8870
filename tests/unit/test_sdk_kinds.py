"""A kind of objects is found by its file, and by nothing else: no list names the kinds."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from modelbox import kinds
from modelbox.registry import KINDS

TOY = '''
"""Toys, which are datasets on the wire."""

from dataclasses import dataclass
from typing import Final

from modelbox.client_calls import ClientCalls
from modelbox.objects import Kind, StoredObject
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport import methods


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Toy(StoredObject):
    """A toy."""

    name: str


TOYS: Final = Kind("toy", Toy, pb.Dataset, get=methods.GET_DATASET, list=methods.LIST_DATASETS)


class ToyCalls(ClientCalls):
    """What a client does with toys."""

    def toy(self, id: str) -> Toy:
        """Return a toy."""
        return TOYS.read_id(self._session, id)
'''

COMMANDS = '''
"""`modelbox client toys`."""

import click


@click.group()
def toys() -> None:
    """Play with toys."""


COMMAND = toys
'''

PROGRAM = '''
import sys
from importlib.machinery import PathFinder

BESIDE = {"modelbox.kinds": sys.argv[1], "modelbox.cli.commands.client": sys.argv[2]}


class Beside:
    """Adds a folder to the path of a package before anything in it is imported."""

    def find_spec(self, name, path=None, target=None):
        if name not in BESIDE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        spec.submodule_search_locations.append(BESIDE[name])
        return spec


sys.meta_path.insert(0, Beside())

from click.testing import CliRunner

from modelbox import ModelBox
from modelbox.cli.main import main
from modelbox.registry import KINDS

print([*KINDS][-1], ModelBox.toy.__doc__)
print("Play with toys." in CliRunner().invoke(main, ["client", "--help"]).output)
print("--toy-id" in CliRunner().invoke(main, ["client", "update", "--help"]).output)
'''


def test_every_file_of_the_kinds_is_a_kind_with_a_place_but_that_of_artifacts() -> None:
    """Artifacts are read with the object that they belong to, never by themselves."""
    [folder] = kinds.__path__
    files = {path.stem for path in Path(folder).glob("*.py")} - {"__init__"}
    assert files == {*KINDS, "artifact"}
    assert len({kind.place for kind in KINDS.values()}) == len(KINDS)


def test_a_kind_is_found_by_its_file_in_the_client_and_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds/toy.py").write_text(dedent(TOY))
    (tmp_path / "commands").mkdir()
    (tmp_path / "commands/toys.py").write_text(dedent(COMMANDS))
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "kinds"), str(tmp_path / "commands")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (run.stdout.splitlines(), run.stderr) == (["toy Return a toy.", "True", "True"], "")
