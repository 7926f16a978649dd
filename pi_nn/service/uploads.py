"""What may be sent to POST /api/predict: a picture, or the pixels of one digit."""

from __future__ import annotations

import json
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn

import numpy as np
from flask import Request
from PIL import Image

from pi_nn.errors import PictureError
from pi_nn.service.problems import Problem
from pi_nn.vision import open_picture
from pi_nn.vision.picture import FORMATS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pi_nn.config import Settings

MOST_JSON: Final = 2 * 1024 * 1024
"""Bytes. 784 numbers need 20 KB; a parsed body takes some 30 times its size in memory."""
EXPECTED: Final = (
    "expected a picture as multipart/form-data in the field 'image', a picture itself as image/jpeg, "
    'image/png …, or application/json {"pixels": 784 or 28x28 numbers, 0 paper to 1 ink}'
)
# Pictures by name that nothing here can open; other damaged ones are a 400.
UNREADABLE: Final = frozenset(
    {"image/heic", "image/heif", "image/avif", "image/jxl", "image/svg+xml", "image/x-adobe-dng"}
)


class InMemoryRequest(Request):
    """Keeps uploaded files in memory: an SD card wears, and the body's size is bounded anyway."""

    max_form_parts = 16

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()


def check_size(request: Request, limit: int) -> None:
    """Raises a 413 before the body is looked at. (waitress knows the length of a chunked body, too.)"""
    if (request.content_length or 0) > limit:
        raise Problem(413, f"the body has {request.content_length} bytes, expected at most {limit}")


def picture_of(request: Request, settings: Settings) -> NDArray[np.uint8]:
    """The uploaded picture, upright: uint8 (H, W) or (H, W, 3). Raises :class:`Problem`."""
    body = _file_field(request) if request.mimetype == "multipart/form-data" else request.get_data()
    if not body:
        raise Problem(400, f"the picture is empty; {EXPECTED}")
    _check_pixels(body, settings.max_pixels)
    try:
        return open_picture(body, max_pixels=settings.max_pixels)
    except PictureError as error:
        raise Problem(415 if request.mimetype in UNREADABLE else 400, str(error)) from None


def tile_of(request: Request) -> NDArray[np.float32]:
    """The pixels of one digit: float32 (28, 28), 0 paper to 1 ink. Raises :class:`Problem`."""
    body = json_object(request)
    if "pixels" not in body:
        raise Problem(400, 'the JSON has no "pixels"; expected {"pixels": 784 or 28x28 numbers}')
    return np.array(_numbers(body["pixels"]), np.float32).reshape(28, 28)


def parse_json(body: bytes) -> Any:
    """The value of a JSON text (RFC 8259: no NaN, no Infinity). Raises :class:`Problem` with 400."""
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise Problem(400, "the JSON is nested too deeply") from None
    except ValueError as error:
        raise Problem(400, f"the body is not JSON: {error}") from None


def json_object(request: Request) -> dict[str, Any]:
    """The JSON object that was sent as ``application/json``. Raises :class:`Problem` with 415, 413 or 400."""
    if request.mimetype != "application/json":
        raise Problem(415, f"the Content-Type is {request.mimetype or 'missing'}, expected application/json")
    check_size(request, MOST_JSON)
    body = parse_json(request.get_data())
    if not isinstance(body, dict):
        raise Problem(400, f"the JSON is {_kind(body)}, expected an object")
    return body


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _file_field(request: Request) -> bytes:
    file = request.files.get("image")
    if file is None:
        names = ", ".join(repr(name) for name in [*request.files, *request.form][:8]) or "no field"
        raise Problem(400, f"{names} came, expected a file in the field 'image': curl -F image=@photo.jpg")
    content: bytes = file.read()
    return content


def _check_pixels(body: bytes, limit: int) -> None:
    """Raises a 413 for a picture whose header announces too many pixels; what is unreadable passes."""
    try:
        with Image.open(BytesIO(body), formats=FORMATS) as image:
            count = image.width * image.height
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Problem(413, f"the picture is too large: {error}") from None
    except Exception:  # plugins raise anything on a damaged header; open_picture() says it better
        return
    if count > limit:
        raise Problem(413, f"the picture has {count} pixels, expected at most {limit}; make it smaller")


def _numbers(pixels: Any) -> list[float]:
    if not isinstance(pixels, list):
        raise Problem(422, f"pixels is {_kind(pixels)}, expected a list of 784 numbers or of 28 rows")
    if pixels and all(isinstance(row, list) for row in pixels):
        widths = {len(row) for row in pixels}
        if len(pixels) != 28 or widths != {28}:
            raise Problem(422, f"pixels has {len(pixels)} rows of {_range(widths)}, expected 28 of 28")
        pixels = [value for row in pixels for value in row]
    if len(pixels) != 784:
        raise Problem(422, f"pixels has {len(pixels)} numbers, expected 784, or 28 rows of 28")
    return [_number(index, value) for index, value in enumerate(pixels)]


def _number(index: int, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Problem(422, f"pixel {index} is {_kind(value)}, expected a number from 0 (paper) to 1 (ink)")
    if not 0 <= value <= 1:
        shown = f"{value:g}" if isinstance(value, float) or abs(value) < 1e9 else "huge"
        raise Problem(422, f"pixel {index} is {shown}, expected a number from 0 (paper) to 1 (ink)")
    return float(value)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")


def _range(widths: set[int]) -> str:
    low, high = min(widths), max(widths)
    return f"{low}" if low == high else f"{low} to {high}"
