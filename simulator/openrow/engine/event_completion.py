"""Requests on their way back: when each is done, and when all of them are."""

from collections.abc import Generator

import simpy

from openrow.engine.event_channel import Channel
from openrow.engine.event_moments import END, AfterCycle, present_cycle
from openrow.engine.event_queues import Request


class Progress:
    """Counts requests down to the end of a run.

    Attributes
    ----------
    all_done : simpy.Event
        Succeeds when every request is done.
    end : int
        The last cycle of the run, so far.
    """

    def __init__(self, env: simpy.Environment, requests: int) -> None:
        self._env = env
        self._left = requests
        self.all_done = env.event()
        self.end = 0
        self._check()

    def count(self, end: int) -> None:
        """Note that a request is done, and with it the run not before cycle ``end``."""
        self._left -= 1
        self.end = max(self.end, end)
        self._check()

    def last_moment(self) -> AfterCycle:
        """The moment after everything of the last cycle, once all is done."""
        return AfterCycle(self._env, END, self.end - present_cycle(self._env))

    def _check(self) -> None:
        if self._left == 0:
            self.all_done.succeed()


class Completion:
    """The way back of one channel: reads return first in, first out, whenever they were to depart."""

    def __init__(self, channel: Channel, progress: Progress) -> None:
        self._env = channel.env
        self._counters = channel.counters
        self._progress = progress
        self._departing = simpy.Store(channel.env)
        channel.env.process(self._return_reads())

    def depart(self, read: Request, cycle: int) -> None:
        """Let a read depart in a cycle to come."""
        read.departure = cycle
        self._departing.put(read)

    def finish_write(self, write: Request) -> None:
        """A write is done as soon as its WR is issued."""
        write.departure = present_cycle(self._env)
        self._finish(write, write.departure)

    def finish_absorbed(self, write: Request) -> None:
        """An absorbed write is done when it is accepted: after this cycle, so the next one notices."""
        write.departure = present_cycle(self._env)
        self._finish(write, write.departure + 1)

    def _return_reads(self) -> Generator[simpy.Event, Request, None]:
        while True:
            read = yield self._departing.get()
            if read.departure > self._env.now:
                yield self._env.timeout(read.departure - self._env.now)
            self._counters.latency_sum += read.departure - read.arrival
            self._finish(read, present_cycle(self._env))

    def _finish(self, request: Request, end: int) -> None:
        request.returned_in = present_cycle(self._env)
        request.returned.succeed()
        self._progress.count(end)
