"""Parameters and presets of ``deformable-attention``.

Sources
-------
TransPlat's five calls (two views of 256 x 256 pixels, a map of 64 x 64 pixels and 128 channels for each, one
head): coarse cross-attention of 1 layer with one point on each of 128 depth planes and no learned offset,
fine cross-attention of 2 layers with four points on each plane, fine self-attention of 2 layers with four
points; together 9,502,720 samples. Zhang et al., "TransPlat", AAAI 2025, and its public model source.

Deformable DETR's encoder at 800 x 800 pixels: maps of 100, 50, 25 and 13 pixels, 256 channels, 8 heads, 4
points, 6 layers. Zhu et al., "Deformable DETR", ICLR 2021.

The cameras are synthetic, shaped like a pair of RealEstate10K: a focal length of 0.86 of the side of the 256
x 256 crop, a step sideways by 0.3 units with some rise and advance, a turn of a few degrees, scene depths
from 1 to 100 units.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from openrow_kernels.kernel import MapParameters, PositiveInt

Reference: TypeAlias = Literal["self", "epipolar"]
Offsets: TypeAlias = Literal["ring", "none"]
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True)
class Call:
    """One attention module: equal layers, run one after another, each with tensors of its own."""

    name: str
    reference: Reference
    layers: int
    depths: int
    points: int
    offsets: Offsets


class AttentionParameters(MapParameters):
    """What all deformable attention has: maps, heads, cameras."""

    height: PositiveInt = 64
    """Pixels of the finest level, down; level l has ceil(height / 2^l)."""
    width: PositiveInt = 64
    """Pixels of the finest level, across."""
    channels: PositiveInt = 128
    """Channels of all heads together."""
    heads: PositiveInt = 1
    """Heads, which share the channels evenly."""
    levels: PositiveInt = 1
    """Maps of different resolution."""
    views: PositiveInt = 2
    """Images; epipolar references need exactly two, each sampling the other."""
    offset_noise_px: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.5
    """Standard deviation of what training added to the ring of offsets, in pixels of each level."""
    image_height: PositiveInt = 256
    """Pixels, down, of the image that the intrinsics refer to; they are scaled to the map."""
    image_width: PositiveInt = 256
    """The same, across."""
    focal_x_px: PositiveFloat = 220.0
    """Focal length in pixels of the image, across."""
    focal_y_px: PositiveFloat = 220.0
    """Focal length in pixels of the image, down."""
    principal_x_px: Finite = 128.0
    """Where the optical axis meets the image, from its left edge."""
    principal_y_px: Finite = 128.0
    """Where the optical axis meets the image, from its upper edge."""
    translation: tuple[Finite, Finite, Finite] = (0.3, 0.02, 0.08)
    """Where the second camera stands in the first one's frame: right, down, forward, in the unit of near and
    far."""
    yaw_deg: Finite = 3.0
    """Turn from the first camera's axes to the second's, about the vertical axis; pitch and roll likewise."""
    pitch_deg: Finite = 1.0
    """Turn about the horizontal axis."""
    roll_deg: Finite = 0.5
    """Turn about the viewing axis."""
    near: PositiveFloat = 1.0
    """Depth of the first plane; planes are evenly spaced in 1/depth."""
    far: PositiveFloat = 100.0
    """Depth of the last plane."""

    @abstractmethod
    def calls(self) -> tuple[Call, ...]:
        """Return the attention modules in the order they run."""

    @model_validator(mode="after")
    def _consistent(self) -> "AttentionParameters":
        if self.channels % self.heads:
            raise ValueError(f"channels ({self.channels}) must be a multiple of heads ({self.heads})")
        if self.far <= self.near:
            raise ValueError(f"far ({self.far}) must be greater than near ({self.near})")
        for call in self.calls():
            if call.reference == "epipolar" and self.views != 2:
                raise ValueError(f"reference 'epipolar' needs views=2 (got {self.views})")
            if call.reference == "self" and call.depths != 1:
                raise ValueError(
                    f"reference 'self' has no depth planes: depths must be 1 (got {call.depths})"
                )
        return self


class SingleCallParameters(AttentionParameters):
    """One attention module."""

    reference: Reference = "self"
    """``self``: queries are the pixels of all levels and look at their own place; ``epipolar``: queries are
    the pixels of the finest level and look at their projections into the other view, one for each depth
    plane."""
    layers: PositiveInt = 1
    """Modules of this shape, one after another."""
    depths: PositiveInt = 1
    """Depth planes of epipolar references."""
    points: PositiveInt = 4
    """Points for each head, level and depth plane."""
    offsets: Offsets = "ring"
    """``ring``: learned offsets are read from memory; ``none``: there are none."""

    def calls(self) -> tuple[Call, ...]:
        """Return the one module."""
        return (Call("attention", self.reference, self.layers, self.depths, self.points, self.offsets),)


class TransplatParameters(AttentionParameters):
    """All five calls of TransPlat's coarse and fine transformers."""

    depths: PositiveInt = 128
    """Depth planes of the coarse cross-attention."""
    coarse_layers: PositiveInt = 1
    """Layers of the coarse cross-attention."""
    fine_cross_layers: PositiveInt = 2
    """Layers of the fine cross-attention."""
    fine_cross_points: PositiveInt = 4
    """Points for each head and level of the fine cross-attention."""
    fine_self_layers: PositiveInt = 2
    """Layers of the fine self-attention."""
    fine_self_points: PositiveInt = 4
    """Points for each head and level of the fine self-attention."""

    def calls(self) -> tuple[Call, ...]:
        """Return coarse cross-attention, fine cross-attention and fine self-attention."""
        return (
            Call("coarse", "epipolar", self.coarse_layers, self.depths, 1, "none"),
            Call(
                "fine-cross", "epipolar", self.fine_cross_layers, self.depths, self.fine_cross_points, "ring"
            ),
            Call("fine-self", "self", self.fine_self_layers, 1, self.fine_self_points, "ring"),
        )


PRESETS: dict[str | None, tuple[type[AttentionParameters], dict[str, Any]]] = {
    None: (SingleCallParameters, {}),
    "transplat": (TransplatParameters, {}),
    "transplat-coarse": (
        SingleCallParameters,
        {"reference": "epipolar", "depths": 128, "points": 1, "offsets": "none"},
    ),
    "transplat-fine-cross": (
        SingleCallParameters,
        {"reference": "epipolar", "layers": 2, "depths": 128, "points": 4},
    ),
    "transplat-fine-self": (SingleCallParameters, {"layers": 2, "points": 4}),
    "deformable-detr": (
        SingleCallParameters,
        {
            "height": 100,
            "width": 100,
            "channels": 256,
            "heads": 8,
            "levels": 4,
            "views": 1,
            "layers": 6,
            "points": 4,
        },
    ),
}
