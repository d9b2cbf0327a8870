"""The parts of one file, several at once, each to its signed link."""

from collections.abc import Iterator

from modelbox.errors import ModelBoxError
from modelbox.limits import PARTS_OF_A_FILE_AT_ONCE
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.content import Content
from modelbox.transfer.progress import Listener, Tally
from modelbox.transfer.retry_budget import RetryBudget
from modelbox.transfer.routes import Routes
from modelbox.transfer.together import together


def send_parts(routes: Routes, parts: list[pb.SignedPart], content: Content, listener: Listener) -> None:
    """Send the parts that the server asks for.

    Raises:
        LinkRefusedError: A link is not taken; begin again for fresh ones.
        LinkUnreachableError: The store cannot be reached from here.
        UnavailableError: The store did not answer for as long as one call may take.
    """
    there = content.size - sum(part.size for part in parts)
    tally = listener.tally(str(content.path), content.size, done=there)
    tally.add(0)  # what is there already is told also when nothing is missing
    stopped: list[bool] = []

    def send(part: pb.SignedPart) -> None:
        with routes.parts:
            if not stopped:
                _send(routes, part, content, tally)

    together(send, parts, at_once=PARTS_OF_A_FILE_AT_ONCE, stop=lambda: stopped.append(True))


def _send(routes: Routes, part: pb.SignedPart, content: Content, tally: Tally) -> None:
    budget = RetryBudget(routes.connection.timeout_s, refused_s=routes.connection.refused_s)
    while True:
        sent = _Sent(tally)
        try:
            routes.links.put(part.url, sent.counted(content.chunks(part.offset, part.size)), part.size)
            return
        except ModelBoxError as error:
            if not budget.pause(error):
                raise
            tally.add(-sent.size)


class _Sent:
    """What one try has sent."""

    def __init__(self, tally: Tally) -> None:
        self.size = 0
        self._tally = tally

    def counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            yield chunk
            self.size += len(chunk)
            self._tally.add(len(chunk))
