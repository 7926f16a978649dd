"""The closed list of reasons why a digit, a frame or a reading is not accepted, and what to do about each."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    # a digit
    "low_confidence": "The network is not sure enough; write more clearly or move the camera closer.",
    "small_margin": "Two digits look almost equally likely; write the digit more clearly.",
    "not_a_digit": "This ink does not look like a digit.",
    "too_small": "The digit is too small in the picture; move the camera closer.",
    "touches_edge": "The digit touches the edge of the picture; move it into view.",
    "out_of_focus": "The picture is out of focus; move the camera or turn its lens until the ink is sharp.",
    # a frame
    "too_dark": "The picture is too dark; add light.",
    "low_contrast": "Ink and paper are almost equally bright; use a darker pen or more light.",
    "crowded": "There is too much in view; show only the digits.",
    # a reading while serving
    "awaiting_agreement": "A new value is in view; it is published when the next frames agree.",
    "starting": "The camera is starting; ask again in a second.",
    "stale": "No fresh frame has arrived for a while; check the camera.",
    # a camera
    "camera_missing": "No camera was found; check the cable and its connectors, then restart.",
    "camera_busy": "Another program uses the camera; stop it.",
    "camera_timeout": "The camera gave no frame in time; check its cable (it is reopened by itself).",
    "camera_failed": "The camera reported a fault; it is reopened by itself.",
    "camera_memory": "There is not enough memory for the camera; ask for a smaller width and height.",
    "camera_library": "The camera library cannot be loaded; run 'pi-nn doctor'.",
    "reading_failed": "The frame could not be read, which is a fault of the program; see its log.",
    "folder_empty": "The folder holds no picture that can be read; put JPEG or PNG files into it.",
}


def message(reason: str | None) -> str | None:
    """The sentence for ``reason``; ``None`` for ``None``. Raises ``KeyError`` for a code not on the list."""
    return None if reason is None else MESSAGES[reason]
