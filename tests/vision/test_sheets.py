"""A sheet full of small digits, black on white or white on black, is read whole; so is a single one."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from pi_nn.cameras.digits import shipped_digits
from pi_nn.reader import DigitReader
from pi_nn.vision.survey import survey

ROWS, COLUMNS = 15, 20
# Pixels of a digit's tile, noise before the threshold, the threshold, digits of a hundred that are read.
BROKEN = [(40, 110, 150, 97), (22, 0, 200, 88), (40, 0, 230, 92)]


def sheet(scale: int) -> np.ndarray:
    """300 digits of 28 x 28 pixels, each pixel ink or paper, enlarged; ink 255."""
    tiles = shipped_digits().images[: ROWS * COLUMNS] > 100
    rows = tiles.reshape(ROWS, COLUMNS, 28, 28).transpose(0, 2, 1, 3).reshape(ROWS * 28, COLUMNS * 28)
    return np.pad(np.kron(rows, np.ones((scale, scale))) * 255, 10).astype(np.uint8)


def enlarged(tile: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(tile).resize((side, side), Image.Resampling.BICUBIC))


def cut(ink: np.ndarray, least: int) -> np.ndarray:
    """Cut to what is more than so dark."""
    rows, columns = (np.flatnonzero((ink > least).any(axis=axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@pytest.mark.parametrize("scale", [1, 2, 3])
@pytest.mark.parametrize("light_ink", [False, True])
def test_a_sheet_of_three_hundred_digits_is_read(scale: int, light_ink: bool) -> None:
    pixels = sheet(scale) if light_ink else ~sheet(scale)
    reading = DigitReader().read(pixels)
    assert 0.97 * 300 < len(reading.digits) < 1.03 * 300
    assert sum(digit.accepted for digit in reading.digits) > 0.9 * 300


def broken_sheet(side: int, noise: float, threshold: int) -> np.ndarray:
    """A hundred digits under a threshold that breaks their strokes: black on white."""
    rng, page = np.random.default_rng(4), []
    for tile in shipped_digits().images[:100]:
        ink = enlarged(tile, side).astype(float)
        flaws = Image.fromarray(rng.normal(128, noise, ink.shape).clip(0, 255).astype(np.uint8))
        flaws = np.asarray(flaws.filter(ImageFilter.GaussianBlur(1.2))) - 128.0
        page.append(ink + np.where(ink > 30, 3 * flaws, 0) > threshold)
    rows = np.stack(page).reshape(10, 10, side, side).transpose(0, 2, 1, 3).reshape(10 * side, 10 * side)
    return np.where(np.pad(rows, 10), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("side", "noise", "threshold", "least"), BROKEN)
def test_broken_strokes_are_one_digit(side: int, noise: float, threshold: int, least: int) -> None:
    reading = DigitReader().read(broken_sheet(side, noise, threshold))
    labels, found = shipped_digits().labels[:100], {}
    for digit in reading.digits:
        x, y, w, h = digit.box
        found.setdefault((int(y + h / 2 - 10) // side, int(x + w / 2 - 10) // side), []).append(digit.digit)
    assert sum(found.get((k // 10, k % 10)) == [label] for k, label in enumerate(labels)) >= least


def test_every_piece_of_small_broken_digits_is_looked_at() -> None:
    """Three hundred of them on a sheet that is hardly larger, in more pieces than digits."""
    sheet = np.tile(broken_sheet(22, 0, 200)[10:-10, 10:-10], (1, 3))
    assert survey(np.pad(sheet, 10, constant_values=255)).left_out == 0


def test_a_sheet_of_bold_digits_that_stand_close_is_believed() -> None:
    """Half of it is ink, as in hatching and cloth; but those are full of bars."""
    tiles = np.stack([enlarged(tile, 48) for tile in shipped_digits().images[:60]])[:, 4:-4, 6:-6] > 50
    page = np.pad(np.vstack([np.hstack(list(row)) for row in tiles.reshape(6, 10, *tiles.shape[1:])]), 10)
    reading = DigitReader().read(np.where(page, 20, 230).astype(np.uint8))
    assert sum(digit.reason == "crowded" for digit in reading.digits) <= 2
    assert sum(digit.accepted for digit in reading.digits) > 45


@pytest.mark.parametrize("margin", [0, 1, 3])
def test_a_picture_cut_to_a_digit_is_read(margin: int) -> None:
    """However narrow, and where its soft rim keeps it from some of the edges."""
    reader, read = DigitReader(), 0
    for tile, label in zip(shipped_digits().images[:100], shipped_digits().labels, strict=False):
        ink = np.pad(cut(enlarged(tile, 84), 60), margin)
        reading = reader.read(255 - ink)
        read += reading.text == str(label)
    assert read >= 85


@pytest.mark.parametrize("turns", range(4))
def test_a_digit_that_the_frame_cuts_off_is_not_believed(turns: int) -> None:
    reader, believed = DigitReader(), 0
    for tile in shipped_digits().images[:50]:
        ink = np.rot90(cut(enlarged(tile, 84), 60), turns)[10:]
        whole = np.rot90(np.pad(ink, ((0, 12), (12, 12))), -turns)
        believed += reader.read(255 - np.ascontiguousarray(whole)).status == "ok"
    assert believed <= 1


def test_a_narrow_strip_with_a_one_is_read() -> None:
    one = np.full((20, 6), 255, np.uint8)
    one[1:-1, 2:4] = 0
    assert DigitReader().read(one).text == "1"


@pytest.mark.parametrize("light_ink", [False, True])
def test_a_broad_pen_in_coarse_pixels_has_its_polarity(light_ink: bool) -> None:
    """At their edges such strokes are as often ink among paper as paper among ink."""
    seen = []
    for tile in shipped_digits().images[::3]:
        pixels = np.kron(tile, np.ones((10, 10), np.uint8))
        seen.append(survey(pixels if light_ink else ~pixels).light_ink)
    assert seen == [light_ink] * len(seen)


def test_a_digit_in_a_box_of_its_own_is_believed() -> None:
    """A box is no digit that the one within could be a part of, nor a sign beside it."""
    texts = []
    for tile in shipped_digits().images[:20]:
        page = np.zeros((200, 240), np.uint8)
        page[57:123, 87:153] = 200
        page[60:120, 90:150] = 0
        page[62:118, 92:148] = enlarged(tile, 56) // 5 * 4
        texts.append(DigitReader().read(230 - page).text)
    assert sum(a == str(b) for a, b in zip(texts, shipped_digits().labels, strict=False)) >= 19
