"""Tiles and a teacher's answers, made once and learnt from by many pupils."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import DataError
from pi_nn.nn.workspace import Array
from pi_nn.training.mixture import to_bytes, to_floats
from pi_nn.training.warp import Images


@dataclass(frozen=True, slots=True)
class Pool:
    """``tiles`` uint8 (N, 28, 28) and ``targets`` float32 (N, K), rows of sum 1.

    Called as an `Augment` it leaves the batch's images aside and draws tiles instead, ``growth`` as many.
    """

    tiles: NDArray[np.uint8]
    targets: NDArray[np.float32]
    growth: float = 1.0

    def __call__(
        self, images: NDArray[np.uint8], labels: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[Images, Array]:
        """Pictures (M, 28, 28), 0..1, and soft rows (M, K), any of the pool's, M = growth * len(images)."""
        chosen = rng.integers(0, len(self.tiles), round(self.growth * len(images)))
        return to_floats(self.tiles[chosen]), self.targets[chosen]

    @classmethod
    def load(cls, folder: Path, growth: float = 1.0) -> Pool:
        """What :func:`fill` left in ``folder``; the tiles stay on the disk. Raises :class:`DataError`."""
        try:
            tiles = np.load(folder / "tiles.npy", mmap_mode="r", allow_pickle=False)
            targets = np.load(folder / "targets.npy", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DataError(f"{folder}: no pool of tiles ({error}); fill one first") from error
        if len(tiles) != len(targets) or tiles.shape[1:] != (28, 28):
            raise DataError(f"{folder}: {len(tiles)} tiles but {len(targets)} targets; fill it again")
        return cls(tiles, targets, growth)


def fill(folder: Path, batches: Iterator[tuple[Images, Array]], most: int) -> int:
    """Writes up to ``most`` tiles with their targets into ``folder``; returns how many there were.

    The targets come last and under another name until whole: a pool without them was not finished.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "targets.npy").unlink(missing_ok=True)
    tiles = np.lib.format.open_memmap(folder / "tiles.npy", "w+", np.uint8, (most, 28, 28))
    targets: list[Array] = []
    count = 0
    for pictures, rows in batches:
        taken = min(len(pictures), most - count)
        tiles[count : count + taken] = to_bytes(pictures[:taken].reshape(-1, 28, 28))
        targets.append(np.asarray(rows[:taken], np.float32))
        count += taken
        if count == most:
            break
    tiles.flush()
    whole = folder / "targets.part.npy"
    np.save(whole, np.concatenate(targets))
    whole.replace(folder / "targets.npy")
    return count
