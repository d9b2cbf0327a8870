"""What is odd in the description of a training does not end it: it is kept as far as it can be, told once, counted."""

import logging
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from modelbox import Event, InvalidFieldError, ModelBox, Run
from tests.integration.sdk_server import SdkServer


class Broken:
    """Says nothing of itself."""

    def __repr__(self) -> str:
        raise RuntimeError("broken")

    def __len__(self) -> int:
        raise RuntimeError("broken")

    def to_dict(self) -> dict[str, Any]:
        raise RuntimeError("broken")

    def item(self) -> float:
        raise ArithmeticError("broken")

    def __float__(self) -> float:
        raise ArithmeticError("broken")


def endless() -> dict[str, Any]:
    """A dict that holds itself several times."""
    value: dict[str, Any] = {}
    value |= {"list": [value] * 10, **{f"self{n}": value for n in range(3)}}
    return value


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.start_run("odd", namespace="tests", source=False, heartbeat=False)


@pytest.mark.parametrize(
    "metrics, step, kept",
    [
        ({"a": 1, "b": None}, 3, {"a": (3, 1.0)}),
        ({"a": 1}, None, {"a": (0, 1.0)}),
        ({"a": 1}, -1, {"a": (0, 1.0)}),
        ({"a": 1}, math.nan, {"a": (0, 1.0)}),
        ({"a": 1}, 2.5, {"a": (2, 1.0)}),
        ({"a": 1}, 2**70, {"a": (2**63 - 1, 1.0)}),
        ({"a": 1}, "first", {"a": (0, 1.0)}),
        ({"a": 1}, Broken(), {"a": (0, 1.0)}),
        ({" a\nb ": 1, "": 2, 3: 4}, 0, {"a b": (0, 1.0), "(empty)": (0, 2.0), "3": (0, 4.0)}),
        ({"a": 2**70, "b": 10**400}, 0, {"a": (0, float(2**70))}),
        ({"a": np.ma.masked, "b": np.ma.array([1.0])[0]}, 0, {"b": (0, 1.0)}),
        ({"a": np.ones(3), "b": Broken(), "c": object(), "d": 1}, 0, {"d": (0, 1.0)}),
        ([1.0], 0, {}),
        (None, 0, {}),
    ],
)
def test_odd_metrics_are_kept_as_far_as_they_can_be(
    client: ModelBox, run: Run, metrics: Any, step: Any, kept: Mapping[str, tuple[int, float]]
) -> None:
    run.log_metrics(metrics, step=step)
    client.flush()
    assert {key: (point.step, point.value) for key, [point] in run.metrics().items()} == kept
    given = len(metrics) if isinstance(metrics, dict) else 1
    assert client.delivery().left_out == given - len(kept)


def test_a_metric_key_that_is_too_long_is_the_same_one_each_time(run: Run) -> None:
    for step, key in enumerate(["k" * 300, "k" * 300, "k" * 301]):
        run.log_metrics({key: 1.0}, step=step)
    assert sorted(len(points) for points in run.metrics().values()) == [1, 2]


def test_what_is_odd_is_told_once_a_kind(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    for step in range(10):
        run.log_metrics({"loss": None, "a\n": 1.0}, step=-step)
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == 3
    assert any("metrics['loss']: needs a number" in message for message in told)
    assert any("it is kept as 'a'" in message for message in told)
    assert any("kept at step 0" in message for message in told)


@pytest.mark.parametrize(
    "given, kept",
    [
        ({"label2id": {"cat ": 0, "cat": 1}}, {"label2id.cat": 0, "label2id.cat (2)": 1}),
        ({"a\nb": 1, "": 2, None: 3}, {"a b": 1, "(empty)": 2, "None": 3}),
        ({"a.b": 1, "a": {"b": 2}}, {"a.b": 1, "a.b (2)": 2}),
        ({"x": 2**70, "nul": "a\0b", "half": "\ud800"}, {"x": str(2**70), "nul": "a\ufffdb", "half": "?"}),
        ({"x": np.ma.masked, "y": np.ma.array([1, 2], mask=[False, True])}, {"x": None, "y": [1, None]}),
        ({"x": Broken(), "y": [Broken()]}, {"x": "<Broken instance>", "y": ["<Broken instance>"]}),
        ([1, 2], {}),
        (Broken(), {}),
        (3, {}),
    ],
)
def test_odd_hyperparameters_do_not_end_a_training(client: ModelBox, given: Any, kept: dict[str, Any]) -> None:
    run = client.start_run("odd", namespace="tests", hyperparameters=given, source=False, heartbeat=False)
    assert run.hyperparameters() == kept
    run.log_hyperparameters(given)
    client.flush()
    assert run.hyperparameters() == kept


def test_long_hyperparameters_are_cut_and_that_is_told(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    run.log_hyperparameters({"n" * 300: 1, "text": "x" * 100_000, "list": list(range(100_000)), "deep": endless()})
    kept = run.hyperparameters()
    assert max(map(len, kept)) == 255
    assert kept["text"].endswith("… (100,002 characters)")
    assert "hyperparameters['text'] is kept in short: it has 100,002 characters" in caplog.text


def test_hyperparameters_beyond_one_call_are_sent_in_several(client: ModelBox) -> None:
    many = {f"name{n}": "x" * 500 for n in range(2_500)}
    run = client.start_run("odd", namespace="tests", hyperparameters=many, source=False, heartbeat=False)
    client.flush()
    assert run.hyperparameters() == many


def test_odd_events_are_kept_as_text(client: ModelBox, run: Run) -> None:
    run.log_event("a\nb", source=" me ", wallclock=-1.0, metadata={"x ": {1, 2}, "y": math.nan, "z": Broken()})
    run.log_event(7)  # type: ignore[arg-type]
    run.log_event(Event("both"), source="me")
    client.flush()
    first, second, third = sorted(run.events(), key=lambda event: event.name != "a b")
    assert (first.name, first.source.name) == ("a b", "me")
    assert first.metadata == {"x": [1, 2], "y": "nan", "z": "<Broken instance>"}
    assert {second.name, third.name} == {"7", "both"}


ODD_DATA: dict[str, Callable[[], Any]] = {
    "objects": lambda: np.array([[1, "a"], [None, Broken()]], dtype=object),
    "large numbers": lambda: np.array([2**70, 1], dtype=object),
    "sparse": lambda: sparse.csr_matrix(np.eye(3)),
    "a sparse dict": lambda: sparse.dok_matrix(np.eye(3)),
    "masked": lambda: np.ma.array([1.0, 2.0], mask=[False, True]),
    "long texts": lambda: np.array([f"{n:03}" * 33 for n in range(100)] * 2),
    "odd names": lambda: {"cat ": np.zeros(3), "\n": np.zeros(3), "x" * 300: np.zeros(3), "": np.zeros(3)},
    "many columns": lambda: np.array([[f"{n:03}" * 33 for n in range(999)]] * 3),
    "broken": Broken,
    "a list": lambda: [1, 2],
    "nothing": lambda: None,
    "no such file": lambda: Path("/no/such\nfile"),
    "records": lambda: np.zeros(2, dtype=[(f"a long name of a field {n}", "f8") for n in range(50)]),
}


@pytest.mark.parametrize("data", ODD_DATA.values(), ids=ODD_DATA.keys())
def test_any_data_is_registered_and_linked(client: ModelBox, run: Run, data: Callable[[], Any]) -> None:
    dataset = run.log_dataset(data(), name=" odd\nname ", role="training\n")
    client.flush()
    assert dataset.refreshed().name == "odd name"
    assert [edge.relation for edge in run.lineage("upstream").edges] == ["training"]


def test_what_is_masked_is_no_value_of_a_dataset(run: Run) -> None:
    values = {
        run.log_dataset(np.ma.array([1.0, hidden], mask=[False, True]), name="masked").id for hidden in (2.0, 3.0)
    }
    assert len(values) == 1
    [column] = run.log_dataset(np.ma.array([1.0, 9.0], mask=[False, True]), name="masked").columns
    assert (column.summary["nulls"], column.summary["max"]) == (1, 1)


def test_a_sparse_matrix_is_the_same_in_each_form(run: Run) -> None:
    matrix = sparse.random_array((20, 30), density=0.1, rng=np.random.default_rng(1))
    forms = [getattr(matrix, f"to{form}")() for form in ("csr", "csc", "coo", "dok", "lil")]
    datasets = [run.log_dataset(form, name="matrix") for form in forms]
    assert {one.id for one in datasets} == {datasets[0].id}
    assert datasets[0].columns[0].summary["stored"] == matrix.nnz


def test_a_dataset_that_the_server_refuses_does_not_end_a_training(client: ModelBox, run: Run) -> None:
    dataset = run.log_dataset(np.zeros(3), name="x", namespace="a\nb")
    assert dataset.name == "x"
    assert client.delivery().left_out == 1


def test_an_error_of_any_text_ends_a_run(client: ModelBox, run: Run) -> None:
    with pytest.raises(ValueError, match="odd"), run:
        raise ValueError("odd \0 \ud800")
    client.flush()
    assert run.refreshed().reason == "ValueError: odd \ufffd ?"


def test_a_client_that_waits_for_answers_refuses_what_is_odd(sdk_server: SdkServer) -> None:
    calls: list[tuple[Callable[[Run], Any], str]] = [
        (lambda run: run.log_metrics({"a": None}), r"metrics\['a'\]"),
        (lambda run: run.log_metrics({"a": 1}, step=-1), "step"),
        (lambda run: run.log_hyperparameters({"a\n": 1}), "hyperparameters"),
        (lambda run: run.log_event("a\n"), "name"),
        (lambda run: run.log_dataset(object(), name="x"), "data"),
        (lambda run: run.log_dataset(np.zeros(3)), "name"),
    ]
    with ModelBox(sdk_server.address, background=False) as strict:
        run = strict.start_run("odd", namespace="tests", source=False, heartbeat=False)
        for call, field in calls:
            with pytest.raises(InvalidFieldError, match=f"^{field}"):
                call(run)
