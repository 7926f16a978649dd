"""How much work a picture makes, counted rather than timed: the seconds are for `pi-nn bench` to tell."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import render
from pi_nn.nn import load_network
from pi_nn.reader import DigitReader

MB = 1_000_000


@pytest.fixture(scope="module")
def reader() -> DigitReader:
    return DigitReader(load_network("digits-tiny"))


def scene(text: str, size: tuple[int, int]) -> np.ndarray:
    return render(text, shipped_digits(), np.random.default_rng(1), size=size).pixels


def calls(work: Callable[[], object]) -> int:
    """Calls of functions, Python's and NumPy's; once everything that only a first time does is done."""
    work()
    count = 0

    def step(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(step)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


# On a Pi Zero each call costs some ten thousand instructions, and a frame has a budget of a few million.
@pytest.mark.parametrize(
    ("text", "most"), [("", 325), ("7", 1250), ("1234 5678", 4800)], ids=["blank", "one digit", "8 digits"]
)
def test_a_frame_takes_few_calls_whatever_its_size(reader: DigitReader, text: str, most: int) -> None:
    small, large = scene(text, (320, 240)), scene(text, (640, 480))
    assert calls(lambda: reader.read(small)) <= most
    assert calls(lambda: reader.read(large)) <= most


def test_twelve_megapixels_are_made_small_first(reader: DigitReader) -> None:
    large = np.stack([scene("1234 5678", (1000, 750)).repeat(4, axis=0).repeat(4, axis=1)] * 3, axis=2)
    tracemalloc.start()
    try:
        assert reader.read(large).raw == "1234 5678"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30 * MB, "more than a picture of the working size makes"
