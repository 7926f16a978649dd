"""What light, lens, sensor and file format do to a tile.

Each effect takes pictures (N, 28, 28), float32, 0..1, and a generator, and returns new pictures.
"""

from __future__ import annotations

import numpy as np

from pi_nn.training.fields import clouds, each, smooth_field
from pi_nn.training.warp import Images, resample, unit


def blur(images: Images, rng: np.random.Generator) -> Images:
    """Defocus: a round Gaussian of 0.4 to 1.4 pixels."""
    return soften(images, each(len(images), 0.4, 1.4, rng))


def soften(images: Images, sigma: Images) -> Images:
    """Round Gaussian blur with deviation `sigma` (N, 1, 1) pixels: one small matrix from each side."""
    pixel = np.arange(images.shape[1], dtype=np.float32)
    weights = np.exp(-0.5 * ((pixel[:, None] - pixel) / sigma) ** 2)
    weights /= np.float32(np.sqrt(2 * np.pi)) * sigma
    # A narrow Gaussian, sampled, sums to more than 1: bring rows in the middle back to 1.
    weights /= np.maximum(weights.sum(axis=2).max(axis=1), 1)[:, None, None]
    return np.asarray(weights @ images @ weights.transpose(0, 2, 1), np.float32)


def motion(images: Images, rng: np.random.Generator) -> Images:
    """Motion: a long Gaussian, 1 to 4 pixels along any direction."""
    count = len(images)
    along = each(count, 1.0, 4.0, rng)[:, 0, 0]
    angle = each(count, 0.0, np.pi, rng)[:, 0, 0]
    return smear(images, along, np.full_like(along, 0.3), angle)


def smear(images: Images, along: Images, across: Images, angle: Images) -> Images:
    """Gaussian blur, deviations `along` and `across` (N,) pixels, `along` at `angle` (N,) radians from x.

    In the frequency plane, where a Gaussian of any direction is one product.
    """
    side = images.shape[1] + 12  # room, so that the blur does not come in again on the other side
    spectrum = np.fft.rfft2(images, s=(side, side))
    v = np.fft.fftfreq(side)[None, :, None]
    u = np.fft.rfftfreq(side)[None, None, :]
    cosine, sine = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    exponent = (along[:, None, None] * (u * cosine + v * sine)) ** 2
    exponent += (across[:, None, None] * (v * cosine - u * sine)) ** 2
    spectrum *= np.exp(-2 * np.pi**2 * exponent)
    height, width = images.shape[1:]
    return unit(np.fft.irfft2(spectrum, s=(side, side))[:, :height, :width])


def shuffle(images: Images, rng: np.random.Generator) -> Images:
    """Frosted glass: every pixel takes its value from a neighbour about a pixel away, then a slight blur."""
    count, height, width = images.shape
    sigma = each(count, 0.35, 0.8, rng)
    strength = each(count, 0.5, 1.3, rng)
    y, x = rng.standard_normal((2, *images.shape), dtype=np.float32) * strength
    y += np.arange(height, dtype=np.float32)[:, None]
    x += np.arange(width, dtype=np.float32)
    return soften(resample(soften(images, sigma), y, x), sigma)


def contrast(images: Images, rng: np.random.Generator) -> Images:
    """Grey paper, pale ink: a lift of up to 0.6, ink from 0.3 to 1.2 above it, clipped."""
    lift = each(len(images), 0.0, 0.6, rng)
    return unit(images * each(len(images), 0.3, 1.2, rng) + lift)


def fog(images: Images, rng: np.random.Generator) -> Images:
    """Clouds over the picture that leave 22 to 80 % of the contrast."""
    depth = each(len(images), 0.25, 3.5, rng)
    veil = clouds(len(images), images.shape[1], rng, roughness=(0.3, 0.7))
    return unit((images + depth * veil) / (1 + depth))


def shade(images: Images, rng: np.random.Generator) -> Images:
    """Uneven light that was not flattened: a smooth lift of the paper, and thinner ink there."""
    veil = np.clip(
        each(len(images), 0.05, 0.3, rng) * smooth_field(len(images), images.shape[1], 3, rng), 0, 0.8
    )
    return unit(images + veil * (1 - images))


def grain(images: Images, rng: np.random.Generator) -> Images:
    """Sensor noise: normal, deviation up to 0.3, half of it on paper as well as on ink."""
    noise = rng.standard_normal(images.shape, dtype=np.float32) * each(len(images), 0.03, 0.3, rng)
    everywhere = each(len(images), 0.0, 1.0, rng)
    return unit(images + noise * np.maximum(everywhere > 0.5, images))


def shots(images: Images, rng: np.random.Generator) -> Images:
    """Photon noise: Poisson with 2 to 20 photons at full ink."""
    photons = np.exp(each(len(images), np.log(2.0), np.log(20.0), rng))
    return unit(rng.poisson(images * photons) / photons)


def impulses(images: Images, rng: np.random.Generator) -> Images:
    """Salt and pepper on 2 to 35 % of the pixels."""
    amount = each(len(images), 0.02, 0.35, rng)
    hit = rng.random(images.shape, dtype=np.float32)
    return np.where(hit < amount, (hit < amount / 2).astype(np.float32), images)


def stripes(images: Images, rng: np.random.Generator) -> Images:
    """Bands of inverted ink along both sides, as wide as 2 to 10 pixels, upright or level."""
    count, _, width = images.shape
    near, far = rng.integers(0, 11, (2, count, 1))
    columns = np.arange(width)
    upright = (columns < near) | (columns >= width - far)
    level = rng.random((count, 1, 1)) < 0.3
    mask = np.where(level, upright[:, :, None], upright[:, None, :])
    return np.where(mask, 1 - images, images)


def coarse_pixels(images: Images, rng: np.random.Generator) -> Images:
    """A far digit, enlarged: sampled down to 9 to 20 pixels a side (an area average) and up again."""
    count, height, width = images.shape
    side = int(rng.integers(9, 21))
    edges = np.linspace(0, height, side + 1)
    pixel = np.arange(height)
    overlap = np.clip(np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel), 0, None)
    down = (overlap / overlap.sum(1, keepdims=True)).astype(np.float32)
    small = down @ images @ down.T
    at = ((pixel + 0.5) * side / height - 0.5).astype(np.float32)
    y, x = np.meshgrid(at, at, indexing="ij")
    shape = (count, height, width)
    return resample(small, np.broadcast_to(y, shape).copy(), np.broadcast_to(x, shape).copy())


def stairs(images: Images, rng: np.random.Generator) -> Images:
    """A small black-and-white source, enlarged: ink or paper on 10 to 20 pixels a side, with its steps."""
    height = images.shape[1]
    side = int(rng.integers(10, 21))
    edges = np.linspace(0, height, side + 1).astype(np.intp)
    cells = np.add.reduceat(np.add.reduceat(images, edges[:-1], axis=1), edges[:-1], axis=2)
    area = np.diff(edges)[:, None] * np.diff(edges)
    black = cells > area * each(len(images), 0.3, 0.5, rng)
    back = np.searchsorted(edges, np.arange(height), side="right") - 1
    return unit(black[:, back][:, :, back].astype(np.float32))


def compression(images: Images, rng: np.random.Generator) -> Images:
    """What JPEG leaves: 8x8 cosine blocks rounded to steps that grow with frequency."""
    count, side = len(images), 32
    padded = np.pad(images, ((0, 0), (0, side - images.shape[1]), (0, side - images.shape[2])), mode="edge")
    k = np.arange(8)
    cosine = np.cos(np.pi * (k + 0.5) * k[:, None] / 8) * np.sqrt(np.where(k == 0, 1, 2) / 8)[:, None]
    cosine = cosine.astype(np.float32)
    blocks = padded.reshape(count, 4, 8, 4, 8).transpose(0, 1, 3, 2, 4)
    steps = (1 + k[:, None] + k).astype(np.float32) * each(count, 0.03, 0.12, rng)[:, None, None]
    spectrum = np.round((cosine @ blocks @ cosine.T) / steps) * steps
    back = (cosine.T @ spectrum @ cosine).transpose(0, 1, 3, 2, 4).reshape(count, side, side)
    return unit(back[:, : images.shape[1], : images.shape[2]])
