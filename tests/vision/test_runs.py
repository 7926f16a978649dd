"""Connected components agree with a plain flood fill."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pi_nn.vision.runs import find_blobs, find_runs


def flood(mask: np.ndarray) -> set[frozenset[tuple[int, int]]]:
    left = {(int(y), int(x)) for y, x in np.argwhere(mask)}
    found = set()
    while left:
        todo = [left.pop()]
        blob = set(todo)
        while todo:
            y, x = todo.pop()
            for near in {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left:
                left.remove(near)
                blob.add(near)
                todo.append(near)
        found.add(frozenset(blob))
    return found


@given(arrays(bool, st.tuples(st.integers(1, 14), st.integers(1, 14))))
def test_components_are_those_of_a_flood_fill(mask: np.ndarray) -> None:
    blobs = find_blobs(find_runs(mask))
    found = set()
    for k in range(len(blobs)):
        x, y, w, h = blobs.boxes[k].tolist()
        own = blobs.runs_of(k).paint(x, y, w, h)
        assert int(own.sum()) == blobs.area[k]
        assert own[0].any()
        assert own[-1].any()
        assert own[:, 0].any()
        assert own[:, -1].any()
        found.add(frozenset((y + int(r), x + int(c)) for r, c in np.argwhere(own)))
    assert found == flood(mask)


def test_a_spiral_is_one_component() -> None:
    mask = np.zeros((31, 31), bool)
    y, x, dy, dx = 0, 0, 0, 1
    for length in [30, 30, 30, 28, 28, 26, 26, 24, 24, 22, 22, 20, 20, 18]:
        for _ in range(length):
            mask[y, x] = True
            y, x = y + dy, x + dx
        dy, dx = dx, -dy
    assert len(find_blobs(find_runs(mask))) == 1
