"""The one SimPy process that serves all memory requests of a system.

Requests never become SimPy events one by one. The process advances all channels with one compiled call, up to
the earlier of the next event of anybody else and the first completion that somebody waits for. So devices
contend exactly, and an uncontended stream of millions costs a few events.
"""

from collections.abc import Callable, Generator, Iterator

import simpy

from openrow.engine.clock import ClockDomain
from openrow.memory.feed import Entries
from openrow.memory.system import FAR, MemorySystem, Reason


class MemoryProcess:
    """Serves the sources of ``memory`` in simulation time.

    Parameters
    ----------
    env
        The SimPy environment; its time is in ps.
    memory
        The memory system and its sources.
    clock
        The memory controller's clock.
    on_commands
        Called when the command record is full, to take it.
    """

    def __init__(
        self,
        env: simpy.Environment,
        memory: MemorySystem,
        clock: ClockDomain,
        on_commands: Callable[[], None] | None = None,
    ) -> None:
        self.env = env
        self.memory = memory
        self.clock = clock
        self._on_commands = on_commands
        self._waiting: dict[int, simpy.Event] = {}
        self._asked = env.event()
        env.process(self._serve())

    def request(self, source: int, chunks: Iterator[Entries], entry_bytes: int = 1) -> simpy.Event:
        """Ask for ``chunks`` through ``source``; the event succeeds with the cycle in which all is back."""
        if not self._waiting:
            self._run_out(self.clock.cycle_at(int(self.env.now)))  # refreshes went on while nobody asked
        self.memory.offer(source, chunks, entry_bytes, awaited=not self.memory.apart)
        done = self.env.event()
        self._waiting[source] = done
        if not self._asked.triggered:
            self._asked.succeed()
        return done

    def _serve(self) -> Generator[simpy.Event, object, None]:
        while True:
            if not self._waiting:
                self._asked = self.env.event()
                yield self._asked
            horizon = self.env.peek()
            # Independent channels have one source, and nobody else's event concerns them.
            endless = horizon == float("inf") or self.memory.apart
            reason = self.memory.advance(FAR if endless else self.clock.cycle_at(int(horizon)))
            if reason is Reason.NEED_FEED:
                self.memory.feed()
            elif reason is Reason.LOG_FULL and self._on_commands is not None:
                self._on_commands()
            elif reason is Reason.REACHED:
                yield self.env.timeout(int(horizon) - self.env.now)
                self._succeed(self.clock.cycle_at(int(horizon)))
            else:
                end = self.memory.groups[0].clock
                if reason is Reason.DRAINED:
                    end = self.memory.end_cycle()
                    self._run_out(end)
                yield self.env.timeout(max(self.clock.time_ps(end) - self.env.now, 0))
                self._succeed(end)

    def _run_out(self, end: int) -> None:
        """Advance to the end of the last request: refreshes go on until then."""
        while self.memory.advance(end) is Reason.LOG_FULL and self._on_commands is not None:
            self._on_commands()

    def _succeed(self, now: int) -> None:
        """Wake those whose requests have all come back by cycle ``now``."""
        for source in list(self._waiting):
            done = self.memory.done_cycle(source)
            if done is not None and done <= now:
                self.memory.release(source)
                self._waiting.pop(source).succeed(done)
