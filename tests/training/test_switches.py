"""``--augment``: what is switched off stays identical, to the byte."""

from __future__ import annotations

import numpy as np
import pytest

from pi_nn.errors import ConfigError
from pi_nn.training.batches import as_input, plain
from pi_nn.training.datasets import Dataset
from pi_nn.training.switches import BENDS, PRESETS, Switches


@pytest.fixture(scope="module")
def digits(mnist_sample: tuple[np.ndarray, np.ndarray]) -> Dataset:
    images, labels = mnist_sample
    return Dataset(images[:40], labels[:40].astype(np.int64))


@pytest.mark.parametrize("text", ["none", "", " , "])
def test_off_means_identical_bytes(text: str, digits: Dataset) -> None:
    made = Switches.parse(text).make(digits, 0)
    assert made is plain
    tiles, labels = made(digits.images, digits.labels, np.random.default_rng(0))
    assert tiles.tobytes() == as_input(digits.images, (28, 28)).tobytes()
    assert labels is digits.labels


@pytest.mark.parametrize("name", [*BENDS, "wide", "thickness", "camera"])
def test_each_switch_changes_pictures_and_follows_its_generator(name: str, digits: Dataset) -> None:
    made = Switches.parse(name).make(digits, 0)
    one, other = (made(digits.images, digits.labels, np.random.default_rng(s))[0] for s in (1, 2))
    again, labels = made(digits.images, digits.labels, np.random.default_rng(1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert one.dtype == np.float32
    assert 0 <= one.min() <= one.max() <= 1
    assert np.array_equal(labels, digits.labels)
    assert not np.array_equal(one, as_input(digits.images, (28, 28)))


def test_one_bend_alone_leaves_the_others_off(digits: Dataset) -> None:
    shifted, _ = Switches.parse("shift").make(digits, 0)(
        digits.images, digits.labels, np.random.default_rng(0)
    )
    ink = shifted.sum(axis=(1, 2)) / as_input(digits.images, (28, 28)).sum(axis=(1, 2))
    np.testing.assert_allclose(ink, 1, rtol=0.02)


def test_names() -> None:
    assert str(Switches.parse("shift,rotate")) == "rotate,shift"
    assert [str(Switches.parse(preset)) for preset in PRESETS] == list(PRESETS)
    assert str(Switches.parse("gentle,thickness")) == "rotate,scale,aspect,shear,shift,elastic,thickness"
    assert Switches.parse("full").junk
    assert not Switches.parse("strong").junk
    with pytest.raises(ConfigError, match=r"augmentation 'flip' is unknown, expected some of none, bend"):
        Switches.parse("shift,flip")
