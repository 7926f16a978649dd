"""What single layers do beyond the contract that all keep."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pi_nn.errors import NetworkError
from pi_nn.nn import (
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Linear,
    MaxPool2d,
    ReLU,
    Sigmoid,
    Softmax,
    Step,
    blas,
    products,
)

RNG = np.random.default_rng(1)


def test_batch_norm_normalises_each_channel_and_remembers() -> None:
    norm = BatchNorm2d(3)
    x = RNG.normal((1, -2, 5), (1, 3, 0.1), (8, 5, 4, 3))
    y = norm.forward(x, training=True)
    assert_allclose(y.mean(axis=(0, 1, 2)), 0, atol=1e-6)
    assert_allclose(y.std(axis=(0, 1, 2)), 1, rtol=1e-3)
    assert_allclose(norm.mean, 0.1 * x.mean(axis=(0, 1, 2)), rtol=1e-5)
    assert_allclose(norm.variance, 0.9 + 0.1 * x.var(axis=(0, 1, 2), ddof=1), rtol=1e-5)


def test_batch_norm_uses_what_it_remembers_when_it_does_not_train() -> None:
    norm = BatchNorm1d(2)
    norm.mean[:], norm.variance[:] = (1, 2), (4, 9)
    norm.scale.value[:], norm.shift.value[:] = (2, 3), (5, 7)
    assert_allclose(norm.forward(np.array([[3.0, -1.0]])), [[2 * 1 + 5, 3 * -1 + 7]], rtol=1e-5)


def test_batch_norm_cannot_learn_from_one_value() -> None:
    with pytest.raises(NetworkError, match="batches of at least 2"):
        BatchNorm1d(2).forward(np.zeros((1, 2)), training=True)


def test_of_equal_pixels_the_first_gets_the_gradient() -> None:
    pool = MaxPool2d(2)
    pool.forward(np.ones((1, 2, 2, 1)), training=True)
    assert_array_equal(pool.backward(np.full((1, 1, 1, 1), 5.0))[0, :, :, 0], [[5, 0], [0, 0]])


def test_convolution_by_hand() -> None:
    conv = Conv2d(1, 1, 2, initial=[[[[1, 2], [3, 4]]]])
    x = np.arange(9.0).reshape(1, 3, 3, 1)
    assert_array_equal(conv.forward(x)[0, :, :, 0], [[27, 37], [57, 67]])


@pytest.mark.parametrize("stride", [1, 2])
def test_a_batch_in_parts_is_the_batch(stride: int, monkeypatch: pytest.MonkeyPatch) -> None:
    conv = Conv2d(2, 3, 3, stride=stride, padding=1, rng=RNG)
    conv.copy_from(conv, np.float64)
    x, g = RNG.normal(size=(5, 6, 6, 2)), RNG.normal(size=(5, 6 // stride, 6 // stride, 3))
    found = []
    for size in (1, 1 << 30):
        monkeypatch.setattr("pi_nn.nn.conv._CACHE", size)
        y = conv.forward(x, training=True).copy()
        found.append((y, conv.backward(g).copy(), conv.weight.grad.copy()))
    for part, whole in zip(*found, strict=True):
        assert_allclose(part, whole, atol=1e-12)


def test_kernel_gradient_is_laid_out_like_the_weights() -> None:
    conv = Conv2d(2, 3, 3, rng=RNG)
    assert conv.weight.grad.shape == conv.weight.value.shape == (3, 2, 3, 3)
    assert conv.weight.grad.strides == conv.weight.value.strides


def test_activations_at_extremes() -> None:
    x = np.array([[-1e4, 0.0, 1e4]], np.float32)
    assert_allclose(Sigmoid().forward(x), [[0, 0.5, 1]])
    assert_allclose(Softmax().forward(x), [[0, 0, 1]])
    assert_array_equal(ReLU().forward(x), [[0, 0, 1e4]])
    assert_array_equal(Step().forward(x), [[0, 1, 1]])


def test_more_padding_than_a_kernel_can_use_is_refused() -> None:
    with pytest.raises(NetworkError, match="padding is 3, expected a whole number from 0 to 2"):
        Conv2d(1, 1, 3, padding=3, rng=RNG)


def test_bytes_are_pixels_and_blank_ones_are_left_out() -> None:
    linear = Linear(30, 4, rng=RNG)
    linear.copy_from(linear, np.float64)
    for blank in (12, 30, 0):
        pixels = RNG.integers(1, 256, (5, 30)).astype(np.uint8)
        pixels[:, :blank] = 0
        g = RNG.normal(size=(5, 4))
        found = []
        for x in (pixels, pixels / 255):
            y = linear.forward(x, training=True).copy()
            linear.backward(g, to_input=False)
            found += [y, linear.weight.grad.copy(), linear.forward(x)]
        for by_bytes, by_numbers in zip(found[:3], found[3:], strict=True):
            assert_allclose(by_bytes, by_numbers, rtol=1e-6)
            assert by_bytes.dtype == by_numbers.dtype


def test_the_products_for_the_reference_blas_are_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    x, weight, g = RNG.normal(size=(6, 9)), RNG.normal(size=(4, 9)), RNG.normal(size=(6, 4))
    plain = products.outputs(x, weight), products.weight_gradient(g, x)
    monkeypatch.setattr(products, "REFERENCE_BLAS", True)
    out = np.empty((6, 4))
    assert products.outputs(x, weight, out) is out
    assert_allclose(out, plain[0])
    assert_allclose(products.weight_gradient(g, x), plain[1])


@pytest.mark.parametrize("units", [40, 8, 7])
def test_a_product_in_pieces_is_the_whole(units: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x, weight, g = RNG.normal(size=(6, 9)), RNG.normal(size=(units, 9)), RNG.normal(size=(6, units))
    rows, matrix = RNG.normal(size=(3 * 20, 9)), RNG.normal(size=(9, 5))
    monkeypatch.setattr(products, "SMALL", 1000)
    monkeypatch.setattr(products, "prefers_pieces", lambda: True)
    assert_allclose(products.outputs(x, weight), x @ weight.T)
    assert_allclose(products.outputs(x, weight, out := np.empty((6, units))), x @ weight.T)
    assert_allclose(out, x @ weight.T)
    assert_allclose(products.weight_gradient(g, x), g.T @ x)
    for one in (rows, np.asfortranarray(rows)):
        products.image_by_image(one, matrix, images := np.empty((3, 4, 5, 5)))
        assert_allclose(images.reshape(-1, 5), rows @ matrix)


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("OpenBLAS 0.3.31 USE64BITINT DYNAMIC_ARCH NO_AFFINITY SkylakeX MAX_THREADS=64", True),
        ("OpenBLAS 0.3.27 DYNAMIC_ARCH Sapphirerapids MAX_THREADS=64", True),
        ("OpenBLAS 0.3.31 USE64BITINT DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64", False),
    ],
)
def test_pieces_are_for_a_blas_that_likes_them(
    name: str, pieces: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blas, "blas_names", lambda: [name])
    assert products.prefers_pieces.__wrapped__() is pieces


@pytest.mark.parametrize(
    ("library", "reference"),
    [
        ("/usr/lib/arm-linux-gnueabihf/blas/libblas.so.3.11.0", True),
        ("/usr/lib/arm-linux-gnueabihf/openblas-pthread/libblas.so.3", False),
        ("/usr/lib/arm-linux-gnueabihf/atlas/libblas.so.3", False),
        ("/home/pi/published/blas/libblas.so.3", True),
    ],
)
def test_the_reference_blas_is_known_by_the_libraries_in_memory(library: str, reference: bool) -> None:
    assert products.is_reference(f"b6c00000-b6c80000 r-xp 00000000 b3:02 4711  {library}\n") is reference
