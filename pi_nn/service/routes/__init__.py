"""One file a noun, each with ``blueprint(parts) -> flask.Blueprint``."""
