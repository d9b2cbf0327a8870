"""Runs by what people have of them: the id, its first digits, or the name.

Names of runs are not unique: one that several have is answered with what tells them apart.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Final

from modelbox.errors import InvalidFieldError, NotFoundError
from modelbox.fields import NOT_BY_NAME, check_text, is_id
from modelbox.objects import selection
from modelbox.proto import modelstore_pb2 as pb
from modelbox.runs import RUNS, Run
from modelbox.sending import ask
from modelbox.session import Session
from modelbox.transport import methods

_BEGINNING: Final = re.compile(r"[0-9a-f][0-9a-f-]{3,35}", re.IGNORECASE)
_CANDIDATES_MAX: Final = 10
_COMPARED_MAX: Final = 100
_NEAREST_MAX: Final = 3


def found_run(session: Session, text: str, *, where: str, namespace: str = "", experiment_id: str = "") -> Run:
    """Return the run of an id, of an id's first digits, or of a name; a deleted one only if no other has the name.

    Args:
        text: One of these.
        where: What errors call the place that names are looked for in.
        namespace: Look for names there,
        experiment_id: or in this experiment.

    Raises:
        NotFoundError: There is none.
        InvalidFieldError: Several have that name, or ids that begin so.
    """
    if is_id(check_text("id", text)):
        return RUNS.read(session, pb.GetRunRequest(id=text))
    if _BEGINNING.fullmatch(text) and (found_id := _beginning_so(session, text)):
        return RUNS.read(session, pb.GetRunRequest(id=found_id))
    scope: Any = {"experiment_id": experiment_id} if experiment_id else {"namespace": namespace}
    of_name = 'name = "{}"'.format(text.replace('"', '""'))
    for is_deleted in (False, True):
        selected = selection(filter=of_name, order_by="", include_deleted=is_deleted)
        runs = RUNS.read_all(session, pb.ListRunsRequest(**scope, **selected), limit=_CANDIDATES_MAX + 1)
        if len(runs) == 1:
            return runs[0]
        if runs:
            raise InvalidFieldError.of("id", _several(session, text, runs, where))
    there_are = RUNS.read_all(session, pb.ListRunsRequest(**scope), limit=_COMPARED_MAX)
    near = get_close_matches(text, dict.fromkeys(run.name for run in there_are), n=_NEAREST_MAX)
    remedy = f"the nearest: {', '.join(map(repr, near))}" if near else NOT_BY_NAME.format("runs")
    raise NotFoundError(f"id: {text[:80]!r} is neither a run's id nor the name of one in {where}; {remedy}", field="id")


def _beginning_so(session: Session, text: str) -> str:
    """Return the id of the one run whose id begins so, empty if there is none."""
    objects = ask(session, methods.FIND_OBJECTS, pb.FindObjectsRequest(id_prefix=text)).objects
    runs = [one for one in objects if one.type == "run"]
    if len(runs) > 1:
        candidates = "; ".join(f"{one.id} (run {one.name})" for one in runs)
        raise InvalidFieldError.of("id", f"several begin with {text!r}, give more of it: {candidates}")
    return runs[0].id if runs else ""


def _several(session: Session, text: str, runs: Sequence[Run], where: str) -> str:
    """Say which runs have a name, each with what tells it from the others."""
    parents = {run.parent_id for run in runs if run.parent_id}
    names = {parent: RUNS.read(session, pb.GetRunRequest(id=parent)).name for parent in parents}
    told = [
        f"{run.id} ({run.status.name.lower()}, began {run.started_at:%Y-%m-%d %H:%M:%S} UTC"
        f"{f', of {names[run.parent_id]}' if run.parent_id else ''})"
        for run in runs[:_CANDIDATES_MAX]
    ]
    more = " and others" if len(runs) > _CANDIDATES_MAX else ""
    remedy = f"give the id of one, or its first digits: {', '.join(told)}{more}"
    return f"several runs in {where} are named {text[:80]!r}; {remedy}"
