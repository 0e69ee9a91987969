"""Fixed-point sampling: constants survive it, and it stays near the real value."""

from typing import Any

import numpy as np
import pytest

from openrow_kernels.catalogue import kernel

MAPS: list[tuple[str, dict[str, Any]]] = [
    ("bilinear", {"channels": 2, "height": 8, "width": 9, "padding": "border"}),
    ("bicubic-upsampling", {"channels": 2, "height": 8, "width": 9, "scale_factor": 2.7}),
]


@pytest.mark.parametrize(("spec", "values"), MAPS)
@pytest.mark.parametrize("level", [-128, -1, 0, 5, 127])
def test_a_constant_map_stays_constant(spec: str, values: dict[str, Any], level: int) -> None:
    subject = kernel(spec, {**values, "element": "int8"})
    inputs = {**subject.inputs(), "input": np.full(subject.tensors()[0].shape, level, np.int8)}
    assert (subject.compute(inputs)["output"] == level).all()


@pytest.mark.parametrize(("spec", "values"), MAPS)
def test_fixed_point_stays_near_the_real_value(spec: str, values: dict[str, Any]) -> None:
    fixed, real = (kernel(spec, {**values, "element": element}) for element in ("int8", "fp32"))
    inputs = fixed.inputs()
    exact = real.compute({**inputs, "input": inputs["input"].astype(np.float32)})["output"]
    # Weights are off by up to 1/256 on each axis, values reach 111, the output is rounded by up to a half.
    error = np.abs(fixed.compute(inputs)["output"] - np.clip(exact, -128, 127))
    assert error.max() < 3.5
    assert error.mean() < 0.6


def test_attention_in_fixed_point_stays_near_the_real_value() -> None:
    shape = {"height": 8, "width": 8, "channels": 8, "depths": 16}
    fixed = kernel("deformable-attention:transplat", {**shape, "element": "int8"})
    real = kernel("deformable-attention:transplat", {**shape, "element": "fp16"})
    inputs, given = fixed.inputs(), real.inputs()
    for name, values in inputs.items():
        if "value" in name:
            given[name] = values.astype(np.float16)
    found, exact = fixed.compute(inputs), real.compute(given)
    for name, output in exact.items():
        error = np.abs(found[name] - output.astype(np.float32))
        assert error.max() < 4
        assert error.mean() < 0.5
