"""Two pinhole cameras, planes of constant depth, and where a pixel of one view lies in the other.

A pixel (u, v) lifted to depth d and moved by the relative pose projects to

    p = K (R K^-1 [u, v, 1]^T d + t),    (x, y) = (p_x, p_y) / max(p_z, 1e-3)

(the plane sweep of multi-view stereo). Depths are evenly spaced in 1/d between 1/near and 1/far.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SMALLEST_DEPTH = 1e-3


@dataclass(frozen=True)
class Pose:
    """Takes points of the query's view into the sampled view: rotation (3, 3) and translation (3,)."""

    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]

    def inverse(self) -> "Pose":
        """Return the pose that leads back."""
        return Pose(self.rotation.T, -self.rotation.T @ self.translation)


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> NDArray[np.float64]:
    """Return the rotation by roll about z, then pitch about x, then yaw about y (x right, y down, z
    forward)."""
    yaw, pitch, roll = np.deg2rad([yaw_deg, pitch_deg, roll_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    turned: NDArray[np.float64] = about_y @ about_x @ about_z
    return turned


def intrinsics(focal: tuple[float, float], principal: tuple[float, float]) -> NDArray[np.float64]:
    """Return the camera matrix K of focal lengths and principal point (x, y), in pixels of the map."""
    return np.array([[focal[0], 0, principal[0]], [0, focal[1], principal[1]], [0, 0, 1]])


def depth_planes(near: float, far: float, planes: int) -> NDArray[np.float64]:
    """Return ``planes`` depths from near to far, evenly spaced in 1/d; a single one lies at near."""
    return 1.0 / np.linspace(1.0 / near, 1.0 / far, planes)


def project(
    pixels: NDArray[np.float64], depths: NDArray[np.float64], camera: NDArray[np.float64], pose: Pose
) -> NDArray[np.float64]:
    """Return where ``pixels`` (pixels, 2) at ``depths`` (depths,) lie in the other view: (pixels, depths, 2).

    Both views share the camera matrix. Coordinates are continuous: the centre of the first pixel is (0.5,
    0.5).
    """
    turn = camera @ pose.rotation @ np.linalg.inv(camera)
    u, v = pixels[:, :1], pixels[:, 1:]
    rays = u * turn[:, 0] + v * turn[:, 1] + turn[:, 2]
    points = rays[:, None, :] * depths[:, None] + camera @ pose.translation
    projected: NDArray[np.float64] = points[..., :2] / np.maximum(points[..., 2:], SMALLEST_DEPTH)
    return projected
