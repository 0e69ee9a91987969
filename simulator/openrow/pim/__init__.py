"""Processing in memory: compute beside the banks."""
