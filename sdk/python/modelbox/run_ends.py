"""How a run is taken care of by the process that began or resumed it, and how it ends with the program.

Must not know: runs, but by their ids.
"""

import logging
from functools import partial
from time import time
from typing import Final

from modelbox.capture.resources import stop_resources
from modelbox.errors import ModelBoxError
from modelbox.foreign import utf8
from modelbox.limits import REASON_CHARS_MAX
from modelbox.open_runs import Outcome, let_go
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sending import deliver
from modelbox.session import Session
from modelbox.transport import methods
from modelbox.wire import timestamp_of

_log: Final = logging.getLogger("modelbox")


def own(session: Session, run_id: str, *, experiment_id: str = "", name: str = "") -> None:
    """Say that a run is alive until it ends, at the latest with this program."""
    session.heartbeat.start(run_id)
    session.open_runs.begin(run_id, partial(_end_with_program, session, run_id), experiment_id=experiment_id, name=name)


def disown(session: Session, run_id: str) -> None:
    """Let a run go that somebody ends."""
    let_go(run_id)
    session.heartbeat.stop(run_id)
    stop_resources(run_id)


def reason_text(reason: object) -> str:
    """Return why a run ended, as it can be sent.

    It is mostly an error's message, which may be anything; what is wrong with it must not hide the end itself.
    """
    return utf8(reason).replace("\0", "\ufffd")[:REASON_CHARS_MAX]


def _end_with_program(session: Session, run_id: str, outcome: Outcome) -> None:
    """End a run that nobody has ended; whoever knows its id may resume it."""
    disown(session, run_id)
    status, reason = outcome
    request = pb.SetRunStatusRequest(
        id=run_id, status=status.name, at=timestamp_of(time()), reason=reason_text(reason), at_exit=True
    )
    try:
        deliver(session, methods.SET_RUN_STATUS, request)
    except ModelBoxError as error:
        # The program ends, whatever the server says.
        _log.warning("run %s was not ended: %s", run_id, error)
