"""A sheet full of small digits, black on white or white on black, is read whole."""

import numpy as np
import pytest

from pi_nn.cameras.digits import shipped_digits
from pi_nn.reader import DigitReader
from pi_nn.vision.scene import survey

ROWS, COLUMNS = 15, 20


def sheet(scale: int) -> np.ndarray:
    """300 digits of 28 x 28 pixels, each pixel ink or paper, enlarged; ink 255."""
    tiles = shipped_digits().images[: ROWS * COLUMNS] > 100
    rows = tiles.reshape(ROWS, COLUMNS, 28, 28).transpose(0, 2, 1, 3).reshape(ROWS * 28, COLUMNS * 28)
    return np.pad(np.kron(rows, np.ones((scale, scale))) * 255, 10).astype(np.uint8)


@pytest.mark.parametrize("scale", [1, 2, 3])
@pytest.mark.parametrize("light_ink", [False, True])
def test_a_sheet_of_three_hundred_digits_is_read(scale: int, light_ink: bool) -> None:
    pixels = sheet(scale) if light_ink else ~sheet(scale)
    reading = DigitReader().read(pixels)
    assert 0.97 * 300 < len(reading.digits) < 1.03 * 300
    assert sum(digit.accepted for digit in reading.digits) > 0.9 * 300


@pytest.mark.parametrize("light_ink", [False, True])
def test_a_broad_pen_in_coarse_pixels_has_its_polarity(light_ink: bool) -> None:
    """At their edges such strokes are as often ink among paper as paper among ink."""
    seen = []
    for tile in shipped_digits().images[::3]:
        pixels = np.kron(tile, np.ones((10, 10), np.uint8))
        seen.append(survey(pixels if light_ink else ~pixels).light_ink)
    assert seen == [light_ink] * len(seen)
