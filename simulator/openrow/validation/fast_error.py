"""How far ``fidelity: fast`` is from the cycles it stands for, run by run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil

from openrow.config.loading import load_architecture
from openrow.config.memory import MemoryConfig
from openrow.config.shipped import known_architectures
from openrow.memory.fast.error import MeasuredError
from openrow.memory.fast.system import FastMemory
from openrow.system.replay import replay
from openrow.system.traffic import kernel_traffic
from openrow.validation.runs import recorded_runs, run_memory, run_requests
from openrow.validation.streams import recorded_stream, reference_memory, stream_names
from openrow_traces.chunk import TraceChunk

KERNEL = ("bilinear", ("height=256", "width=256"))
SHIPPED = "bilinear kernel, shipped memories*"


@dataclass(frozen=True)
class FastError:
    """One run and the cycles the fast model gives it."""

    name: str
    kind: str
    exact_cycles: int
    cycles: int

    @property
    def percent(self) -> float:
        """How much longer the fast model takes, in per cent of the exact cycles."""
        return 100 * (self.cycles / self.exact_cycles - 1)


def _fast_cycles(memory: MemoryConfig, requests: TraceChunk) -> int:
    model = FastMemory(memory)
    model.play(iter([requests]))
    return model.end_cycle()


def _stream_errors() -> Iterator[FastError]:
    for name in stream_names():
        stream = recorded_stream(name)
        memory = reference_memory(stream.standard, stream.refresh)
        kind = f"{name.partition('_')[0]} streams, {stream.standard}"
        yield FastError(name, kind, stream.cycles, _fast_cycles(memory, stream.requests))


def _run_errors() -> Iterator[FastError]:
    for run in recorded_runs():
        if run.has_trace:
            cycles = _fast_cycles(run_memory(run), run_requests(run))
            yield FastError(run.name, f"long runs, {run.standard}", run.cycles, cycles)


def _shipped_memories() -> list[str]:
    return [name for name in known_architectures() if name.startswith("memory/")]


def _kernel_errors() -> Iterator[FastError]:
    """A kernel that gathers, on every shipped memory with all its channels, against fidelity exact."""
    for name in _shipped_memories():
        exact, fast = (
            replay(load_architecture(name, [f"fidelity={fidelity}"]), kernel_traffic(*KERNEL))
            for fidelity in ("exact", "fast")
        )
        yield FastError(f"{KERNEL[0]} on {name}", SHIPPED, exact.statistics.cycles, fast.statistics.cycles)


def count_runs() -> int:
    """How many runs :func:`fast_errors` plays."""
    return len(stream_names()) + sum(run.has_trace for run in recorded_runs()) + len(_shipped_memories())


def fast_errors(tick: Callable[[], None] = lambda: None) -> list[FastError]:
    """Play every recorded run with the fast model.

    Parameters
    ----------
    tick
        Called after each run.
    """
    errors = []
    for part in (_stream_errors(), _run_errors(), _kernel_errors()):
        for error in part:
            errors.append(error)
            tick()
    return errors


def measured(errors: list[FastError]) -> MeasuredError:
    """Sum ``errors`` up."""
    sizes = [abs(error.percent) for error in errors]
    return MeasuredError(len(errors), ceil(10 * sum(sizes) / len(sizes)) / 10, ceil(10 * max(sizes)) / 10)


def by_kind(errors: list[FastError]) -> dict[str, MeasuredError]:
    """Sum ``errors`` up by the kind of run."""
    kinds = dict.fromkeys(error.kind for error in errors)
    return {kind: measured([error for error in errors if error.kind == kind]) for kind in kinds}


def measured_error(errors: list[FastError]) -> tuple[MeasuredError, MeasuredError]:
    """The error on recorded runs, and that on the shipped memories."""
    shipped = [error for error in errors if error.kind == SHIPPED]
    return measured([error for error in errors if error.kind != SHIPPED]), measured(shipped)
