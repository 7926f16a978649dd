"""Connected components of a mask by its horizontal runs, vectorised: no loop over pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ints: TypeAlias = "NDArray[np.intp]"


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Horizontal runs of ink: run ``i`` covers columns ``start[i] <= x < stop[i]`` of ``row[i]``."""

    row: Ints
    start: Ints
    stop: Ints

    def __len__(self) -> int:
        return len(self.row)

    def take(self, index: Ints) -> Runs:
        return Runs(self.row[index], self.start[index], self.stop[index])

    def paint(self, x: int, y: int, width: int, height: int) -> NDArray[np.bool_]:
        """The runs as a bool mask (height, width) whose corner lies at (x, y); all must lie inside."""
        lengths = self.stop - self.start
        ends = np.cumsum(lengths)
        inside = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - lengths, lengths)
        mask = np.zeros(height * width, bool)
        mask[np.repeat((self.row - y) * width + self.start - x, lengths) + inside] = True
        return mask.reshape(height, width)


@dataclass(frozen=True, slots=True, eq=False)
class Blobs:
    """Connected components. ``boxes`` is (n, 4) as x, y, width, height; ``area`` (n,) in pixels.

    ``order[first[i]:first[i + 1]]`` are the indices of the runs of component ``i``.
    """

    runs: Runs
    order: Ints
    first: Ints
    boxes: Ints
    area: Ints

    def __len__(self) -> int:
        return len(self.area)

    def runs_of(self, blob: int) -> Runs:
        return self.runs.take(self.order[self.first[blob] : self.first[blob + 1]])


def find_runs(mask: NDArray[np.bool_]) -> Runs:
    """The runs of a bool mask (H, W), in row order."""
    height, width = mask.shape
    padded = np.zeros((height, width + 1), bool)
    padded[:, :width] = mask
    flat = padded.reshape(-1)
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if flat.size and flat[0]:
        edges = np.concatenate(([0], edges))
    starts, stops = edges[0::2], edges[1::2]
    row = starts // (width + 1)
    return Runs(row, starts - row * (width + 1), stops - row * (width + 1))


def find_blobs(runs: Runs) -> Blobs:
    """8-connected components of ``runs``, numbered by their first run."""
    count = len(runs)
    if count == 0:
        none = np.zeros(0, np.intp)
        return Blobs(runs, none, np.zeros(1, np.intp), none.reshape(0, 4), none)
    label = _union(count, *_touching(runs))
    order = np.argsort(label, kind="stable")
    grouped = label[order]
    first = np.flatnonzero(np.concatenate(([True], grouped[1:] != grouped[:-1])))
    sorted_runs = runs.take(order)
    left = np.minimum.reduceat(sorted_runs.start, first)
    right = np.maximum.reduceat(sorted_runs.stop, first)
    top = np.minimum.reduceat(sorted_runs.row, first)
    bottom = np.maximum.reduceat(sorted_runs.row, first) + 1
    area = np.add.reduceat(sorted_runs.stop - sorted_runs.start, first)
    boxes = np.stack([left, top, right - left, bottom - top], axis=1)
    return Blobs(runs, order, np.append(first, count), boxes, area)


def _touching(runs: Runs) -> tuple[Ints, Ints]:
    """Pairs of runs in neighbouring rows that touch, corners included."""
    # A row's keys lie further apart than any run is long, so one sorted search serves all rows.
    pitch = int(runs.stop.max()) + 2
    above = (runs.row - 1) * pitch
    low = np.searchsorted(runs.row * pitch + runs.stop, above + runs.start, side="left")
    high = np.searchsorted(runs.row * pitch + runs.start, above + runs.stop, side="right")
    counts = np.maximum(high - low, 0)
    below = np.repeat(np.arange(len(runs)), counts)
    offset = np.arange(len(below)) - np.repeat(np.cumsum(counts) - counts, counts)
    return below, np.repeat(low, counts) + offset


def _union(count: int, a: Ints, b: Ints) -> Ints:
    """The smallest member of each run's component: hooking and pointer jumping (Shiloach, Vishkin 1982)."""
    parent = np.arange(count)
    while len(a):
        low, high = np.minimum(parent[a], parent[b]), np.maximum(parent[a], parent[b])
        open_pairs = low != high
        a, b, low, high = a[open_pairs], b[open_pairs], low[open_pairs], high[open_pairs]
        np.minimum.at(parent, high, low)
        while True:
            grand = parent[parent]
            if np.array_equal(grand, parent):
                break
            parent = grand
    return parent
