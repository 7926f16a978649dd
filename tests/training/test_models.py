"""The bundled weights are what docs/models.md says of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pi_nn.nn import bundled_names, load_network

REPO = Path(__file__).parents[2]
LIMITS = {"digits-cnn": (100_000, 2_000_000), "digits-tiny": (15_000, 400_000)}


def test_both_are_bundled() -> None:
    assert set(bundled_names()) >= set(LIMITS)


@pytest.mark.parametrize("name", LIMITS)
def test_a_bundled_network_is_small_knows_junk_and_has_its_record(name: str) -> None:
    network = load_network(name)
    parameters, multiply_adds = LIMITS[name]
    assert network.parameter_count <= parameters
    assert network.multiply_adds <= multiply_adds
    assert network.has_junk
    assert network.record["data"]["training"]["images"] == 55_000
    records = [
        json.loads(path.read_text())
        for path in (REPO / "docs" / "records" / "networks").glob(f"{name}-*.json")
    ]
    assert network.sha256 in [record["sha256"] for record in records]


@pytest.mark.parametrize("name", LIMITS)
def test_a_bundled_network_reads_the_fixture_and_refuses_noise(name: str) -> None:
    network = load_network(name)
    with np.load(REPO / "tests" / "fixtures" / "mnist_test.npz") as held:
        images, labels = held["images"] * np.float32(1 / 255), held["labels"]
    shares, junk = network.scores(images)
    assert (shares.argmax(axis=1) == labels).sum() >= 494
    assert (shares.max(axis=1) * (1 - junk) >= network.thresholds.confidence).mean() >= 0.98
    noise = np.random.default_rng(0).random((50, 28, 28), dtype=np.float32)
    _, junk = network.scores(noise)
    assert (junk > 0.5).all()
