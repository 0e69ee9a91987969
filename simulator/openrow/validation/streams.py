"""Recorded command streams: every command, cycle, counter and time must be the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openrow.config.loading import load_architecture
from openrow.config.memory import MemoryConfig
from openrow.memory import columns as c
from openrow.memory.commands import CommandStream
from openrow.memory.controller.state import SourceShape
from openrow.memory.system import FAR, MemorySystem, Reason
from openrow_traces.chunk import TraceChunk

ARCHITECTURES = {
    "DDR4": "memory/ddr4-2400",
    "DDR5": "memory/ddr5-4800",
    "LPDDR5": "memory/lpddr5-6400",
    "HBM2": "memory/hbm2-2000",
    "HBM3": "memory/hbm3-6400",
}
ONE_CHANNEL = ("memory.channels=1", "memory.pseudo_channels=1", "memory.mapping=RoBaBgCo")
TIMES = ("stamp", "accept", "done", "returned")


def reference_memory(standard: str, refresh: bool, *overrides: str) -> MemoryConfig:
    """The one-channel memory of the recorded runs."""
    mode = f"memory.refresh={'all-bank' if refresh else 'none'}"
    return load_architecture(ARCHITECTURES[standard], [*ONE_CHANNEL, mode, *overrides]).memory


def data() -> Traversable:
    """The folder of recorded runs."""
    return files("openrow.validation") / "data"


@dataclass(frozen=True)
class RecordedStream:
    """One recorded stream."""

    name: str
    standard: str
    refresh: bool
    fields: dict[str, NDArray[Any]]

    def times(self, which: str) -> NDArray[np.int64] | None:
        """Cycles of ``which`` (one of TIMES) by request, if recorded."""
        steps = self.fields.get(which + "_step")
        return None if steps is None else np.cumsum(steps, dtype=np.int64)

    @property
    def requests(self) -> TraceChunk:
        """The requests, as a trace; without recorded offers they come as soon as possible."""
        address = self.fields["address"]
        size = np.ones(len(address), dtype=np.uint32)
        return TraceChunk(address, self.fields["is_write"], size, self.times("stamp"))

    @property
    def cycles(self) -> int:
        """The cycle in which the last request was done."""
        done = self.times("done")
        assert done is not None, "every stream has it"
        return int(self.fields.get("cycles", done.max()))

    @property
    def counters(self) -> dict[str, int]:
        """The recorded counters by name; empty where none were."""
        return {
            k.removeprefix("counter_"): int(v) for k, v in self.fields.items() if k.startswith("counter_")
        }


def stream_names() -> list[str]:
    """The names of all recorded streams."""
    return sorted(entry.name.removesuffix(".npz") for entry in (data() / "streams").iterdir())


def recorded_stream(name: str) -> RecordedStream:
    """Read one recorded stream."""
    with (data() / "streams" / f"{name}.npz").open("rb") as file:
        fields = dict(np.load(file))
    _, standard, *_, refresh = name.split("_")
    return RecordedStream(name, standard, refresh == "ref1", fields)


def play(memory: MemoryConfig, requests: TraceChunk) -> tuple[MemorySystem, CommandStream]:
    """Run ``requests`` through one channel to the end, with commands and times recorded."""
    system = MemorySystem(memory, [SourceShape()], log_commands=True, record_requests=len(requests))
    system.offer(0, iter([requests]))
    commands = []
    until = FAR
    while True:
        reason = system.advance(until)
        if reason is Reason.NEED_FEED:
            system.feed()
        elif reason is Reason.LOG_FULL:
            commands.append(system.take_commands())
        elif reason is Reason.DRAINED:
            until = system.end_cycle()
        else:
            break
    commands.append(system.take_commands(final=True))
    return system, join(commands)


def join(streams: list[CommandStream]) -> CommandStream:
    """One stream of several, in order."""
    return CommandStream(
        *(np.concatenate([getattr(s, name) for s in streams]) for name in CommandStream.__dataclass_fields__)
    )


def differences(stream: RecordedStream) -> Iterator[str]:
    """Play a recorded stream and say, a sentence each, in what the outcome differs from the record."""
    memory = reference_memory(stream.standard, stream.refresh)
    system, commands = play(memory, stream.requests)
    yield from command_differences(stream, commands)
    for which, column in (("accept", 0), ("done", 1), ("returned", 2)):
        expected = stream.times(which)
        if expected is not None and (different := np.nonzero(system.times[:, column] != expected)[0]).size:
            i = different[0]
            yield f"{which} of request {i}: {system.times[i, column]} for {expected[i]}"
    end = system.end_cycle()
    if end != stream.cycles:
        yield f"cycles: {end} for {stream.cycles}"
    found = counters(system, end)
    for name, value in stream.counters.items():
        if found[name] != value:
            yield f"{name}: {found[name]} for {value}"


def command_differences(stream: RecordedStream, commands: CommandStream) -> Iterator[str]:
    """The first command that differs from the record."""
    expected = {
        "cycle": np.cumsum(stream.fields["cycle_step"], dtype=np.int64),
        "command": np.array(c.COMMAND_NAMES)[stream.fields["command"]],
    } | {name: stream.fields[name] for name in ("bank_group", "bank", "row", "column")}
    if len(commands) != len(expected["cycle"]):
        yield f"{len(commands)} commands for {len(expected['cycle'])}"
        return
    # A refresh has no row or column; the record has 0 or -1 there.
    addressed = commands.row >= 0
    for name, values in expected.items():
        found = getattr(commands, name)
        relevant = addressed if name in ("bank_group", "bank", "row", "column") else np.ones_like(addressed)
        different = np.nonzero((found != values) & relevant)[0]
        if different.size:
            i = different[0]
            yield f"{name} of command {i}: {found[i]} for {values[i]} (cycle {commands.cycle[i]})"


def counters(system: MemorySystem, end: int) -> dict[str, int]:
    """The counters of a one-channel system by the names of the record."""
    group = system.groups[0]
    s, (ch,) = group.state, system.channel_places(group)
    first = ch + int(system.standard.rules[c.AT_BANKS])
    banks = [first + i * c.BANK_COLUMNS for i in range(system.standard.banks)]
    return {
        "row_hits": sum(int(s[b + c.N_HITS]) for b in banks),
        "row_misses": sum(int(s[b + c.N_MISSES]) for b in banks),
        "row_conflicts": sum(int(s[b + c.N_CONFLICTS]) for b in banks),
        "num_read_reqs_forwarded": int(s[ch + c.N_FORWARDED]),
        "num_write_reqs_coalesced": int(s[ch + c.N_COALESCED]),
        "read_latency": int(s[ch + c.LATENCY_SUM]),
        "num_read_reqs_served": int(s[ch + c.N_COMMANDS + c.READ]),
        "num_write_reqs_served": int(s[ch + c.N_COMMANDS + c.WRITE]),
        "read_queue_len": int(s[ch + c.SUM_R] + s[ch + c.SIZE_R] * (end - s[ch + c.SINCE_R])),
        "write_queue_len": int(s[ch + c.SUM_W] + s[ch + c.SIZE_W] * (end - s[ch + c.SINCE_W])),
    }
