"""Studies of crossbar numerics: accuracy of a small network, converters, and what streaming saves."""
