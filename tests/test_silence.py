"""What is not published: numbers that may lack a digit, and what only looks like a digit."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from pi_nn.nn import Thresholds
from pi_nn.reader import DigitReader
from pi_nn.records import Box
from pi_nn.vision.company import among_dots, among_strangers, beside, in_a_line, in_a_word
from pi_nn.vision.marks import is_around, is_bar, is_blot, is_grid, is_slash, torn_marks

INK = 40


class Picky:
    """Takes narrow, thin ink for a sure 7, and blocks and whatever is wide for no digits."""

    name, sha256, classes = "picky", "0" * 64, tuple("0123456789")
    thresholds = Thresholds(confidence=0.9, margin=0.5, junk=0.5)

    def scores(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        tiles = x.reshape(-1, 28, 28)
        rows = np.full((len(tiles), 10), 0.001, np.float32)
        rows[:, 7] = 0.991
        inks = [tile[tile.any(axis=1)][:, tile.any(axis=0)] for tile in tiles]
        junk = [ink.mean() > 0.7 or ink.shape[1] > 0.8 * ink.shape[0] for ink in inks]
        return rows, np.where(junk, 0.95, 0.0).astype(np.float32)


class Slim(Picky):
    """Takes whatever ink for a sure 1."""

    def scores(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = np.full((len(x), 10), 0.001, np.float32)
        rows[:, 1] = 0.991
        return rows, np.zeros(len(x), np.float32)


def paper() -> np.ndarray:
    pixels = np.full((160, 320), 215, np.uint8)
    return pixels + np.random.default_rng(0).integers(0, 4, pixels.shape).astype(np.uint8)


def sevens(*places: tuple[int, int]) -> np.ndarray:
    """Paper with a 7 of 22x40 pixels at every place (x, y)."""
    pixels = paper()
    for x, y in places:
        pixels[y : y + 5, x : x + 22] = INK
        for k in range(40):
            left = x + 18 - k * 12 // 40
            pixels[y + k, left : left + 5] = INK
    return pixels


def test_a_digit_that_was_judged_none_makes_its_number_unsure() -> None:
    pixels = sevens((40, 40), (120, 40))
    pixels[40:80, 80:104] = INK
    reading = DigitReader(Picky()).read(pixels)
    assert (reading.status, reading.text, reading.raw, reading.reason) == (
        "unsure",
        None,
        "777",
        "not_a_digit",
    )
    assert [p.accepted for p in reading.digits] == [True, False, True]
    assert reading.rejected == ()


def test_what_stands_on_no_line_of_digits_is_rejected_and_changes_nothing() -> None:
    pixels = sevens((40, 20), (80, 20))
    pixels[100:140, 240:264] = INK
    reading = DigitReader(Picky()).read(pixels)
    assert (reading.text, [r.reason for r in reading.rejected]) == ("77", ["not_a_digit"])


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        ((70, 57, 14, 5), "7 7"),  # a dash between two
        ((20, 57, 14, 5), None),  # a minus
        ((68, 30, 16, 5), None),  # the bar of a broken 5
        ((70, 76, 5, 5), "77"),  # a full stop
        ((70, 120, 14, 5), "77"),  # elsewhere
    ],
)
def test_a_piece_of_ink_beside_a_digit_makes_it_doubtful(piece: Box, text: str | None) -> None:
    x, y, w, h = piece
    pixels = sevens((40, 40), (95, 40))
    pixels[y : y + h, x : x + w] = INK
    reading = DigitReader(Picky()).read(pixels)
    assert (reading.raw, reading.text) == (text or "77", text)
    assert reading.reason == (None if text else "crowded")


def test_a_scribble_is_not_many_ones() -> None:
    pixels = paper()
    for k in range(9):
        for step in range(60):
            x = 100 + 14 * k + (step if k % 2 else 60 - step) * 14 // 60
            pixels[50 + step, x : x + 4] = INK
    assert not any(p.accepted for p in DigitReader(Picky()).read(pixels).digits)


@pytest.mark.parametrize(("pale", "accepted"), [(150, False), (190, True)])
def test_what_is_dark_enough_of_a_pale_line_is_no_digit(pale: int, accepted: bool) -> None:
    """Beside dark lines a pale one is no ink; a piece of it may be."""
    pixels = paper()
    pixels[10:150, 132:136] = INK
    pixels[:, 118:122] = pale
    pixels[45:115, 118:122] = 100
    digits = DigitReader(Picky()).read(pixels).digits
    assert [p.accepted for p in digits if p.box[0] < 130] == [accepted]


@pytest.mark.parametrize(
    ("side", "grey", "accepted"),
    [
        (0, INK, True),
        (20, INK, True),  # a speck
        (28, INK, False),  # an eye, a button, a target
        (28, 165, True),  # a ruled line, show-through
    ],
)
def test_a_ring_around_other_ink_is_no_nought(side: int, grey: int, accepted: bool) -> None:
    rows, columns = np.ogrid[:160, :320]
    far = np.hypot((rows - 80) / 1.4, columns - 150)
    pixels = paper()
    pixels[(far < 48) & (far > 42)] = INK
    pixels[80 - side // 2 : 80 - side // 2 + side, 150 - side // 2 : 150 - side // 2 + side] = grey
    assert [p.accepted for p in DigitReader().read(pixels).digits if p.box[3] > 60] == [accepted]


def test_a_spot_that_is_not_all_within_a_digit_is_dirt() -> None:
    pixels = sevens((140, 50))
    pixels[62:68, 142:148] = INK
    assert DigitReader(Picky()).read(pixels).text == "7"


def test_what_a_digit_has_on_three_sides_is_beside_it() -> None:
    hook = np.zeros((60, 40), bool)
    hook[:5], hook[:, 35:], hook[55:] = True, True, True
    spot = np.zeros((60, 40), bool)
    spot[28:34, 15:21] = True
    digit, other = (torn_marks(mask, (0, 0, 0, 0), 3)[0] for mask in (hook, spot))
    assert not is_around(digit, other)
    hook[:, :5] = True
    assert is_around(torn_marks(hook, (0, 0, 0, 0), 3)[0], other)


def test_rays_are_no_ones() -> None:
    """Alone each of them may be one."""
    pixels = []
    for steps in ([0.9], [-0.9], [0.9, -0.9]):
        pixels.append(paper())
        for k, step in enumerate(steps):
            for row in range(50, 90):
                left = 80 + 120 * k + round(step * (row - 70))
                pixels[-1][row, left : left + 6] = INK
    read = [[p.accepted for p in DigitReader(Slim()).read(each).digits] for each in pixels]
    assert read == [[True], [True], [False, False]]


def test_the_bars_of_a_bar_code_are_no_ones() -> None:
    pixels = paper()
    for k, x in enumerate(range(40, 260, 16)):
        pixels[40:120, x : x + 3 + 2 * (k % 3)] = INK
    assert not any(p.accepted for p in DigitReader().read(pixels).digits)


def lattice(rows: int, columns: int) -> np.ndarray:
    mask = np.zeros((rows * 20 + 3, columns * 20 + 3), bool)
    mask[np.arange(len(mask)) % 20 < 3] = True
    mask[:, np.arange(mask.shape[1]) % 20 < 3] = True
    return mask


def test_of_thousands_of_pieces_the_largest_are_looked_at() -> None:
    crumbs = np.arange(400)[:, None] % 8 + np.arange(800) % 8 * np.ones((400, 1)) < 4
    crumbs[-20:] = False
    crumbs[-15:-5, 700:710] = True
    pieces = torn_marks(crumbs, (0, 0, 0, 0), 3)
    assert len(pieces) == 700
    assert (700, 385, 10, 10) in [mark.box for mark in pieces]


@pytest.mark.parametrize(("rows", "columns", "grid"), [(6, 1, True), (3, 2, True), (2, 1, False)])
def test_a_table_has_more_holes_than_a_digit(rows: int, columns: int, grid: bool) -> None:
    assert is_grid(torn_marks(lattice(rows, columns), (5, 5, 0, 0), 3)[0]) is grid


@pytest.mark.parametrize(
    ("lean", "wide", "grid"), [(0, 40, True), (20, 40, True), (-20, 40, True), (0, 70, False)]
)
def test_two_narrow_cells_are_no_eight(lean: int, wide: int, grid: bool) -> None:
    mask = np.zeros((130, 130), bool)
    for row in range(120):
        left = 25 + lean * row // 120
        mask[row, left : left + wide] = row < 5 or row >= 115 or 58 <= row < 63
        mask[row, left : left + 5] = mask[row, left + wide - 5 : left + wide] = True
    assert is_grid(torn_marks(mask, (0, 0, 0, 0), 3)[0]) is grid


def test_a_narrow_nought_is_no_ladder() -> None:
    rows, columns = np.ogrid[:100, :40]
    far = ((rows - 50) / 50) ** 2 + ((columns - 20) / 19) ** 2
    assert not is_grid(torn_marks((far < 1) & (far > 0.6), (0, 0, 0, 0), 3)[0])


def test_grain_is_no_grid() -> None:
    chalk = np.random.default_rng(0).random((80, 40)) < 0.7
    assert not is_grid(max(torn_marks(chalk, (0, 0, 40, 80), 3), key=lambda mark: mark.area))


def test_the_finger_of_a_hand_is_no_one() -> None:
    pixels = paper()
    pixels[90:, 60:260] = 120
    pixels[30:92, 150:172] = 120
    assert not any(p.accepted for p in DigitReader(Picky()).read(pixels).digits)


@pytest.mark.parametrize(
    ("other", "place"),
    [
        ((60, 10, 20, 40), 0),
        ((150, 15, 20, 40), 1),
        ((60, 100, 20, 40), None),
        ((400, 10, 20, 40), None),
        ((48, 46, 6, 6), None),
        ((140, 40, 30, 14), 1),
        ((48, -8, 20, 4), 0),
        ((48, -8, 6, 4), None),
        ((48, -40, 20, 4), None),
    ],
)
def test_what_stands_beside_a_digit(other: Box, place: int | None) -> None:
    assert beside([(20, 10, 20, 40), (110, 10, 20, 40)], [other], 2.0) == [place]


def test_two_digits_that_touch_vouch_for_each_other_where_nothing_else_stands() -> None:
    halves, whole, letter = [(0, 0, 30, 60), (28, 0, 30, 60)], (0, 0, 58, 60), (90, 0, 40, 60)
    both = [True, True]
    assert among_strangers(halves, both, both, [whole]) == [False, False]
    assert among_strangers(halves, both, both, [whole, letter]) == [True, True]
    assert among_strangers(halves, both, [False, False], [whole]) == [True, True]


def test_nothing_stands_beside_no_digit() -> None:
    assert beside([], [(0, 0, 5, 5)], 2.0) == [None]


def test_bars_that_carry_a_line_on_are_no_ones() -> None:
    line, one, seven = (50, 0, 4, 60), (51, 80, 4, 40), (100, 80, 30, 40)
    assert in_a_line([one, seven], [line]) == [True, False]
    assert in_a_line([one, seven], []) == [False, False]
    assert in_a_line([one, (51, 125, 4, 40)], []) == [True, True]
    assert in_a_line([], [line]) == []
    # The table beside a sheet is as high as the frame, and carries nothing on that is far from it.
    assert in_a_line([(400, 417, 18, 49)], [(0, 0, 213, 1280)]) == [False]


@pytest.mark.parametrize(
    ("letters", "word"),
    [
        ([(50, 10, 20, 40), (80, 12, 30, 38)], True),
        ([(50, 10, 20, 40)], True),
        ([(50, 10, 120, 40)], True),  # several letters that touch
        ([(50, 60, 20, 40), (80, 62, 30, 38)], False),  # on another line
        ([(50, 40, 10, 10)], False),  # a full stop
        ([(400, 12, 30, 38)], False),
    ],
)
def test_a_digit_in_a_word(letters: list[Box], word: bool) -> None:
    digit, other = (20, 10, 20, 40), (110, 10, 20, 40)
    assert in_a_word([digit], [False], letters) == [word]
    both = word and len(letters) > 1
    assert in_a_word([digit, other], [False, False], letters) == [both, both]
    assert in_a_word([digit, other, (140, 10, 20, 40)], [False] * 3, letters) == [False] * 3


def test_one_digit_beside_one_letter_is_a_letter_too() -> None:
    """An "a" beside an E."""
    pixels = sevens((40, 40))
    pixels[40:80, 90:114] = INK
    reading = DigitReader(Picky()).read(pixels)
    assert [(p.accepted, p.reason) for p in reading.digits] == [(False, "not_a_digit")] * 2


def test_pale_ink_is_not_believed_on_rough_paper_nor_the_palest_anywhere() -> None:
    smooth = sevens((40, 40)).astype(np.float32)
    pale = {level: np.interp(smooth, [INK, 215], [level, 215]) for level in (190, 165)}
    grain = np.random.default_rng(1).normal(0, 12, (20, 40)).repeat(8, axis=0).repeat(8, axis=1)
    reader = DigitReader(Picky())
    assert reader.read(pale[165].astype(np.uint8)).text == "7"
    assert reader.read((pale[165] + grain).astype(np.uint8)).reason == "low_contrast"
    assert reader.read(pale[190].astype(np.uint8)).reason == "low_contrast"


@pytest.mark.parametrize(
    ("ink", "reason"), [(215, None), (199, "low_contrast"), (190, "low_contrast"), (150, None)]
)
def test_ink_that_hardly_shows_is_said_to(ink: int, reason: str | None) -> None:
    pixels = np.interp(sevens((40, 40), (95, 40)), [INK, 215], [ink, 215]).astype(np.uint8)
    assert DigitReader(Picky()).read(pixels).reason == reason


def test_lines_that_hardly_show_are_no_writing() -> None:
    pixels = paper()
    pixels[::24] -= 14
    reading = DigitReader(Picky()).read(pixels)
    assert (reading.status, reading.reason) == ("no_digit", None)


class Doubtful(Picky):
    """Sure of nothing."""

    thresholds = Thresholds(confidence=0.999, margin=0.5, junk=0.5)


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (sevens((40, 40)), "low_confidence"),
        (np.interp(sevens((40, 40)), [INK, 215], [175, 215]), "low_contrast"),
        (np.interp(sevens((40, 40)), [INK, 215], [8, 30]), "too_dark"),
        (sevens((40, 40))[::3, ::3], "too_small"),
        (sevens((40, 120)), "touches_edge"),
    ],
    ids=["clear", "pale", "dark", "small", "edge"],
)
def test_a_doubt_says_what_can_be_done(pixels: np.ndarray, reason: str) -> None:
    assert DigitReader(Doubtful()).read(pixels.astype(np.uint8)).reason == reason


def test_an_unsharp_digit_is_not_believed() -> None:
    large = np.kron(sevens((40, 40))[20:100, 20:80], np.ones((4, 4), np.uint8))
    blurred = np.asarray(Image.fromarray(large).filter(ImageFilter.GaussianBlur(14)))
    assert DigitReader(Picky()).read(large).text == "7"
    assert DigitReader(Picky()).read(blurred).reason == "out_of_focus"


def test_digits_too_small_to_be_any_are_said_to_be() -> None:
    pixels = paper()
    pixels[60:69, 60:66] = INK
    reading = DigitReader(Picky()).read(pixels)
    assert (reading.status, reading.reason) == ("no_digit", "too_small")


@pytest.mark.parametrize(("width", "slash"), [(90, True), (40, False)])
def test_one_stroke_that_lies_is_no_digit(width: int, slash: bool) -> None:
    mask = np.zeros((50, width + 8), bool)
    for row in range(50):
        left = width * (49 - row) // 49
        mask[row, left : left + 8] = True
    assert is_slash(torn_marks(mask, (0, 0, 0, 0), 3)[0]) is slash


@pytest.mark.parametrize("lean", [0, 30, -30])
def test_a_one_is_a_bar_that_may_lean_and_a_seven_is_none(lean: int) -> None:
    mask = np.zeros((50, 48), bool)
    for row in range(50):
        left = 20 + lean * (row - 25) // 50
        mask[row, left : left + 8] = True
    assert is_bar(torn_marks(mask, (0, 0, 0, 0), 3)[0])
    mask[:6, 4:40] = True
    assert not is_bar(torn_marks(mask, (0, 0, 0, 0), 3)[0])


@pytest.mark.parametrize(("gap", "reason"), [(2, "not_a_digit"), (20, None)])
def test_a_bar_that_goes_on_beyond_both_its_ends_is_no_one(gap: int, reason: str | None) -> None:
    """A pale line of a table came apart."""
    pixels = paper()
    for row in [*range(20, 50 - gap), *range(50, 90), *range(90 + gap, 140)]:
        pixels[row, 100 + row // 4 : 105 + row // 4] = INK
    pixels[20:24, 60:180] = pixels[136:140, 60:180] = pixels[20:140, 60:64] = INK
    assert DigitReader(Picky()).read(pixels).reason == reason


def test_a_bar_on_the_course_of_a_line_is_no_one() -> None:
    """The line that crosses a pale one parted it, further away than its rim."""
    pixels = paper()
    for row in [*range(20, 80), *range(86, 126)]:
        pixels[row, 100 + row // 4 : 105 + row // 4] = INK
    pixels[75:80, 60:180] = pixels[20:24, 60:180] = INK
    assert DigitReader(Picky()).read(pixels).reason == "not_a_digit"
    pixels[24:75, 100:130] = 215
    assert DigitReader(Picky()).read(pixels).text == "7"


def discs(*places: tuple[int, int]) -> np.ndarray:
    """A mask of discs of 20 pixels, their middles at (x, y)."""
    rows, columns = np.ogrid[:100, :100]
    return np.asarray(sum((rows - y) ** 2 + (columns - x) ** 2 < 100 for x, y in places), bool)


def test_solid_ink_is_a_blot() -> None:
    eight = discs((50, 40), (56, 56)), discs((50, 40), (50, 56))
    assert [is_blot(torn_marks(mask, (0, 0, 0, 0), 3)[0]) for mask in eight] == [True, True]
    bar, ring = np.ones((40, 10), bool), discs((50, 50))
    ring[45:55, 45:55] = False
    assert not is_blot(torn_marks(bar, (0, 0, 0, 0), 3)[0])
    assert not is_blot(torn_marks(ring, (0, 0, 0, 0), 3)[0])


@pytest.mark.parametrize(
    ("others", "dots"),
    [
        ([(80, 40, 6, 6), (20, 70, 8, 7)], True),
        ([(80, 40, 6, 6)], False),  # a full stop
        ([(80, 40, 6, 6), (300, 70, 8, 7)], False),
        ([(80, 40, 3, 20), (20, 70, 20, 6)], False),
        ([(80, 40, 2, 2), (20, 70, 40, 38)], False),
    ],
)
def test_dots_around_a_digit(others: list[Box], dots: bool) -> None:
    assert among_dots((50, 40, 20, 30), others) is dots


class Gullible(Picky):
    """Takes everything for a sure 7."""

    def scores(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, junk = super().scores(x)
        return rows, np.zeros_like(junk)


def test_spots_that_ran_together_are_no_digit() -> None:
    pixels = paper()
    spots = discs((50, 34), (56, 50))
    pixels[:100, 100:200][spots] = INK
    assert DigitReader(Gullible()).read(pixels).text == "7"
    pixels[30:40, 190:200] = pixels[80:90, 110:120] = INK
    assert DigitReader(Gullible()).read(pixels).reason == "not_a_digit"


def test_bars_of_a_texture_are_no_ones() -> None:
    """Hair, wood and cloth: leaning bars everywhere, some of them as clear of others as a digit is."""
    pixels = paper()
    for top in range(-30, 160, 55):
        for left in range(-20, 320, 40):
            for row in range(max(top, 0), min(top + 42, 160)):
                x = left + (row - top) * 9 // 20 + top // 5
                pixels[row, max(x, 0) : max(x + 9, 0)] = INK
    reading = DigitReader(Picky()).read(pixels)
    assert len(reading.digits) > 20
    assert not any(p.accepted for p in reading.digits)


def test_a_wide_two_is_no_slash() -> None:
    mask = np.zeros((40, 70), bool)
    mask[:6] = mask[34:] = mask[:20, 64:] = mask[17:23, :] = mask[20:, :6] = True
    assert not is_slash(torn_marks(mask, (0, 0, 0, 0), 3)[0])


def test_a_digit_in_two_pieces_that_nobody_joined_makes_its_line_unsure() -> None:
    pixels = sevens((40, 40), (150, 40))
    pixels[40:45, 110:138] = INK  # the bar of a 5, flown off
    pixels[62:80, 92:110] = INK
    reading = DigitReader(Picky()).read(pixels)
    assert reading.text is None
    assert reading.status == "unsure"


def test_a_bow_that_was_cut_into_crumbs_makes_its_line_unsure() -> None:
    image = Image.fromarray(sevens((40, 40), (150, 40)))
    ImageDraw.Draw(image).arc((88, 60, 132, 80), 0, 180, fill=INK, width=4)
    reading = DigitReader(Picky()).read(np.asarray(image))
    assert (reading.text, reading.reason) == (None, "crowded")


def test_a_picture_cut_to_a_digit_shows_all_of_it() -> None:
    """Its ink touches all four edges, which no digit does that reaches out of a frame."""
    assert DigitReader(Picky()).read(sevens((40, 40))[40:80, 40:63]).text == "7"
    assert DigitReader(Picky()).read(sevens((40, 40))[44:100, 30:80]).reason == "touches_edge"


def test_a_frame_with_far_too_much_in_it_is_not_looked_at_closely() -> None:
    pixels = np.full((2000, 2000), 255, np.uint8)
    for row in (0, 1):
        pixels[row::4, 0::4] = pixels[row::4, 1::4] = 0
    reading = DigitReader(Picky()).read(pixels)
    assert (reading.status, reading.reason, reading.rejected) == ("no_digit", "crowded", ())


def test_a_digit_of_a_pen_running_dry_is_not_lost_from_its_number() -> None:
    pixels = sevens((40, 40), (80, 40), (120, 40))
    faded = pixels[36:84, 116:146].astype(np.int16)
    pixels[36:84, 116:146] = 215 - (215 - faded) * 3 // 10
    reading = DigitReader(Picky()).read(pixels)
    assert (reading.raw, reading.text, reading.reason) == ("777", None, "low_contrast")


def test_digits_on_a_dark_ruled_line_do_not_count_as_its_ends() -> None:
    pixels = sevens((40, 40), (120, 40), (200, 40))
    pixels[66:69] = INK
    assert DigitReader(Picky()).read(pixels).raw.replace(" ", "") == "777"


@pytest.mark.parametrize(("wall", "text"), [(4, "7"), (30, None)])
def test_a_digit_in_the_midst_of_other_ink_is_not_believed(wall: int, text: str | None) -> None:
    """A box around it is one thing; cloth, hatching and grain hang together and are everywhere."""
    box = sevens((140, 50))
    pixels = paper()
    pixels[40 - wall : 100 + wall, 132 - wall : 168 + wall] = INK
    pixels[40:100, 132:168] = box[40:100, 132:168]
    reading = DigitReader().read(pixels)
    assert (reading.raw, reading.text) == ("7", text)
    assert reading.reason == (None if text else "crowded")
