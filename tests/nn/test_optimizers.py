from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pi_nn.errors import NetworkError
from pi_nn.nn import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    MovingAverage,
    Parameter,
    RMSprop,
    build_network,
    clip_gradients,
)

FACTORIES = {
    "sgd": SGD,
    "momentum": lambda p, rate: SGD(p, rate, momentum=0.9),
    "nesterov": lambda p, rate: SGD(p, rate, momentum=0.9, nesterov=True),
    "adagrad": Adagrad,
    "adadelta": Adadelta,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
every_optimizer = pytest.mark.parametrize("name", FACTORIES)
START, GRADIENTS = np.array([0.5, -1.0]), [np.array([0.2, -0.4]), np.array([0.1, 0.3])]


def run(optimizer, parameter: Parameter, gradients=GRADIENTS) -> np.ndarray:
    for gradient in gradients:
        parameter.grad[...] = gradient
        optimizer.step()
    return parameter.value


def parameter(decay: bool = True) -> Parameter:
    return Parameter("weight", START.copy(), decay=decay)


def by_formula(name: str, rate: float) -> np.ndarray:
    """The papers' formulas, one number at a time."""
    w = START.copy()
    v = s = m = d = np.zeros(2)
    for t, g in enumerate(GRADIENTS, 1):
        if name in ("sgd", "momentum", "nesterov"):
            mu = 0.0 if name == "sgd" else 0.9
            v = mu * v + g
            w = w - rate * (g + mu * v if name == "nesterov" else v)
        elif name == "adagrad":
            s = s + g**2
            w = w - rate * g / (np.sqrt(s) + 1e-10)
        elif name == "adadelta":
            s = 0.9 * s + 0.1 * g**2
            move = np.sqrt(d + 1e-6) / np.sqrt(s + 1e-6) * g
            d = 0.9 * d + 0.1 * move**2
            w = w - rate * move
        elif name == "rmsprop":
            s = 0.99 * s + 0.01 * g**2
            w = w - rate * g / (np.sqrt(s) + 1e-8)
        else:
            w = w * (1 - rate * 0.01) if name == "adamw" else w
            m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
            w = w - rate * (m / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
    return w


@every_optimizer
def test_two_steps_follow_the_paper(name) -> None:
    p = parameter()
    assert_allclose(run(FACTORIES[name]([p], 0.1), p), by_formula(name, 0.1), rtol=1e-12)


def test_l2_decay_joins_the_gradient_and_spares_biases() -> None:
    p, bias = parameter(), parameter(decay=False)
    plain = run(SGD([parameter()], 0.1), parameter(), [])
    assert_array_equal(plain, START)
    assert_allclose(
        run(SGD([p], 0.1, weight_decay=0.5), p, GRADIENTS[:1]), START - 0.1 * (GRADIENTS[0] + 0.5 * START)
    )
    assert_allclose(run(SGD([bias], 0.1, weight_decay=0.5), bias, GRADIENTS[:1]), START - 0.1 * GRADIENTS[0])


def test_decoupled_decay_does_not_pass_through_the_moments() -> None:
    p, bias = parameter(), parameter(decay=False)
    zero = [np.zeros(2)]
    assert_allclose(run(AdamW([p], 0.1, weight_decay=0.5), p, zero), START * 0.95)
    assert_allclose(run(AdamW([bias], 0.1, weight_decay=0.5), bias, zero), START)


def test_decay_in_adam_is_not_decoupled() -> None:
    p = parameter()
    run(Adam([p], 0.1, weight_decay=0.5), p, [np.zeros(2)])
    assert_allclose(p.value, START - 0.1 * np.sign(START), rtol=1e-6)


@every_optimizer
def test_a_schedule_may_set_the_rate_of_a_step(name) -> None:
    p = parameter()
    p.grad[...] = 1
    FACTORIES[name]([p], 0.1).step(0.0)
    assert_array_equal(p.value, START)


@every_optimizer
def test_continues_exactly_from_its_state(name) -> None:
    p, q = parameter(), parameter()
    run(first := FACTORIES[name]([p], 0.1), p)
    run(interrupted := FACTORIES[name]([q], 0.1), q, GRADIENTS[:1])
    resumed = FACTORIES[name]([q], 0.1)
    resumed.load_state(interrupted.state())
    assert_array_equal(run(resumed, q, GRADIENTS[1:]), p.value)
    assert first.steps == resumed.steps == 2


def test_state_of_another_optimiser_is_refused() -> None:
    with pytest.raises(NetworkError, match="does not belong to Adam"):
        Adam([parameter()]).load_state(SGD([parameter()]).state())


@every_optimizer
def test_a_step_makes_no_array(name) -> None:
    network = build_network("784-64-10", rng=np.random.default_rng(0))
    optimizer = FACTORIES[name](network.parameters(), 0.1)
    optimizer.step()
    tracemalloc.start()
    for _ in range(3):
        optimizer.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000


@every_optimizer
def test_kernels_keep_their_layout(name) -> None:
    network = build_network("tiny", rng=np.random.default_rng(0))
    before = [p.value.strides for p in network.parameters()]
    FACTORIES[name](network.parameters(), 0.1).step()
    assert [p.value.strides for p in network.parameters()] == before


@every_optimizer
def test_a_weight_without_gradients_leaves_no_subnormal_numbers(name) -> None:
    weight = Parameter("weight", np.ones(2, np.float32))
    optimizer = FACTORIES[name]([weight], 0.01)
    weight.grad[...] = (1e-15, 0)
    optimizer.step()
    weight.grad[...] = 0
    for _ in range(1000):
        optimizer.step()
    for slot in optimizer.state().values():
        assert not np.any((slot != 0) & (abs(slot) < np.finfo(np.float32).tiny))


def test_clipping_scales_all_gradients_alike() -> None:
    p, q = parameter(), parameter()
    p.grad[...], q.grad[...] = (3, 0), (0, 4)
    assert clip_gradients([p, q], 10.0) == 5
    assert clip_gradients([p, q], 1.0) == 5
    assert_allclose([*p.grad, *q.grad], [0.6, 0, 0, 0.8])


def test_clipping_leaves_a_gradient_that_is_no_number() -> None:
    p = parameter()
    p.grad[...] = (np.inf, 1)
    assert clip_gradients([p], 1.0) == np.inf
    assert p.grad[1] == 1


def test_moving_average_forgets_the_start_and_comes_back() -> None:
    p, buffer = parameter(), np.array([4.0])
    average = MovingAverage([p], 0.5, [buffer])
    p.value[...], buffer[...] = 1.0, 0.0
    for _ in range(60):
        average.update()
    with average.applied():
        assert_allclose(p.value, [1, 1])
        assert_allclose(buffer, [0], atol=1e-12)
        p.value += 0
    assert_array_equal(p.value, [1, 1])


def test_moving_average_moves_fast_at_first() -> None:
    p = parameter()
    average = MovingAverage([p], 0.9)
    p.value[...] = START + 1
    average.update()
    average.update()
    with average.applied():
        assert_allclose(p.value, START + 1 - 1 / 10 * 2 / 11)


def test_moving_average_lags_by_its_decay() -> None:
    p = parameter()
    average = MovingAverage([p], 0.9)
    average.updates = 10_000
    p.value[...] = START + 1
    average.update()
    with average.applied():
        assert_allclose(p.value, START + 0.1)
    assert_allclose(p.value, START + 1)


def test_moving_average_comes_back_after_an_error() -> None:
    p = parameter()
    average = MovingAverage([p], 0.9)
    p.value += 1
    with pytest.raises(ZeroDivisionError), average.applied():
        raise ZeroDivisionError
    assert_array_equal(p.value, START + 1)


def test_moving_average_continues_from_its_state() -> None:
    p = parameter()
    average = MovingAverage([p], 0.9)
    p.value += 1
    average.update()
    other = MovingAverage([parameter()], 0.9)
    other.load_state(average.state())
    for name, array in average.state().items():
        assert_array_equal(other.state()[name], array)
    with pytest.raises(NetworkError, match="does not belong"):
        other.load_state({})
    with pytest.raises(NetworkError, match="decay"):
        MovingAverage([p], 1.0)
