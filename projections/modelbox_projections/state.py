"""Where each generation of each projection stands, as kept in table `modelbox_views.projection_state`."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import asyncpg
import msgspec

from modelbox_events import Log, Position
from modelbox_events.database import AnyConnection
from modelbox_projections.errors import CursorMovedError, NotPreparedError
from modelbox_projections.limits import PROBLEM_CHARS_MAX
from modelbox_projections.page import Page
from modelbox_projections.sql import STATEMENTS


class Role(StrEnum):
    """What a generation is for."""

    ACTIVE = "active"
    BUILDING = "building"
    CHECKING = "checking"
    RETIRED = "retired"


class Status(StrEnum):
    """Whether a generation is being folded. A paused one waits for a fix at the event that failed."""

    RUNNING = "running"
    PAUSED = "paused"


class ProjectionState(msgspec.Struct, frozen=True, kw_only=True):
    """One generation of a projection.

    `position` and `hash` say up to which event its tables are folded; `error` and `error_position` are set when paused.
    """

    name: str
    generation: int
    role: Role
    code_version: int
    position: Position
    hash: bytes
    status: Status
    error: str | None
    error_position: Position | None
    updated_at: datetime

    @property
    def schema(self) -> str:
        """The schema that holds its tables."""
        return f"view_{self.name}_v{self.generation}"

    def advanced(self, page: Page) -> "ProjectionState":
        """Return the state after a page."""
        return msgspec.structs.replace(self, position=page.last, hash=page.hash)


def state_of(row: asyncpg.Record) -> ProjectionState:
    """Return a row of the table as a value."""
    return msgspec.convert(dict(row), ProjectionState)


async def load_states(connection: AnyConnection) -> list[ProjectionState]:
    """Return every generation of every projection, by name and generation."""
    return [state_of(row) for row in await connection.fetch(STATEMENTS["list_states"])]


def active_of(states: Sequence[ProjectionState], name: str) -> ProjectionState:
    """Return the generation of a projection that readers see.

    Raises:
        NotPreparedError: There is none yet.
    """
    for state in states:
        if state.name == name and state.role is Role.ACTIVE:
            return state
    raise NotPreparedError(name)


async def list_states(log: Log) -> list[ProjectionState]:
    """Return every generation of every projection, by name and generation.

    Raises:
        LogUnavailableError: Postgres does not answer.
    """
    async with log.database.acquire() as connection:
        return await load_states(connection)


async def advance(connection: AnyConnection, state: ProjectionState, page: Page) -> None:
    """Move a cursor over a page in the caller's transaction, and hold it until that ends.

    In that transaction unqualified names mean the generation's tables from here on.

    Raises:
        CursorMovedError: The cursor is not where the page begins; roll back.
    """
    arguments = (state.name, state.generation, page.after, page.last, page.hash, state.schema)
    if await connection.fetchval(STATEMENTS["advance"], *arguments) is None:
        raise CursorMovedError(state.name, position=page.after)


async def advance_all(connection: AnyConnection, states: Sequence[ProjectionState], page: Page) -> None:
    """Move several cursors over a page that says nothing to their projections, in the caller's transaction.

    Raises:
        CursorMovedError: One of them is not where the page begins; roll back.
    """
    names = [state.name for state in states]
    generations = [state.generation for state in states]
    statement = STATEMENTS["advance_all"]
    rows = await connection.fetch(statement, names, generations, page.after, page.last, page.hash)
    moved = {row["name"] for row in rows}
    for name in names:
        if name not in moved:
            raise CursorMovedError(name, position=page.after)


async def pause(
    connection: AnyConnection, state: ProjectionState, *, position: Position, problem: str
) -> ProjectionState:
    """Pause a generation before the event at `position`; returns its new state.

    Raises:
        CursorMovedError: Someone else moved its cursor.
    """
    error = problem[:PROBLEM_CHARS_MAX].replace("\0", "\N{REPLACEMENT CHARACTER}")
    arguments = (state.name, state.generation, state.position, position, error)
    if await connection.fetchval(STATEMENTS["pause"], *arguments) is None:
        raise CursorMovedError(state.name, position=state.position)
    return msgspec.structs.replace(state, status=Status.PAUSED, error=error, error_position=position)


async def resume_paused(connection: AnyConnection, names: Sequence[str], role: Role) -> list[str]:
    """Let paused generations try again; returns the names of those that were paused."""
    rows = await connection.fetch(STATEMENTS["resume"], list(names), role)
    return [row["name"] for row in rows]


async def resume(log: Log, name: str) -> bool:
    """Let a paused projection try again; the runner takes it up within a second. Returns whether it was paused.

    Raises:
        LogUnavailableError: Postgres does not answer.
    """
    async with log.database.acquire() as connection:
        return bool(await resume_paused(connection, [name], Role.ACTIVE))
