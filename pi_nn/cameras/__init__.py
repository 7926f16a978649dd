"""Cameras: where frames come from. One contract (`Camera`); back ends are imported only when chosen."""

from __future__ import annotations

from pi_nn.cameras.camera import Camera, CameraSettings, Timing
from pi_nn.cameras.registry import BACK_ENDS, make_camera, open_camera

__all__ = ["BACK_ENDS", "Camera", "CameraSettings", "Timing", "make_camera", "open_camera"]
