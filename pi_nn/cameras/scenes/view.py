"""Where a point of the page appears in the frame: rotation, tilt and perspective as one 3x3 matrix."""

from __future__ import annotations

from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Area = tuple[float, float, float, float]
"""Left, top, width and height of a part of the frame, in pixels."""
FOCAL = 1.2
"""Focal length as a multiple of the frame's width; a Pi camera's lens sees 45 to 60 degrees."""


def view(rotation: float, tilt: float, direction: float, width: int) -> Matrix:
    """Page to frame, both centred on the origin, pixels: a pinhole camera over a plane.

    ``rotation`` and ``tilt`` in degrees; ``direction`` (degrees) is the axis in the page it is tilted about.
    """
    a, t, r = radians(direction), radians(tilt), radians(rotation)
    axis = np.array([cos(a), sin(a), 0.0])
    cross = np.array([[0, 0, axis[1]], [0, 0, -axis[0]], [-axis[1], axis[0], 0]])
    tilted = np.eye(3) + sin(t) * cross + (1 - cos(t)) * cross @ cross  # Rodrigues' formula
    turned = np.array([[cos(r), -sin(r), 0], [sin(r), cos(r), 0], [0, 0, 1]])
    spatial = turned @ tilted
    matrix = np.eye(3)
    matrix[:2, :2] = spatial[:2, :2]
    matrix[2, :2] = spatial[2, :2] / (FOCAL * width)
    return matrix


def shift(x: float, y: float) -> Matrix:
    return np.array([[1.0, 0, x], [0, 1.0, y], [0, 0, 1.0]])


def scale(factor: float) -> Matrix:
    return np.diag([factor, factor, 1.0])


def project(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """``points`` (N, 2) through ``matrix``."""
    x = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return x[:, :2] / x[:, 2:]


def corners(left: float, top: float, width: float, height: float) -> NDArray[np.float64]:
    """The four corners (4, 2) of a rectangle, clockwise."""
    right, bottom = left + width, top + height
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def fitted(
    matrix: Matrix,
    block: tuple[float, float],
    area: Area,
    place: tuple[float, float],
) -> Matrix:
    """``matrix``, changed so that a centred ``block`` (width, height) of the page lies within ``area``.

    The page is made smaller where it must be, never larger; ``place`` (0..1, 0..1) says where in the room
    that is left the block goes.
    """
    outline = corners(-block[0] / 2, -block[1] / 2, *block)
    for _ in range(3):  # perspective makes the size depend on the scale a little more than linearly
        size = np.ptp(project(matrix, outline), axis=0)
        matrix = matrix @ scale(min(1.0, area[2] / size[0], area[3] / size[1]))
    seen = project(matrix, outline)
    low, size = seen.min(0), np.ptp(seen, axis=0)
    room = np.maximum(np.array(area[2:]) - size, 0)
    x, y = np.array(area[:2]) + room * np.array(place) - low
    return shift(float(x), float(y)) @ matrix
