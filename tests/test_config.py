from __future__ import annotations

import contextlib
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_nn.config import Settings, load_settings
from pi_nn.errors import ConfigError


def test_later_sources_win(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("port = 1\ninterval = 1.0\nhistory = 5\n")
    settings = load_settings(file, {"PI_NN_PORT": "2", "PI_NN_INTERVAL": "2"}, {"port": 3, "host": None})
    assert (settings.port, settings.interval, settings.history) == (3, 2.0, 5)
    assert settings.host == Settings().host


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prot = 1", "did you mean 'port'"),
        ("port = 'a'", "port is 'a', expected a whole number"),
        ("port = true", "expected a whole number"),
        ("port = 70000", "expected 0 to 65535"),
        ("interval = nan", "expected a finite number"),
        ("interval = -1", "expected 0.02 to 3600"),
        ("hflip = 'maybe'", "expected true or false"),
        ("camera = 3", "expected a text"),
        ("camera = ''", "must not be empty"),
        ("roi = [0, 0, 2, 1]", "four fractions"),
        ("roi = [0, 0, 1]", "roi has 3 numbers"),
        ("roi = 7", "numbers parted by commas"),
        ("token = 'short'", "shorter than 8"),
        ("port = ", "not readable as TOML"),
        ("[table]\nx = 1", "unknown setting 'table'"),
    ],
)
def test_a_bad_file_is_explained(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=expected.replace("[", r"\[")):
        load_settings(file)


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such configuration file"):
        load_settings(tmp_path / "absent.toml")


def test_the_environment_is_text() -> None:
    settings = load_settings(
        environ={"PI_NN_HFLIP": "yes", "PI_NN_ROI": "0,0.1,1,0.5", "PI_NN_DATA": "/x", "HOME": "/"}
    )
    assert settings.hflip is True
    assert settings.roi == (0.0, 0.1, 1.0, 0.5)


def test_an_empty_variable_unsets_an_optional_setting() -> None:
    assert load_settings(environ={"PI_NN_TOKEN": ""}).token is None


def test_the_token_is_never_shown() -> None:
    settings = Settings(token="correct horse battery")
    assert "correct" not in repr(settings)
    with pytest.raises(ConfigError) as caught:
        load_settings(options={"token": 12345678})
    assert "12345678" not in str(caught.value)


@given(
    st.dictionaries(
        st.sampled_from([f.name for f in fields(Settings)]),
        st.none() | st.integers() | st.floats() | st.text(max_size=9),
    )
)
def test_any_value_is_taken_or_refused_with_our_error(options: dict[str, object]) -> None:
    with contextlib.suppress(ConfigError):
        assert isinstance(load_settings(options=options), Settings)
