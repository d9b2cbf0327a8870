"""A kind of object is what its own files say: a toy's, beside the real ones, is in every view."""

import asyncio
import sys

from tests.architecture.tree import REPOSITORY

PROGRAM = ("tests.toy_kind.beside", "tests.toy_kind.projections_program")


async def test_a_kind_that_adds_its_own_files_alone_is_in_every_view(dsn: str) -> None:
    module, program = PROGRAM
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, program, dsn, cwd=REPOSITORY, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await run.communicate()
    assert run.returncode == 0, errors.decode()
