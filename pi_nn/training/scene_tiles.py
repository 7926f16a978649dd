"""Tiles as the reader will see them: simulated scenes, cut by the vision code, labelled by the truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pi_nn.cameras.digits import DigitImages
from pi_nn.cameras.scenes import Scene, mixed, render
from pi_nn.records import Box, DigitTile
from pi_nn.training.mixture import NOT_A_DIGIT, to_bytes
from pi_nn.vision import find_digits

# Upright narrow ink that is no digit looks like a 1: no network can tell, so none is taught to.
NARROW = 0.5
# And a 1 narrower than this (of its height) is a line to any network: to learn it is to learn lines.
LINE = 0.22
SAME, APART = 0.6, 0.1


def scene_tiles(
    frames: int, digits: DigitImages, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Tiles (N, 28, 28) and labels (N,), -1 for junk, of `frames` pictures that are drawn with `digits`.

    Every second picture shows marks and no digit; the others a number with up to three troubles at once.
    """
    tiles, labels = [], []
    for k in range(frames):
        text = "" if k % 2 else None
        recipe = mixed(rng, most=2, hardest=3)
        if text == "":
            recipe = replace(recipe, distractors=int(rng.integers(3, 12)))
        scene = render(text, digits, rng, recipe)
        for tile, label in labelled(scene, find_digits(scene.pixels).tiles):
            tiles.append(to_bytes(tile.pixels))
            labels.append(label)
    return np.array(tiles, np.uint8).reshape(-1, 28, 28), np.array(labels, np.int64)


def labelled(scene: Scene, tiles: Iterable[DigitTile]) -> Iterable[tuple[DigitTile, int]]:
    """Each tile with the digit whose box it has, or -1 where it meets none; those in between are left out."""
    names = [int(character) for character in scene.truth.text if character.isdigit()]
    for tile in tiles:
        shares = [overlap(tile.box, box) for box in scene.truth.boxes]
        best = int(np.argmax(shares)) if shares else -1
        if shares and shares[best] >= SAME:
            if tile.box[2] > LINE * tile.box[3]:
                yield tile, names[best]
        elif max(shares, default=0.0) <= APART and tile.box[2] > NARROW * tile.box[3]:
            yield tile, NOT_A_DIGIT


def overlap(a: Box, b: Box) -> float:
    """Common area of two boxes (x, y, w, h) over that of both together."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return common / (a[2] * a[3] + b[2] * b[3] - common)
