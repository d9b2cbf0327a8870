"""A kind of object is what its own files say: a toy's, beside the real ones, is served like any other.

Nothing else knows of it, so whoever adds a kind edits no list.
"""

import asyncio
import re
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import REPOSITORY, files
from tests.integration.sdk.objects import test_every_kind
from tests.toy_kind.beside import FILES

FILES_MAX: Final = 9
HERE: Final = Path(__file__).parent
NAMES: Final = re.compile(r"Toy|TOY|\btoys\b")
SUITE: Final = Path(test_every_kind.__file__)

PAGES: Final = "tests/integration/projections/test_search_pages.py"
OTHERS: Final = (
    "tests/unit/test_gateway_changes.py",
    "tests/unit/test_projections_objects.py::test_every_kind_of_object_reads_what_any_object_can_have",
    "tests/integration/projections/test_projections_rebuild.py::test_a_rebuild_gives_the_same_rows_and_takes_over",
    f"{PAGES}::test_every_field_is_understood_by_postgres_in_filters_and_orders[toy]",
    f"{PAGES}::test_what_is_deleted_is_found_only_by_those_who_ask_for_it[toy]",
)
"""What else is held of all kinds, by tests that are about something else."""


async def beside(module: str, *arguments: str | Path) -> str:
    """Run a program with the toy kind's files beside the real ones; return what it prints."""
    program = (sys.executable, "-m", "tests.toy_kind.beside", module, *arguments)
    run = await asyncio.create_subprocess_exec(
        *program, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await run.communicate()
    assert run.returncode == 0, output.decode()
    return output.decode()


def test_it_is_under_ten_files_of_its_own() -> None:
    own = [path for path in files() if (REPOSITORY / path).is_relative_to(FILES)]
    assert 0 < len(own) <= FILES_MAX


def test_no_other_file_names_it() -> None:
    others = [path for path in files() if not (REPOSITORY / path).is_relative_to(HERE) and path.suffix != ".ipynb"]
    texts = {path: (REPOSITORY / path).read_bytes().decode(errors="replace") for path in others}
    assert [str(path) for path, text in texts.items() if NAMES.search(text)] == []


async def test_it_is_in_every_view(dsn: str) -> None:
    await beside("tests.toy_kind.projections_program", dsn)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_what_holds_for_every_kind_holds_for_it(tmp_path: Path) -> None:
    selected = ("-k", "[toy]", "-q", "-p", "no:cacheprovider", "--basetemp", tmp_path / "beside")
    output = await beside("pytest", SUITE, *selected)
    parametrized = [name for name, test in vars(test_every_kind).items() if _is_for_kinds_like_it(name, test)]
    assert f"{len(parametrized)} passed" in output


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_no_other_test_needs_a_line_for_it(tmp_path: Path) -> None:
    await beside("pytest", *OTHERS, "-q", "-p", "no:cacheprovider", "--basetemp", tmp_path / "beside")


def _is_for_kinds_like_it(name: str, test: object) -> bool:
    """Tell whether a test is one of each kind, or of each that is no part of another."""
    marks = [test_every_kind.every_kind.mark, test_every_kind.every_whole.mark]
    return name.startswith("test_") and any(mark in marks for mark in getattr(test, "pytestmark", ()))
