"""The worked numbers of two books: Taylor 2017 (every stage of one example) and Rashid 2016."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pi_nn.nn import SGD, Linear, Sequential, Sigmoid, SquaredError
from pi_nn.nn.gradcheck import check_network
from pi_nn.nn.initial import initial_weights

FIXTURES = Path(__file__).parents[1] / "fixtures"
TAYLOR = json.loads((FIXTURES / "taylor.json").read_text())
RASHID = json.loads((FIXTURES / "rashid.json").read_text())
GIVEN, EXACT = TAYLOR["given"], TAYLOR["exact_float64"]
X, T = np.array([GIVEN["x"]]), np.array([GIVEN["t"]])


def network_of(*matrices, biases=None) -> Sequential:
    """Sigmoid layers in float64 from matrices (out, in)."""
    layers = []
    for matrix in matrices:
        out, inputs = np.shape(matrix)
        layers += [Linear(inputs, out, rng=np.random.default_rng(0)), Sigmoid()]
    network = Sequential(layers, (np.shape(matrices[0])[1],)).astype(np.float64)
    for layer, matrix, bias in zip(network.layers[::2], matrices, biases or [0] * len(matrices), strict=True):
        layer.weight.value[...] = matrix
        layer.bias.value[...] = bias
    return network


@pytest.fixture
def example() -> Sequential:
    return network_of(
        np.transpose(GIVEN["W1_in_by_hid"]),
        np.transpose(GIVEN["W2_hid_by_out"]),
        biases=[GIVEN["b1"], GIVEN["b2"]],
    )


def by_name(network: Sequential, what: str) -> dict[str, float]:
    """``value`` or ``grad`` of each weight under the book's name."""
    named = {}
    for key, layer in (("1", network.layers[0]), ("2", network.layers[2])):
        weights, biases = getattr(layer.weight, what).T, getattr(layer.bias, what)
        for names, numbers in zip(TAYLOR["weight_names"][f"W{key}"], weights, strict=True):
            named |= dict(zip(names, numbers, strict=True))
        named |= dict(zip(TAYLOR["weight_names"][f"b{key}"], biases, strict=True))
    return named


def step(network: Sequential, optimizer: SGD) -> float:
    error, gradient = SquaredError("se")(network.forward(X, training=True), T)
    network.backward(gradient)
    optimizer.step()
    return error


def test_taylor_forward_and_errors(example) -> None:
    y = X
    stages = [y := layer.forward(y) for layer in example.layers]
    for stage, key in zip(stages, ("net_b", "out_b", "net_c", "z"), strict=True):
        assert_allclose(stage[0], EXACT[key], rtol=0, atol=1e-12)
    for kind, factor in (("se", 0.5), ("sse", 1.0), ("mse", 0.5), ("rms", None)):
        error, _ = SquaredError(kind)(y, T)
        wanted = EXACT["sum_sq"] * factor if factor else (EXACT["sum_sq"] / 2) ** 0.5
        assert error == pytest.approx(wanted, abs=1e-12)


def test_taylor_backward(example) -> None:
    _, gradient = SquaredError("se")(example.forward(X, training=True), T)
    delta_z = example.layers[3].backward(gradient)
    assert_allclose(delta_z[0], EXACT["delta_z"], rtol=0, atol=1e-12)
    back = example.layers[2].backward(delta_z)
    assert_allclose(back[0], EXACT["back_sum"], rtol=0, atol=1e-12)
    delta_b = example.layers[1].backward(back)
    assert_allclose(delta_b[0], EXACT["delta_b"], rtol=0, atol=1e-12)
    example.layers[0].backward(delta_b)
    gradients = by_name(example, "grad")
    assert set(gradients) == set(EXACT["grad"])
    for name, number in EXACT["grad"].items():
        assert gradients[name] == pytest.approx(number, abs=1e-12), name


def test_taylor_gradient_check(example) -> None:
    checks = check_network(example, X, lambda y: SquaredError("se")(y, T))
    parameters = [check for check in checks if check.argument != "input"]
    assert len(parameters) == 12
    assert max(check.error for check in parameters) < 1e-7


def test_taylor_updates(example) -> None:
    optimizer = SGD(example.parameters(), GIVEN["eta"])
    errors = [step(example, optimizer)]
    for name, number in by_name(example, "value").items():
        assert number == pytest.approx(EXACT["new"][name], abs=1e-12), name
    assert_allclose(example.forward(X)[0], EXACT["z_after_1"], rtol=0, atol=1e-12)
    errors += [step(example, optimizer) for _ in range(1000)]
    for updates, error in EXACT["E_after_updates"].items():
        if int(updates) <= 1000:
            assert errors[int(updates)] == pytest.approx(error, abs=1e-9), updates
    assert next(n for n, error in enumerate(errors) if error <= 0.01) == 69


def test_rashid_forward_2x2() -> None:
    case = RASHID["forward_2x2"]
    network = network_of(case["W"])
    x = np.array([case["inputs"]])
    assert_allclose(network.layers[0].forward(x)[0], case["X"], atol=1e-12)
    assert_allclose(network.forward(x)[0], case["O"], atol=case["atol"])


def test_rashid_forward_3x3x3() -> None:
    case = RASHID["forward_3x3x3"]
    network = network_of(case["W_input_hidden"], case["W_hidden_output"])
    y = np.array([case["I"]])
    stages = dict(
        zip(
            ("X_hidden", "O_hidden", "X_output", "O_output"),
            [y := layer.forward(y) for layer in network.layers],
            strict=True,
        )
    )
    for name, stage in stages.items():
        assert_allclose(stage[0], case[name], atol=case["atol"])
    for name, numbers in case["exact_float64"].items():
        assert_allclose(stages[name][0], numbers, rtol=0, atol=1e-12)


def test_rashid_sigmoid_points() -> None:
    for point in RASHID["sigmoid"]["points"]:
        y = Sigmoid().forward(np.array([[point["x"]]], dtype=np.float64))
        digits = 3 if point["y"] == 0.943 or point["y"] == 0.761 else 4
        assert round(float(y[0, 0]), digits) == pytest.approx(point["y"])


def test_rashid_weight_update() -> None:
    case = RASHID["weight_update_corrected_w21"]
    network = network_of([[2.0, 3.0]])
    o = np.array([RASHID["weight_update_as_printed"]["o"]])
    output = network.forward(o, training=True)
    assert output[0, 0] == pytest.approx(case["sigmoid"], abs=1e-12)
    _, gradient = SquaredError("se")(output, output + case["e1"])
    network.backward(gradient)
    (weight, _) = network.parameters()
    assert weight.grad[0, 0] == pytest.approx(case["gradient"], abs=1e-12)
    SGD([weight], 0.1).step()
    assert weight.value[0, 0] == pytest.approx(case["new_w11"], abs=1e-12)


@pytest.mark.parametrize(("rule", "hidden", "output"), [("links", 0.0357, 0.1), ("nodes", 0.1, 0.316)])
def test_rashid_initial_weights_of_784_100_10(rule, hidden, output) -> None:
    rng = np.random.default_rng(0)
    assert initial_weights(rule, (100, 784), rng).std() == pytest.approx(hidden, rel=0.03)
    stds = [initial_weights(rule, (10, 100), rng).std() for _ in range(20)]
    assert np.mean(stds) == pytest.approx(output, rel=0.03)
