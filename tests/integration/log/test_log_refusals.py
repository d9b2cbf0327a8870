"""What Postgres refuses for reasons of its own is nobody's request's fault: it is retried, and succeeds once healed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import (
    InvalidEventError,
    Log,
    LogRefusedError,
    LogUnavailableError,
    NewerVersionError,
)
from modelbox_events import append as append_module
from modelbox_events.append import RESEND_FOR_S
from tests.integration.gateway_server import Gateway, eventually, refusal_of, running_gateway
from tests.integration.log_cases import append, assert_whole, stream
from tests.integration.refusing_postgres import EVERY, OTHER_FUNCTION, add_login, raise_for_streams, refusing

NOT_NOW = ("53100", "40001")
"""Those that may pass within a call."""


@pytest.fixture
async def refusable(dsn: str) -> AsyncIterator[Log]:
    """A log under an account that can be kept from logging in."""
    log = await Log.open(await add_login(dsn))
    yield log
    await log.close()


def kind_of(sqlstate: str) -> type[LogUnavailableError]:
    if sqlstate == OTHER_FUNCTION:
        return NewerVersionError
    return LogUnavailableError if sqlstate in NOT_NOW else LogRefusedError


@pytest.mark.parametrize("sqlstate", EVERY)
async def test_what_postgres_refuses_for_its_own_reasons_is_unavailable_and_succeeds_once_healed(
    refusable: Log, monkeypatch: pytest.MonkeyPatch, sqlstate: str
) -> None:
    monkeypatch.setattr(append_module, "RESEND_FOR_S", 0.2)
    to = stream()
    await refusable.append(append(stream()))

    async with refusing(refusable.database.dsn, sqlstate):
        with pytest.raises(LogUnavailableError, match=sqlstate) as caught:
            await refusable.append(append(to, key="once"))
        assert type(caught.value) is kind_of(sqlstate)
        with pytest.raises(LogUnavailableError, match=sqlstate):  # seen by who asks whether the log works
            await refusable.check()

    appended = await _until_taken(refusable, append(to, key="once"))
    assert appended == 1
    await refusable.check()
    assert len(await assert_whole(refusable)) == 2


async def test_a_batch_that_postgres_refuses_as_a_whole_is_not_split(refusable: Log) -> None:
    """Each of its requests would only be refused in turn, and their callers' deadlines pass meanwhile."""
    owner = await asyncpg.connect(refusable.database.dsn)
    await owner.execute("CREATE SEQUENCE modelbox.tries; GRANT USAGE ON SEQUENCE modelbox.tries TO PUBLIC")
    await raise_for_streams(owner, "P0001")
    await owner.execute(
        "CREATE OR REPLACE FUNCTION modelbox.refuse_for_test() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " PERFORM nextval('modelbox.tries'); RAISE EXCEPTION 'refused for the test'; END $$"
    )
    async with asyncio.timeout(RESEND_FOR_S):
        results = await asyncio.gather(
            *(refusable.append(append(stream())) for _ in range(300)), return_exceptions=True
        )
    assert {type(result) for result in results} == {LogRefusedError}
    assert await owner.fetchval("SELECT last_value FROM modelbox.tries") < 10
    await owner.close()


async def test_what_postgres_says_of_the_data_is_its_requests_fault_alone(log: Log, dsn: str) -> None:
    owner = await asyncpg.connect(dsn)
    await raise_for_streams(owner, "22003", namespace="bad")
    await owner.close()

    results = await asyncio.gather(
        *(log.append(append(stream("bad" if number == 7 else "good"))) for number in range(20)), return_exceptions=True
    )

    refused = [number for number, result in enumerate(results) if isinstance(result, BaseException)]
    assert refused == [7]
    assert isinstance(results[7], InvalidEventError)
    await log.check()
    assert len(await assert_whole(log)) == 19


async def test_an_outcome_that_is_not_known_here_says_that_the_log_is_newer(log: Log, dsn: str) -> None:
    """A later function may judge in a way that this version has no word for: that is never the request's fault."""
    owner = await asyncpg.connect(dsn)
    name = await owner.fetchval(
        "SELECT p.oid::regprocedure::text FROM pg_proc AS p"
        " WHERE p.pronamespace = 'modelbox'::regnamespace AND p.proname = 'append_requests'"
    )
    definition = await owner.fetchval("SELECT pg_get_functiondef($1::regprocedure)", name)
    assert definition.count("RETURN NEXT;") == 1
    await owner.execute(definition.replace("RETURN NEXT;", "outcome := 99; RETURN NEXT;"))
    await owner.close()

    with pytest.raises(NewerVersionError, match="outcome 99"):
        await log.append(append(stream()))


@pytest.mark.parametrize("sqlstate", EVERY)
async def test_a_call_that_postgres_refuses_is_unavailable_and_succeeds_once_with_its_key(
    refusable: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlstate: str
) -> None:
    monkeypatch.setattr(append_module, "RESEND_FOR_S", 0.2)
    async with running_gateway(refusable, tmp_path) as gateway:
        async with refusing(refusable.database.dsn, sqlstate):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await _create(gateway)
            refusal = refusal_of(caught.value)
            assert refusal.code is grpc.StatusCode.UNAVAILABLE
            assert refusal.metadata["retryable"] == "true"
            assert refusal.reason == ("NEWER_VERSION" if sqlstate == OTHER_FUNCTION else "LOG_UNAVAILABLE")

        await eventually(lambda: _is_created(gateway), bool)
        await _create(gateway)
        assert len(await assert_whole(refusable)) == 1


async def _create(gateway: Gateway) -> None:
    request = pb.CreateModelRequest(name="refused", owner="me", namespace="n", task="t")
    await gateway.stub.CreateModel(request, metadata=(("modelbox-idempotency-key", "once"),), timeout=8)


async def _is_created(gateway: Gateway) -> bool:
    try:
        await _create(gateway)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return False
    return True


async def _until_taken(log: Log, request: object) -> int:
    async with asyncio.timeout(20):
        while True:
            try:
                return (await log.append(request)).version  # type: ignore[arg-type]
            except LogUnavailableError:
                await asyncio.sleep(0.05)
