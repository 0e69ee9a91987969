"""The trace format, and importers and exporters for other simulators' traces."""
