"""The application factory: it is handed its collaborators, and adds one blueprint a noun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, request

from pi_nn.service import access, problems
from pi_nn.service.routes import (
    contract,
    corrections,
    events,
    frames,
    health,
    metrics,
    model,
    page,
    predict,
    readings,
)
from pi_nn.service.uploads import InMemoryRequest, check_size

if TYPE_CHECKING:
    from pi_nn.service.parts import Parts

NOUNS = (page, readings, predict, frames, events, model, corrections, health, metrics, contract)


def create_app(parts: Parts) -> Flask:
    """A WSGI application that answers from ``parts``. Nothing is global: two of them do not meet."""
    app = Flask("pi_nn.service", static_folder=None, template_folder=None)
    app.request_class = InMemoryRequest
    problems.register(app)
    app.before_request(access.guard(lambda: parts.settings))

    @app.before_request
    def bound_body() -> None:
        check_size(request, parts.settings.max_upload_bytes)

    for noun in NOUNS:
        app.register_blueprint(noun.blueprint(parts))
    return app
