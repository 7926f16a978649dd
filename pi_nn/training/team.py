"""One network on several threads.

For images each thread works out the gradients of a share of the batch, on one BLAS thread: two half-batches
side by side beat one batch on two BLAS threads, because the element-wise work is shared too. Of a fully
connected network half a batch costs nearly as much as the whole (its weights are read once for each), so
that one thread does it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn.blas import blas_threads
from pi_nn.nn.dropout import Dropout
from pi_nn.nn.layer import walk
from pi_nn.nn.losses import Loss
from pi_nn.nn.sequential import Sequential
from pi_nn.nn.workspace import Array
from pi_nn.training.batches import as_input

T = TypeVar("T")

# A share smaller than this costs more to hand over than to compute, and BatchNorm needs several values.
SMALLEST_SHARE = 8
INFERENCE_BATCH = 250


class Team:
    """``network`` and its replicas, which hold the same weights but their own gradients. A context manager.

    The same number of workers gives the same bits: shares are cut by their number alone, and gradients
    are added in the workers' order.
    """

    def __init__(self, network: Sequential, loss: Loss, workers: int) -> None:
        self.network = network
        self._loss = loss
        members = workers if len(network.input_shape) == 3 else 1
        self._members = [network, *(network.replica() for _ in range(members - 1))]
        self._parameters = [member.parameters() for member in self._members]
        self._buffers = [list(member.buffers().values()) for member in self._members]
        # What overflows is noticed in the loss.
        hush = partial(np.seterr, over="ignore", invalid="ignore")
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="pi_nn-train", initializer=hush)
        self._settings = ExitStack()
        self._draws = any(isinstance(layer, Dropout) for layer in walk(network.layers))

    def __enter__(self) -> Team:
        self._settings.enter_context(blas_threads(1))
        self._settings.enter_context(np.errstate(over="ignore", invalid="ignore"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)
        self._settings.close()

    def gradients(self, x: Array, targets: Array, key: tuple[int, ...]) -> float:
        """Fill the network's gradients for a batch; returns its mean loss.

        ``key`` (seed, epoch, batch) is what dropout's choices follow from.
        """
        count = max(1, min(len(self._members), len(x) // SMALLEST_SHARE))
        if count == 1:
            return self._share(self.network, x, targets, len(x), self._rng(key, 0))
        cuts = [len(x) * k // count for k in range(count + 1)]

        def share(k: int) -> float:
            part = slice(cuts[k], cuts[k + 1])
            return self._share(self._members[k], x[part], targets[part], len(x), self._rng(key, k))

        self._hand_out_statistics()
        losses = self.run([partial(share, k) for k in range(count)])
        self._add_up(count)
        return sum(losses)

    def _rng(self, key: tuple[int, ...], k: int) -> np.random.Generator | None:
        """What the share ``k`` draws from."""
        return np.random.default_rng((*key, 2, k)) if self._draws else None

    def run(self, tasks: Sequence[Callable[[], T]]) -> list[T]:
        """The tasks' results in order; the first runs on this thread, the others beside it."""
        waiting = [self._pool.submit(task) for task in tasks[1:]]
        return [tasks[0](), *(future.result() for future in waiting)]

    def _share(
        self, network: Sequential, x: Array, targets: Array, total: int, rng: np.random.Generator | None
    ) -> float:
        weight = len(x) / total
        outputs = network.forward(x, training=True, rng=rng)
        loss, gradient = self._loss(outputs, targets)
        gradient *= weight
        network.backward(gradient, to_input=False)
        return loss * weight

    def _hand_out_statistics(self) -> None:
        for buffer, *copies in zip(*self._buffers, strict=True):
            for other in copies:
                other[...] = buffer

    def _add_up(self, count: int) -> None:
        """Sum the gradients into the first network's; its running statistics become the mean of all."""
        for parameter, *others in zip(*self._parameters[:count], strict=True):
            for other in others:
                parameter.grad[...] += other.grad
        for buffer, *others in zip(*self._buffers[:count], strict=True):
            for other in others:
                buffer += other
            buffer /= count

    def outputs(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The network's outputs (N, K) for uint8 (N, 28, 28), all threads at work."""

        def one(start: int) -> Array:
            x = as_input(images[start : start + INFERENCE_BATCH], self.network.input_shape)
            return self.network.forward(x)

        starts = range(0, len(images), INFERENCE_BATCH)
        return np.concatenate(list(self._pool.map(one, starts)))
