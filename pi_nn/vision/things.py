"""Things that are no digits: each piece of ink as it stands, cut out as the pictures that taught it were."""

from __future__ import annotations

import numpy as np

from pi_nn.vision.find import whole_marks
from pi_nn.vision.guess import Guess, Score
from pi_nn.vision.scene import Scene
from pi_nn.vision.sighting import Sight


def take(scene: Scene, score: Score) -> Sight:
    """A guess for every mark. :func:`pi_nn.vision.sighting.sight` parts and joins ink as digits are written;

    a star would fall into pieces there.
    """
    marks = whole_marks(scene)
    if not marks:
        return Sight([], [])
    tiles = np.stack([scene.tile(mark) for mark in marks])
    probabilities, junk = score(tiles)
    guesses = zip(marks, tiles, probabilities, junk, strict=True)
    return Sight([Guess(mark, tile, row, float(no)) for mark, tile, row, no in guesses], [])
