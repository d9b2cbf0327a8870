"""Programs are started whatever else this process does: an embedded server that ended must come back under load."""

import asyncio
import contextlib
import gc
import sys
from pathlib import Path

import grpc
import grpc.aio
import pytest

from modelbox_gateway.embedded.process import EmbeddedServerError, run

PROGRAMS = 60


async def test_programs_start_beside_busy_grpc(tmp_path: Path) -> None:
    """A third of them did not: what gRPC does at a fork ended them before they began."""
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()

    async def call_always() -> None:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary("/nobody/answers", None, None)
            while True:
                with contextlib.suppress(grpc.RpcError):
                    await call(b"")

    calling = [asyncio.create_task(call_always()) for _ in range(4)]
    try:
        printed = [await run(["echo", str(number)], folder=tmp_path) for number in range(PROGRAMS)]
    finally:
        for task in calling:
            task.cancel()
        await asyncio.gather(*calling, return_exceptions=True)
        await server.stop(None)
    assert printed == [f"{number}\n" for number in range(PROGRAMS)]


async def test_a_program_that_cannot_be_executed_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="nothing-here cannot be executed: No such file"):
        await run([str(tmp_path / "nothing-here")], folder=tmp_path)


def test_a_program_that_is_given_up_has_ended_before_its_loop_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it is told as still running wherever garbage is collected next."""
    told: list[sys.UnraisableHookArgs] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)

    async def give_up() -> None:
        async with asyncio.timeout(0.2):
            await run(["sleep", "600"], folder=tmp_path)

    for _ in range(5):
        with pytest.raises(TimeoutError):
            asyncio.run(give_up())
    gc.collect()
    assert told == []
