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
    """DRAM commands. ``ACT2`` and the ``CAS`` commands exist only on a split-activate command bus;
    ``PIM_RD`` reads a burst into a compute unit beside its bank, and not to the data bus. Those of HBM-PIM
    that end in ``hb`` go to half the banks at once, the even or the odd ones. AiM's go to all banks, their
    multipliers or the global buffer; ``AFab`` is its activation function, ``EWMULab`` multiplies banks."""

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
    PIM_READ = "PIM_RD"
    ACT_HALF = "ACThb"
    PRE_HALF = "PREhb"
    READ_HALF = "RDhb"
    WRITE_HALF = "WRhb"
    ACT_ALL = "ACTab"
    MAC_ALL = "MACab"
    MUL_ALL = "EWMULab"
    FUNCTION_ALL = "AFab"
    WRITE_BUFFER = "WRGB"
    WRITE_SUMS = "WRMAC"
    READ_SUMS = "RDMAC"
    READ_FUNCTION = "RDAF"
    CHANGE_MODE = "TMOD"


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
    """The nodes the spacing holds for."""
    preceding: Annotated[list[Command], Field(min_length=1)]
    """After any of these commands,"""
    following: Annotated[list[Command], Field(min_length=1)]
    """each of these waits,"""
    latency: str | int
    """so many cycles: a number or a formula of timings with ``+``, ``-``, ``*``, ``max`` and ``min``,"""
    window: Annotated[int, Field(gt=0, le=64)] = 1
    """counted from the so-manieth most recent of the preceding commands."""
    sibling: bool = False
    """Whether the other nodes of the same parent wait, instead of the same node."""
    cause: Cause
    """What lost time is called when this is what the data bus waited for."""


class Clock(Section):
    """The controller's clock. A cycle is ``1 / (clock_mhz * cycles_per_clock)``.

    HBM3 issues commands on both edges of CK, so its cycle is half a clock: ``cycles_per_clock: 2``.
    """

    clock_mhz: Annotated[float, Field(gt=0)]
    """Frequency of CK."""
    cycles_per_clock: Literal[1, 2] = 1
    """Cycles of the controller in a period of CK."""
    data_rate_mt_per_s: Annotated[float, Field(gt=0)]
    """Transfers a second of each data pin."""


class BankHash(Section):
    """One XOR of the address decoding: ``target`` bit ``bit`` is XORed with bits of the row."""

    target: Literal["bank", "bank_group", "stack_id", "rank", "pseudo_channel", "channel"]
    """The field that is changed."""
    bit: Annotated[int, Field(ge=0)]
    """The bit of that field, 0 the lowest."""
    row_bits: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
    """Bits of the row that are XORed into it."""


class AddressBits(Section):
    """An explicit mapping: for each field the physical address bits, least significant first."""

    channel: list[int] = []
    """Of the channel."""
    pseudo_channel: list[int] = []
    """Of the pseudo channel."""
    rank: list[int] = []
    """Of the rank."""
    stack_id: list[int] = []
    """Of HBM3's stack id."""
    bank_group: list[int] = []
    """Of the bank group."""
    bank: list[int] = []
    """Of the bank within its group."""
    row: list[int] = []
    """Of the row."""
    column: list[int] = []
    """Of the column, above the bits within a burst."""


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
    """Which request of a queue comes next."""
    row_hit_cap: PositiveInt = 4
    """For ``fr-fcfs-cap``: accesses to a row before its hits yield."""
    read_queue: QueueSize = 32
    """Entries of the read queue of a channel."""
    write_queue: QueueSize = 32
    """Entries of the write queue of a channel."""
    write_high_watermark: Annotated[float, Field(gt=0, le=1)] = 0.8
    """Share of the write queue beyond which writes are drained."""
    write_low_watermark: Annotated[float, Field(ge=1e-6, lt=1)] = 0.2
    """Share of the write queue below which reads are served again."""
    read_merging: bool = False
    """Whether a read joins a waiting read of the same burst."""
    write_coalescing: bool = True
    """Whether a write is absorbed by a waiting write of the same burst."""
    write_forwarding: bool = True
    """Whether a read is answered by a waiting write of the same burst."""
    page_policy: PagePolicy = PagePolicy.OPEN
    """When rows are closed that no request wants closed."""
    page_timeout_cycles: PositiveInt = 200
    """For ``timeout``: idle cycles of a bank after which its row is closed."""


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
    """Cycles from a WR to the end of the data clock it keeps running."""


class CurrentEnergy(Section):
    """Energy from datasheet currents, per device; a channel has ``devices`` of them in lockstep."""

    model: Literal["currents"]
    """Says that this section gives currents."""
    vdd_v: Annotated[float, Field(gt=0)]
    """Voltage of the main supply."""
    vpp_v: Annotated[float, Field(ge=0)] = 0.0
    """Voltage of the wordline supply."""
    idd0_ma: float
    """One bank opening and closing a row every tRC."""
    ipp0_ma: float = 0.0
    """The same, of the VPP supply."""
    ipp3n_ma: float = 0.0
    """Standby current of the VPP supply, the same in all standby states; part of ``ipp0_ma``."""
    idd2n_ma: float
    """Standby with all banks closed."""
    idd3n_ma: float
    """Standby with banks open."""
    idd4r_ma: float
    """Reading without a gap."""
    idd4w_ma: float
    """Writing without a gap."""
    idd5b_ma: float
    """During an all-bank refresh."""
    idd5pb_ma: float | None = None
    """During a per-bank refresh; where absent, one costs a bank's share of an all-bank one."""
    devices: PositiveInt
    """Devices of a rank that work in lockstep."""
    io_read_pj_per_bit: Annotated[float, Field(ge=0)]
    """Drivers and termination of a bit read, which the currents do not hold."""
    io_write_pj_per_bit: Annotated[float, Field(ge=0)]
    """Drivers and termination of a bit written."""


class HopEnergy(Section):
    """Energy a bit and hop, from the cell to the pins, with a row activation charged as a whole."""

    model: Literal["hops"]
    """Says that this section gives energies a hop."""
    activation_pj: Annotated[float, Field(ge=0)]
    """One ACT with its PRE, for one bank's row."""
    read_cell_pj_per_bit: Annotated[float, Field(ge=0)]
    """Reading a bit from the row buffer."""
    write_cell_pj_per_bit: Annotated[float, Field(ge=0)]
    """Writing a bit into the row buffer."""
    to_bank_group_pj_per_bit: Annotated[float, Field(ge=0)]
    """From the column decoder to the bank group."""
    to_global_io_pj_per_bit: Annotated[float, Field(ge=0)]
    """From the bank group to the global IO."""
    tsv_pj_per_bit: Annotated[float, Field(ge=0)]
    """Through the silicon."""
    io_pj_per_bit: Annotated[float, Field(ge=0)]
    """At the pins."""
    refresh_all_pj: Annotated[float, Field(ge=0)]
    """One all-bank refresh of one rank or pseudo channel."""
    refresh_bank_pj: Annotated[float, Field(ge=0)]
    """One per-bank refresh."""
    background_mw: Annotated[float, Field(ge=0)]
    """Standing power of one rank or pseudo channel."""


class MemoryConfig(Section):
    """A memory system: one DRAM standard, the number of channels of it, and the controller before each."""

    standard: str
    """The family's name, for display: ``DDR4``, ``HBM3``."""
    source: str
    """Where the figures come from."""

    channels: PositiveInt = 1
    """Channels, each with a controller of its own. Where they are no power of two, ``mapping`` is made of
    tokens, and the channel is a remainder of the address."""
    pseudo_channels: PowerOfTwo = 1
    """Pseudo channels of a channel, each with a data bus of its own."""
    ranks: PowerOfTwo = 1
    """Ranks of a channel."""
    stack_ids: PowerOfTwo = 1
    """Stack IDs of a pseudo channel (HBM3)."""
    bank_groups: PowerOfTwo
    """Bank groups of a rank, pseudo channel or stack ID."""
    banks: PowerOfTwo
    """Banks in a bank group."""
    rows: PowerOfTwo
    """Rows of a bank."""
    columns: PowerOfTwo
    """Column addresses in a row, each ``bus_width_bits`` wide."""
    bus_width_bits: PowerOfTwo
    """Data pins of a channel, or of a pseudo channel where there are any."""
    burst_length: PowerOfTwo
    """Transfers of a burst on each data pin."""

    mapping: Annotated[str, StringConstraints(min_length=1)] | AddressBits
    """Which address bits choose what: tokens from the top bit, or lists of bits."""
    bank_hash: list[BankHash] = []
    """XORs of row bits into other fields."""
    wrap_addresses: bool = False
    """Let addresses beyond the memory alias into it instead of reporting them."""

    clock: Clock
    """The controller's clock."""
    command_bus: Literal["single", "dual", "split-activate"]
    """One bus for all commands; separate row and column buses; or one bus with ACT in two commands."""
    command_cycles: dict[Command, PositiveInt] = {}
    """Cycles a command occupies its bus, where that is not one."""
    split_activation: SplitActivation | None = None
    """For ``split-activate``: the second half of an activation and the data clock."""
    timings_cycles: dict[str, int] = {}
    """Timings by name, such as ``nRCD: 16``."""
    timings_ns: dict[str, float] = {}
    """Given in ns and rounded up to cycles: ``tRFC: 350`` becomes ``nRFC``."""
    read_latency: str | int
    """Cycles from RD to the last beat of its data: a number or a formula of timings."""
    burst_cycles: str | int
    """Cycles one burst occupies the data bus."""
    constraints: list[Constraint]
    """The constraint table."""

    refresh: Refresh = Refresh.ALL_BANK
    """Which refresh commands are sent."""
    refresh_interval: str | int
    """Cycles between all-bank refreshes of one rank or pseudo channel."""
    refresh_interval_bank: str | int | None = None
    """Interval between per-bank refreshes of one rank; absent where the standard has none."""

    controller: Controller = Controller()
    """Queues and policies."""
    energy: Annotated[CurrentEnergy | HopEnergy, Field(discriminator="model")]
    """What energy is counted from."""
