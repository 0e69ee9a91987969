"""Projection between two views, and the reference points of deformable attention."""

import numpy as np

from openrow_kernels import cameras
from openrow_kernels.catalogue import kernel
from openrow_kernels.deformable_attention import DeformableAttention, ring

CAMERA = cameras.intrinsics((50.0, 40.0), (32.0, 24.0))
PIXELS = np.array([[0.5, 0.5], [32.0, 24.0], [63.5, 10.25]])
DEPTHS = cameras.depth_planes(1.0, 100.0, 5)


def test_depths_are_evenly_spaced_in_their_inverse() -> None:
    np.testing.assert_allclose(1 / DEPTHS, [1.0, 0.7525, 0.505, 0.2575, 0.01])
    assert cameras.depth_planes(2.0, 10.0, 1).tolist() == [2.0]


def test_without_a_step_every_pixel_lies_on_itself_at_every_depth() -> None:
    still = cameras.Pose(np.eye(3), np.zeros(3))
    np.testing.assert_allclose(
        cameras.project(PIXELS, DEPTHS, CAMERA, still), np.repeat(PIXELS[:, None], 5, axis=1), atol=1e-12
    )


def test_a_step_sideways_moves_pixels_by_focal_length_times_step_over_depth() -> None:
    aside = cameras.Pose(np.eye(3), np.array([-0.3, 0.0, 0.0]))
    moved = cameras.project(PIXELS, DEPTHS, CAMERA, aside) - PIXELS[:, None]
    np.testing.assert_allclose(moved[..., 0], np.broadcast_to(-50.0 * 0.3 / DEPTHS, (3, 5)))
    np.testing.assert_allclose(moved[..., 1], 0, atol=1e-12)


def test_a_turn_about_the_vertical_moves_the_centre_by_its_tangent() -> None:
    turned = cameras.Pose(cameras.rotation(10.0, 0.0, 0.0), np.zeros(3))
    seen = cameras.project(np.array([[32.0, 24.0]]), DEPTHS, CAMERA, turned)
    np.testing.assert_allclose(seen[..., 0], 32.0 + 50.0 * np.tan(np.deg2rad(10.0)))
    np.testing.assert_allclose(seen[..., 1], 24.0)


def test_going_there_and_back_again_is_no_step() -> None:
    pose = cameras.Pose(cameras.rotation(3.0, -2.0, 7.0), np.array([0.3, -0.1, 0.2]))
    point = np.array([0.2, -0.4, 3.0])
    back = pose.inverse()
    np.testing.assert_allclose(
        back.rotation @ (pose.rotation @ point + pose.translation) + back.translation, point
    )


def test_a_point_behind_the_camera_is_divided_by_the_smallest_depth() -> None:
    backwards = cameras.Pose(np.eye(3), np.array([0.0, 0.0, -2.0]))
    seen = cameras.project(np.array([[33.0, 24.0]]), np.array([1.0]), CAMERA, backwards)
    np.testing.assert_allclose(seen[0, 0], [(33.0 - 2 * 32.0) / 1e-3, (24.0 - 2 * 24.0) / 1e-3])


def test_epipolar_references_of_parallel_cameras_lie_on_the_row_of_the_query() -> None:
    values = {"reference": "epipolar", "depths": 8, "height": 16, "width": 32, "views": 2}
    still = {"yaw_deg": 0.0, "pitch_deg": 0.0, "roll_deg": 0.0, "translation": (0.5, 0.0, 0.0)}
    attention = kernel("deformable-attention", {**values, **still})
    assert isinstance(attention, DeformableAttention)
    (call,) = attention.parameters.calls()
    queries = np.array([0, 100, 511])
    first, second = (attention.references(call, view, queries) for view in (0, 1))
    rows = (queries // 32 + 0.5) / 16
    np.testing.assert_allclose(first[..., 1], np.broadcast_to(rows[:, None], (3, 8)), rtol=1e-6)
    # The focal length of 220 px at a width of 256 moves the plane at depth 1 by 220 x 0.5 / 256.
    columns = (queries % 32 + 0.5) / 32
    np.testing.assert_allclose(first[:, 0, 0], columns - 110 / 256, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(second[:, 0, 0], columns + 110 / 256, rtol=1e-5, atol=1e-6)


def test_offsets_start_on_a_ring_of_whole_steps() -> None:
    steps = ring(heads=4, depths=2, points=3)
    np.testing.assert_allclose(steps[0], [(1, 0), (2, 0), (3, 0)] * 2, atol=1e-6)
    np.testing.assert_allclose(steps[1], [(0, 1), (0, 2), (0, 3)] * 2, atol=1e-6)
    diagonal = ring(heads=8, depths=1, points=1)[1, 0]
    np.testing.assert_allclose(diagonal, [1, 1], rtol=1e-6)


def test_learned_offsets_are_the_ring_plus_noise_of_the_given_size() -> None:
    attention = kernel("deformable-attention", {"offset_noise_px": 1.5, "element": "fp32", "heads": 4})
    offsets = attention.inputs()["attention.0.offsets"]
    noise = offsets - ring(4, 1, 4)[:, None]
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 1.5) < 0.01
