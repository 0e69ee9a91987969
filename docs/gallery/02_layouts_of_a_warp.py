"""
Layouts of a real warp
======================

The Motorcycle stereo pair, warped by its disparity: four tensor layouts on DDR4.
"""

# %%
# The kernel computes as well: the right image, sampled at the disparity of each pixel, becomes the left one.

import matplotlib.pyplot as plt
import numpy as np

from openrow.config.loading import load_architecture
from openrow.report.plots import plot_time_and_rows
from openrow.system.replay import replay
from openrow.system.traffic import kernel_traffic
from openrow_kernels.catalogue import kernel

warp = kernel("bilinear:motorcycle")
rebuilt = warp.compute(warp.inputs())["output"]
plt.figure(figsize=(6, 4))
plt.imshow(np.moveaxis(rebuilt[0], 0, -1).clip(0, 1))
plt.axis("off")

# %%
# Now its addresses. In NCHW a neighbour is three accesses, one in each plane, so there are more requests.
# Tiles and Morton order bring pixels above one another closer together, which this kernel, going row by row,
# does not use.

architecture = load_architecture("memory/ddr4-2400", ["memory.mapping=RoBaBgCo"])
results = {}
for layout in ("nhwc", "nchw", "tiled", "morton"):
    tree = replay(architecture, kernel_traffic("bilinear:motorcycle", [f"layout={layout}"])).as_dict()
    hits, time_ms = tree["row_hit_rate"], tree["time_ns"] / 1e6
    print(f"{layout:6}  {tree['requests']:9,} requests  {hits:.1%} hits  {time_ms:5.2f} ms")
    results[layout] = tree

figure = plot_time_and_rows(results)
