"""What the README says must exist, and what exists must be in the README or a page that it links to."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from pi_nn.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> dict[str, click.Command]:
    context = click.Context(main)
    found = {name: main.get_command(context, name) for name in main.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def documented_options(name: str) -> set[str]:
    """The options in the command's row of the README's table of commands."""
    row = next((line for line in README.splitlines() if line.startswith(f"| `pi-nn {name}")), "")
    return set(re.findall(r"--[a-z][a-z-]*", row))


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_option_stands_in_the_readme(name: str) -> None:
    options = {
        option
        for parameter in commands()[name].params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for option in parameter.opts
        if option.startswith("--")
    }
    assert f"| `pi-nn {name}" in README
    assert options <= documented_options(name)
    assert documented_options(name) <= options | {"--help"}, "the README names an option that does not exist"


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", README):
        assert (ROOT / target).exists(), target


def test_every_api_route_stands_in_the_readme() -> None:
    document = json.loads((ROOT / "pi_nn" / "service" / "openapi.json").read_text(encoding="utf-8"))
    missing = {
        route for route in document["paths"] if f"`{route}" not in README and f" `{route}" not in README
    }
    assert missing <= {"/", "/page/{name}"}, "routes that the README's table does not name"
