from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pi_nn.errors import NetworkError
from pi_nn.nn import SoftmaxCrossEntropy, SquaredError

OUTPUTS = np.array([[0.5, 2.0, -1.0], [1.0, 1.0, 1.0]])


def test_cross_entropy_is_the_mean_negative_logarithm_of_the_right_class() -> None:
    p = np.exp(OUTPUTS) / np.exp(OUTPUTS).sum(axis=1, keepdims=True)
    loss, gradient = SoftmaxCrossEntropy()(OUTPUTS, np.array([1, 0]))
    assert loss == pytest.approx(-(np.log(p[0, 1]) + np.log(p[1, 0])) / 2)
    assert_allclose(gradient, (p - [[0, 1, 0], [1, 0, 0]]) / 2)


def test_label_smoothing_is_the_same_as_smoothed_targets() -> None:
    soft = np.array([[0.1 / 3, 0.9 + 0.1 / 3, 0.1 / 3], [0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3]])
    smooth = SoftmaxCrossEntropy(0.1)(OUTPUTS, np.array([1, 0]))
    plain = SoftmaxCrossEntropy()(OUTPUTS, soft)
    assert smooth[0] == pytest.approx(plain[0])
    assert_allclose(smooth[1], plain[1])


def test_huge_logits_overflow_nothing() -> None:
    loss, gradient = SoftmaxCrossEntropy()(np.array([[1e4, -1e4]], np.float32), np.array([1]))
    assert loss == pytest.approx(2e4)
    assert_allclose(gradient, [[1, -1]])


def test_a_perfect_answer_has_no_squared_error() -> None:
    for kind in SquaredError.KINDS:
        loss, gradient = SquaredError(kind)(OUTPUTS, OUTPUTS)
        assert loss == 0
        assert not gradient.any()


@pytest.mark.parametrize(
    "targets", [np.zeros(3, int), np.zeros((2, 4)), np.zeros(2), np.array([0, 3]), np.array([-1, 0])]
)
def test_targets_that_do_not_fit_are_refused(targets) -> None:
    with pytest.raises(NetworkError, match="targets"):
        SoftmaxCrossEntropy()(OUTPUTS, targets)


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(NetworkError, match="known: mse, se, sse, rms"):
        SquaredError("cubed")
    with pytest.raises(NetworkError, match="label_smoothing"):
        SoftmaxCrossEntropy(1.0)


def test_targets_are_left_alone() -> None:
    soft = np.full((2, 3), 1 / 3)
    SoftmaxCrossEntropy(0.1)(OUTPUTS, soft)
    assert (soft == 1 / 3).all()
