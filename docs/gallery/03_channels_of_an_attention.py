"""
Channels of a deformable attention
==================================

Which address bits should choose the channel? TransPlat's fine self-attention on a stack of HBM3.
"""

# %%
# A sample reads four neighbours of 256 bytes each: 8 bursts of 32 bytes. The mapping decides whether they lie
# in eight of the sixteen channels or in one. From the top bit, ``Ch`` is the channel, ``Pc`` the pseudo
# channel, and ``Co3`` the lowest three bits of the column.

from openrow.config.loading import load_architecture
from openrow.report.plots import plot_banks, plot_time_and_rows
from openrow.system.replay import replay
from openrow.system.traffic import kernel_traffic

attention = kernel_traffic("deformable-attention:transplat-fine-self")
mappings = {
    "a burst a channel": "RoBaCoBgPcCh",
    "256 B a channel": "RoBaCoBgPcChCo3",
    "a row a channel": "RoBaBgPcChCo",
    "a part a channel": "ChPcRoBaBgCo",
}
results = {}
for name, mapping in mappings.items():
    architecture = load_architecture("memory/hbm3-6400", [f"memory.mapping={mapping}"])
    tree = results[name] = replay(architecture, attention).as_dict()
    busiest = max(channel["requests"] for channel in tree["channels"]) * 16 / tree["requests"]
    print(
        f"{name:18} {tree['time_ns'] / 1e3:7.1f} us  {tree['bandwidth_gb_per_s']['delivered']:5.0f} GB/s  "
        f"{tree['row_hit_rate']:.1%} hits  busiest channel {busiest:.1f} x the mean"
    )

figure = plot_time_and_rows(results)

# %%
# How evenly the banks of all channels are used, with a row a channel:

figure = plot_banks(results["a row a channel"])
