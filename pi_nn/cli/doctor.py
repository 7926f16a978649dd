"""``pi-nn doctor``: checks the installation."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pi_nn.doctor import Check


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
@click.option(
    "--config",
    envvar="PI_NN_CONFIG",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings to check (TOML). Without it: the service's own, where it is installed.",
)
@click.pass_context
def doctor(context: click.Context, as_json: bool, config: Path | None) -> None:
    """Checks this installation and says how to mend what is wrong.

    Looks at Python, the libraries, the camera, memory, heat, power, the settings, the network and the port.
    The exit status is 1 when something must be mended.

    \b
    Examples:
      pi-nn doctor
      pi-nn doctor --json
      sudo -u pi-nn pi-nn doctor         with the eyes of the installed service
    """
    from pi_nn.doctor import examine, gather

    checks = examine(gather(config, os.environ, {}))
    healthy = all(check.status != "error" for check in checks)
    if as_json:
        answer = {"ok": healthy, "checks": [check.to_json() for check in checks]}
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        for check in checks:
            _show(check)
        _show_end(checks)
    context.exit(0 if healthy else 1)


def _show(check: Check) -> None:
    colour = {"ok": "green", "warning": "yellow", "error": "red"}[check.status]
    click.echo(f"{click.style(f'{check.status:<8}', fg=colour)} {check.message}")
    if check.cure is not None:
        click.echo(f"         -> {check.cure}")


def _show_end(checks: list[Check]) -> None:
    errors = sum(check.status == "error" for check in checks)
    warnings = sum(check.status == "warning" for check in checks)
    if errors:
        click.echo(f"\nTo be mended: {errors}; warnings: {warnings}.")
    else:
        click.echo(f"\nNothing must be mended; warnings: {warnings}.")
