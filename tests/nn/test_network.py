from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pi_nn.errors import NetworkError, WeightsError
from pi_nn.nn import (
    Flatten,
    Linear,
    Network,
    Sequential,
    Sigmoid,
    Softmax,
    build_network,
    load_network,
    save_network,
)

DIGITS = list("0123456789")
RNG = np.random.default_rng(0)
PICTURES = RNG.random((7, 28, 28)).astype(np.float32)


def made(tmp_path: Path, sequential: Sequential | None = None, **arguments) -> Network:
    sequential = sequential or build_network(
        "tiny", junk=arguments.get("junk", False), rng=np.random.default_rng(2)
    )
    save_network(tmp_path / "n.npz", sequential, name="n", classes=DIGITS, **arguments)
    return load_network(tmp_path / "n.npz")


@pytest.mark.parametrize("kind", ["tiny", "cnn", "mlp"])
def test_every_form_of_input_gives_the_same_answer(kind: str, tmp_path: Path) -> None:
    network = made(tmp_path, build_network(kind, rng=np.random.default_rng(2)))
    p = network.predict_proba(PICTURES)
    assert p.shape == (7, 10)
    assert p.dtype == np.float32
    assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    assert_allclose(network.predict_proba(PICTURES.reshape(7, 784)), p, atol=1e-6)
    assert_allclose(network.predict_proba(PICTURES.astype(np.float64)), p, atol=1e-6)
    assert_allclose(network.predict_proba(PICTURES[2]), p[2:3], atol=1e-6)
    assert_allclose(network.predict_proba(np.asfortranarray(PICTURES)), p, atol=1e-6)
    assert network.predict_proba(PICTURES[:0]).shape == (0, 10)


@pytest.mark.parametrize("shape", [(784,), (27, 28), (3, 783), (2, 28, 28, 1), ()])
def test_other_shapes_are_refused(shape, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"expected \(28, 28\), \(N, 28, 28\) or \(N, 784\)"):
        made(tmp_path).predict_proba(np.zeros(shape, np.float32))


def test_whole_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"type uint8, expected floats"):
        made(tmp_path).predict_proba(np.zeros((28, 28), np.uint8))


def test_temperature_flattens(tmp_path: Path) -> None:
    sharp = made(tmp_path).predict_proba(PICTURES)
    flat = made(tmp_path, temperature=4.0).predict_proba(PICTURES)
    assert_allclose(np.log(flat) - np.log(flat[:, :1]), (np.log(sharp) - np.log(sharp[:, :1])) / 4, atol=1e-4)


def test_junk_is_told_apart_and_the_rest_sums_to_one(tmp_path: Path) -> None:
    network = made(tmp_path, junk=True, temperature=2.0)
    logits = network.sequential().forward(PICTURES[..., None]) / 2
    assert_allclose(network.logits(PICTURES), logits, atol=1e-5)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    probabilities, junk = network.scores(PICTURES)
    assert network.has_junk
    assert_allclose(junk, p[:, 10], atol=1e-6)
    assert_allclose(probabilities * (1 - junk[:, None]), p[:, :10], atol=1e-6)
    assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert junk.shape == (7,)


def test_junk_beyond_doubt_leaves_the_digits_their_shares(tmp_path: Path) -> None:
    last = Linear(784, 11, rng=RNG)
    last.bias.value[10] = 1e4
    network = made(tmp_path, Sequential([Flatten(), last]), junk=True)
    probabilities, junk = network.scores(PICTURES)
    assert_allclose(junk, 1)
    assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert probabilities.std() > 0.01
    assert_allclose(network.predict_proba(PICTURES), probabilities)


def test_without_a_junk_class_nothing_is_junk(tmp_path: Path) -> None:
    assert not made(tmp_path).scores(PICTURES)[1].any()


def test_outputs_through_sigmoid_become_shares(tmp_path: Path) -> None:
    sequential = Sequential([Flatten(), Linear(784, 10, initial="links", rng=RNG), Sigmoid()])
    y = sequential.forward(PICTURES[..., None])
    assert_allclose(
        made(tmp_path, sequential).predict_proba(PICTURES), y / y.sum(axis=1, keepdims=True), rtol=1e-4
    )


def test_outputs_through_softmax_stay_as_they_are(tmp_path: Path) -> None:
    sequential = Sequential([Flatten(), Linear(784, 10, initial="links", rng=RNG), Softmax()])
    expected = sequential.forward(PICTURES[..., None])
    assert_allclose(made(tmp_path, sequential).predict_proba(PICTURES), expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["tiny", "cnn", "mlp"])
def test_answers_are_the_callers_to_keep(kind: str, tmp_path: Path) -> None:
    network = made(tmp_path, build_network(kind, rng=np.random.default_rng(2)))
    first = network.predict_proba(PICTURES)
    kept = first.copy()
    network.predict_proba(PICTURES[::-1].copy())
    assert_allclose(first, kept, rtol=0, atol=0)


def test_sequential_is_a_fresh_copy_that_can_be_trained(tmp_path: Path) -> None:
    network = made(tmp_path)
    expected = network.predict_proba(PICTURES)
    copy = network.sequential()
    copy.forward(PICTURES[..., None], training=True)
    copy.backward(np.ones((7, 10), np.float32))
    for parameter in copy.parameters():
        assert parameter.grad.any()
        parameter.value += 1
    assert_allclose(network.predict_proba(PICTURES), expected)


def test_several_threads_at_once_get_what_one_gets(tmp_path: Path) -> None:
    network = made(tmp_path)
    pictures = RNG.random((40, 28, 28)).astype(np.float32)
    expected = network.predict_proba(pictures)
    wrong: list[int] = []

    def ask(first: int) -> None:
        for k in range(200):
            n = (first + k) % 40
            if not np.allclose(network.predict_proba(pictures[n]), expected[n], atol=1e-5):
                wrong.append(n)

    threads = [threading.Thread(target=ask, args=(10 * t,)) for t in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_unknown_names_are_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeightsError, match="no network 'digits-huge': neither a file nor one of"):
        load_network("digits-huge")
