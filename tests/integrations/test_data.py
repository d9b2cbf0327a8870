"""Tables of pandas, tensors of torch and configurations of libraries are described as they are."""

from typing import Any

import pytest

pd: Any = pytest.importorskip("pandas", reason="pandas is not installed")


from modelbox import ModelBox
from modelbox.capture.datasets import describe
from modelbox.capture.hyperparameters import flatten

pytestmark = pytest.mark.data


@pytest.fixture
def table() -> Any:
    """A table with a column of each kind."""
    return pd.DataFrame(
        {
            "number": [1.5, None, 2.5],
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "text": ["x", "y", None],
            "kind": pd.Categorical(["u", "v", "u"]),
            "flag": [True, False, True],
            "when": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-02"], utc=True),
            "list": [[1], [2], [1]],
        }
    )


def test_a_tables_digest_is_of_names_types_and_values(table: Any) -> None:
    digest = describe(table).digest
    assert digest == describe(table.copy()).digest == describe(table.set_index(pd.Index([7, 8, 9]))).digest
    others = (
        table.rename(columns={"flag": "sign"}),
        table.astype({"number": "float32"}),
        table.iloc[::-1],
        table[["whole", "number", *table.columns[2:]]],
        table.assign(text=["x", "y", "None"]),
        table.assign(list=[[1], [2], [2]]),
    )
    assert len({digest, *(describe(other).digest for other in others)}) == 1 + len(others)


def test_a_digest_over_many_blocks_is_that_of_the_whole(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = describe(table).digest
    monkeypatch.setattr("modelbox.capture.tables.BLOCK_ROWS", 2)
    assert describe(table).digest == whole


def test_a_tables_columns_are_summed_up(table: Any) -> None:
    described = describe(table)
    summaries = {column.name: column.summary for column in described.columns}
    assert (described.row_count, described.column_count) == (3, 7)
    spread = {"min": 1.5, "max": 2.5, "mean": 2, "std": pytest.approx(0.7071067)}
    counts = {"count": 2, "nulls": 1, "distinct": 2, "top": [[1.5, 1], [2.5, 1]]}
    assert summaries["number"] == spread | counts
    assert summaries["kind"] == {"count": 3, "nulls": 0, "distinct": 2, "top": [["u", 2], ["v", 1]]}
    assert summaries["when"]["max"] == "2026-01-02 00:00:00+00:00"
    assert summaries["list"]["top"] == [["[1]", 2], ["[2]", 1]]


def test_a_run_is_linked_to_the_table_it_was_trained_with(client: ModelBox, table: Any) -> None:
    with client.start_run("tables", namespace="tests") as run:
        dataset = run.log_dataset(table, name="numbers", location="s3://bucket/numbers.parquet")
        again = run.log_dataset(table, name="numbers", role="evaluation")
    assert again.id == dataset.id
    stored = client.dataset(dataset.id)
    assert (stored.row_count, stored.columns[0].type) == (3, "float64")
    assert [node.id for node in run.lineage("upstream").nodes if node.type == "dataset"] == [dataset.id]


def test_configurations_of_libraries_become_flat() -> None:
    omegaconf: Any = pytest.importorskip("omegaconf", reason="OmegaConf is not installed")
    pydantic: Any = pytest.importorskip("pydantic", reason="pydantic is not installed")
    config = omegaconf.OmegaConf.create({"model": {"width": 3, "depth": "${model.width}"}, "list": [1, 2]})
    assert flatten(config) == {"model.width": 3, "model.depth": 3, "list": [1, 2]}
    broken = omegaconf.OmegaConf.create({"a": "${nowhere}", "b": 1})
    assert flatten(broken) == {"a": "${nowhere}", "b": 1}

    class Optimizer(pydantic.BaseModel):
        lr: float = 0.1

    assert flatten({"optimizer": Optimizer()}) == {"optimizer.lr": 0.1}
