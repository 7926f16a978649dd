"""Tiles from scenes carry the truth of the scene."""

from __future__ import annotations

import numpy as np

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import Scene, Truth
from pi_nn.records import DigitTile
from pi_nn.training.scene_tiles import labelled, overlap, scene_tiles


def tile(box: tuple[int, int, int, int]) -> DigitTile:
    return DigitTile(pixels=np.zeros((28, 28), np.float32), box=box, line=0)


def test_overlap_is_the_common_part_of_both() -> None:
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert overlap((0, 0, 10, 10), (5, 0, 10, 10)) == 50 / 150
    assert overlap((0, 0, 10, 10), (20, 0, 10, 10)) == 0


def test_a_tile_gets_the_digit_whose_box_it_has() -> None:
    scene = Scene(np.zeros((50, 90), np.uint8), Truth("3 7", ((10, 10, 20, 30), (50, 10, 20, 30))))
    tiles = [
        tile((51, 10, 20, 30)),
        tile((10, 10, 20, 12)),  # a part of the 3: neither a digit nor junk
        tile((0, 42, 8, 8)),
        tile((80, 0, 4, 30)),  # upright and narrow: nobody can tell it from a 1
    ]
    assert [label for _, label in labelled(scene, tiles)] == [7, -1]


def test_a_one_that_is_a_mere_line_is_not_taught() -> None:
    scene = Scene(np.zeros((50, 90), np.uint8), Truth("11", ((10, 10, 5, 30), (50, 10, 9, 30))))
    tiles = [tile((10, 10, 5, 30)), tile((50, 10, 9, 30))]
    assert [(t.box[0], label) for t, label in labelled(scene, tiles)] == [(50, 1)]


def test_scenes_give_digits_and_junk_the_same_for_a_seed() -> None:
    tiles, labels = scene_tiles(8, shipped_digits(), np.random.default_rng(3))
    assert tiles.shape[1:] == (28, 28)
    assert tiles.dtype == np.uint8
    assert len(tiles) == len(labels)
    assert (labels == -1).sum() >= 3
    assert (labels >= 0).sum() >= 2
    again = scene_tiles(8, shipped_digits(), np.random.default_rng(3))
    np.testing.assert_array_equal(tiles, again[0])
