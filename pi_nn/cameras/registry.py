"""Which cameras there are, and how one is chosen by a specification such as ``folder:DIR?loop=1``.

``auto`` | ``picamera2[:INDEX]`` | ``folder:DIR[?loop=1]`` | ``simulated[:key=value,...]``
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from pi_nn.cameras.camera import Camera, CameraSettings, Timing
from pi_nn.errors import ConfigError

# A new camera is one line here: the contract tests run over every entry.
BACK_ENDS: Final[dict[str, str]] = {
    "picamera2": "pi_nn.cameras.picamera2:Picamera2Camera",
    "folder": "pi_nn.cameras.folder:FolderCamera",
    "simulated": "pi_nn.cameras.simulated:SimulatedCamera",
}
NOT_INSTALLED = "picamera2 is not installed here, so the simulated camera is used; its readings are not real."


def make_camera(
    spec: str,
    settings: CameraSettings | None = None,
    *,
    clock: Callable[[], float] | None = None,
    now: Callable[[], datetime] | None = None,
    wait: Callable[[float], bool] | None = None,
) -> Camera:
    """The camera that ``spec`` names, still closed. Raises :class:`ConfigError` for a wrong ``spec``.

    ``auto`` is picamera2 where that library is installed; only where it is not, the simulated camera, and
    then ``camera.note`` says so. ``clock``, ``now`` and ``wait`` are those of :class:`Timing`.
    """
    given = {"clock": clock, "now": now, "wait": wait}
    timing = Timing(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    name, _, argument = spec.partition(":")
    if name == "auto":
        return _automatic(argument, settings or CameraSettings(), timing)
    return _back_end(name).from_argument(argument, settings or CameraSettings(), timing)


def open_camera(
    spec: str,
    settings: CameraSettings | None = None,
    *,
    clock: Callable[[], float] | None = None,
    now: Callable[[], datetime] | None = None,
    wait: Callable[[float], bool] | None = None,
) -> Camera:
    """The same camera, opened. Raises :class:`ConfigError` and :class:`pi_nn.errors.CameraError`."""
    camera = make_camera(spec, settings, clock=clock, now=now, wait=wait)
    camera.open()
    return camera


def _automatic(argument: str, settings: CameraSettings, timing: Timing) -> Camera:
    if argument:
        raise ConfigError(f"camera 'auto' takes no argument, but {argument!r} came; name the camera itself")
    # Looking is not importing: picamera2 costs 55 MB and belongs to the moment of opening.
    if find_spec("picamera2") is not None:
        return _back_end("picamera2").from_argument("", settings, timing)
    camera = _back_end("simulated").from_argument("", settings, timing)
    camera.note = NOT_INSTALLED
    return camera


def _back_end(name: str) -> type[Camera]:
    if name not in BACK_ENDS:
        near = difflib.get_close_matches(name, ["auto", *BACK_ENDS], n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        known = "auto, picamera2[:INDEX], folder:DIR[?loop=1], simulated[:key=value,...]"
        raise ConfigError(f"unknown camera {name!r}, expected {known}{hint}")
    module, _, attribute = BACK_ENDS[name].partition(":")
    back_end: type[Camera] = getattr(import_module(module), attribute)
    return back_end
