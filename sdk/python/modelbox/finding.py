"""Objects by what people have of them: the id, its first digits, or the name.

Names need not be unique: one that several have is answered with what tells them apart.

Must not know: any kind of object.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from modelbox.errors import InvalidFieldError, NotFoundError
from modelbox.fields import NOT_BY_NAME, check_text, is_id
from modelbox.objects import Kind, ObjectT
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sending import ask
from modelbox.session import Session
from modelbox.transport import methods

CANDIDATES_MAX: Final = 10
"""So many of those that have one name are told."""

_BEGINNING: Final = re.compile(r"[0-9a-f][0-9a-f-]{3,35}", re.IGNORECASE)
_COMPARED_MAX: Final = 100
_NEAREST_MAX: Final = 3


def key_of(session: Session, which: str, *, namespace: str, name: str) -> dict[str, str]:
    """Return the fields of a request that names an object by its id, or by its name and namespace.

    Args:
        session: Whose own namespace counts where none is given.
        which: The id or the name: what is no UUID is a name.
        namespace: Where the name is looked for.
        name: A name that looks like a UUID, or any other.

    Raises:
        InvalidFieldError: It names neither, or both.
    """
    if bool(which) == bool(name):
        raise InvalidFieldError.of(
            "id", "give either an id or a name, as the first argument; a name with its namespace"
        )
    if which and not is_id(check_text("id", which)):
        which, name = "", which
    if which and namespace:
        raise InvalidFieldError.of("namespace", "an id needs no namespace; leave it out, or give a name in place of it")
    return {"id": which} if which else {"namespace": session.within(namespace), "name": check_text("name", name)}


def found(
    kind: Kind[ObjectT],
    session: Session,
    text: str,
    *,
    where: str,
    apart: Callable[[Sequence[ObjectT]], Sequence[str]],
    scope: Mapping[str, str],
) -> ObjectT:
    """Return the object of an id, of an id's first digits, or of a name; a deleted one only if no other has the name.

    Args:
        text: One of these.
        where: What errors call the place that names are looked for in.
        apart: Returns of each of several objects with one name what tells it from the others.
        scope: Fields of a request for a list that say where names are looked for.

    Raises:
        NotFoundError: There is none.
        InvalidFieldError: Several have that name, or ids that begin so.
    """
    if is_id(check_text("id", text)):
        return kind.read_id(session, text)
    if _BEGINNING.fullmatch(text) and (found_id := _beginning_so(kind, session, text)):
        return kind.read_id(session, found_id)
    of_name = 'name = "{}"'.format(text.replace('"', '""'))
    for is_deleted in (False, True):
        which = {"filter": of_name, "include_deleted": is_deleted, "limit": CANDIDATES_MAX + 1}
        named = kind.listed(session, which, scope)
        if len(named) == 1:
            return named[0]
        if named:
            told, more = apart(named[:CANDIDATES_MAX]), " and others" if len(named) > CANDIDATES_MAX else ""
            remedy = f"give the id of one, or its first digits: {', '.join(told)}{more}"
            several = f"several {kind.name}s in {where} are named {text[:80]!r}"
            raise InvalidFieldError.of("id", f"{several}; {remedy}")
    raise _unfound(kind, text, where, kind.listed(session, {"limit": _COMPARED_MAX}, scope))


def _unfound(kind: Kind[Any], text: str, where: str, there_are: Sequence[Any]) -> NotFoundError:
    near = get_close_matches(text, dict.fromkeys(one.name for one in there_are), n=_NEAREST_MAX)
    newest = list(dict.fromkeys(one.name for one in there_are))[:_NEAREST_MAX]
    remedy = f"the newest: {', '.join(map(repr, newest))}" if newest else NOT_BY_NAME.format(f"{kind.name}s")
    remedy = f"the nearest: {', '.join(map(repr, near))}" if near else remedy
    problem = f"{text[:80]!r} is neither a {kind.name}'s id nor the name of one in {where}"
    return NotFoundError(f"id: {problem}; {remedy}", field="id")


def _beginning_so(kind: Kind[Any], session: Session, text: str) -> str:
    """Return the id of the one object of a kind whose id begins so, empty if there is none."""
    objects = ask(session, methods.FIND_OBJECTS, pb.FindObjectsRequest(id_prefix=text)).objects
    of_kind = [one for one in objects if one.type == kind.name]
    if len(of_kind) > 1:
        candidates = "; ".join(f"{one.id} ({one.type} {one.name})" for one in of_kind)
        raise InvalidFieldError.of("id", f"several begin with {text!r}, give more of it: {candidates}")
    return of_kind[0].id if of_kind else ""
