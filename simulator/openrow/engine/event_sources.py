"""Traffic sources as SimPy processes, and the turns they take."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import simpy

from openrow.engine.event_moments import OFFERS, AfterCycle, present_cycle
from openrow.engine.event_queues import Request


@dataclass(frozen=True)
class Offer:
    """A request that a source holds out until it is taken."""

    request: Request
    taken: simpy.Event


class Turns:
    """Lets the sources offer after each cycle: one request each in turn, until none can go on."""

    def __init__(self, env: simpy.Environment, sources: int, offer: Callable[[Request], bool]) -> None:
        self._env = env
        self._offer = offer
        self._offers: list[Offer | None] = [None] * sources
        self._called = env.event()
        env.process(self._run())

    def hold_out(self, source: int, request: Request) -> simpy.Event:
        """Hold out the next request of a source; the event succeeds when a channel takes it."""
        offer = Offer(request, self._env.event())
        self._offers[source] = offer
        self.call()
        return offer.taken

    def call(self) -> None:
        """Something has changed: have the sources offer after the present cycle."""
        if not self._called.triggered:
            self._called.succeed()

    def _run(self) -> Generator[simpy.Event, object, None]:
        while True:
            yield self._called
            self._called = self._env.event()
            yield AfterCycle(self._env, OFFERS)
            while self._take_turns():
                yield AfterCycle(self._env, OFFERS)

    def _take_turns(self) -> bool:
        """Let each source offer once; returns whether any request was taken."""
        any_taken = False
        for source, offer in enumerate(self._offers):
            if offer is not None and self._offer(offer.request):
                self._offers[source] = None
                offer.taken.succeed()
                any_taken = True
        return any_taken


@dataclass(frozen=True)
class Pace:
    """How a source asks for memory."""

    window: int
    """Requests outstanding at once; 0 for any number."""
    interval: int
    """Cycles between two requests."""
    consume: int
    """Cycles a response holds its slot of the window."""


class Source:
    """Offers its requests in order, each when its stamp, the interval and the window allow it."""

    def __init__(
        self,
        env: simpy.Environment,
        number: int,
        requests: Sequence[Request],
        stamps: Sequence[int],
        pace: Pace,
        turns: Turns,
    ) -> None:
        self._env = env
        self._number = number
        self._requests = requests
        self._stamps = stamps
        self._pace = pace
        self._turns = turns
        self._window = simpy.Resource(env, pace.window) if pace.window > 0 else None
        env.process(self._run())

    def _run(self) -> Generator[simpy.Event, object, None]:
        next_offer = 0
        for request, stamp in zip(self._requests, self._stamps, strict=True):
            wait = max(stamp, next_offer) - present_cycle(self._env)
            if wait > 0:
                yield self._env.timeout(wait)
            if self._window is not None:
                slot = self._window.request()
                yield slot
                self._env.process(self._consume(request, self._window, slot))
            yield self._turns.hold_out(self._number, request)
            next_offer = present_cycle(self._env) + self._pace.interval

    def _consume(
        self, request: Request, window: simpy.Resource, slot: simpy.resources.resource.Request
    ) -> Generator[simpy.Event, object, None]:
        """Give a slot of the window back when the response has been consumed."""
        yield request.returned
        yield self._env.timeout(self._pace.consume)
        window.release(slot)
