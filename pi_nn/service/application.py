"""The application factory: it is handed its collaborators, and adds one blueprint a noun."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from flask import Flask, request
from werkzeug.routing import Rule

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


class MatchedRule(Rule):
    """A rule that finds its route and never builds an address: Werkzeug compiles two builders for each
    rule, together 25 million of the instructions that a Pi Zero starts with."""

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        return _never_built


def _never_built(rule: Rule, **values: Any) -> NoReturn:
    raise NotImplementedError(f"{rule} is a fixed address; write it down")


def create_app(parts: Parts) -> Flask:
    """A WSGI application that answers from ``parts``. Nothing is global: two of them do not meet."""
    app = Flask("pi_nn.service", static_folder=None, template_folder=None)
    app.url_rule_class = MatchedRule
    app.request_class = InMemoryRequest
    problems.register(app)
    app.before_request(access.guard(lambda: parts.settings))

    @app.before_request
    def bound_body() -> None:
        check_size(request, parts.settings.max_upload_bytes)

    for noun in NOUNS:
        app.register_blueprint(noun.blueprint(parts))
    return app
