"""GET /openapi.json: the contract of this interface, written by hand and checked against the routes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response

from pi_nn import __version__
from pi_nn.service.routes.answers import answer

if TYPE_CHECKING:
    from pi_nn.service.parts import Parts

FILE = Path(__file__).parent.parent / "openapi.json"


def blueprint(parts: Parts) -> Blueprint:
    bp = Blueprint("contract", __name__)

    @bp.get("/openapi.json")
    def openapi() -> Response:
        return answer(_document(), "application/json")

    return bp


@cache
def _document() -> bytes:
    document = json.loads(FILE.read_text(encoding="utf-8"))
    document["info"]["version"] = __version__
    return json.dumps(document).encode()
