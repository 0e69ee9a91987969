"""Offering a request to a channel: answered at once, merged, queued, or refused for want of room."""

from openrow.engine.event_channel import Channel
from openrow.engine.event_completion import Completion
from openrow.engine.event_moments import present_cycle
from openrow.engine.event_queues import Request

MERGED_READS_PER_ENTRY = 4
"""Merged reads that may wait in a channel, for each entry of its read queue."""


class Admission:
    """The door of one channel."""

    def __init__(self, channel: Channel, completion: Completion) -> None:
        self._channel = channel
        self._completion = completion
        self._controller = channel.memory.controller

    def offer(self, request: Request) -> bool:
        """Offer a request after the present cycle; returns whether the channel takes it."""
        request.arrival = present_cycle(self._channel.env)
        if request.is_write:
            return self._offer_write(request)
        return self._offer_read(request)

    def _offer_write(self, write: Request) -> bool:
        channel = self._channel
        if self._controller.write_coalescing and channel.writes.at_address(write.address) is not None:
            channel.counters.coalesced += 1
            self._completion.finish_absorbed(write)
        elif channel.writes.is_full:
            return False
        else:
            channel.writes.append(write)
        channel.counters.writes += 1
        return True

    def _offer_read(self, read: Request) -> bool:
        channel = self._channel
        same_read = channel.reads.at_address(read.address)
        if self._controller.write_forwarding and channel.writes.at_address(read.address) is not None:
            channel.counters.forwarded += 1
            self._completion.depart(read, read.arrival + 1)
        elif same_read is not None and self._may_merge():
            channel.counters.merged += 1
            same_read.merged.append(read)
        elif channel.reads.is_full:
            return False
        else:
            channel.reads.append(read)
        channel.counters.reads += 1
        return True

    def _may_merge(self) -> bool:
        channel = self._channel
        merged = sum(len(request.merged) for request in [*channel.reads, *channel.activated()])
        return self._controller.read_merging and merged < MERGED_READS_PER_ENTRY * channel.reads.capacity
