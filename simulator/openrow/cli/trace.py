"""``openrow trace``: the address trace of a kernel, as a file."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from openrow_traces.chunk import TraceChunk


@click.command("trace")
@click.argument("kernel")
@click.argument("parameters", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="The trace; its name tells the format.",
)
@click.option(
    "--to", "target_format", metavar="FORMAT", help="Format of the trace, if its name does not tell."
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def command(
    kernel: str, parameters: tuple[str, ...], output: Path, target_format: str | None, as_json: bool
) -> None:
    """Extract the address trace of KERNEL, one of 'openrow list kernels'.

    Parquet keeps the kernel, its parameters and tensors with the trace; other formats keep what they can.
    """
    from openrow.cli.progress import entry_progress
    from openrow.system.traffic import kernel_traffic
    from openrow_traces.formats import format_name_for, write_any

    name = format_name_for(output, target_format)
    traffic = kernel_traffic(kernel, parameters)
    counts = {"entries": 0, "writes": 0}
    with entry_progress(f"writing {output.name}", traffic.entries) as advance:
        warnings = write_any(
            output, _counted(traffic.chunks(), counts, advance), name, metadata=traffic.metadata
        )
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    if as_json:
        click.echo(
            json.dumps({"output": str(output), "format": name, **counts, **traffic.metadata}, indent=2)
        )
    else:
        click.echo(f"{output}: {counts['entries']:,} entries, {counts['writes']:,} of them writes ({name})")


def _counted(
    chunks: "Iterator[TraceChunk]", counts: dict[str, int], advance: Callable[[int], None]
) -> "Iterator[TraceChunk]":
    for chunk in chunks:
        yield chunk
        counts["entries"] += len(chunk)
        counts["writes"] += int(chunk.is_write.sum())
        advance(len(chunk))
