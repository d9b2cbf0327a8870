"""How far each view has come, and a way to wait for it: read-your-writes.

A runner of this process says so as it goes. Without one the cursors are read from Postgres while somebody waits.
"""

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from modelbox_events import Log, Position, Token
from modelbox_projections.errors import NotCaughtUpError
from modelbox_projections.limits import POLL_INTERVAL_S
from modelbox_projections.sql import STATEMENTS
from modelbox_projections.state import ProjectionState, Role, load_states

CHANNEL: Final = "modelbox_views"
"""Where processes without a runner say for which views they wait."""

_LOOKS_BEFORE_HURRY: Final = 2
"""Most views come up by themselves before a second look; to ask for it costs every commit of the database a moment."""


class Cursors:
    """The positions of the active generations. A view may be further than this says, never less far.

    When the log was set back, the views in its database were too, and nothing that was known of them counts.
    """

    def __init__(self, log: Log) -> None:
        """Wait for the views of `log`."""
        self._log = log
        self._states: dict[str, ProjectionState] = {}
        self._rewinds = log.head.rewinds
        self._live = False
        self._moved = asyncio.Event()
        self._waiting: Counter[str] = Counter()
        self._hurried: set[str] = set()
        self._told: dict[str, Position] = {}
        self._wanted = asyncio.Event()
        self._polling = asyncio.Lock()
        self._polled_at = -math.inf

    @property
    def states(self) -> list[ProjectionState]:
        """The active generations as last known here."""
        return list(self._known().values())

    def position(self, *names: str) -> Position:
        """Return how far all of these views have come at least; 0 when nothing is known of one."""
        known = self._known()
        return min([known[name].position if name in known else Position(0) for name in names])

    def as_of(self, names: Sequence[str]) -> Token:
        """Return a token that says how far all of these views have come at least. Ask before the read it is for."""
        known = self._known()
        if not known.keys() >= set(names):
            return Token(self._log.log_id, Position(0))
        position, chain_hash = min([(known[name].position, known[name].hash) for name in names])
        token = Token(self._log.log_id, position)
        return token.at(chain_hash) if position else token

    async def wait(self, names: Sequence[str], token: Token | Position | None, *, timeout_s: float) -> None:
        """Wait until these views have come as far as a token says; None waits for nothing.

        Raises:
            NotCaughtUpError: They have not in time, or one that lags is paused. Try again, or read without a token.
            LogForkedError: The token is of another log; its hash is not looked at.
            LogUnavailableError: Postgres does not answer.
        """
        if token is None:
            return
        self._waiting.update(names)
        self._wanted.set()
        try:
            await self._reach(names, self._position_of(token), timeout_s)
        finally:
            self._waiting.subtract(names)

    async def _reach(self, names: Sequence[str], wanted: Position, timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        looks = 0
        while True:
            self._known()  # whether a runner still moves them
            if not self._live:
                await self._poll()
            lagging = [name for name in names if self.position(name) < wanted]
            if not lagging:
                return
            self._refuse_if_paused(lagging, wanted)
            left = deadline - loop.time()
            if left <= 0:
                raise NotCaughtUpError(lagging[0], wanted=wanted, position=self.position(lagging[0]))
            looks += 1
            if looks >= _LOOKS_BEFORE_HURRY and not self._live:
                await self._hurry_others(lagging)
            await self._wait_for_news(left if self._live else min(left, POLL_INTERVAL_S))

    def is_wanted(self, name: str) -> bool:
        """Tell whether somebody waits for a view, or did since it last moved, in this process or another."""
        return self._waiting[name] > 0 or name in self._hurried

    def hurry(self, names: Iterable[str]) -> None:
        """Say that somebody waits for these views."""
        self._hurried.update(names)
        self._wanted.set()

    async def pause(self, seconds: float) -> None:
        """Let a runner rest, so that its next page holds more than one event; not while somebody waits for it."""
        if self._waiting.total():
            return
        self.note_wishes()
        await self.wanted(seconds)

    def note_wishes(self) -> None:
        """Take all who wait for a view by now for known; `wanted` tells of those who come after this."""
        self._wanted.clear()

    async def wanted(self, seconds: float) -> None:
        """Wait until somebody else begins to wait for a view, or for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wanted.wait()

    def record(self, state: ProjectionState) -> None:
        """Say where an active generation stands. Who waits for it elsewhere is served only once it moves."""
        known = self._states.get(state.name)
        self._states[state.name] = state
        if known is None or state.position > known.position:
            self._hurried.discard(state.name)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def go_live(self) -> None:
        """Say that a runner of this process moves the cursors from here on."""
        self._live = True
        self._rewinds = self._log.head.rewinds

    def forget(self) -> None:
        """Say that the runner's connection is gone.

        The views are written without waiting for the disk: after a crash of Postgres they can stand behind what they
        had reached, and only Postgres knows where.
        """
        self._live = False
        self._rewinds = self._log.head.rewinds
        self._states.clear()
        self._told.clear()
        self._polled_at = -math.inf
        self._moved.set()
        self._moved = asyncio.Event()

    def _position_of(self, token: Token | Position) -> Position:
        return self._log.chain_hashes.position_of(token) if isinstance(token, Token) else token

    def _known(self) -> dict[str, ProjectionState]:
        """Return what is known of the active generations of the log as it is now."""
        if self._rewinds != self._log.head.rewinds:
            self.forget()
        return self._states

    def _refuse_if_paused(self, lagging: Sequence[str], wanted: Position) -> None:
        for name in lagging:
            state = self._states.get(name)
            if state is not None and state.error is not None:
                raise NotCaughtUpError(name, wanted=wanted, position=state.position, problem=state.error)

    async def _wait_for_news(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._moved.wait()
        except TimeoutError:
            return  # the caller looks again, or finds that its time is over

    async def _hurry_others(self, names: Sequence[str]) -> None:
        """Say that somebody here waits for these views: once for all who do, and again where one moved, but too little.

        The runner takes a wish for served when the view moves, whatever is still missing.
        """
        unheard = {name: at for name in names if self._told.get(name) != (at := self.position(name))}
        if not unheard:
            return
        self._told.update(unheard)
        async with self._log.database.acquire() as connection:
            await connection.execute(STATEMENTS["hurry"], CHANNEL, ",".join(unheard))

    async def _poll(self) -> None:
        """Read the cursors, at most once in `POLL_INTERVAL_S` however many wait."""
        loop = asyncio.get_running_loop()
        async with self._polling:
            if loop.time() - self._polled_at < POLL_INTERVAL_S:
                return
            async with self._log.database.acquire() as connection:
                states = await load_states(connection)
            self._polled_at = loop.time()
        if self._live:  # a runner began to lead meanwhile, and knows better
            return
        for state in states:
            if state.role is Role.ACTIVE:
                self.record(state)
