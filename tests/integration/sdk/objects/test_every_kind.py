"""What holds for objects of every kind, on the real server, by the client and the command line.

Which kinds there are the registry says, and what each has, its own files: a new kind is held to all of this by itself.
"""

import asyncio
import uuid
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import click
import pytest

from modelbox import ChangeKind, InvalidFieldError, ModelBox, NotFoundError, ObjectDeletedError
from modelbox.cli.commands.client import client as client_group
from modelbox.registry import KINDS
from modelbox.transport.methods import known
from modelbox_events.registry import REGISTRY
from modelbox_gateway.rules.kinds import rules_of
from modelbox_gateway.rules.update import TEXTS
from modelbox_projections.search.kinds import KINDS as SEARCHED
from modelbox_projections.search.value_types import ValueType
from tests.conftest import open_folder
from tests.databases import Template, fresh_database
from tests.integration import cli_calls
from tests.integration.sdk.objects.made_objects import (
    LABELS,
    PARTS,
    WHOLES,
    is_made_later,
    listed,
    listed_in,
    make,
    make_by,
    owner_of,
    read,
    said_of,
)
from tests.integration.sdk_server import SdkServer

pytestmark = pytest.mark.usefixtures("cli_server")

every_kind = pytest.mark.parametrize("kind", sorted(REGISTRY.kinds))
every_whole = pytest.mark.parametrize("kind", WHOLES)
every_part = pytest.mark.parametrize("kind", PARTS)

QUOTED: Final = (ValueType.TEXT, ValueType.ID)
PLAIN: Final = (ValueType.WHOLE, ValueType.NUMBER)


@pytest.fixture(scope="module")
def common_server(template: Template) -> Iterator[SdkServer]:
    """A server for all tests here, each of which has a namespace of its own."""
    with open_folder() as blobs, asyncio.Runner() as runner:
        database = fresh_database(template)
        server = SdkServer(runner.run(database.__aenter__()), blobs)
        server.start()
        yield server
        server.stop()
        runner.run(database.__aexit__(None, None, None))


@pytest.fixture
def client(common_server: SdkServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelBox]:
    """A client of it in a namespace of its own, which commands have too."""
    namespace = uuid.uuid4().hex
    monkeypatch.setenv("MODELBOX_NAMESPACE", namespace)
    with ModelBox(common_server.address, namespace=namespace) as client:
        yield client


def test_every_kind_that_is_no_part_of_another_is_one_of_the_client() -> None:
    assert sorted(KINDS) == WHOLES
    assert sorted(SEARCHED) == WHOLES


@every_whole
def test_it_is_read_as_it_was_created(client: ModelBox, kind: str) -> None:
    created = make(client, kind).object
    assert (created.exists, created.labels, created.deleted_at) == (False, LABELS, None)
    found = read(client, kind, created.id)
    assert said_of(found) == said_of(created)
    assert (found.created_at, found.exists) == (created.created_at, True)
    assert found.refreshed() == found


@every_whole
def test_it_is_in_the_list_of_where_it_stands(client: ModelBox, kind: str) -> None:
    made = make(client, kind)
    assert [one.id for one in listed(client, kind, made)] == [made.id]


@every_whole
def test_it_is_in_the_lists_of_the_objects_that_it_names(client: ModelBox, kind: str) -> None:
    made, other = make(client, kind), make(client, kind, "another")
    fields = KINDS[kind].list.request.DESCRIPTOR.fields_by_name
    named = {name: getattr(made.object, name) for name in SEARCHED[kind].parents if name in fields}
    for name, parent in named.items():
        if parent:
            assert [one.id for one in listed_in(client, kind, {name: parent})] == [made.id]
            assert getattr(other.object, name) != parent


@every_whole
def test_what_is_made_again_is_the_first_or_another(client: ModelBox, kind: str) -> None:
    made = make(client, kind)
    again = make_by(made.owner or client, kind, "one")
    assert again.exists is (again.id == made.id)


@every_whole
def test_nothing_is_made_by_what_is_deleted(client: ModelBox, kind: str) -> None:
    made = make(client, kind)
    if made.owner is not None:
        made.owner.delete()
        with pytest.raises(ObjectDeletedError):
            make_by(made.owner, kind, "another")


@every_whole
def test_an_update_writes_the_texts_that_it_has_and_no_other(client: ModelBox, kind: str) -> None:
    made = make(client, kind)
    texts = rules_of(kind).texts
    for text in TEXTS:
        if text in texts:
            made.object.update(**{text: f"new {text}"})
            assert getattr(made.object, text) == f"new {text}"
        else:
            with pytest.raises(InvalidFieldError, match=text):
                made.object.update(**{text: f"new {text}"})
    found = read(client, kind, made.id)
    assert {text: getattr(found, text) for text in texts} == {text: f"new {text}" for text in texts}
    assert found.updated_at == made.object.updated_at or not texts


@every_whole
def test_labels_are_written_and_taken_away(client: ModelBox, kind: str) -> None:
    made = make(client, kind)
    made.object.update(labels={"new": "2"}, remove_labels=LABELS)
    assert read(client, kind, made.id).labels == made.object.labels == {"new": "2"}


@every_kind
def test_metadata_is_written_and_taken_away(client: ModelBox, kind: str) -> None:
    made = make(client, kind)
    made.object.update_metadata({"a": {"b": 1}, "c": None})
    assert made.object.metadata() == {"a": {"b": 1}, "c": None}
    made.object.delete_metadata("c")
    assert client.object(made.id).metadata() == {"a": {"b": 1}}
    assert [(one.key, one.deleted) for one in made.object.metadata_history("c")] == [("c", True), ("c", False)]


@every_kind
def test_metrics_hyperparameters_and_events_are_logged(client: ModelBox, kind: str) -> None:
    made = make(client, kind)
    made.object.log_metrics({"loss": 0.5}, step=7)
    made.object.log_hyperparameters({"lr": 0.1})
    made.object.log_event("seen", source="test", metadata={"n": 1})
    assert [(point.step, point.value) for point in made.object.metrics("loss")["loss"]] == [(7, 0.5)]
    assert made.object.hyperparameters() == {"lr": 0.1}
    assert [(event.name, event.metadata) for event in made.object.events()] == [("seen", {"n": 1})]


@every_whole
def test_files_are_uploaded_and_tracked(client: ModelBox, kind: str, tmp_path: Path) -> None:
    made = make(client, kind)
    (tmp_path / "weights.bin").write_bytes(b"abc")
    [uploaded] = made.object.upload_artifact(tmp_path / "weights.bin", artifact_path="")
    [tracked] = made.object.track_artifacts("s3://bucket/other")
    assert {one.id for one in made.object.artifacts()} == {uploaded.id, tracked.id}
    assert made.object.download_artifact("weights.bin", tmp_path / "there").read_bytes() == b"abc"


@every_whole
def test_deleted_it_is_left_out_of_lists_until_it_is_restored(client: ModelBox, kind: str) -> None:
    made = make(client, kind)
    made.object.delete()
    assert made.object.deleted_at is not None
    assert read(client, kind, made.id).deleted_at == made.object.deleted_at
    assert listed(client, kind, made) == []
    assert [one.id for one in listed(client, kind, made, include_deleted=True)] == [made.id]
    made.object.restore()
    assert read(client, kind, made.id).deleted_at is None
    assert [one.id for one in listed(client, kind, made)] == [made.id]


@every_part
def test_a_part_of_another_object_is_neither_changed_nor_deleted(client: ModelBox, kind: str) -> None:
    ref = client.object(make(client, kind).id)
    with pytest.raises(InvalidFieldError, match="give its object's"):
        ref.update(labels=LABELS)
    for refused in (ref.delete, ref.restore):
        with pytest.raises(InvalidFieldError, match="the object that it belongs to"):
            refused()


@every_whole
def test_it_is_found_by_what_is_known_of_it(client: ModelBox, kind: str) -> None:
    made, other = make(client, kind), make(client, kind, "another")
    made.object.log_metrics({"loss": 0.5}, step=1)
    made.object.log_hyperparameters({"lr": 0.1})
    found = read(client, kind, made.id)
    filters = [*_filters(kind, found), "labels.kept = '1' and metrics.loss < 1 and params.lr > 0", f"id = '{made.id}'"]
    for text in filters:
        assert made.id in {one.id for one in listed(client, kind, made, filter=text)}, text
    assert listed(client, kind, made, filter="labels.kept = '2'") == []
    own = f"id = '{other.id}'"
    assert [one.id for one in listed(client, kind, other, filter=own, order_by="created_at")] == [other.id]


def _filters(kind: str, found: Any) -> list[str]:
    """Return a filter for each field of a kind that an object shows as it is compared."""
    types = {name: rule.expressions[0].type for name, rule in SEARCHED[kind].fields.items() if not rule.keyed}
    values = {name: getattr(found, name, None) for name in types}
    texts = [f"{name} = '{value}'" for name, value in values.items() if types[name] in QUOTED and value]
    numbers = [f"{name} = {value}" for name, value in values.items() if types[name] in PLAIN and type(value) is int]
    return texts + numbers


@every_kind
def test_lineage_tells_what_it_was_made_with(client: ModelBox, kind: str) -> None:
    used, made = make(client, kind, "used"), make(client, kind, "made")
    client.object(made.id).link(used.id, "evaluation")
    lineage = client.object(made.id).lineage("upstream")
    assert {edge.from_id for edge in lineage.edges if edge.to_id == made.id} >= {used.id, *made.made_with}
    assert ("evaluation", used.id, made.id) in {(one.relation, one.from_id, one.to_id) for one in lineage.edges}
    assert {lineage.node(one.id).type for one in (used, made)} == {kind}  # type: ignore[union-attr]  # both are there


@every_whole
def test_its_history_tells_its_creation_and_each_change(client: ModelBox, kind: str) -> None:
    made = make(client, kind)
    made.object.update(labels={"new": "2"})
    made.object.delete()
    deleted, labelled, *_, created = made.object.history()
    assert (deleted.field, deleted.new) == ("deleted", "true")
    assert (labelled.field, labelled.old, labelled.new) == ("labels.new", None, "2")
    assert (created.field, created.object_type, created.object_id) == ("exists", kind, made.id)


@every_kind
def test_a_watch_tells_its_creation_as_one_and_what_follows_as_changes(client: ModelBox, kind: str) -> None:
    made = make(client, kind)
    expected = [ChangeKind.CREATED]
    client.object(made.id).update_metadata("k", 1)
    expected.append(ChangeKind.UPDATED)
    if kind in WHOLES:
        made.object.delete()
        made.object.restore()
        expected += [ChangeKind.DELETED, ChangeKind.UPDATED]
    client.flush()
    about = (change for change in client.watch() if change.object_id == made.id)
    changes = list(islice(about, len(expected)))
    assert [change.kind for change in changes] == expected
    assert {change.object_type for change in changes} == {kind}


@every_kind
def test_the_first_digits_of_its_id_find_it(client: ModelBox, kind: str) -> None:
    made = make(client, kind)
    [found] = [one for one in client.find_objects(made.id[:13]) if one.id == made.id]
    assert (found.type, found.namespace) == (kind, client.namespace)


@every_whole
def test_it_is_found_by_its_name_where_a_namespace_has_each_name_once(client: ModelBox, kind: str) -> None:
    made = make(client, kind)
    read_one = getattr(client, kind)
    assert read_one(made.id).id == made.id
    if KINDS[kind].is_found_by_name:
        assert read_one(made.object.name).id == read_one(name=made.object.name).id == made.id
        with pytest.raises(NotFoundError, match=made.object.name):
            read_one(f"{made.object.name}s")


@every_whole
def test_it_is_made_while_the_server_is_away_if_the_client_says_so(
    common_server: SdkServer, client: ModelBox, kind: str
) -> None:
    if not is_made_later(kind):
        return
    created = known(f"Create{kind.title().replace('_', '')}")
    assert created is not None
    assert created.makes is not None, "what is said of it may pass its creation"
    owner = make(client, owner_of(kind)).object if owner_of(kind) else client
    client.flush()
    common_server.stop()
    try:
        made = make_by(owner, kind, "later")
        made.log_metrics({"loss": 0.5}, step=1)
    finally:
        common_server.start()
    client.flush()
    found = read(client, kind, made.id)
    assert said_of(found) == said_of(made)
    assert [point.value for point in found.metrics()["loss"]] == [0.5]


def _group(kind: str) -> click.Group:
    """Return the commands about objects of a kind."""
    group = client_group.get_command(click.Context(client_group), f"{kind.replace('_', '-')}s")
    assert isinstance(group, click.Group)
    return group


@every_whole
def test_the_command_line_lists_and_shows_it(client: ModelBox, kind: str) -> None:
    made, group = make(client, kind), _group(kind)
    name = str(group.name)
    if "list" in group.commands:
        options = {option for param in group.commands["list"].params for option in param.opts}
        of = f"--{owner_of(kind)}"
        where = [of, made.owner.id] if made.owner is not None and of in options else []
        assert [row["id"] for row in cli_calls.read(name, "list", *where)] == [made.id]
    if "show" in group.commands:
        assert cli_calls.read(name, "show", made.id)["id"] == made.id
        assert cli_calls.read(name, "show", f"--{kind.replace('_', '-')}", made.id[:13])["id"] == made.id
        if KINDS[kind].is_named:
            where = [f"--{owner_of(kind)}", made.owner.id] if KINDS[kind].part_of and made.owner is not None else []
            assert cli_calls.read(name, "show", made.object.name, *where)["id"] == made.id
    if KINDS[kind].is_named and not KINDS[kind].part_of:
        assert (kind, made.id) in {(row["kind"], row["id"]) for row in cli_calls.read("list")}


@every_whole
def test_the_command_line_changes_deletes_and_restores_it_by_the_option_of_its_kind(
    client: ModelBox, kind: str
) -> None:
    made = make(client, kind)
    named = (f"--{kind.replace('_', '-')}", made.id)
    cli_calls.run("labels", *named, "new=2")
    assert read(client, kind, made.id).labels == {**LABELS, "new": "2"}
    cli_calls.run("delete", *named)
    assert read(client, kind, made.id).deleted_at is not None
    cli_calls.run("restore", *named)
    assert read(client, kind, made.id).deleted_at is None
    texts = rules_of(kind).texts
    for text in texts:
        cli_calls.run("update", *named, f"--{text}", "written")
    assert {getattr(read(client, kind, made.id), text) for text in texts} <= {"written"}
