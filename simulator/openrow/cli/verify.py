"""``openrow verify``: is this stream of DRAM commands legal?"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openrow.errors import UserError

if TYPE_CHECKING:
    from openrow.memory.checking.examine import Report, Violation

VIOLATIONS = 1
_FIRST_LINE = 2
"""The line of a file's first command, below the header."""


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--arch", required=True, metavar="ARCH", help="The memory the commands are for: a path or a name."
)
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="How many violations to give in full, the first of the file.",
)
@click.pass_context
def command(
    context: click.Context, file: Path, arch: str, overrides: tuple[str, ...], as_json: bool, limit: int
) -> None:
    """Hold the command stream in FILE against the constraint table and the rules of ARCH.

    FILE is a CSV file as 'openrow replay --commands' writes it. The exit status is 0 for a stream without
    violation, 1 for one with, and 2 where it cannot be read.
    """
    from openrow.config.loading import load_architecture
    from openrow.memory.checking.examine import examine
    from openrow.memory.commands import CommandFileError, read_commands

    memory = load_architecture(arch, overrides).memory
    try:
        stream = read_commands(file)
    except CommandFileError as error:
        raise UserError(str(error)) from error
    report = examine(memory, stream)
    first = report.first(limit)
    if as_json:
        click.echo(json.dumps(_plain(file, len(stream), report, first), indent=2))
    else:
        click.echo(_table(file, len(stream), report, first))
    if len(report):
        context.exit(VIOLATIONS)


def _line(index: int) -> int:
    return index + _FIRST_LINE


def _plain(file: Path, commands: int, report: "Report", first: "list[Violation]") -> dict[str, Any]:
    """Return the outcome as plain data; cycles are those of the memory's controller."""
    return {
        "ok": len(report) == 0,
        "file": str(file),
        "commands": commands,
        "violations": len(report),
        "rules": [{"rule": rule, "violations": count} for rule, count in report.by_rule.items()],
        "first": [_plain_violation(violation, commands) for violation in first],
    }


def _plain_violation(violation: "Violation", commands: int) -> dict[str, Any]:
    from openrow.memory.commands import COORDINATES

    preceding = violation.preceding
    return {
        "line": _line(violation.index) if violation.index < commands else None,
        "cycle": violation.cycle,
        "command": violation.command,
        **dict(zip(COORDINATES, violation.coordinates, strict=True)),
        "rule": violation.rule,
        "earliest_cycle": violation.earliest,
        "latest_cycle": violation.latest,
        "preceding_line": None if preceding is None else _line(preceding),
        "preceding_cycle": violation.preceding_cycle,
    }


def _table(file: Path, commands: int, report: "Report", first: "list[Violation]") -> str:
    if not len(report):
        return f"{commands:,} commands, no violation"
    total = len(report)
    lines = [f"{commands:,} commands, {total:,} violation{'s' if total > 1 else ''}"]
    width = len(f"{max(report.by_rule.values()):,}")
    lines += [f"  {count:>{width},}  {rule}" for rule, count in report.by_rule.items()]
    lines += [_sentence(file, violation, commands) for violation in first]
    if len(first) < total:
        lines.append(f"... and {total - len(first):,} more; --limit gives more of them in full")
    return "\n".join(lines)


def _sentence(file: Path, violation: "Violation", commands: int) -> str:
    """Return one violation in full, its place first."""
    place = f"{file}:{_line(violation.index)}" if violation.index < commands else f"{file}: end"
    parts = [f"{place}: cycle {violation.cycle}: {violation.command}{_where(violation)}: {violation.rule}"]
    if violation.earliest is not None:
        parts.append(f"earliest {violation.earliest}")
    if violation.latest is not None:
        parts.append(f"latest {violation.latest}")
    if violation.preceding is not None:
        parts.append(f"after line {_line(violation.preceding)}, cycle {violation.preceding_cycle}")
    return "; ".join(parts)


def _where(violation: "Violation") -> str:
    """Return the coordinates that the command has, named."""
    from openrow.memory.commands import COORDINATES

    named = zip(COORDINATES, violation.coordinates, strict=True)
    return "".join(f" {name.replace('_', ' ')} {value}" for name, value in named if value != -1)
