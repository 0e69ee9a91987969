"""Ports that serve in the order of asking."""

import simpy

from openrow.crossbar.hardware.timing import PS_PER_NS


class Port:
    """A resource that moves bytes, or does operations, at a rate, in the order in which it is asked.

    As the time of a service is known when it is asked for, so is its end: where ``simpy.Resource`` takes
    events to queue, to be granted and to be released, this takes none, and is the same queue.

    Parameters
    ----------
    env
        The SimPy environment; its time is in ps.
    per_ns
        Bytes, or operations, a nanosecond.
    """

    def __init__(self, env: simpy.Environment, per_ns: float) -> None:
        self._env = env
        self._per_ns = per_ns
        self._free = 0
        self.busy_ps = 0
        """Time in which it has served."""

    def serve(self, amount: int) -> int:
        """Take ``amount`` now, after all that has been asked before; returns the time of its end, ps."""
        service = round(amount * PS_PER_NS / self._per_ns)
        self._free = max(int(self._env.now), self._free) + service
        self.busy_ps += service
        return self._free
