"""
A first replay
==============

A kernel, a memory, and where the time goes.
"""

# %%
# Load an architecture by its name; any field can be overridden. Take the accesses of a kernel. Play them.

from openrow.config.loading import load_architecture
from openrow.report.plots import plot_time_and_rows
from openrow.report.replay_report import print_report
from openrow.system.replay import replay
from openrow.system.traffic import kernel_traffic

architecture = load_architecture("memory/ddr4-2400", ["memory.mapping=RoBaBgCo"])
warp = kernel_traffic("bilinear", ["height=96", "width=96", "out_height=96", "out_width=96"])
result = replay(architecture, warp)

# %%
# The result is a tree of plain data, as ``openrow replay --json`` prints it; this is its report.

tree = result.as_dict()
tree["requests_per_s"] = None  # depends on the machine
print_report(tree)

# %%
# A picture of two results side by side: what row hits, and the data bus's time, become when bursts take
# turns in the bank groups.

turning = replay(load_architecture("memory/ddr4-2400", ["memory.mapping=RoBaCoBg"]), warp).as_dict()
figure = plot_time_and_rows({"RoBaBgCo": tree, "RoBaCoBg": turning})
