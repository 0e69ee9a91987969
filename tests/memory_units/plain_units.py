"""The units of one channel, cycle by cycle, in plain Python: slow and easy to read.

In every cycle the longest waiting unit gets the row bus and the longest waiting gets the column bus, or,
where columns are sequenced in the bank, each that can read does; all but precharges start on rising edges.
Only the resolved constraint table is shared with the compiled model. There is no refresh and no other
traffic.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from openrow.config.memory import Command, MemoryConfig
from openrow.memory.standard import ResolvedConstraint, parent_spans, resolved_constraints, spans
from openrow.memory.units.unit_array import UnitShape

Place = tuple[int, int] | None
"""Row and first burst of a neighbour in the bank, or None outside the map."""
Issued = tuple[int, str, int, int, int]
"""Cycle, command, bank, row, burst."""


@dataclass
class Unit:
    """One unit and what it has still to read: blocks of bursts, with the unit cycles computed on each."""

    bank: int
    blocks: list[tuple[list[tuple[int, int]], int]]
    slots: list[int]
    at: int = 0
    burst: int = 0
    arrived: int = 0
    compute_end: int = 0

    @property
    def wanted(self) -> tuple[int, int] | None:
        """Row and column of the next burst."""
        return self.blocks[self.at][0][self.burst] if self.at < len(self.blocks) else None


def blocks_of(
    shape: UnitShape, samples: Sequence[Sequence[Place]]
) -> list[tuple[list[tuple[int, int]], int]]:
    """What is read at once and computed on at once, in order."""
    blocks = []
    for sample in samples:
        places = [place for place in sample if place is not None]
        if shape.by_row:
            parts = [[(row, column + j)] for row, column in places for j in range(shape.bursts)]
        else:
            parts = [[(row, column + j) for row, column in places] for j in range(shape.bursts)]
        cycles = [shape.block_cycles] * len(parts)
        cycles[-1] += shape.last_cycles
        blocks += list(zip(parts, cycles, strict=True))
    return blocks


@dataclass
class PlainUnits:
    """A channel of units."""

    memory: MemoryConfig
    shape: UnitShape
    units: list[Unit]
    open_row: dict[int, int] = field(default_factory=dict)
    issued: list[Issued] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = resolved_constraints(self.memory)
        self.spans, self.parents = spans(self.memory), parent_spans(self.memory)
        self.bank_local = self.memory.command_cycles[Command.PIM_READ] == 0
        self.edges = self.memory.clock.cycles_per_clock

    def _applies(self, row: ResolvedConstraint, one: int, other: int) -> bool:
        span = self.spans[row.level]
        if not row.sibling:
            return one // span == other // span
        parent = self.parents[row.level]
        return one // span != other // span and one // parent == other // parent

    def earliest(self, command: str, bank: int) -> int:
        """The first cycle that no constraint forbids."""
        cycle = 0
        for row in self.rows:
            if row.following.value != command:
                continue
            before = [
                c
                for c, name, b, _, _ in self.issued
                if name == row.preceding.value and self._applies(row, b, bank)
            ]
            if len(before) >= row.window:
                cycle = max(cycle, before[-row.window] + row.latency)
        return cycle

    def needs(self, unit: Unit) -> tuple[str, int] | None:
        """The command a unit needs and the first cycle in which it may be issued."""
        if unit.wanted is None:
            return None
        row, _ = unit.wanted
        open_row = self.open_row.get(unit.bank)
        if open_row == row:
            cycle = self.earliest("PIM_RD", unit.bank)
            if unit.burst == 0:
                cycle = max(cycle, unit.slots[0])
            return "PIM_RD", cycle | (self.edges - 1)
        if open_row is None:
            return "ACT", self.earliest("ACT", unit.bank) | (self.edges - 1)
        return "PRE", self.earliest("PRE", unit.bank)

    def issue(self, unit: Unit, command: str, cycle: int) -> None:
        """Issue what ``unit`` needs."""
        assert unit.wanted is not None
        row, column = unit.wanted
        self.issued.append((cycle, command, unit.bank, row, column))
        if command == "ACT":
            self.open_row[unit.bank] = row
        elif command == "PRE":
            del self.open_row[unit.bank]
        else:
            unit.arrived = cycle + self.shape.latency
            unit.burst += 1
            bursts, cycles = unit.blocks[unit.at]
            if unit.burst == len(bursts):
                begin = max(ceil(unit.arrived / self.shape.period), unit.compute_end)
                unit.compute_end = begin + cycles
                unit.slots = [*unit.slots[1:], ceil(unit.compute_end * self.shape.period)]
                unit.at, unit.burst = unit.at + 1, 0

    def run(self) -> None:
        """Serve every unit to the end."""
        dual = self.memory.command_bus == "dual"
        cycle = 0
        while any(unit.wanted is not None for unit in self.units):
            cycle += 1
            free = {"row", "column"} if dual else {"both"}
            waiting = sorted(
                (need[1], number, need[0])
                for number, unit in enumerate(self.units)
                if (need := self.needs(unit)) is not None and need[1] <= cycle
                if need[0] == "PRE" or cycle % self.edges == self.edges - 1
            )
            columns = [entry for entry in waiting if entry[2] == "PIM_RD"]
            for _, number, command in [*columns, *(entry for entry in waiting if entry[2] != "PIM_RD")]:
                bus = "both" if not dual else "column" if command == "PIM_RD" else "row"
                local = command == "PIM_RD" and self.bank_local
                need = self.needs(self.units[number])
                if (local or bus in free) and need is not None and need[1] <= cycle:
                    self.issue(self.units[number], command, cycle)
                    if not local:
                        free.discard(bus)


def plain_units(
    memory: MemoryConfig, shape: UnitShape, samples: dict[int, list[list[Place]]]
) -> tuple[list[Issued], dict[int, int]]:
    """Run the units of one channel; returns the commands and each unit's last unit cycle."""
    begin = [ceil(shape.start * shape.period)] * shape.window
    units = [
        Unit(bank, blocks_of(shape, own), begin, compute_end=shape.start)
        for bank, own in samples.items()
        if own
    ]
    plain = PlainUnits(memory, shape, units)
    plain.run()
    return plain.issued, {unit.bank: unit.compute_end for unit in units}
