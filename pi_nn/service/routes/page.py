"""GET /, /page/NAME: the page, and the files that it needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request

from pi_nn.service.problems import Problem

if TYPE_CHECKING:
    from pi_nn.service.parts import Parts

FOLDER: Final = Path(__file__).parent.parent / "page"
PREFIX: Final = "/page/"
MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Everything comes from this daemon: a page that reads from elsewhere would not work in a workshop.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def blueprint(parts: Parts) -> Blueprint:
    bp = Blueprint("page", __name__)

    @bp.get("/")
    def index() -> Response:
        return _send("index.html")

    # One rule for all files: each rule costs Werkzeug two million instructions at the start.
    @bp.get(PREFIX + "<name>")
    def file(name: str) -> Response:
        return _send(name)

    return bp


def file_names() -> set[str]:
    """The files of the page. Only these are sent, whatever the path says."""
    return {path.name for path in FOLDER.iterdir() if path.suffix in MEDIA_TYPES}


def _send(name: str) -> Response:
    """One file; a browser that has it asks whether it is still the same."""
    if name not in file_names():
        raise Problem(404, f"the page has no file {name[:40]!r}")
    path = FOLDER / name
    response = Response(path.read_bytes(), content_type=MEDIA_TYPES[path.suffix])
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
