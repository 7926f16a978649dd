"""Scenes: the truth is true, the same seed gives the same picture, and each strength is what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import DEGRADATIONS, Recipe, mixed, parse_scene, render
from pi_nn.cameras.scenes.scene import Scene
from pi_nn.errors import ConfigError

DIGITS = shipped_digits()
SIZE = (320, 240)
EVERY = [(name, level) for name in DEGRADATIONS for level in range(1, 6)]


def scene(
    recipe: Recipe | None = None, seed: int = 0, text: str | None = None, size: tuple[int, int] = SIZE
) -> Scene:
    return render(text, DIGITS, np.random.default_rng(seed), recipe, size)


def outside(shown: Scene, margin: int = 3) -> np.ndarray:
    """Which pixels lie outside of all the boxes of the truth."""
    clear = np.ones(shown.pixels.shape, bool)
    for x, y, w, h in shown.truth.boxes:
        clear[max(y - margin, 0) : y + h + margin, max(x - margin, 0) : x + w + margin] = False
    return clear


@pytest.mark.parametrize(("name", "level"), EVERY)
def test_every_degradation_at_every_strength(name: str, level: int) -> None:
    recipe = DEGRADATIONS[name].at(level)
    one, same, other = scene(recipe, 5), scene(recipe, 5), scene(recipe, 6)
    assert one.pixels.dtype == np.uint8
    assert one.pixels.shape == (240, 320)
    assert np.array_equal(one.pixels, same.pixels)
    assert one.truth == same.truth
    assert not np.array_equal(one.pixels, other.pixels)
    assert len(one.truth.boxes) == len(one.truth.text) > 0
    for x, y, w, h in one.truth.boxes:
        assert x >= 0 < w
        assert y >= 0 < h
        assert x + w <= 320
        assert y + h <= 240


@pytest.mark.parametrize("name", ["rotation", "perspective", "distance", "thin_pen", "faint_ink", "crowd"])
@pytest.mark.parametrize("level", [1, 3, 5])
@pytest.mark.parametrize("seed", range(4))
def test_ink_is_in_the_boxes_and_nowhere_else(name: str, level: int, seed: int) -> None:
    shown = scene(DEGRADATIONS[name].at(level), seed, size=(640, 480))
    paper = int(shown.pixels.max())
    assert np.ptp(shown.pixels[outside(shown)]) == 0
    for x, y, w, h in shown.truth.boxes:
        part = shown.pixels[y : y + h, x : x + w] < paper - 0.3 * (paper - int(shown.pixels.min()))
        assert part[[0, -1]].any(1).all(), "ink at the top and at the bottom of its box"
        assert part[:, [0, -1]].any(0).all(), "ink at both sides of its box"
        beside = np.concatenate([shown.pixels[y : y + h, x - 1], shown.pixels[y : y + h, x + w]])
        assert (beside > paper - 0.55 * (paper - int(shown.pixels.min()))).all(), "and none beside it"


@pytest.mark.parametrize("height", [40.0, 120.0, 300.0])
def test_the_edge_of_a_stroke_is_as_sharp_at_every_size(height: float) -> None:
    pixels = scene(Recipe(digit_height=height), text="1", size=(640, 480)).pixels.astype(int)
    steepest = np.abs(np.diff(pixels, axis=1)).max() / np.ptp(pixels)
    assert 0.35 < steepest < 0.9


def test_lines_and_numbers_stand_apart() -> None:
    boxes = scene(text="12 7\n305", size=(640, 480)).truth.boxes
    (x1, y1, w1, h1), (x2, _, w2, _), (x3, _, _, _), (_, y4, _, _), *_ = boxes
    assert x1 + w1 < x2 < x2 + w2 < x3
    assert x3 - (x2 + w2) > 2 * (x2 - (x1 + w1)), "a space is wider than a gap"
    assert y4 > y1 + h1
    assert len(boxes) == 6


def test_a_page_without_digits() -> None:
    blank = scene(text="")
    assert blank.truth.boxes == ()
    assert np.ptp(blank.pixels) == 0


@given(st.integers(0, 2**32), st.from_regex(r"[0-9]{1,8}( [0-9]{1,3})?(\n[0-9]{1,4}){0,2}", fullmatch=True))
@settings(max_examples=15)
def test_any_text_in_any_mixture_is_drawn_within_the_frame(seed: int, text: str) -> None:
    recipe = mixed(np.random.default_rng(seed))
    shown = scene(recipe, seed, text)
    assert shown.truth.text == text
    assert len(shown.truth.boxes) == len(text.replace(" ", "").replace("\n", ""))
    assert all(x >= 0 and y >= 0 and x + w <= 320 and y + h <= 240 for x, y, w, h in shown.truth.boxes)


def test_the_writing_stays_when_paper_and_light_change() -> None:
    plain = scene(seed=3).truth
    for name in (
        "noise",
        "light_gradient",
        "ruled_paper",
        "chalk",
        "shadow_edge",
        "compression",
        "faint_ink",
    ):
        assert scene(DEGRADATIONS[name].at(4), seed=3).truth.text == plain.text
    assert scene(DEGRADATIONS["light_gradient"].at(4), seed=3).truth == plain


def test_a_digit_is_as_high_as_was_said() -> None:
    for height in (16.0, 32.0, 64.0):
        boxes = scene(Recipe(digit_height=height), text="1234", size=(640, 480)).truth.boxes
        assert all(0.75 * height <= h <= 1.25 * height for *_, h in boxes)


def test_a_board_is_dark_and_chalk_bright() -> None:
    shown = scene(DEGRADATIONS["chalk"].at(1), text="8")
    x, y, w, h = shown.truth.boxes[0]
    assert shown.pixels[outside(shown)].mean() < 90
    assert shown.pixels[y : y + h, x : x + w].max() > 140


@pytest.mark.parametrize("level", [1, 3, 5])
def test_distractors_keep_away_from_the_digits(level: int) -> None:
    recipe = DEGRADATIONS["distractors"].at(level)
    for seed in range(6):
        shown = scene(recipe, seed, size=(640, 480))
        assert 0 < len(shown.marks) <= recipe.distractors
        for mx, my, mw, mh in shown.marks:
            assert not any(
                mx < x + w and x < mx + mw and my < y + h and y < my + mh for x, y, w, h in shown.truth.boxes
            )
        dark = shown.pixels < int(shown.pixels.max()) - 60
        assert (dark & outside(shown)).any()


@pytest.mark.parametrize("level", [1, 3, 5])
def test_a_hand_covers_no_digit_and_moves(level: int) -> None:
    recipe = DEGRADATIONS["hand"].at(level)
    for seed in range(4):
        with_hand, without = scene(recipe, seed), scene(replace(recipe, hand=0), seed)
        paper = int(without.pixels.max())
        covered = ((with_hand.pixels < 0.8 * paper) & outside(with_hand)).mean()
        assert covered == pytest.approx(recipe.hand, rel=0.6)
        for x, y, w, h in with_hand.truth.boxes:
            assert with_hand.pixels[y : y + h, x : x + w].max() > 0.75 * paper, "paper between the strokes"


def test_table_is_beside_the_paper_and_digits_are_on_it() -> None:
    for seed in range(8):
        recipe = DEGRADATIONS["page_edge"].at(3)
        shown = scene(recipe, seed)
        paper = int(shown.pixels.max())
        table = ((shown.pixels < 0.9 * paper) & outside(shown)).mean()
        assert table == pytest.approx(recipe.table, rel=0.3)
        for x, y, w, h in shown.truth.boxes:
            assert shown.pixels[y : y + h, x : x + w].max() >= paper - 2


@pytest.mark.parametrize("text", ["paper", "board", "paper+noise.2+rotation.5", "board+defocus"])
def test_a_scene_has_a_name(text: str) -> None:
    recipe = parse_scene(text)
    assert recipe.board is text.startswith("board")
    assert recipe.noise == (5 if "noise" in text else 0)
    assert recipe.rotation == (30 if "rotation" in text else 0)
    assert recipe.defocus == (2 if "defocus" in text else 0)


@given(st.text())
def test_any_other_text_is_a_config_error(text: str) -> None:
    assume(not text.startswith(("paper", "board")))
    with pytest.raises(ConfigError, match="expected"):
        parse_scene(text)


def test_strengths_grow_and_every_unit_is_told() -> None:
    for degradation in DEGRADATIONS.values():
        strengths = degradation.strengths
        assert strengths in (tuple(sorted(strengths)), tuple(sorted(strengths, reverse=True)))
        assert degradation.unit
        assert degradation.says


def test_only_restless_scenes_change_from_picture_to_picture() -> None:
    restless = {name for name, d in DEGRADATIONS.items() if d.at(3).restless}
    assert restless == {"noise", "motion", "hand"}
