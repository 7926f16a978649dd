"""Pictures that are no digits, for a network that shall know when it does not know.

Each kind is a function (count, digits, rng) -> (count, 28, 28), float32, 0..1; `digits` (M, 28, 28) are
real digits, for the kinds that are made of them. Upright strokes are left out: they are somebody's 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from pi_nn.training.fields import clouds, each, smooth_field
from pi_nn.training.light import soften
from pi_nn.training.shapes import NOT_DIGITS, write
from pi_nn.training.strokes import curve, draw
from pi_nn.training.typeset import printed
from pi_nn.training.warp import Images, Warp, resample, spread, unit
from pi_nn.vision.tile import to_tile

TILED = 0.35

Kind = Callable[[int, Images, np.random.Generator], Images]


def junk(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """A mixture of all kinds, (count, 28, 28), in no particular order."""
    weights = np.array([weight for weight, _ in KINDS])
    kind = rng.choice(len(KINDS), count, p=weights / weights.sum())
    images = np.zeros((count, 28, 28), np.float32)
    for k, (_, make) in enumerate(KINDS):
        chosen = np.flatnonzero(kind == k)
        if len(chosen):
            images[chosen] = make(len(chosen), digits, rng)
    # What the vision code takes for a digit by mistake comes cut to its ink and laid in the middle. A line
    # that no longer leaves its tile would be a 1.
    through = [make is passing for _, make in KINDS]
    for place in np.flatnonzero((rng.random(count) < TILED) & ~np.array(through)[kind]):
        images[place] = to_tile(images[place])
    return images


def blank(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """Paper, grey or black, with a little noise or a soft gradient."""
    noise = rng.standard_normal((count, 28, 28), dtype=np.float32) * each(count, 0.0, 0.15, rng)
    slope = smooth_field(count, 28, 3, rng) * each(count, 0.0, 0.3, rng)
    level = each(count, 0.0, 1.0, rng) * (rng.random((count, 1, 1)) < 0.6)
    return unit(level + noise + slope)


def noise(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """White noise, salt and pepper, uniform or normal, of any strength."""
    white = rng.standard_normal((count, 28, 28), dtype=np.float32) * each(count, 0.1, 0.6, rng)
    salt = (rng.random((count, 28, 28)) < each(count, 0.01, 0.5, rng)).astype(np.float32)
    pick = rng.random((count, 1, 1)) < 0.5
    return unit(np.where(pick, white + each(count, 0.0, 0.7, rng), salt))


def letters(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """Letters and signs, written by hand."""
    kinds = rng.integers(0, len(NOT_DIGITS), count)
    images = np.zeros((count, 28, 28), np.float32)
    for k in np.unique(kinds):
        images[kinds == k] = write(NOT_DIGITS[k], int((kinds == k).sum()), rng)
    return Warp(degrees=20, scale=0.25, shear=0.25)(images, rng)


def scribble(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """Two or three long strokes that wind through the tile."""
    images = np.zeros((count, 28, 28), np.float32)
    width = rng.uniform(0.8, 3.0, count).astype(np.float32)
    for k in range(3):
        control = rng.uniform(-9, 37, (count, 9, 2)).astype(np.float32)
        stroke = draw(np.clip(curve(control, 28), 3, 24), width)
        images = np.maximum(images, stroke * (rng.random((count, 1, 1)) < (1.0, 0.9, 0.5)[k]))
    return images


def coil(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """A spring: what somebody draws to cross a word out, or to try a pen."""
    t = np.linspace(0, 1, 36)
    turns = rng.uniform(2.5, 6, (count, 1)) * 2 * np.pi * t
    radius = rng.uniform(2, 9, (count, 1))
    x = 13.5 + (t - 0.5) * rng.uniform(0, 18, (count, 1)) + radius * np.cos(turns) * (0.3 + 0.7 * t)
    y = 13.5 + radius * np.sin(turns) * (0.3 + 0.7 * t)
    points = np.clip(np.stack([y, x], axis=2), 1, 26).astype(np.float32)
    return draw(points, rng.uniform(0.8, 2.5, count).astype(np.float32))


def strokes(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """Four to seven straight strokes anywhere: hatching, a bundle, a broken grid."""
    images = np.zeros((count, 28, 28), np.float32)
    width = rng.uniform(0.8, 3.5, count).astype(np.float32)
    for k in range(7):
        line = draw(rng.uniform(0, 27, (count, 2, 2)).astype(np.float32), width)
        images = np.maximum(images, line * (rng.random((count, 1, 1)) < (1 if k < 4 else 0.5)))
    return images


def fragments(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """One level stroke, one flat arc, or one to four dots: what is left of something that was cut."""
    middle = rng.uniform(9, 18, (count, 1, 2))
    half = rng.uniform(1.5, 10, (count, 1))
    bend = rng.uniform(-0.8, 0.8, (count, 1)) * half
    ends = np.stack(
        [np.concatenate([0 * half, bend, 0 * half], 1), np.concatenate([-half, 0 * half, half], 1)], 2
    )
    arc = draw(curve((middle + ends).astype(np.float32), 9), rng.uniform(0.8, 4, count).astype(np.float32))
    dots = np.zeros_like(arc)
    for k in range(4):
        dot = rng.uniform(4, 23, (count, 1, 2)).repeat(2, axis=1).astype(np.float32)
        ink = draw(dot, rng.uniform(0.5, 7.0, count).astype(np.float32))
        dots = np.maximum(dots, ink * (rng.random((count, 1, 1)) < (1.0, 0.5, 0.3, 0.2)[k]))
    return np.where(rng.random((count, 1, 1)) < 0.5, arc, dots)


def arcs(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """A deep arc of any direction, a hook or a bracket: a stroke of a digit whose rest was lost."""
    angle = (
        each(count, 0, 2 * np.pi, rng)[:, :, 0] + np.linspace(-1, 1, 12) * each(count, 1.2, 2.2, rng)[:, :, 0]
    )
    radius = rng.uniform(4, 9, (count, 1))
    squeeze = rng.uniform(0.5, 1.0, (count, 1))
    points = np.stack([radius * np.sin(angle), squeeze * radius * np.cos(angle)], axis=2)
    points += 13.5 - 0.5 * (points.max(axis=1, keepdims=True) + points.min(axis=1, keepdims=True))
    return draw(points.astype(np.float32), rng.uniform(1.2, 4.0, count).astype(np.float32))


def frames(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """An empty box of a form, its corners sharp, or what is left of it when a side was lost."""
    top, left = rng.uniform(1, 6, (2, count, 1))
    bottom, right = 27 - rng.uniform(1, 6, (2, count, 1))
    y = np.concatenate([top, top, bottom, bottom, top], axis=1)
    x = np.concatenate([left, right, right, left, left], axis=1)
    points = np.stack([y, x], axis=2) + rng.normal(0, 0.3, (count, 5, 2))
    pen = np.arange(4) != rng.integers(0, 7, (count, 1))
    return draw(points.astype(np.float32), rng.uniform(0.8, 2.6, count).astype(np.float32), pen=pen)


def blotches(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """The largest piece of noise that was taken for ink: ragged, without strokes; gravel, cloth, hair."""
    noise = rng.standard_normal((count, 28, 28), dtype=np.float32)
    grain = soften(noise, each(count, 0.7, 2.5, rng))
    level = np.array([np.quantile(g, q) for g, q in zip(grain, rng.uniform(0.5, 0.85, count), strict=True)])
    images = np.zeros((count, 28, 28), np.float32)
    for k, mask in enumerate(grain > level[:, None, None]):
        pieces, _ = ndimage.label(mask)
        images[k] = pieces == np.bincount(pieces[mask]).argmax()
    return unit(soften(images, each(count, 0.3, 0.7, rng)))


def halves(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """The right half of one digit and the left half of the next: cut between two wrong places."""
    images = np.zeros((count, 28, 28), np.float32)
    pixel = np.arange(28, dtype=np.float32)
    for side in (-1, 1):
        digit = digits[rng.integers(0, len(digits), count)]
        x = np.broadcast_to(pixel - side * each(count, 8.5, 12.0, rng), images.shape)
        y = np.broadcast_to(pixel[:, None] + each(count, -2, 2, rng), images.shape)
        images = np.maximum(images, resample(digit, y.copy(), x.copy()))
    return images


def pairs(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """Two or three digits in one tile, side by side or on top of each other."""
    images = np.zeros((count, 28, 28), np.float32)
    pixel = np.arange(28, dtype=np.float32) - np.float32(13.5)
    three = rng.random((count, 1, 1)) < 0.25
    stacked = rng.random((count, 1, 1)) < 0.1  # two 2s on top of each other look like a 3
    for k in range(3):
        digit = digits[rng.integers(0, len(digits), count)]
        shrink = np.where(three, 2.6, each(count, 1.3, 2.1, rng))
        side = np.where(three, (-8.5, 0, 8.5)[k], (-5.5, 5.5, 99.0)[k]) + each(count, -0.8, 0.8, rng)
        tall = each(count, 1.0, 1.5, rng)
        narrow = np.broadcast_to((pixel[None, None, :] - side) * shrink + 13.5, images.shape)
        level = np.broadcast_to((pixel[None, :, None] - each(count, -2, 2, rng)) * tall + 13.5, images.shape)
        turned = narrow.transpose(0, 2, 1), level.transpose(0, 2, 1)
        y, x = np.where(stacked, turned[0], level), np.where(stacked, turned[1], narrow)
        images = np.maximum(images, resample(digit, y.astype(np.float32), x.astype(np.float32)))
    return images


def crossed_out(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """A digit under a pen that went to and fro, six to ten times: one line would leave it a digit."""
    images = Warp(degrees=15, scale=0.15, shift=1.0)(digits[rng.integers(0, len(digits), count)], rng)
    times, turn = rng.integers(6, 11, (count, 1)), np.arange(11)
    down = (turn / times - 0.5) * rng.uniform(14, 20, (count, 1))
    over = (-1.0) ** turn * rng.uniform(7, 11, (count, 1)) + rng.normal(0, 1.5, (count, 11))
    angle = rng.uniform(-0.9, 0.9, (count, 1))
    points = [down * np.cos(angle) + over * np.sin(angle), over * np.cos(angle) - down * np.sin(angle)]
    pen = draw(
        (np.stack(points, axis=2) + 13.5).astype(np.float32),
        rng.uniform(1.0, 2.6, count).astype(np.float32),
        pen=turn[1:] <= times,
    )
    return np.maximum(images, pen)


def gratings(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """Waves, bars, checks and grids of any direction and width; cloth, louvres, squared paper."""
    pixel = np.arange(28, dtype=np.float32)
    angle, pitch = each(count, 0, np.pi, rng), each(count, 2.5, 14.0, rng)
    u = (pixel[:, None] * np.sin(angle) + pixel * np.cos(angle)) / pitch + each(count, 0, 1, rng)
    v = (pixel[:, None] * np.cos(angle) - pixel * np.sin(angle)) / pitch + each(count, 0, 1, rng)
    one, two = np.sin(2 * np.pi * u), np.sin(2 * np.pi * v)
    kind = rng.integers(0, 4, (count, 1, 1))
    wave = np.select([kind == 0, kind == 1, kind == 2], [one, one * two, np.maximum(one, two)], one + two)
    hard = np.clip(wave * np.exp(each(count, -0.5, 3, rng)) * 0.5 + each(count, 0.1, 0.9, rng), 0, 1)
    return np.asarray(hard * each(count, 0.4, 1.0, rng), np.float32)


def textures(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """Clouds of any roughness, soft or with hard edges; stone, skin, leaves out of focus."""
    veil = clouds(count, 28, rng, roughness=(0.3, 1.4))
    hard = np.clip((veil - each(count, 0.3, 0.7, rng)) * np.exp(each(count, 0, 3, rng)) + 0.5, 0, 1)
    low = each(count, 0.0, 0.5, rng)
    return unit(low + (1 - low) * hard * each(count, 0.4, 1.0, rng))


def blobs(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """A filled shape with a wavy rim, plain or textured: clothes, fruit, a hand, a stain."""
    pixel = np.arange(28, dtype=np.float32) - 13.5
    y, x = pixel[None, :, None] - each(count, -4, 4, rng), pixel - each(count, -4, 4, rng)
    angle = np.arctan2(y, x)
    rim = each(count, 5.5, 13.0, rng)
    for k in range(1, 6):
        rim = rim + rim * each(count, 0, 0.5 / k, rng) * np.sin(k * angle + each(count, 0, 6.3, rng))
    stretch = np.exp(each(count, -0.4, 0.4, rng))
    inside = np.clip(rim - np.hypot(y * stretch, x / stretch) + 0.5, 0, 1)
    skin = 1 - each(count, 0.0, 0.8, rng) * clouds(count, 28, rng, roughness=(0.3, 1.2))
    return unit(inside * skin * each(count, 0.5, 1.0, rng))


def garments(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """The same left and right, filled and shaded, often parted below: shirts, trousers, bottles, bags."""
    pixel = np.arange(28, dtype=np.float32)
    knots = rng.uniform(1.0, 13.0, (count, 6, 1)).astype(np.float32)
    profile = (spread(28, 6) / spread(28, 6).sum(axis=1, keepdims=True)) @ knots
    top, bottom = each(count, 0, 7, rng), each(count, 20, 28, rng)
    across, down = np.abs(pixel - 13.5 - each(count, -1, 1, rng)), pixel[:, None]
    inside = np.clip(profile - across + 0.5, 0, 1) * np.clip(down - top, 0, 1) * np.clip(bottom - down, 0, 1)
    legs, fork = each(count, 0, 0.6, rng), each(count, 4, 24, rng)
    upside_down = rng.random((count, 1, 1)) < 0.3
    parted = np.where(upside_down, fork - down, down - fork)
    gap = np.clip(legs * profile - across, 0, 1) * np.clip(parted, 0, 1)
    inside = inside * (1 - gap * (rng.random((count, 1, 1)) < 0.5))
    bands = 0.5 + 0.5 * np.sin(down * np.exp(each(count, -2, 0.5, rng)) + each(count, 0, 6.3, rng))
    cloth = 1 - each(count, 0, 0.8, rng) * clouds(count, 28, rng, roughness=(0.3, 1.3))
    cloth = cloth * (1 - bands * each(count, 0, 0.9, rng) * (rng.random((count, 1, 1)) < 0.4))
    turned = np.where(rng.random((count, 1, 1)) < 0.2, inside.transpose(0, 2, 1), inside)
    return unit(turned * cloth * each(count, 0.4, 1.0, rng))


def scenes(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """Small photographs, nearly: leaves and planks of all sizes and shades that hide each other.

    The dead leaves model: A. Lee, D. Mumford, J. Huang, "Occlusion models for natural images" (2001).
    """
    pixel = np.arange(28, dtype=np.float32)
    image = each(count, 0, 1, rng) + 0.3 * smooth_field(count, 28, 3, rng)
    for size in np.geomspace(22, 2.0, 24):
        angle = each(count, 0, np.pi, rng)
        y, x = pixel[:, None] - each(count, -3, 31, rng), pixel - each(count, -3, 31, rng)
        along = np.abs(x * np.cos(angle) + y * np.sin(angle)) / (size * each(count, 0.4, 1.5, rng))
        across = np.abs(y * np.cos(angle) - x * np.sin(angle)) / (size * each(count, 0.2, 0.8, rng))
        leaf = np.where(rng.random((count, 1, 1)) < 0.5, np.hypot(along, across), np.maximum(along, across))
        mask = np.clip((1 - leaf) * size + 0.5, 0, 1) * (rng.random((count, 1, 1)) < 0.6)
        shade = each(count, 0, 1, rng) + (along - 0.5) * each(count, -0.4, 0.4, rng)
        image = image * (1 - mask) + shade * mask
    grain = clouds(count, 28, rng, roughness=(0.8, 1.4)) - 0.5
    image = image + grain * each(count, 0.0, 0.5, rng)
    return unit((image - 0.5) * each(count, 0.5, 1.4, rng) + each(count, 0.3, 0.7, rng))


def edges(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """A page edge, a shadow, a corner of a box: one or two half-planes."""
    pixel = np.arange(28, dtype=np.float32) - np.float32(13.5)
    image = np.zeros((count, 28, 28), np.float32)
    for k in range(2):
        angle = each(count, 0, 2 * np.pi, rng)
        away = pixel[:, None] * np.sin(angle) + pixel * np.cos(angle) - each(count, -11, 11, rng)
        half = np.clip(away * np.exp(each(count, -2.5, 1, rng)) + 0.5, 0, 1)
        image = np.maximum(
            image, half * each(count, 0.2, 1.0, rng) * (rng.random((count, 1, 1)) < 1 - 0.5 * k)
        )
    return unit(image)


def passing(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """A line right through the tile, on paper or something grey: a seam, a rim. A 1 ends inside its tile."""
    angle, away = each(count, 0, np.pi, rng)[:, 0], each(count, -8, 8, rng)[:, 0]
    along = np.array([-26.0, 0.0, 26.0]) + 0 * angle
    across = away + np.array([1.0, 0.0, 1.0]) * each(count, -9, 9, rng)[:, 0]
    y, x = along * np.sin(angle) + across * np.cos(angle), along * np.cos(angle) - across * np.sin(angle)
    line = curve((np.stack([y, x], axis=2) + 13.5).astype(np.float32), 9)
    stroke = draw(line, np.exp(each(count, -0.2, 1.9, rng))[:, 0, 0])
    ground = each(count, 0, 0.5, rng) * clouds(count, 28, rng, roughness=(0.2, 0.9))
    ground *= rng.random((count, 1, 1)) < 0.6
    return unit(np.maximum(ground, stroke * each(count, 0.3, 1.0, rng)))


KINDS: tuple[tuple[float, Kind], ...] = (
    (0.5, blank),
    (0.5, noise),
    (3.0, letters),
    (1.5, scribble),
    (0.7, coil),
    (1.2, strokes),
    (0.8, fragments),
    (1.0, arcs),
    (0.5, frames),
    (1.2, blotches),
    (0.8, halves),
    (2.0, pairs),
    (0.6, crossed_out),
    (1.0, gratings),
    (1.2, textures),
    (1.5, blobs),
    (1.5, garments),
    (3.0, scenes),
    (0.6, edges),
    (1.2, passing),
    (2.0, printed),
)
"""Kinds with their weights in the mixture."""
