"""Fifteen kinds of damage to measure a network with, after their published descriptions.

N. Mu, J. Gilmer, "MNIST-C: a robustness benchmark for computer vision" (2019), at the strengths given
there. They are never used in training, which has effects of its own (light.py, ink.py).
Each function takes pictures (N, 28, 28), float32, 0..1, and a generator, and returns new ones of that kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pi_nn.training.warp import Images, unit

Damage = Callable[[Images, np.random.Generator], Images]


def _soft(images: NDArray[np.floating], sigma: float) -> NDArray[np.floating]:
    return np.asarray(ndimage.gaussian_filter(images, (0, sigma, sigma), mode="nearest"))


def _affine(images: Images, matrices: NDArray[np.float64], shifts: NDArray[np.float64]) -> Images:
    """Output point p, from the middle, shows the input at matrix @ p + shift; bilinear; (y, x)."""
    middle = np.array([13.5, 13.5])
    moved = [
        ndimage.affine_transform(image, matrix, offset=middle - matrix @ middle + shift, order=1)
        for image, matrix, shift in zip(images, matrices, shifts, strict=True)
    ]
    return unit(np.array(moved))


def _signs(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.choice([-1.0, 1.0], count)


def shot_noise(images: Images, rng: np.random.Generator) -> Images:
    """Three photons at full ink."""
    return unit(rng.poisson(images * 3.0) / 3.0)


def impulse_noise(images: Images, rng: np.random.Generator) -> Images:
    """17 % of the pixels black or white."""
    draw = rng.random(images.shape)
    return unit(np.where(draw < 0.085, 0.0, np.where(draw > 1 - 0.085, 1.0, images)))


def glass_blur(images: Images, rng: np.random.Generator) -> Images:
    """Blur (0.7 pixels), neighbours swapped at random twice over, blur."""
    work = _soft(images, 0.7)
    every = np.arange(len(images))
    for _ in range(2):
        for y in range(27, 1, -1):
            for x in range(27, 1, -1):
                dy, dx = rng.integers(-1, 1, (2, len(images))) * rng.integers(0, 2, len(images))
                here = work[:, y, x].copy()
                work[:, y, x] = work[every, y + dy, x + dx]
                work[every, y + dy, x + dx] = here
    return unit(_soft(work, 0.7))


def motion_blur(images: Images, rng: np.random.Generator) -> Images:
    """One-sided trail of 10 pixels, Gaussian weights of deviation 3, up to 45 degrees from level."""
    steps = np.arange(11)
    weights = np.exp(-(steps**2) / (2 * 3.0**2))
    weights /= weights.sum()
    out = np.zeros_like(images)
    for k, angle in enumerate(np.radians(rng.uniform(-45, 45, len(images)))):
        for step, weight in zip(steps, weights, strict=True):
            shift = step * np.sin(angle), step * np.cos(angle)
            out[k] += weight * ndimage.shift(images[k], np.round(shift), order=0, mode="nearest")
    return unit(out)


def shear(images: Images, rng: np.random.Generator) -> Images:
    """0.4 to the left or to the right."""
    slant = 0.4 * _signs(len(images), rng)
    matrices = np.tile(np.eye(2), (len(images), 1, 1))
    matrices[:, 1, 0] = -slant
    return _affine(images, matrices, np.zeros((len(images), 2)))


def scale(images: Images, rng: np.random.Generator) -> Images:
    """70 % of the size."""
    return _affine(images, np.tile(np.eye(2) / 0.7, (len(images), 1, 1)), np.zeros((len(images), 2)))


def rotate(images: Images, rng: np.random.Generator) -> Images:
    """0.4 radians, 23 degrees, either way."""
    angle = 0.4 * _signs(len(images), rng)
    matrices = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]).transpose(2, 0, 1)
    return _affine(images, matrices, np.zeros((len(images), 2)))


def brightness(images: Images, rng: np.random.Generator) -> Images:
    """Half of the range added everywhere."""
    return unit(images + 0.5)


def translate(images: Images, rng: np.random.Generator) -> Images:
    """Three pixels up or down and three to a side."""
    shifts = 3.0 * rng.choice([-1.0, 1.0], (len(images), 2))
    return _affine(images, np.tile(np.eye(2), (len(images), 1, 1)), shifts)


def stripe(images: Images, rng: np.random.Generator) -> Images:
    """Seven columns on either side inverted."""
    out = images.copy()
    out[:, :, :7] = 1 - out[:, :, :7]
    out[:, :, 21:] = 1 - out[:, :, 21:]
    return out


def fog(images: Images, rng: np.random.Generator) -> Images:
    """A plasma fractal three times as strong as the ink, scaled back to 0..1."""
    veil = np.array([_plasma(256, 1.4, rng)[:28, :28] for _ in images])
    top = images.max(axis=(1, 2), keepdims=True)
    return unit((images + 3.0 * veil) * top / (top + 3.0))


def _plasma(size: int, decay: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Diamond-square heights (size, size), 0..1, that wrap around; jitter falls by decay**2 a level."""
    height = np.zeros((size, size))
    step, wibble = size, 100.0
    while step >= 2:
        half = step // 2
        corners = height[::step, ::step]
        sums = corners + np.roll(corners, -1, 0)
        sums = sums + np.roll(sums, -1, 1)
        height[half::step, half::step] = sums / 4 + wibble * rng.uniform(-wibble, wibble, sums.shape)
        middles = height[half::step, half::step]
        across = middles + np.roll(middles, 1, 0) + corners + np.roll(corners, -1, 1)
        height[::step, half::step] = across / 4 + wibble * rng.uniform(-wibble, wibble, across.shape)
        down = middles + np.roll(middles, 1, 1) + corners + np.roll(corners, -1, 0)
        height[half::step, ::step] = down / 4 + wibble * rng.uniform(-wibble, wibble, down.shape)
        step, wibble = half, wibble / decay
    height -= height.min()
    return np.asarray(height / height.max())


def spatter(images: Images, rng: np.random.Generator) -> Images:
    """Drops of mud, a quarter grey, that hide what is below them."""
    liquid = _soft(rng.normal(0.65, 0.3, images.shape), 1.0)
    mask = _soft((liquid > 0.65).astype(np.float64), 1.5)
    mask[mask < 0.8] = 0
    return unit(images * (1 - mask) + 63 / 255 * mask)


def _line(x0: float, y0: float, x1: float, y1: float) -> NDArray[np.float64]:
    """A soft line between two points, (28, 28): 1 on it, 0 from about 1.5 pixels above or below it."""
    columns, rows = np.arange(28.0), np.arange(28.0)[:, None]
    away = np.abs(rows - (y0 + (y1 - y0) / (x1 - x0) * (columns - x0)))
    ink = np.clip(np.log(1 - np.minimum(away, 2.3 - 1e-9) / 2.3) + 1, 0, 1)
    ink[:, : int(np.floor(x0))] = 0
    ink[:, int(np.ceil(x1)) :] = 0
    return np.asarray(ink)


def dotted_line(images: Images, rng: np.random.Generator) -> Images:
    """A line from side to side, two columns drawn, two left out."""
    ends = rng.integers(0, 27, (len(images), 2))
    drawn = np.arange(28) // 2 % 2 == 1
    return unit(images + np.array([_line(0, a, 27, b) * drawn for a, b in ends]))


def zigzag(images: Images, rng: np.random.Generator) -> Images:
    """A zigzag line from side to side, two pixels up and two down."""
    return unit(np.array([image + _zigzag(rng) for image in images]))


def _zigzag(rng: np.random.Generator) -> NDArray[np.float64]:
    y0 = float(rng.integers(0, 27))
    slope = np.arctan(float(rng.integers(-5, 5)) / 23)
    along = np.concatenate([[0.0], np.arange(2.0, 23 / np.cos(slope), 4.0), [23 / np.cos(slope)]])
    across = np.concatenate([[0.0], 2.0 * (-1.0) ** np.arange(len(along) - 2), [0.0]])
    x = 2 + along * np.cos(slope) - across * np.sin(slope)
    y = y0 + along * np.sin(slope) + across * np.cos(slope)
    ink = np.zeros((28, 28))
    for k in range(len(x) - 1):
        ink += _line(x[k], y[k], x[k + 1], y[k + 1])
    return ink


def canny_edges(images: Images, rng: np.random.Generator) -> Images:
    """Edges only: J. Canny (1986), deviation 1, thresholds 0.1 and 0.2."""
    soft = _soft(images, 1.0)
    dy, dx = _slope(soft, 1, 2), _slope(soft, 2, 1)
    strength = np.hypot(dy, dx)
    ridge = strength > 0.1
    direction = np.round(np.arctan2(dy, dx) / (np.pi / 4)).astype(int) % 4
    padded = np.pad(strength, ((0, 0), (1, 1), (1, 1)))
    for k, (sy, sx) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        before = padded[:, 1 - sy : 29 - sy, 1 - sx : 29 - sx]
        after = padded[:, 1 + sy : 29 + sy, 1 + sx : 29 + sx]
        ridge &= (direction != k) | ((strength >= before) & (strength > after))
    flat = np.zeros((3, 3, 3), bool)
    flat[1] = True  # edges hang together within a picture, not between pictures
    names, count = ndimage.label(ridge, flat)
    strong = np.zeros(count + 1, bool)
    strong[np.unique(names[ridge & (strength > 0.2)])] = True
    strong[0] = False
    return unit(strong[names].astype(np.float32))


def _slope(images: NDArray[np.floating], along: int, across: int) -> NDArray[np.floating]:
    """Sobel's derivative; scipy's own would smooth across the pictures of the batch too."""
    steep = ndimage.correlate1d(images, [-1, 0, 1], along)
    return np.asarray(ndimage.correlate1d(steep, [0.25, 0.5, 0.25], across))


DAMAGES: Mapping[str, Damage] = MappingProxyType(
    {
        damage.__name__: damage
        for damage in (
            shot_noise,
            impulse_noise,
            glass_blur,
            motion_blur,
            shear,
            scale,
            rotate,
            brightness,
            translate,
            stripe,
            fog,
            spatter,
            dotted_line,
            zigzag,
            canny_edges,
        )
    }
)
