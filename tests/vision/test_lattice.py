"""Which marks may belong to one digit."""

from __future__ import annotations

import numpy as np
import pytest

from pi_nn.records import Box
from pi_nn.vision.lattice import clusters
from pi_nn.vision.marks import Mark, torn_marks


def block(box: Box) -> Mark:
    """A rectangle of ink."""
    return torn_marks(np.ones((box[3], box[2]), bool), box, 1)[0]


@pytest.mark.parametrize(
    ("boxes", "together"),
    [
        ([(0, 20, 40, 40), (35, 0, 40, 12)], True),  # the bar of a 5, slipped aside
        ([(0, 0, 30, 60), (4, 66, 24, 20)], True),  # one above the other
        ([(0, 0, 30, 60), (40, 0, 30, 60)], False),  # two digits
        ([(0, 0, 30, 60), (0, 100, 30, 60)], False),  # two lines
        ([(0, 0, 30, 60), (33, 50, 6, 6)], False),  # a full stop
    ],
)
def test_pieces_of_one_digit(boxes: list[Box], together: bool) -> None:
    assert bool(clusters([block(box) for box in boxes])) is together
