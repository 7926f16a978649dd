"""How an answer looks: its headers, and the arguments of a query."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from pi_nn.service.problems import Problem


def answer(body: bytes, media_type: str, status: int = 200) -> Response:
    """A body that nobody may keep: it is out of date in a second."""
    return Response(
        body,
        status,
        content_type=media_type,
        headers=[("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")],
    )


def answer_json(value: Any, status: int = 200) -> Response:
    return answer(json.dumps(value).encode(), "application/json", status)


def whole_number(name: str, default: int, low: int, high: int) -> int:
    """The query's argument ``name``. Raises :class:`Problem` with 400 unless it is ``low`` to ``high``."""
    text = request.args.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdecimal() and len(text) < 10 and low <= int(text) <= high:
        return int(text)
    raise Problem(400, f"{name} is {text[:40]!r}, expected a whole number from {low} to {high}")


def yes_or_no(name: str) -> bool:
    """The query's argument ``name``, 0 or 1, 0 when it is missing."""
    return whole_number(name, 0, 0, 1) == 1
