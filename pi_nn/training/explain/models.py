"""The network to look into: bundled, a file, or the book's own, taught on the spot."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from pi_nn.nn import Network, load_network, save_network
from pi_nn.training.experiments.book import BookNetwork, book_targets
from pi_nn.training.experiments.lesson import CHUNK
from pi_nn.training.experiments.material import Material, load_parts

BOOK = "book"


def find_network(model: str, data: str) -> Network:
    """A bundled name, a path, or ``book``: 784-100-10 after one epoch on ``data`` by the book's rules."""
    return teach_book_network(data) if model == BOOK else load_network(model)


def teach_book_network(data: str, seed: int = 0) -> Network:
    """The book's network with learning rate 0.1; a few seconds on MNIST's 60,000 records."""
    train, _ = load_parts(data)
    material = Material(train, len(train))
    network = BookNetwork.drawn(100, 0.1, np.random.default_rng(seed), outputs=len(train.classes))
    targets = book_targets(material.labels, len(train.classes))
    for start in range(0, len(material), CHUNK):
        chunk = np.arange(start, min(start + CHUNK, len(material)))
        network.train(material.pixels(chunk) * 0.99 + 0.01, targets[chunk])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.npz"
        save_network(path, network.sequential(), name="the book's network", classes=train.classes)
        return load_network(path)
