"""Every kernel by name. Listing imports neither NumPy nor a kernel; ``kernel`` imports the one it is asked
for.

A kernel is named ``kernel`` or ``kernel:preset``. Its parameters are overridden by ``key=value``; where a
parameter is several numbers they are separated by commas.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from openrow_kernels.errors import KernelError

if TYPE_CHECKING:
    from openrow_kernels.kernel import Kernel


@dataclass(frozen=True)
class Entry:
    """A line of the catalogue: ``module.build(preset, overrides)`` makes the kernel."""

    module: str
    description: str


_ENTRIES = {
    "bilinear": Entry("bilinear", "grid_sample of a feature map that is turned and zoomed"),
    "bilinear:motorcycle": Entry(
        "stereo",
        "warp of a real stereo pair by its ground-truth disparity; 370,500 samples (needs openrow[data])",
    ),
    "bicubic-upsampling": Entry(
        "bicubic", "bicubic upsampling of a feature map by a scale factor (interpolate)"
    ),
    "bit-sliced-gemm": Entry("bit_sliced_gemm", "integer matrix product on slices of a few bits, exact"),
    "deformable-attention": Entry(
        "deformable_attention", "multi-scale deformable attention; one call, self or epipolar"
    ),
    "deformable-attention:deformable-detr": Entry(
        "deformable_attention", "encoder of Deformable DETR at 800 x 800 pixels, 6 layers; 10,209,792 samples"
    ),
    "deformable-attention:transplat": Entry(
        "deformable_attention",
        "all five calls of TransPlat's coarse and fine transformers; 9,502,720 samples",
    ),
    "deformable-attention:transplat-coarse": Entry(
        "deformable_attention", "TransPlat's coarse cross-attention over 128 depth planes; 1,048,576 samples"
    ),
    "deformable-attention:transplat-fine-cross": Entry(
        "deformable_attention", "TransPlat's fine cross-attention, 2 layers; 8,388,608 samples"
    ),
    "deformable-attention:transplat-fine-self": Entry(
        "deformable_attention", "TransPlat's fine self-attention, 2 layers; 65,536 samples"
    ),
    "gemm": Entry("gemm", "blocked matrix product"),
}


def names() -> list[tuple[str, str]]:
    """Return every kernel and preset with one line on what it is."""
    return [(spec, entry.description) for spec, entry in _ENTRIES.items()]


def kernel(spec: str, overrides: Sequence[str] | Mapping[str, Any] = ()) -> "Kernel":
    """Build the kernel that ``spec`` names.

    Parameters
    ----------
    spec
        ``kernel`` or ``kernel:preset``, one of :func:`names`.
    overrides
        ``["key=value", ...]``, or a mapping of typed values.

    Raises
    ------
    KernelError
        If there is no such kernel or parameter, or a value does not fit: all of them at once.
    """
    if spec not in _ENTRIES:
        from openrow_kernels.overrides import nearest

        raise KernelError(f"no kernel {spec!r}{nearest(spec, _ENTRIES)}; there are: {', '.join(_ENTRIES)}")
    _, _, preset = spec.partition(":")
    build = import_module(f"openrow_kernels.{_ENTRIES[spec].module}").build
    return cast("Callable[..., Kernel]", build)(preset or None, overrides)
