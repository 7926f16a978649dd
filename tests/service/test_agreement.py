"""The vote: nothing is published before enough frames agree, and nothing stays after one contradicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pi_nn.config import Settings


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


@pytest.mark.parametrize("reading_takes", [0.05, 0.35])
@pytest.mark.parametrize("still", [False, True])
def test_a_new_value_is_published_within_two_seconds(
    bench: Callable[..., Any], noise: list[np.ndarray], still: bool, reading_takes: float
) -> None:
    """With the default interval and votes, whether the frames differ or each value is one still picture."""
    defaults = Settings()
    old, new = ([noise[0]] * 6, [noise[1]] * 6) if still else (noise[:6], noise[6:12])
    b = bench([*old, *new], ["1"] * (1 if still else 6) + ["2"], votes=defaults.agreement)
    look = b.model.look

    def slow(frame: Any) -> Any:
        b.clock.pass_by(reading_takes)
        return look(frame)

    b.model.look = slow
    shown: list[tuple[float, str | None]] = []
    for _ in range(12):
        began = b.clock()
        wait = b.loop.step()
        shown.append((began, b.board.latest.reading.text))
        b.clock.pass_by(wait)
    in_view = shown[6][0]
    assert b.loop._plan.interval == defaults.interval
    assert shown[5][1] == "1"
    assert {text for began, text in shown if began >= in_view} == {None, "2"}, "the old value does not stay"
    assert next(began for began, text in shown if text == "2") + reading_takes - in_view <= 2.0
