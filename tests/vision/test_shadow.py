"""The edge of a deep shadow neither hides the digits it runs through nor is one."""

import numpy as np
import pytest

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import parse_scene, render
from pi_nn.reader import DigitReader


@pytest.mark.parametrize("seed", [1, 2, 5, 7])
def test_digits_at_the_edge_of_a_deep_shadow_are_read(seed: int) -> None:
    recipe = parse_scene("paper+shadow_edge.4")
    scene = render("2468", shipped_digits(), np.random.default_rng(seed), recipe)
    assert DigitReader().read(scene.pixels).text == "2468"
