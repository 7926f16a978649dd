"""A training run that was stopped between two epochs, as a file from which it goes on to the same bits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pi_nn.errors import DataError, WeightsError
from pi_nn.nn.archive import pack, read_bytes, unpack
from pi_nn.nn.workspace import Array

MAX_BYTES = 1 << 30
FORMAT = 2

State = Mapping[str, Array]


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the next epoch depends on.

    ``identity`` says which run it is (recipe, data, network) and must fit when resuming; ``history`` holds
    a JSON object an epoch; ``parts`` the arrays of network, optimiser, average and best weights by name.
    Random numbers need no state: they follow from the seed and the number of the epoch.
    """

    identity: Mapping[str, Any]
    history: list[dict[str, Any]]
    parts: Mapping[str, State]

    def save(self, path: Path) -> None:
        """Written whole or not at all."""
        arrays = {
            f"{part}/{name}": array for part, state in self.parts.items() for name, array in state.items()
        }
        meta = {"format": FORMAT, "identity": self.identity, "history": self.history}
        pack(path, {**arrays, "meta": np.array(json.dumps(meta))})

    @classmethod
    def load(cls, path: Path, identity: Mapping[str, Any]) -> Checkpoint:
        """Raises :class:`DataError` when it is missing, damaged, or another run's (and what differs)."""
        if not path.exists():
            raise DataError(f"{path}: no checkpoint to resume from; train without --resume first")
        try:
            arrays = unpack(read_bytes(path, MAX_BYTES), str(path), MAX_BYTES)
            meta = json.loads(str(arrays.pop("meta")[()]))
            known, history = meta["identity"], meta["history"]
            if meta["format"] != FORMAT:
                raise ValueError(f"format {meta['format']}, expected {FORMAT}")
        except (WeightsError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path}: not a checkpoint: {error}; delete it and train again") from error
        odd = {key for key in {*known, *identity} if known.get(key) != identity.get(key)}
        if odd:
            told = ", ".join(f"{key} {known.get(key)} (now {identity.get(key)})" for key in sorted(odd))
            raise DataError(
                f"{path}: belongs to another run: {told[:300]}; use its options, or leave out --resume"
            )
        parts: dict[str, dict[str, Array]] = {}
        for name, array in arrays.items():
            part, _, rest = name.partition("/")
            parts.setdefault(part, {})[rest] = array
        return cls(known, history, parts)
