"""One training on images and its score after every epoch: the book's way, or this package's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pi_nn.nn import SGD, Adam, Optimizer, Sequential, SoftmaxCrossEntropy, build_network
from pi_nn.training.experiments.book import BookNetwork, book_inputs, book_targets
from pi_nn.training.experiments.experiment import Parameters
from pi_nn.training.experiments.job import Row
from pi_nn.training.experiments.material import Material, load_parts

# Records turned into floats at a time: 6,144 x 784 float64 are 39 MB.
CHUNK = 6144
BATCH = 64


def lesson(
    network: str,
    data: str,
    *,
    records: int,
    hidden: int = 100,
    learning_rate: float = 0.1,
    epochs: int = 1,
    angle: int = 0,
    optimizer: str = "",
) -> Parameters:
    """The parameters of one training; ``optimizer`` is for ``network="ours"``."""
    how = "record by record" if network == "book" else f"{optimizer}, batches of {BATCH}"
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
    an_image = 0.6 + 0.4 * float(p["hidden"]) / 100
    if p["network"] == "ours":
        an_image *= 0.4
    return float(p["records"]) * float(p["epochs"]) * turned * an_image


def teach(p: Parameters, seed: int) -> list[Row]:
    """Train as ``p`` (of :func:`lesson`) says; a row an epoch with the accuracy on the test images, 0..1."""
    train, test = load_parts(str(p["data"]))
    angle = float(p["angle"])
    material = Material(train, int(p["records"]), (angle, -angle) if angle else ())
    rng = np.random.default_rng(seed)
    way = teach_book if p["network"] == "book" else teach_ours
    pixels = test.images.reshape(len(test), -1)
    return [
        {"epoch": epoch, "accuracy": score}
        for epoch, score in enumerate(way(p, material, pixels, test.labels, rng), start=1)
    ]


def teach_book(
    p: Parameters, material: Material, pixels: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> Iterator[float]:
    """The book's network, the records in their order; its accuracy on uint8 ``pixels`` after each epoch."""
    network = BookNetwork.drawn(int(p["hidden"]), float(p["learning_rate"]), rng)
    targets = book_targets(material.labels)
    for _ in range(int(p["epochs"])):
        for start in range(0, len(material), CHUNK):
            chunk = np.arange(start, min(start + CHUNK, len(material)))
            network.train(material.pixels(chunk) * 0.99 + 0.01, targets[chunk])
        yield network.accuracy(book_inputs(pixels), labels)


def teach_ours(
    p: Parameters, material: Material, pixels: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> Iterator[float]:
    """ReLU units, cross-entropy and shuffled mini-batches, by the package's own layers."""
    network = build_network(f"784-{p['hidden']}-10", rng=rng)
    rate = float(p["learning_rate"])
    optimizer: Optimizer = (
        Adam(network.parameters(), rate)
        if str(p["method"]).startswith("adam")
        else SGD(network.parameters(), rate)
    )
    x = pixels.astype(np.float32) / np.float32(255)
    for _ in range(int(p["epochs"])):
        _epoch(network, optimizer, material, rng)
        yield float(np.mean(network.forward(x).argmax(axis=1) == labels))


def _epoch(network: Sequential, optimizer: Optimizer, material: Material, rng: np.random.Generator) -> None:
    loss, labels = SoftmaxCrossEntropy(), material.labels
    order = rng.permutation(len(material))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        outputs = network.forward(material.pixels(chosen, np.float32), training=True)
        _, gradient = loss(outputs, labels[chosen])
        network.backward(gradient, to_input=False)
        optimizer.step()
