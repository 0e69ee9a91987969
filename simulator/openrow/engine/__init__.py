"""SimPy: clocks, traffic sources, the memory process, the event engine."""
