"""The book's network against the book's printed numbers, and its fast way against its plain one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pi_nn.errors import NetworkError
from pi_nn.nn import SGD, Linear, Sequential, Sigmoid, SquaredError
from pi_nn.training.experiments.book import BookNetwork, book_inputs, book_targets

RASHID = json.loads((Path(__file__).parents[2] / "fixtures" / "rashid.json").read_text())


def test_three_layers_answer_as_printed() -> None:
    case = RASHID["forward_3x3x3"]
    network = BookNetwork(case["W_input_hidden"], case["W_hidden_output"], 0.3)
    answer = network.query([case["I"]])[0]
    assert_allclose(answer, case["O_output"], atol=case["atol"])
    assert_allclose(answer, case["exact_float64"]["O_output"], rtol=0, atol=1e-12)


def test_hidden_errors_are_the_weights_transposed_times_the_errors() -> None:
    # One hidden update divided by rate * h * (1 - h) * x leaves the hidden error itself.
    case = RASHID["backprop_split"]
    w = case["w"]
    network = BookNetwork([[0.0], [0.0]], [[w["w11"], w["w21"]], [w["w12"], w["w22"]]], 1.0)
    o = network.query([[1.0]])[0]
    network.train_record([1.0], o + case["e_output"])
    assert_allclose(network.input_weights[:, 0] / 0.25, case["e_hidden_unnormalised_WT_e"], atol=1e-12)


def test_one_update_of_the_worked_example() -> None:
    case, given = RASHID["weight_update_corrected_w21"], RASHID["weight_update_as_printed"]
    # Inputs whose hidden outputs are the book's 0.4 and 0.5.
    logits = np.log(np.divide(given["o"], np.subtract(1, given["o"])))
    network = BookNetwork(np.diag(logits), [[2.0, 3.0]], given["lr"])
    o = network.query([[1.0, 1.0]])[0]
    assert o[0] == pytest.approx(case["sigmoid"], abs=1e-12)
    network.train_record([1.0, 1.0], o + case["e1"])
    assert network.output_weights[0, 0] == pytest.approx(case["new_w11"], abs=1e-12)


@pytest.mark.parametrize("rule", ["book", "exact"])
@pytest.mark.parametrize("count", [1, 63, 64, 65, 200])
def test_the_fast_way_is_the_plain_way(rule, count, mnist_sample) -> None:
    images, labels = mnist_sample
    x, t = book_inputs(images[:count]), book_targets(labels[:count])
    fast = BookNetwork.drawn(17, 0.3, np.random.default_rng(1), rule=rule)
    plain = BookNetwork(fast.input_weights, fast.output_weights, 0.3, rule)
    fast.train(x, t)
    for record, target in zip(x, t, strict=True):
        plain.train_record(record, target)
    assert_allclose(fast.input_weights, plain.input_weights, rtol=0, atol=1e-12)
    assert_allclose(fast.output_weights, plain.output_weights, rtol=0, atol=1e-12)


def one_gradient_step(x, t, network: BookNetwork) -> Sequential:
    layers = [
        Linear(5, 4, bias=False, initial=network.input_weights),
        Sigmoid(),
        Linear(4, 3, bias=False, initial=network.output_weights),
        Sigmoid(),
    ]
    exact = Sequential(layers, (5,)).astype(np.float64)
    for layer, weights in ((0, network.input_weights), (2, network.output_weights)):
        exact.layers[layer].weight.value[...] = weights
    _, gradient = SquaredError("se")(exact.forward(x, training=True), t)
    exact.backward(gradient)
    SGD(exact.parameters(), network.learning_rate).step()
    return exact


@pytest.mark.parametrize(("rule", "same"), [("exact", True), ("book", False)])
def test_the_exact_rule_is_the_gradient_and_the_books_is_not(rule, same) -> None:
    rng = np.random.default_rng(0)
    network = BookNetwork.drawn(4, 0.3, rng, inputs=5, outputs=3, rule=rule)
    x, t = rng.random((1, 5)), rng.random((1, 3))
    exact = one_gradient_step(x, t, network)
    network.train(x, t)
    assert_allclose(network.output_weights, exact.layers[2].weight.value, rtol=0, atol=1e-12)
    assert np.allclose(network.input_weights, exact.layers[0].weight.value, rtol=0, atol=1e-6) is same


def test_scaling() -> None:
    for value, scaled in RASHID["input_scaling"]["points"]:
        assert book_inputs(np.full((1, 784), value))[0, 0] == scaled
    case = RASHID["target_encoding"]
    assert book_targets(np.array([case["label"]]))[0].tolist() == case["target"]


def test_its_code_draws_by_the_nodes_of_the_next_layer() -> None:
    network = BookNetwork.drawn(100, 0.1, np.random.default_rng(0))
    assert network.input_weights.std() == pytest.approx(0.1, rel=0.03)
    assert network.output_weights.std() == pytest.approx(0.316, rel=0.06)


def test_it_answers_the_same_as_layers_of_the_package(mnist_sample) -> None:
    images, _ = mnist_sample
    network = BookNetwork.drawn(20, 0.1, np.random.default_rng(0))
    x = images[:50].reshape(50, 784) / np.float32(255)
    assert_allclose(network.sequential().forward(x), network.query(book_inputs(images[:50])), atol=2e-6)


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (lambda n: n.query(np.zeros((2, 783))), r"\(2, 783\), expected \(N, 784\)"),
        (lambda n: n.train(np.zeros((2, 784)), np.zeros((3, 10))), r"\(3, 10\), expected \(2, 10\)"),
        (lambda n: BookNetwork(n.input_weights, n.input_weights, 0.1), "do not join"),
        (lambda n: BookNetwork(n.input_weights, n.output_weights, 0.1, "other"), "rule 'other'"),
    ],
)
def test_what_does_not_fit_is_refused(do, message) -> None:
    with pytest.raises(NetworkError, match=message):
        do(BookNetwork.drawn(3, 0.1, np.random.default_rng(0)))
