"""The fixtures of these tests."""

from written_architectures import problems_of, write

__all__ = ["problems_of", "write"]
