"""The runner: follows the log and folds it into every active generation.

One runner of all processes leads; the others stand by. That spares work, no more: what two runners at once would
write is decided by the cursors in Postgres.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import pairwise

import asyncpg
import structlog

from modelbox_events import (
    HashedPosition,
    Head,
    Log,
    LogRewoundError,
    LogUnavailableError,
    NewerVersionError,
    Position,
    RecordedEvent,
    continues,
)
from modelbox_events.database import translated
from modelbox_events.limits import PAGE_EVENTS_MAX
from modelbox_events.outage import Outage
from modelbox_projections.catalog import PROJECTIONS, Catalog
from modelbox_projections.cursors import CHANNEL, Cursors
from modelbox_projections.errors import CursorMovedError, FoldFailedError, ViewHeldError
from modelbox_projections.fold import Fold, fold_together
from modelbox_projections.lead import LOCK, Lead
from modelbox_projections.limits import (
    FOLD_PAUSE_S,
    HELD_PAUSE_S,
    OFFER_S,
    POLL_INTERVAL_S,
    RETRY_PAUSE_S,
    RETRY_PAUSE_S_MAX,
    SMALL_PAGE_EVENTS,
    STATES_INTERVAL_S,
)
from modelbox_projections.newer import Newer
from modelbox_projections.page import Page, pages_of
from modelbox_projections.renewal import Renewal, outdated_of, replace_strangers
from modelbox_projections.sessions import RUNNER
from modelbox_projections.state import (
    ProjectionState,
    Role,
    Status,
    load_states,
    pause,
    resume_paused,
)

_log = structlog.get_logger()


class ProjectionRunner:
    """Folds the log into the active generations, as long as it runs.

    A projection whose fold fails is paused before the event that failed, with the error in its state; the others go
    on. It is tried again when `resume` is called and when a runner starts. One whose code version has risen is
    rebuilt beside its old tables; one that only a newer version of ModelBox can fold is left to that version, and the
    lead is offered to it.

    Attributes:
        cursors: How far the views have come.
        leading: Whether this runner folds, or stands by.
        trouble: Why this runner can neither fold nor stand by, as of its last try; None where it can.
    """

    def __init__(self, log: Log, *, catalog: Catalog = PROJECTIONS) -> None:
        """Follow `log`."""
        self.cursors = Cursors(log)
        self.leading = False
        self.trouble: str | None = None
        self._outage = Outage()
        self._log = log
        self._catalog = catalog
        self._lead = Lead(log.database)
        self._renewal = Renewal(log, catalog)
        self._states: dict[str, ProjectionState] = {}
        self._strangers: frozenset[str] = frozenset()
        self._held_until: dict[str, float] = {}
        self._rests_until: dict[str, float] = {}
        self._refresh_at = 0.0
        self._rewinds = log.head.rewinds
        self._newer = Newer(catalog)

    @property
    def needs_newer(self) -> Mapping[str, str]:
        """The views that this process cannot fold, as a newer version of ModelBox can, and why."""
        return self._newer.problems

    async def run(self) -> None:
        """Follow the log until cancelled. Whatever fails is logged and tried again."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_always(), name="projections")
            tasks.create_task(self._lead.keep(), name="projections lead")
            tasks.create_task(self._renewal.run(), name="projections renewal")

    async def _follow_always(self) -> None:
        while True:
            try:
                await self._follow()
                await asyncio.sleep(OFFER_S)
                continue
            except LogUnavailableError as error:
                self.trouble = error.problem
                self._outage.warn("projections_wait_for_postgres", error)
            except LogRewoundError as error:
                self._outage.warn("projections_follow_anew", error)
            except Exception as error:  # noqa: BLE001  # the task's outermost loop
                self.trouble = f"an unforeseen {type(error).__name__}; the server's log has it"
                if self._outage.failed(type(error).__name__):
                    _log.exception("projections_failed")
            await asyncio.sleep(self._outage.pause_s(RETRY_PAUSE_S, RETRY_PAUSE_S_MAX))

    async def _follow(self) -> None:
        """Wait to lead, then fold until the connection breaks, or the lead is offered to a newer version."""
        connection = await self._log.database.connect_alone(LOCK, RUNNER)
        try:
            with translated():
                connection.add_termination_listener(self._on_termination)
                await self._lead.take(connection, on_standby=self._goes_well)
                await connection.add_listener(CHANNEL, self._on_wish)
                self._rewinds = self._log.head.rewinds
                self._strangers = await replace_strangers(connection, self._log, self._catalog)
                resumed = await resume_paused(connection, list(self._catalog), Role.ACTIVE)
                if resumed or not self._outage.lasts:  # else it leads as often as it is tried
                    _log.info("projections_lead", resumed=resumed)
                self._newer.forget()
                await self._refresh(connection)
                self.leading = True
                self.cursors.go_live()
                while not await self._newer.is_offered(connection):
                    await self._round(connection)
        finally:
            self._on_termination()
            connection.terminate()

    def _on_wish(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self.cursors.hurry(str(payload).split(","))

    def _goes_well(self) -> None:
        self.trouble = None
        self._outage.end("projections_go_on")

    def _on_termination(self, *_: object) -> None:
        self.leading = False
        self._lead.give_up()
        self._renewal.outdated = frozenset()
        self.cursors.forget()

    async def _round(self, connection: asyncpg.Connection) -> None:
        """Fold one page into every projection that lags, or wait for events.

        Raises:
            LogRewoundError: The log was set back; what is known of the views must be read again.
        """
        if self._rewinds != self._log.head.rewinds:
            raise LogRewoundError(self._log.head.position)
        if asyncio.get_running_loop().time() >= self._refresh_at:
            await self._refresh(connection)
        folded = 0
        positions = sorted({state.position for state in self._free()})
        # A projection that lags reads up to where the next one is, so that they go on together.
        for after, to in pairwise([*positions, None]):
            if after is not None and after < self._log.head.position:
                folded += await self._fold_group(connection, after, to)
        self._goes_well()
        if not folded:
            await self._wait_beyond(positions[-1] if positions else self._log.head.position)
        elif folded < SMALL_PAGE_EVENTS:
            await self.cursors.pause(FOLD_PAUSE_S)

    async def _wait_beyond(self, front: Position) -> None:
        """Wait for events after `front`, or until a view that rests is wanted, or has rested."""
        head, now = self._log.head, asyncio.get_running_loop().time()
        behind = [state.name for state in self._states.values() if state.position < head.position]
        rests_s = [until - now for name in behind if (until := self._rests_until.get(name, now)) > now]
        if not rests_s:
            await head.wait_beyond(front, timeout_s=STATES_INTERVAL_S)
            return
        wait_s = min(*rests_s, STATES_INTERVAL_S)
        self.cursors.note_wishes()
        tasks = [
            asyncio.create_task(self.cursors.wanted(wait_s), name="view wanted"),
            asyncio.create_task(_until_beyond(head, front, wait_s), name="events to fold"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _refresh(self, connection: asyncpg.Connection) -> None:
        """Look which generations there are: other processes pause, resume and replace them."""
        if self._strangers:
            self._strangers = await replace_strangers(connection, self._log, self._catalog)
        states = [state for state in await load_states(connection) if state.role is Role.ACTIVE]
        for state in states:
            self.cursors.record(state)
        self._renewal.outdated = outdated_of(self._catalog, states)
        self._newer.look(states)
        self._states = {state.name: state for state in states if self._is_ours(state)}
        self._refresh_at = asyncio.get_running_loop().time() + STATES_INTERVAL_S

    def _is_ours(self, state: ProjectionState) -> bool:
        if state.status is Status.PAUSED or state.name in self._strangers or state.name in self._newer.problems:
            return False
        return state.code_version == self._catalog[state.name].code_version

    async def _fold_group(self, connection: asyncpg.Connection, after: Position, to: Position | None) -> int:
        """Fold the next events into all projections that stand at `after`; returns how many events."""
        events = await self._log.read(after, limit=PAGE_EVENTS_MAX, to=to)
        if not events:  # the log was set back, which its head has yet to find out
            await asyncio.sleep(POLL_INTERVAL_S)
            return 0
        self._refuse_strangers(after, events[0])
        written: set[str] = set()
        for page in pages_of(after, events, self._log.registry):
            members = [state for state in self._free() if state.position == page.after]
            if not await self._fold_all(connection, members, page):
                for state in members:
                    await self._fold(connection, state, page)
            written.update(state.name for state in members if page.concerns(self._catalog[state.name]))
        if len(events) < SMALL_PAGE_EVENTS:  # else it has yet to catch up
            now = asyncio.get_running_loop().time()
            self._rests_until.update({name: now + self._catalog[name].rest_s for name in written})
        return len(events)

    def _refuse_strangers(self, after: Position, event: RecordedEvent) -> None:
        """See that the views which stand at `after` were folded from the log that goes on with this event.

        Raises:
            LogRewoundError: One was not; to follow anew empties it.
        """
        if any(not continues(HashedPosition(after, state.hash), event) for state in self._states_at(after)):
            raise LogRewoundError(after)

    def _states_at(self, position: Position) -> list[ProjectionState]:
        return [state for state in self._states.values() if state.position == position > 0]

    async def _fold_all(self, connection: asyncpg.Connection, states: Sequence[ProjectionState], page: Page) -> bool:
        """Fold a page into all of these at once; tells whether that went well, and nothing was written if not."""
        concerned = [state for state in states if page.concerns(self._catalog[state.name])]
        idle = [state for state in states if state not in concerned]
        folds = [Fold(connection, self._catalog[state.name], state) for state in concerned]
        failure = await fold_together(connection, folds, page, idle=idle)
        if failure is not None:
            _log.info("page_is_folded_one_by_one", position=page.last, because=str(failure))
            return False
        for state in states:
            self._record(state.advanced(page))
        return True

    async def _fold(self, connection: asyncpg.Connection, state: ProjectionState, page: Page) -> None:
        fold = Fold(connection, self._catalog[state.name], state)
        try:
            await fold.page(page)
            self._record(fold.state)
        except CursorMovedError:
            self._lost(state)
        except NewerVersionError as error:
            self._newer.note(state.name, error.problem)
            self.cursors.record(fold.state)
            del self._states[state.name]
        except ViewHeldError as error:
            _log.warning("projection_is_held", projection=state.name, error=str(error))
            self._record(fold.state)
            self._held_until[state.name] = asyncio.get_running_loop().time() + HELD_PAUSE_S
        except FoldFailedError as error:
            _log.error("projection_paused", projection=state.name, position=error.position, error=str(error))
            paused = await pause(connection, fold.state, position=error.position, problem=error.problem)
            self.cursors.record(paused)
            del self._states[state.name]

    def _free(self) -> list[ProjectionState]:
        """Return the generations to fold: nobody was seen to hold a lock on them just now, and they do not rest."""
        now = asyncio.get_running_loop().time()
        return [
            state
            for state in self._states.values()
            if self._held_until.get(state.name, now) <= now
            and (self._rests_until.get(state.name, now) <= now or self.cursors.is_wanted(state.name))
        ]

    def _record(self, state: ProjectionState) -> None:
        self._states[state.name] = state
        self.cursors.record(state)

    def _lost(self, state: ProjectionState) -> None:
        """Forget a generation that someone else moved or replaced, and look again at once."""
        _log.info("projection_moved_elsewhere", projection=state.name, generation=state.generation)
        del self._states[state.name]
        self._refresh_at = 0.0


async def _until_beyond(head: Head, position: Position, timeout_s: float) -> None:
    await head.wait_beyond(position, timeout_s=timeout_s)
