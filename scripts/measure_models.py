"""Measure networks and keep their records: python scripts/measure_models.py digits-cnn runs/digits-cnn-2.npz

For each weights file (or bundled name) docs/records/networks/NAME-SEED.json gets its training record, its
sum and what it reached: MNIST test, each kind of damage, other writers, junk and pictures that are no
digits, calibration. Nothing here is used in training or to choose anything. At the end, or with no file
at all, the records' table is printed: mean and standard deviation over the seeds.
MNIST is found as `pi-nn evaluate` finds it; --writers takes an .npz with `images` and `labels`;
--photographs a folder with pictures of anything but digits, of which small patches are taken.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pi_nn.nn import Network, load_network
from pi_nn.training.calibration import expected_calibration_error
from pi_nn.training.datasets import Dataset, load_data
from pi_nn.training.degrade import DAMAGES
from pi_nn.training.junk import KINDS, junk
from pi_nn.training.mixture import to_floats
from pi_nn.training.warp import Images

RECORDS = Path(__file__).resolve().parent.parent / "docs" / "records" / "networks"
SEED = 20_240_229  # of damage and junk; training counts its seeds from 1
CHUNK = 500
PATCHES = 4_000


class Answers:
    """What a network says of pictures (N, 28, 28): class, calibrated confidence, accepted or not."""

    def __init__(self, network: Network, images: Images) -> None:
        parts = [network.scores(images[i : i + CHUNK]) for i in range(0, len(images), CHUNK)]
        shares = np.concatenate([shares for shares, _ in parts])
        junk_share = np.concatenate([share for _, share in parts])
        chances = np.sort(shares * (1 - junk_share[:, None]), axis=1)
        limit = network.thresholds
        self.digit = shares.argmax(axis=1)
        self.confidence = chances[:, -1]
        self.accepted = (
            (chances[:, -1] >= limit.confidence)
            & (chances[:, -1] - chances[:, -2] >= limit.margin)
            & (junk_share <= limit.junk)
        )


def percent(part: NDArray[np.bool_]) -> float:
    return round(100 * float(part.mean()), 2)


def measure(network: Network, test: Dataset, options: argparse.Namespace) -> dict[str, float]:
    images = to_floats(test.images)
    clean = Answers(network, images)
    right = clean.digit == test.labels
    figures = {
        "parameters": network.parameter_count,
        "multiply-adds": network.multiply_adds,
        "MNIST test": percent(right),
        "MNIST test, accepted": percent(clean.accepted),
        "MNIST test, accepted and wrong": percent(clean.accepted & ~right),
        "calibration error": round(100 * expected_calibration_error(clean.confidence, right), 2),
    }
    if options.writers:
        other = load_data(str(options.writers), "test")
        figures["other writers"] = percent(Answers(network, to_floats(other.images)).digit == other.labels)
    rng = np.random.default_rng(SEED)
    damaged = {name: Answers(network, damage(images, rng)).digit for name, damage in DAMAGES.items()}
    hits = {name: percent(digit == test.labels) for name, digit in damaged.items()}
    figures |= {"damage, mean": round(float(np.mean(list(hits.values()))), 2), **hits}
    return figures | strangers(network, images, options)


def strangers(network: Network, digits: Images, options: argparse.Namespace) -> dict[str, float]:
    """How much of what is no digit is accepted."""
    rng = np.random.default_rng(SEED)
    figures = {"junk, accepted": percent(Answers(network, junk(5_000, digits, rng)).accepted)}
    for _, kind in KINDS:
        found = Answers(network, kind(500, digits, rng)).accepted
        figures[f"junk: {kind.__name__}, accepted"] = percent(found)
    if options.photographs:
        pictures = patches(options.photographs, PATCHES, rng)
        figures["photographs, accepted"] = percent(Answers(network, pictures).accepted)
        figures["photographs in negative, accepted"] = percent(Answers(network, 1 - pictures).accepted)
    return figures


def patches(folder: Path, count: int, rng: np.random.Generator) -> Images:
    """Square patches of all sizes, from anywhere in the folder's pictures, as tiles (count, 28, 28)."""
    grey = [Image.open(path).convert("L") for path in sorted(folder.iterdir())]
    tiles = np.empty((count, 28, 28), np.float32)
    for k in range(count):
        picture = grey[k % len(grey)]
        side = int(np.exp(rng.uniform(np.log(28), np.log(min(picture.size)))))
        left, top = rng.integers(0, picture.width - side + 1), rng.integers(0, picture.height - side + 1)
        patch = picture.crop((left, top, left + side, top + side))
        tiles[k] = np.asarray(patch.resize((28, 28), Image.Resampling.BOX), np.float32) / 255
    return tiles


def record(network: Network, figures: dict[str, float]) -> dict[str, Any]:
    return {
        "name": network.name,
        "sha256": network.sha256,
        "parameters": network.parameter_count,
        "multiply_adds": network.multiply_adds,
        "temperature": network.temperature,
        "thresholds": network.thresholds.to_json(),
        **network.record,
        "measured": figures,
    }


def table(folder: Path) -> str:
    """A column a network, a row a figure: mean ± standard deviation (of n - 1) over its records' seeds."""
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_text())
        found[content["name"]].append(content["measured"])
    rows = [["", *found], ["---"] * (len(found) + 1), ["seeds", *(str(len(runs)) for runs in found.values())]]
    for figure in dict.fromkeys(name for runs in found.values() for run in runs for name in run):
        rows.append(
            [figure, *(spread([run[figure] for run in runs if figure in run]) for runs in found.values())]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def spread(values: list[float]) -> str:
    if len(set(values)) < 2:
        return f"{values[0]:,.10g}" if values else "–"
    return f"{np.mean(values):.2f} ± {np.std(values, ddof=1):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help="bundled names or paths")
    parser.add_argument("--writers", type=Path)
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--records", type=Path, default=RECORDS, help="folder for the records")
    options = parser.parse_args()
    test = load_data("mnist", "test")
    for name in options.models:
        network = load_network(name)
        content = record(network, measure(network, test, options))
        path = options.records / f"{network.name}-{content['seed']}.json"
        path.write_text(json.dumps(content, indent=1) + "\n")
    print(table(options.records))


if __name__ == "__main__":
    main()
