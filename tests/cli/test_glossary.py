from __future__ import annotations

import pytest
from click.testing import CliRunner

from pi_nn.cli import main
from pi_nn.glossary import TERMS


@pytest.mark.parametrize("term", ["relu", "ReLU", "  relu "])
def test_a_term_is_found_whatever_its_capitals(term: str) -> None:
    result = CliRunner().invoke(main, ["glossary", term])
    assert result.exit_code == 0
    assert "max(0, x)" in result.output


def test_a_term_of_two_words_needs_no_quotes() -> None:
    assert "length of a step" in CliRunner().invoke(main, ["glossary", "learning", "rate"]).output


def test_without_a_term_all_are_told() -> None:
    output = CliRunner().invoke(main, ["glossary"]).output
    assert all(term in output for term in TERMS)


def test_an_unknown_term_names_its_neighbours() -> None:
    result = CliRunner().invoke(main, ["glossary", "lerning", "rate"])
    assert result.exit_code == 1
    assert "learning rate" in result.output


def test_every_entry_is_a_sentence() -> None:
    assert all(text.endswith((".", "…")) and len(text) < 250 for text in TERMS.values())
