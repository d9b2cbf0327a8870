"""What each part of a running service is at: for readiness and for Prometheus."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from modelbox_events import EventsError, Log, LogUnavailableError
from modelbox_events.feed import Relay
from modelbox_events.outage import Outage
from modelbox_gateway.embedded.supervisor import Supervisor
from modelbox_gateway.feed_repair import FeedRepair
from modelbox_gateway.health import STUCK, Look
from modelbox_gateway.masking import masked
from modelbox_gateway.metrics import FeedSample, LogSample, ProjectionSample, Samples
from modelbox_gateway.standstill import Standstill
from modelbox_projections import PROJECTIONS, ProjectionRunner, ProjectionState, list_states

REFRESH_INTERVAL_S: Final = 1.0
REFRESH_TIMEOUT_S: Final = 3.0


class LogPart:
    """The log of this process."""

    def __init__(self, log: Log) -> None:
        """Look at `log`."""
        self._log = log

    async def problem(self) -> str:
        """Return why the log does not answer or takes no appends; empty when it does."""
        try:
            await self._log.check()
        except EventsError as error:
            return str(error)
        return ""

    def sample(self) -> LogSample:
        """Return what the log is at."""
        head = self._log.head
        return LogSample(head.position, self._log.appends, self._log.waiting, head.ahead_s)


class FeedPart:
    """The relay of this process."""

    def __init__(self, relay: Relay, repair: FeedRepair | None = None) -> None:
        """Look at `relay`, and at what repairs the server that it publishes to."""
        self._relay = relay
        self._repair = repair

    def look(self) -> Look:
        """Return how the feed follows the log, through this relay or another."""
        status = self._relay.status
        note = self._repair.note if self._repair else None
        state = "damaged" if status.state == "running" and status.trouble else str(status.state)
        details = {
            "position": status.position,
            "lag_events": status.lag_events,
            "lag_s": round(status.lag_s, 3),
            "trouble": status.trouble,
        }
        reason = "; ".join(part for part in (status.problem, note) if part)
        return Look(state, masked(reason) or None, status.since, details)

    def sample(self) -> FeedSample:
        """Return what the feed is at."""
        status = self._relay.status
        return FeedSample(
            str(status.state),
            status.position,
            status.lag_events,
            status.lag_s,
            status.published_total,
            None if status.trouble is None else str(status.trouble),
        )


def look_at(supervisor: Supervisor) -> Look:
    """Return whether an embedded server runs."""
    return Look("running") if supervisor.problem is None else Look("restarting", supervisor.problem)


class ProjectionsPart:
    """The projections' views, as the database says: folded by this process or another."""

    def __init__(self, log: Log, runner: ProjectionRunner) -> None:
        """Look at the views of `log` and at `runner`; they are ready when they hold what the log held now."""
        self._log = log
        self._runner = runner
        self._wanted = log.head.position
        self._states: Sequence[ProjectionState] = ()
        self._unknown: str | None = None
        self._outage = Outage()
        self._standstill = Standstill()

    async def follow(self) -> None:
        """Refresh the samples once a second, until cancelled."""
        while True:
            try:
                await self._refresh()
            except LogUnavailableError as error:
                self._outage.warn("projections_unknown", error)
            else:
                self._outage.end("projections_known")
            await asyncio.sleep(REFRESH_INTERVAL_S)

    async def problem(self) -> str:
        """Return which views lack events of before the start; a paused one is told apart and keeps nobody waiting."""
        try:
            await self._refresh()
        except LogUnavailableError as error:
            return str(error)
        if not self._states:
            return "no view exists"
        self._wanted = min(self._wanted, self._log.head.position)  # less than at the start, if the log was set back
        behind = [state for state in self._states if state.position < self._wanted and not _is_paused(state)]
        return ", ".join(f"{state.name} at {state.position:,} of {self._wanted:,}" for state in behind)

    def look(self) -> Look:
        """Return whether the views follow the log, as of the last refresh."""
        if trouble := self.trouble():
            return Look(STUCK, masked(trouble))
        paused = self.paused()
        if not paused:
            return Look("running")
        return Look("paused", "; ".join(f"{name} {reason}" for name, reason in paused.items()))

    def trouble(self) -> str | None:
        """Return why no view can be written, or is, though none is paused; None while they are."""
        now_s = asyncio.get_running_loop().time()
        return self._unknown or self._runner.trouble or self._standstill.problem(now_s) or None

    def paused(self) -> dict[str, str]:
        """Return each paused projection with the event and the error that paused it."""
        return {
            state.name: f"paused at position {state.error_position}: {state.error}"
            for state in self._states
            if _is_paused(state)
        }

    def need_newer(self) -> dict[str, str]:
        """Return what only a newer version of ModelBox can fold, if this process found that, and why."""
        return dict(self._runner.needs_newer)

    def samples(self) -> list[ProjectionSample]:
        """Return what each projection is at."""
        head = self._log.head.position
        stuck = self.trouble() is not None
        return [
            ProjectionSample(state.name, _status(state, stuck=stuck), state.position, max(0, head - state.position))
            for state in self._states
        ]

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(REFRESH_TIMEOUT_S):
                states = await list_states(self._log)
        except TimeoutError:
            self._unknown = f"Postgres does not answer within {REFRESH_TIMEOUT_S:g} s"
            raise LogUnavailableError(self._unknown) from None
        except LogUnavailableError as error:
            self._unknown = error.problem
            raise
        self._unknown = None
        self._states = [state for state in states if str(state.role) == "active"]
        to_fold = [state for state in self._states if not _is_paused(state) and self._is_current(state)]
        self._standstill.note(to_fold, head=self._log.head.position, now_s=asyncio.get_running_loop().time())

    def _is_current(self, state: ProjectionState) -> bool:
        """Return whether this version folds it as it is: not one that is being renewed, or needs a newer version."""
        projection = PROJECTIONS.get(state.name)
        is_known = projection is not None and projection.code_version == state.code_version
        return is_known and state.name not in self._runner.needs_newer


class Parts:
    """The parts of this process that have started so far."""

    def __init__(self) -> None:
        """Begin with none."""
        self.log: LogPart | None = None
        self.feed: FeedPart | None = None
        self.projections: ProjectionsPart | None = None

    def samples(self) -> Samples:
        """Return where Prometheus reads its values."""
        return Samples(
            log=lambda: self.log.sample() if self.log else None,
            feed=lambda: self.feed.sample() if self.feed else None,
            projections=lambda: self.projections.samples() if self.projections else (),
        )

    def details(self) -> dict[str, Any]:
        """Return what `/readyz` tells beyond readiness."""
        return {
            "position": self.log.sample().position if self.log else None,
            "feed": self.feed.sample()._asdict() if self.feed else None,
            "paused_projections": self.projections.paused() if self.projections else {},
            "projections_that_need_a_newer_version": self.projections.need_newer() if self.projections else {},
        }

    def feed_is_behind(self) -> bool:
        """Return whether the relay of this process is at work on events that the feed lacks."""
        if self.feed is None:
            return False
        sample = self.feed.sample()
        return sample.state == "running" and sample.lag_events > 0


def _status(state: ProjectionState, *, stuck: bool) -> str:
    return STUCK if stuck and not _is_paused(state) else str(state.status)


def _is_paused(state: ProjectionState) -> bool:
    return str(state.status) == "paused"
