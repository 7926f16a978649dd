"""GET and PUT /api/model: which weights run, and others in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from pi_nn.errors import WeightsError
from pi_nn.service.problems import Problem
from pi_nn.service.routes.answers import answer_json
from pi_nn.service.uploads import json_object

if TYPE_CHECKING:
    from pi_nn.service.parts import Parts


def blueprint(parts: Parts) -> Blueprint:
    bp = Blueprint("model", __name__)

    @bp.get("/api/model")
    def show() -> Response:
        return answer_json(parts.model.to_json())

    @bp.put("/api/model")
    def swap() -> Response:
        wanted = json_object(request).get("name")
        if not isinstance(wanted, str) or not 0 < len(wanted) <= 1000 or "\0" in wanted:
            raise Problem(
                400,
                'expected {"name": a bundled name, or the path of a weights file on the daemon\'s machine}',
            )
        try:
            parts.model.swap(wanted, parts.settings, parts.board.latest.frame)
        except WeightsError as error:
            raise Problem(422, str(error)) from None
        return answer_json(parts.model.to_json())

    return bp
