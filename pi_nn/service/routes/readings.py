"""GET /api/reading, /api/readings: what is seen now, and what was seen before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from pi_nn.service.routes.answers import answer, answer_json, whole_number

if TYPE_CHECKING:
    from pi_nn.service.parts import Parts


def blueprint(parts: Parts) -> Blueprint:
    bp = Blueprint("readings", __name__)

    @bp.get("/api/reading")
    def reading() -> Response:
        return answer(parts.board.body(), "application/json")

    @bp.get("/api/readings")
    def readings() -> Response:
        limit = whole_number("limit", 20, 1, 1000)
        now = parts.clock()
        return answer_json({"readings": [r.to_json(now) for r in parts.board.recent(limit)]})

    return bp
