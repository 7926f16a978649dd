"""``pi-nn glossary``: the field's words."""

from __future__ import annotations

import textwrap

import click

from pi_nn.glossary import TERMS, define


@click.command()
@click.argument("term", nargs=-1)
def glossary(term: tuple[str, ...]) -> None:
    """Explains one TERM of the field, or all of them.

    \b
    Examples:
      pi-nn glossary
      pi-nn glossary learning rate
    """
    entries = [define(" ".join(term))] if term else sorted(TERMS.items(), key=lambda entry: entry[0].lower())
    for name, text in entries:
        click.echo(click.style(name, bold=True))
        click.echo(textwrap.fill(text, 88, initial_indent="  ", subsequent_indent="  "))
