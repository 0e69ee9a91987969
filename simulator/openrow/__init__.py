"""openrow: from what a kernel computes to DRAM rows, time and energy."""

__version__ = "0.1.0"
