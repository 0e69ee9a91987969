"""What a controller issues in one cycle, for each kind of command bus.

The order of precedence in a cycle is: activated requests, the head of the maintenance queue, the request
queue the write mode selects, rows closed by time-out. An all-bank refresh that is due silences the last two,
and the write mode is evaluated only where they are reached.
"""

from collections.abc import Callable
from typing import Protocol

from openrow.config.latency_formula import evaluate
from openrow.config.memory import Command, MemoryConfig, SplitActivation
from openrow.config.timings import resolved_timings
from openrow.engine.event_channel import Action, Channel
from openrow.engine.event_scheduling import (
    activated_accesses,
    is_access,
    maintenance,
    timed_out_rows,
    update_write_mode,
    waiting_requests,
)

Issue = Callable[[Action], None]


class CommandBus(Protocol):
    """One cycle of a command bus."""

    def run_cycle(self, cycle: int) -> bool:
        """Issue what this cycle allows; returns whether anything was issued."""


def first_ready(channel: Channel, actions: list[Action], cycle: int) -> Action | None:
    """The first of ``actions`` that may be issued in this very cycle."""
    return next((action for action in actions if channel.first_cycle(action, cycle) == cycle), None)


def waiting(channel: Channel) -> list[Action]:
    """Evaluate the write mode and return what the selected queue has to offer; nothing while silenced."""
    if channel.maintenance.silences_queues:
        return []
    update_write_mode(channel)
    return waiting_requests(channel)


def timed_out(channel: Channel) -> list[Action]:
    """Rows to close by time-out; none while the queues are silenced."""
    return [] if channel.maintenance.silences_queues else timed_out_rows(channel)


def choose(channel: Channel, cycle: int) -> Action | None:
    """The one command of a cycle where all commands share a bus."""
    access = first_ready(channel, activated_accesses(channel), cycle)
    if access is not None:
        return access
    actions = [*maintenance(channel), *waiting(channel), *timed_out(channel)]
    return first_ready(channel, actions, cycle)


def next_moment(channel: Channel, floor: int) -> int | None:
    """The first cycle from ``floor`` on at which anything can happen, if nothing is offered before.

    It follows a cycle in which nothing was issued, so the write mode has settled, and every action that could
    be issued now would have been.
    """
    actions = [*activated_accesses(channel), *maintenance(channel)]
    if not channel.maintenance.silences_queues:
        actions += waiting_requests(channel) + timed_out_rows(channel)
    cycles = [channel.first_cycle(action, floor) for action in actions]
    if channel.maintenance.next_due is not None:
        cycles.append(max(channel.maintenance.next_due, floor))
    return min(cycles, default=None)


class SingleBus:
    """DDR4, DDR5, GDDR6: one command a cycle, of any kind."""

    def __init__(self, channel: Channel, issue: Issue) -> None:
        self._channel = channel
        self._issue = issue

    def run_cycle(self, cycle: int) -> bool:
        """Issue at most one command."""
        action = choose(self._channel, cycle)
        if action is None:
            return False
        self._issue(action)
        return True


class DualBus:
    """HBM: a column command and a row command a cycle, the column command first."""

    def __init__(self, channel: Channel, issue: Issue) -> None:
        self._channel = channel
        self._issue = issue

    def run_cycle(self, cycle: int) -> bool:
        """Issue at most one command on each bus; the row bus sees what the column command has changed."""
        column = self._column_command(cycle)
        if column is not None:
            self._issue(column)
        row = self._row_command(cycle)
        if row is not None:
            self._issue(row)
        return column is not None or row is not None

    def _column_command(self, cycle: int) -> Action | None:
        access = first_ready(self._channel, activated_accesses(self._channel), cycle)
        if access is not None:
            return access
        return first_ready(self._channel, [a for a in waiting(self._channel) if is_access(a)], cycle)

    def _row_command(self, cycle: int) -> Action | None:
        channel = self._channel
        rows = [action for action in waiting(channel) if not is_access(action)]
        return first_ready(channel, [*maintenance(channel), *rows, *timed_out(channel)], cycle)


class SplitActivateBus:
    """LPDDR5: one bus, an activation in two commands, and a data clock that stops when it is not used.

    ACT2 fills the first cycle in which nothing else is issued, at the latest its deadline. An access whose
    data clock has stopped is preceded, one cycle earlier, by a clock-sync command.
    """

    def __init__(self, channel: Channel, issue: Issue, split: SplitActivation) -> None:
        timings = resolved_timings(channel.memory)
        self._channel = channel
        self._issue_now = issue
        self._within = evaluate(split.activate_deadline, timings)
        self._clock_runs = {
            Command.READ: evaluate(split.sync_expiry_read, timings),
            Command.WRITE: evaluate(split.sync_expiry_write, timings),
        }
        self._clock_stops = 0
        self._synchronised: Action | None = None
        self._deadline = 0

    def run_cycle(self, cycle: int) -> bool:
        """Issue at most one command."""
        action = self._synchronised or self._choose(cycle)
        if action is None:
            return False
        self._issue(action, cycle)
        return True

    def _choose(self, cycle: int) -> Action | None:
        second = self._second_activation()
        if second is not None and self._deadline <= cycle:
            return second
        action = choose(self._channel, cycle)
        if action is None:
            return second
        if not is_access(action) or cycle < self._clock_stops:
            return action
        if second is not None and self._deadline <= cycle + 1:
            return second
        sync = Command.SYNC_READ if action.command is Command.READ else Command.SYNC_WRITE
        return Action(sync, action.bank, action.request)

    def _second_activation(self) -> Action | None:
        request = self._channel.activating
        return None if request is None else Action(Command.ACT2, request.bank, request)

    def _issue(self, action: Action, cycle: int) -> None:
        self._synchronised = None
        if action.command is Command.ACT:
            self._deadline = cycle + self._within
        elif is_access(action):
            self._clock_stops = max(self._clock_stops, cycle + self._clock_runs[action.command])
        elif action.request is not None and action.command in (Command.SYNC_READ, Command.SYNC_WRITE):
            self._synchronised = Action(action.request.access, action.bank, action.request)
        self._issue_now(action)


def command_bus(memory: MemoryConfig, channel: Channel, issue: Issue) -> CommandBus:
    """The command bus a memory has."""
    if memory.split_activation is not None:
        return SplitActivateBus(channel, issue, memory.split_activation)
    return DualBus(channel, issue) if memory.command_bus == "dual" else SingleBus(channel, issue)
