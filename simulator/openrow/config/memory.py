"""The typed model of a memory system: organisation, clock, timings, constraint table, controller, energy.

A DRAM standard is data. Everything the controller knows about DDR4 or HBM3 comes from fields of
:class:`MemoryConfig`; the files in ``arch_configs/memory`` fill them in and name the source of every figure.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from openrow.config.base import Choice, PositiveInt, PowerOfTwo, Section


class Level(Choice):
    """The nodes of the hierarchy a timing constraint can be bound to, from the outside in."""

    CHANNEL = "channel"
    PSEUDO_CHANNEL = "pseudo_channel"
    RANK = "rank"
    STACK_ID = "stack_id"
    BANK_GROUP = "bank_group"
    BANK = "bank"


class Command(Choice):
    """DRAM commands. ``ACT2`` and the ``CAS`` commands exist only on a split-activate command bus."""

    ACT = "ACT"
    ACT2 = "ACT2"
    PRE = "PRE"
    PRE_ALL = "PREab"
    READ = "RD"
    WRITE = "WR"
    READ_AUTO = "RDA"
    WRITE_AUTO = "WRA"
    REFRESH_ALL = "REFab"
    REFRESH_BANK = "REFpb"
    SYNC_READ = "CAS_RD"
    SYNC_WRITE = "CAS_WR"


class Cause(Choice):
    """What a constraint stands for when it makes the data bus wait."""

    ROW_CYCLE = "row_cycle"
    ACTIVATION_WINDOW = "activation_window"
    BANK_GROUP_SPACING = "bank_group_spacing"
    TURNAROUND = "turnaround"
    REFRESH = "refresh"
    COMMAND_BUS = "command_bus"
    DATA_BUS = "data_bus"


class Constraint(Section):
    """One row of the constraint table: after ``preceding``, ``following`` waits ``latency`` cycles.

    The spacing holds between commands to the same node of ``level``, or, with ``sibling``, between a node and
    the other nodes of the same parent. ``window`` counts back: 4 with ACT to ACT is the window of four
    activations.
    """

    level: Level
    preceding: Annotated[list[Command], Field(min_length=1)]
    following: Annotated[list[Command], Field(min_length=1)]
    latency: str | int
    window: Annotated[int, Field(gt=0, le=64)] = 1
    sibling: bool = False
    cause: Cause


class Clock(Section):
    """The controller's clock. A cycle is ``1 / (clock_mhz * cycles_per_clock)``.

    HBM3 issues commands on both edges of CK, so its cycle is half a clock: ``cycles_per_clock: 2``.
    """

    clock_mhz: Annotated[float, Field(gt=0)]
    cycles_per_clock: Literal[1, 2] = 1
    data_rate_mt_per_s: Annotated[float, Field(gt=0)]


class BankHash(Section):
    """One XOR of the address decoding: ``target`` bit ``bit`` is XORed with bits of the row."""

    target: Literal["bank", "bank_group", "stack_id", "rank", "pseudo_channel", "channel"]
    bit: Annotated[int, Field(ge=0)]
    row_bits: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]


class AddressBits(Section):
    """An explicit mapping: for each field the physical address bits, least significant first."""

    channel: list[int] = []
    pseudo_channel: list[int] = []
    rank: list[int] = []
    stack_id: list[int] = []
    bank_group: list[int] = []
    bank: list[int] = []
    row: list[int] = []
    column: list[int] = []


class Scheduler(Choice):
    """Which request of a queue is served next. See the memory model in the documentation."""

    RAMULATOR2 = "ramulator2"
    RAMULATOR2_ROW_HIT = "ramulator2-row-hit"
    FR_FCFS = "fr-fcfs"
    FR_FCFS_CAP = "fr-fcfs-cap"
    FCFS = "fcfs"


class PagePolicy(Choice):
    """When a row is closed without a conflicting request asking for it."""

    OPEN = "open"
    CLOSED = "closed"
    TIMEOUT = "timeout"


QueueSize = Annotated[int, Field(gt=0, le=65536)]
"""Entries of a queue, which is held whole in memory."""


class Controller(Section):
    """Queues, scheduling and page policy. The defaults are the policy set called ``ramulator2``."""

    scheduler: Scheduler = Scheduler.RAMULATOR2
    row_hit_cap: PositiveInt = 4
    read_queue: QueueSize = 32
    write_queue: QueueSize = 32
    write_high_watermark: Annotated[float, Field(gt=0, le=1)] = 0.8
    write_low_watermark: Annotated[float, Field(gt=0, lt=1)] = 0.2
    read_merging: bool = False
    write_coalescing: bool = True
    write_forwarding: bool = True
    page_policy: PagePolicy = PagePolicy.OPEN
    page_timeout_cycles: PositiveInt = 200


class Refresh(Choice):
    """Which refresh commands are sent."""

    NONE = "none"
    ALL_BANK = "all-bank"
    PER_BANK = "per-bank"


class SplitActivation(Section):
    """LPDDR5: ACT is two commands, and the first access after a pause needs a clock-sync command."""

    activate_deadline: str | int
    """Cycles from ACT to the latest ACT2."""
    sync_expiry_read: str | int
    """Cycles from a RD to the end of the data clock it keeps running."""
    sync_expiry_write: str | int


class CurrentEnergy(Section):
    """Energy from datasheet currents, per device; a channel has ``devices`` of them in lockstep."""

    model: Literal["currents"]
    vdd_v: Annotated[float, Field(gt=0)]
    vpp_v: Annotated[float, Field(ge=0)] = 0.0
    idd0_ma: float
    ipp0_ma: float = 0.0
    ipp3n_ma: float = 0.0
    """Standby current of the VPP supply, the same in all standby states; part of ``ipp0_ma``."""
    idd2n_ma: float
    idd3n_ma: float
    idd4r_ma: float
    idd4w_ma: float
    idd5b_ma: float
    idd5pb_ma: float | None = None
    devices: PositiveInt
    io_read_pj_per_bit: Annotated[float, Field(ge=0)]
    io_write_pj_per_bit: Annotated[float, Field(ge=0)]


class HopEnergy(Section):
    """Energy a bit and hop, from the cell to the pins, with a row activation charged as a whole."""

    model: Literal["hops"]
    activation_pj: Annotated[float, Field(ge=0)]
    """One ACT with its PRE, for one bank's row."""
    read_cell_pj_per_bit: Annotated[float, Field(ge=0)]
    write_cell_pj_per_bit: Annotated[float, Field(ge=0)]
    to_bank_group_pj_per_bit: Annotated[float, Field(ge=0)]
    to_global_io_pj_per_bit: Annotated[float, Field(ge=0)]
    tsv_pj_per_bit: Annotated[float, Field(ge=0)]
    io_pj_per_bit: Annotated[float, Field(ge=0)]
    refresh_all_pj: Annotated[float, Field(ge=0)]
    """One all-bank refresh of one rank or pseudo channel."""
    refresh_bank_pj: Annotated[float, Field(ge=0)]
    background_mw: Annotated[float, Field(ge=0)]
    """Standing power of one rank or pseudo channel."""


class MemoryConfig(Section):
    """A memory system: one DRAM standard, the number of channels of it, and the controller before each."""

    standard: str
    """The family's name, for display: ``DDR4``, ``HBM3``."""
    source: str
    """Where the figures come from."""

    channels: PowerOfTwo = 1
    pseudo_channels: PowerOfTwo = 1
    ranks: PowerOfTwo = 1
    stack_ids: PowerOfTwo = 1
    bank_groups: PowerOfTwo
    banks: PowerOfTwo
    """Banks in a bank group."""
    rows: PowerOfTwo
    columns: PowerOfTwo
    """Column addresses in a row, each ``bus_width_bits`` wide."""
    bus_width_bits: PowerOfTwo
    """Data pins of a channel, or of a pseudo channel where there are any."""
    burst_length: PowerOfTwo

    mapping: Annotated[str, StringConstraints(min_length=1)] | AddressBits
    bank_hash: list[BankHash] = []
    wrap_addresses: bool = False
    """Let addresses beyond the memory alias into it instead of reporting them."""

    clock: Clock
    command_bus: Literal["single", "dual", "split-activate"]
    """One bus for all commands; separate row and column buses; or one bus with ACT in two commands."""
    command_cycles: dict[Command, PositiveInt] = {}
    """Cycles a command occupies its bus, where that is not one."""
    split_activation: SplitActivation | None = None
    timings_cycles: dict[str, int] = {}
    timings_ns: dict[str, float] = {}
    """Given in ns and rounded up to cycles: ``tRFC: 350`` becomes ``nRFC``."""
    read_latency: str | int
    burst_cycles: str | int
    """Cycles one burst occupies the data bus."""
    constraints: list[Constraint]

    refresh: Refresh = Refresh.ALL_BANK
    refresh_interval: str | int
    refresh_interval_bank: str | int | None = None
    """Interval between per-bank refreshes of one rank; absent where the standard has none."""

    controller: Controller = Controller()
    energy: Annotated[CurrentEnergy | HopEnergy, Field(discriminator="model")]
