"""Small writing that fills a part of a page is no noise of the paper."""

import numpy as np
from PIL import Image, ImageDraw

from pi_nn.vision.light import _but_for_dense
from pi_nn.vision.survey import survey


def test_small_pale_writing_that_fills_a_part_of_a_page_is_seen() -> None:
    image = Image.new("L", (1280, 960), 200)
    pen = ImageDraw.Draw(image)
    places = [(x, y) for y in (386, 424, 467) for x in range(386, 512, 16)]
    for x, y in places:
        pen.line((x, y, x, y + 22, x + 10, y + 22, x + 10, y), fill=145, width=2)
    for x in range(100, 1200, 200):
        pen.line((x, 800, x, 840), fill=145, width=2)
    noise = np.random.default_rng(3).normal(0, 2, (960, 1280))
    marks = survey(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)).marks
    whole = [mark for mark in marks if 20 <= mark.height <= 26 and 9 <= mark.box[2] <= 14]
    assert len(whole) >= 0.95 * len(places)


def test_a_few_blocks_full_of_writing_count_by_their_emptiest_cells_and_many_do_not() -> None:
    quarter, eighth = np.full((5, 8), 20, np.int16), np.full((5, 8), 18, np.int16)
    quarter[2, 3], eighth[2, 3] = 100, 24
    told = _but_for_dense(quarter, eighth, np.int16(40))
    assert told[2, 3] == 24
    assert np.count_nonzero(told == 20) == 39
    quarter[:2], eighth[:2] = 100, 24
    assert _but_for_dense(quarter, eighth, np.int16(40)).max() == 100
