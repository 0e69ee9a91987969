"""What happens when within one cycle of the event engine.

SimPy time counts controller cycles. All that happens in a cycle (commands, returned reads, sources that bring
their next request) runs at SimPy's normal priority. Requests are offered after everything else of the cycle,
so an offer after cycle t is first looked at in cycle t + 1. The end of a run comes after the offers.
"""

import simpy
from simpy.events import NORMAL, EventPriority

OFFERS = EventPriority(NORMAL + 1)
END = EventPriority(NORMAL + 2)


class AfterCycle(simpy.Event):
    """Succeeds once nothing of a higher precedence is left of a cycle.

    Parameters
    ----------
    env
        The environment; its time is in cycles.
    precedence
        OFFERS or END.
    delay
        The cycle, counted from the present one.
    """

    def __init__(self, env: simpy.Environment, precedence: EventPriority, delay: int = 0) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, precedence, delay)


def present_cycle(env: simpy.Environment) -> int:
    """The present cycle of an environment that is only ever delayed by whole cycles."""
    return int(env.now)
