"""``openrow convert``: traces from and to other simulators' formats."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openrow_traces.formats import FORMATS, format_name_for, open_any, write_any
from openrow_traces.levels import DEFAULT_COLUMN_BYTES

if TYPE_CHECKING:
    from openrow_traces.chunk import TraceChunk
    from openrow_traces.reader import TraceReader

_SECONDS_BEFORE_A_BAR = 1.0
_EPILOG = "Formats: \n\n\b\n" + "\n".join(f"{name:14s} {what}" for name, what in FORMATS.items())


@click.command("convert", short_help="Convert traces to and from other simulators' formats.", epilog=_EPILOG)
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--from", "source_format", metavar="FORMAT", help="Format of IN; else told by its name or first line."
)
@click.option("--to", "target_format", metavar="FORMAT", help="Format of OUT; else told by its name.")
@click.option(
    "--levels",
    metavar="NAME:SIZE,...",
    help="For ramulator2-rw: the levels from the outside in, "
    "as channel:1,rank:1,bank_group:4,bank:4,row:65536,column:1024.",
)
@click.option(
    "--column-bytes",
    type=click.IntRange(min=1),
    default=DEFAULT_COLUMN_BYTES,
    show_default=True,
    help="For ramulator2-rw: bytes of one step of the last level.",
)
@click.option(
    "--entry-bytes",
    type=click.IntRange(min=1, max=2**32 - 1),
    default=64,
    show_default=True,
    help="Bytes of an entry where the trace does not say.",
)
@click.option(
    "--burst-bytes",
    type=click.IntRange(min=1, max=2**31),
    help="Split every entry into the aligned bursts of this size that cover it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def command(
    source: Path,
    target: Path,
    source_format: str | None,
    target_format: str | None,
    levels: str | None,
    column_bytes: int,
    entry_bytes: int,
    burst_bytes: int | None,
    as_json: bool,
) -> None:
    """Convert the trace IN to OUT, which is replaced if it exists.

    What the format of OUT cannot carry (arrival times, sizes) is said on standard error.
    """
    target_name = format_name_for(target, target_format)
    reader = open_any(
        source, source_format, levels=levels, column_bytes=column_bytes, entry_bytes=entry_bytes
    )
    count = _Count()
    chunks = count.watch(reader.chunks())
    metadata = reader.metadata
    if burst_bytes:
        from openrow_traces.bursts import split_into_bursts

        chunks = split_into_bursts(chunks, burst_bytes, entry_bytes)
        metadata = {**metadata, "split_into_burst_bytes": burst_bytes}
    lost = write_any(
        target,
        _with_progress(chunks, reader),
        target_name,
        metadata=metadata,
        levels=levels,
        column_bytes=column_bytes,
    )
    warnings = [*reader.warnings, *lost]
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    if as_json:
        outcome = {
            "input": str(source),
            "output": str(target),
            "from": reader.format,
            "to": target_name,
            "entries": count.entries,
            "reads": count.entries - count.writes,
            "writes": count.writes,
            "warnings": warnings,
        }
        click.echo(json.dumps(outcome, indent=2))
    else:
        click.echo(
            f"{target}: {count.entries:,} entries ({count.entries - count.writes:,} reads, "
            f"{count.writes:,} writes) from {reader.format} to {target_name}"
        )


class _Count:
    """Counts the entries of IN as they pass."""

    def __init__(self) -> None:
        self.entries = 0
        self.writes = 0

    def watch(self, chunks: "Iterable[TraceChunk]") -> "Iterator[TraceChunk]":
        for chunk in chunks:
            self.entries += len(chunk)
            self.writes += int(chunk.is_write.sum())
            yield chunk


def _with_progress(chunks: "Iterator[TraceChunk]", reader: "TraceReader") -> "Iterator[TraceChunk]":
    """Yield ``chunks``; from the first second on show on a terminal how much of ``reader`` is done."""
    began = time.monotonic()
    for chunk in chunks:
        yield chunk
        if sys.stderr.isatty() and time.monotonic() - began > _SECONDS_BEFORE_A_BAR:
            break
    else:
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"reading {reader.path.name}", total=1.0)
        for chunk in chunks:
            yield chunk
            progress.update(task, completed=reader.progress)
