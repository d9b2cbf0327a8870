"""How a command line names an object: by its id, the beginning of its id, or its name.

Must not know: any command.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final
from uuid import UUID

import click

from modelbox.client import ModelBox
from modelbox.errors import NotFoundError
from modelbox.finding import key_of
from modelbox.kinds.experiment import EXPERIMENTS
from modelbox.listed import Listed
from modelbox.objects import Kind, ObjectT
from modelbox.registry import KINDS
from modelbox.session import Session

_BEGINNING: Final = re.compile(r"[0-9a-f][0-9a-f-]{3,35}", re.IGNORECASE)
_COMPARED_MAX: Final = 100
_NEAREST_MAX: Final = 3
_CANDIDATES_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class GivenId:
    """What stands where an id is asked for, and of what kind the object is."""

    text: str
    kind: str

    def __bool__(self) -> bool:
        return bool(self.text)


class Id(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions of click alone
    """An id, its beginning or, of what has one, the name; `with_client` turns it into the id."""

    name = "id"

    def __init__(self, kind: str) -> None:
        """Take ids of objects of a kind."""
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ARG002  # click's names
        """Keep it until there is a client."""
        return GivenId(value, self._kind) if isinstance(value, str) else value


def resolved(client: ModelBox, given: Any, *, namespace: str = "") -> Any:
    """Return an argument with the ids in it whole."""
    match given:
        case GivenId(text="", kind=_):
            return ""
        case GivenId(text, kind) if kind not in KINDS:
            return whole_id(client, text, kind=kind)
        case GivenId(text, kind):
            return find_id(client, text, (kind,), namespace=namespace)
        case tuple():
            return tuple(resolved(client, one, namespace=namespace) for one in given)
        case _:
            return given


def whole_id(client: ModelBox, text: str, *, kind: str = "") -> str:
    """Return the id that begins with a text; a text that is whole, or none of an id, as it is.

    Raises:
        click.ClickException: No id begins so, or several do.
    """
    if not _is_beginning(text):
        return text
    found = _beginning_so(client, text, (kind,))
    if found is None:
        raise click.ClickException(f"id: there is no {kind} whose id begins with {text!r}")
    return found


def find_id(client: ModelBox, text: str, kinds: Sequence[str], *, experiment: str = "", namespace: str = "") -> str:
    """Return the id of the object of one of these kinds that an id, its beginning or a name stands for.

    Args:
        experiment: Look for a run of that name in this experiment only.
        namespace: Look for names there; in the client's own, unless given.

    Raises:
        click.ClickException: There is none, or there are several.
    """
    if is_id(text):
        return text
    if kinds == ("run",):
        of = find_named(client, EXPERIMENTS, experiment, namespace) if experiment else None
        return (client.run(text, namespace=namespace) if of is None else of.run(text)).id
    if _is_beginning(text) and (found := _beginning_so(client, text, kinds)) is not None:
        return found
    where = f"experiment {experiment!r}" if experiment else f"namespace {namespace or client.namespace!r}"
    named = _named_so(client, text, kinds, experiment=experiment, namespace=namespace)
    match named:
        case [(_, one_id)]:
            return one_id
        case []:
            near = _nearest(client, text, kinds, experiment=experiment, namespace=namespace)
            raise click.ClickException(f"{_nothing(text, kinds, where)}{near}")
        case _:
            ids = ", ".join(
                f"{one_id} ({kind})" if len(kinds) > 1 else one_id for kind, one_id in named[:_CANDIDATES_MAX]
            )
            more = " and others" if len(named) > _CANDIDATES_MAX else ""
            several = f"{kinds[0]}s" if len(kinds) == 1 else "objects"
            raise click.ClickException(f"id: several {several} in {where} are named {text[:80]!r}: {ids}{more}")


def kind_of(client: ModelBox, text: str) -> str:
    """Return the kind of the object that an id or its beginning stands for; empty where it stands for none."""
    if not (is_id(text) or _is_beginning(text)):
        return ""
    kinds = {one.type for one in client.find_objects(text)}
    return kinds.pop() if len(kinds) == 1 else ""


def _nothing(text: str, kinds: Sequence[str], where: str) -> str:
    nouns = [kind.replace("_", " ") for kind in kinds]
    named = [kind for kind in kinds if KINDS[kind].is_named]
    if _is_beginning(text):
        noun = nouns[0] if len(nouns) == 1 else "object"
        by_name = f", nor is one named so in {where}" if named else ""
        return f"id: there is no {noun} whose id begins with {text!r}{by_name}"
    if not named:
        return f"id: {text[:80]!r} is not an id of a {nouns[0]}, nor the beginning of one"
    if len(kinds) == 1:
        return f"id: {text[:80]!r} is neither a {nouns[0]}'s id nor the name of one in {where}"
    return f"id: {text[:80]!r} is neither an id nor the name of any {', '.join(named[:-1])} or {named[-1]} in {where}"


def _named_so(
    client: ModelBox, text: str, kinds: Sequence[str], *, experiment: str, namespace: str
) -> list[tuple[str, str]]:
    """Return kinds and ids of what is named so: of what is deleted only where nothing else is."""
    of_name = 'name = "{}"'.format(text.replace('"', '""'))
    for is_deleted in (False, True):
        which: Any = {"filter": of_name, "include_deleted": is_deleted, "limit": _CANDIDATES_MAX + 1}
        if experiment:
            runs = find_named(client, EXPERIMENTS, experiment, namespace).runs(**which) if "run" in kinds else []
            found = [("run", one.id) for one in runs]
        else:
            named = [kind for kind in kinds if KINDS[kind].is_named]
            found = [(kind, one.id) for kind in named for one in listed(client, KINDS[kind], namespace, which)]
        if found:
            return found
    return []


def _nearest(client: ModelBox, text: str, kinds: Sequence[str], *, experiment: str, namespace: str) -> str:
    """Return what says which names are like this one, of what is deleted too; nothing if none is."""
    if experiment:
        return ""
    which: Any = {"include_deleted": True, "limit": _COMPARED_MAX}
    named = [KINDS[kind] for kind in kinds if KINDS[kind].is_named]
    names = dict.fromkeys(one.name for kind in named for one in listed(client, kind, namespace, which))
    near = get_close_matches(text, names, n=_NEAREST_MAX)
    return f"; the nearest: {', '.join(map(repr, near))}" if near else ""


def find_named(client: ModelBox, kind: Kind[ObjectT], text: str, namespace: str) -> ObjectT:
    """Return the object of an id, of the beginning of one, or of a name that the namespace has once."""
    if not text:
        raise click.UsageError(f"--{kind.name} is missing: give its id or its name")
    if is_id(text):
        return read_id(client, kind, text)
    session = _session(client)
    try:
        return kind.read(session, kind.get.request(**key_of(session, "", namespace=namespace, name=text)))
    except NotFoundError:
        if not _is_beginning(text) or (found := _beginning_so(client, text, (kind.name,))) is None:
            raise
    return read_id(client, kind, found)


def read_id(client: ModelBox, kind: Kind[ObjectT], object_id: str) -> ObjectT:
    """Return the object of a kind with this id."""
    return kind.read_id(_session(client), object_id)


def listed(client: ModelBox, kind: Kind[ObjectT], namespace: str, which: Mapping[str, Any]) -> Listed[ObjectT]:
    """Return the objects of a kind that a namespace has, the client's own unless it is named."""
    session = _session(client)
    return kind.listed(session, which, {"namespace": session.within(namespace)})


def _session(client: ModelBox) -> Session:
    return client._session  # noqa: SLF001  # the command line is the client's own


def _beginning_so(client: ModelBox, text: str, kinds: Sequence[str]) -> str | None:
    """Return the one id of these kinds that begins so, None if there is none.

    Raises:
        click.ClickException: Several begin so.
    """
    found = [one for one in client.find_objects(text) if one.type in kinds]
    if len(found) <= 1:
        return found[0].id if found else None
    candidates = "; ".join(f"{one.id} ({one.type} {one.name})" for one in found)
    raise click.ClickException(f"id: several begin with {text!r}, give more of it: {candidates}")


def _is_beginning(text: str) -> bool:
    return _BEGINNING.fullmatch(text) is not None and not is_id(text)


def is_id(text: str) -> bool:
    """Tell whether a text is a whole id."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
