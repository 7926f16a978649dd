"""Errors as ``application/problem+json`` (RFC 9457): what came, what was expected."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any, Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

_log = logging.getLogger(__name__)
MEDIA_TYPE: Final = "application/problem+json"
_DETAILS: Final = {
    404: "there is nothing at {path}; /openapi.json lists what there is",
    405: "{method} is not answered at {path}",
}


class Problem(Exception):  # noqa: N818 (the word of RFC 9457)
    """Ends a request with ``status`` and a sentence that helps; ``members`` are added to the JSON."""

    def __init__(
        self, status: int, detail: str, *, headers: dict[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.headers, self.members = headers or {}, members

    def response(self) -> Response:
        response = Response(problem_body(self.status, self.detail, **self.members), self.status)
        response.content_type = MEDIA_TYPE
        response.headers.update(self.headers)
        response.headers["Cache-Control"] = "no-store"
        return response


def problem_body(status: int, detail: str, **members: Any) -> bytes:
    """The JSON of a problem without a type of its own (RFC 9457, section 4.2.1)."""
    title = HTTPStatus(status).phrase
    return json.dumps(
        {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    ).encode()


def register(app: Flask) -> None:
    """Every 4xx and 5xx of ``app`` becomes a problem."""
    app.register_error_handler(Problem, lambda problem: problem.response())
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _unexpected)


def _from_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return Response(status=status, headers=dict(error.get_headers()))
    allowed = getattr(error, "valid_methods", None)
    detail = _DETAILS.get(status, "{description}").format(
        path=request.path, method=request.method, description=error.description
    )
    if allowed:
        methods = ", ".join(sorted(allowed))
        return Problem(status, f"{detail}, expected {methods}", headers={"Allow": methods}).response()
    return Problem(status, detail).response()


def _unexpected(error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    return Problem(500, "the service failed; its log says where").response()
