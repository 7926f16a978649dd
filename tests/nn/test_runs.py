"""Parameters in a row."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from pi_nn.nn import Parameter, build_network
from pi_nn.nn.runs import places, runs, shaped


def test_runs_hold_every_number_once() -> None:
    network = build_network("tiny", rng=np.random.default_rng(0))
    cut = runs(network.parameters(), 1000)
    assert sum(part.value.size for run in cut for part in run.parts) == network.parameter_count
    assert [run.place.start for run in cut] == list(range(0, network.parameter_count, 1000))
    for run in cut:
        run.subtract(np.full(run.place.stop - run.place.start, 5.0, np.float32))
        for part in run.parts:
            part.gradient[...] = 3
    for p in network.parameters():
        assert p.value.max() < 0, f"some numbers of {p} are not those of a run"
        assert_array_equal(p.grad, np.full_like(p.value, 3))


def test_a_run_knows_the_gradients_of_its_parts() -> None:
    one, two = Parameter("one", np.zeros(3)), Parameter("two", np.zeros((2, 2)), decay=False)
    one.grad[...], two.grad[...] = [1, 2, 3], [[4, 5], [6, 7]]
    free = np.empty(5)
    first, second = runs([one, two], 5)
    assert first.gradient(free) is free
    assert_array_equal(free, [1, 2, 3, 4, 5])
    assert_array_equal(second.gradient(free[:2]), [6, 7])
    assert [part.decay for part in first.parts] == [True, False]


def test_the_row_has_the_numbers_as_they_lie() -> None:
    kernel = build_network("tiny", rng=np.random.default_rng(0)).parameters()[0]
    row = np.arange(kernel.value.size, dtype=np.float32)
    (run,) = runs([kernel])
    kernel.grad[...] = shaped(row[places([kernel])[0]], kernel)
    assert_array_equal(run.gradient(row), row)
