"""Objects of any kind, made with what the client has for it: what a kind is like, its own files say, and no list here.

Must not know: any kind.
"""

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, get_args

from modelbox import ModelBox
from modelbox.listed import Listed
from modelbox.registry import KINDS
from modelbox_events.registry import REGISTRY
from modelbox_gateway.rules.kinds import rules_of

WHOLES: Final = sorted(kind for kind in REGISTRY.kinds if not rules_of(kind).is_part)
"""The kinds of which a client reads, changes and deletes objects."""

PARTS: Final = sorted(kind for kind in REGISTRY.kinds if rules_of(kind).is_part)
"""The kinds whose objects belong to another one and stay as they are."""

LABELS: Final = {"kept": "1"}
"""The labels that an object is made with."""


class Made(NamedTuple):
    """An object, the one that made it or has it, if that is not the client, and the ids of those it was made with."""

    object: Any
    owner: Any | None
    made_with: Sequence[str] = ()

    @property
    def id(self) -> str:
        """The object's id."""
        return str(self.object.id)


def owner_of(kind: str) -> str:
    """Return the kind of the objects that make those of a kind, empty where the client does."""
    call = f"new_{kind}"
    if hasattr(ModelBox, call):
        return ""
    return next(name for name, of in KINDS.items() if hasattr(of._of, call))


def make(client: ModelBox, kind: str, name: str = "one") -> Made:
    """Make an object of a kind, after those that it needs."""
    if kind in PARTS:
        [first, *_] = KINDS
        owner = make(client, first, name).object
        return Made(owner.track_artifacts(f"s3://bucket/{name}")[0], owner)
    of = owner_of(kind)
    owner = make(client, of, name).object if of else None
    given = {used: make(client, used, name).id for used in _parameters(owner or client, kind) if used in KINDS}
    return Made(make_by(owner or client, kind, name, **given), owner, tuple(given.values()))


def make_by(maker: Any, kind: str, name: str, **given: str) -> Any:
    """Have a client or an object make one of a kind.

    What tells an object from others of its kind comes first: a name, a version, an epoch. Whatever else must be said of
    one is made of the name too.
    """
    first, *others = _parameters(maker, kind).values()
    needed = {one.name: _said(one, name) for one in others if _is_needed(one) and one.name not in given}
    return getattr(maker, f"new_{kind}")(_said(first, name), labels=LABELS, **given, **needed)


def _is_needed(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD


def _said(parameter: inspect.Parameter, name: str) -> str | int:
    is_text = str in (parameter.annotation, *get_args(parameter.annotation))
    return name if is_text else sum(name.encode())


def _parameters(maker: Any, kind: str) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(getattr(maker, f"new_{kind}")).parameters


def is_made_later(kind: str) -> bool:
    """Tell whether the client says that it makes objects of a kind also while the server is away."""
    of = owner_of(kind)
    call = getattr(KINDS[of]._of if of else ModelBox, f"new_{kind}")
    return "While the server is away" in " ".join((inspect.getdoc(call) or "").split())


def read(client: ModelBox, kind: str, object_id: str) -> Any:
    """Read an object of a kind by its id."""
    return KINDS[kind].read_id(client._session, object_id)


def listed(client: ModelBox, kind: str, made: Made, **which: Any) -> Listed[Any]:
    """Read the objects of a kind that stand where one was made: in its namespace, or in what made it."""
    return listed_in(client, kind, where_of(kind, made), **which)


def listed_in(client: ModelBox, kind: str, where: Mapping[str, str], **which: Any) -> Listed[Any]:
    """Read the objects of a kind that stand where fields of a request for a list say."""
    return KINDS[kind].listed(client._session, which, where)


def where_of(kind: str, made: Made) -> dict[str, str]:
    """Return the fields of a request for a list that say where an object is."""
    fields, of = KINDS[kind].list.request.DESCRIPTOR.fields_by_name, owner_of(kind)
    if "namespace" in fields:
        return {"namespace": made.object.namespace}
    return {name: made.owner.id for name in (of, f"{of}_id") if name in fields and made.owner is not None}


def said_of(made: Any) -> dict[str, Any]:
    """Return what an object says of itself, but for its times: some of them only the server knows."""
    values = {field.name: getattr(made, field.name) for field in dataclasses.fields(made) if field.compare}
    return {name: value for name, value in values.items() if not name.endswith("_at")}
