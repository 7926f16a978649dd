"""ONNX Runtime reads what we write, and answers the same."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from pi_nn.errors import NetworkError
from pi_nn.nn import (
    AvgPool2d,
    Conv2d,
    DepthwiseConv2d,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Step,
    Tanh,
    build_network,
    bundled_names,
    load_network,
    save_network,
)
from pi_nn.training.onnx_export import export_onnx

pytest.importorskip("onnx", reason="needs the onnx extra")


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def everything() -> Sequential:
    r = rng()
    body = [DepthwiseConv2d(6, 3, padding=1, rng=r), Tanh(), Conv2d(6, 6, 1, rng=r)]
    head = [MaxPool2d(2), Flatten(), Linear(6 * 3 * 3, 10, rng=r)]
    return Sequential(
        [Conv2d(1, 6, 5, stride=2, padding=2, rng=r), ReLU(), Residual(body), AvgPool2d(2), *head]
    )


def pooled() -> Sequential:
    return Sequential([Conv2d(1, 4, 3, rng=rng()), GlobalAvgPool2d(), Linear(4, 10, bias=False, rng=rng())])


def ended(last: type) -> Sequential:
    return Sequential([Linear(784, 10, rng=rng()), last()], (784,))


NETWORKS = {
    "mlp": lambda: build_network("784-20-10", rng=rng()),
    "tiny": lambda: build_network("tiny", rng=rng()),
    "everything": everything,
    "pooled": pooled,
    "sigmoid": lambda: ended(Sigmoid),
    "softmax": lambda: ended(Softmax),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("junk", [False, True])
def test_onnx_runtime_agrees(
    name: str, junk: bool, tmp_path: Path, mnist_sample: tuple[np.ndarray, np.ndarray]
) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    classes = [str(i) for i in range(9 if junk else 10)]
    weights = tmp_path / "w.npz"
    save_network(weights, NETWORKS[name](), name=name, classes=classes, temperature=0.7, junk=junk)
    network = load_network(weights)
    export_onnx(network, tmp_path / "w.onnx")
    session = runtime.InferenceSession(str(tmp_path / "w.onnx"), providers=["CPUExecutionProvider"])
    x = mnist_sample[0][:50].astype(np.float32) / 255
    answers = session.run(None, {"pixels": x})
    expected, doubt = network.scores(x)
    np.testing.assert_allclose(answers[0], expected, atol=1e-5)
    if junk:
        np.testing.assert_allclose(answers[1], doubt, atol=1e-5)
    assert len(answers) == 1 + junk


@pytest.mark.parametrize("name", bundled_names())
def test_onnx_runtime_agrees_on_bundled_networks(
    name: str, tmp_path: Path, mnist_sample: tuple[np.ndarray, np.ndarray]
) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    network = load_network(name)
    export_onnx(network, tmp_path / "w.onnx")
    session = runtime.InferenceSession(str(tmp_path / "w.onnx"), providers=["CPUExecutionProvider"])
    x = mnist_sample[0].astype(np.float32) / 255
    for answer, expected in zip(session.run(None, {"pixels": x}), network.scores(x), strict=True):
        np.testing.assert_allclose(answer, expected, atol=1e-4)


def test_unknown_layer_is_refused(tmp_path: Path) -> None:
    save_network(tmp_path / "w.npz", ended(Step), name="w", classes=list("0123456789"))
    with pytest.raises(NetworkError, match=r"Step.* cannot be written as ONNX"):
        export_onnx(load_network(tmp_path / "w.npz"), tmp_path / "w.onnx")


def test_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_network(tmp_path / "w.npz", ended(Sigmoid), name="w", classes=list("0123456789"))
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(NetworkError, match=r"pip install 'pi-nn\[onnx\]'"):
        export_onnx(load_network(tmp_path / "w.npz"), tmp_path / "w.onnx")
