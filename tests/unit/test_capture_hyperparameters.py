"""Hyperparameters of any shape become flat names with JSON values."""

import json
from argparse import Namespace
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import attrs
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelbox.capture.hyperparameters import flatten
from modelbox.capture.plain import TEXT_CHARS_MAX, VALUE_JSON_BYTES_MAX
from modelbox.errors import InvalidFieldError
from modelbox.fields import check_name
from modelbox.oddities import Oddities


class Color(Enum):
    RED = "red"


@dataclass
class Optimizer:
    lr: float = 0.1
    betas: tuple[float, float] = (0.9, 0.999)


@dataclass
class Training:
    optimizer: Optimizer = field(default_factory=Optimizer)
    folder: Path = Path("data")
    color: Color = Color.RED


class Struct(msgspec.Struct):
    depth: int = 3


@attrs.define
class Attributes:
    width: int = 4


class Configured:
    """As the configurations of Hugging Face: what `to_dict` leaves out is a secret."""

    def __init__(self) -> None:
        self.token = "secret"

    def to_dict(self) -> dict[str, Any]:
        return {"hidden_size": 8, "token": "<TOKEN>"}


class Plain:
    def __init__(self) -> None:
        self.lr = 0.5
        self._cache = object()


@pytest.mark.parametrize(
    "given_as, flat",
    [
        ({"a": {"b": {"c": 1}}, "d": None}, {"a.b.c": 1, "d": None}),
        (Namespace(lr=0.1, sub=Namespace(x="y")), {"lr": 0.1, "sub.x": "y"}),
        (
            Training(),
            {"optimizer.lr": 0.1, "optimizer.betas": [0.9, 0.999], "folder": "data", "color": "red"},
        ),
        ({"model": Struct(), "more": Attributes()}, {"model.depth": 3, "more.width": 4}),
        (Configured(), {"hidden_size": 8, "token": "<TOKEN>"}),
        (Plain(), {"lr": 0.5}),
        ({1: True, "empty": {}, "list": [{"a": np.int8(1)}, {2}]}, {"1": True, "empty": {}, "list": [{"a": 1}, [2]]}),
    ],
)
def test_any_shape_becomes_flat(given_as: object, flat: dict[str, Any]) -> None:
    assert flatten(given_as) == flat


def test_an_estimators_nested_parameters_have_a_path() -> None:
    flat = flatten(make_pipeline(StandardScaler(), LogisticRegression(C=2.0)))
    assert flat["logisticregression.C"] == 2.0
    assert flat["standardscaler"].endswith("StandardScaler")
    assert "logisticregression__C" not in flat


@pytest.mark.parametrize(
    "value, kept",
    [
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),  # a value
        (np.arange(3), [0, 1, 2]),
        (np.zeros((20, 20)), "ndarray of shape (20, 20) and type float64"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (2**70, str(2**70)),
        (Plain, f"{__name__}.Plain"),
        (flatten, "modelbox.capture.hyperparameters.flatten"),
        (b"bytes", "b'bytes'"),
        ("half \ud800", "half ?"),
    ],
)
def test_what_json_does_not_know_is_kept_as_text(value: object, kept: object) -> None:
    assert flatten({"x": value}) == {"x": kept}


def test_text_of_an_object_is_the_same_in_every_run() -> None:
    assert flatten({"x": object()}) == {"x": "<object object>"}


def test_long_values_are_abbreviated() -> None:
    class Wordy:
        def __repr__(self) -> str:
            return "w" * 100_000

    flat = flatten({"text": "x" * 100_000, "list": list(range(10_000)), "object": Wordy()})
    assert all(len(json.dumps(value)) <= VALUE_JSON_BYTES_MAX for value in flat.values())
    assert flat["text"].endswith("… (100,002 characters)")
    assert len(flat["object"]) <= TEXT_CHARS_MAX


def test_what_is_nested_without_end_is_cut_off() -> None:
    endless: dict[str, Any] = {"x": 1}
    endless["self"] = endless
    flat = flatten({"list": [1], "endless": endless})
    assert flat["endless.x"] == 1
    json.dumps(flat)


@pytest.mark.parametrize("value", [1, "text", None, [1, 2], Plain])
def test_what_has_no_names_is_refused(value: object) -> None:
    with pytest.raises(InvalidFieldError, match="needs a dict or an object with attributes"):
        flatten(value)


def test_two_values_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidFieldError, match=r"two values have the name 'a\.b'"):
        flatten({"a.b": 1, "a": {"b": 2}})


_names = st.text(st.characters(exclude_characters="."), max_size=5)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=3) | st.integers(), _json, max_size=5))
def test_flat_values_are_json_and_within_bounds(hyperparameters: dict[Any, Any]) -> None:
    flat = flatten(hyperparameters, Oddities(strict=False))
    for name, value in flat.items():
        assert check_name("name", name) == name
        assert len(json.dumps(value, allow_nan=False, ensure_ascii=False).encode()) <= VALUE_JSON_BYTES_MAX
