"""Text, dicts, figures, images and tables of a program, logged as files of any object."""

import csv
import io
import json
import logging
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

from modelbox import Model, ModelBox
from modelbox.errors import InvalidFieldError
from modelbox.limits import CONTENT_BYTES_MAX
from modelbox.logged_object import LoggedObject
from tests.integration.sdk_server import SdkServer


class Figure:
    """What matplotlib's figures can do."""

    def savefig(self, into: IO[bytes], *, format: str) -> None:  # noqa: A002  # its name there
        into.write(f"a figure as {format}".encode())


class PlotlyFigure:
    """What plotly's figures can do."""

    def to_plotly_json(self) -> dict[str, Any]:
        return {}

    def to_json(self) -> str:
        return '{"data": []}'

    def to_html(self) -> str:
        return "<html></html>"

    def to_image(self, *, format: str) -> bytes:  # noqa: A002  # its name there
        return f"an image as {format}".encode()


class Image:
    """What Pillow's images can do."""

    def __array__(self) -> Any:
        raise AssertionError("it writes itself")

    def save(self, into: IO[bytes], format: str) -> None:  # noqa: A002  # its name there
        into.write(f"an image as {format}".encode())


def read(logged: LoggedObject, path: str, folder: Path) -> bytes:
    """Return the newest bytes under a path."""
    newest = next(artifact for artifact in logged.artifacts() if artifact.path == path)
    return logged.download_artifact(newest, folder / newest.id).read_bytes()


def pixels(png: bytes) -> list[bytes]:
    """Return the lines of an image, each without its filter's number."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, color = struct.unpack(">IIBB", png[16:26])
    assert depth == 8
    data = png[png.index(b"IDAT") + 4 : png.index(b"IEND") - 8]
    lines = zlib.decompress(data)
    stride = 1 + width * {0: 1, 2: 3, 6: 4}[color]
    assert len(lines) == height * stride
    return [lines[start + 1 : start + stride] for start in range(0, len(lines), stride)]


def test_every_object_takes_text_and_dicts(client: ModelBox, model: Model, tmp_path: Path) -> None:
    run = client.new_experiment("e").new_run("r")
    for logged in (run, run.experiment(), run.new_checkpoint(epoch=1), model, model.new_model_version()):
        logged.log_text("größer\n", "notes/a.txt")
        logged.log_dict(
            {"lr": 0.1, "layers": np.array([64, 10]), "at": datetime(2026, 1, 2, tzinfo=UTC)}, "config.json"
        )
        assert read(logged, "notes/a.txt", tmp_path).decode() == "größer\n"
        told = json.loads(read(logged, "config.json", tmp_path))
        assert told == {"lr": 0.1, "layers": [64, 10], "at": "2026-01-02T00:00:00+00:00"}


def test_the_last_file_under_a_path_counts(model: Model, tmp_path: Path) -> None:
    for text in ("one", "two", "one"):
        model.log_text(text, "a.txt")
    assert read(model, "a.txt", tmp_path) == b"one"


def test_figures_are_written_as_their_suffix_says(model: Model, tmp_path: Path) -> None:
    model.log_figure(Figure(), "loss.svg")
    assert read(model, "loss.svg", tmp_path) == b"a figure as svg"
    for suffix, content in (("html", b"<html></html>"), ("json", b'{"data": []}'), ("png", b"an image as png")):
        model.log_figure(PlotlyFigure(), f"plotly.{suffix}")
        assert read(model, f"plotly.{suffix}", tmp_path) == content


def test_arrays_and_images_of_pillow_are_images(model: Model, tmp_path: Path) -> None:
    model.log_image(Image(), "photo.jpg")
    assert read(model, "photo.jpg", tmp_path) == b"an image as jpeg"

    grey = np.array([[0, 127], [128, 255]], dtype=np.uint8)
    color = np.arange(12, dtype=np.int64).reshape(2, 2, 3)
    for array, lines in (
        (grey, [bytes([0, 127]), bytes([128, 255])]),
        (grey[:, :, None], [bytes([0, 127]), bytes([128, 255])]),
        (color, [bytes(range(6)), bytes(range(6, 12))]),
        (grey > 127, [bytes([0, 0]), bytes([255, 255])]),
        (np.array([[0.0, 1.0, 0.5]]), [bytes([0, 255, 128])]),
    ):
        model.log_image(array, "array.png")
        assert pixels(read(model, "array.png", tmp_path)) == lines


def test_tables_are_csv_or_json(model: Model, tmp_path: Path) -> None:
    columns = {"name": ["a", "b,c"], "score": np.array([1.5, 2.0])}
    records = [{"name": "a", "score": 1.5}, {"name": "b,c", "score": 2.0}]
    for table in (columns, records):
        model.log_table(table, "table.csv")
        rows = list(csv.reader(io.StringIO(read(model, "table.csv", tmp_path).decode())))
        assert rows == [["name", "score"], ["a", "1.5"], ["b,c", "2.0"]]
        model.log_table(table, "table.json")
        assert json.loads(read(model, "table.json", tmp_path)) == {
            "columns": ["name", "score"],
            "data": [["a", 1.5], ["b,c", 2.0]],
        }


def test_a_confusion_matrix_counts_what_was_predicted_as_what(model: Model, tmp_path: Path) -> None:
    model.log_confusion_matrix(np.array([0, 0, 1, 2]), [0, 1, 1, 0])
    told = json.loads(read(model, "confusion_matrix.json", tmp_path))
    assert told == {"labels": [0, 1, 2], "matrix": [[1, 1, 0], [0, 1, 0], [1, 0, 0]]}
    model.log_confusion_matrix(["cat", "dog"], ["dog", "dog"], labels=["dog", "cat"], path="pets.json")
    assert json.loads(read(model, "pets.json", tmp_path)) == {"labels": ["dog", "cat"], "matrix": [[1, 0], [1, 0]]}


ODD: dict[str, Callable[[Model], None]] = {
    "no text": lambda model: model.log_text(5, "a.txt"),  # type: ignore[arg-type]
    "no path": lambda model: model.log_text("a", "../a.txt"),
    "a dict that contains itself": lambda model: model.log_dict(_circle(), "a.json"),
    "no figure": lambda model: model.log_figure("a", "a.png"),
    "a figure that fails": lambda model: model.log_figure(_Failing(), "a.png"),
    "no image": lambda model: model.log_image("a", "a.png"),
    "an image with five channels": lambda model: model.log_image(np.zeros((2, 2, 5)), "a.png"),
    "an image beyond its range": lambda model: model.log_image(np.full((2, 2), 300), "a.png"),
    "no table": lambda model: model.log_table(5, "a.csv"),
    "a table of unequal columns": lambda model: model.log_table({"a": [1], "b": []}, "a.csv"),
    "a table as a picture": lambda model: model.log_table({"a": [1]}, "a.png"),
    "too few predictions": lambda model: model.log_confusion_matrix([1, 2], [1]),
    "an unknown label": lambda model: model.log_confusion_matrix([1], [2], labels=[1]),
}


class _Failing:
    def savefig(self, _: IO[bytes], **__: Any) -> None:
        raise RuntimeError("no display")


def _circle() -> dict[str, Any]:
    circle: dict[str, Any] = {}
    circle["self"] = circle
    return circle


@pytest.mark.parametrize("log", ODD.values(), ids=list(ODD))
def test_what_cannot_be_written_ends_no_training(
    client: ModelBox, model: Model, log: Callable[[Model], None], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="modelbox"):
        log(model)
        log(model)
    assert len([record for record in caplog.records if "told once" in record.message]) == 1
    assert client.delivery().left_out == 2
    assert model.artifacts() == []
    with ModelBox(client.address, background=False) as strict, pytest.raises(InvalidFieldError):
        log(strict.model(model.id))


def test_nothing_waits_for_a_server_that_is_away(
    sdk_server: SdkServer, client: ModelBox, model: Model, tmp_path: Path
) -> None:
    sdk_server.stop()
    model.log_text("small", "a.txt")
    model.log_text("x" * (CONTENT_BYTES_MAX + 1), "large/b.txt")
    assert client.delivery().waiting_calls == 2
    sdk_server.start()
    assert read(model, "a.txt", tmp_path) == b"small"
    assert len(read(model, "large/b.txt", tmp_path)) == CONTENT_BYTES_MAX + 1


@pytest.mark.parametrize("background", [True, False])
def test_large_ones_leave_nothing_behind(
    client: ModelBox, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, background: bool
) -> None:
    monkeypatch.setenv("MODELBOX_JOURNAL_DIR", str(tmp_path / "journal"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with ModelBox(client.address, background=background) as other:
        other.object(model.id).log_text("y" * (CONTENT_BYTES_MAX + 1), "b.txt")
        assert [artifact.size for artifact in other.object(model.id).artifacts()] == [CONTENT_BYTES_MAX + 1]
    assert list(tmp_path.rglob(".modelbox-held-*")) == []


def test_single_metrics_and_params_are_logged_by_short_names(model: Model) -> None:
    model.log_metric("loss", 0.5)
    model.log_metric("loss", 0.25, step=7, wallclock=5.0)
    model.log_param("lr", 0.1)
    model.log_params({"optimizer": {"name": "adam"}})
    assert [(point.step, point.value) for point in model.metrics("loss")["loss"]] == [(0, 0.5), (7, 0.25)]
    assert model.hyperparameters() == {"lr": 0.1, "optimizer.name": "adam"}
