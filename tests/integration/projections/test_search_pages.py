"""Searches over real events: every field of every kind, pages while others write, deletion, lost runs, time."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from modelbox_events import NO_STREAM, STREAM_EXISTS, Append, ChangeEvent, Log, NewEvent, StreamRef
from modelbox_events.event import Kind
from modelbox_events.types.objects import HyperparametersLogged, ObjectDeleted, ObjectRestored, ObjectUpdated
from modelbox_projections import PROJECTIONS, InvalidPageTokenError, Scope, SearchTooSlowError, Views, prepare
from modelbox_projections.heartbeats import record
from modelbox_projections.search import queries
from modelbox_projections.search.fields import METRIC_SUFFIXES
from modelbox_projections.search.kinds import KINDS
from modelbox_projections.search.queries import Search
from modelbox_projections.search.syntax import Operator
from modelbox_projections.search.value_types import ValueType
from tests.integration.projections.projections_objects import ANY_ID, creation_of
from tests.integration.projections_support import WAIT_S, running

LITERALS = {
    ValueType.TEXT: "'a'",
    ValueType.WORD: "'lost'",
    ValueType.ID: f"'{ANY_ID}'",
    ValueType.NUMBER: "0.5",
    ValueType.MEASURE: "0.5",
    ValueType.WHOLE: "5",
    ValueType.TIME: "'2026-01-31T10:00:00Z'",
    ValueType.TRUTH: "true",
}


class Written:
    """A log with its views, and a short way to write objects."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.views = Views(log.database)

    async def create(self, kind: Kind, namespace: str = "n", **fields: Any) -> UUID:
        object_id = uuid4()
        stream = StreamRef(namespace, kind, object_id)
        await self._append(stream, creation_of(kind, object_id, **fields), expected=NO_STREAM)
        return object_id

    async def write(self, kind: Kind, object_id: UUID, *events: ChangeEvent) -> None:
        for event in events:
            await self._append(StreamRef("n", kind, object_id), event, expected=STREAM_EXISTS)

    async def settle(self) -> None:
        async with running(self.log) as runner:
            await runner.cursors.wait(list(PROJECTIONS), self.log.head.position, timeout_s=WAIT_S)

    async def find(self, kind: Kind = "run", **search: Any) -> list[UUID]:
        scope = search.pop("scope", Scope())
        return [found.id for found in await self.views.of(Search).page(kind, scope, limit=1000, **search)]

    async def _append(self, stream: StreamRef, event: ChangeEvent, *, expected: Any) -> None:
        await self.log.append(Append(stream=stream, events=[NewEvent(event)], expected_version=expected))


@pytest.fixture
async def written(dsn: str, log: Log) -> Written:
    await prepare(dsn)
    return Written(log)


def filters_of_every_form(kind: Kind) -> Iterator[str]:
    """Return each field of a kind under each operator that it takes, as it is and negated."""
    fields = {**KINDS[kind].fields, **{f"metrics.k.{suffix}": rule for suffix, rule in METRIC_SUFFIXES.items()}}
    for name, rule in fields.items():
        field = f"{name}.`a b`" if rule.keyed and "." not in name else name
        if rule.present:
            yield f"{field} is null and {field} is not null"
        for expression in rule.expressions:
            for operator in expression.type.value.operators:
                match operator:
                    case Operator.IS_NAN:
                        yield f"{field} is nan or {field} is not nan"
                    case Operator.LIKE | Operator.ILIKE:
                        yield f"{field} {operator} '%' or {field} not {operator} '%'"
                    case Operator.IN:
                        literal = LITERALS[expression.type]
                        yield f"{field} in ({literal}, {literal}) or {field} not in ({literal})"
                    case _:
                        literal = LITERALS[expression.type]
                        yield f"{field} {operator} {literal} or {field} != {literal}"


@pytest.mark.parametrize("kind", KINDS)
async def test_every_field_is_understood_by_postgres_in_filters_and_orders(written: Written, kind: Kind) -> None:
    object_id = await written.create(kind)
    await written.settle()
    forms = list(filters_of_every_form(kind))
    assert len(forms) > 50
    for text in forms:
        assert await written.find(kind, filter=text) in ([], [object_id]), text
    for name, rule in KINDS[kind].fields.items():
        if rule.sorts:
            field = f"{name}.k" if rule.keyed else name
            (found,) = await written.views.of(Search).page(kind, Scope(), order_by=f"{field} desc", limit=5)
            after = await written.views.of(Search).page(
                kind, Scope(), order_by=f"{field} desc", limit=5, after=found.page_token
            )
            assert (found.id, after) == (object_id, []), name


async def test_the_largest_search_is_planned_and_run(written: Written) -> None:
    run_id = await written.create("run")
    await written.settle()
    comparisons = " or ".join(f"metrics.m{n} > 0.5 and params.p{n} != 'x'" for n in range(31))
    nested = f"{'(not ' * 14}({comparisons} or name != '' and not labels.x like 'a%'){')' * 14}"
    order = ", ".join(f"metadata.k{n} desc" for n in range(8))
    (found,) = await written.views.of(Search).page("run", Scope(), filter=nested, order_by=order, limit=5)
    assert found.id == run_id
    assert await written.find(filter=nested, order_by=order, after=found.page_token) == []
    joined = " and ".join(f"metrics.m{n} > 0.5 and params.p{n} = 'x'" for n in range(32))
    assert await written.find(filter=joined, order_by=order) == []
    listed = ", ".join(f"'{n}'" for n in range(490))
    assert await written.find(filter=f"name in ({listed}) or labels.x in ({listed[:300].rpartition(',')[0]})") == []


async def test_pages_neither_repeat_nor_miss_what_was_there_when_others_write_between_them(written: Written) -> None:
    before = [await written.create("run", name=f"{n}", labels={"k": f"{n % 3}"} if n % 4 else {}) for n in range(20)]
    await written.settle()
    expected = await written.find(order_by="labels.k desc, name")
    found: list[UUID] = []
    after = None
    for n in range(30):
        page = await written.views.of(Search).page(
            "run", Scope(), order_by="labels.k desc, name", limit=1 + n % 2, after=after
        )
        if not page:
            break
        found += [item.id for item in page]
        after = page[-1].page_token
        await written.create("run", name=f"{n}{n}", labels={"k": f"{n % 3}"} if n % 2 else {})
        await written.settle()
    assert len(found) == len(set(found))
    assert [run_id for run_id in found if run_id in before] == expected


async def test_a_page_goes_on_where_it_ended_although_its_last_object_is_gone(written: Written) -> None:
    runs = [await written.create("run", name=name) for name in "abcd"]
    await written.settle()
    page = await written.views.of(Search).page("run", Scope(), order_by="name", limit=2)
    await written.write("run", runs[1], ObjectDeleted(object_id=runs[1]))
    await written.settle()
    assert [item.id for item in page] == runs[:2]
    assert await written.find(order_by="name", after=page[-1].page_token) == runs[2:]


async def test_a_page_token_belongs_to_its_search(written: Written) -> None:
    await written.create("run")
    await written.settle()
    (found,) = await written.views.of(Search).page("run", Scope(namespace="n"), order_by="name", limit=1)
    others: Sequence[dict[str, Any]] = (
        {"scope": Scope(namespace="m"), "order_by": "name"},
        {"scope": Scope(namespace="n"), "order_by": "owner"},
        {"scope": Scope(namespace="n"), "order_by": "name", "filter": "name != ''"},
        {"scope": Scope(namespace="n"), "order_by": "name", "include_deleted": True},
    )
    for other in others:
        with pytest.raises(InvalidPageTokenError):
            await written.find(after=found.page_token, **other)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_deleted_is_found_only_by_those_who_ask_for_it(written: Written, kind: Kind) -> None:
    kept, deleted, restored = [await written.create(kind) for _ in range(3)]
    for gone in (deleted, restored):
        await written.write(kind, gone, ObjectDeleted(object_id=gone))
    await written.write(kind, restored, ObjectRestored(object_id=restored))
    await written.settle()
    assert await written.find(kind) == [restored, kept]
    assert await written.find(kind, include_deleted=True) == [restored, deleted, kept]
    assert await written.find(kind, include_deleted=True, filter="deleted_at is not null") == [deleted]
    assert await written.find(kind, filter="deleted_at is not null") == []


async def test_updates_are_searched_for(written: Written) -> None:
    run_id = await written.create("run", labels={"env": "dev"})
    changed: dict[str, Any] = {"owner": "eve", "description": None, "task": None, "comment": "c"}
    update = ObjectUpdated(object_id=run_id, labels={"env": "prod"}, labels_removed=[], **changed)
    logged = HyperparametersLogged(object_id=run_id, hyperparameters={"optimizer.lr": 0.01, "name": "adam"})
    await written.write("run", run_id, update, logged)
    await written.settle()
    assert await written.find(filter="owner = 'eve' and labels.env = 'prod' and comment = 'c'") == [run_id]
    assert await written.find(filter="params.optimizer.lr = 0.01 and params.optimizer.lr = '0.01'") == [run_id]
    assert await written.find(filter="params.name = 'adam' and not params.name = '\"adam\"'") == [run_id]
    assert await written.find(filter="labels.env = 'dev'") == []


async def test_versions_that_are_numbers_are_ordered_as_numbers(written: Written) -> None:
    versions = ["9", "10", "v1", "1", "100"]
    ids = {version: await written.create("model_version", version=version) for version in versions}
    await written.settle()
    ordered = await written.find("model_version", order_by="version")
    assert ordered == [ids[version] for version in ("1", "9", "10", "100", "v1")]
    assert await written.find("model_version", filter="version >= 10", order_by="version") == [ids["10"], ids["100"]]
    assert await written.find("model_version", filter="version = '9'") == [ids["9"]]


async def test_a_run_without_heartbeats_for_long_is_lost(written: Written, dsn: str) -> None:
    quiet, lost, alive = [await written.create("run") for _ in range(3)]
    await written.settle()
    await record(written.log.database, [lost, alive])
    connection = await asyncpg.connect(dsn)
    aged = "UPDATE modelbox_views.run_heartbeats SET at = at - interval '2 minutes' WHERE run_id = $1"
    await connection.execute(aged, lost)
    await connection.close()
    assert await written.find(filter="status = 'LOST'") == [lost]
    assert await written.find(filter="status = 'running'") == [alive, quiet]
    assert await written.find(order_by="status") == [lost, alive, quiet]


async def test_a_search_that_takes_too_long_is_ended_and_said_so(
    written: Written, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await written.create("run")
    await written.settle()
    monkeypatch.setattr(queries, "SEARCH_TIMEOUT_S", 0.2)
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.execute("LOCK TABLE modelbox_views.runs IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(SearchTooSlowError, match=r"more than 0\.2 s"):
            await written.find()
    await connection.close()
    assert await written.find() == [run_id]


async def test_a_session_whose_statement_is_being_cancelled_is_not_lent(
    written: Written, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which keys are missing is given up early, and the next call would wait behind what nobody wants any more."""
    await written.create("run")
    await written.settle()
    monkeypatch.setattr(queries, "MISSING_TIMEOUT_S", 0.2)
    pool, connection = written.log.database, await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.execute("LOCK TABLE modelbox_views.runs IN ACCESS EXCLUSIVE MODE")
        async with pool.acquire() as last:
            pass  # the one that was used last is lent next
        search = written.views.of(Search)

        assert not await search.missing("run", Scope(), filter="params.lr = 1", order_by="", include_deleted=False)

        async with pool.acquire() as lent:
            assert lent is not last
    await connection.close()
