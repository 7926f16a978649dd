"""From a frame to 28x28 tiles: opens pictures, flattens the light, finds and normalises the digits.

NumPy and Pillow only. Imports run one way: find -> layout, light, runs, tile; picture stands alone.
"""

from __future__ import annotations

from pi_nn.vision.find import find_digits
from pi_nn.vision.picture import open_picture
from pi_nn.vision.tile import to_tile

__all__ = ["find_digits", "open_picture", "to_tile"]
