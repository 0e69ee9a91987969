"""What a channel may do next: plain scans over plain lists, in the order of precedence of the policy.

Every function returns actions, the one to be preferred first, whether or not the timing constraints allow
them yet. An action that is missing is not eligible, however long it waits.
"""

from collections.abc import Callable

import numpy as np

from openrow.config.memory import Command, PagePolicy, Refresh, Scheduler
from openrow.engine.event_bank import Bank, RowState
from openrow.engine.event_channel import Action, Channel
from openrow.engine.event_queues import Request, RequestQueue

ACCESSES = (Command.READ, Command.WRITE)


def is_access(action: Action) -> bool:
    """Whether an action travels on the column bus, where there is one."""
    return action.command in ACCESSES


def activated_accesses(channel: Channel) -> list[Action]:
    """RD and WR of activated requests: the oldest first, of equal age the one activated first."""
    in_order = sorted(channel.active, key=lambda request: request.arrival)
    return [Action(request.access, request.bank, request) for request in in_order]


def maintenance(channel: Channel) -> list[Action]:
    """What the head of the maintenance queue needs; nothing while an activated request goes first."""
    refresh = channel.maintenance.head
    if refresh is None:
        return []
    wide = channel.memory.refresh is Refresh.ALL_BANK
    bank = refresh.banks[0]
    if all(bank.state is RowState.CLOSED for bank in refresh.banks):
        return [Action(Command.REFRESH_ALL if wide else Command.REFRESH_BANK, bank)]
    if any(channel.has_activated(bank) for bank in refresh.banks):
        return []
    return [Action(Command.PRE_ALL if wide else Command.PRE, bank)]


def update_write_mode(channel: Channel) -> None:
    """Evaluate the write mode once, with the lengths of this moment; products in single precision."""
    controller = channel.memory.controller
    reads, writes = len(channel.reads), len(channel.writes)
    capacity = np.float32(controller.write_queue)
    if not channel.write_mode:
        high = np.float32(controller.write_high_watermark) * capacity
        channel.write_mode = bool(writes > high) or reads == 0
    else:
        low = np.float32(controller.write_low_watermark) * capacity
        channel.write_mode = not (bool(writes < low) and reads != 0)


def waiting_requests(channel: Channel) -> list[Action]:
    """What the requests of the queue that the write mode selects need, where the scheduler lets them."""
    queue = channel.writes if channel.write_mode else channel.reads
    scheduler = channel.memory.controller.scheduler
    actions = [
        Action(command, request.bank, request)
        for request in queue
        if (command := request.needed_command) is not None
        and _is_free(channel, request.bank, command)
        and ELIGIBILITY[scheduler](channel, queue, request, command)
    ]
    if scheduler in (Scheduler.FR_FCFS, Scheduler.FR_FCFS_CAP):
        return sorted(actions, key=lambda action: not is_access(action))
    return actions


def timed_out_rows(channel: Channel) -> list[Action]:
    """PRE of rows that nothing waiting hits, after a time without use: the page policy ``timeout``."""
    controller = channel.memory.controller
    if controller.page_policy is not PagePolicy.TIMEOUT:
        return []
    return [
        Action(Command.PRE, bank, not_before=bank.last_used + controller.page_timeout_cycles)
        for bank in channel.banks
        if bank.state is RowState.OPEN and not row_is_wanted(channel, bank)
    ]


def row_is_wanted(channel: Channel, bank: Bank, but: Request | None = None) -> bool:
    """Whether a waiting or activated request other than ``but`` hits the open row of ``bank``."""
    requests = [*channel.reads, *channel.writes, *channel.active]
    return any(request.bank is bank and request.hits for request in requests if request is not but)


def _is_free(channel: Channel, bank: Bank, command: Command) -> bool:
    """What every scheduler respects: a held bank, an unfinished activation, a row opened for a request."""
    if channel.maintenance.holds(bank):
        return False
    if command is Command.ACT:
        return channel.activating is None
    return command is not Command.PRE or not channel.has_activated(bank)


def _hits(queue: RequestQueue, bank: Bank) -> list[Request]:
    return [request for request in queue if request.bank is bank and request.hits]


def _first_ready(_channel: Channel, _queue: RequestQueue, _request: Request, _command: Command) -> bool:
    """``ramulator2``: whatever is ready, in order of arrival."""
    return True


def _spare_older_hits(_channel: Channel, queue: RequestQueue, request: Request, command: Command) -> bool:
    """``ramulator2-row-hit``: no PRE while a hit that is not younger waits in the queue."""
    if command is not Command.PRE:
        return True
    return all(hit.arrival > request.arrival for hit in _hits(queue, request.bank))


def _spare_hits(_channel: Channel, queue: RequestQueue, request: Request, command: Command) -> bool:
    """``fr-fcfs``: no PRE while any hit waits in the queue."""
    return command is not Command.PRE or not _hits(queue, request.bank)


def _spare_some_hits(channel: Channel, queue: RequestQueue, request: Request, command: Command) -> bool:
    """``fr-fcfs-cap``: as ``fr-fcfs``, until the row has had its share of accesses and a conflict waits."""
    capped = request.bank.accesses >= channel.memory.controller.row_hit_cap
    if command in ACCESSES:
        conflict = any(other.bank is request.bank and not other.hits for other in queue)
        return not (capped and conflict)
    return capped or _spare_hits(channel, queue, request, command)


def _oldest_alone(channel: Channel, queue: RequestQueue, request: Request, _command: Command) -> bool:
    """``fcfs``: the oldest request of the queue, once every activated one has been served."""
    return request is next(iter(queue)) and not channel.activated()


ELIGIBILITY: dict[Scheduler, Callable[[Channel, RequestQueue, Request, Command], bool]] = {
    Scheduler.RAMULATOR2: _first_ready,
    Scheduler.RAMULATOR2_ROW_HIT: _spare_older_hits,
    Scheduler.FR_FCFS: _spare_hits,
    Scheduler.FR_FCFS_CAP: _spare_some_hits,
    Scheduler.FCFS: _oldest_alone,
}
