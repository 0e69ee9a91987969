"""Rows that are done, counted in order, and who waits for them."""

import simpy


class RowsDone:
    """A count of rows, all those before it included, and an event for each count that somebody waits for."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._early: set[int] = set()
        self._waited: dict[int, simpy.Event] = {}
        self.count = 0

    def done(self, row: int) -> None:
        """Note that ``row`` is done; rows may be done out of order."""
        self._early.add(row)
        reached = self.count
        while reached in self._early:
            self._early.remove(reached)
            reached += 1
        self.raise_to(reached)

    def raise_to(self, count: int) -> None:
        """Note that all rows before ``count`` are done."""
        self.count = max(self.count, count)
        for waited in [each for each in self._waited if each <= self.count]:
            self._waited.pop(waited).succeed()

    def reached(self, count: int) -> simpy.Event:
        """Return an event that comes when so many rows are done; ask only for more than there are."""
        assert count > self.count, "nobody has to wait"
        return self._waited.setdefault(count, self._env.event())
