"""Lets the real picamera2 run on libcamera's software camera: its "virtual" pipeline, since libcamera 0.7.

``install()`` comes before the first ``Picamera2()``. What differs from a Pi, and is patched here:

* pykms, prctl and av are stubbed where absent (preview windows and video encoders);
* buffers are memory files, one plane of a frame buffer for each plane of colour (there is no /dev/dma_heap);
* the camera has no raw streams, so its largest output size counts as the sensor's;
* it makes NV12; a stream asked for as YUV420 is given as YUV420, its colour planes parted;
* frames come at the rate of FrameDurationLimits, which the software camera ignores, by sleeping.
"""

from __future__ import annotations

import importlib.util
import mmap
import os
import sys
import threading
import time
import types
from typing import Any

import libcamera
import numpy as np

DEFAULT_PERIOD = 1 / 30


class _Anything:
    def __getattr__(self, name: str) -> str:
        return name


class _LazyModule(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _LazyModule(f"{self.__name__}.{name}")


class _NoSync:
    """Memory files need no cache flush."""

    def __init__(self, allocator: Any, frame_buffer: Any, write: bool) -> None:
        self.memory = allocator.mapped_buffers[frame_buffer]

    def __enter__(self) -> mmap.mmap:
        return self.memory

    def __exit__(self, *_: object) -> None:
        return None


def install() -> None:
    """Patches picamera2 in this process."""
    for name, content in (("pykms", {"PixelFormat": _Anything()}), ("prctl", {})):
        if importlib.util.find_spec(name) is None:
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].__dict__.update(content)
    if importlib.util.find_spec("av") is None:
        sys.modules["av"] = _LazyModule("av")
    import picamera2.picamera2 as library
    from picamera2.allocators import DmaAllocator

    library.DmaAllocator = _allocator(DmaAllocator)
    library.Picamera2._get_raw_modes = _largest_output
    _give_yuv420(library.Picamera2)
    _pace(library.Picamera2, library.CameraManager)


def _allocator(base: type) -> type:
    class MemoryFiles(base):  # type: ignore[misc]
        def __init__(self) -> None:
            super(base, self).__init__()  # not base's own, which opens /dev/dma_heap
            self.dmaHeap = None
            self.mapped_buffers: dict[Any, mmap.mmap] = {}
            self.mapped_buffers_used: dict[int, bool] = {}
            self.frame_buffers: dict[Any, list[Any]] = {}
            self.open_fds: list[int] = []
            self.libcamera_fds: list[int] = []
            self.sync = _NoSync

        def allocate(self, configuration: Any, _: Any) -> None:
            self.close()
            for stream in configuration:
                buffers = [self._buffer(f"frame-{i}", stream) for i in range(stream.buffer_count)]
                self.frame_buffers[stream.stream] = buffers

        def _buffer(self, name: str, stream: Any) -> Any:
            lengths = _plane_lengths(stream)
            file = os.memfd_create(name)
            os.ftruncate(file, sum(lengths))
            self.open_fds.append(file)
            planes, offset = [], 0
            for length in lengths:
                plane = libcamera.FrameBuffer.Plane()
                plane.fd, plane.offset, plane.length = file, offset, length
                planes.append(plane)
                offset += length
            buffer = libcamera.FrameBuffer(planes)
            own = buffer.planes[0].fd
            self.libcamera_fds.append(own)
            self.mapped_buffers_used[own] = False
            self.mapped_buffers[buffer] = mmap.mmap(file, offset)
            return buffer

        def close(self) -> None:
            self.libcamera_fds = []
            self.cleanup()
            for file in self.open_fds:
                os.close(file)
            self.frame_buffers, self.open_fds = {}, []

    return MemoryFiles


def _plane_lengths(stream: Any) -> list[int]:
    luma = stream.stride * stream.size.height
    form = str(stream.pixel_format)
    if form in ("NV12", "NV21"):
        return [luma, luma // 2]
    return [luma, luma // 4, luma // 4] if form == "YUV420" else [stream.frame_size]


def _largest_output(self: Any) -> list[dict[str, Any]]:
    stream = self.camera.generate_configuration([libcamera.StreamRole.Viewfinder]).at(0)
    return [{"format": str(stream.pixel_format), "size": (stream.size.width, stream.size.height)}]


def _give_yuv420(kind: Any) -> None:
    real = kind._update_stream_config

    def update(self: Any, stream: dict[str, Any], agreed: Any) -> None:
        wanted = stream["format"]
        real(self, stream, agreed)
        if (wanted, stream["format"]) == ("YUV420", "NV12"):
            stream["format"] = wanted  # as a Pi does; _part_colours makes it true

    kind._update_stream_config = update


def _part_colours(camera: Any, request: Any) -> None:
    for name in ("main", "lores"):
        stream, form = request.stream_map.get(name), request.config.get(name)
        if stream is not None and form["format"] == "YUV420":
            memory = camera.allocator.mapped_buffers[request.request.buffers[stream]]
            colours = np.frombuffer(memory, np.uint8)[form["stride"] * form["size"][1] :]
            colours[:] = np.concatenate((colours[0::2], colours[1::2]))


def _pace(kind: Any, manager: Any) -> None:
    """One frame a period; a buffer is filled again only when it was released."""
    gate = threading.RLock()  # frames that complete during process_requests wait for the next turn
    handle, start, process = manager.handle_request, kind.start_, kind.process_requests

    def handle_request(self: Any, flushid: Any = None) -> None:
        with gate:
            handle(self, flushid)

    def start_(self: Any) -> Any:
        limits = self.controls.make_dict().get("FrameDurationLimits")
        self._soft_period = limits[0] / 1e6 if limits else DEFAULT_PERIOD
        self._soft_next = time.monotonic()
        return start(self)

    def process_requests(self: Any, display: Any) -> None:
        with gate:
            late, self._requests = self._requests[:-1], self._requests[-1:]
            if self.started and self._requests:
                now = time.monotonic()
                self._soft_next = max(self._soft_next + self._soft_period, now)
                time.sleep(self._soft_next - now)
                _part_colours(self, self._requests[0])
            process(self, display)
        for request in late:
            request.release()

    manager.handle_request, kind.start_, kind.process_requests = handle_request, start_, process_requests
