"""Whether the service can do its work: one check a part, asked when somebody wants to know.

Must not know: HTTP.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import msgspec

CHECK_TIMEOUT_S: Final = 2.0

Check = Callable[[], Awaitable[str]]
"""Returns what is wrong with the part, in words; empty when it is ready."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The body of `/readyz`."""

    status: Literal["ready", "starting", "not ready", "stopping"]
    """Starting until it is ready for the first time."""
    missing: tuple[str, ...]
    """The parts that are not ready, each with what is wrong: `feed: no server answers`."""
    parts: dict[str, str]
    """Every part: "ready" or what is wrong."""
    details: dict[str, Any]
    """What is worth knowing and keeps nobody from working, such as a paused projection."""


class Readiness:
    """The parts of a process and their checks."""

    def __init__(self, parts: tuple[str, ...], *, details: Callable[[], dict[str, Any]]) -> None:
        """Name the parts that must be ready, in the order they start; `details` is called for each report."""
        self._checks: dict[str, Check | None] = dict.fromkeys(parts)
        self._details = details
        self._stopping = False
        self._was_ready = False

    def watch(self, part: str, check: Check) -> None:
        """Say that a part has started, and how to see whether it is ready."""
        self._checks[part] = check

    def stop(self) -> None:
        """Report from now on that the process stops."""
        self._stopping = True

    async def report(self) -> Report:
        """Ask every part, each within `CHECK_TIMEOUT_S`."""
        answers = await asyncio.gather(*(self._ask(check) for check in self._checks.values()))
        problems = {part: answer for part, answer in zip(self._checks, answers, strict=True) if answer}
        self._was_ready = self._was_ready or not problems
        return Report(
            status=self._status(is_ready=not problems),
            missing=tuple(f"{part}: {problem}" for part, problem in problems.items()),
            parts={part: problems.get(part, "ready") for part in self._checks},
            details=self._details(),
        )

    def _status(self, *, is_ready: bool) -> Literal["ready", "starting", "not ready", "stopping"]:
        if self._stopping:
            return "stopping"
        if is_ready:
            return "ready"
        return "not ready" if self._was_ready else "starting"

    async def _ask(self, check: Check | None) -> str:
        if check is None:
            return "not started yet"
        try:
            return await asyncio.wait_for(check(), CHECK_TIMEOUT_S)
        except TimeoutError:
            return f"no answer in {CHECK_TIMEOUT_S:g} s"


def once_ready(check: Check) -> Check:
    """Return a check that stays ready once it was.

    For a part whose later trouble must not take the service out of the balancer: with one projection paused, every
    gateway still takes calls. The feed is no part of readiness at all: nobody's call needs it.
    """
    was_ready = False

    async def ask() -> str:
        nonlocal was_ready
        problem = "" if was_ready else await check()
        was_ready = not problem
        return problem

    return ask
