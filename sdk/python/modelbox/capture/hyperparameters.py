"""Hyperparameters of any shape as flat names with JSON values.

Objects of frameworks are told by their methods; none is imported.
"""

import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import FunctionType, SimpleNamespace
from typing import Any, Final

from modelbox.capture.plain import DEPTH_MAX, PlainValues, free_name
from modelbox.errors import InvalidFieldError
from modelbox.foreign import asked, attribute_of, items_of, utf8
from modelbox.limits import NAME_CHARS_MAX
from modelbox.oddities import STRICT, Oddities, clean_name

FLAT_MAX: Final = 10_000
"""Hyperparameters of one object; those beyond are left out."""


def flatten(hyperparameters: object, oddities: Oddities = STRICT) -> dict[str, Any]:
    """Return hyperparameters by name, what is nested with its path: `{"optimizer": {"lr": 1}}` as `optimizer.lr`.

    Taken are dicts, argparse namespaces, dataclasses, objects of attrs, msgspec and pydantic, estimators of
    scikit-learn and whatever else has `get_params`, configurations of Hugging Face, Lightning and OmegaConf, and of
    any other object its public attributes. A value is JSON; what JSON does not know is kept as text, without the
    addresses that would differ from run to run, abbreviated to `TEXT_CHARS_MAX`.

    Args:
        oddities: What to do with what breaks a rule; it is refused, unless given. Names are cleaned, of two values
            of one name the second is numbered, and what is abbreviated is told.

    Raises:
        InvalidFieldError: It has no names, or a name breaks a rule, or two values come to have the same; where strict.
    """
    members = _members(hyperparameters)
    if members is None:
        members = _attributes(hyperparameters)
    if members is None:
        kind = type(hyperparameters).__name__
        problem = f"needs a dict or an object with attributes, not {kind}"
        oddities.note("no hyperparameters", InvalidFieldError.of("hyperparameters", problem), left_out=1)
        return {}
    flat = _Flat(oddities)
    flat.add("", members, depth=0)
    return flat.values


class _Flat:
    """Values by their whole names, as they are found."""

    def __init__(self, oddities: Oddities) -> None:
        self.values: dict[str, Any] = {}
        self._oddities = oddities
        self._plain = PlainValues(oddities)

    def add(self, prefix: str, members: Mapping[Any, Any], *, depth: int) -> None:
        """Add members of one object, and theirs."""
        for key, value in items_of(members):
            name = f"{prefix}{utf8(key)}"
            if len(self.values) >= FLAT_MAX:
                problem = f"has more than {FLAT_MAX:,} values; {name[:80]!r} is one of the others"
                self._oddities.note("too many values", InvalidFieldError.of("hyperparameters", problem), left_out=1)
                return
            nested = _members(value) if depth < DEPTH_MAX else None
            if nested:
                self.add(f"{name}.", nested, depth=depth + 1)
                continue
            taken = self._free(self._oddities.name("hyperparameters key", name))
            self.values[taken] = self._plain.of(f"hyperparameters[{taken[:80]!r}]", value, depth=depth)

    def _free(self, name: str) -> str:
        free = free_name(name, self.values)
        if free != name:
            error = InvalidFieldError.of("hyperparameters", f"two values have the name {name[:80]!r}")
            self._oddities.note("equal names", error, f"one of them is kept as {free[:80]!r}")
        return free if len(free) <= NAME_CHARS_MAX else self._free(clean_name(free))


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
    if asked(lambda: hasattr(value, "__array__"), otherwise=False):  # arrays and tables have a `to_dict` too
        return None
    for name in ("to_dict", "model_dump", "get_params"):
        method: Callable[[], object] | None = attribute_of(value, name)
        found = asked(method, None) if callable(method) else None
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
    return {name: attribute_of(value, name) for name in names}


def _attributes(value: object) -> Mapping[str, Any] | None:
    if isinstance(value, (type, FunctionType)) or not attribute_of(value, "__dict__"):
        return None
    return {name: item for name, item in vars(value).items() if not name.startswith("_")}
