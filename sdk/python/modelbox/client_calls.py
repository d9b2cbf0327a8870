"""What a client does with objects: of each kind in its file of `kinds/`, gathered in `ModelBox`.

Must not know: any kind of object.
"""

from modelbox.session import Session


class ClientCalls:
    """Calls of a client about objects of one kind."""

    _session: Session
