"""What the doors stand on: built once by the composition root, handed to every call."""

from typing import NamedTuple

from modelbox_events import Log
from modelbox_gateway.blobs import Blobs
from modelbox_projections import Cursors, Views


class Services(NamedTuple):
    """The log, the views that are read from it, how far they have come, and the uploaded bytes."""

    log: Log
    views: Views
    cursors: Cursors
    blobs: Blobs
