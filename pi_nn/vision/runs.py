"""Connected components of a mask by its horizontal runs, vectorised: no loop over pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from pi_nn.records import Box

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

    def within(self, box: Box) -> int:
        """Pixels of ink within a box (x, y, width, height)."""
        x, y, width, height = box
        near = (self.row >= y) & (self.row < y + height)
        covered = np.minimum(self.stop[near], x + width) - np.maximum(self.start[near], x)
        return int(covered[covered > 0].sum())

    def paint(self, x: int, y: int, width: int, height: int) -> NDArray[np.bool_]:
        """The runs as a bool mask (height, width) whose corner lies at (x, y); all must lie inside.

        No two runs may begin, or end, in the same place.
        """
        # One more at the start of each run, one less behind its end, then the sum of what came so far.
        change = np.zeros(height * width + 1, np.int8)
        line = (self.row - y) * width - x
        change[line + self.start] = 1
        change[line + self.stop] -= 1
        return np.asarray(np.add.accumulate(change, dtype=np.int8)[:-1] > 0).reshape(height, width)


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
    edges = (flat[1:] != flat[:-1]).nonzero()[0] + 1
    if flat.size and flat[0]:
        edges = np.concatenate(([0], edges))
    starts, stops = edges[0::2], edges[1::2]
    row = starts // (width + 1)
    return Runs(row, starts - row * (width + 1), stops - row * (width + 1))


def find_blobs(runs: Runs) -> Blobs:
    """8-connected components of ``runs``, which are in row order, numbered by their first run."""
    count = len(runs)
    if count == 0:
        none = np.zeros(0, np.intp)
        return Blobs(runs, none, np.zeros(1, np.intp), none.reshape(0, 4), none)
    label = _labels(*_touched(runs), int(runs.row[-1] - runs.row[0]))
    order = np.argsort(label, kind="stable")
    grouped, members = label[order], runs.take(order)
    bounds = np.concatenate(([0], (grouped[1:] != grouped[:-1]).nonzero()[0] + 1, [count]))
    first = bounds[:-1]
    boxes = np.empty((len(first), 4), np.intp)
    boxes[:, 0] = np.minimum.reduceat(members.start, first)
    boxes[:, 1] = members.row[first]
    boxes[:, 2] = np.maximum.reduceat(members.stop, first)
    boxes[:, 3] = members.row[bounds[1:] - 1] + 1
    boxes[:, 2:] -= boxes[:, :2]
    area = np.add.reduceat(members.stop - members.start, first)
    return Blobs(runs, order, bounds, boxes, area)


def _touched(runs: Runs) -> tuple[Ints, Ints]:
    """For each run the first run of the row above that touches it, corners included, and after the last."""
    # A row's keys lie further apart than any run is long, so one sorted search serves all rows.
    pitch = int(runs.stop.max()) + 2
    row = runs.row * pitch
    start, stop = row + runs.start, row + runs.stop
    return np.searchsorted(stop, start - pitch, side="left"), np.searchsorted(
        start, stop - pitch, side="right"
    )


def _labels(low: Ints, high: Ints, height: int) -> Ints:
    """The smallest member of each run's component; run ``i`` touches runs ``low[i]`` to ``high[i] - 1``.

    ``height`` is the number of rows below the first.
    """
    own = np.arange(len(low))
    # Every run hangs on the first one above that it touches; those that touch more join what hangs there.
    parent = _roots(np.where(high > low, low, own), height)
    counts = high - low - 1
    more = (counts > 0).nonzero()[0]
    if len(more) == 0:
        return parent
    counts = counts[more]
    a = more.repeat(counts)
    b = low[more].repeat(counts) + 1 + np.arange(len(a)) - (np.cumsum(counts) - counts).repeat(counts)
    return _joined(parent, a, b)


def _joined(parent: Ints, a: Ints, b: Ints) -> Ints:
    """Roots once ``a`` and ``b`` belong together: hooking and pointer jumping (Shiloach, Vishkin 1982)."""
    while len(a):
        low, high = np.minimum(parent[a], parent[b]), np.maximum(parent[a], parent[b])
        apart = low != high
        a, b, low, high = a[apart], b[apart], low[apart], high[apart]
        # Where one root is named twice either will do: the other pair stays apart until the next round.
        parent[high] = low
        parent = _roots(parent, len(a) + 1)
    return parent


def _roots(parent: Ints, most: int) -> Ints:
    """Where the way from each member to its parent, to its parent ... ends, of ``most`` steps at most."""
    for _ in range(most.bit_length()):
        parent = parent[parent]
    return parent
