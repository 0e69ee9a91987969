"""A cache by its definition: dictionaries in order of use, one sector at a time."""

from collections import Counter

from openrow.config.host import CacheConfig
from openrow.host.cache import sets_of

Access = tuple[int, bool, int]
"""First byte, whether it is written, bytes."""


class PlainCache:
    """One level of cache, as plain as can be; ``below`` collects what goes to the next level."""

    def __init__(self, cache: CacheConfig) -> None:
        self.cache = cache
        self.sets = sets_of(cache)
        # Of each instance and set: line number -> {sector: whether it is dirty}, the least recent first.
        self.held: dict[tuple[int, int], dict[int, dict[int, bool]]] = {}
        self.below: list[Access] = []
        self.counts = Counter[str]()

    def set_of(self, line: int) -> int:
        if self.cache.index.value == "modulo":
            return line % self.sets
        bits = max(self.sets.bit_length() - 1, 1)
        folded = line
        for shift in range(bits, 64, bits):
            folded ^= line >> shift
        return folded % self.sets

    def access(self, address: int, is_write: bool, size: int) -> None:
        instance = self.counts["entries"] // self.cache.dealt_entries % self.cache.instances
        self.counts["entries"] += 1
        self.counts["bytes"] += size
        end = address + size
        while address < end:
            line = address // self.cache.line_bytes
            stop = min(end, (line + 1) * self.cache.line_bytes)
            self.access_line(instance, line, address, stop, is_write)
            address = stop

    def access_line(self, instance: int, line: int, address: int, stop: int, is_write: bool) -> None:
        sector_bytes = self.cache.sector_bytes
        lines = self.held.setdefault((instance, self.set_of(line)), {})
        present = line in lines
        state = dict(lines.get(line, {}))
        through = is_write and self.cache.write.value == "write-through"
        fetched = []
        for sector in range(address // sector_bytes, (stop - 1) // sector_bytes + 1):
            self.counts["writes" if is_write else "reads"] += 1
            found = sector in state
            self.counts["hits" if found else "sector_misses" if present else "line_misses"] += 1
            whole = address <= sector * sector_bytes and (sector + 1) * sector_bytes <= stop
            if not through:
                if not found and not (is_write and whole):
                    fetched.append(sector)
                state[sector] = state.get(sector, False) or is_write
        if through:
            self.below.append((address, True, stop - address))
            self.counts["passed_writes"] += 1
        self.counts["fills"] += len(fetched)
        self.emit(fetched, False)
        if through and not present:
            return
        lines.pop(line, None)
        if len(lines) == self.cache.ways:
            oldest = next(iter(lines))
            victim = lines.pop(oldest)
            self.counts["replaced_lines"] += 1
            self.write_back(victim)
        lines[line] = state

    def write_back(self, state: dict[int, bool]) -> None:
        dirty = sorted(sector for sector, written in state.items() if written)
        self.counts["write_backs"] += len(dirty)
        self.emit(dirty, True)

    def emit(self, sectors: list[int], is_write: bool) -> None:
        size = self.cache.sector_bytes
        last = None
        for sector in sectors:
            if last is not None and sector == last + 1:
                address, written, length = self.below.pop()
                self.below.append((address, written, length + size))
            else:
                self.below.append((sector * size, is_write, size))
            last = sector

    def flush(self) -> list[int]:
        """The addresses of all dirty sectors, in order; they are clean afterwards."""
        dirty = []
        for lines in self.held.values():
            for state in lines.values():
                dirty += [sector * self.cache.sector_bytes for sector, written in state.items() if written]
                state.update(dict.fromkeys(state, False))
        return sorted(dirty)
