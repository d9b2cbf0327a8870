"""What the views answer, over real events."""

import math
import uuid

import msgspec

from modelbox_events import Log, StreamRef, object_id
from modelbox_events.types.artifact import ArtifactsTracked, ArtifactUploaded, TrackedFile
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.metrics import BytesSeries, DoubleSeries, MetricsLogged, StringSeries, doubles_to_json
from modelbox_events.types.model_version import UniqueTagMoved, UniqueTagRemoved
from modelbox_projections import prepare
from modelbox_projections.artifacts.queries import Artifacts
from modelbox_projections.metadata.queries import Metadata
from modelbox_projections.metrics.queries import Metrics
from modelbox_projections.model_versions.kind import ModelVersions
from modelbox_projections.models.kind import Models
from modelbox_projections.namespaces.queries import Namespaces
from tests.integration.projections_support import (
    append,
    assert_rows_are_what_the_log_gives,
    create_model,
    model_created,
    model_ref,
    points,
    settled,
    version_created,
)


def tracked(path: str) -> TrackedFile:
    return TrackedFile(id=object_id("artifact", path), path=path, file_type="MODEL", checksum="md5:1")


async def test_models_are_read_by_their_ids(dsn: str, log: Log) -> None:
    await prepare(dsn)
    ids = [(await create_model(log, f"m{number}")).id for number in range(3)]
    views = await settled(log)
    nothing = uuid.uuid4()
    found = await views.of(Models).of_many([ids[2], nothing, ids[0]])
    assert [(key, row.id, row.name) for key, row in found.items()] == [(ids[2], ids[2], "m2"), (ids[0], ids[0], "m0")]
    assert await views.of(Models).get(ids[0]) == found[ids[0]]
    assert await views.of(Models).get(nothing) is None
    assert await views.of(Models).of_many([]) == {}


async def test_namespaces_are_listed_by_name_in_pages(dsn: str, log: Log) -> None:
    await prepare(dsn)
    for number in range(2):
        await create_model(log, f"m{number}")
    await append(log, model_ref("m0", "elsewhere"), model_created("m0", "elsewhere"))
    views = await settled(log)
    assert [row.name for row in await views.of(Namespaces).list(limit=1)] == ["elsewhere"]
    assert [(row.name, row.count("model")) for row in await views.of(Namespaces).list(limit=9, after="elsewhere")] == [
        ("tests", 2)
    ]


async def test_updated_at_follows_metadata_and_files_of_the_model(dsn: str, log: Log) -> None:
    await prepare(dsn)
    stream = await create_model(log, "m")
    await append(log, stream, version_created(stream, "1"))
    changed = await append(log, stream, MetadataUpdated(object_id=stream.id, metadata={"a": 1}))
    await append(log, stream, points(stream.id, [1.0]))
    views = await settled(log)
    model = await views.of(Models).get(stream.id)
    assert model is not None
    assert model.created_at < model.updated_at == changed.recorded_at


async def test_a_unique_tag_moves_and_goes(dsn: str, log: Log) -> None:
    await prepare(dsn)
    stream = await create_model(log, "m")
    first = version_created(stream, "1", unique_tags=["prod", "best"])
    second = version_created(stream, "2", unique_tags=["candidate"])
    one, two = first.model_version_id, second.model_version_id
    await append(log, stream, first, second)
    await append(
        log,
        stream,
        UniqueTagMoved(model_id=stream.id, tag="prod", model_version_id=two, from_model_version_id=one),
        UniqueTagRemoved(model_id=stream.id, tag="best", model_version_id=one),
    )
    views = await settled(log)
    holder = await views.of(ModelVersions).by_tag(stream.id, "prod")
    assert holder is not None
    assert (holder.id, holder.unique_tags, holder.namespace) == (two, ["candidate", "prod"], "tests")
    assert await views.of(ModelVersions).by_tag(stream.id, "best") is None
    former = await views.of(ModelVersions).get(one)
    assert former is not None
    assert former.unique_tags == []
    assert former.updated_at > former.created_at
    await assert_rows_are_what_the_log_gives(log)


async def test_metadata_keeps_every_json_value_exactly(dsn: str, log: Log) -> None:
    await prepare(dsn)
    strings = ["é\n\u2028\U0001f600", "\\ \" '", ""]
    values: list[object] = [None, True, 0, -(2**63), 2**64 - 1, 0.1, 1e308, 5e-324, -0.0, *strings, [], {"a": [{}]}]
    written = {f"key-{number:02}": value for number, value in enumerate(values)}
    stream = await create_model(log, "m", metadata={"key-00": "first", "kept": 1})
    await append(log, stream, MetadataUpdated(object_id=stream.id, metadata=written))
    views = await settled(log)
    other = uuid.uuid4()
    found = await views.of(Metadata).of_many([stream.id, other])
    expected = {key: msgspec.json.encode(value) for key, value in written.items()} | {"kept": b"1"}
    assert found == {stream.id: expected, other: {}}
    assert list(found[stream.id]) == sorted(expected)


async def test_metrics_come_back_by_step_then_wallclock_with_every_number(dsn: str, log: Log) -> None:
    await prepare(dsn)
    stream = await create_model(log, "m")
    values = [math.inf, -math.inf, math.nan, 1e308, -1e308, 5e-324, -0.0]
    doubles = DoubleSeries(
        key="loss", steps=[2, 2, 1, 0, 9, 2**63 - 1, 0],
        wallclock_s=[5.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0], values=doubles_to_json(values),
    )  # fmt: skip
    strings = StringSeries(key="text", steps=[1, 0], wallclock_s=[0.0, 0.0], values=["b", "a,{}\"\\'"])
    blobs = BytesSeries(key="loss", steps=[0], wallclock_s=[0.5], values=[b"\x00\xff"])
    await append(log, stream, MetricsLogged(object_id=stream.id, series=[doubles, strings, blobs]))
    views = await settled(log)
    found = {(row.key, row.kind): row for row in await views.of(Metrics).of(stream.id)}
    assert list(found) == [("loss", "bytes"), ("loss", "double"), ("text", "string")]
    loss = found["loss", "double"]
    assert loss.steps == [0, 0, 1, 2, 2, 9, 2**63 - 1]
    assert loss.wallclock_s == [0.0, 0.0, 0.0, 4.0, 5.0, 0.0, 0.0]
    assert repr(loss.values) == repr([1e308, -0.0, math.nan, -math.inf, math.inf, -1e308, 5e-324])
    assert found["text", "string"].values == ["a,{}\"\\'", "b"]
    assert found["loss", "bytes"].values == [b"\x00\xff"]
    assert [row.key for row in await views.of(Metrics).of(stream.id, ["text", "none"])] == ["text"]
    assert await views.of(Metrics).of(uuid.uuid4()) == []


async def test_metric_points_show_a_row_a_sealed_point_in_the_order_logged(dsn: str, log: Log) -> None:
    """What comes after the last block is in the log alone, where readers of `metric_points` do not see it."""
    await prepare(dsn)
    stream = await create_model(log, "m")
    first = 0
    for count in (500, 500, 500, 2200, 500):
        await append(log, stream, points(stream.id, [float(first)] * count, first_step=first))
        first += count
    views = await settled(log)
    async with log.database.acquire() as connection:
        rows = await connection.fetch(
            "SELECT number, step, double_value FROM modelbox_views.metric_points ORDER BY number"
        )
        pieces = await connection.fetch("SELECT points FROM modelbox_views.metric_pieces ORDER BY block, piece")
    assert [row["number"] for row in rows] == list(range(1, 3701))
    assert [row["step"] for row in rows] == list(range(3700))
    assert [row["double_value"] for row in rows] == [min(step // 500 * 500.0, 1500.0) for step in range(3700)]
    assert [row["points"] for row in pieces] == [1500, 1100, 1100]
    [series] = await views.of(Metrics).of(stream.id)
    assert series.steps == list(range(4200))


async def test_artifacts_of_one_event_are_paged_one_by_one(dsn: str, log: Log) -> None:
    await prepare(dsn)
    stream = await create_model(log, "m", files=[tracked("a"), tracked("b"), tracked("c")])
    again = ArtifactsTracked(object_id=stream.id, files=[tracked("d"), tracked("a")])
    uploaded = ArtifactUploaded(
        object_id=stream.id, id=uuid.uuid4(), path="e", file_type="TEXT", size=2**40, sha256="f" * 64, md5="0" * 32
    )
    await append(log, stream, again, uploaded)
    views = await settled(log)
    paths: list[str] = []
    before = None
    while page := await views.of(Artifacts).of(stream.id, limit=2, before=before):
        paths += [row.path for row in page]
        before = page[-1].place
    assert paths == ["e", "a", "d", "c", "b"], "a file that is tracked again is the newest again"
    many = await views.of(Artifacts).of_many([stream.id, uuid.UUID(int=0)], limit=2)
    assert {parent: [row.path for row in rows] for parent, rows in many.items()} == {
        stream.id: ["e", "a"],
        uuid.UUID(int=0): [],
    }
    row = await views.of(Artifacts).get(uploaded.id)
    assert row is not None
    assert (row.uploaded, row.size, row.checksum, row.sha256) == (True, 2**40, "f" * 64, "f" * 64)
    assert (row.parent_id, row.namespace) == (stream.id, "tests")


async def test_events_of_a_model_version_change_the_version_not_the_model(dsn: str, log: Log) -> None:
    await prepare(dsn)
    stream = await create_model(log, "m")
    created = version_created(stream, "1", metadata={"a": 1}, files=[tracked("w")])
    version = StreamRef("tests", "model_version", created.model_version_id)
    await append(log, stream, created, opens=[version])
    await append(log, version, MetadataUpdated(object_id=version.id, metadata={"b": 2}))
    views = await settled(log)
    row = await views.of(ModelVersions).get(version.id)
    model = await views.of(Models).get(stream.id)
    assert row is not None
    assert model is not None
    assert row.updated_at > row.created_at
    assert model.updated_at == model.created_at
    assert await views.of(Metadata).of(version.id) == {"a": b"1", "b": b"2"}
    assert [file.path for file in await views.of(Artifacts).of(version.id, limit=5)] == ["w"]
