"""Datasets and lineage through the SDK, on the real server."""

from pathlib import Path

import numpy as np
import pytest

from modelbox import DatasetColumn, InvalidFieldError, Lineage, Model, ModelBox, NotFoundError, Run, Source


@pytest.fixture
def run(client: ModelBox) -> Run:
    source = Source(repository="https://example.org/r", commit="c0ffee")
    return client.new_experiment("digits", namespace="vision").new_run("train", source=source, heartbeat=False)


def edges(lineage: Lineage) -> set[tuple[str, str, str]]:
    """Return the edges by the names of their nodes."""
    names = {node.id: node.name if node.type != "code" else "code" for node in lineage.nodes}
    return {(names[edge.from_id], names[edge.to_id], edge.relation) for edge in lineage.edges}


def test_a_dataset_is_registered_once_by_name_and_digest(client: ModelBox) -> None:
    columns = [DatasetColumn("x", "float64", {"min": 0.5}), DatasetColumn("y", "int64")]
    digest = "sha256:" + "0" * 64
    first = client.new_dataset(
        "digits",
        namespace="vision",
        location="s3://b/digits.npz",
        digest=digest,
        columns=columns,
        row_count=1797,
        column_count=2,
        labels={"pii": "no"},
        metadata={"k": 1},
    )
    assert not first.exists
    assert (first.columns, first.row_count, first.column_count) == (tuple(columns), 1797, 2)
    assert client.dataset(first.id) == first
    assert first.metadata() == {"k": 1}
    assert client.new_dataset("digits", namespace="vision", digest=digest).exists
    other = client.new_dataset("digits", namespace="vision", digest="sha256:" + "1" * 64)
    assert (other.exists, other.row_count, other.columns) == (False, None, ())
    assert client.datasets("vision") == [other, first]
    assert client.datasets("vision", filter='labels.pii = "no"') == [first]


def test_data_is_described_registered_and_linked_in_one_call(run: Run, tmp_path: Path) -> None:
    images = run.log_dataset(np.zeros((10, 4)), name="images", location="s3://b/images.npy")
    (tmp_path / "labels.csv").write_text("label\n1\n", encoding="utf-8")
    labels = run.log_dataset(tmp_path / "labels.csv", role="evaluation")
    again = run.log_dataset(np.zeros((10, 4)), name="images")
    assert again.exists
    assert again.id == images.id
    assert (images.namespace, images.location, images.row_count) == ("vision", "s3://b/images.npy", 10)
    assert images.digest.startswith("sha256:")
    assert labels.name == "labels.csv"
    assert run.log_dataset(labels, role="test") == labels
    assert edges(run.lineage("upstream")) == {
        ("images", "train", "training"),
        ("labels.csv", "train", "evaluation"),
        ("labels.csv", "train", "test"),
        *{edge for edge in edges(run.lineage("upstream")) if edge[0] == "code"},
    }
    assert run.log_dataset(np.zeros(3)).name == "ndarray"


def test_lineage_leads_from_code_and_data_to_the_model_version_and_back(run: Run, model: Model) -> None:
    dataset = run.log_dataset(np.zeros(3), name="images")
    checkpoint = run.new_checkpoint(1)
    version = checkpoint.promote(model)
    whole = version.lineage("upstream")
    assert {node.type for node in whole.nodes} == {"model_version", "checkpoint", "run", "dataset", "code"}
    code = next(node for node in whole.nodes if node.type == "code")
    assert "c0ffee" in code.name
    assert not whole.truncated
    assert {node.id for node in version.lineage("upstream", depth=1).nodes} == {version.id, checkpoint.id}
    downstream = dataset.lineage("downstream")
    assert {node.id for node in downstream.nodes} == {dataset.id, run.id, checkpoint.id, version.id}
    found = downstream.node(run.id)
    assert found is not None
    assert (found.type, found.name, found.namespace) == ("run", "train", "vision")
    assert downstream.node("unknown") is None
    assert {node.id for node in run.lineage().nodes} >= {dataset.id, run.id, checkpoint.id, version.id, code.id}


def test_objects_are_linked_either_way_and_circles_end(client: ModelBox, run: Run, model: Model) -> None:
    version = model.new_model_version()
    dataset = client.new_dataset("test", namespace="vision")
    version.link(dataset, "evaluation")
    version.link(dataset, "evaluation")
    version.link(run, "starting point", downstream=True)
    version.link(run, "result")
    named = edges(version.lineage())
    assert {("test", "digits 1", "evaluation"), ("digits 1", "train", "starting point")} <= named
    with pytest.raises(NotFoundError):
        version.link("00000000-0000-4000-8000-000000000000")
    with pytest.raises(InvalidFieldError, match="direction"):
        version.lineage("sideways")
    with pytest.raises(InvalidFieldError, match="depth"):
        version.lineage(depth=-1)
