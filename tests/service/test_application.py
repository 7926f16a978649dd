"""The application as a whole."""

from __future__ import annotations

import pytest
from flask import Flask, url_for


def test_addresses_are_matched_and_never_built(app: Flask) -> None:
    """Werkzeug would compile two builders for each route at every start."""
    with app.test_request_context(), pytest.raises(NotImplementedError, match="/api/reading"):
        url_for("readings.reading")
