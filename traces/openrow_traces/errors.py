"""The one error that traces raise for a user's mistake."""


class TraceError(ValueError):
    """A trace that cannot be read or written as asked; the message says where and what would be right."""
