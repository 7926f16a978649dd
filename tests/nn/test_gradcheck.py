"""The checker of gradients is itself checked: it must notice."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from pi_nn.cli.gradcheck import gradcheck
from pi_nn.errors import NetworkError
from pi_nn.nn import Layer, Linear, Sequential, SoftmaxCrossEntropy, SquaredError, Tanh, build_network
from pi_nn.nn.gradcheck import Check, check_layer, check_loss, check_network, wrong

RNG = np.random.default_rng(3)
LOSSES = [
    SoftmaxCrossEntropy(),
    SoftmaxCrossEntropy(0.1),
    *(SquaredError(kind) for kind in SquaredError.KINDS),
]


@pytest.mark.parametrize("targets", ["classes", "soft"])
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{type(loss).__name__} {vars(loss)}")
def test_loss_gradient(loss, targets) -> None:
    outputs = RNG.normal(size=(5, 4))
    wanted = RNG.integers(0, 4, 5) if targets == "classes" else RNG.dirichlet(np.ones(4), 5)
    bad = wrong(check_loss(loss, outputs, wanted))
    assert not bad, "\n".join(map(str, bad))


def test_cross_entropy_gradient_holds_for_rows_that_do_not_sum_to_one() -> None:
    assert not wrong(check_loss(SoftmaxCrossEntropy(), RNG.normal(size=(5, 4)), RNG.random((5, 4))))


class _WrongBy(Tanh):
    """0.05 % too large. The underscore keeps it out of the registry, for the other tests' sake."""

    part = "all"

    def _derive(self, y, gradient, out):
        super()._derive(y, gradient, out)
        if self.part == "all":
            out *= 1.0005
        else:
            out.flat[7] *= 1.0005


@pytest.fixture(autouse=True)
def _registered(monkeypatch) -> None:
    monkeypatch.setattr(Layer, "registry", {**Layer.registry, "_WrongBy": _WrongBy})


@pytest.mark.parametrize("part", ["all", "one"])
def test_a_gradient_wrong_by_a_twentieth_of_a_percent_fails(part, monkeypatch) -> None:
    monkeypatch.setattr(_WrongBy, "part", part)
    bad = wrong(check_layer(_WrongBy(), (6,), samples=18))
    assert len(bad) == (18 if part == "all" else 1)
    assert str(bad[0]).startswith("_WrongBy input[")
    for word in ("analytic", "numeric", "relative error"):
        assert word in str(bad[0])


def test_the_message_names_layer_argument_and_both_values(monkeypatch) -> None:
    def twisted(self, gradient, *, to_input=True):
        result = original(self, gradient, to_input=to_input)
        self.weight.grad[1, 2] += 0.5
        return result

    original = Linear.backward
    monkeypatch.setattr(Linear, "backward", twisted)
    network = Sequential([Tanh(), Linear(4, 3, rng=RNG)], (4,))
    loss = SoftmaxCrossEntropy()
    checks = check_network(network, RNG.normal(size=(2, 4)), lambda y: loss(y, np.array([0, 2])))
    (bad,) = wrong(checks)
    assert str(bad).startswith("Linear (layer 1) weight[1, 2]: analytic ")
    assert bad.analytic - bad.numeric == pytest.approx(0.5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gradient_that_is_no_number_is_wrong(value) -> None:
    assert wrong([Check("Linear", "weight", (0,), value, 1.0)])


def test_small_gradients_are_judged_too_but_rounding_is_not() -> None:
    assert wrong([Check("Linear", "weight", (0,), 1.0005e-4, 1e-4)])
    assert not wrong([Check("Linear", "weight", (0,), 0.0, 3e-11)])


def test_a_gradient_of_another_shape_is_refused() -> None:
    with pytest.raises(NetworkError, match="gradient of shape"):
        check_loss(lambda y, t: (0.0, np.zeros(3)), np.zeros((2, 3)), np.zeros(2))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["784-12-7-10", "tiny"])
def test_whole_networks(kind) -> None:
    network = build_network(kind, rng=np.random.default_rng(0))
    loss, labels = SoftmaxCrossEntropy(), np.arange(4)
    x = np.random.default_rng(1).random((4, *network.input_shape))
    bad = wrong(check_network(network, x, lambda y: loss(y, labels), samples=4))
    assert not bad, "\n".join(map(str, bad))


def test_command_prints_a_line_an_array_and_the_count() -> None:
    result = CliRunner().invoke(gradcheck, ["--network", "784-5-10", "--samples", "3"])
    assert result.exit_code == 0, result.output
    assert "Linear (layer 0) weight" in result.output
    assert "15 gradients checked, 0 wrong" in result.output


def test_command_fails_on_a_wrong_gradient(monkeypatch) -> None:
    original = Linear.backward

    def twisted(self, gradient, *, to_input=True):
        result = original(self, gradient, to_input=to_input)
        self.bias.grad[:] *= 1.001
        return result

    monkeypatch.setattr(Linear, "backward", twisted)
    result = CliRunner().invoke(gradcheck, ["--network", "784-5-10", "--samples", "3"])
    assert result.exit_code == 1
    assert "Linear (layer 2) bias" in result.output
