"""What MLflow and Weights & Biases take is taken: nested metrics, numbers as labels. What is lost is told by key."""

import logging
from typing import Any

import numpy as np
import pytest

from modelbox import InvalidFieldError, ModelBox, Run
from modelbox.limits import NAMES_TOLD_MAX, NESTED_METRICS_DEPTH_MAX, NESTED_METRICS_MAX


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.start_run("taken", namespace="tests", source=False, heartbeat=False)


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def points(run: Run) -> dict[str, list[tuple[int, Any]]]:
    return {key: [(point.step, point.value) for point in series] for key, series in run.metrics().items()}


def test_numbers_and_bools_become_the_text_of_labels(client: ModelBox, run: Run) -> None:
    labels: Any = {"fold": 1, "lr": 0.5, "best": True, "np": np.int64(3), "text": "1"}
    kept = {"fold": "1", "lr": "0.5", "best": "True", "np": "3", "text": "1"}
    begun = client.start_run("taken", namespace="tests", labels=labels, source=False, heartbeat=False)
    assert begun.labels == begun.refreshed().labels == kept
    run.update(labels=labels)
    assert run.refreshed().labels == kept
    assert client.new_model("m", labels=labels).new_model_version(labels=labels).labels == kept
    assert len(client.runs("tests", filter='labels.fold = "1"')) == 2
    odd: Any
    for odd in ({"fold": None}, {"fold": [1]}, {"fold": {"a": 1}}, {1: "a"}):
        with pytest.raises(InvalidFieldError, match=r"^labels"):
            client.start_run("taken", namespace="tests", labels=odd, source=False, heartbeat=False)


def test_what_a_dict_in_metrics_holds_is_logged_by_both_keys(client: ModelBox, run: Run) -> None:
    for loss in (0.3, 0.2):
        run.log_metrics({"loss": loss, "val": {"loss": loss, "top": {5: loss}}})
    run.log_metrics({"val/loss": 0.1})
    run.log_metrics({"val": {"loss": 0.0}}, step=9)
    run.log_metrics({"a": {}, "b": 1})
    assert points(run) == {
        "loss": [(0, 0.3), (1, 0.2)],
        "val/loss": [(0, 0.3), (1, 0.2), (2, 0.1), (9, 0.0)],
        "val/top/5": [(0, 0.3), (1, 0.2)],
        "b": [(0, 1.0)],
    }
    assert client.delivery().left_out == 0


def test_dicts_in_metrics_are_bounded_in_depth_and_number(
    client: ModelBox, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    deep: dict[str, Any] = {"x": 1}
    for _ in range(NESTED_METRICS_DEPTH_MAX):
        deep = {"d": deep}
    endless: dict[str, Any] = {}
    endless |= {"self": endless, "x": 2}
    run.log_metrics({"deep": deep, "many": dict.fromkeys(map(str, range(NESTED_METRICS_MAX)), 1.0), "plain": 3})
    run.log_metrics({"endless": endless})
    assert set(points(run)) == {"plain", "endless/x", *(f"endless/{'self/' * n}x" for n in range(1, 10))}
    assert client.delivery().left_out == 3
    assert sum("at most 10,000 values, 10 deep" in message for message in told(caplog)) == 1


def test_nothing_is_logged_of_nested_metrics_that_a_strict_client_refuses(client: ModelBox, run: Run) -> None:
    with ModelBox(client.address, background=False) as strict:
        same = strict.run(run.id)
        with pytest.raises(InvalidFieldError, match="'val/loss'"):
            same.log_metrics({"loss": 1, "val": {"loss": None}})
        same.log_metrics({"val": {"loss": 1}})
        assert points(same) == {"val/loss": [(0, 1.0)]}


def test_each_key_that_loses_values_is_told_once(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        run.log_metrics({"a": None, "b": None, "c": np.zeros(3)})
        run.log_metrics({"a": np.zeros(3)})
    assert sorted(message[9:10] for message in told(caplog)) == ["a", "a", "b", "c"]
    caplog.clear()
    for number in range(2 * NAMES_TOLD_MAX):
        run.log_metrics({f"k{number}": None})
    assert len(told(caplog)) == NAMES_TOLD_MAX - 4 + 1


def test_each_file_that_cannot_be_logged_is_told_once(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    nothing: Any = None
    for _ in range(2):
        run.log_text(nothing, "a.txt")
        run.log_text(nothing, "b.txt")
    assert len(told(caplog)) == 2


def test_text_that_reads_as_a_number_is_kept_as_text_and_told_once_a_key(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        run.log_metrics({"a": "0.5", "b": "good", "c": "nan"})
    run.log_metrics({"a": "1e-3"}, step=7)
    assert points(run)["a"] == [(0, "0.5"), (1, "0.5"), (7, "1e-3")]
    [message] = told(caplog)
    assert "metrics['a']: '0.5' is kept as text" in message
