"""The three faces of every kernel, held against each other on small shapes."""

import json
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from face_checks import byte_counts, elements_read, equal_bit_for_bit, poisoned, whole_stream

from openrow_kernels.catalogue import kernel
from openrow_kernels.layout import ALIGNMENT_BYTES

ELEMENTS = ("fp32", "fp16", "int8")

BILINEAR = {"batch": 2, "channels": 3, "height": 9, "width": 11, "out_height": 7, "out_width": 6, "zoom": 0.9}
BICUBIC = {"batch": 2, "channels": 3, "height": 5, "width": 4, "scale_factor": 1.7}
ATTENTION = {"height": 6, "width": 7, "channels": 4, "heads": 2, "levels": 2}
TRANSPLAT = {"height": 5, "width": 6, "channels": 4, "depths": 3}
MATRIX = {"m": 7, "n": 9, "k": 11, "tile_m": 3, "tile_n": 4, "tile_k": 5}

Case = tuple[str, dict[str, Any]]

MAPS: list[Case] = [
    ("bilinear", BILINEAR),
    (
        "bilinear",
        {**BILINEAR, "align_corners": True, "padding": "border", "zoom": 1.5, "grid_element": "fp16"},
    ),
    ("bicubic-upsampling", BICUBIC),
    ("bicubic-upsampling", {**BICUBIC, "align_corners": True, "scale_factor": 0.6}),
    ("deformable-attention", ATTENTION),
    ("deformable-attention:transplat", TRANSPLAT),
]
CHOICES: list[dict[str, Any]] = [
    *({"layout": layout} for layout in ("nchw", "nhwc", "tiled", "morton")),
    *({"element": element} for element in ELEMENTS),
    *({"order": order, "order_tile": (2, 3)} for order in ("raster", "tiled", "morton")),
]
SCHEDULES = [
    ("mnk", "row-major", "morton"),
    ("mkn", "column-major", "raster"),
    ("knm", "tiled", "tiled"),
    ("nmk", "morton", "raster"),
]
CASES: list[Case] = [
    *((spec, {**values, **choice}) for (spec, values), choice in product(MAPS, CHOICES)),
    *(("gemm", {**MATRIX, "element": element}) for element in ELEMENTS),
    *(
        (spec, {**MATRIX, "loops": loops, "order": order} | {f"{matrix}_layout": layout for matrix in "abc"})
        for spec, (loops, layout, order) in product(("gemm", "bit-sliced-gemm"), SCHEDULES)
    ),
    ("bit-sliced-gemm", {**MATRIX, "x_slices": (1, 3, 5), "w_slices": (1, 7)}),
]
NAMES = [spec + "-" + "-".join(str(value) for value in values.values()) for spec, values in CASES]
every_case = pytest.mark.parametrize(("spec", "values"), CASES, ids=NAMES)


@every_case
def test_compiled_numbers_equal_the_definition_bit_for_bit(spec: str, values: dict[str, Any]) -> None:
    subject = kernel(spec, values)
    inputs = subject.inputs()
    defined, compiled = subject.plain(inputs), subject.compute(inputs)
    assert defined.keys() == compiled.keys()
    for name in defined:
        assert equal_bit_for_bit(defined[name], compiled[name])
        assert np.count_nonzero(defined[name])


@every_case
def test_the_elements_at_the_streamed_addresses_are_all_that_the_numbers_need(
    spec: str, values: dict[str, Any]
) -> None:
    subject = kernel(spec, values)
    inputs = subject.inputs()
    ruined = poisoned(subject, inputs)
    for face in (subject.plain, subject.compute):
        clean, recomputed = face(inputs), face(ruined)
        for name in clean:
            assert equal_bit_for_bit(clean[name], recomputed[name])


@every_case
def test_a_stream_stays_in_its_tensors_and_its_bound(spec: str, values: dict[str, Any]) -> None:
    subject = kernel(spec, values)
    accesses = whole_stream(subject)
    assert len(accesses.address) <= subject.total_entries()
    bases = np.array([tensor.base for tensor in subject.tensors()])
    ends = np.array([tensor.end for tensor in subject.tensors()])
    holder = np.searchsorted(bases, accesses.address, side="right") - 1
    assert (accesses.size > 0).all()
    assert (accesses.address + accesses.size <= ends[holder]).all()


@every_case
def test_every_output_element_is_written_and_no_input_is(spec: str, values: dict[str, Any]) -> None:
    subject = kernel(spec, values)
    inputs = subject.inputs()
    written = byte_counts(subject, whole_stream(subject), is_write=True)
    for tensor in subject.tensors():
        if tensor.name in inputs:
            assert not written[tensor.name].any()
        else:
            holds_an_element = tensor.pack(np.full(tensor.shape, -1, np.int8)) != 0
            assert (written[tensor.name][holds_an_element] > 0).all()


@every_case
def test_the_stream_does_not_depend_on_the_size_of_its_chunks(spec: str, values: dict[str, Any]) -> None:
    subject = kernel(spec, values)
    whole = whole_stream(subject).listed()
    assert whole_stream(subject, 1).listed() == whole
    assert whole_stream(subject, 100).listed() == whole


@every_case
def test_metadata_is_ready_for_json_and_tensors_are_apart(spec: str, values: dict[str, Any]) -> None:
    subject = kernel(spec, values)
    record = json.loads(json.dumps(subject.metadata()))
    assert record["kernel"] == spec.partition(":")[0]
    assert record["preset"] == (spec.partition(":")[2] or None)
    assert record["seed"] == 0
    tensors = record["tensors"]
    assert all(tensor["base"] % ALIGNMENT_BYTES == 0 for tensor in tensors)
    assert all(one["base"] + one["size_bytes"] <= other["base"] for one, other in pairwise(tensors))


def test_all_elements_that_a_stream_reads_matter() -> None:
    """The counterpart of poisoning what is not read: poison on one element that is read shows."""
    subject = kernel("bilinear", BILINEAR)
    inputs = subject.inputs()
    clean = subject.compute(inputs)["output"]
    read = elements_read(subject, "input")
    assert 0 < read.sum() < read.size
    for place in zip(*np.nonzero(read), strict=True):
        ruined = {name: values.copy() for name, values in inputs.items()}
        ruined["input"][place] = np.nan
        assert not equal_bit_for_bit(subject.compute(ruined)["output"], clean)


@pytest.mark.parametrize(
    ("spec", "values"),
    [("bilinear", BILINEAR), ("deformable-attention:transplat", TRANSPLAT), ("gemm", MATRIX)],
)
def test_another_seed_gives_other_numbers_and_the_same_seed_the_same(
    spec: str, values: dict[str, Any]
) -> None:
    first = kernel(spec, {**values, "seed": 1})
    same = kernel(spec, {**values, "seed": 1})
    other = kernel(spec, {**values, "seed": 2})
    for name, output in first.compute(first.inputs()).items():
        assert equal_bit_for_bit(output, same.compute(same.inputs())[name])
        assert not equal_bit_for_bit(output, other.compute(other.inputs())[name])
