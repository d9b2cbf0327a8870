"""How calls reach the server, in the order in which they were made."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from modelbox.delivery.order import named_in
from modelbox.errors import FlushTimeoutError, OverloadedError, UnavailableError
from modelbox.session import Session
from modelbox.transport import methods
from modelbox.transport.methods import Method, RequestT, ResponseT

_REMEDY: Final = "make the call again when the server is there: it is not kept, as what is logged is"

_DONE: Final[Mapping[str, str]] = {
    "Create": "created",
    "Delete": "deleted",
    "Link": "linked",
    "Promote": "promoted",
    "Remove": "removed",
    "Restore": "restored",
    "Set": "set",
    "Track": "tracked",
    "Update": "changed",
}
"""What a call does, by the first word of its name."""

_NEEDS_FILES: Final = frozenset({methods.LIST_ARTIFACTS.name, methods.PROMOTE_CHECKPOINT.name})
"""Calls that are wrong without the files of the object that they name."""

_OF_FILES: Final = _NEEDS_FILES | {methods.LIST_CHECKPOINTS.name, methods.GET_CHECKPOINT.name}
"""Calls that tell of objects which are not whole without their files."""

_WORKED_WITH: Final = ("id", "parent_id", "run_id", "checkpoint_id")
"""Fields that name an object which a program works with, and not only one that it is part of."""


def deliver(session: Session, method: Method[RequestT, ResponseT], request: RequestT) -> None:
    """Send a call whose answer nobody waits for; see `Session.deliver`."""
    session.deliver(method, request)


def ask(session: Session, method: Method[RequestT, ResponseT], request: RequestT) -> ResponseT:
    """Call after everything that this client logged before has been answered, so that the answer shows it.

    So it does with what processes of this machine that ended left on the objects that are named; files among it are
    waited for where the answer tells of files.

    Raises:
        UnavailableError: The server did not answer in time; it says what was not done.
        ModelBoxError: The server refused.
    """
    if not method.writes:
        with not_done("nothing was read", remedy="read again later"):
            _settle(session, method, request)
        return session.connection.call(method, request)
    with not_done(_what(method.name), remedy=_REMEDY):
        _settle(session, method, request)
        return session.connection.call(method, request)


def _settle(session: Session, method: Method[RequestT, ResponseT], request: RequestT) -> None:
    session.settle()
    for name in _WORKED_WITH:
        session.left.note(getattr(request, name, ""))
    session.left.settle(
        named_in(request),
        timeout_s=session.connection.timeout_s,
        with_files=method.name in _OF_FILES,
        needs_files=method.name in _NEEDS_FILES,
    )


@contextmanager
def not_done(what: str, *, remedy: str) -> Iterator[None]:
    """Say what was not done, where it fails because the server is away, and what helps.

    Raises:
        UnavailableError: The server is away, also where only what was logged before was waited for.
    """
    try:
        yield
    except OverloadedError:
        raise  # it is there, and says what to do
    except UnavailableError as error:
        cause = error.cause if isinstance(error, FlushTimeoutError) and error.cause is not None else error
        told = UnavailableError(f"{what}: {cause}; {remedy}", reason=cause.reason, field=cause.field)
        raise told from None


def _what(name: str) -> str:
    verb, *noun = re.findall("[A-Z][a-z]+", name)
    done = _DONE.get(verb)
    return f"{name} was not done" if done is None else f"{' '.join(noun).lower()} not {done}"


def create(session: Session, method: Method[RequestT, ResponseT], request: RequestT) -> ResponseT | None:
    """Create an object whose id is known without the server; without it for `OFFLINE_AFTER_S` it is created later.

    Returns:
        The server's answer; None if it is away.

    Raises:
        ModelBoxError: The server refused.
    """
    session.left.note(getattr(request, "id", ""))
    return session.create(method, request)
