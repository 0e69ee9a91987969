"""PyTorch's own operators as the reference: run where torch is installed, else their stored outputs.

``golden/torch_reference.npz`` holds, for each case, the inputs, torch's output, and what torch reads for each
output pixel or query: the pixels that spoil it when NaN, tried one by one. It is written by
``golden/make_golden.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from openrow_kernels.catalogue import kernel
from openrow_kernels.deformable_attention import DeformableAttention
from openrow_kernels.kernel import Kernel

STORED = Path(__file__).parent / "golden" / "torch_reference.npz"
HAVE_TORCH = find_spec("torch") is not None

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Case:
    """One call of an operator: its keyword arguments, its inputs, and the kernel that is held to it."""

    name: str
    operator: str
    arguments: dict[str, Any]
    inputs: Arrays
    spec: str
    values: dict[str, Any]

    def maps(self) -> list[str]:
        """Return the names of the inputs that are sampled."""
        return [name for name in self.inputs if name == "input" or name.startswith("value.")]


def grid_sample(inputs: Arrays, align_corners: bool, padding: str) -> np.ndarray:
    import torch

    value, grid = (torch.from_numpy(inputs[name]) for name in ("input", "grid"))
    sampled = torch.nn.functional.grid_sample(
        value, grid, mode="bilinear", padding_mode=padding, align_corners=align_corners
    )
    return sampled.numpy()


def interpolate(inputs: Arrays, scale_factor: float, align_corners: bool) -> np.ndarray:
    import torch

    upsampled = torch.nn.functional.interpolate(
        torch.from_numpy(inputs["input"]),
        scale_factor=scale_factor,
        mode="bicubic",
        align_corners=align_corners,
    )
    return upsampled.numpy()


def deformable_attention(inputs: Arrays, levels: int) -> np.ndarray:
    """Return attention as Deformable DETR composes it of grid_sample: one call for each level.

    Shapes: ``value.0`` ... (channels, height, width), ``reference`` (queries, depths, 2), ``offsets``
    (queries, heads, levels, samples, 2), ``weights`` (queries, heads, levels, samples); the output is
    (queries, channels).
    """
    import torch

    tensors = {name: torch.from_numpy(values) for name, values in inputs.items()}
    queries, heads, _, samples = tensors["weights"].shape
    reference = tensors["reference"].repeat_interleave(samples // tensors["reference"].shape[1], dim=1)
    sampled = []
    for level in range(levels):
        value = tensors[f"value.{level}"]
        channels, height, width = value.shape
        extent = torch.tensor([width, height], dtype=torch.float32)
        location = reference[:, None] + tensors["offsets"][:, :, level] / extent
        grid = (2 * location - 1).transpose(0, 1)
        maps = value.reshape(heads, channels // heads, height, width)
        sampled.append(
            torch.nn.functional.grid_sample(
                maps, grid, mode="bilinear", padding_mode="zeros", align_corners=False
            )
        )
    weight = tensors["weights"].permute(1, 2, 0, 3)[:, None]
    total = (torch.stack(sampled, dim=2) * weight).sum(dim=(2, 4))
    return total.reshape(-1, queries).T.contiguous().numpy()


def matmul(inputs: Arrays) -> np.ndarray:
    import torch

    return torch.matmul(torch.from_numpy(inputs["a"]), torch.from_numpy(inputs["b"])).numpy()


OPERATORS: dict[str, Callable[..., np.ndarray]] = {
    "grid_sample": grid_sample,
    "interpolate": interpolate,
    "deformable_attention": deformable_attention,
    "matmul": matmul,
}


def needed(operator: Callable[..., np.ndarray], case: Case, name: str) -> np.ndarray:
    """Return which outputs of ``operator`` need which pixel of the map ``name``: (pixels, outputs).

    The pixels of all images are spoilt one at a time, in all their channels; outputs are pixels or queries.
    """
    value = case.inputs[name]
    images, height, width = value.shape[:-3], *value.shape[-2:]
    needs = []
    for place in np.ndindex(*images, height, width):
        spoilt = value.copy()
        spoilt[(*place[:-2], slice(None), *place[-2:])] = np.nan
        output = operator({**case.inputs, name: spoilt}, **case.arguments)
        needs.append(np.isnan(output).any(axis=1).ravel())
    return np.array(needs)


def new_cases() -> list[Case]:
    """Return the cases with fresh inputs: those of the kernel, and for grid_sample a grid full of edges."""
    cases = []
    draw = np.random.default_rng(20250101)
    for align_corners, padding in product((False, True), ("zeros", "border")):
        arguments = {"align_corners": align_corners, "padding": padding}
        shape = {"batch": 2, "channels": 3, "height": 5, "width": 8, "out_height": 6, "out_width": 8}
        inputs = _inputs("bilinear", {**shape, **arguments})
        inputs["grid"] = edge_grid(draw, 5, 8)
        name = f"grid_sample-{align_corners}-{padding}"
        cases.append(Case(name, "grid_sample", arguments, inputs, "bilinear", {**shape, **arguments}))
    for align_corners, scale_factor in product((False, True), (2.0, 3.0, 1.7, 0.3)):
        arguments = {"align_corners": align_corners, "scale_factor": scale_factor}
        values = {"batch": 2, "channels": 2, "height": 7, "width": 8, **arguments}
        name = f"interpolate-{align_corners}-{scale_factor}"
        inputs = _inputs("bicubic-upsampling", values)
        cases.append(Case(name, "interpolate", arguments, inputs, "bicubic-upsampling", values))
    cases.append(_attention_case("self", {"views": 1, "levels": 3, "heads": 2, "offset_noise_px": 3.0}))
    cases.append(_attention_case("epipolar", {"reference": "epipolar", "depths": 5, "points": 2}))
    # Whole steps on a map of 8 x 8: every place is exact, and some lie one pixel outside.
    whole = {"views": 1, "heads": 4, "offset_noise_px": 0.0, "height": 8, "width": 8}
    cases.append(_attention_case("whole-steps", whole))
    values = {"m": 19, "k": 33, "n": 14}
    cases.append(Case("matmul", "matmul", {}, _inputs("gemm", values), "gemm", values))
    return cases


def build(spec: str, values: dict[str, Any]) -> Kernel:
    return kernel(spec, {**values, "element": "fp32"})


def _inputs(spec: str, values: dict[str, Any]) -> Arrays:
    return build(spec, values).inputs()


def edge_grid(draw: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Return a grid (2, 6, 8, 2): places in and around the map, pixel centres, corners, edges, one far away.

    Among the exact ones are those one pixel outside, whose only neighbours inside have weight zero.
    """
    grid = draw.uniform(-1.5, 1.5, (2, 6, 8, 2)).astype(np.float32)
    across, down = _exact_places(width), _exact_places(height)
    exact = [*((x, 0.25) for x in across), *((0.25, y) for y in down), *zip(across, down, strict=True)]
    grid[0].reshape(-1, 2)[: len(exact)] = exact
    grid[1, 0, 0] = (1e6, 0.0)
    return grid


def _exact_places(size: int) -> list[float]:
    """Return where pixels -1, 0, 3, the last and the one after it lie, with and without align_corners."""
    pixels = (-1, 0, 3, size - 1, size)
    return [
        *((2 * pixel + 1) / size - 1 for pixel in pixels),
        *(2 * pixel / (size - 1) - 1 for pixel in pixels),
    ]


def _attention_case(name: str, values: dict[str, Any]) -> Case:
    """Return the attention of view 0's queries; the maps are those it samples."""
    values = {"height": 6, "width": 7, "channels": 4, **values}
    attention = build("deformable-attention", values)
    assert isinstance(attention, DeformableAttention)
    (layer,) = attention.layers
    inputs = attention.inputs()
    image = 1 if layer.call.reference == "epipolar" else 0
    given = {f"value.{i}": inputs[tensor.name][image] for i, tensor in enumerate(layer.values)}
    assert layer.offsets is not None
    given["offsets"], given["weights"] = inputs[layer.offsets.name][0], inputs[layer.weights.name][0]
    given["reference"] = attention.references(layer.call, 0, np.arange(len(given["weights"])))
    arguments = {"levels": len(layer.values)}
    name = f"deformable_attention-{name}"
    return Case(name, "deformable_attention", arguments, given, "deformable-attention", values)


def stored_cases() -> list[Case]:
    """Return the cases with their stored inputs."""
    with np.load(STORED) as archive:
        return [
            replace(case, inputs={name: archive[f"{case.name}/input/{name}"] for name in case.inputs})
            for case in new_cases()
        ]


def stored(case: Case, what: str) -> np.ndarray:
    with np.load(STORED) as archive:
        values: np.ndarray = archive[f"{case.name}/{what}"]
        return values


def reference_output(case: Case) -> np.ndarray:
    if HAVE_TORCH:
        return OPERATORS[case.operator](case.inputs, **case.arguments)
    return stored(case, "output")


def reference_reads(case: Case, name: str) -> np.ndarray:
    return needed(OPERATORS[case.operator], case, name) if HAVE_TORCH else stored(case, f"read/{name}")
