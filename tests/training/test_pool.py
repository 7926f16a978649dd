"""A pool keeps what its teacher said, and hands it out by the generator alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pi_nn.errors import DataError
from pi_nn.training.pool import Pool, fill


def batches(count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Tile n is all n / 255, and its target is class n."""
    for k in range(count):
        numbers = np.arange(3 * k, 3 * k + 3)
        tiles = np.broadcast_to(numbers[:, None, None] / np.float32(255), (3, 28, 28)).astype(np.float32)
        yield tiles.reshape(3, 28, 28, 1), np.eye(11, dtype=np.float32)[numbers % 11]


def test_tiles_come_back_with_their_targets(tmp_path: Path) -> None:
    assert fill(tmp_path / "pool", batches(4), most=11) == 11
    pool = Pool.load(tmp_path / "pool", growth=1.5)
    images = np.zeros((8, 28, 28), np.uint8)
    pictures, rows = pool(images, np.zeros(8, np.int64), np.random.default_rng(0))
    assert pictures.shape == (12, 28, 28)
    assert pictures.dtype == np.float32
    numbers = np.rint(pictures[:, 0, 0] * 255).astype(int)
    assert numbers.max() < 11
    np.testing.assert_array_equal(rows, np.eye(11)[numbers])
    again = pool(images, np.zeros(8, np.int64), np.random.default_rng(0))
    np.testing.assert_array_equal(again[0], pictures)


def test_a_pool_that_was_not_finished_is_none(tmp_path: Path) -> None:
    fill(tmp_path, batches(1), most=3)

    def interrupted() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        yield from batches(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill(tmp_path, interrupted(), most=6)
    with pytest.raises(DataError, match="fill one first"):
        Pool.load(tmp_path)


def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, batches(2), most=6)
    np.save(tmp_path / "targets.npy", np.zeros((5, 11), np.float32))
    with pytest.raises(DataError, match="6 tiles but 5 targets"):
        Pool.load(tmp_path)
