"""The network compiled for inference: any number of digits, any number of threads, the same memory."""

from __future__ import annotations

import numpy as np

from pi_nn.nn.fold import fold
from pi_nn.nn.matrices import Matrices
from pi_nn.nn.program import Program
from pi_nn.nn.sequential import Sequential
from pi_nn.nn.workspace import Array

_CACHE = 1_500_000  # bytes
_LARGEST = 256
_IDLE = 4


class Plan:
    """Calls give the outputs (N, K) of ``network`` for N inputs, from several threads at once.

    A batch runs in pieces of 2**k digits: a few compiled programs serve every N, and the largest write to
    no more than 1.5 MB, which stays in the processor's cache. A thread takes a set of programs from
    those that are idle and puts it back; there are never more sets than threads at one time.
    """

    def __init__(self, network: Sequential) -> None:
        self._network = fold(network)
        self._matrices = Matrices()
        self._outputs = self._network.output_shape
        first = Program(self._network, 1, self._matrices)
        self._chunk = min(_LARGEST, 1 << max(1, _CACHE // first.bytes).bit_length() - 1)
        self._idle = [{1: first}]

    def __call__(self, x: Array, n: int) -> Array:
        """Outputs (n, K), an array of their own, for ``x``, float32 of any shape that holds ``n`` inputs."""
        try:
            programs = self._idle.pop()
        except IndexError:
            programs = {}
        program = programs.get(n)
        out = program.run(x) if program else self._in_pieces(programs, x, n)
        if len(self._idle) < _IDLE:
            self._idle.append(programs)
        return out

    def _in_pieces(self, programs: dict[int, Program], x: Array, n: int) -> Array:
        x = x.reshape(n, *self._network.input_shape)
        out = np.empty((n, *self._outputs), np.float32)
        start = 0
        while start < n:
            size = min(self._chunk, 1 << (n - start).bit_length() - 1)
            if size not in programs:
                programs[size] = Program(self._network, size, self._matrices)
            out[start : start + size] = programs[size].run(x[start : start + size])
            start += size
        return out
