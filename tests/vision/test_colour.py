"""Ink of any colour on paper of any colour is read in the channel that tells them apart."""

import numpy as np
import pytest

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import render
from pi_nn.reader import DigitReader
from pi_nn.vision.colour import clearest

Colour = tuple[int, int, int]


def written(ink: Colour, ground: Colour, beside: Colour | None = None) -> np.ndarray:
    """ "2468" in ink on a ground, to the left of something else if anything, uint8 (H, W, 3)."""
    grey = render("2468", shipped_digits(), np.random.default_rng(3)).pixels.astype(np.float32)
    share = np.clip((np.median(grey) - grey) / (np.median(grey) - grey.min()), 0, 1)[:, :, None]
    picture = np.array(ground) * (1 - share) + np.array(ink) * share
    if beside is not None:
        picture = np.concatenate([picture, np.broadcast_to(beside, (len(picture), 300, 3))], axis=1)
    noise = np.random.default_rng(4).normal(0, 3, picture.shape)
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ((45, 60, 150), (190, 60, 55)),
        ((40, 130, 75), (190, 60, 55)),
        ((35, 35, 35), (190, 55, 50)),
        ((50, 65, 165), (215, 140, 50)),
        ((105, 215, 130), (100, 140, 220)),
        ((120, 100, 150), (215, 195, 75)),
        ((90, 160, 105), (185, 165, 138)),
    ],
    ids=["blue-red", "green-red", "black-red", "blue-orange", "green-blue", "purple-yellow", "green-kraft"],
)
def test_ink_on_a_coloured_card_is_read(ink: Colour, ground: Colour) -> None:
    reading = DigitReader().read(written(ink, ground))
    assert (reading.status, reading.text) == ("ok", "2468")


@pytest.mark.parametrize("table", [(170, 50, 40), (60, 90, 190), (150, 105, 60)])
def test_beside_a_coloured_table_white_paper_stays_as_it_is(table: Colour) -> None:
    picture = written((180, 40, 50), (225, 225, 220), table)
    assert clearest(picture, None)[0] is picture
    assert DigitReader().read(picture).text == "2468"


def test_the_users_word_on_light_ink_counts() -> None:
    picture = written((105, 215, 130), (100, 140, 220))
    for light in (True, False):
        channel, said = clearest(picture, light)
        assert channel.ndim == 3 or said is light
