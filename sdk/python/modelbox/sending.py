"""How calls reach the server, in the order in which they were made.

Must not know: what the calls say.
"""

from modelbox.session import Session
from modelbox.transport.methods import Method, RequestT, ResponseT


def deliver(session: Session, method: Method[RequestT, ResponseT], request: RequestT) -> None:
    """Send a call whose answer nobody waits for; see `Session.deliver`."""
    session.deliver(method, request)


def ask(session: Session, method: Method[RequestT, ResponseT], request: RequestT) -> ResponseT:
    """Call after everything that this client logged before has been answered, so that the answer shows it.

    Raises:
        ModelBoxError: The server refused, or did not answer in time.
    """
    session.settle()
    return session.connection.call(method, request)


def create(session: Session, method: Method[RequestT, ResponseT], request: RequestT) -> ResponseT | None:
    """Create an object whose id is known without the server; without it for `OFFLINE_AFTER_S` it is created later.

    Returns:
        The server's answer; None if it is away.

    Raises:
        ModelBoxError: The server refused.
    """
    return session.create(method, request)
