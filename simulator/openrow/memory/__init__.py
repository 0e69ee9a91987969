"""DRAM: standards, address mapping, controller, refresh, energy."""
