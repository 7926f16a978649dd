"""The edge of a deep shadow neither hides the digits it runs through nor is one."""

import numpy as np
import pytest
from PIL import Image

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import parse_scene, render
from pi_nn.reader import DigitReader
from pi_nn.vision.light import Lit, level
from pi_nn.vision.shade import is_shaded, strokes_are_dark, unshaded
from pi_nn.vision.survey import survey


@pytest.mark.parametrize("seed", [1, 2, 5, 7])
def test_digits_at_the_edge_of_a_deep_shadow_are_read(seed: int) -> None:
    recipe = parse_scene("paper+shadow_edge.4")
    scene = render("2468", shipped_digits(), np.random.default_rng(seed), recipe)
    assert DigitReader().read(scene.pixels).text == "2468"


@pytest.mark.parametrize("seed", [170, 214, 242])
def test_a_one_in_a_shadow_does_not_stick_out_of_it(seed: int) -> None:
    recipe = parse_scene("paper+shadow_edge.4")
    scene = render("1111", shipped_digits(), np.random.default_rng(seed), recipe)
    assert DigitReader().read(scene.pixels).raw == "1111"


@pytest.mark.parametrize(
    ("kind", "seed"),
    [("shadow_edge.3", 7), ("shadow_edge.3", 11), ("page_edge.4", 46), ("shadow_edge.5", 29)],
)
def test_a_piece_of_a_shadows_edge_is_no_digit_beside_others(kind: str, seed: int) -> None:
    scene = render("2468", shipped_digits(), np.random.default_rng(seed), parse_scene(f"paper+{kind}"))
    assert DigitReader().read(scene.pixels).text == "2468"


def test_a_shadow_with_digits_on_it_is_not_left_out() -> None:
    recipe = parse_scene("paper+shadow_edge.5")
    scene = render(None, shipped_digits(), np.random.default_rng(360), recipe)
    assert DigitReader().read(scene.pixels).text == scene.truth.text


def test_pale_writing_beside_a_dark_table_is_read() -> None:
    rng, digits = np.random.default_rng(3), shipped_digits()
    paper = np.full((600, 900), 222.0)
    for y in range(60, 500, 110):
        for x in range(40, 520, 60):
            ink = Image.fromarray(digits.pick(int(rng.integers(10)), rng)).resize((36, 36), Image.BICUBIC)
            paper[y : y + 36, x : x + 36] *= 1 - np.asarray(ink) / 1530  # at most a sixth darker
    paper[:, 600:] = 28
    paper += rng.normal(0, 2, paper.shape)
    # Measured against the table, a third of them was too pale for ink.
    accepted = [digit.accepted for digit in DigitReader().read(paper.clip(0, 255).astype(np.uint8)).digits]
    assert sum(accepted) >= 30


def test_the_pen_is_that_of_the_writing_and_not_of_what_lies_beside_the_sheet() -> None:
    paper = np.full((600, 900), 220, np.uint8)
    for y in (100, 200, 300):
        for x in range(40, 440, 50):
            paper[y : y + 18, x : x + 3] = 60
    paper[:, 810:] = 30
    assert survey(paper).pen <= 4


def _page_in_shadow(seed: int, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """48 digits in six lines, 36 pixels high, and the round shadow that lies on half of them."""
    rng, digits = np.random.default_rng(seed), shipped_digits()
    paper = np.full((600, 900), 225.0)
    for y in range(40, 560, 90):
        for x in range(50, 850, 105):
            ink = Image.fromarray(digits.pick(int(rng.integers(10)), rng)).resize((46, 46), Image.BICUBIC)
            paper[y : y + 46, x : x + 46] *= 1 - np.asarray(ink) / 340
    down, across = np.mgrid[:600, :900]
    inside = np.clip((500 - np.hypot(down - 650, across - 650)) / 4 + 0.5, 0, 1)
    paper *= 1 - (1 - 1 / ratio) * inside
    return (paper + rng.normal(0, 1.5, paper.shape)).clip(0, 255).astype(np.uint8), inside == 1


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize("ratio", [1.6, 2.4])
def test_a_page_under_a_strong_shadow_is_believed(seed: int, ratio: float) -> None:
    pixels, _ = _page_in_shadow(seed, ratio)
    digits = DigitReader().read(pixels).digits
    # Without its light made even the page keeps less than half of them.
    assert len(digits) <= 50
    assert sum(digit.accepted for digit in digits) >= 43


def test_a_page_under_a_shadow_is_seen_in_even_light_and_its_ink_stays() -> None:
    pixels, shadow = _page_in_shadow(3, 2.4)
    even = unshaded(pixels, 5)
    lit, dark = even[~shadow], even[shadow]
    assert abs(float(np.median(lit)) - float(np.median(dark))) < 8
    # A twentieth of either side is ink.
    assert np.percentile(lit, 2) < 160
    assert np.percentile(dark, 2) < 160
    # Nor does the edge look like ink.
    away = np.hypot(*(np.mgrid[:600, :900] - 650))
    assert np.median(even[np.abs(away - 500) < 3]) > 215


def test_a_solid_shadow_is_told_from_strokes_however_many_cross() -> None:
    ink = np.zeros((600, 900), bool)
    ink[::30], ink[:, ::30] = True, True
    strokes = ink | np.roll(ink, 1, 0) | np.roll(ink, 1, 1)
    assert not is_shaded(strokes, 2)
    strokes[:240, :240] = True
    assert is_shaded(strokes, 2)
    # So is one of a finger.
    finger = ink.copy()
    finger[:, 400:424] = True
    assert is_shaded(finger, 2)
    # As much ink in rows that are no broader than the pen's own are strokes.
    rows = np.zeros((600, 900), bool)
    rows[100:103] = True
    assert not is_shaded(rows, 3)


def test_where_there_is_no_light_at_all_there_is_no_paper() -> None:
    with np.errstate(all="raise"):
        assert not unshaded(np.zeros((40, 60), np.uint8), 3).any()


def _ticks(count: int, light: int = 220) -> np.ndarray:
    """``count`` upright strokes beside a block as dark as a shadow."""
    paper = np.full((600, 900), light, np.uint8)
    for k in range(count):
        paper[60 + k // 10 * 60 : 80 + k // 10 * 60, 40 + k % 10 * 40 : 43 + k % 10 * 40] = light // 4
    edge = np.linspace(light, light // 2, 6).astype(np.uint8)
    for k, grey in enumerate(edge):
        paper[200 + k : 500 - k, 600 + k : 800 - k] = grey
    return paper


def test_only_a_page_of_many_marks_is_put_into_even_light() -> None:
    assert len(survey(_ticks(20)[:, :880]).marks) == 20
    assert len(survey(_ticks(19)[:, :880]).marks) == 19 + 1


def test_in_a_large_picture_a_shadow_may_hide_most_marks_of_a_page() -> None:
    def seen(count: int, block: int) -> int:
        paper = _ticks(0)
        paper[block:] = 220
        for x in range(40, 40 + 50 * count, 50):
            paper[60:150, x : x + 12] = 55
        return sum(mark.height > 50 for mark in survey(paper).marks)

    assert seen(5, 600) == 5
    assert seen(4, 600) == 4 + 1
    assert seen(5, 320) == 5 + 1  # a blot is no shadow


def test_the_corners_of_a_shadow_are_no_ones() -> None:
    paper = np.full((600, 900), 220.0)
    for y in (40, 100):
        for x in range(40, 840, 40):
            paper[y : y + 26, x : x + 6] = 60
    down, across = np.mgrid[:600, :900]
    aside, along = across - 450 + 0.2 * (down - 380), down - 380 - 0.2 * (across - 450)
    inside = np.clip(np.minimum(240 - np.abs(aside), 130 - np.abs(along)) / 3 + 0.5, 0, 1)
    marks = survey((paper * (1 - 0.6 * inside)).astype(np.uint8)).marks
    assert [mark.box[3] for mark in marks if mark.box[3] > mark.box[2]] == [26] * 40


def test_the_fingers_of_a_shadow_are_no_strokes_of_the_pen(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = np.full((600, 1000), 220, np.uint8)
    paper[300:480, 60:940] = 90
    for x in range(80, 920, 60):
        paper[120:300, x : x + 20] = 90
    for x in range(80, 380, 60):
        paper[40:70, x : x + 6] = 60
    pens = []
    monkeypatch.setattr("pi_nn.vision.shade.unshaded", lambda grey, pen: pens.append(pen) or grey)
    survey(paper, light_ink=False)
    assert pens == [6]


def test_a_page_that_is_nearly_black_stays_so() -> None:
    assert survey(_ticks(30, light=36)).is_dark


def test_a_board_under_a_shadow_keeps_that_its_ink_is_light() -> None:
    scene = survey(255 - _ticks(30))
    assert scene.light_ink
    assert scene.lit is not None
    assert scene.lit.light_ink


def _pale_page_in_deep_shadow(lines: int) -> np.ndarray:
    """Lines of twenty pale ticks on a sheet that hands and a table leave little light."""
    paper = np.full((600, 900), 220.0)
    for y in range(70, 70 + 60 * lines, 60):
        for x in range(60, 860, 40):
            paper[y : y + 26, x : x + 3] *= 0.8
    down, across = np.mgrid[:600, :900]
    for left, wide in ((40, 360), (470, 300), (800, 60)):
        inside = np.clip(np.minimum(across - left, left + wide - across) / 4 + 0.5, 0, 1)
        paper *= 1 - 0.65 * inside * (down > 40)
    return paper.astype(np.uint8)


def test_a_page_of_pale_ink_is_no_board_however_strong_its_shadows_are() -> None:
    pixels = _pale_page_in_deep_shadow(8)
    lit = level(pixels)
    assert isinstance(lit, Lit)
    assert lit.light_ink  # the shadows alone look like a board
    scene = survey(pixels)
    assert not scene.light_ink
    assert sum(20 <= mark.height <= 30 and mark.box[2] < 8 for mark in scene.marks) > 140
    assert survey(pixels, light_ink=True).light_ink


def test_what_shows_no_page_with_dark_ink_either_stays_as_it_was() -> None:
    pixels = _pale_page_in_deep_shadow(1)[:, :880]
    assert strokes_are_dark(pixels)
    assert survey(pixels).light_ink


@pytest.mark.parametrize("pen", [2, 5, 8])
def test_strokes_are_dark_or_light_whatever_edges_lie_beside_them(pen: int) -> None:
    paper = np.full((300, 400), 200, np.uint8)
    paper[:, 300:] = 20
    paper[100:, 260:] = 90
    assert not strokes_are_dark(paper)
    for x in range(20, 240, 50):
        paper[60:200, x : x + pen] = 150
    assert strokes_are_dark(paper)
    assert not strokes_are_dark(~paper)


def test_what_is_as_often_light_as_dark_is_no_dark_ink() -> None:
    noise = np.random.default_rng(2).normal(128, 20, (300, 400)).clip(0, 255).astype(np.uint8)
    assert not strokes_are_dark(noise)
    assert not strokes_are_dark(~noise)


@pytest.mark.parametrize("chalk", [8, 12])
def test_the_dark_rim_that_a_camera_draws_around_chalk_is_no_ink(chalk: int) -> None:
    board = np.full((300, 400), 90, np.uint8)
    for x in range(20, 340, 50):
        board[57:203, x - 3 : x + chalk + 3] = 60
        board[60:200, x : x + chalk] = 170
    assert not strokes_are_dark(board)
