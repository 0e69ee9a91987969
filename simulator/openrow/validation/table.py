"""The accuracy table: what was compared with which record, and how much of it is equal."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from openrow.validation import aim as aim_records
from openrow.validation.crossbar import (
    noise_differences,
    noise_free_names,
    noisy_names,
    path_differences,
    product_differences,
    tie_note,
)
from openrow.validation.micro import micro_differences, micro_names
from openrow.validation.pim import COMMAND_RECORDS, command_differences, kernel_differences, recorded_kernels
from openrow.validation.runs import RecordedRun, recorded_runs, run_differences
from openrow.validation.streams import differences, recorded_stream, stream_names


@dataclass(frozen=True)
class Comparison:
    """One recorded run and what differs from it, a sentence each."""

    name: str
    differences: list[str]


@dataclass(frozen=True)
class Row:
    """One kind of record, compared run by run."""

    what: str
    criterion: str
    comparisons: list[Comparison]
    left_out: list[str]
    """Records that cannot be repeated, with the reason."""
    notes: list[str] = field(default_factory=list)
    """What a reader of the criterion has to know, run by run."""

    @property
    def equal(self) -> int:
        """How many runs are equal to their record."""
        return sum(not comparison.differences for comparison in self.comparisons)


def _compare(
    names: Iterable[str], compare: Callable[[str], Iterator[str]], tick: Callable[[], None]
) -> list[Comparison]:
    comparisons = []
    for name in names:
        comparisons.append(Comparison(name, list(compare(name))))
        tick()
    return comparisons


def _stream_differences(name: str) -> Iterator[str]:
    return differences(recorded_stream(name))


def _micro_differences(name: str) -> Iterator[str]:
    standard, test = name.split()
    return micro_differences(standard, test)


def count_comparisons() -> int:
    """How many runs :func:`accuracy_table` compares."""
    units = len(recorded_kernels()) + len(COMMAND_RECORDS) + len(aim_records.COMMAND_RECORDS)
    others = units + 2 * len(noise_free_names()) + len(noisy_names())
    return len(micro_names()) + len(stream_names()) + len(_runs_with_traces()) + others


def _runs_with_traces() -> dict[str, RecordedRun]:
    return {run.name: run for run in recorded_runs() if run.has_trace}


def accuracy_table(tick: Callable[[], None] = lambda: None) -> list[Row]:
    """Compare everything with its record.

    Parameters
    ----------
    tick
        Called after each comparison.
    """
    runs = _runs_with_traces()
    saturated = [name for name in stream_names() if name.startswith("saturated")]
    mixed = [name for name in stream_names() if name.startswith("mixed")]
    missing = [f"{run.name}: its trace was not recorded" for run in recorded_runs() if not run.has_trace]
    every = "every command, cycle and time"
    return [
        Row(
            "micro latencies",
            "commands and latencies",
            _compare([f"{standard} {name}" for standard, name in micro_names()], _micro_differences, tick),
            [],
        ),
        Row("command streams, saturated reads", every, _compare(saturated, _stream_differences, tick), []),
        Row(
            "command streams, mixed traffic",
            f"{every}, counters",
            _compare(mixed, _stream_differences, tick),
            [],
        ),
        Row(
            "long runs",
            "cycles, row counters, mean latency",
            _compare(runs, lambda name: run_differences(runs[name]), tick),
            missing,
        ),
        *_unit_rows(tick),
        *_crossbar_rows(tick),
    ]


def _unit_rows(tick: Callable[[], None]) -> list[Row]:
    """Units beside the banks, whose kernels and commands were recorded."""
    kernels = {run.name: run for run in recorded_kernels()}
    hbm_pim, aim = (
        [name for name, run in kernels.items() if run.model == model] for model in ("hbm-pim", "aim")
    )
    return [
        Row(
            "kernels of HBM-PIM (PIMSimulator)",
            "cycles, by units and host",
            _compare(hbm_pim, lambda name: kernel_differences(kernels[name]), tick),
            [],
        ),
        Row(
            "commands of HBM-PIM (PIMSimulator)",
            "every command and cycle",
            _compare(COMMAND_RECORDS, command_differences, tick),
            [],
        ),
        Row(
            "kernels and instructions of AiM (aim_simulator)",
            "cycles",
            _compare(aim, lambda name: kernel_differences(kernels[name]), tick),
            [],
        ),
        Row(
            "commands of AiM (aim_simulator)",
            "every command and cycle",
            _compare(aim_records.COMMAND_RECORDS, aim_records.command_differences, tick),
            [],
        ),
    ]


def _crossbar_rows(tick: Callable[[], None]) -> list[Row]:
    plain = noise_free_names()
    return [
        Row(
            "products on crossbars (MemIntelli)",
            "every output, ties either way",
            _compare(plain, product_differences, tick),
            [],
            [tie_note(name) for name in plain],
        ),
        Row(
            "products on crossbars, every path",
            "the plain definition, bit for bit",
            _compare(plain, path_differences, tick),
            [],
        ),
        Row(
            "products with noise (MemIntelli)",
            "mean and deviation of 200 runs",
            _compare(noisy_names(), noise_differences, tick),
            [],
        ),
    ]
