"""Opens a picture file as an upright uint8 array, whatever its colour mode."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from pi_nn.errors import PictureError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_PIXELS: Final = 25_000_000
# Only plain bitmaps: other plugins of Pillow start programs (EPS) or are rarely exercised.
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")

# Ink that is nowhere darker than this does not show on white.
_WHITISH: Final = 192

_ORIENTATION_TAG: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_picture(
    source: str | Path | bytes | IO[bytes], *, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """The first frame of a picture: uint8, (H, W) grey or (H, W, 3) RGB, upright.

    ``source`` is a path, the bytes of a file, or an open binary file. EXIF orientation is obeyed, alpha is
    laid over white (white ink over black), 16-bit grey is scaled to 8. The size is checked against
    ``max_pixels`` before anything is decoded. Raises :class:`PictureError` for whatever cannot be read.
    """
    name = Path(source).name if isinstance(source, (str, Path)) else "the picture"
    with _open(_stream(source), name) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise PictureError(
                f"{name}: {width}x{height} pixels, expected at most {max_pixels}; make the picture smaller"
            )
        return _decode(image, name)


def _stream(source: str | Path | bytes | IO[bytes]) -> IO[bytes]:
    if isinstance(source, bytes):
        return BytesIO(source)
    if not isinstance(source, (str, Path)):
        return source
    try:
        return BytesIO(Path(source).read_bytes())
    except OSError as error:
        raise PictureError(f"{source}: {error.strerror or error}; expected a JPEG or PNG file") from None


def picture_array(image: Image.Image) -> NDArray[np.uint8]:
    """A Pillow image as uint8 (H, W) or (H, W, 3): alpha over white, wide integers and floats scaled.

    White ink is laid over black.
    """
    if image.mode in ("L", "RGB"):
        return np.array(image)
    if image.mode == "1":
        return np.array(image.convert("L"))
    if image.mode == "F" or image.mode.startswith("I"):
        return _eight_bits(np.array(image))
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        ink = image.convert("RGBA")
        shown = _laid_over("white", ink)
        return shown if shown.min() < _WHITISH else _laid_over("black", ink)
    return np.array(image.convert("RGB"))


def _laid_over(paper: str, ink: Image.Image) -> NDArray[np.uint8]:
    return np.array(Image.alpha_composite(Image.new("RGBA", ink.size, paper), ink).convert("RGB"))


def _open(stream: IO[bytes], name: str) -> Image.Image:
    try:
        return Image.open(stream, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(f"{name}: {error}; make the picture smaller") from None
    except Exception as error:  # plugins raise whatever a damaged header makes them trip over
        raise PictureError(
            f"{name}: not a picture that can be read, expected JPEG or PNG; save it as JPEG or PNG"
        ) from error


def _decode(image: Image.Image, name: str) -> NDArray[np.uint8]:
    try:
        image.load()
        turn = _TURNS.get(image.getexif().get(_ORIENTATION_TAG, 1))
        return picture_array(image if turn is None else image.transpose(turn))
    except Exception as error:  # decoders raise whatever damaged data makes them trip over
        raise PictureError(f"{name}: damaged or cut short ({error}); save it again as JPEG or PNG") from error


def _eight_bits(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Grey of any depth as uint8: integers lose their lowest bits, floats are stretched over 0..255."""
    if values.dtype.kind == "f":
        wide = np.nan_to_num(np.asarray(values, np.float32), posinf=0.0, neginf=0.0)
        low, high = float(wide.min()), float(wide.max())
        return ((wide - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)
    whole = np.maximum(np.asarray(values, np.int64), 0)
    # 10-, 12- and 16-bit cameras all arrive in 16-bit files: the highest bit in use decides.
    return (whole >> max(0, int(whole.max()).bit_length() - 8)).astype(np.uint8)
