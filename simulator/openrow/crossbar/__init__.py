"""Memristor crossbars: bit-sliced products with converters and noise, fast and in little memory.

``program(weights, settings)`` slices, maps and programs weights once; ``multiply(inputs)`` streams inputs
through them. What is computed is written down plainly in ``definition``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from openrow.config.crossbar import CrossbarSettings, Granularity, Mode, SignedMapping

if TYPE_CHECKING:
    from openrow.crossbar.layers import Conv2d as Conv2d
    from openrow.crossbar.layers import Linear as Linear
    from openrow.crossbar.levels import DistortionWarning as DistortionWarning
    from openrow.crossbar.programming import CrossbarError as CrossbarError
    from openrow.crossbar.programming import ProgrammedWeights as ProgrammedWeights
    from openrow.crossbar.programming import program as program

_HEAVY = {
    "Conv2d": "layers",
    "CrossbarError": "programming",
    "DistortionWarning": "levels",
    "Linear": "layers",
    "ProgrammedWeights": "programming",
    "program": "programming",
}

__all__ = [
    "Conv2d",
    "CrossbarError",
    "CrossbarSettings",
    "DistortionWarning",
    "Granularity",
    "Linear",
    "Mode",
    "ProgrammedWeights",
    "SignedMapping",
    "program",
]


def __getattr__(name: str) -> Any:
    """Import what needs NumPy and Numba when it is first asked for."""
    if name in _HEAVY:
        return getattr(import_module(f"openrow.crossbar.{_HEAVY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
