from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from pi_nn.annotate import ACCEPTED, DOUBTED, REJECTED, draw_boxes
from pi_nn.records import FrameInfo, ModelInfo, Prediction, Reading, Rejected


def reading(accepted: bool) -> Reading:
    p = Prediction(4, "4", 0.98, 0.9, np.zeros(10, np.float32), accepted, None, (20, 30, 10, 15), 0)
    info = FrameInfo(0, datetime(2026, 1, 1, tzinfo=UTC), 0.0, 80, 60, "file:x")
    return Reading(
        "i", "ok", ModelInfo("m", "0"), (p,), (Rejected((60, 40, 5, 5), "not_a_digit"),), frame=info
    )


@pytest.mark.parametrize("shape", [(60, 80), (60, 80, 3)])
@pytest.mark.parametrize(("accepted", "colour"), [(True, ACCEPTED), (False, DOUBTED)])
def test_the_box_is_drawn_around_the_ink(
    shape: tuple[int, ...], accepted: bool, colour: tuple[int, ...]
) -> None:
    drawn = np.asarray(draw_boxes(np.full(shape, 255, np.uint8), reading(accepted)))
    assert drawn.shape == (60, 80, 3)
    assert tuple(drawn[28, 25]) == colour
    assert tuple(drawn[38, 60]) == REJECTED
    assert (drawn[31:44, 21:29] == 255).all(), "the ink itself stays visible"


def test_the_frame_is_not_changed() -> None:
    pixels = np.full((60, 80), 255, np.uint8)
    draw_boxes(pixels, reading(True))
    assert (pixels == 255).all()


@pytest.mark.parametrize("box", [(0, 0, 3, 3), (77, 57, 3, 3), (0, 0, 80, 60)])
def test_boxes_at_the_edge_are_drawn(box: tuple[int, int, int, int]) -> None:
    p = Prediction(4, "4", 0.98, 0.9, np.zeros(10, np.float32), True, None, box, 0)
    draw_boxes(np.zeros((60, 80), np.uint8), Reading("i", "ok", ModelInfo("m", "0"), (p,)))
