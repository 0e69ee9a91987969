"""This simulator held against recorded runs of other simulators. The runs lie in ``data``, with their origin."""
