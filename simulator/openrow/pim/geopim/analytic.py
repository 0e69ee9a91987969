"""The analytic model of GeoPIM's design notes: a row-hit rate goes in, a time comes out.

    cycles of a tile = max(hit x tile_hit_cycles + (1 - hit) x tile_miss_cycles, compute)
    cycles of a sample = channels / lanes x cycles of a tile
    throughput = active banks x clock / cycles of a sample

It knows nothing of what banks share: activation windows, refresh, neighbours elsewhere, load, the link.
"""

from dataclasses import dataclass

from openrow.config.geopim import GeoPimConfig

NEIGHBOURS = 4


@dataclass(frozen=True)
class AnalyticModel:
    """The model at one row-hit rate.

    Attributes
    ----------
    tile_cycles, sample_cycles
        Unit cycles of a tile and of a sample.
    samples_per_s
        Throughput of all active banks.
    """

    tile_cycles: float
    sample_cycles: float
    samples_per_s: float

    def time_ns(self, samples: int) -> float:
        """The time of ``samples`` samples."""
        return samples / self.samples_per_s * 1e9


def compute_cycles(config: GeoPimConfig) -> int:
    """Unit cycles to compute a tile."""
    return NEIGHBOURS * config.neighbour_cycles + config.accumulate_cycles


def analytic_model(config: GeoPimConfig, channels: int, hit_rate: float) -> AnalyticModel:
    """The model for feature maps of ``channels`` channels.

    Raises
    ------
    ValueError
        For a hit rate that is no share.
    """
    if not 0 <= hit_rate <= 1:
        raise ValueError(f"a row-hit rate lies between 0 and 1; {hit_rate} does not")
    fetch = hit_rate * config.tile_hit_cycles + (1 - hit_rate) * config.tile_miss_cycles
    tile = max(fetch, float(compute_cycles(config)))
    sample = channels / config.lanes * tile
    return AnalyticModel(tile, sample, config.active_banks * config.clock_mhz * 1e6 / sample)
