#!/usr/bin/env python3
"""Makes pi_nn/cameras/digits.npz, the digits that the simulated camera draws: make_camera_digits.py FOLDER

They come from the last 5,000 images of MNIST's training file (55,000 to 59,999), which pi_nn keeps for
validation and never trains on. Legible ones are chosen by a rule, not by eye: an image is taken when all
of its ten nearest neighbours among the other 4,999 (Euclidean distance of the pixels) bear its own label;
of each class the first thirty in the file's order.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FIRST, LAST = 55_000, 60_000
PER_CLASS, NEIGHBOURS = 30, 10
META = {
    "source": "MNIST training file, images 55000 to 59999 (validation, never trained on)",
    "rule": "the 10 nearest neighbours among the 5000 bear the same label; the first 30 of each class",
    "authors": "Yann LeCun, Corinna Cortes, Christopher J. C. Burges",
    "title": "The MNIST database of handwritten digits",
    "license": "CC BY-SA 3.0",
}


def read_idx(path: Path, header: int) -> NDArray[np.uint8]:
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


def legible(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> NDArray[np.intp]:
    flat = images.reshape(len(images), -1).astype(np.float32) / 255
    squares = (flat**2).sum(1)
    distance = squares[:, None] + squares[None] - 2 * flat @ flat.T
    np.fill_diagonal(distance, np.inf)
    nearest = np.argpartition(distance, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    agreed = (labels[nearest] == labels[:, None]).all(1)
    return np.sort(np.concatenate([np.flatnonzero(agreed & (labels == d))[:PER_CLASS] for d in range(10)]))


def main(folder: Path) -> None:
    images = read_idx(folder / "train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)[FIRST:LAST]
    labels = read_idx(folder / "train-labels-idx1-ubyte.gz", 8)[FIRST:LAST]
    chosen = legible(images, labels)
    out = Path(__file__).parents[1] / "pi_nn" / "cameras" / "digits.npz"
    np.savez_compressed(
        out,
        images=images[chosen],
        labels=labels[chosen],
        index=(chosen + FIRST).astype(np.int32),
        meta=np.array(json.dumps(META)),
    )
    print(f"{out}: {len(chosen)} digits, {np.bincount(labels[chosen]).tolist()} a class")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} FOLDER_WITH_THE_MNIST_FILES")
    main(Path(sys.argv[1]))
