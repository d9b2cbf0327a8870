"""Hyperparameters of any shape as flat names with JSON values.

Objects of frameworks are told by their methods; none is imported. Must not know: how they are sent.
"""

import json
import math
import re
import reprlib
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from os import PathLike, fspath
from types import FunctionType, SimpleNamespace
from typing import Any, Final

from modelbox.errors import InvalidFieldError

VALUE_JSON_BYTES_MAX: Final = 16 * 1024
"""One value as JSON, in bytes; a longer one is kept as its abbreviated text."""

TEXT_CHARS_MAX: Final = 1_000
"""The text of a value that JSON does not know, in characters."""

ARRAY_VALUES_MAX: Final = 100
"""Values of an array or tensor; of a larger one the shape is kept."""

DEPTH_MAX: Final = 20
"""Objects inside each other; what is deeper is kept as its text."""

_INT_MAX: Final = 2**63 - 1
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
_repr: Final = reprlib.Repr()
_repr.maxother = _repr.maxstring = _repr.maxlong = TEXT_CHARS_MAX
_repr.maxlist = _repr.maxtuple = _repr.maxdict = _repr.maxset = _repr.maxfrozenset = 20


def flatten(hyperparameters: object) -> dict[str, Any]:
    """Return hyperparameters by name, what is nested with its path: `{"optimizer": {"lr": 1}}` as `optimizer.lr`.

    Taken are dicts, argparse namespaces, dataclasses, objects of attrs, msgspec and pydantic, estimators of
    scikit-learn and whatever else has `get_params`, configurations of Hugging Face, Lightning and OmegaConf, and of
    any other object its public attributes. A value is JSON; what JSON does not know is kept as text, without the
    addresses that would differ from run to run, abbreviated to `TEXT_CHARS_MAX`.

    Raises:
        InvalidFieldError: It has no names, or two values come to have the same name.
    """
    members = _members(hyperparameters)
    if members is None:
        members = _attributes(hyperparameters)
    if members is None:
        kind = type(hyperparameters).__name__
        raise InvalidFieldError.of("hyperparameters", f"needs a dict or an object with attributes, not {kind}")
    flat: dict[str, Any] = {}
    _add(flat, "", members, depth=0)
    return flat


def _add(flat: dict[str, Any], prefix: str, members: Mapping[Any, Any], *, depth: int) -> None:
    for key, value in members.items():
        name = f"{prefix}{_utf8(key)}"
        nested = _members(value) if depth < DEPTH_MAX else None
        if nested:
            _add(flat, f"{name}.", nested, depth=depth + 1)
            continue
        if name in flat:
            raise InvalidFieldError.of("hyperparameters", f"two values have the name {name[:80]!r}")
        flat[name] = _bounded(_json_value(value, depth=depth))


def _members(value: object) -> Mapping[Any, Any] | None:
    """Return what a value consists of by name, or None if it is one value."""
    if isinstance(value, (type, str, bytes, Enum)):
        return None
    for read in (_of_container, _of_method, _of_fields):
        found = read(value)
        if found is not None:
            return found
    return None


def _of_container(value: object) -> Mapping[Any, Any] | None:
    match value:
        case Namespace() | SimpleNamespace():
            return vars(value)
        case Mapping() if type(value).__module__.startswith("omegaconf"):
            return _of_omegaconf(value)
        case Mapping():
            return value
        case _:
            return None


def _of_omegaconf(value: object) -> Mapping[Any, Any]:
    omegaconf: Any = sys.modules["omegaconf"]
    try:
        plain: Mapping[Any, Any] = omegaconf.OmegaConf.to_container(value, resolve=True)
    except omegaconf.errors.OmegaConfBaseException:
        # A reference leads nowhere: references are kept as they are written.
        plain = omegaconf.OmegaConf.to_container(value, resolve=False)
    return plain


def _of_method(value: object) -> Mapping[Any, Any] | None:
    """Read what has a method for it, before its fields: Hugging Face's hides access tokens in it."""
    if hasattr(value, "__array__"):  # arrays and tables have a `to_dict` too
        return None
    for name in ("to_dict", "model_dump", "get_params"):
        method: Callable[[], object] | None = getattr(value, name, None)
        found = method() if callable(method) else None
        if isinstance(found, Mapping):
            return _of_estimator(found) if name == "get_params" else found
    return None


def _of_estimator(parameters: Mapping[Any, Any]) -> Mapping[str, Any]:
    """Write the path of a nested estimator's parameter, `clf__C` in scikit-learn, as everywhere else.

    The nested estimator is a parameter too, beside its own: of it only the class is kept.
    """
    return {
        str(key).replace("__", "."): type(item) if hasattr(item, "get_params") else item
        for key, item in parameters.items()
    }


def _of_fields(value: object) -> Mapping[Any, Any] | None:
    kind: Any = type(value)
    if is_dataclass(value):
        names = [field.name for field in fields(value)]
    elif hasattr(kind, "__attrs_attrs__"):
        names = [attribute.name for attribute in kind.__attrs_attrs__]
    elif hasattr(kind, "__struct_fields__"):
        names = list(kind.__struct_fields__)
    else:
        return None
    return {name: getattr(value, name, None) for name in names}


def _attributes(value: object) -> Mapping[str, Any] | None:
    if isinstance(value, (type, FunctionType)) or not getattr(value, "__dict__", None):
        return None
    return {name: item for name, item in vars(value).items() if not name.startswith("_")}


def _json_value(value: object, *, depth: int) -> Any:
    match value:
        case None | bool():
            return value
        case Enum():
            return _json_value(value.value, depth=depth + 1)
        case str():
            return _utf8(value)
        case int():
            return int(value) if abs(value) <= _INT_MAX else _text(value)
        case float():
            return float(value) if math.isfinite(value) else str(float(value))
        case list() | tuple() | set() | frozenset() if depth < DEPTH_MAX:
            items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
            return [_json_value(item, depth=depth + 1) for item in items]
        case Mapping() if depth < DEPTH_MAX:
            # Empty, or inside a list, where names have no path.
            return {_utf8(key): _json_value(item, depth=depth + 1) for key, item in value.items()}
        case PathLike():
            path = fspath(value)
            return path if isinstance(path, str) else _text(path)
        case _:
            return _other_value(value, depth=depth)


def _other_value(value: object, *, depth: int) -> Any:
    if isinstance(value, type) or hasattr(value, "__qualname__"):
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
    shape = getattr(value, "shape", None)
    to_list = getattr(value, "tolist", None)
    if shape is None or not callable(to_list) or depth >= DEPTH_MAX:
        return _text(value)
    if math.prod(shape) > ARRAY_VALUES_MAX:
        return f"{type(value).__name__} of shape {tuple(shape)} and type {getattr(value, 'dtype', 'unknown')}"
    plain = to_list()
    # An array of objects gives back its objects.
    return _text(value) if type(plain) is type(value) else _json_value(plain, depth=depth + 1)


def _utf8(text: object) -> str:
    """Return text that has a UTF-8: half of a surrogate pair has none."""
    return str(text).encode(errors="replace").decode()


def _bounded(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= VALUE_JSON_BYTES_MAX and len(text.encode()) <= VALUE_JSON_BYTES_MAX:
        return value
    return f"{text[:TEXT_CHARS_MAX]}… ({len(text):,} characters)"


def _text(value: object) -> str:
    return _ADDRESS.sub("", _utf8(_repr.repr(value)))
