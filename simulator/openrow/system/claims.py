"""Claims of others, held against what is found."""

from dataclasses import dataclass

REPRODUCED, REFUTED, OUTSIDE = "reproduced", "refuted", "outside the model"


@dataclass(frozen=True)
class Claim:
    """A claim and what came of it."""

    id: str
    claim: str
    verdict: str
    """``reproduced`` where the figure comes out, ``refuted`` where another does, or ``outside the model``."""
    finding: str
    """The figure, or the reason."""
