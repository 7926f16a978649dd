"""From a frame to 28x28 tiles: opens pictures, flattens the light, finds and normalises the digits.

NumPy and Pillow only. Imports run one way::

    belief -> company, cause, sighting -> choose -> lattice, scene -> ruling, marks
        -> light, tile, runs -> cells

``find`` is the way through without a network, ``sighting`` and ``belief`` the way with one: they are handed
its scores, and never import it. ``picture`` and ``layout`` stand alone.
"""

from __future__ import annotations

from pi_nn.vision.find import find_digits
from pi_nn.vision.picture import open_picture
from pi_nn.vision.tile import to_tile

__all__ = ["find_digits", "open_picture", "to_tile"]
