"""The frame of a board that is seen from aside is no digit, and hides no broken one."""

import numpy as np
from PIL import Image, ImageDraw

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import render
from pi_nn.reader import DigitReader


def test_a_boards_frame_is_no_digit_and_hides_none() -> None:
    rng = np.random.default_rng(5)
    board = np.full((720, 960), 215, np.uint8)
    for y in (130, 290, 450):
        for x in (170, 500):
            number = render("4793", shipped_digits(), rng, size=(320, 160)).pixels
            board[y : y + 160, x : x + 320] = np.clip(215.0 * number / np.median(number), 0, 255)
    image = Image.fromarray(board)
    frame = [(120, 110), (860, 30), (870, 690), (130, 620), (120, 110), (300, 90)]
    ImageDraw.Draw(image).line(frame, fill=50, width=16)
    picture = np.clip(np.asarray(image) + rng.normal(0, 2, board.shape), 0, 255).astype(np.uint8)
    reading = DigitReader().read(picture)
    assert [p.digit for p in reading.digits if p.box[3] > 100] == []
    assert len(reading.digits) == 24
