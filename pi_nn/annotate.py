"""Draws what was read onto the picture: boxes and labels, in colours that the colour-blind can tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pi_nn.records import Box, Reading

# Okabe and Ito (2008), "Color universal design": blue, orange, grey.
ACCEPTED = (0, 114, 178)
DOUBTED = (213, 94, 0)
REJECTED = (128, 128, 128)


def draw_boxes(pixels: NDArray[np.uint8], reading: Reading) -> Image.Image:
    """An RGB copy of ``pixels``, uint8 (H, W) or (H, W, 3), with every digit's box, label and confidence.

    Accepted digits are blue, doubted ones orange with a question mark, refused ink is grey.
    """
    picture = Image.fromarray(pixels).convert("RGB")
    draw = ImageDraw.Draw(picture)
    width = max(1, round(max(picture.size) / 400))
    for refused in reading.rejected:
        _outline(draw, refused.box, REJECTED, width)
    for p in reading.digits:
        colour = ACCEPTED if p.accepted else DOUBTED
        _outline(draw, p.box, colour, width)
        label = f"{p.label} {p.confidence:.0%}" if p.accepted else f"{p.label}? {p.confidence:.0%}"
        _label(picture, label, p.box, colour)
    return picture


def _outline(draw: ImageDraw.ImageDraw, box: Box, colour: tuple[int, int, int], width: int) -> None:
    x, y, w, h = box
    gap = 2 * width
    draw.rectangle((x - gap, y - gap, x + w - 1 + gap, y + h - 1 + gap), outline=colour, width=width)


def _label(picture: Image.Image, text: str, box: Box, colour: tuple[int, int, int]) -> None:
    """White text on the colour, above the box where there is room, else below it.

    Pillow 9.4 has one small bitmap font only, so the drawn text is enlarged to suit the picture.
    """
    font = ImageFont.load_default()
    left, top, right, bottom = font.getbbox(text)
    mask = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(mask).text((2 - left, 2 - top), text, font=font, fill=255)
    scale = max(1.0, max(picture.size) / 640)
    mask = mask.resize((round(mask.width * scale), round(mask.height * scale)), Image.Resampling.BICUBIC)
    x, y, _, h = box
    above = y - mask.height - round(3 * scale)
    x = max(0, min(x, picture.width - mask.width))
    y = above if above >= 0 else min(y + h + round(3 * scale), picture.height - mask.height)
    picture.paste(colour, (x, y, x + mask.width, y + mask.height))
    picture.paste((255, 255, 255), (x, y), mask)
