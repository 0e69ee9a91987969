"""Typed models of an architecture file: loading, inheritance, overrides, errors with file and line."""
