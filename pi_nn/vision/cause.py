"""What a user can do about a digit that cannot be trusted: light, focus, distance, a darker pen."""

from __future__ import annotations

from typing import Final

from pi_nn.vision.marks import Mark
from pi_nn.vision.scene import LEAST_HEIGHT, Scene

# A digit's edge is no wider than this share of its height, a few pixels aside.
_SOFT: Final = 0.12
# Ink is pale from this contrast down, a stain where its paper is not smooth, and from that down always.
_PALE: Final = 0.25
_STAIN: Final = 0.14
# The paper around pale ink, and around any, is smoother than this.
_STAINED: Final = 0.2
_ROUGH: Final = 0.3
# Lower than this, in pixels, a digit has lost a part of its strokes.
_SMALL: Final = 16


def is_rough(scene: Scene, mark: Mark) -> bool:
    """Whether the paper around a mark is as uneven as its ink is dark: wood, cloth, a face."""
    return scene.roughness(mark) > _ROUGH


def flaw(scene: Scene, mark: Mark) -> str | None:
    """Why a mark is not to be believed, however sure a network may be of it."""
    if scene.at_edge(mark):
        return "touches_edge"
    if mark.height < LEAST_HEIGHT + 2:
        return "too_small"
    strength = scene.strength(mark)
    if strength < _STAIN or (strength < _PALE and scene.roughness(mark) > _STAINED):
        return "low_contrast"
    return "out_of_focus" if scene.is_soft(mark, _SOFT) else None


def hindrance(scene: Scene, mark: Mark) -> str | None:
    """What makes a mark hard to read, where a network is in doubt about it."""
    if scene.is_dark:
        return "too_dark"
    if mark.height < _SMALL:
        return "too_small"
    return "low_contrast" if scene.strength(mark) < _PALE else None
