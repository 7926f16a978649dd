"""How well digits are read when the picture is bad: the simulated camera as a test bench."""

from __future__ import annotations

from pi_nn.training.robustness.blank import KINDS, Blank, measure_blank
from pi_nn.training.robustness.measure import Cell, cells, measure
from pi_nn.training.robustness.score import Score, score_scene

__all__ = ["KINDS", "Blank", "Cell", "Score", "cells", "measure", "measure_blank", "score_scene"]
