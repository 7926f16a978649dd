"""The command line ``pi-nn``. One file a command; heavy imports stay inside the commands.

Exit status: 0 done, 1 ``error: …`` on stderr, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import logging
from importlib import import_module
from importlib.util import find_spec
from typing import IO, Any

import click

from pi_nn import __version__
from pi_nn.errors import PiNNError

COMMANDS = (
    "predict",
    "serve",
    "train",
    "evaluate",
    "export",
    "experiment",
    "explain",
    "gradcheck",
    "bench",
    "doctor",
    "glossary",
)
LOG_LEVELS = ("debug", "info", "warning", "error")


class CommandError(click.ClickException):
    """An error of ours as click shows it: ``error: what came, what was expected, what to do``."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"error: {self.format_message()}", err=True, file=file)


class LazyGroup(click.Group):
    """Finds each command in ``pi_nn.cli.NAME`` when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if find_spec(f"{__name__}.{name}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PiNNError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(130)


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="pi-nn")
@click.option("--log-level", type=click.Choice(LOG_LEVELS), default="warning", show_default=True)
def main(log_level: str) -> None:
    """Reads handwritten digits with a pure-NumPy network, down to a Raspberry Pi Zero.

    \b
    Examples:
      pi-nn predict photo.jpg            what does it say?
      pi-nn serve                        camera, page and JSON on http://127.0.0.1:8000
      pi-nn train --network mlp          train your own on MNIST
    """
    logging.basicConfig(level=log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
