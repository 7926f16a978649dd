"""What the camera does to the light: exposure, lens, movement, sensor, compression.

Pixels are uint8 (H, W).
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]


def expose(light: NDArray[np.float32], stops: float) -> Pixels:
    """Grey levels of ``light`` (linear, 1.0 saturates at 0 stops), with a gamma of 2, as sRGB nearly has."""
    coded = light * np.float32(2.0**stops * 255 * 255)
    np.minimum(coded, np.float32(255 * 255), out=coded)
    np.sqrt(coded, out=coded)
    return coded.astype(np.uint8)


def defocus(pixels: Pixels, sigma: float) -> Pixels:
    """Gaussian blur with a standard deviation of ``sigma`` pixels."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(sigma)))


def smear(pixels: Pixels, length: float, direction: float) -> Pixels:
    """The mean of the picture along a path of ``length`` pixels towards ``direction`` (degrees)."""
    steps = max(2, round(length))
    a = np.radians(direction)
    far = np.linspace(-(length - 1) / 2, (length - 1) / 2, steps)
    pad = int(np.ceil(length / 2)) + 1
    wide = np.pad(pixels, pad, mode="edge")
    height, width = pixels.shape
    total = np.zeros(pixels.shape, np.uint16)
    for dx, dy in zip(
        np.rint(far * np.cos(a)).astype(int), np.rint(far * np.sin(a)).astype(int), strict=True
    ):
        total += wide[pad + dy : pad + dy + height, pad + dx : pad + dx + width]
    return (total // np.uint16(steps)).astype(np.uint8)


def sensor_noise(pixels: Pixels, sigma: float, rng: np.random.Generator) -> Pixels:
    """Gaussian noise with a standard deviation of ``sigma`` grey levels."""
    noisy = rng.standard_normal(pixels.shape, np.float32)
    noisy *= np.float32(sigma)
    noisy += pixels
    noisy += np.float32(0.5)
    return np.clip(noisy, 0, 255, out=noisy).astype(np.uint8)


def compress(pixels: Pixels, quality: int) -> Pixels:
    """There and back through JPEG at ``quality`` (1 to 95)."""
    memory = BytesIO()
    Image.fromarray(pixels).save(memory, "JPEG", quality=quality)
    return np.asarray(Image.open(memory))
