"""The JetStream stream that is the feed: its configuration, its state, and a look at one message."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy, StorageType, StreamConfig, StreamInfo
from nats.js.errors import BadRequestError, NotFoundError

from modelbox_events.errors import FeedForkedError, FeedTakenError
from modelbox_events.feed.cloudevents import CHAIN_HASH
from modelbox_events.feed.subjects import SUBJECTS, is_feed_name

FIRST_SEQUENCE: Final = 1
"""Where a new feed begins: the first position that the log retains."""

DUPLICATE_WINDOW_S: Final = 0.1
"""JetStream's least. Expectations order the feed, not message ids, so no window is needed."""

READ_TIMEOUT_S: Final = 2.0
"""How long to wait for messages that the feed says it has."""

CONSUMER_IDLE_S: Final = 5.0
"""When JetStream removes a consumer that nobody asks any more."""

GENESIS: Final = "modelbox-genesis"
"""The key of a feed's metadata that says of which log it is, whatever the epoch."""

_SUBJECTS_OVERLAP: Final = 10065
_LIMITS: Final = ("max_age", "max_bytes", "max_msgs", "compression", "placement")
"""What an operator may have set on the feed."""

_log = structlog.get_logger()


class FeedState(msgspec.Struct, frozen=True):
    """What the feed holds: sequences `first` to `last`, `messages` of them (fewer when there are holes).

    A feed that is `bounded` may have lost its first messages to the limits that an operator set. Another moment of
    creation, `created`, says that it was made anew.
    """

    first: int
    last: int
    messages: int
    bounded: bool = False
    created: datetime | None = None

    @property
    def holes(self) -> int:
        """How many messages are missing between the first and the last."""
        return self.last - self.first + 1 - self.messages


class FeedStream:
    """The stream of one log."""

    def __init__(self, jetstream: JetStreamContext, name: str, *, replicas: int, genesis: UUID | None = None) -> None:
        """Work on the stream `name`, to be kept in `replicas` copies; one that is made says its log's `genesis`."""
        self._jetstream = jetstream
        self._genesis = genesis
        self.name = name
        self.replicas = replicas

    async def ensure(self, limits: Mapping[str, Any] | None = None) -> bool:
        """Create the stream, or bring its configuration up to date; return whether it takes atomic batches.

        Args:
            limits: What `limits` returned, for a stream that has to be created.

        Raises:
            FeedTakenError: Another stream takes the subjects.
            FeedForkedError: The stream was retired: the log was forked, and this process has the log of before.
            nats.errors.Error: The server did not answer.
        """
        try:
            info = await self._jetstream.stream_info(self.name)
        except NotFoundError:
            info = await self._create(limits or {})
            _log.info("feed_created", stream=self.name, replicas=self.replicas)
        refuse_if_retired(info)
        found = info.config
        if found.num_replicas != self.replicas:
            # All else stays as it is: an operator may have bounded the feed's age or size.
            found = (await self._jetstream.update_stream(found.evolve(num_replicas=self.replicas))).config
            _log.info("feed_replicas_changed", stream=self.name, replicas=self.replicas)
        return bool(found.allow_atomic)  # a server older than 2.12 drops the field

    async def limits(self) -> dict[str, Any]:
        """Return what an operator may have set on the stream; nothing when it does not exist.

        Raises:
            FeedForkedError: The stream was retired.
            nats.errors.Error: The server did not answer.
        """
        try:
            info = await self._jetstream.stream_info(self.name)
        except NotFoundError:
            return {}
        refuse_if_retired(info)
        found = info.config
        return {name: value for name in _LIMITS if (value := getattr(found, name)) is not None}

    async def _create(self, limits: Mapping[str, Any]) -> StreamInfo:
        config = stream_config(self.name, replicas=self.replicas, genesis=self._genesis).evolve(**limits)
        try:
            return await self._jetstream.add_stream(config)
        except BadRequestError as error:
            if error.err_code != _SUBJECTS_OVERLAP:
                raise
            holder = await self._jetstream.find_stream_name_by_subject(SUBJECTS)
            raise FeedTakenError(self.name, holder, is_feed=is_feed_name(holder)) from error

    async def state(self) -> FeedState:
        """Return what the feed holds now, as its leader has it.

        Raises:
            NotFoundError: The stream was deleted.
        """
        return state_of(await self._jetstream.stream_info(self.name))

    async def chain_hash(self, sequence: int) -> str | None:
        """Return the chain hash that a message carries, in hexadecimal; None when it is no message of ours.

        Raises:
            NotFoundError: The message is no longer there.
        """
        # Asked of the leader: with a direct get a replica could answer that has not come so far.
        message = await self._jetstream.get_msg(self.name, sequence)
        return (message.headers or {}).get(CHAIN_HASH)

    async def chain_hashes(self, first: int, last: int) -> dict[int, str | None]:
        """Return the chain hashes of messages `first` to `last` by sequence, without those that cannot be read."""
        found: dict[int, str | None] = {}
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=first,
            ack_policy=AckPolicy.NONE,
            headers_only=True,
            mem_storage=True,
            num_replicas=1,
            inactive_threshold=CONSUMER_IDLE_S,
        )
        consumer = await self._jetstream.pull_subscribe(SUBJECTS, stream=self.name, config=config)
        try:
            while max(found, default=0) < last:  # it passes over what it cannot read
                for message in await consumer.fetch(last - first + 1, timeout=READ_TIMEOUT_S):
                    found[message.metadata.sequence.stream] = (message.headers or {}).get(CHAIN_HASH)
        except TimeoutError:  # nothing more can be read
            pass
        finally:
            await consumer.unsubscribe()
        return found


def state_of(info: StreamInfo) -> FeedState:
    """Return what JetStream says that a feed holds."""
    bounds = (info.config.max_age, info.config.max_bytes, info.config.max_msgs)
    bounded = any(bound is not None and bound > 0 for bound in bounds)
    state = info.state
    return FeedState(state.first_seq, state.last_seq, state.messages, bounded, info.created)


def refuse_if_retired(info: StreamInfo) -> None:
    """See that a feed is still its log's to write.

    Raises:
        FeedForkedError: The stream was retired.
    """
    config = info.config
    if config.sealed or SUBJECTS not in (config.subjects or ()):
        problem = f"stream {config.name} was retired: {config.description}"
        raise FeedForkedError(info.state.last_seq, problem, retired=True)


def stream_config(name: str, *, replicas: int, genesis: UUID | None = None) -> StreamConfig:
    """Return the configuration of a feed: nothing in it is ever deleted or purged by a client."""
    return StreamConfig(
        name=name,
        description="ModelBox: the change events of one log, sequence = position",
        subjects=[SUBJECTS],
        storage=StorageType.FILE,
        num_replicas=replicas,
        retention=RetentionPolicy.LIMITS,
        first_seq=FIRST_SEQUENCE,
        duplicate_window=DUPLICATE_WINDOW_S,
        deny_delete=True,
        deny_purge=True,
        allow_direct=True,
        allow_atomic=True,
        metadata=None if genesis is None else {GENESIS: str(genesis)},
    )
