"""What the objects of every kind can: be logged on, have files and a lineage, be changed and deleted.

Must not know: any kind of object.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from modelbox.errors import InvalidFieldError
from modelbox.fields import check_id, check_labels, check_step, check_text, check_time
from modelbox.lineage import Direction, Lineage, lineage_of
from modelbox.logged import Logged
from modelbox.logged_files import LogsFiles
from modelbox.object_files import HasArtifacts
from modelbox.other_words import takes
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sending import ask
from modelbox.session import Session
from modelbox.transport import methods
from modelbox.values import HistoryEntry, Labels
from modelbox.wire import all_pages, history_entry_of, time_of, timestamp_of

_log: Final = logging.getLogger("modelbox")


class LoggedObject(Logged, LogsFiles, HasArtifacts):
    """An object that can be logged on, has files and a lineage, and can be changed and deleted."""

    __slots__ = ()

    id: str
    _session: Session

    def link(self, other: "LoggedObject | str", relation: str = "", *, downstream: bool = False) -> None:
        """Record that this object was made with another, such as a model version with a dataset.

        Args:
            other: The object or its id.
            relation: How it was used, such as "evaluation".
            downstream: The other way round: the other object was made with this one.

        Raises:
            NotFoundError: There is no such object.
        """
        theirs = asked_id_of("other", other)
        from_id, to_id = (self.id, theirs) if downstream else (theirs, self.id)
        request = pb.LinkLineageRequest(from_id=from_id, to_id=to_id, relation=check_text("relation", relation))
        ask(self._session, methods.LINK_LINEAGE, request)

    def lineage(self, direction: Direction | str = Direction.BOTH, *, depth: int = 0) -> Lineage:
        """Return what this object was made with, and what was made with it.

        Args:
            direction: "upstream" for the first alone, "downstream" for the second, "both".
            depth: At most so many steps away; any number, unless given.
        """
        if direction not in set(Direction):
            raise InvalidFieldError.of("direction", f"{str(direction)[:80]!r} is not one of {', '.join(Direction)}")
        request = pb.GetLineageRequest(
            id=self.id,
            upstream=direction != Direction.DOWNSTREAM,
            downstream=direction != Direction.UPSTREAM,
            depth=check_step(depth, field="depth"),
        )
        return lineage_of(ask(self._session, methods.GET_LINEAGE, request))

    @takes()
    def update(
        self,
        *,
        owner: str | None = None,
        description: str | None = None,
        task: str | None = None,
        comment: str | None = None,
        labels: Labels | None = None,
        remove_labels: Iterable[str] = (),
    ) -> None:
        """Change the object; what is not given stays as it is. This object shows the change; `refreshed` reads it anew.

        Args:
            labels: Labels to write, a text, number or bool for each name; other labels stay as they are.
            remove_labels: Names of labels to take away.

        Raises:
            InvalidFieldError: An argument breaks a rule, or objects of this kind have no such field.
        """
        given = {"owner": owner, "description": description, "task": task, "comment": comment}
        removed = [remove_labels] if isinstance(remove_labels, str) else remove_labels
        request = pb.UpdateObjectRequest(
            id=self.id,
            labels=check_labels(labels),
            labels_removed=[check_text("remove_labels", name) for name in removed],
            **{name: check_text(name, text) for name, text in given.items() if text is not None},
        )
        response = ask(self._session, methods.UPDATE_OBJECT, request)
        kept = {**getattr(self, "labels", {}), **request.labels}
        self._become(
            **{name: text for name, text in given.items() if text is not None},
            labels={name: text for name, text in kept.items() if name not in request.labels_removed},
            updated_at=time_of(response.updated_at),
        )

    def _become(self, **about: Any) -> None:
        """Show from now on what this object has just made of itself; one of which nothing was read shows nothing."""

    def history(
        self,
        *,
        since: float | datetime | None = None,
        until: float | datetime | None = None,
        limit: int | None = None,
    ) -> list[HistoryEntry]:
        """Return who changed what of the object and when, newest first; of a model its versions and unique tags too.

        What is logged on it, its metadata among it, is not; `metadata_history` has that. A change of which the content
        was redacted has the field "redacted". Of a model's versions, deletions and restorations are told of the newest
        1,000, and of at most 100 of these.

        Args:
            since: Only changes of this time or later, in seconds since the epoch or an aware datetime.
            until: Only changes before this time.
            limit: At most so many; all, unless given.

        Raises:
            NotFoundError: There is no such object.
        """

        def read(token: str, size: int) -> tuple[Iterable[pb.HistoryEntry], str]:
            request = pb.GetHistoryRequest(id=self.id, page_size=size, page_token=token)
            for field_name, time in (("since", since), ("until", until)):
                if time is not None:
                    getattr(request, field_name).CopyFrom(timestamp_of(check_time(field_name, time)))
            response = ask(self._session, methods.GET_HISTORY, request)
            return response.entries, response.next_page_token

        return [history_entry_of(entry) for entry in all_pages(read, limit=limit)]

    def delete(self) -> None:
        """Delete the object: lists leave it out. Its history stays, and `restore` brings it back.

        The unique tags of a model version are held by no version as long as it is deleted, which is warned about.
        """
        answer = ask(self._session, methods.DELETE_OBJECT, pb.DeleteObjectRequest(id=self.id))
        if answer.unique_tags:
            tags = ", ".join(map(repr, answer.unique_tags))
            _log.warning("no model version holds %s while %s is deleted", tags, self.id)
        self._become(deleted_at=time_of(answer.deleted_at))

    def restore(self) -> None:
        """Undo the deletion; does nothing if the object is not deleted."""
        ask(self._session, methods.RESTORE_OBJECT, pb.RestoreObjectRequest(id=self.id))
        self._become(deleted_at=None)


def asked_id_of(field_name: str, value: Logged | str, *, named_by: str = "") -> str:
    """Return the id of an object, or the id that was given, for a call that is answered.

    Args:
        named_by: The client's call that finds such an object by its name, if there is one.

    Raises:
        InvalidFieldError: It is neither, such as a name.
    """
    if isinstance(value, Logged):
        return value.id
    found = f", such as box.{named_by}({value[:80]!r})" if named_by and isinstance(value, str) else ""
    return check_id(field_name, value, instead=f"give the object{found}, or its id")


def id_of(field_name: str, value: Logged | str) -> str:
    """Return the id of an object, or the id that was given.

    Raises:
        InvalidFieldError: It is neither.
    """
    return value.id if isinstance(value, Logged) else check_text(field_name, value)
