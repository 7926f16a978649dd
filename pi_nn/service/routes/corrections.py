"""POST /api/corrections: the user says what a digit really is; it is kept as a training example."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from pi_nn.service.corrections import CorrectionsFullError
from pi_nn.service.problems import Problem
from pi_nn.service.routes.answers import answer_json
from pi_nn.service.uploads import json_object

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pi_nn.service.parts import Parts

_log = logging.getLogger(__name__)
EXPECTED = '{"reading": id, "digit": index in its digits, "label": name of a class}'


def blueprint(parts: Parts) -> Blueprint:
    bp = Blueprint("corrections", __name__)

    @bp.post("/api/corrections")
    def correct() -> Response:
        reading, index, label = _fields(json_object(request))
        if parts.corrections.folder is None:
            raise Problem(
                409, "corrections are not kept: 'state_dir' is not set in the daemon's configuration"
            )
        tile = _tile(parts, reading, index)
        classes = parts.model.readers.live.network.classes
        if label not in classes:
            raise Problem(422, f"label is {label[:40]!r}, expected one of {', '.join(classes[:100])}")
        return answer_json({"label": label, "kept": _keep(parts, tile, label, reading, index)}, 201)

    return bp


def _fields(body: dict[str, Any]) -> tuple[str, int, str]:
    reading, index, label = body.get("reading"), body.get("digit"), body.get("label")
    sound = isinstance(reading, str) and isinstance(label, str) and type(index) is int
    if not sound:
        raise Problem(400, f"fields are missing or of the wrong kind, expected {EXPECTED}")
    return str(reading), int(index or 0), str(label)


def _tile(parts: Parts, reading: str, index: int) -> NDArray[np.uint8]:
    entry = parts.board.find(reading)
    if entry is None:
        raise Problem(
            404, f"reading {reading[:40]!r} is not remembered (any more); /api/readings lists those that are"
        )
    count = 0 if entry.tiles is None else len(entry.tiles)
    if entry.tiles is None or not 0 <= index < count:
        raise Problem(
            422, f"digit is {index}, but the reading has {count} that can be corrected, counted from 0"
        )
    tile: NDArray[np.uint8] = entry.tiles[index]
    return tile


def _keep(parts: Parts, tile: NDArray[np.uint8], label: str, reading: str, index: int) -> int:
    try:
        return parts.corrections.keep(tile, label, reading, index)
    except CorrectionsFullError as error:
        raise Problem(507, f"{error}; train with them, then move them away") from None
    except OSError as error:
        _log.error("a correction could not be kept: %s", error)
        raise Problem(507, f"the correction could not be written: {error.strerror or error}") from None
