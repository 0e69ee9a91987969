"""The whole of an architecture file."""

from typing import Annotated, Literal

from pydantic import Field

from openrow.config.aim import AimConfig
from openrow.config.base import PositiveInt, Section
from openrow.config.crossbar_hardware import CrossbarHardware
from openrow.config.geopim import GeoPimConfig
from openrow.config.hbm_pim import HbmPimConfig
from openrow.config.host import HostConfig
from openrow.config.memory import MemoryConfig
from openrow.config.npu import NpuConfig
from openrow.config.workload import WorkloadConfig


class SourceConfig(Section):
    """How a trace asks for memory (a traffic source)."""

    window: PositiveInt | None = None
    """Requests outstanding at once; none means open loop: each channel takes its requests at its own pace."""
    issue_interval_cycles: Annotated[int, Field(ge=0, le=2**40)] = 0
    """Memory cycles between two requests of the source."""
    consume_cycles: Annotated[int, Field(ge=0, le=2**40)] = 0
    """Memory cycles a response holds its slot of the window after it has come back."""
    entry_bytes: PositiveInt | None = None
    """Bytes of a trace entry where the trace does not say; none makes it the burst that holds its address."""


class Architecture(Section):
    """An architecture: its devices and how they are simulated."""

    memory: MemoryConfig
    """The memory system."""
    source: SourceConfig = SourceConfig()
    """How a trace asks for memory."""
    engine: Literal["compiled", "event"] = "compiled"
    """Which of the two exact programs runs."""
    fidelity: Literal["exact", "fast"] = "exact"
    """The exact model, or the approximate one."""
    host: HostConfig | None = None
    """The GPU or CPU that uses the memory."""
    pim: Annotated[GeoPimConfig | HbmPimConfig | AimConfig, Field(discriminator="model")] | None = None
    """Compute units in the memory."""
    crossbar: CrossbarHardware | None = None
    """A chip of memristor crossbars."""
    npu: NpuConfig | None = None
    """A systolic array with its scratchpads."""
    workload: WorkloadConfig | None = None
    """What is run on it: ``openrow run``."""
