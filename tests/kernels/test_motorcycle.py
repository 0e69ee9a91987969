"""The warp of the Motorcycle stereo pair: real numbers with known results.

Figures of an independent prototype on PyTorch 2.13 and scikit-image 0.26: 370,500 samples,
66,712 lines of 64 B of the right image touched (fp32, NHWC, align_corners=False, zeros padding), and a mean
absolute difference to the left image of 0.152 before the warp and 0.045 after it.
"""

import sys

import numpy as np
import pytest
from face_checks import whole_stream

from openrow_kernels.bilinear import Bilinear
from openrow_kernels.catalogue import kernel
from openrow_kernels.errors import KernelError
from openrow_kernels.stereo import MotorcycleScene


def motorcycle(*overrides: str) -> tuple[Bilinear, MotorcycleScene]:
    warp = kernel("bilinear:motorcycle", overrides)
    assert isinstance(warp, Bilinear)
    assert isinstance(warp.scene, MotorcycleScene)
    return warp, warp.scene


def test_the_warp_touches_as_many_lines_as_measured() -> None:
    warp, _ = motorcycle()
    assert warp.total_samples() == 370_500
    accesses = whole_stream(warp)
    of_image = accesses.address < warp.input.end
    first = accesses.address[of_image] // 64
    last = (accesses.address[of_image] + accesses.size[of_image] - 1) // 64
    assert len(np.union1d(first, last)) == 66_712
    assert np.count_nonzero(accesses.is_write) == 370_500


def test_the_warp_rebuilds_the_left_image() -> None:
    warp, scene = motorcycle()
    before, after = scene.photometric_error(warp.compute(warp.inputs())["output"])
    assert round(before, 3) == 0.152
    assert round(after, 3) == 0.045


def test_pixels_without_ground_truth_get_the_stated_disparity() -> None:
    (_, scene), (_, moved) = motorcycle(), motorcycle("unknown_disparity_px=20")
    assert np.count_nonzero(~scene.known) == 27_226
    pixels = np.arange(500 * 741)
    difference = scene.grid(0, pixels)[:, 0] - moved.grid(0, pixels)[:, 0]
    unknown = ~scene.known.ravel()
    np.testing.assert_allclose(difference[unknown], 2 * 20 / 741, rtol=1e-4)
    assert not difference[~unknown].any()


@pytest.mark.parametrize("element", ["fp16", "int8"])
def test_other_element_types_give_nearly_the_same_image(element: str) -> None:
    warp, _ = motorcycle(f"element={element}")
    exact, _ = motorcycle()
    scale = 127 if element == "int8" else 1
    found = warp.compute(warp.inputs())["output"].astype(np.float32) / scale
    assert np.abs(found - exact.compute(exact.inputs())["output"]).max() < (
        0.02 if element == "int8" else 2e-3
    )


def test_a_missing_scikit_image_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(KernelError, match=r"pip install 'openrow\[data\]'"):
        kernel("bilinear:motorcycle")
