"""GET /: the page, and the files that it needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from pi_nn.service.parts import Parts

FOLDER: Final = Path(__file__).parent.parent / "page"
SCRIPTS: Final = ("page", "api", "digits", "try")
FILES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    **{f"/{name}.js": (f"{name}.js", "text/javascript; charset=utf-8") for name in SCRIPTS},
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
# Everything comes from this daemon: a page that reads from elsewhere would not work in a workshop.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def blueprint(parts: Parts) -> Blueprint:
    bp = Blueprint("page", __name__)
    for path, (name, media_type) in FILES.items():
        bp.add_url_rule(path, path.replace(".", "_"), _sender(FOLDER / name, media_type))
    return bp


def _sender(path: Path, media_type: str) -> Callable[[], Response]:
    """Sends one file; a browser that has it asks whether it is still the same."""

    def send() -> Response:
        response = Response(path.read_bytes(), content_type=media_type)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        response.make_conditional(request)
        return response

    return send
