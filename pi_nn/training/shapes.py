"""Written shapes as a table of strokes: letters and signs that are no digits, and European digits.

A shape is a string of points "xy" on a grid 5 wide and 7 high (y down), strokes parted by "/". Left out
are letters that somebody's digit looks like: B D I O S Z b g l o q s y z.
"""

from __future__ import annotations

import numpy as np

from pi_nn.training.strokes import Points, draw
from pi_nn.training.warp import Images

NOT_DIGITS = (
    "06 20 46/13 33",  # A
    "41 30 10 01 05 16 36 45",  # C
    "40 00 06 46/03 33",  # E
    "40 00 06/03 33",  # F
    "00 06/40 46/03 43",  # H
    "00 06/40 03 46",  # K
    "00 06 46",  # L
    "06 00 23 40 46",  # M
    "06 00 46 40",  # N
    "06 00 30 41 42 33 03",  # P
    "06 00 30 41 42 33 03 46",  # R
    "00 40/20 26",  # T
    "00 05 16 36 45 40",  # U
    "00 26 40",  # V
    "00 16 22 36 40",  # W
    "00 46/40 06",  # X
    "00 23 40/23 26",  # Y
    "04 44 43 32 12 03 05 16 36 45",  # e
    "00 06/04 13 33 44 46",  # h
    "03 06/04 13 24 26/24 33 44 46",  # m
    "03 06/04 13 33 44 46",  # n
    "03 06/04 13 33",  # r
    "03 05 16 36 45/43 46",  # u
    "41 30 21 26/03 43",  # f
    "21 25/03 43",  # plus
    "02 42/04 44",  # equals
    "03 43",  # minus
    "13 33",  # minus, short
    "10 16/30 36/02 42/04 44",  # hash
    "21 25/04 42/02 44",  # asterisk
    "00 40 46 06 00/03 43/20 26",  # box with a cross, a window
    "03 43/32 43 34",  # arrow
    "04 16 40",  # tick
    "01 12 21 32 41/03 14 23 34 43",  # waves
    "03 12 23 34 43",  # tilde
    "06 46 40",  # corner
    "46 40 00 06",  # gate
    "16 06 00 10/36 46 40 30",  # brackets
    "30 13 36/40 23 46",  # guillemets
    "20 06 42 02 46 20",  # star
    "00 01/40 41/04 16 36 44",  # face
)

DIGITS = (
    ("20 01 05 26 45 41 20", 0),
    ("30 20 01 05 26 45 41 20 10", 0),
    ("10 01 05 16 36 45 41 30", 0),
    ("20 10 01 05 16 36 45 41 31", 0),
    ("20 01 05 26 45 41 20/40 06", 0),
    ("03 30 36", 1),
    ("04 30 36", 1),
    ("03 20 26", 1),
    ("02 20 26", 1),
    ("01 20 26", 1),
    ("02 20 26/06 46", 1),
    ("03 20 26/16 36", 1),
    ("05 40 46", 1),
    ("03 30 26", 1),
    ("01 10 30 41 42 06 46", 2),
    ("01 10 30 41 33 15 05 14 36 46", 2),
    ("02 01 10 30 41 33 06 05 04 15 46", 2),
    ("00 20 41 42 06 26 46 45", 2),
    ("01 20 31 22 06 16 46", 2),
    ("00 40 12 33 44 45 36 16 05", 3),
    ("01 10 30 41 32 22 33 44 45 36 16 05", 3),
    ("10 03 43/31 36", 4),
    ("10 03 43/21 26", 4),
    ("00 03 43/40 46", 4),
    ("00 02 13 33 42/40 46", 4),
    ("10 12 23 42/40 36", 4),
    ("20 04 44/32 36", 4),
    ("36 30 04 44", 4),
    ("20 04 44/22 26", 4),
    ("10 03 13 33 44 45 36 06/20 40", 5),
    ("00 03 33 44 45 36 06/10 40", 5),
    ("20 03 23 34 35 26 06/20 40", 5),
    ("20 13 33 44 35 16 05/10 20 40 41", 5),
    ("40 20 03 23 44 45 16 05", 5),
    ("11 03 33 35 26 06/11 40", 5),
    ("10 40/00 03 22 33 44 35 26 05", 5),
    ("10 13 23 34 35 26 06/10 40", 5),
    ("41 20 02 13 33 44 35 16 05", 5),
    ("30 11 03 05 16 36 45 44 33 13 04", 6),
    ("20 02 05 16 36 45 34 14 05", 6),
    ("30 03 05 26 45 44 33 13 04", 6),
    ("40 03 05 16 36 45 44 33 13 04", 6),
    ("30 02 04 06 26 35 24 04", 6),
    ("00 40 26/13 43", 7),
    ("00 40 16/13 33", 7),
    ("01 00 40 22 16/13 43", 7),
    ("00 40 26", 7),
    ("01 00 40 23 26", 7),
    ("41 30 10 01 12 33 44 45 36 16 05 04 13 31 41", 8),
    ("40 10 01 12 33 45 26 05 14 31 41", 8),
    ("41 30 10 01 33 44 35 16 05 14 40", 8),
    ("30 01 12 34 45 26 15 14 41", 8),
    ("42 31 20 11 02 13 23 32 42 44 35 26 15", 9),
    ("41 30 10 01 02 13 33 42 41 45 36 16 05", 9),
    ("41 30 10 01 02 13 33 42 41 46", 9),
    ("41 30 10 01 02 13 33 42 41 43 26", 9),
    ("40 30 11 02 13 33 42/41 45 26 06 05", 9),
    ("31 20 11 22 31 35 26 15", 9),
)


def write(shape: str, count: int, rng: np.random.Generator) -> Images:
    """Write one shape `count` times, no two alike; returns (count, 28, 28)."""
    height = rng.uniform(17, 20, (count, 1, 1))
    narrow = rng.uniform(0.5, 0.95, (count, 1, 1)) * height
    width = rng.uniform(1.0, 3.4, count).astype(np.float32)
    ink = np.zeros((count, 28, 28), np.float32)
    rounds = int(rng.integers(0, 3))
    for stroke in shape.split("/"):
        grid = np.array([(int(point[1]) / 6 - 0.5, int(point[0]) / 4 - 0.5) for point in stroke.split()])
        points = grid + 0.05 * rng.standard_normal((count, *grid.shape))
        points += 0.03 * rng.standard_normal((count, 1, 2))
        points = np.concatenate([points[:, :, :1] * height, points[:, :, 1:] * narrow], axis=2) + 13.5
        np.maximum(ink, draw(rounded(points.astype(np.float32), rounds), width), out=ink)
    return ink


def rounded(points: Points, rounds: int) -> Points:
    """Cut the corners of polylines (N, P, 2), `rounds` times: G. Chaikin (1974)."""
    for _ in range(rounds):
        before, after = points[:, :-1], points[:, 1:]
        cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=2)
        cut = cut.reshape(len(points), -1, 2)
        points = np.concatenate([points[:, :1], cut, points[:, -1:]], axis=1).astype(np.float32)
    return points


def european_digits(
    count: int, rng: np.random.Generator
) -> tuple[Images, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Digits that MNIST has few of: 1 with a flag, barred 7, open 4, curled 9, flat 3, 5 with a loose bar.

    Returns pictures (count, 28, 28) and labels (count,), int64.
    """
    kinds = np.sort(rng.integers(0, len(DIGITS), count))
    images = np.zeros((count, 28, 28), np.float32)
    for k in np.unique(kinds):
        images[kinds == k] = write(DIGITS[k][0], int((kinds == k).sum()), rng)
    return images, np.array([DIGITS[k][1] for k in kinds], np.int64)
