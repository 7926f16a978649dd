"""Digits of very different sizes in one picture are read."""

import numpy as np
from PIL import Image

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import render
from pi_nn.reader import DigitReader


def test_small_digits_below_large_ones_are_read() -> None:
    rng = np.random.default_rng(2)
    large = render("2468", shipped_digits(), rng, size=(960, 480)).pixels
    small = render("3579", shipped_digits(), rng, size=(400, 160)).pixels
    page = np.full((640, 960), 215.0)
    page[:480] = 215.0 * large / np.median(large)
    page[480:, 100:500] = 215.0 * small / np.median(small)
    page = np.asarray(Image.fromarray(np.clip(page, 0, 255).astype(np.uint8)))
    assert DigitReader().read(page).raw == "2468\n3579"


def test_a_crumb_beside_a_digit_that_touches_the_edge_is_no_digit() -> None:
    page = render("4", shipped_digits(), np.random.default_rng(3), size=(320, 240)).pixels.copy()
    _, y, _, h = DigitReader().read(page).digits[0].box
    cut = page[y + 2 :].copy()
    cut[h // 2 : h // 2 + 9, 20:28] = 40
    reading = DigitReader().read(cut)
    assert [(p.digit, p.reason) for p in reading.digits] == [(4, "touches_edge")]
