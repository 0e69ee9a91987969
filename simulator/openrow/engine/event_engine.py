"""The event engine: the memory model as SimPy processes and resources, one event a command.

It is the same model as the compiled one, written down a second time for reading, teaching and as an oracle:
from the policy's rules, with lists that are scanned and constraints that are looked up, and nothing of the
compiled code. Both give the same commands in the same cycles. It runs some ten thousand commands a second.

The parts: :mod:`event_sources` offer requests, :mod:`event_admission` takes them into :mod:`event_queues`,
:mod:`event_scheduling` says what may be done next, :mod:`event_buses` what is done in a cycle,
:mod:`event_timing` when it is legal, :mod:`event_issue` what it changes, :mod:`event_completion` when a
request is back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import simpy
from numpy.typing import NDArray

from openrow.config.memory import Command, MemoryConfig
from openrow.engine.event_channel import Counters
from openrow.engine.event_completion import Progress
from openrow.engine.event_controller import ChannelController
from openrow.engine.event_issue import NO_COORDINATE, IssuedCommand
from openrow.engine.event_queues import Request
from openrow.engine.event_sources import Pace, Source, Turns
from openrow.memory.commands import CommandStream
from openrow.memory.mapping import AddressMapping


@dataclass(frozen=True)
class Traffic:
    """What one traffic source asks for, in memory cycles."""

    address: NDArray[np.uint64]
    """(n,) byte addresses of bursts."""
    is_write: NDArray[np.bool_]
    """(n,) which of them are written."""
    cycle: NDArray[np.int64] | None = None
    """(n,) arrival times; None where a request comes as soon as the one before it is taken."""
    window: int = 0
    """Requests outstanding at once; 0 for any number."""
    interval: int = 0
    """Cycles between two requests."""
    consume: int = 0
    """Cycles a response holds its slot of the window."""


@dataclass(frozen=True)
class EventRun:
    """What the event engine found."""

    commands: CommandStream
    """Every command issued, in order of cycle and channel."""
    times: list[NDArray[np.int64]]
    """For each source (n, 3): arrival, departure and return cycle of its requests."""
    cycles: int
    """The cycle in which the last read has returned and the last write has been issued; a write that another
    absorbs is done in the cycle after its acceptance."""
    channels: list[Counters]
    """Counters of each channel."""

    @property
    def counters(self) -> Counters:
        """Counters of all channels together."""
        return sum(self.channels, Counters())


def replay_events(memory: MemoryConfig, traffic: Sequence[Traffic]) -> EventRun:
    """Play traffic through a memory, command by command.

    Parameters
    ----------
    memory
        The memory.
    traffic
        The sources, in the order in which they take turns. All channels share one time, and a source offers
        its requests strictly in order: one that its channel refuses holds up the ones behind it.

    Returns
    -------
    EventRun
        Commands, times of requests, end and counters.
    """
    env = simpy.Environment()
    record: list[IssuedCommand] = []
    progress = Progress(env, sum(len(source.address) for source in traffic))
    turns = Turns(env, len(traffic), lambda request: controllers[request.channel].offer(request))
    controllers = [
        ChannelController(env, memory, number, record, progress, turns.call)
        for number in range(memory.channels)
    ]
    mapping = AddressMapping(memory)
    requests = [_requests(env, mapping, source, controllers) for source in traffic]
    for number, source in enumerate(traffic):
        stamps = [0] * len(source.address) if source.cycle is None else source.cycle.tolist()
        pace = Pace(source.window, source.interval, source.consume)
        Source(env, number, requests[number], stamps, pace, turns)
    env.run(until=progress.all_done)
    env.run(until=progress.last_moment())
    return EventRun(
        commands=_command_stream(memory, record),
        times=[_times(of_source) for of_source in requests],
        cycles=progress.end,
        channels=[controller.channel.close_counters() for controller in controllers],
    )


def _requests(
    env: simpy.Environment, mapping: AddressMapping, source: Traffic, controllers: list[ChannelController]
) -> list[Request]:
    where = mapping.decode(source.address)
    columns = (where.channel, where.bank, where.row, where.column)
    places = zip(*(column.tolist() for column in columns), strict=True)
    entries = zip(source.address.tolist(), source.is_write.tolist(), places, strict=True)
    banks = [controller.channel.banks for controller in controllers]
    return [
        Request(address, is_write, channel, banks[channel][bank], row, column, env.event())
        for address, is_write, (channel, bank, row, column) in entries
    ]


def _times(requests: list[Request]) -> NDArray[np.int64]:
    rows = [(request.arrival, request.departure, request.returned_in) for request in requests]
    return np.array(rows, dtype=np.int64).reshape(len(rows), 3)


def _command_stream(memory: MemoryConfig, record: list[IssuedCommand]) -> CommandStream:
    """The record in order of cycle and channel; within one channel and cycle in order of issue."""
    ordered = sorted(record, key=lambda issued: (issued.cycle, issued.channel))
    rows = [
        (issued.cycle, issued.channel, *_coordinates(memory, issued), issued.row, issued.column)
        for issued in ordered
    ]
    cycle, channel, pseudo_channel, rank, bank_group, bank, row, column = (
        np.array(rows, dtype=np.int64).reshape(len(rows), 8).T
    )
    command = np.array([issued.command.value for issued in ordered], dtype=np.str_)
    return CommandStream(cycle, command, channel, pseudo_channel, rank, bank_group, bank, row, column)


def _coordinates(memory: MemoryConfig, issued: IssuedCommand) -> tuple[int, int, int, int]:
    """Pseudo channel, rank (stack ids counted within it), bank group and bank of a command."""
    bank_group, bank = divmod(issued.bank, memory.banks)
    stack_id, bank_group = divmod(bank_group, memory.bank_groups)
    rank, stack_id = divmod(stack_id, memory.stack_ids)
    pseudo_channel, rank = divmod(rank, memory.ranks)
    if issued.command in (Command.PRE_ALL, Command.REFRESH_ALL):
        return pseudo_channel, rank * memory.stack_ids, NO_COORDINATE, NO_COORDINATE
    return pseudo_channel, rank * memory.stack_ids + stack_id, bank_group, bank
