"""Reading and writing text formats, block by block."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from openrow_kernels.compilation import read_only
from openrow_traces.atomic import whole_file
from openrow_traces.chunk import TraceChunk, parts_of_at_most, same_columns
from openrow_traces.errors import TraceError
from openrow_traces.grammar import Grammar
from openrow_traces.problems import OK
from openrow_traces.reader import DEFAULT_CHUNK_ROWS, readable_file

BLOCK_BYTES = 1 << 22
LONGEST_LINE_BYTES = 1 << 20
PRINTED_ROWS = 1 << 16

_SHOWN_CHARACTERS = 60
_LINE_FEED = ord("\n")


class TextTrace:
    """A trace of one entry a line; see :class:`openrow_traces.reader.TraceReader` for its attributes.

    Raises
    ------
    TraceError
        If the file is missing or empty; from :meth:`chunks`, if a line does not follow the grammar.
    """

    entries: int | None = None

    def __init__(self, path: str | Path, grammar: Grammar) -> None:
        self.path = readable_file(path)
        self.grammar = grammar
        self.format = grammar.name
        self.metadata: dict[str, Any] = {"source": self.path.name, "source_format": grammar.name}
        self.warnings: list[str] = []
        self.progress = 0.0

    def chunks(self, max_rows: int = DEFAULT_CHUNK_ROWS) -> Iterator[TraceChunk]:
        """Yield all entries in order, in chunks of at most ``max_rows``; see :meth:`TraceReader.chunks`."""
        self.warnings.clear()
        return self.grammar.decode(self._parsed(max_rows), self.path, self.warnings)

    def _parsed(self, max_rows: int) -> Iterator[TraceChunk]:
        lines = 0
        entries = 0
        remarks = 0
        try:
            with self.path.open("rb") as file:
                for block in self._blocks(file):
                    text = read_only(np.frombuffer(block, np.uint8))
                    lines_left = int(np.count_nonzero(text == _LINE_FEED))
                    while lines_left:
                        parsed = self.grammar.parse(text, min(max_rows, lines_left))
                        lines += parsed.lines
                        lines_left -= parsed.lines
                        entries += len(parsed.chunk)
                        remarks += parsed.remarks
                        if parsed.problem != OK:
                            raise self._error(lines + 1, text[parsed.position :], parsed.problem)
                        text = text[parsed.position :]
                        if len(parsed.chunk):
                            yield parsed.chunk
        except OSError as error:
            raise TraceError(f"{self.path}: cannot be read on ({error.strerror})") from error
        if not entries:
            raise TraceError(f"{self.path}: the trace has no entries; expected lines of {self.grammar.line}")
        if remarks:
            self.warnings.append(f"{self.path}: {remarks} {self.grammar.remark}")

    def _blocks(self, file: BinaryIO) -> Iterator[bytes]:
        """Yield the file in blocks of whole lines, each ending with a line feed."""
        total = self.path.stat().st_size
        lines = 0
        rest = b""
        while piece := file.read(BLOCK_BYTES):
            self.progress = min(1.0, file.tell() / total)
            end = piece.rfind(b"\n") + 1
            block, rest = (rest + piece[:end], piece[end:]) if end else (b"", rest + piece)
            if block:
                yield block
                lines += block.count(b"\n")
            if len(rest) > LONGEST_LINE_BYTES:
                raise TraceError(
                    f"{self.path}:{lines + 1}: the line is longer than {LONGEST_LINE_BYTES} bytes; "
                    f"expected {self.grammar.line}"
                )
        if rest:
            yield rest + b"\n"

    def _error(self, line: int, text: np.ndarray, problem: int) -> TraceError:
        content = text[: _SHOWN_CHARACTERS + 1].tobytes().split(b"\n")[0]
        shown = content[:_SHOWN_CHARACTERS].decode("ascii", "backslashreplace").rstrip("\r")
        more = "..." if len(content) > _SHOWN_CHARACTERS else ""
        return TraceError(
            f"{self.path}:{line}: {self.grammar.describe(problem)}: '{shown}{more}'; "
            f"expected {self.grammar.line}"
        )


def write_text(path: str | Path, chunks: Iterable[TraceChunk], grammar: Grammar) -> list[str]:
    """Write a trace as text; the file appears only when it is whole.

    Returns
    -------
    list of str
        What could not be carried.

    Raises
    ------
    TraceError
        If there is no entry, an entry cannot be said in this format, or the file cannot be written.
    """
    warnings: list[str] = []
    losses = _Losses(grammar)
    pieces = parts_of_at_most(losses.watch(same_columns(chunks, str(path))), PRINTED_ROWS)
    out = np.empty(PRINTED_ROWS * grammar.line_bytes, np.uint8)
    entries = 0
    with whole_file(path) as file:
        for chunk in grammar.encode(pieces, Path(path), warnings):
            _check_limits(path, chunk, grammar, entries)
            file.write(out[: grammar.print(chunk, out)].data)
            entries += len(chunk)
        if not entries:
            raise TraceError(f"{path}: not written, the trace has no entries")
    return [*warnings, *(f"{path}: {warning}" for warning in losses.warnings())]


class _Losses:
    """Notes what passes by that a format cannot carry."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.cycles = False
        self.sizes: tuple[int, int] | None = None

    def watch(self, chunks: Iterator[TraceChunk]) -> Iterator[TraceChunk]:
        for chunk in chunks:
            if chunk.cycle is not None and not self.grammar.carries_cycle:
                self.cycles = True
            if chunk.size is not None and len(chunk) and not self.grammar.carries_size:
                low, high = int(chunk.size.min()), int(chunk.size.max())
                known = self.sizes or (low, high)
                self.sizes = min(low, known[0]), max(high, known[1])
            yield chunk

    def warnings(self) -> list[str]:
        warnings = []
        if self.cycles:
            warnings.append(f"arrival times are not written: {self.grammar.name} has no place for them")
        if self.sizes:
            low, high = self.sizes
            span = f"{low} bytes each" if low == high else f"{low} to {high} bytes"
            warnings.append(
                f"entry sizes ({span}) are not written: to {self.grammar.simulator} every line is one "
                "transaction; --burst-bytes splits entries into lines"
            )
        return warnings


def _check_limits(path: str | Path, chunk: TraceChunk, grammar: Grammar, entries: int) -> None:
    largest = int(chunk.address.max())
    if largest > grammar.largest_address:
        at = entries + int(chunk.address.argmax())
        raise TraceError(
            f"{path}: not written: entry {at} has address {largest:#x}, "
            f"{grammar.simulator} reads up to {grammar.largest_address:#x}"
        )
    if chunk.cycle is not None and grammar.carries_cycle and int(chunk.cycle.max()) > grammar.largest_cycle:
        at = entries + int(chunk.cycle.argmax())
        raise TraceError(
            f"{path}: not written: entry {at} has cycle {chunk.cycle.max()}, "
            f"{grammar.simulator} reads up to {grammar.largest_cycle}"
        )
