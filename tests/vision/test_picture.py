"""Pictures of every kind open upright as uint8; what cannot be read says what to do."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pi_nn.errors import PictureError
from pi_nn.vision import open_picture

GREY = np.tile(np.arange(0, 250, 10, dtype=np.uint8), (12, 1))  # 12 x 25, a ramp from the left


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def ramp(mode: str) -> Image.Image:
    return Image.fromarray(GREY).convert(mode)


KINDS = {
    "grey PNG": encoded(ramp("L")),
    "colour PNG": encoded(ramp("RGB")),
    "palette PNG": encoded(ramp("P")),
    "1-bit PNG": encoded(Image.fromarray(GREY).point(lambda v: 255 * (v > 120)).convert("1")),
    "grey and alpha PNG": encoded(ramp("LA")),
    "colour and alpha PNG": encoded(ramp("RGBA")),
    "16-bit PNG": encoded(Image.fromarray(GREY.astype(np.uint16) * 257)),
    "12 bits in a 16-bit TIFF": encoded(Image.fromarray(GREY.astype(np.uint16) * 16), "TIFF"),
    "32-bit TIFF": encoded(Image.fromarray(GREY.astype(np.int32) * 257), "TIFF"),
    "float TIFF": encoded(Image.fromarray(GREY.astype(np.float32) / 250), "TIFF"),
    "CMYK JPEG": encoded(ramp("RGB").convert("CMYK"), "JPEG", quality=95),
    "grey JPEG": encoded(ramp("L"), "JPEG", quality=95),
    "GIF": encoded(ramp("P"), "GIF"),
    "BMP": encoded(ramp("RGB"), "BMP"),
    "WebP": encoded(ramp("RGB"), "WEBP", lossless=True),
    "PGM": encoded(ramp("L"), "PPM"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_reads(kind: str) -> None:
    pixels = open_picture(KINDS[kind])
    assert pixels.dtype == np.uint8
    assert pixels.shape[:2] == GREY.shape
    grey = pixels if pixels.ndim == 2 else pixels.mean(axis=2)
    assert grey[:, :5].mean() < 60
    assert grey[:, -5:].mean() > 195


@pytest.mark.parametrize("orientation", range(1, 9))
def test_obeys_exif_orientation(orientation: int) -> None:
    upright = np.zeros((16, 24), np.uint8)
    upright[:4, :6] = 255  # a white corner at the top left
    backwards = {1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1]}
    backwards |= {
        5: lambda a: a.T,
        6: lambda a: a[:, ::-1].T,
        7: lambda a: a[::-1, ::-1].T,
        8: lambda a: a.T[:, ::-1],
    }
    stored = np.ascontiguousarray(backwards[orientation](upright))
    if orientation in (6, 8):  # 6: turned a quarter to the left in the file, 8: to the right
        stored = np.ascontiguousarray(np.rot90(upright, 1 if orientation == 6 else -1))
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = open_picture(encoded(Image.fromarray(stored), exif=exif))
    assert np.array_equal(pixels, upright)


def test_lays_alpha_over_white() -> None:
    clear = np.zeros((8, 8, 4), np.uint8)
    clear[2:4, 2:4] = (10, 10, 10, 255)
    pixels = open_picture(encoded(Image.fromarray(clear)))
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[2, 2].tolist() == [10, 10, 10]


def test_lays_white_ink_over_black() -> None:
    clear = np.full((8, 8, 4), 255, np.uint8)
    clear[:, :, 3] = 0
    clear[2:4, 2:4, 3] = 255
    pixels = open_picture(encoded(Image.fromarray(clear)))
    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert pixels[2, 2].tolist() == [255, 255, 255]


def test_takes_the_first_frame() -> None:
    frames = [Image.new("L", (9, 7), grey) for grey in (30, 200)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert int(open_picture(data).mean()) == 30


def test_reads_paths_and_files(tmp_path: Path) -> None:
    path = tmp_path / "ramp.png"
    path.write_bytes(KINDS["grey PNG"])
    assert np.array_equal(open_picture(path), GREY)
    assert np.array_equal(open_picture(str(path)), GREY)
    with path.open("rb") as stream:
        assert np.array_equal(open_picture(stream), GREY)


HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64)
BAD = {
    "HEIC": (HEIC, "save it as JPEG or PNG"),
    "text": (b"hello, world" * 10, "save it as JPEG or PNG"),
    "nothing": (b"", "save it as JPEG or PNG"),
    "EPS, which would start a program": (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "save it as JPEG or PNG",
    ),
    "a JPEG cut short": (encoded(ramp("RGB").resize((200, 150)), "JPEG")[:-900], "damaged or cut short"),
    "a PNG cut short": (KINDS["colour PNG"][:-40], "damaged or cut short"),
}


@pytest.mark.parametrize("case", BAD)
def test_refuses(case: str) -> None:
    data, expected = BAD[case]
    with pytest.raises(PictureError, match=expected):
        open_picture(data)


def test_refuses_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="No such file"):
        open_picture(tmp_path / "missing.png")
    with pytest.raises(PictureError, match="expected a JPEG or PNG file"):
        open_picture(tmp_path)


def test_checks_the_size_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(PictureError, match="25x12 pixels, expected at most 299"):
        open_picture(KINDS["grey PNG"], max_pixels=299)


def test_refuses_a_decompression_bomb() -> None:
    header = bytearray(KINDS["grey PNG"])
    header[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(PictureError):
        open_picture(bytes(header))


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_damaged_bytes_are_read_or_refused(kind: str, data: st.DataObject) -> None:
    damaged = bytearray(KINDS[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        pixels = open_picture(bytes(damaged), max_pixels=100_000)
    except PictureError:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim in (2, 3)
