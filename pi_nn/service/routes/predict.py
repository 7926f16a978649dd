"""POST /api/predict: reads a picture that is sent, or the pixels of one digit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request

from pi_nn.errors import PictureError
from pi_nn.service.problems import Problem
from pi_nn.service.routes.answers import answer_json
from pi_nn.service.uploads import EXPECTED, picture_of, tile_of

if TYPE_CHECKING:
    from pi_nn.service.board import Entry
    from pi_nn.service.parts import Parts

PATIENCE: Final = 10.0
"""Seconds that an upload waits for the one before it."""


def blueprint(parts: Parts) -> Blueprint:
    bp = Blueprint("predict", __name__)

    @bp.post("/api/predict")
    def predict() -> Response:
        with _turn(parts):
            entry = _read(parts)
            parts.board.keep_upload(entry)
            parts.stats.uploads[entry.reading.status] += 1
        return answer_json(entry.reading.to_json())

    return bp


def _read(parts: Parts) -> Entry:
    kind = request.mimetype
    if kind == "application/json":
        return parts.model.look_at_tile(tile_of(request))
    if kind != "multipart/form-data" and not kind.startswith("image/"):
        raise Problem(415, f"the Content-Type is {kind or 'missing'}; {EXPECTED}")
    try:
        return parts.model.look_at_upload(picture_of(request, parts.settings))
    except PictureError as error:  # it was opened, but has a shape that cannot be read
        raise Problem(422, str(error)) from None


@contextmanager
def _turn(parts: Parts) -> Iterator[None]:
    """One upload is decoded and read at a time."""
    if not parts.queue.acquire(blocking=False):
        raise _busy()
    try:
        if not parts.uploading.acquire(timeout=PATIENCE):
            raise _busy()
        try:
            yield
        finally:
            parts.uploading.release()
    finally:
        parts.queue.release()


def _busy() -> Problem:
    return Problem(
        503,
        "other pictures are being read; send this one again in a few seconds",
        headers={"Retry-After": "5"},
    )
