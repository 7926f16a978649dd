"""How sure the network may say it is."""

from __future__ import annotations

import numpy as np
import pytest

from pi_nn.nn import Linear, Sequential, Sigmoid, SoftmaxCrossEntropy
from pi_nn.nn.blas import _get, _openblas, blas_threads
from pi_nn.training.calibration import (
    as_logits,
    choose_thresholds,
    expected_calibration_error,
    fit_temperature,
    probabilities,
)


@pytest.mark.parametrize("true_temperature", [0.3, 1.0, 4.0])
def test_temperature_is_found(true_temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (4000, 5))
    p = probabilities(logits, 1.0).astype(np.float64)
    labels = (p.cumsum(axis=1) > rng.random((4000, 1))).argmax(axis=1)
    found = fit_temperature(logits * true_temperature, labels)
    assert found == pytest.approx(true_temperature, rel=0.06)
    losses = [
        SoftmaxCrossEntropy()(logits * true_temperature / (found * f), labels)[0] for f in (0.97, 1, 1.03)
    ]
    assert losses[1] == min(losses)


def test_temperature_stays_in_range_when_all_is_right() -> None:
    assert 0.04 < fit_temperature(np.eye(3) * 50, np.arange(3)) < 21


def test_expected_calibration_error_by_hand() -> None:
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.5, 0.5, 1.0])
    right = np.array([1, 1, 1, 0, 0, 1, 1], bool)
    assert expected_calibration_error(confidence, right) == pytest.approx(
        (0.2 * 4 - 0.2 + 0.2) / 7 - 0.0 / 7, abs=0.03
    )
    assert expected_calibration_error(np.array([0.75] * 4), np.array([1, 1, 1, 0], bool)) == pytest.approx(0)
    assert expected_calibration_error(np.array([0.9] * 4), np.zeros(4, bool)) == pytest.approx(0.9)


def test_thresholds_keep_the_coverage() -> None:
    confidence = np.random.default_rng(0).uniform(0.45, 1, 5000)
    for coverage in (0.5, 0.7, 0.85):
        limits = choose_thresholds(confidence, coverage)
        accepted = confidence >= limits.confidence
        assert coverage <= accepted.mean() < coverage + 0.01
        # The margin refuses nothing that the confidence lets pass.
        assert limits.margin <= 2 * limits.confidence - 1 + 1e-9


@pytest.mark.parametrize(("level", "expected"), [(0.1, 0.5), (1.0, 0.99)])
def test_thresholds_stay_in_range(level: float, expected: float) -> None:
    assert choose_thresholds(np.full(100, level)).confidence == expected


def test_independent_outputs_count_by_their_logarithm() -> None:
    network = Sequential([Linear(784, 3, rng=np.random.default_rng(0)), Sigmoid()], (784,))
    outputs = np.array([[0.5, 0.25, 0.25]], np.float32)
    np.testing.assert_allclose(probabilities(as_logits(network, outputs), 1.0), outputs, rtol=1e-6)


def test_one_blas_thread_and_back() -> None:
    before = [_get(*entry) for entry in _openblas()]
    with blas_threads(1):
        assert all(_get(*entry) == 1 for entry in _openblas())
    assert [_get(*entry) for entry in _openblas()] == before
