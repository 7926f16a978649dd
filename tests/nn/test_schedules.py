from __future__ import annotations

import pytest

from pi_nn.errors import NetworkError
from pi_nn.nn import constant, cosine, one_cycle, step_decay, warm_up


def test_constant_and_steps() -> None:
    assert constant(0.3)(0) == constant(0.3)(10**6) == 0.3
    rates = [step_decay(1.0, 2, 0.5)(step) for step in range(5)]
    assert rates == [1, 1, 0.5, 0.5, 0.25]


def test_cosine_falls_from_the_rate_to_the_end_and_stays() -> None:
    schedule = cosine(1.0, 10, final=0.2)
    assert schedule(0) == 1
    assert schedule(5) == pytest.approx(0.6)
    assert schedule(10) == schedule(99) == pytest.approx(0.2)


def test_one_cycle_rises_to_the_peak_and_falls() -> None:
    schedule = one_cycle(1.0, 100, warm=0.25)
    rates = [schedule(step) for step in range(101)]
    assert rates[0] == pytest.approx(1 / 25)
    assert max(rates) == rates[25] == 1
    assert rates[:26] == sorted(rates[:26])
    assert rates[25:] == sorted(rates[25:], reverse=True)
    assert rates[100] == pytest.approx(1e-5)


def test_warm_up_scales_the_first_steps_only() -> None:
    schedule = warm_up(constant(1.0), 4)
    assert [schedule(step) for step in range(6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1])


@pytest.mark.parametrize(
    "make",
    [
        lambda: cosine(1, 0),
        lambda: one_cycle(1, 0),
        lambda: step_decay(1, 0),
        lambda: one_cycle(1, 9, warm=0),
    ],
)
def test_times_that_make_no_sense_are_refused(make) -> None:
    with pytest.raises(NetworkError):
        make()
