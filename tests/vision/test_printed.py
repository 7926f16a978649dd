"""Lines printed all over a page are taken out of the picture, and nothing else is."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import Recipe, render
from pi_nn.reader import DigitReader
from pi_nn.vision import printed
from pi_nn.vision.light import Lit, level
from pi_nn.vision.printed import unprinted, without_print
from pi_nn.vision.survey import survey

SIZE = (960, 1280)
PAPER = 200
INK = 0.6
PRINT = 0.88  # of the light is left by a line


def page(
    *,
    down: bool = False,
    bend: float = 0.0,
    slope: float = 0.0,
    left: int = 0,
    right: int = 1280,
    share: float = PRINT,
    count: int = 99,
) -> np.ndarray:
    """Grey paper (960, 1280) under a falling light, with lines across, if so told down, 3 pixels thick."""
    height, width = SIZE
    x, y = np.arange(width), np.arange(height)[:, None]
    ink = np.zeros(SIZE)
    inside = (x >= left) & (x < right)
    for row in list(range(30, height, 60))[:count]:
        course = row + slope * (x - width / 2) + bend * np.sin(np.pi * x / width)
        ink = np.maximum(ink, np.clip(2 - np.abs(y - course), 0, 1) * inside)
    for column in range(40, width, 60) if down else ():
        ink = np.maximum(ink, np.clip(2 - np.abs(x - column), 0, 1))
    noise = np.random.default_rng(5).normal(0, 1.5, SIZE)
    light = PAPER * np.linspace(1, 0.7, width)
    return np.clip(light * (1 - (1 - share) * ink) + noise, 0, 255).astype(np.uint8)


def inked(grey: np.ndarray, *boxes: tuple[int, int, int, int], share: float = 1 - INK) -> np.ndarray:
    """``grey`` with what lies in boxes (x, y, width, height) darkened by ink."""
    grey = grey.copy()
    for x, y, w, h in boxes:
        grey[y : y + h, x : x + w] = (grey[y : y + h, x : x + w] * share).astype(np.uint8)
    return grey


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"down": True},
        {"slope": 0.06},
        {"slope": -0.11},
        {"slope": -0.04, "bend": 8.0},
        {"bend": -14.0},
        {"share": 0.95},
    ],
)
def test_the_lines_of_ruled_and_squared_paper_are_taken_out(how: dict[str, float]) -> None:
    lined = page(**how)  # type: ignore[arg-type]
    left = unprinted(lined, INK)
    assert left is not None
    bare = page(count=0)
    before = np.count_nonzero(np.abs(lined.astype(int) - bare) > 6)
    after = np.count_nonzero(np.abs(left.astype(int) - bare) > 6)
    assert after < 0.05 * before


def test_strokes_across_and_along_lines_stay_as_dark_as_they_are() -> None:
    strokes = [(300, 60, 6, 60), (380, 87, 50, 6), (500, 60, 6, 60), (506, 60, 40, 6), (505, 114, 40, 6)]
    left = unprinted(inked(page(), *strokes), INK)
    assert left is not None
    bare = inked(page(count=0), *strokes)
    for x, y, w, h in strokes:
        here = left[y : y + h, x : x + w].astype(float) / bare[y : y + h, x : x + w]
        assert here.min() > 0.8
        assert here.max() < 1.3


@pytest.mark.parametrize("bend", [0.0, 10.0])
def test_a_line_goes_on_beyond_what_hides_it(bend: float) -> None:
    left = unprinted(inked(page(bend=bend), (300, 50, 240, 100)), INK)
    assert left is not None
    for part in (np.s_[60:140, 60:270], np.s_[60:140, 620:1200]):
        assert (np.abs(left[part].astype(int) - page(count=0)[part]) > 8).mean() < 0.01


def test_a_line_is_followed_past_strokes_that_draw_it_aside() -> None:
    columns = np.arange(80) * 16.0
    true = 200 + 12 * np.sin(columns / 400)
    seen = true + np.where(np.arange(80) % 10 // 3 == 1, 1.8, 0.0)
    course = printed._course(np.stack([columns, seen]), 1280)
    assert np.abs(course[columns.astype(int)] - true).max() < 0.5


def test_noise_and_short_lines_are_none() -> None:
    noise = np.random.default_rng(1).normal(PAPER, 6, SIZE).astype(np.uint8)
    assert printed._courses(noise, 5) == []
    assert printed._courses(page(right=500), 5) == []


@pytest.mark.parametrize("pitch", [8, 10, 13])
def test_the_weave_of_cloth_is_no_line(pitch: int) -> None:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    weave = 8 * np.sin(2 * np.pi * y / pitch) + 8 * np.sin(2 * np.pi * x / (pitch + 1))
    cloth = PAPER + weave + np.random.default_rng(1).normal(0, 8, SIZE)
    assert printed._courses(np.clip(cloth, 0, 255).astype(np.uint8), 5) == []


@pytest.mark.parametrize(
    ("gap", "off", "follows"),
    [(20, 0, True), (28, 0, False), (2, 2.2, True), (2, 3, False), (20, 4, True), (20, 6, False)],
)
def test_a_line_goes_on_near_by_and_straight_on(gap: int, off: float, follows: bool) -> None:
    strips = np.arange(10.0)
    left, right = ((k + strips + 0.5) * 16 - 0.5 for k in (0, 9 + gap))
    stretches = [np.stack([left, np.full(10, 50.0)]), np.stack([right, np.full(10, 50 + off)])]
    assert printed._followers(stretches) == ({0: 1} if follows else {})


def test_grain_costs_little() -> None:
    grain = np.clip(np.random.default_rng(1).normal(PAPER, 18, SIZE), 0, 255).astype(np.uint8)
    strips = printed._strips(grain)
    darker = printed._darker(strips, 5)
    assert len(printed._stretches(printed._peaks(darker, strips), darker)) < 60


def test_of_thousands_of_dashes_the_longest_are_looked_at() -> None:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    dashes = np.where((y % 9 < 2) & ((x + 80 * (y // 9)) % 160 < 112), 120, 230)
    dashes[900:] = 230
    dashes[930:932] = 120
    strips = printed._strips(dashes.astype(np.uint8))
    darker = printed._darker(strips, 5)
    stretches = printed._stretches(printed._peaks(darker, strips), darker)
    assert len(stretches) == 600
    assert max(points.shape[1] for points in stretches) == 80


@pytest.mark.parametrize(("light", "bare"), [((240, 90), 0.0), ((0, 0), 0.0), ((90, 240), 0.0)])
def test_half_of_a_line_may_lie_in_shadow(light: tuple[int, int], bare: float) -> None:
    seen = np.repeat(np.array(light, float), 480) * np.ones((17, 1))
    seen[7:10] *= 0.8
    assert printed._bare(seen, 8, 0.2) == bare


def test_thick_lines_of_a_large_page_are_taken_out() -> None:
    lined, bare = (
        np.asarray(Image.fromarray(page(count=k)[:600, :800]).resize((2000, 1500))) for k in (99, 0)
    )
    left = unprinted(lined, INK)
    assert left is not None
    assert (np.abs(left.astype(int) - bare) > 8).mean() < 0.003


def test_writing_down_a_line_is_no_print() -> None:
    stems = [(398, y, 5, 36) for y in range(64, 900, 60)]
    left = unprinted(inked(page(), *stems), INK)
    assert left is not None
    assert (left[70:90, 399:402] < 0.5 * PAPER).all()


@pytest.mark.parametrize(
    "how",
    [
        {"left": 250, "right": 1030},  # a table: its lines end on paper
        {"count": 2},
        {"share": 1 - 0.8 * INK},  # as dark as ink
        {"count": 0},
        {"share": 0.993},
    ],
)
def test_other_lines_stay(how: dict[str, float]) -> None:
    assert unprinted(inked(page(**how), (600, 70, 8, 60)), INK) is None  # type: ignore[arg-type]


def test_the_boxes_of_a_form_stay() -> None:
    image = Image.fromarray(page(count=0))
    for y in range(60, 900, 110):
        for x in range(60, 1200, 330):
            for k in range(4):
                box = (x + 60 * k, y, x + 60 * k + 60, y + 80)
                ImageDraw.Draw(image).rectangle(box, outline=150, width=3)
    assert unprinted(np.asarray(image), INK) is None


def test_lines_end_where_the_sheet_does() -> None:
    sheet = page(left=150, right=1130)
    sheet[:, :150] = 60
    sheet[:, 1130:] = 60
    left = unprinted(sheet, INK)
    assert left is not None
    assert (np.abs(left[:, 170:1110].astype(int) - page(count=0)[:, 170:1110]) > 8).mean() < 0.003


def test_no_more_is_taken_than_lines_are_dark_for_the_most_part() -> None:
    # A long bar on a line, as under a sum.
    left = unprinted(inked(page(), (400, 88, 200, 5)), INK)
    assert left is not None
    assert (left[89:92, 440:560] < 0.7 * PAPER).all()


def test_what_it_looks_for_it_looks_for_where_lines_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr(printed, "_lines", lambda *_: looked.append(1) or [])
    assert unprinted(inked(page(count=0), (300, 60, 6, 60), (500, 60, 30, 6)), INK) is None
    assert not looked


def test_small_pictures_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Lit] = []
    monkeypatch.setattr(printed, "without_print", lambda lit: looked.append(lit) or lit)
    survey(inked(page(), (300, 60, 6, 60))[:480, :640])
    assert not looked
    survey(inked(page(), (300, 60, 6, 60)))
    assert len(looked) == 1


def test_a_board_with_lines_stays_a_board() -> None:
    lit = level(~inked(page(), (300, 60, 6, 60), (380, 60, 6, 60)), light_ink=True)
    assert isinstance(lit, Lit)
    left = without_print(lit)
    assert isinstance(left, Lit)
    assert left is not lit
    assert left.light_ink
    assert np.count_nonzero(left.ink()) == pytest.approx(720, rel=0.1)


@pytest.mark.parametrize("seed", range(2))
def test_pale_digits_on_squared_paper_are_read(seed: int) -> None:
    text = "\n".join(["12 305 6 74", "7 48 901 5", "90 12 333 8"] * 2)
    recipe = Recipe(digit_height=36, rules=0.5, pen=0.09, contrast=2.5)
    scene = render(text, shipped_digits(), np.random.default_rng(seed), recipe, (1280, 960))
    digits = DigitReader().read(scene.pixels).digits
    right = Counter(digit.label for digit in digits if digit.accepted) & Counter(text)
    assert right.total() >= 0.9 * len(scene.truth.boxes)
