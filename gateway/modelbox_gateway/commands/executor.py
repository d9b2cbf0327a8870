"""The loop that takes a command to the log: load the state, decide, append; another writer came first: decide again."""

import asyncio
from collections.abc import Callable
from typing import Any, Generic
from uuid import UUID
from weakref import WeakValueDictionary

import msgspec

from modelbox_events import (
    NO_STREAM,
    STREAM_EXISTS,
    Append,
    Appended,
    ChangeEvent,
    Claim,
    ClaimLostError,
    Log,
    NewEvent,
    StreamExistsError,
    StreamRef,
    WrongExpectedVersionError,
)
from modelbox_events.ids import Position, object_id
from modelbox_gateway.commands import limits
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.folding import fold
from modelbox_gateway.commands.lru import LruMap
from modelbox_gateway.commands.result import Result
from modelbox_gateway.errors import ContentionError, GatewayError
from modelbox_gateway.rules.aggregate import Aggregate, State


class _Folded(msgspec.Struct, Generic[State], frozen=True):
    state: State
    version: int = 0  # the stream is folded up to here
    claimed: int = 0  # how often its state was claimed
    exists: bool = False  # also at version 0: the event of another stream opened it


class _DecidedTooLateError(Exception):
    """Another command was recorded on the state that this one was decided on."""


class Executor(Generic[State]):
    """Runs commands on one kind of aggregate; remembers the states of those used last."""

    def __init__(self, log: Log, aggregate: Aggregate[State], *, cached_max: int = limits.STATES_CACHED_MAX) -> None:
        """Run on `log`, with at most `cached_max` states in memory."""
        self._log = log
        self._aggregate = aggregate
        self._blank = _Folded(aggregate.initial)
        self._cache: LruMap[UUID, _Folded[State]] = LruMap(cached_max, log.head)
        # A turn lives as long as someone has it or waits for it.
        self._turns = WeakValueDictionary[UUID, asyncio.Lock]()

    def remembered(self, stream_id: UUID) -> State:
        """Return a state that the stream had, the initial one if nothing is remembered of it."""
        return (self._cache.get(stream_id) or self._blank).state

    async def load(self, stream_id: UUID) -> State:
        """Return the state that the stream has now."""
        return (await self._load(stream_id, self._cache.get(stream_id) or self._blank)).state

    async def execute(
        self,
        stream: StreamRef,
        decide: Callable[[State], list[NewEvent]],
        caller: Caller,
        *,
        creates: bool = False,
        absent: tuple[StreamRef, ...] = (),
    ) -> Result[ChangeEvent]:
        """Record what `decide` says of the stream's current state.

        Args:
            stream: The aggregate's stream.
            decide: Pure. No events mean that nothing needs to change.
            caller: Who asks; a command that was sent before with the same key has its first result.
            creates: The stream most likely does not exist, so nothing is read before the first try.
            absent: Streams that must not exist; see `Append`.

        Raises:
            GatewayError: `decide` refused, on a state that was read during this call.
            StreamExistsError: One of `absent` exists, or one that an event opens.
            ContentionError: Others came first `TRIES_MAX` times.
            EventsError: The log refused for any other reason.
        """
        async with self._turn(stream.id):
            folded = self._cache.get(stream.id)
            fresh = folded is None and not creates
            if folded is None:
                folded = self._blank if creates else await self._load(stream.id, self._blank)
            for _ in range(limits.TRIES_MAX):
                events, refusal = _try(decide, folded.state)
                if not events and fresh:
                    return await self._settle(caller, refusal)
                if events:
                    try:
                        return await self._append(stream, events, folded, caller=caller, absent=absent)
                    except _DecidedTooLateError:
                        folded = await self._load(stream.id, folded)
                else:
                    # What was remembered may be out of date: a refusal or "it is so already" must not rest on it.
                    folded = await self._load(stream.id, folded)
                fresh = True
            raise ContentionError(stream.id, limits.TRIES_MAX)

    async def _append(
        self,
        stream: StreamRef,
        events: list[NewEvent],
        folded: _Folded[State],
        *,
        caller: Caller,
        absent: tuple[StreamRef, ...],
    ) -> Result[ChangeEvent]:
        # Of two commands that begin a stream, NO_STREAM lets one pass; on all later states the claim does.
        claims = (self._aggregate.claim(stream, folded.state),) if folded.exists else ()
        # The log names the first stream that exists: a stale decision must not pass for a taken id.
        first = NewEvent(events[0].data, (*claims, *events[0].opens))
        rewinds = self._log.head.rewinds
        try:
            appended = await self._log.append(
                Append(
                    stream=stream,
                    events=(first, *events[1:]),
                    expected_version=STREAM_EXISTS if folded.exists else NO_STREAM,
                    context=caller.context,
                    absent=absent,
                    claims=(Claim(self._claims_of(stream), folded.claimed),) if folded.exists else (),
                    key=caller.key,
                    request_hash=caller.request_hash,
                )
            )
        except (WrongExpectedVersionError, ClaimLostError) as error:
            raise _DecidedTooLateError from error
        except StreamExistsError as error:
            if claims and error.stream_id == claims[0].id:
                raise _DecidedTooLateError from error
            raise
        if appended.duplicate:
            return await self._recorded(appended)
        recorded = tuple(event.data for event in events)
        state = folded.state
        for event in recorded:
            state = self._aggregate.evolve(state, event)
        claimed = folded.claimed + folded.exists
        if rewinds == self._log.head.rewinds:  # else it may be lost again
            self._cache.put(stream.id, _Folded(state, appended.version, claimed, exists=True))
        return Result(appended, recorded)

    async def _load(self, stream_id: UUID, known: _Folded[State]) -> _Folded[State]:
        """Fold on from what is known. Events of other types are passed over, and not looked at again."""
        rewinds = self._log.head.rewinds
        claims_id = self._claims_id(stream_id)
        # Claims are read no later than the events: one that comes between makes the decision too late, not wrong.
        streams = await self._log.find_streams([stream_id, claims_id])
        found, claims = streams.get(stream_id), streams.get(claims_id)
        if found is None:
            return self._blank
        aggregate = self._aggregate
        state, after = await fold(
            self._log,
            stream_id,
            aggregate.types,
            aggregate.evolve,
            state=known.state,
            after_version=known.version,
        )
        folded = _Folded(state, max(found.version, after), claims.version if claims else 0, exists=True)
        if rewinds == self._log.head.rewinds:  # else it is a state of what the log was before
            self._cache.put(stream_id, folded)
        return folded

    async def _settle(self, caller: Caller, refusal: GatewayError | None) -> Result[ChangeEvent]:
        """Nothing is to be recorded now; what the same request recorded earlier comes first."""
        if caller.key is not None and caller.request_hash is not None:
            earlier = await self._log.find_append(
                actor=caller.context.actor, key=caller.key, request_hash=caller.request_hash
            )
            if earlier is not None:
                return await self._recorded(earlier)
        if refusal is not None:
            raise refusal
        return Result()

    async def _recorded(self, appended: Appended) -> Result[ChangeEvent]:
        count = appended.last_position - appended.first_position + 1
        events = await self._log.read(Position(appended.first_position - 1), limit=count, to=appended.last_position)
        return Result(appended, tuple(self._log.registry.decode(event) for event in events))

    def _claims_of(self, stream: StreamRef) -> StreamRef:
        return StreamRef(stream.namespace, self._aggregate.name, self._claims_id(stream.id))

    def _claims_id(self, stream_id: UUID) -> UUID:
        return object_id(self._aggregate.name, str(stream_id))

    def _turn(self, stream_id: UUID) -> asyncio.Lock:
        """Let commands of this process on one stream go one after the other: together, all but one would conflict."""
        turn = self._turns.get(stream_id)
        if turn is None:
            turn = self._turns[stream_id] = asyncio.Lock()
        return turn


class Executors:
    """The executors of a process, one an aggregate: whoever decides on it shares what is remembered of its states."""

    def __init__(self, log: Log) -> None:
        """Run on `log`."""
        self._log = log
        self._by_name: dict[str, Executor[Any]] = {}

    def of(self, aggregate: Aggregate[State]) -> Executor[State]:
        """Return the executor of an aggregate."""
        found: Executor[State] | None = self._by_name.get(aggregate.name)
        if found is None:
            found = self._by_name[aggregate.name] = Executor(self._log, aggregate)
        return found


def _try(decide: Callable[[State], list[NewEvent]], state: State) -> tuple[list[NewEvent], GatewayError | None]:
    try:
        return decide(state), None
    except GatewayError as refusal:
        return [], refusal
