"""The constraint table at work, as the standards write it: a tree of nodes that remember what was issued to
them.

Each node of a channel (the channel itself, its pseudo channels, ranks, stack ids, bank groups and banks)
remembers when each command was last issued to it. To ask when a command is legal is to look back: over all
nodes the command concerns and all constraints that end in it.

This is a *pull* model. The compiled controller has a push model of the same table: an issued command raises
the limits of all later ones.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from openrow.config.memory import Command, Level, MemoryConfig
from openrow.memory.standard import ResolvedConstraint, resolved_constraints

LEVELS = (Level.CHANNEL, Level.PSEUDO_CHANNEL, Level.RANK, Level.STACK_ID, Level.BANK_GROUP, Level.BANK)
LONGEST_WINDOW = 64
PRECHARGES = (Command.PRE, Command.PRE_ALL)


def _history() -> dict[Command, deque[int]]:
    return defaultdict(lambda: deque(maxlen=LONGEST_WINDOW))


@dataclass(eq=False)
class Node:
    """A node of the hierarchy with the last cycles at which each command was issued to it."""

    level: Level
    number: int
    """Place among the children of the parent."""
    parent: Self | None = None
    children: list[Self] = field(default_factory=list)
    issued: dict[Command, deque[int]] = field(default_factory=_history)

    def above(self) -> list[Self]:
        """The nodes from the channel down to the parent of this one."""
        return [] if self.parent is None else [*self.parent.above(), self.parent]

    def below(self) -> list[Self]:
        """All nodes under this one."""
        return [node for child in self.children for node in (child, *child.below())]

    def siblings(self) -> list[Self]:
        """The other nodes of the same parent."""
        return [] if self.parent is None else [node for node in self.parent.children if node is not self]

    @cached_property
    def concerned(self) -> list[Self]:
        """The nodes that a command addressed to this one concerns; first asked for in a finished tree."""
        return [*self.above(), self, *self.below()]


def build_tree(memory: MemoryConfig) -> Node:
    """The nodes of one channel."""
    counts = (memory.pseudo_channels, memory.ranks, memory.stack_ids, memory.bank_groups, memory.banks)
    root = Node(Level.CHANNEL, 0)
    parents = [root]
    for level, count in zip(LEVELS[1:], counts, strict=True):
        for parent in parents:
            parent.children = [Node(level, number, parent) for number in range(count)]
        parents = [child for parent in parents for child in parent.children]
    return root


def nodes_of(root: Node, level: Level) -> list[Node]:
    """The nodes of one level in the order of their numbers."""
    return [node for node in (root, *root.below()) if node.level is level]


class Timing:
    """When commands are legal in one channel, and the memory of what was issued there."""

    def __init__(self, memory: MemoryConfig) -> None:
        self.root = build_tree(memory)
        self._edges = memory.clock.cycles_per_clock
        self._constraints: dict[tuple[Level, Command], list[ResolvedConstraint]] = defaultdict(list)
        for constraint in resolved_constraints(memory):
            self._constraints[constraint.level, constraint.following].append(constraint)
        self._known: dict[tuple[Command, Node], int] = {}

    def issue(self, command: Command, target: Node, cycle: int) -> None:
        """Note that ``command`` was issued to ``target``: a bank, or the rank of an all-bank command."""
        for node in target.concerned:
            node.issued[command].append(cycle)
        self._known.clear()

    def first_cycle(self, command: Command, target: Node, floor: int) -> int:
        """The first cycle from ``floor`` on at which ``command`` may be issued to ``target``.

        Where a clock has two cycles, all commands but precharges start on its rising edge, an odd cycle.
        """
        cycle = max(self._legal_from(command, target), floor)
        if self._edges == 2 and command not in PRECHARGES and cycle % 2 == 0:
            cycle += 1
        return cycle

    def _legal_from(self, command: Command, target: Node) -> int:
        if (command, target) not in self._known:
            limits = [
                limit
                for node in target.concerned
                for constraint in self._constraints[node.level, command]
                for limit in _limits(constraint, node)
            ]
            self._known[command, target] = max(limits, default=0)
        return self._known[command, target]


def _limits(constraint: ResolvedConstraint, node: Node) -> list[int]:
    """Until when a constraint keeps its following command from ``node``."""
    looked_at = node.siblings() if constraint.sibling else [node]
    histories = [other.issued[constraint.preceding] for other in looked_at]
    return [
        history[-constraint.window] + constraint.latency
        for history in histories
        if len(history) >= constraint.window
    ]
