"""``--augment``: which changes a training picture goes through, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import ConfigError
from pi_nn.training.augmentation import Augmentation
from pi_nn.training.batches import Augment, Batch, plain
from pi_nn.training.datasets import Dataset
from pi_nn.training.mixture import Mixture, to_floats
from pi_nn.training.warp import Warp

# Each bends by the same amount as in Warp(); the value is Warp's own name for it.
BENDS: Mapping[str, str] = MappingProxyType(
    {
        "rotate": "degrees",
        "scale": "scale",
        "aspect": "aspect",
        "shear": "shear",
        "shift": "shift",
        "elastic": "elastic",
    }
)
SHARES = ("wide", "thickness", "camera")
PRESETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "none": (),
        # Leaves the digit where it is, for networks that know each pixel by its place.
        "bend": ("rotate", "scale", "shear", "elastic"),
        "gentle": tuple(BENDS),
        "strong": (*BENDS, *SHARES),
        "full": (*BENDS, *SHARES, "junk"),
    }
)
STRAIGHT = Warp(degrees=0, scale=0, aspect=0, shear=0, shift=0, elastic=0)
JUNK = "junk"


@dataclass(frozen=True)
class Switches:
    """What is switched on. Nothing is on: the network sees the very bytes of the data."""

    on: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> Switches:
        """From a preset, or names parted by commas. Raises :class:`ConfigError` naming what is known."""
        words = [word.strip() for word in text.split(",") if word.strip()]
        on = {name for word in words for name in PRESETS.get(word, (word,))}
        unknown = on - {*BENDS, *SHARES, JUNK}
        if unknown:
            known = ", ".join([*PRESETS, *BENDS, *SHARES, JUNK])
            raise ConfigError(f"augmentation {sorted(unknown)[0]!r} is unknown, expected some of {known}")
        return cls(frozenset(on))

    def __str__(self) -> str:
        order = [*BENDS, *SHARES, JUNK]
        for preset, names in PRESETS.items():
            if self.on == set(names):
                return preset
        return ",".join(name for name in order if name in self.on)

    @property
    def junk(self) -> bool:
        """Whether pictures of no digit are mixed in; the network then needs an output for them."""
        return JUNK in self.on

    def make(self, train: Dataset, seed: int) -> Augment:
        """The change for each batch of ``train``."""
        if not self.on:
            return plain
        chosen = self._augmentation()
        if self.junk:
            digits = train.images[train.labels >= 0]
            return Mixture(digits, np.random.default_rng((seed, 3)), augmentation=chosen)

        def change(images: NDArray[np.uint8], labels: NDArray[np.int64], rng: np.random.Generator) -> Batch:
            return chosen(to_floats(images), rng), labels

        return change

    def _augmentation(self) -> Augmentation:
        usual = Augmentation()
        bends = {field: getattr(usual.gentle, field) for name, field in BENDS.items() if name in self.on}
        return Augmentation(
            gentle=replace(STRAIGHT, **bends),
            wide_share=usual.wide_share if "wide" in self.on else 0.0,
            pen_share=usual.pen_share if "thickness" in self.on else 0.0,
            trouble_share=usual.trouble_share if "camera" in self.on else 0.0,
        )
