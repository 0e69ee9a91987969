"""The controller of one channel as a SimPy process.

The process runs the cycles in which something can happen and sleeps in between. It runs the first cycle, in
which an idle channel turns to its writes, and every cycle that follows an issued command or an accepted
request. After a cycle that issued nothing only the clock moves on, so the next one that matters is the first
at which a timing constraint lets go of an eligible command, or a refresh falls due.
"""

from collections.abc import Callable, Generator

import simpy

from openrow.config.memory import MemoryConfig
from openrow.engine.event_admission import Admission
from openrow.engine.event_buses import command_bus, next_moment
from openrow.engine.event_channel import Channel
from openrow.engine.event_completion import Completion, Progress
from openrow.engine.event_issue import IssuedCommand, Issuing
from openrow.engine.event_moments import present_cycle
from openrow.engine.event_queues import Request


class ChannelController:
    """One channel: its state, its door, its command bus and the process that drives it.

    Parameters
    ----------
    env
        The environment; its time is in cycles.
    memory
        The memory.
    number
        Number of the channel.
    record
        Where issued commands are noted.
    progress
        What counts the requests that are done.
    room_made
        Called when an issued command may have made room for a request.
    """

    def __init__(
        self,
        env: simpy.Environment,
        memory: MemoryConfig,
        number: int,
        record: list[IssuedCommand],
        progress: Progress,
        room_made: Callable[[], None],
    ) -> None:
        self.channel = Channel(env, memory, number)
        completion = Completion(self.channel, progress)
        self._env = env
        self._admission = Admission(self.channel, completion)
        self._bus = command_bus(memory, self.channel, Issuing(self.channel, record, completion).issue)
        self._room_made = room_made
        self._accepted = env.event()
        env.process(self._run())

    def offer(self, request: Request) -> bool:
        """Offer a request after the present cycle; returns whether the channel takes it."""
        taken = self._admission.offer(request)
        if taken and not self._accepted.triggered:
            self._accepted.succeed()
        return taken

    def _run(self) -> Generator[simpy.Event, object, None]:
        wake: int | None = 1
        while True:
            yield from self._sleep(wake)
            now = present_cycle(self._env)
            self.channel.maintenance.fall_due(now)
            if self._bus.run_cycle(now):
                wake = now + 1
                self._room_made()
            else:
                wake = next_moment(self.channel, now + 1)

    def _sleep(self, wake: int | None) -> Generator[simpy.Event, object, None]:
        """Sleep until cycle ``wake``, or the cycle after an acceptance if that comes first."""
        self._accepted = self._env.event()
        if wake is None:
            yield self._accepted
        else:
            yield self._env.timeout(wake - self._env.now) | self._accepted
        if self._accepted.triggered:
            yield self._env.timeout(1)
