"""The vote: nothing is published before enough frames agree, and nothing stays after one contradicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("votes", "seen", "published"),
    [
        (3, ["42", "42", "42", "42"], [None, None, "42", "42"]),
        (1, ["42", "7"], ["42", "7"]),
        (2, ["42", "42", "43", "43"], [None, "42", None, "43"]),
        (2, ["42", "42", "", "42", "42"], [None, "42", None, None, "42"]),
        # One that doubts the same digits is no vote and no contradiction.
        (2, ["42", "42", "42?", "42"], [None, "42", None, "42"]),
        (3, ["42", "42?", "42", "42?", "42"], [None, None, None, None, "42"]),
        # One that doubts other digits contradicts.
        (2, ["42", "42", "4?7", "42", "42"], [None, "42", None, None, "42"]),
        (2, ["4?", "4?", "4?"], [None, None, None]),
        (3, ["1", "7", "1", "7", "1", "7"], [None] * 6),
    ],
)
def test_a_text_appears_after_agreement(
    bench: Callable[..., Any],
    noise: list[np.ndarray],
    votes: int,
    seen: list[str],
    published: list[str | None],
) -> None:
    assert bench(noise, seen, votes=votes).texts(len(seen)) == published


def test_before_agreement_the_reading_says_what_it_waits_for(
    bench: Callable[..., Any], noise: list[np.ndarray]
) -> None:
    first = bench(noise, ["42"], votes=3).passes(1)[0]
    assert (first.status, first.reason, first.raw, first.text) == ("unsure", "awaiting_agreement", "42", None)
    assert all(digit.accepted for digit in first.digits)
    assert "next frames agree" in (first.message or "")


def test_an_unchanged_frame_agrees_without_being_read(bench: Callable[..., Any]) -> None:
    still = np.full((48, 64), 200, np.uint8)
    b = bench([still] * 4, ["42"], votes=3)
    assert b.texts(4) == [None, None, "42", "42"]
    assert b.model.looks == 1
    assert b.stats.skipped == 3


def test_each_picture_of_a_folder_is_published_at_once(bench: Callable[..., Any]) -> None:
    still = np.full((48, 64), 200, np.uint8)
    b = bench([still, still], ["1", "2"], votes=3, source="folder:pictures")
    assert b.texts(2) == ["1", "2"]
    assert b.model.looks == 2


def test_a_new_value_needs_no_more_than_its_votes(bench: Callable[..., Any], noise: list[np.ndarray]) -> None:
    """Three passes at the default interval: well within two seconds."""
    b = bench(noise, ["1"] * 5 + ["2"] * 5, votes=3)
    assert b.texts(8) == [None, None, "1", "1", "1", None, None, "2"]
