"""What one issued command changes: the bank, the lists, the counters, the constraints, the record."""

from dataclasses import dataclass

from openrow.config.latency_formula import evaluate
from openrow.config.memory import Command, PagePolicy
from openrow.config.timings import resolved_timings
from openrow.engine.event_bank import RowState
from openrow.engine.event_channel import Action, Channel
from openrow.engine.event_completion import Completion
from openrow.engine.event_moments import present_cycle
from openrow.engine.event_queues import Request
from openrow.engine.event_scheduling import row_is_wanted

WITH_AUTO_PRECHARGE = {Command.READ: Command.READ_AUTO, Command.WRITE: Command.WRITE_AUTO}
NO_COORDINATE = -1


@dataclass(frozen=True)
class IssuedCommand:
    """A line of the command record."""

    cycle: int
    command: Command
    channel: int
    bank: int
    """Flat number; of an all-bank command that of the first bank of its rank."""
    row: int
    column: int


class Issuing:
    """Issues the actions of one channel.

    Parameters
    ----------
    channel
        The channel.
    record
        Where issued commands are noted.
    completion
        The way back of served requests.
    """

    def __init__(self, channel: Channel, record: list[IssuedCommand], completion: Completion) -> None:
        timings = resolved_timings(channel.memory)
        self._channel = channel
        self._record = record
        self._completion = completion
        self._read_latency = evaluate(channel.memory.read_latency, timings)
        self._closes = channel.memory.controller.page_policy is PagePolicy.CLOSED
        self._splits = channel.memory.split_activation is not None

    def issue(self, action: Action) -> None:
        """Issue ``action`` in the present cycle."""
        channel, bank, request = self._channel, action.bank, action.request
        cycle = present_cycle(channel.env)
        row, column = self._coordinates(action)
        if request is not None:
            self._classify(request)
        command = self._change_state(action, cycle)
        channel.timing.issue(command, action.target, cycle)
        self._record.append(IssuedCommand(cycle, command, channel.number, bank.index, row, column))

    def _coordinates(self, action: Action) -> tuple[int, int]:
        """Row and column of the record: the request's, or else the row that is closed."""
        if action.request is not None:
            return action.request.row, action.request.column
        if action.command is Command.PRE:
            return action.bank.row, NO_COORDINATE
        return NO_COORDINATE, NO_COORDINATE

    def _classify(self, request: Request) -> None:
        """Count the row outcome of a request, as the bank is before the first command issued for it."""
        if request.had_command:
            return
        request.had_command = True
        counters = self._channel.counters
        if request.bank.state is RowState.CLOSED:
            counters.row_misses += 1
        elif request.hits:
            counters.row_hits += 1
        else:
            counters.row_conflicts += 1

    def _change_state(self, action: Action, cycle: int) -> Command:
        """Apply what the command does to rows and lists. Returns the command as it goes out."""
        channel, bank, request = self._channel, action.bank, action.request
        match action.command:
            case Command.ACT if request is not None:
                self._activate(request, cycle)
            case Command.ACT2 if request is not None:
                bank.state = RowState.OPEN
                channel.activating = None
                channel.active.append(request)
            case Command.READ | Command.WRITE if request is not None:
                return self._access(request, cycle)
            case Command.PRE:
                bank.close()
            case Command.PRE_ALL:
                for other in channel.banks:
                    if other.rank is bank.rank:
                        other.close()
            case Command.REFRESH_ALL | Command.REFRESH_BANK:
                channel.maintenance.finish_head()
        return action.command

    def _activate(self, request: Request, cycle: int) -> None:
        channel = self._channel
        request.bank.activate(request.row, cycle, self._splits)
        channel.queue_of(request).remove(request)
        if self._splits:
            channel.activating = request
        else:
            channel.active.append(request)

    def _access(self, request: Request, cycle: int) -> Command:
        channel, bank, command = self._channel, request.bank, request.access
        bank.access(cycle)
        if self._closes and not row_is_wanted(channel, bank, but=request):
            bank.close()
            command = WITH_AUTO_PRECHARGE[command]
        if request in channel.active:
            channel.active.remove(request)
        else:
            channel.queue_of(request).remove(request)
        self._answer(request, cycle)
        return command

    def _answer(self, request: Request, cycle: int) -> None:
        """A write is done with its WR; a read departs with those that share its access."""
        if request.is_write:
            self._completion.finish_write(request)
            return
        for read in [request, *request.merged]:
            self._completion.depart(read, cycle + self._read_latency)
