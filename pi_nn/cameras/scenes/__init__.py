"""Seeded scenes with known truth: a test bench for a reader, and what the simulated camera shows."""

from __future__ import annotations

from pi_nn.cameras.scenes.degradations import DEGRADATIONS, Degradation, mixed, parse_scene
from pi_nn.cameras.scenes.recipe import Recipe
from pi_nn.cameras.scenes.scene import Page, Scene, Truth, draw_page, photograph, random_number, render

__all__ = [
    "DEGRADATIONS",
    "Degradation",
    "Page",
    "Recipe",
    "Scene",
    "Truth",
    "draw_page",
    "mixed",
    "parse_scene",
    "photograph",
    "random_number",
    "render",
]
