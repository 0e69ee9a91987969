"""
A standard of your own
======================

A DRAM standard is a file. This one changes what differs from a shipped one.
"""

# %%
# What if DDR4 had no bank groups in its timings, and a window of activations half as long?

from pathlib import Path
from tempfile import TemporaryDirectory

from openrow.config.loading import load_architecture
from openrow.config.timings import resolved_timings
from openrow.report.plots import plot_time_and_rows
from openrow.system.replay import replay
from openrow.system.traffic import kernel_traffic

text = """
extends: memory/ddr4-2400
memory:
  source: an experiment, no real part
  mapping: RoBaBgCo
  timings_cycles: {nCCDL: 4, nRRDL: 4, nFAW: 16}
"""
with TemporaryDirectory() as folder:
    file = Path(folder, "without-groups.yaml")
    file.write_text(text)
    experiment = load_architecture(file)
shipped = load_architecture("memory/ddr4-2400", ["memory.mapping=RoBaBgCo"])

changed = {
    name: (resolved_timings(shipped.memory)[name], cycles)
    for name, cycles in resolved_timings(experiment.memory).items()
    if cycles != resolved_timings(shipped.memory)[name]
}
print("timings that differ, in cycles:", changed)

# %%
# A warp that turns the map by a quarter goes down its columns, and so from row to row of the memory.

warp = kernel_traffic("bilinear", ["rotation_deg=90", "jitter_px=0"])
results = {
    name: replay(architecture, warp).as_dict()
    for name, architecture in {"DDR4-2400": shipped, "without groups": experiment}.items()
}
for name, tree in results.items():
    print(f"{name:15} {tree['time_ns'] / 1e3:7.1f} us, mean latency {tree['latency_ns']['mean']:.0f} ns")

figure = plot_time_and_rows(results)
