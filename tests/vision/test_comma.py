"""A comma beside a digit, however long, is no digit."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import render
from pi_nn.reader import DigitReader


@pytest.mark.parametrize("share", [0.45, 0.46])
def test_a_comma_is_no_1(share: float) -> None:
    scene = render("36", shipped_digits(), np.random.default_rng(2))
    left, top, width, height = scene.truth.boxes[1]
    image = Image.fromarray(scene.pixels)
    start, long = (left + width + 0.3 * height, top + 0.8 * height), share * height
    comma = [start, (start[0] - 0.25 * long, start[1] + long)]
    ImageDraw.Draw(image).line(comma, fill=int(scene.pixels.min()), width=max(5, height // 12))
    reading = DigitReader().read(np.asarray(image))
    assert (reading.text, len(reading.digits)) == ("36", 2)
