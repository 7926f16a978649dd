#!/usr/bin/env python3
"""The book's job on a Pi Zero, 10 hidden nodes and one epoch: how well the book's way learns it, and ours.

    python scripts/book_job.py [--records 60000] [--seeds 3]

Trains on the first records of MNIST's training images, measures on the 10,000 test images. Status 1 when ours
is less accurate. What each record costs, scripts/count_instructions.py counts.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from pi_nn.nn import build_network
from pi_nn.training.datasets import Dataset, load_data
from pi_nn.training.fit import fit
from pi_nn.training.recipe import Recipe

NETWORK = "784-10-10"
RECIPE = Recipe(epochs=1, batch_size=96, learning_rate=0.15, optimizer="nesterov", workers=1)
BOOK_RATE = 0.2
"""The best of 0.1, 0.2 and 0.3 for 10 hidden nodes."""
FEW = 100


def ours(train: Dataset, test: Dataset, seed: int) -> float:
    """Accuracy after one epoch in mini-batches."""
    network = build_network(NETWORK, rng=np.random.default_rng(seed))
    # The validation images only choose an epoch; of one there is nothing to choose.
    fit(network, train, train.take(slice(0, FEW)), RECIPE)
    outputs = network.forward(test.images.reshape(-1, 784) / np.float32(255))
    return float(np.mean(outputs.argmax(axis=1) == test.labels))


def books(train: Dataset, test: Dataset, seed: int) -> float:
    """Accuracy after one epoch record by record, by the book's rules."""
    from pi_nn.training.experiments.book import BookNetwork, book_inputs, book_targets

    network = BookNetwork.drawn(10, BOOK_RATE, np.random.default_rng(seed))
    for x, target in zip(book_inputs(train.images), book_targets(train.labels), strict=True):
        network.train_record(x, target)
    return float(np.mean(network.query(book_inputs(test.images)).argmax(axis=1) == test.labels))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=60_000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    train = load_data("mnist", "train").take(slice(0, options.records))
    test = load_data("mnist", "test")
    means = {}
    for name, way in (("the book's way", books), ("ours", ours)):
        found = [way(train, test, seed) for seed in range(options.seeds)]
        means[name] = float(np.mean(found))
        print(f"{name}: mean {means[name]:.4f} of {', '.join(f'{accuracy:.4f}' for accuracy in found)}")
    return 0 if means["ours"] >= means["the book's way"] else 1


if __name__ == "__main__":
    sys.exit(main())
