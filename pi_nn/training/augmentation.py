"""The recipe: what is done to a training picture before the network sees it.

Every picture is bent a little. Some are drawn with another pen, and some meet one trouble of the
camera, of the paper or of the way through the vision code. The rest stay clean: clean digits are what
the network is asked for most, and a recipe of troubles alone costs accuracy there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pi_nn.training import ink, light
from pi_nn.training.warp import Images, Warp

Effect = Callable[[Images, np.random.Generator], Images]

GENTLE = Warp()
WIDE = Warp(degrees=28.0, scale=0.42, aspect=0.2, shear=0.45, shift=3.5)

TROUBLES: tuple[tuple[float, Effect], ...] = (
    (1.0, light.blur),
    (1.3, light.motion),
    (1.5, light.shuffle),
    (1.3, light.contrast),
    (2.0, light.fog),
    (0.6, light.shade),
    (1.0, light.grain),
    (1.0, light.shots),
    (1.6, light.impulses),
    (2.0, light.stripes),
    (0.8, light.coarse_pixels),
    (0.6, light.compression),
    (0.7, light.stairs),
    (1.8, ink.outline),
    (1.4, ink.spatter),
    (0.8, ink.broken),
    (1.4, ink.dashes),
    (1.4, ink.zigzag),
    (0.8, ink.rulings),
    (0.5, ink.specks),
)
"""Effects with their weights: how often one is chosen, relative to the others."""


@dataclass(frozen=True)
class Augmentation:
    """A recipe, called with pictures (N, 28, 28), float32, 0..1, and a generator; returns new pictures.

    Every picture is bent, `wide_share` of them by `wide` instead of `gentle`; `pen_share` get another
    pen, and `trouble_share` one of the `troubles`, (weight, effect).
    """

    gentle: Warp = GENTLE
    wide: Warp = WIDE
    wide_share: float = 0.12
    pen_share: float = 0.2
    trouble_share: float = 0.27
    troubles: tuple[tuple[float, Effect], ...] = TROUBLES

    def __call__(self, images: Images, rng: np.random.Generator) -> Images:
        wide = rng.random(len(images)) < self.wide_share
        out = np.empty_like(images)
        out[~wide] = self.gentle(images[~wide], rng)
        out[wide] = self.wide(images[wide], rng)
        pen = np.flatnonzero(rng.random(len(images)) < self.pen_share)
        out[pen] = ink.thickness(out[pen], rng)
        self._trouble(out, rng)
        return out

    def _trouble(self, images: Images, rng: np.random.Generator) -> None:
        """Put each chosen picture through one effect, in place."""
        weights = np.array([weight for weight, _ in self.troubles])
        kind = rng.choice(len(weights), len(images), p=weights / weights.sum())
        kind[rng.random(len(images)) >= self.trouble_share] = -1
        for k, (_, effect) in enumerate(self.troubles):
            chosen = np.flatnonzero(kind == k)
            if len(chosen):
                images[chosen] = effect(images[chosen], rng)
