"""What goes wrong by the user's hand, as against a fault of openrow itself."""


class UserError(Exception):
    """A mistake in what was given: a file, an option, a name.

    The text says what is wrong, where, and what would be right. The command line prints it without a trace.
    """

    def report(self) -> str:
        """Return the text for people."""
        return str(self)
