"""GET /healthz, /readyz: does the process live, and can its readings be relied on?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response

from pi_nn.service.problems import Problem
from pi_nn.service.routes.answers import answer_json

if TYPE_CHECKING:
    from pi_nn.service.parts import Parts


def blueprint(parts: Parts) -> Blueprint:
    bp = Blueprint("health", __name__)

    @bp.get("/healthz")
    def healthz() -> Response:
        now, last = parts.clock(), parts.stats.last_pass
        fault = parts.faults.last
        return answer_json(
            {
                "status": "alive",
                "uptime_seconds": round(now - parts.started, 3),
                "last_pass_age_seconds": None if last is None else round(now - last, 3),
                "passes": parts.stats.passes,
                "last_fault": None if fault is None else fault._asdict(),
            }
        )

    @bp.get("/readyz")
    def readyz() -> Response:
        reason, detail = unready(parts)
        if reason is not None:
            raise Problem(503, detail, reason=reason, last_fault=_last_fault(parts))
        return answer_json({"status": "ready", "model": parts.model.readers.live.network.name})

    return bp


def unready(parts: Parts) -> tuple[str | None, str]:
    """Why the daemon is not ready, as a code and a sentence; ``(None, "")`` when it is."""
    if parts.model.fault is not None:
        return "model", parts.model.fault
    reading = parts.board.now().reading
    if reading.status in ("starting", "stale", "camera_error"):
        return reading.reason or reading.status, reading.message or reading.status
    return None, ""


def _last_fault(parts: Parts) -> dict[str, Any] | None:
    return None if parts.faults.last is None else parts.faults.last._asdict()
