"""What can go wrong in projections and with what they answer.

ProjectionsError
├── NotCaughtUpError          the views have not come as far as a token demands; retry
├── UnknownProjectionError    there is no projection of this name
├── FilterError               a filter or an order cannot be understood; it says where and why
├── InvalidPageTokenError     a page token was not made by this search
├── TooManyPointsError        metrics have more points than the answer may; name fewer keys, or ask for fewer points
├── ReadsBusyError            as many long reads, pages or searches are under way as may be; retry
├── SearchTooSlowError        a search took too long; narrow it
├── NotPreparedError          the projection has no tables yet; start the server once
├── RebuildRunningError       the projection is being rebuilt or checked already; retry when that has ended
├── FoldFailedError           an event could not be folded; the projection is paused there until it is fixed
├── ViewHeldError             somebody else holds a lock on the view; only the runner and the rebuild see it
└── CursorMovedError          someone else folded these events; only the runner and the rebuild see it
"""

from collections.abc import Sequence
from typing import ClassVar

from modelbox_events import Position


class ProjectionsError(Exception):
    """Base of every error of this package."""

    retryable: ClassVar[bool] = False
    """Whether the same call may succeed later, with nothing changed by the caller."""


class NotCaughtUpError(ProjectionsError):
    """The views have not come as far as the caller's token demands; nothing stale was answered."""

    retryable = True

    def __init__(self, name: str, *, wanted: Position, position: Position, problem: str | None = None) -> None:
        """Name the projection that lags, where it should be and where it is, and why it stands still if it does."""
        reason = f"it is paused: {problem}" if problem else "try again"
        super().__init__(f"projection {name!r} is at position {position}, the read needs {wanted}; {reason}")
        self.name = name
        self.wanted = wanted
        self.position = position
        self.problem = problem


class UnknownProjectionError(ProjectionsError):
    """There is no projection of this name."""

    def __init__(self, name: str, known: list[str]) -> None:
        """Name it, and those that there are."""
        super().__init__(f"there is no projection {name!r}; there are {', '.join(known)}")
        self.name = name
        self.known = known


class FilterError(ProjectionsError):
    """A filter or an order cannot be understood; nothing was searched."""

    def __init__(self, field: str, position: int, problem: str, *, meant: Sequence[str] = (), known: str = "") -> None:
        """Say which of "filter" and "order_by" it is, at which character of it from 1, and what would be right.

        Args:
            field: Which of them.
            position: The character.
            problem: What is wrong, and what would be right.
            meant: The fields that were perhaps meant, as a filter has them.
            known: All that there are. They stand last, for a long message is cut.
        """
        self.meant = tuple(meant)
        remedy = f"; did you mean {' or '.join(meant)}?" if meant else ""
        there_are = f"{' It' if meant else '; it'} has {known}" if known else ""
        super().__init__(f"{field}: at character {position}: {problem}{remedy}{there_are}")
        self.known = known
        self.field = field
        self.position = position
        self.problem = problem


class InvalidPageTokenError(ProjectionsError):
    """A page token was not made by a search with the same arguments."""

    def __init__(self, token: str) -> None:
        """Repeat the beginning of the token."""
        super().__init__(f"{token[:80]!r} is no page token of this search; go on with the same filter, order and scope")
        self.token = token


class TooManyPointsError(ProjectionsError):
    """Metrics have more points than an answer may."""

    def __init__(self, maximum: int) -> None:
        """Say how many it may have."""
        super().__init__(f"there are more than {maximum:,} points")
        self.maximum = maximum


class ReadsBusyError(ProjectionsError):
    """As many long reads, pages or searches are under way as may be, and none ended in time."""

    retryable = True

    def __init__(self, reads: int) -> None:
        """Say how many are."""
        super().__init__(f"{reads} reads that take as long are under way; try again, with fewer at once")
        self.reads = reads


class SearchTooSlowError(ProjectionsError):
    """A search took too long and was ended. The same search again would take as long."""

    def __init__(self, limit_s: float) -> None:
        """Say how long a search may take, in seconds."""
        super().__init__(f"the search took more than {limit_s:g} s; narrow it by namespace, parent or filter")
        self.limit_s = limit_s


class NotPreparedError(ProjectionsError):
    """The projection has no tables yet."""

    def __init__(self, name: str) -> None:
        """Name the projection."""
        super().__init__(f"projection {name!r} has no tables yet; start the server once, it creates them")
        self.name = name


class RebuildRunningError(ProjectionsError):
    """Another process is rebuilding or checking this projection."""

    retryable = True

    def __init__(self, name: str) -> None:
        """Name the projection."""
        super().__init__(f"projection {name!r} is being rebuilt or checked already; try again when that has ended")
        self.name = name


class FoldFailedError(ProjectionsError):
    """An event could not be folded; everything before it was, nothing after it."""

    def __init__(self, name: str, *, position: Position, event_type: str, problem: str) -> None:
        """Say which event and what the fold said."""
        where = f"projection {name!r} failed on event {position} ({event_type})"
        super().__init__(f"{where}: {problem}; fix the cause and resume it")
        self.name = name
        self.position = position
        self.event_type = event_type
        self.problem = problem


class CursorMovedError(ProjectionsError):
    """Someone else moved the cursor, or the generation was replaced; nothing was written."""

    def __init__(self, name: str, *, position: Position) -> None:
        """Say where the cursor was expected."""
        super().__init__(f"the cursor of projection {name!r} is no longer at {position}")
        self.name = name
        self.position = position


class ViewHeldError(ProjectionsError):
    """Somebody else holds a lock on the view: a swap, a long read, an operator. Nothing was written; try again."""

    retryable = True

    def __init__(self, problem: str) -> None:
        """Say what Postgres waited for."""
        super().__init__(f"somebody holds a lock on the view: {problem}; try again")
