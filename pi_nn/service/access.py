"""Who may do what: the bearer token, and what protects a daemon that has none."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from flask import Request, request

from pi_nn.service.problems import Problem
from pi_nn.service.routes.page import PREFIX

if TYPE_CHECKING:
    from pi_nn.config import Settings

READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CHANGES_NOTHING: Final = frozenset({"/api/predict"})
"""Paths whose POST only reads the picture that it is given."""
OPEN: Final = ("/", "/openapi.json")
"""These and the page's files hold no reading: the page must be there to ask for the token."""
_PORT: Final = re.compile(r":\d+$")
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")


def guard(settings: Callable[[], Settings]) -> Callable[[], None]:
    """A ``before_request`` function that lets a request through, or raises :class:`Problem`."""

    def check() -> None:
        now = settings()
        if request.method in READS or request.path in CHANGES_NOTHING:
            path = request.path
            if now.require_token_for_reads and path not in OPEN and not path.startswith(PREFIX):
                _check_token(now.token)
        elif request.url_rule is not None:  # else there is nothing to guard, only a 404 or 405 to give
            _check_change(request, now.token)

    return check


def _check_change(request: Request, token: str | None) -> None:
    _check_origin(request)
    if token is not None:
        _check_token(token)
    elif not _is_local(request):
        raise Problem(
            403,
            "without a token the settings of this daemon can be changed from its own machine only; "
            "set 'token' in its configuration and send it as 'Authorization: Bearer …'",
        )


def _check_token(token: str | None) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    # compare_digest takes as long for a near miss as for a far one; it wants ASCII or bytes.
    if token and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return
    came = "another one came" if given else "none came"
    raise Problem(
        401,
        f"this needs the daemon's token, {came}; send it as 'Authorization: Bearer …'",
        headers={"WWW-Authenticate": 'Bearer realm="pi-nn"'},
    )


def _check_origin(request: Request) -> None:
    """Refuses what another site's page sends through the visitor's browser (cross-site request forgery)."""
    origin = request.headers.get("Origin")
    foreign = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    if foreign or (origin is not None and origin.lower().partition("://")[2] != request.host.lower()):
        raise Problem(403, f"a page of {origin or 'another site'} may not change this daemon")


def _is_local(request: Request) -> bool:
    """Whether the request comes from this machine, by this machine's name, and not through a proxy.

    The name is looked at because a page can make its own name point to 127.0.0.1 (DNS rebinding).
    """
    if any(name in request.headers for name in _FORWARDED):
        return False
    name = _PORT.sub("", request.host).strip("[]").lower()
    return _is_loopback(request.remote_addr or "") and (name == "localhost" or _is_loopback(name))


def _is_loopback(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
