"""Rules as sentences: given these events, when this is decided, then those events are recorded, or it is refused.

given(STATUS, ended).when(decide_set_status, resume).then(resumed)
given(STATUS, ended).when(decide_set_status, end_otherwise).refused(RunEndedError, match="finished")
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Concatenate, Generic, ParamSpec, TypeVar

import pytest

from modelbox_events import ChangeEvent, NewEvent
from modelbox_gateway.rules.aggregate import Aggregate

State = TypeVar("State")
Error = TypeVar("Error", bound=Exception)
Rest = ParamSpec("Rest")


def given(aggregate: Aggregate[State], *events: ChangeEvent) -> "Given[State]":
    """Return what these events, in their order, have made of an object."""
    return Given(folded(aggregate.evolve, aggregate.initial, events), aggregate)


def folded(evolve: Callable[[State, ChangeEvent], State], initial: State, events: Sequence[ChangeEvent]) -> State:
    """Return the state that events make."""
    state = initial
    for event in events:
        state = evolve(state, event)
    return state


@dataclass(frozen=True)
class Given(Generic[State]):
    """An object as it is before something is decided."""

    state: State
    aggregate: Aggregate[State]

    def when(
        self, decide: Callable[Concatenate[State, Rest], Sequence[NewEvent]], *asked: Rest.args, **options: Rest.kwargs
    ) -> "When[State]":
        """Return a decision that is yet to be taken, as the rule takes it."""
        return When(self, lambda: decide(self.state, *asked, **options))


@dataclass(frozen=True)
class When(Generic[State]):
    """A decision, taken when it is asked what comes of it."""

    before: Given[State]
    decide: Callable[[], Sequence[NewEvent]]

    def then(self, *expected: ChangeEvent) -> None:
        """Hold that exactly these events are recorded; without any, that nothing is."""
        assert self.events == list(expected)

    def refused(self, error: type[Error], match: str | None = None) -> Error:
        """Hold that it is refused, and return the error."""
        with pytest.raises(error, match=match) as refused:
            self.decide()
        return refused.value

    @property
    def events(self) -> list[ChangeEvent]:
        """What is recorded."""
        return [event.data for event in self.decide()]

    @property
    def event(self) -> NewEvent:
        """The one event that is recorded, with the streams that it opens."""
        [event] = self.decide()
        return event

    @property
    def state(self) -> State:
        """What the object is after it."""
        return folded(self.before.aggregate.evolve, self.before.state, self.events)
