"""Images of any one size -> 28x28 tiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import DataError
from pi_nn.training.datasets.dataset import MAX_BYTES, MAX_IMAGES, SIDE


def check_size(where: str, count: int, height: int, width: int) -> None:
    """Refuses a claimed size before anything of it is allocated."""
    sizes = (count, height, width)
    if min(sizes) < 1 or count > MAX_IMAGES or count * height * width > MAX_BYTES:
        raise DataError(
            f"{where}: claims {count} images of {height} x {width} pixels, "
            f"expected 1 to {MAX_IMAGES:,} images and at most {MAX_BYTES:,} pixels in all"
        )


def to_tiles(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(N, H, W) uint8, ink high -> (N, 28, 28) uint8.

    28x28 passes unchanged; other sizes are cut to the ink and normalised like everything that the camera
    sees. An image without ink becomes an empty tile.
    """
    if images.shape[1:] == (SIDE, SIDE):
        return images
    from pi_nn.vision import to_tile

    tiles = np.zeros((len(images), SIDE, SIDE), np.uint8)
    for tile, image in zip(tiles, images, strict=True):
        if image.any():
            tile[:] = quantise(to_tile(image.astype(np.float32) / 255))
    return tiles


def quantise(tile: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A tile of 0..1 as bytes."""
    return np.clip(np.rint(tile * 255), 0, 255).astype(np.uint8)
