"""What the caches of a host must be to themselves and to each other."""

from collections.abc import Iterator
from typing import Any

from openrow.config.findings import Finding
from openrow.config.host import CacheConfig
from openrow.config.sound_values import SoundValues

MOST_SECTORS = 16
"""Sectors of a line: the states of a line's sectors are bits of one integer."""


def sectors(cache: SoundValues) -> Iterator[Finding]:
    """Check that sectors make up a line."""
    line, sector = cache.value("line_bytes"), cache.value("sector_bytes")
    paths = (("sector_bytes",), ("line_bytes",))
    if sector > line:
        yield Finding(paths, f"sector_bytes should be at most line_bytes = {line}", str(sector))
    elif line // sector > MOST_SECTORS:
        least = line // MOST_SECTORS
        expected = (
            f"sector_bytes should be at least {least}, for {MOST_SECTORS} sectors in a line of {line} bytes"
        )
        yield Finding(paths, expected, str(sector))


def whole_sets(cache: SoundValues) -> Iterator[Finding]:
    """Check that lines make up sets, and sets the cache."""
    size, line, ways = cache.value("size_bytes"), cache.value("line_bytes"), cache.value("ways")
    paths = (("size_bytes",), ("line_bytes",), ("ways",))
    if size % line:
        yield Finding(paths, f"size_bytes should be a multiple of line_bytes = {line}", str(size))
    elif size // line % ways:
        below = size // (line * ways) * line * ways
        nearest = f"{below} and {below + line * ways}" if below else str(line * ways)
        expected = (
            f"the {size // line} lines of {line} bytes should divide into sets of {ways} ways; "
            f"the nearest sizes are {nearest}"
        )
        yield Finding(paths, expected, str(size))


def levels_fit(host: SoundValues) -> Iterator[Finding]:
    """Check that the last level is one cache, and that the first fetches whole sectors of it."""
    first, last = host.value("l1"), host.value("l2")
    if _of(last, "instances") != 1:
        expected = "should be 1: the last level is shared by all"
        yield Finding((("l2", "instances"),), expected, str(_of(last, "instances")))
    if first is not None and _of(first, "sector_bytes") % _of(last, "sector_bytes"):
        paths = (("l1", "sector_bytes"), ("l2", "sector_bytes"))
        expected = f"l1.sector_bytes should be a multiple of l2.sector_bytes = {_of(last, 'sector_bytes')}"
        yield Finding(paths, expected, str(_of(first, "sector_bytes")))


def _of(cache: dict[str, Any], key: str) -> Any:
    return cache.get(key, CacheConfig.model_fields[key].default)
