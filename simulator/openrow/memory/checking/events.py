"""A command stream as the nodes of one level see it: the ground the checker stands on.

The checker keeps no state. It sorts the commands by the node they address, so that every node's own history
is a contiguous run in the order of the stream, and asks of each command which one came before it there. A
command that addresses all banks of a rank stands in the history of every node below the rank.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.memory import Command, Level, MemoryConfig
from openrow.memory.commands import CommandStream

Int64Array = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
CodeArray = NDArray[np.int8]

COMMANDS = list(Command)
UNKNOWN = len(COMMANDS)
LEVELS = [Level.BANK, Level.BANK_GROUP, Level.STACK_ID, Level.RANK, Level.PSEUDO_CHANNEL, Level.CHANNEL]
ALL_BANK = frozenset({Command.PRE_ALL, Command.REFRESH_ALL})
NOWHERE = -1


def banks_below(memory: MemoryConfig) -> dict[Level, int]:
    """Return how many banks lie below one node of each level."""
    elements = [memory.banks, memory.bank_groups, memory.stack_ids, memory.ranks, memory.pseudo_channels]
    return {level: int(np.prod(elements[:depth])) for depth, level in enumerate(LEVELS)}


def is_any(code: CodeArray, commands: frozenset[Command]) -> BoolArray:
    """Return which of ``code`` are one of ``commands``."""
    table = np.zeros(UNKNOWN + 1, dtype=np.bool_)
    table[[COMMANDS.index(command) for command in commands]] = True
    return table[code]


def command_codes(names: NDArray[np.str_]) -> CodeArray:
    """Return the place of each name in ``COMMANDS``, ``UNKNOWN`` where it is none."""
    codes = np.full(len(names), UNKNOWN, dtype=np.int8)
    for code, command in enumerate(COMMANDS):
        codes[names == command.value] = code
    return codes


@dataclass(frozen=True)
class PlacedStream:
    """The commands of a stream that name a place inside the memory, with that place as one number.

    Attributes
    ----------
    index : (n,) int64
        The command's place in the stream that was given.
    cycle : (n,) int64
    code : (n,) int8
        The command, as its place in ``COMMANDS``.
    bank : (n,) int64
        Number of the bank in the whole memory, channels outermost; for an all-bank command the first of the
        rank.
    row : (n,) int64
    end : int
        The last cycle of the stream.
    """

    memory: MemoryConfig
    index: Int64Array
    cycle: Int64Array
    code: CodeArray
    bank: Int64Array
    row: Int64Array
    end: int

    def is_any(self, *commands: Command) -> BoolArray:
        """Return which commands of the stream are one of ``commands``."""
        return is_any(self.code, frozenset(commands))


def place(memory: MemoryConfig, stream: CommandStream, code: CodeArray, sound: BoolArray) -> PlacedStream:
    """Number the banks of the ``sound`` commands of a stream."""
    wide = is_any(code, ALL_BANK)
    rank = stream.channel * memory.pseudo_channels + stream.pseudo_channel
    stack = rank * memory.ranks * memory.stack_ids + stream.rank
    stack = np.where(wide, stack // memory.stack_ids * memory.stack_ids, stack)
    group = stack * memory.bank_groups + np.where(wide, 0, stream.bank_group)
    bank = group * memory.banks + np.where(wide, 0, stream.bank)
    index = np.flatnonzero(sound)
    end = int(stream.cycle.max(initial=0))
    return PlacedStream(memory, index, stream.cycle[index], code[index], bank[index], stream.row[index], end)


def coordinates_of(memory: MemoryConfig, bank: int, command: Command) -> tuple[int, ...]:
    """Return the coordinates, as in a stream, of a command that addresses bank number ``bank`` and no row."""
    group, in_group = divmod(bank, memory.banks)
    stack, group = divmod(group, memory.bank_groups)
    pseudo_channel, rank = divmod(stack, memory.ranks * memory.stack_ids)
    channel, pseudo_channel = divmod(pseudo_channel, memory.pseudo_channels)
    group, in_group = (NOWHERE, NOWHERE) if command in ALL_BANK else (group, in_group)
    return channel, pseudo_channel, rank, group, in_group, NOWHERE, NOWHERE


@dataclass(frozen=True)
class Events:
    """Commands at the nodes of one level, node by node, in the order of the stream within a node.

    Attributes
    ----------
    at : (m,) int64
        The command, as its place in the placed stream; an all-bank command is met once a node.
    node, parent : (m,) int64
        The node, and the node of the next level around it.
    cycle : (m,) int64
    code : (m,) int8
    """

    at: Int64Array
    node: Int64Array
    parent: Int64Array
    cycle: Int64Array
    code: CodeArray

    def is_any(self, commands: frozenset[Command]) -> BoolArray:
        """Return which events are one of ``commands``."""
        return is_any(self.code, commands)


def events_at(stream: PlacedStream, level: Level, by_parent: bool = False) -> Events:
    """Return the commands of ``stream`` by the nodes of ``level``.

    With ``by_parent`` they are sorted by the parent of the node alone, so that the children of one parent
    mix in the order of the stream. The parent of a channel is the whole memory.
    """
    below = banks_below(stream.memory)
    span = below[level]
    around = LEVELS.index(level) + 1
    children = below[LEVELS[around]] // span if around < len(LEVELS) else stream.memory.channels
    node = stream.bank // span
    at = np.arange(len(node), dtype=np.int64)
    nodes_of_rank = below[Level.RANK] // span
    if nodes_of_rank > 1:
        copies = np.where(is_any(stream.code, ALL_BANK), nodes_of_rank, 1)
        at = np.repeat(at, copies)
        number_of_copy = np.arange(len(at)) - np.repeat(np.cumsum(copies) - copies, copies)
        node = node[at] + number_of_copy
    parent = node // children
    key = parent if by_parent else node
    # Few nodes fit in 16 bits, and those NumPy sorts by radix.
    narrow = key.astype(np.uint16) if key.max(initial=0) < 1 << 16 else key
    order = np.argsort(narrow, kind="stable")
    at = at[order]
    return Events(at, node[order], parent[order], stream.cycle[at], stream.code[at])


def previous(events: Events, among: BoolArray, of: Int64Array, window: int = 1) -> Int64Array:
    """Return for each event in ``of`` the ``window``-th most recent event of ``among`` at its node.

    The latest counts as the first; an event does not precede itself. ``NOWHERE`` where there are fewer.
    """
    places = np.flatnonzero(among)
    last = np.subtract(np.cumsum(among), among)[of] - window
    return _at_the_same(events.node, places, last, of)


def previous_elsewhere(events: Events, among: BoolArray, of: Int64Array) -> Int64Array:
    """Return for each event in ``of`` the latest of ``among`` at another node of its parent, or ``NOWHERE``.

    ``events`` are sorted by parent.
    """
    places = np.flatnonzero(among)
    last = np.subtract(np.cumsum(among), among)[of] - 1
    if len(places):
        nodes = events.node[places]
        numbers = np.arange(len(places))
        starts = np.concatenate([[True], nodes[1:] != nodes[:-1]])
        first_of_run = np.maximum.accumulate(np.where(starts, numbers, 0))
        own = (last >= 0) & (nodes[last] == events.node[of])
        last = np.where(own, first_of_run[last] - 1, last)
    return _at_the_same(events.parent, places, last, of)


def _at_the_same(node: Int64Array, places: Int64Array, last: Int64Array, of: Int64Array) -> Int64Array:
    """Return ``places[last]`` where that exists and lies at the node of ``of``, else ``NOWHERE``."""
    found = np.full(len(of), NOWHERE, dtype=np.int64)
    known = np.flatnonzero(last >= 0)
    candidates = places[last[known]]
    same = node[candidates] == node[of[known]]
    found[known[same]] = candidates[same]
    return found
