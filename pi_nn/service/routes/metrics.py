"""GET /metrics: for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from pi_nn.service.routes.answers import answer

if TYPE_CHECKING:
    from pi_nn.service.parts import Parts


def blueprint(parts: Parts) -> Blueprint:
    bp = Blueprint("metrics", __name__)

    @bp.get("/metrics")
    def metrics() -> Response:
        # Loaded when first asked for: most makers have no Prometheus, and its client costs a start.
        from pi_nn.service.exposition import expose

        return answer(*expose(parts))

    return bp
