"""Digital NPUs: systolic arrays, scratchpads and DMA."""
