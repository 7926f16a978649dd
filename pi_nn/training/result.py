"""From a fitted network to its weights file: calibrated, with thresholds and a record of the training."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi_nn import __version__
from pi_nn.nn import Sequential, Thresholds, fold, save_network
from pi_nn.nn.workspace import Array
from pi_nn.training.batches import as_input, as_targets
from pi_nn.training.calibration import (
    as_logits,
    choose_thresholds,
    expected_calibration_error,
    fit_temperature,
    probabilities,
)
from pi_nn.training.datasets import Dataset
from pi_nn.training.fit import Fitted
from pi_nn.training.recipe import Recipe

CHUNK = 250
# Fewer validation images than this, all read right, do not show that a network may be surer than it is.
ENOUGH = 200


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the validation images say of the network's confidence, before and after."""

    temperature: float
    thresholds: Thresholds
    error_before: float
    error: float
    coverage: float
    accepted_accuracy: float


def calibrate(network: Sequential, validation: Dataset) -> Calibration:
    """Temperature and thresholds for ``network`` from images that it was not trained on."""
    junk = network.output_shape[0] > len(validation.classes)
    logits = as_logits(network, outputs(network, validation.images))
    labels = as_targets(validation.labels, network.output_shape[0])
    temperature = fit_temperature(logits, labels)
    if len(validation) < ENOUGH:
        temperature = max(1.0, temperature)
    digits = validation.labels >= 0
    before, _ = _confidence(logits[digits], 1.0, labels[digits], junk)
    confidence, right = _confidence(logits[digits], temperature, labels[digits], junk)
    thresholds = choose_thresholds(confidence)
    accepted = confidence >= thresholds.confidence
    return Calibration(
        temperature,
        thresholds,
        expected_calibration_error(before, right),
        expected_calibration_error(confidence, right),
        float(accepted.mean()),
        float(right[accepted].mean()) if accepted.any() else 0.0,
    )


def _confidence(
    logits: NDArray[np.float32], temperature: float, labels: NDArray[np.int64], junk: bool
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """(the best digit's probability, whether that digit is right); a junk output is no digit."""
    p = probabilities(logits, temperature)
    digits = p[:, :-1] if junk else p
    return digits.max(axis=1), digits.argmax(axis=1) == labels


def outputs(
    network: Sequential, images: Array, progress: Callable[[int, int], None] = lambda done, of: None
) -> NDArray[np.float32]:
    """The raw outputs (N, K) for uint8 (N, 28, 28), or for features as float32."""
    told = [np.zeros((0, *network.output_shape), np.float32)]
    for i in range(0, len(images), CHUNK):
        told.append(network.forward(as_input(images[i : i + CHUNK], network.input_shape)))
        progress(min(i + CHUNK, len(images)), len(images))
    return np.concatenate(told)


def save_result(
    path: Path,
    network: Sequential,
    fitted: Fitted,
    recipe: Recipe,
    train: Dataset,
    validation: Dataset,
    *,
    command: Sequence[str] = (),
    source: str = "mnist",
    augmentation: str = "none",
    name: str | None = None,
    calibration: Calibration | None = None,
) -> Calibration:
    """Calibrate, then write the weights file with its training record. Raises as ``save_network`` does."""
    calibration = calibration or calibrate(fold(network), validation)
    record = _record(fitted, recipe, train, validation, calibration)
    record |= {"command": list(command), "source": source, "augmentation": augmentation}
    save_network(
        path,
        network,
        name=name or path.stem[:64],
        classes=train.classes,
        thresholds=calibration.thresholds,
        temperature=calibration.temperature,
        junk=network.output_shape[0] > len(train.classes),
        record=record,
    )
    return calibration


def _record(
    fitted: Fitted, recipe: Recipe, train: Dataset, validation: Dataset, calibration: Calibration
) -> dict[str, Any]:
    """What happened, for the weights file."""
    known = asdict(calibration)
    return {
        "seed": recipe.seed,
        "recipe": recipe.to_json(),
        "data": {
            "training": {"images": len(train), "sha256": train.sha256},
            "validation": {"images": len(validation), "sha256": validation.sha256},
        },
        "epochs": len(fitted.history),
        "interrupted": fitted.interrupted,
        "best": asdict(fitted.best),
        "calibration": {k: v for k, v in known.items() if k not in ("temperature", "thresholds")},
        "seconds": round(fitted.seconds, 1),
        "versions": versions(),
    }


def versions() -> dict[str, Any]:
    """What the figures depend on besides the recipe."""
    found = {"pi-nn": __version__, "python": platform.python_version(), "numpy": np.__version__}
    with suppress(PackageNotFoundError):
        found["scipy"] = version("scipy")
    return {**found, "machine": platform.machine(), "system": sys.platform}
