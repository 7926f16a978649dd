"""One training on images and its score after every epoch: the book's way, or this package's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import Adam, SoftmaxCrossEntropy, build_network
from pi_nn.training.experiments.book import BookNetwork, book_targets
from pi_nn.training.experiments.experiment import Parameters
from pi_nn.training.experiments.job import Row
from pi_nn.training.experiments.loop import one_epoch
from pi_nn.training.experiments.material import Material, load_parts

# Records turned into floats at a time: 6,144 x 784 float64 are 39 MB.
CHUNK = 6144
BATCH = 64
# Images on which every epoch is scored.
TESTED = 10_000

# Tiles (N, 28, 28) of 0..1 -> outputs (N, 10), the largest is the answer.
Answer = Callable[[NDArray[Any]], NDArray[Any]]


def lesson(
    network: str,
    data: str,
    *,
    records: int,
    hidden: int = 100,
    learning_rate: float = 0.1,
    epochs: int = 1,
    angle: int = 0,
) -> Parameters:
    """The parameters of one training; ``network`` is "book" or "ours", ``angle`` in degrees, 0: no copies."""
    how = "record by record" if network == "book" else f"adam, batches of {BATCH}"
    return {
        "network": network,
        "method": how,
        "data": data,
        "records": records,
        "hidden": hidden,
        "learning_rate": learning_rate,
        "epochs": epochs,
        "angle": angle,
    }


def lesson_cost(p: Parameters) -> float:
    """In book records; measured once on 784-10-10, 784-100-10 and 784-500-10."""
    turned = 3 if p["angle"] else 1
    hundreds = float(p["hidden"]) / 100
    an_image = 0.6 + 0.4 * hundreds
    if p["network"] == "ours":
        an_image *= 0.4
    tested = TESTED * (0.1 + 0.25 * hundreds)
    return float(p["epochs"]) * (float(p["records"]) * turned * an_image + tested)


def teach(p: Parameters, seed: int) -> list[Row]:
    """Train as ``p`` (of :func:`lesson`) says; a row an epoch with the accuracy on the test images, 0..1."""
    train, test = load_parts(str(p["data"]))
    angle = float(p["angle"])
    material = Material(train, int(p["records"]), (angle, -angle) if angle else ())
    rng = np.random.default_rng(seed)
    taught = teach_book(p, material, rng) if p["network"] == "book" else teach_ours(p, material, rng)
    tiles = test.images / 255
    return [
        {"epoch": epoch, "accuracy": float(np.mean(answer(tiles).argmax(axis=1) == test.labels))}
        for epoch, answer in enumerate(taught, start=1)
    ]


def teach_book(p: Parameters, material: Material, rng: np.random.Generator) -> Iterator[Answer]:
    """The book's network after each epoch, the records in their order."""
    network = BookNetwork.drawn(int(p["hidden"]), float(p["learning_rate"]), rng)
    targets = book_targets(material.labels)
    for _ in range(int(p["epochs"])):
        for start in range(0, len(material), CHUNK):
            chunk = np.arange(start, min(start + CHUNK, len(material)))
            network.train(material.pixels(chunk) * 0.99 + 0.01, targets[chunk])
        yield lambda tiles: network.query(tiles.reshape(len(tiles), -1) * 0.99 + 0.01)


def teach_ours(p: Parameters, material: Material, rng: np.random.Generator) -> Iterator[Answer]:
    """ReLU, cross-entropy and shuffled mini-batches by the package's own layers, after each epoch."""
    network = build_network(f"784-{p['hidden']}-10", rng=rng)
    optimizer, targets = Adam(network.parameters(), float(p["learning_rate"])), material.labels

    def fetch(chosen: NDArray[np.intp]) -> tuple[NDArray[Any], NDArray[Any]]:
        return material.pixels(chosen, np.float32), targets[chosen]

    for _ in range(int(p["epochs"])):
        order = rng.permutation(len(material))
        one_epoch(network, SoftmaxCrossEntropy(), optimizer, fetch, order, BATCH)
        yield lambda tiles: network.forward(tiles.reshape(len(tiles), -1).astype(np.float32))
