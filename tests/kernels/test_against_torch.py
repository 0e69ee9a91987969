"""Definitions and streams, held against PyTorch's operators (live where installed, else stored)."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch_reference
from face_checks import whole_stream
from numpy.typing import NDArray
from torch_reference import Case

from openrow_kernels.bilinear import Bilinear, SamplingParameters
from openrow_kernels.deformable_attention import DeformableAttention
from openrow_kernels.kernel import Kernel
from openrow_kernels.layout import Tensor

CASES = torch_reference.stored_cases()
every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
sampling_case = pytest.mark.parametrize(
    "case", [case for case in CASES if case.maps()], ids=[case.name for case in CASES if case.maps()]
)


class GivenScene:
    """A scene of stored arrays."""

    def __init__(self, inputs: Mapping[str, np.ndarray]) -> None:
        self._inputs = inputs
        batch, channels, height, width = inputs["input"].shape
        self.shape = (batch, channels, height, width)
        self.out_shape = (inputs["grid"].shape[1], inputs["grid"].shape[2])

    def image(self) -> NDArray[np.float32]:
        return self._inputs["input"]

    def grid(self, image: int, pixels: NDArray[np.int64]) -> NDArray[np.float32]:
        grid: NDArray[np.float32] = self._inputs["grid"][image].reshape(-1, 2)[pixels]
        return grid


def subject_of(case: Case) -> Kernel:
    if case.operator == "grid_sample":
        return Bilinear(SamplingParameters(element="fp32", **case.arguments), GivenScene(case.inputs))
    return torch_reference.build(case.spec, case.values)


def output_of(subject: Kernel, case: Case) -> np.ndarray:
    if not isinstance(subject, DeformableAttention):
        (output,) = subject.plain(case.inputs).values()
        return output
    (layer,) = subject.layers
    return subject.plain(subject.inputs())[layer.output.name][0]


@every_case
def test_a_definition_agrees_with_the_operator(case: Case) -> None:
    expected = torch_reference.reference_output(case)
    np.testing.assert_allclose(output_of(subject_of(case), case), expected, rtol=2e-5, atol=2e-6)


@every_case
def test_the_stored_output_is_that_of_the_operator(case: Case) -> None:
    """Without torch this says only that the file is whole; with it, that the file is not out of date."""
    expected = torch_reference.reference_output(case)
    np.testing.assert_allclose(torch_reference.stored(case, "output"), expected, rtol=2e-5, atol=2e-6)


@every_case
def test_the_stored_inputs_are_the_kernels_own(case: Case) -> None:
    (fresh,) = (new for new in torch_reference.new_cases() if new.name == case.name)
    for name, values in case.inputs.items():
        np.testing.assert_allclose(fresh.inputs[name], values, rtol=1e-6, atol=1e-7)


def reads_in_stream(subject: Kernel, value: Tensor, output: Tensor, image: int | None) -> NDArray[np.bool_]:
    """Return which outputs need which pixel, as the accesses before each write of ``output`` say.

    Rows are the pixels of ``image``, or of all images; columns the output's pixels or queries, of view 0
    alone where ``image`` is given.
    """
    pixel_bytes, output_bytes = value.shape[1] * 4, output.shape[-1 if image is not None else 1] * 4
    pixels = value.size_bytes // pixel_bytes
    needs = np.zeros((pixels, output.size_bytes // output_bytes), np.bool_)
    waiting: list[int] = []
    for address, size, is_write in whole_stream(subject).listed():
        if is_write:
            needs[waiting, (address - output.base) // output_bytes] = True
            waiting = []
        elif value.base <= address < value.end:
            first = (address - value.base) // pixel_bytes
            assert (address + size - 1 - value.base) // pixel_bytes == first
            waiting.append(first)
    if image is None:
        return needs
    each = pixels // value.shape[0]
    return needs[image * each : (image + 1) * each, : output.shape[1]]


@sampling_case
def test_a_stream_reads_exactly_what_the_operator_reads(case: Case) -> None:
    """Zero-weight taps included, padded ones not: a NaN there does not reach torch's output."""
    subject = subject_of(case)
    for index, name in enumerate(case.maps()):
        if isinstance(subject, DeformableAttention):
            (layer,) = subject.layers
            image = 1 if layer.call.reference == "epipolar" else 0
            found = reads_in_stream(subject, layer.values[index], layer.output, image)
        else:
            value, *_, output = subject.tensors()
            found = reads_in_stream(subject, value, output, None)
        expected = torch_reference.reference_reads(case, name)
        assert 0 < expected.sum() < expected.size
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("face", ["plain", "compute"])
@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.operator == "grid_sample"],
    ids=[case.name for case in CASES if case.operator == "grid_sample"],
)
def test_the_numbers_need_exactly_what_the_operator_reads(case: Case, face: str) -> None:
    """A NaN below a tap of weight zero reaches the output, as it does in torch."""
    subject = subject_of(case)

    def sampled(inputs: Mapping[str, np.ndarray], **_: object) -> np.ndarray:
        output: np.ndarray = getattr(subject, face)(inputs)["output"]
        return output

    expected = torch_reference.reference_reads(case, "input")
    np.testing.assert_array_equal(torch_reference.needed(sampled, case, "input"), expected)
