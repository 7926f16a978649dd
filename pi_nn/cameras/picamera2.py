"""The Raspberry Pi's camera through the picamera2 library, which is imported when the camera is opened.

What the code relies on was seen in picamera2 0.3.38 on libcamera's software camera, unless marked.
"""

from __future__ import annotations

import errno
import importlib
import logging
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from pi_nn.cameras.camera import MAX_TIMEOUT, Camera, CameraSettings, Timing
from pi_nn.cameras.device_thread import DeviceThread, never
from pi_nn.errors import CameraError, ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OPEN_SECONDS = 18.0
"""Importing picamera2 alone takes a Pi Zero many seconds; an opening that takes longer goes on unobserved."""
CLOSE_SECONDS = MAX_TIMEOUT
MEMORY_TRIES, MEMORY_PAUSE = 5, 2.0
"""How often, and how many seconds apart, opening is tried while the contiguous memory is taken."""

_ABI_CLASH = "numpy.dtype size changed"
_PLANAR: Final = ("YUV420", "YVU420", "NV12", "NV21")
_PACKED: Final = {"YUYV": 0, "YVYU": 0, "UYVY": 1, "VYUY": 1}
_log = logging.getLogger(__name__)


class Picamera2Camera(Camera):
    """Camera ``index`` of ``Picamera2.global_camera_info()``. Frames are its brightness, (height, width).

    The size is the one that the camera agreed to. After a time-out a capture's job stays in the library's
    queue, so the camera must be closed and opened again.
    """

    def __init__(
        self, index: int = 0, *, settings: CameraSettings | None = None, timing: Timing | None = None
    ) -> None:
        super().__init__(settings, timing)
        self.index = index
        self.source = f"picamera2:{index}"
        self._camera: Any = None
        self._main: dict[str, Any] = {}
        self._steps = (1, 1)
        self._thread: DeviceThread | None = None

    @classmethod
    def from_argument(cls, argument: str, settings: CameraSettings, timing: Timing) -> Picamera2Camera:
        """Nothing, or the camera's number: 0 to 9."""
        if argument and not (len(argument) == 1 and argument in "0123456789"):
            raise ConfigError(
                f"camera 'picamera2:{argument}' is not known, expected picamera2 or picamera2:0"
            )
        return cls(int(argument or 0), settings=settings, timing=timing)

    def _open(self) -> None:
        if self._thread is None:
            self._thread = DeviceThread(self.source)
        try:
            self._open_when_memory_allows(self._thread)
        except CameraError:
            self._end_thread()
            raise

    def _open_when_memory_allows(self, thread: DeviceThread) -> None:
        for attempt in range(1, MEMORY_TRIES + 1):
            try:
                return thread.call(self._start, OPEN_SECONDS, lambda: self.timing.wait(0))
            except TimeoutError as error:
                raise CameraError(
                    "camera_timeout", f"{self.source} did not open in time; if this stays, restart the Pi"
                ) from error
            except Exception as error:
                fault = _fault(self.source, error)
                if (
                    fault.reason != "camera_memory"
                    or attempt == MEMORY_TRIES
                    or self.timing.wait(MEMORY_PAUSE)
                ):
                    raise fault from error

    def _grab(self, timeout: float) -> NDArray[np.uint8]:
        library = importlib.import_module("picamera2")
        try:
            # Without a number of seconds a dead camera blocks for ever; 0 would give a job, not a frame.
            with (
                self._camera.captured_request(wait=float(timeout)) as request,
                library.MappedArray(request, "main", write=False) as mapped,
            ):
                pixels: NDArray[np.uint8] = self._brightness(mapped.array).copy()
                return pixels
        except CameraError:
            raise
        except TimeoutError as error:
            raise CameraError(
                "camera_timeout", f"{self.source} gave no frame within {timeout:g} s; check its cable"
            ) from error
        except Exception as error:
            raise _fault(self.source, error) from error

    def _close(self) -> None:
        assert self._thread is not None  # for mypy: there is none only before the first opening
        try:
            self._thread.call(self._release, CLOSE_SECONDS, never)
        except TimeoutError:
            _log.warning("%s does not close; it is left alone until the library comes back", self.source)
        except Exception as error:
            _log.warning("%s did not close: %s", self.source, error)
        self._end_thread()

    def _end_thread(self) -> None:
        """A stuck thread is kept: the next opening has to know that the library has not come back."""
        if self._thread is not None and not self._thread.stuck:
            self._thread.end()
            self._thread = None

    def _start(self) -> None:
        """Opens, configures and starts; in the device's thread."""
        self._release()  # what an opening that was given up has opened since
        library = importlib.import_module("picamera2")
        seen = library.Picamera2.global_camera_info()
        if self.index >= len(seen):
            found = f"{len(seen)} camera(s)" if seen else "no camera"
            raise CameraError(
                "camera_missing",
                f"there is no camera {self.index}, {found} found; check its cable, then restart",
            )
        self._camera = _made(library.Picamera2, self.index)
        try:
            self._configure()
            self._camera.start()
        except BaseException:
            self._release()
            raise

    def _configure(self) -> None:
        transform = importlib.import_module("libcamera").Transform
        wanted = self.settings
        camera = self._camera
        camera.configure(
            camera.create_video_configuration(
                main={"format": "YUV420", "size": (wanted.width, wanted.height)},
                lores=None,
                raw=None,
                buffer_count=2,  # a Pi Zero has little contiguous memory
                queue=False,  # a frame taken after it was asked for, not one that lay in the queue
                display=None,
                encode=None,
                transform=transform(hflip=wanted.hflip, vflip=wanted.vflip),
                controls=_controls(wanted, camera.camera_controls, self.source),
            )
        )
        agreed = camera.camera_configuration()
        self._main = agreed["main"]
        if self._main["format"] not in (*_PLANAR, *_PACKED, "MJPEG"):
            raise CameraError("camera_failed", f"{self.source} gives {self._main['format']}, expected YUV420")
        # Where the camera cannot flip, the copy of the pixels does.
        flipped = agreed["transform"]
        self._steps = (
            1 if bool(flipped.vflip) == wanted.vflip else -1,
            1 if bool(flipped.hflip) == wanted.hflip else -1,
        )

    def _brightness(self, array: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The brightness plane (H, W) of a mapped frame, a view; RGB (H, W, 3) from MJPEG."""
        width, height = self._main["size"]
        kind = self._main["format"]
        if kind in _PACKED:  # USB webcams; read in the library's source, not seen
            array = array[:, :, _PACKED[kind]]
        return array[:height, :width][:: self._steps[0], :: self._steps[1]]

    def _release(self) -> None:
        """Closes what is open; in the device's thread."""
        camera, self._camera = self._camera, None
        if camera is None:
            return
        try:
            camera.close()
        except Exception as error:
            # An event loop that never came up cannot be stopped; without it the device is let go of.
            _log.warning("%s: closing failed: %s; trying again", self.source, error)
            camera.detach_preview()
            camera.close()


def _made(kind: Any, index: int) -> Any:
    """``kind(index)``, that lets go of what it holds when its ``__init__`` fails.

    The library leaves a pipe open then: a daemon that waits for a busy camera would run out of files.
    """
    camera = kind.__new__(kind)
    try:
        camera.__init__(index)
    except BaseException:
        if getattr(camera, "is_open", False):
            camera.close()
        elif hasattr(camera, "notifyme_w"):
            camera.notifymeread.close()
            os.close(camera.notifyme_w)
        raise
    return camera


def _controls(wanted: CameraSettings, offered: dict[str, Any], source: str) -> dict[str, Any]:
    """The controls to start with: only what the camera offers, within the limits it states."""
    exposure = wanted.exposure_time
    duration = max(round(1e6 / wanted.frame_rate), exposure or 0)
    controls: dict[str, Any] = {"FrameDurationLimits": (duration, duration)}
    if exposure is not None:
        controls["ExposureTime"] = _within(exposure, offered.get("ExposureTime"))
    if wanted.lens_position is not None:
        controls["LensPosition"] = _within(wanted.lens_position, offered.get("LensPosition"))
    for name in [name for name in controls if name not in offered]:
        _log.warning("%s offers no %s; the setting is not used", source, name)
        del controls[name]
    if "AfMode" in offered:
        modes = importlib.import_module("libcamera").controls.AfModeEnum
        controls["AfMode"] = modes.Manual if "LensPosition" in controls else modes.Continuous
    return controls


def _within(value: float, limits: tuple[Any, ...] | None) -> float:
    return value if limits is None else type(value)(min(max(value, limits[0]), limits[1]))


def _fault(source: str, error: BaseException) -> CameraError:
    """``error`` of the library, as a reason that a user can act on."""
    if isinstance(error, CameraError):
        return error
    chain = list(_causes(error))
    text = "; ".join(str(e) for e in chain)
    numbers = {e.errno for e in chain if isinstance(e, OSError)}
    if _ABI_CLASH in text:
        cure = "remove the NumPy that pip installed: pip uninstall numpy, and use apt's python3-numpy"
        return CameraError(
            "camera_library", f"picamera2 and NumPy do not fit together ({_ABI_CLASH}); {cure}"
        )
    if any(isinstance(e, ImportError) for e in chain):
        return CameraError(
            "camera_library",
            f"picamera2 cannot be imported: {error}; try: sudo apt install python3-picamera2",
        )
    if errno.ENOMEM in numbers or "Cannot allocate memory" in text or "failed to allocate" in text:
        return CameraError(
            "camera_memory", f"{source}: no memory for frames; ask for a smaller width and height"
        )
    if errno.EBUSY in numbers or "resource busy" in text:
        return CameraError("camera_busy", f"{source} is in use by another program; stop that one")
    if isinstance(error, IndexError):  # picamera2 0.3.31 without a camera
        return CameraError(
            "camera_missing", f"{source} was not found; check the cable and its plugs, then restart"
        )
    return CameraError("camera_failed", f"{source} failed: {text}; it is opened again by itself")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
