"""A stream of issued DRAM commands: the record of a run, its CSV form, and what the checker reads."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from openrow.config.memory import MemoryConfig
from openrow.memory import columns as c

HEADER = "cycle,command,channel,pseudo_channel,rank,bank_group,bank,row,column"
COORDINATES = tuple(HEADER.split(",")[2:])


@dataclass(frozen=True)
class CommandStream:
    """Issued commands in order of cycle, one array element each.

    A coordinate that a command does not address is -1: everything below the rank for PREab and REFab, row
    and column for refreshes. ``rank`` counts stack ids within ranks where a standard has them: ``rank *
    stack_ids + stack_id``. Row and column of an ACT or PRE are those of the request it was issued for.
    """

    cycle: NDArray[np.int64]
    command: NDArray[np.str_]
    channel: NDArray[np.int64]
    pseudo_channel: NDArray[np.int64]
    rank: NDArray[np.int64]
    bank_group: NDArray[np.int64]
    bank: NDArray[np.int64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.cycle)


def stream_of_record(memory: MemoryConfig, record: NDArray[np.int64]) -> CommandStream:
    """The commands in a record (n, RECORD_COLUMNS) of the compiled controller, sorted by cycle and channel.

    Within one cycle and channel the order of issue is kept.
    """
    order = np.lexsort((record[:, c.R_CHANNEL], record[:, c.R_CYCLE]))
    record = record[order]
    flat = record[:, c.R_BANK]
    wide = record[:, c.R_WIDE] != 0
    bank_group = flat // memory.banks
    stack_id = bank_group // memory.bank_groups
    rank = stack_id // memory.stack_ids
    stacked = np.where(
        wide, rank % memory.ranks * memory.stack_ids, stack_id % (memory.ranks * memory.stack_ids)
    )
    return CommandStream(
        cycle=record[:, c.R_CYCLE],
        command=np.array(c.COMMAND_NAMES)[record[:, c.R_COMMAND]],
        channel=record[:, c.R_CHANNEL],
        pseudo_channel=rank // memory.ranks,
        rank=stacked,
        bank_group=np.where(wide, -1, bank_group % memory.bank_groups),
        bank=np.where(wide, -1, flat % memory.banks),
        row=record[:, c.R_ROW],
        column=record[:, c.R_COLUMN],
    )


def write_header(file: BinaryIO) -> None:
    """Write the CSV header."""
    file.write(f"{HEADER}\n".encode())


def write_commands(file: BinaryIO, stream: CommandStream) -> None:
    """Append ``stream`` to a CSV file whose header has been written."""
    import pyarrow
    from pyarrow import csv

    names = HEADER.split(",")
    table = pyarrow.table({name: pyarrow.array(getattr(stream, name)) for name in names})
    csv.write_csv(table, file, csv.WriteOptions(include_header=False, quoting_style="none"))


class CommandFileError(ValueError):
    """A command file that cannot be read, with the file and line."""


def read_commands(path: Path) -> CommandStream:
    """Read a CSV command stream.

    Raises
    ------
    CommandFileError
        With the file and the number of the first line that does not parse.
    """
    try:
        with path.open(encoding="utf-8") as file:
            header = file.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFileError(f"{path}: cannot be read: {error}") from error
    if header.strip() != HEADER:
        raise CommandFileError(f"{path}:1: the header should be '{HEADER}'")
    stream = _parsed(path)
    return _parsed_by_line(path) if stream is None else stream


def _parsed(path: Path) -> CommandStream | None:
    """Return the commands of a file, or None where a line does not parse."""
    import pyarrow
    from pyarrow import csv

    types = {name: pyarrow.int64() for name in HEADER.split(",")}
    types["command"] = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    try:
        table = csv.read_csv(
            path,
            parse_options=csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(column_types=types, null_values=[]),
        )
    except pyarrow.ArrowInvalid:
        return None
    command = table.column("command").combine_chunks()
    names = np.array(command.dictionary.to_pylist(), dtype=np.str_)
    columns = {name: table.column(name).to_numpy() for name in types if name != "command"}
    return CommandStream(command=names[command.indices.to_numpy()], **columns)


def _parsed_by_line(path: Path) -> CommandStream:
    """Return the commands of a file, slowly; the first line that does not parse is named in the error."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise CommandFileError(f"{path}: cannot be read: {error}") from error
    fields = len(COORDINATES) + 2
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        values = line.split(",")
        try:
            numbers = [int(value) for i, value in enumerate(values) if i != 1]
            if len(values) != fields or max(map(abs, numbers)) >= 1 << 62:
                raise ValueError
            rows.append((numbers[0], values[1], *numbers[1:]))
        except ValueError:
            raise CommandFileError(
                f"{path}:{number}: expected {fields} values '{HEADER}', found '{line}'"
            ) from None
    columns = list(zip(*rows, strict=True)) if rows else [()] * fields
    arrays = [np.array(column, dtype=np.int64) for i, column in enumerate(columns) if i != 1]
    return CommandStream(arrays[0], np.array(columns[1], dtype=np.str_), *arrays[1:])
