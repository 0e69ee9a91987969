"""The one error that kernels raise for a user's mistake."""


class KernelError(ValueError):
    """A kernel that cannot be built or run as asked; the message says what, where and what would be right."""
