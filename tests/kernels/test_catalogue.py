"""The catalogue: names, overrides, and what it says when they do not fit."""

import subprocess
import sys
from pathlib import Path

import pytest

from openrow_kernels import attention_parameters, catalogue
from openrow_kernels.catalogue import kernel
from openrow_kernels.errors import KernelError

KERNELS = Path(__file__).parents[2] / "kernels"


def test_listing_imports_neither_numpy_nor_numba_nor_pydantic() -> None:
    listing = (
        "import sys; from openrow_kernels import catalogue; catalogue.names();"
        "print([m for m in ('numpy', 'numba', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", listing],
        env={"PYTHONPATH": str(KERNELS)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("spec", [spec for spec, _ in catalogue.names()])
def test_every_listed_kernel_is_built_under_its_name(spec: str) -> None:
    built = kernel(spec)
    name, _, preset = spec.partition(":")
    assert (built.name, built.preset) == (name, preset or None)
    assert built.total_entries() > 0


def test_every_preset_of_deformable_attention_is_listed() -> None:
    listed = {
        spec.partition(":")[2] for spec, _ in catalogue.names() if spec.startswith("deformable-attention")
    }
    assert listed == {preset or "" for preset in attention_parameters.PRESETS}


def test_overrides_as_text_and_as_typed_values_mean_the_same() -> None:
    text = kernel("bilinear", ["height=12", "layout_tile=4,8", "zoom=1e-1", "align_corners=true"])
    typed = kernel("bilinear", {"height": 12, "layout_tile": (4, 8), "zoom": 0.1, "align_corners": True})
    assert text.parameters == typed.parameters
    assert kernel("bilinear", {"layout_tile": [4, 8]}).metadata()["parameters"]["layout_tile"] == [4, 8]


@pytest.mark.parametrize(
    ("spec", "overrides", "message"),
    [
        ("bilinaer", [], r"no kernel 'bilinaer' \(did you mean 'bilinear'\?\); there are: bilinear, "),
        ("deformable-attention:transplat-corse", [], "did you mean 'deformable-attention:transplat-coarse'"),
        ("bilinear", ["heigth=3"], r"bilinear: no parameter 'heigth' \(did you mean 'height'\?\)"),
        ("bilinear", ["height=tall"], r"bilinear: height: .* valid integer.* \(got 'tall'\)"),
        ("bilinear", ["height=0"], r"bilinear: height: .*greater than 0 \(got '0'\)"),
        ("bilinear", ["zoom=nan"], r"bilinear: zoom: .*finite"),
        ("bilinear", ["height"], "'height' is no override; write key=value"),
        ("bilinear", ["height=3", "height=4"], "height is given twice"),
        ("bilinear", ["layout_tile=3"], "layout_tile.1: field required"),
        ("bilinear", {"height": "3"}, "bilinear: height: .* valid integer"),
        ("gemm", ["loops=mmk"], "gemm: loops: .*'mnk', 'mkn'"),
        ("gemm", ["element=int8", "k=131072"], "may overflow int32 sums; element=int8 takes k up to 131071"),
        ("deformable-attention", ["channels=6", "heads=4"], r"must be a multiple of heads \(4\)"),
        ("deformable-attention", ["reference=epipolar", "views=3"], "needs views=2"),
        ("deformable-attention", ["depths=2"], "reference 'self' has no depth planes"),
        ("deformable-attention", ["near=2", "far=1"], r"far \(1.0\) must be greater than near \(2.0\)"),
        ("deformable-attention", ["points=65536", "element=int8"], "overflow int32 sums"),
        ("bicubic-upsampling", ["scale_factor=0.01"], "leaves nothing of 64 x 64"),
        ("bit-sliced-gemm", ["x_slices=2,2"], "x_slices=2,2: the first slice is the sign"),
        ("bit-sliced-gemm", ["w_slices=1,9"], "w_slices=1,9: slices are 1 to 8 bits wide"),
        ("bit-sliced-gemm", ["w_slices=1,8,8"], "at most 16 bits together"),
        ("bit-sliced-gemm", ["k=200000"], "do not fit int32"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_what_would_be_right(
    spec: str, overrides: list[str] | dict[str, object], message: str
) -> None:
    with pytest.raises(KernelError, match=message):
        kernel(spec, overrides)


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(KernelError) as caught:
        kernel("bilinear", ["height=0", "layout=nchv", "seed=-1"])
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == [" layout", " seed", " height"]


@pytest.mark.parametrize("chunk_entries", [0, -1])
def test_a_chunk_of_no_entries_is_refused(chunk_entries: int) -> None:
    with pytest.raises(KernelError, match="chunk_entries must be at least 1"):
        kernel("bilinear").stream(chunk_entries)


def test_a_grid_beyond_its_element_type_is_refused() -> None:
    with pytest.raises(KernelError, match="do not fit fp16, which ends at 65504"):
        kernel("bilinear", ["zoom=1e6", "grid_element=fp16"]).inputs()
