"""This simulator held against recorded runs of others. The runs lie in ``data``, with their origin."""
