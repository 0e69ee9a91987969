"""The checker of command streams: legality by the constraint table, independent of the controller."""
