"""The constraint tables of shipped memory files, resolved by a few lines of plain Python of their own."""

import ast
from math import ceil
from pathlib import Path

from openrow.config.loading import load_architecture
from openrow.config.memory import Command, MemoryConfig

FOLDER = Path(__file__).parents[2] / "arch_configs" / "memory"
COLUMN_COMMANDS = {"RD", "RDA", "WR", "WRA"}

Row = tuple[str, str, str, int, bool, int]
"""Level, preceding, following, window, sibling, cycles."""


def shipped(name: str, *overrides: str) -> MemoryConfig:
    return load_architecture(f"memory/{name}", overrides).memory


def cycle_ns(memory: MemoryConfig) -> float:
    return 1000 / memory.clock.clock_mhz / memory.clock.cycles_per_clock


def timings(memory: MemoryConfig) -> dict[str, int]:
    from_ns = {f"n{name[1:]}": ceil(time / cycle_ns(memory)) for name, time in memory.timings_ns.items()}
    return memory.timings_cycles | from_ns


def names_in(formula: str | int) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(str(formula))) if isinstance(node, ast.Name)}


def evaluated(formula: str | int, values: dict[str, int]) -> int:
    def value(node: ast.expr) -> int:
        match node:
            case ast.Constant(value=int() as number):
                return number
            case ast.Name(id=name):
                return values[name]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return value(left) + value(right)
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                return value(left) - value(right)
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return value(left) * value(right)
        raise AssertionError(f"{ast.dump(node)} in {formula}")

    return value(ast.parse(str(formula), mode="eval").body)


def nominal_rows(memory: MemoryConfig) -> list[Row]:
    """The constraint table with its formulas evaluated, one row a pair of commands."""
    values = timings(memory)
    return sorted(
        (c.level.value, p.value, f.value, c.window, c.sibling, evaluated(c.latency, values))
        for c in memory.constraints
        for p in c.preceding
        for f in c.following
    )


def resolved_rows(memory: MemoryConfig, commands: set[str]) -> dict[tuple[str, str, str, int, bool], int]:
    """What binds between ``commands``, with the cycles that commands occupy their bus accounted for.

    A nominal latency becomes ``nominal + (occ(p) - 1) - (occ(f) - 1)``, and a long command blocks its bus.
    """
    occupied = {command.value: memory.command_cycles.get(command, 1) for command in Command}
    result: dict[tuple[str, str, str, int, bool], int] = {}

    def bind(key: tuple[str, str, str, int, bool], cycles: int) -> None:
        result[key] = max(cycles, result.get(key, cycles))

    for level, p, f, window, sibling, cycles in nominal_rows(memory):
        if {p, f} <= commands:
            bind((level, p, f, window, sibling), cycles + occupied[p] - occupied[f])
    for p in commands:
        for f in commands:
            same_bus = memory.command_bus != "dual" or (p in COLUMN_COMMANDS) == (f in COLUMN_COMMANDS)
            if occupied[p] > 1 and same_bus:
                bind(("channel", p, f, 1, False), occupied[p])
    return result
