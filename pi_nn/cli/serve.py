"""``pi-nn serve``: camera, page and JSON."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any, Final

import click

from pi_nn.config import Settings, load_settings

HELP: Final = {
    "camera": "auto, picamera2[:INDEX], folder:DIR[?loop=1] or simulated[:key=value,…].",
    "host": "Address to listen on; 0.0.0.0 for all.",
    "port": "Port to listen on; 0 takes a free one.",
    "model": "Weights: a path or a bundled name.",
    "interval": "Seconds between two captures.",
    "stale_after": "Seconds without a fresh frame until the reading is stale.",
    "agreement": "Frames that must agree before a text is published.",
    "min_confidence": "Accept a digit from this confidence on (default: the model's, but at least 0.94).",
    "min_margin": "… from this lead over the runner-up on (default: the model's).",
    "max_junk": "… up to this probability of being no digit (default: the model's).",
    "roi": "Look only here: x,y,width,height as fractions of the frame.",
    "width": "Width of a frame in pixels.",
    "height": "Height of a frame in pixels.",
    "frame_rate": "Frames a second that the camera makes.",
    "hflip": "Mirror the picture.",
    "vflip": "Turn the picture upside down.",
    "exposure_time": "Microseconds (default: automatic).",
    "lens_position": "Dioptres, for a camera that can focus (default: automatic).",
    "history": "Readings that are remembered.",
    "max_upload_bytes": "Largest body of a request.",
    "max_pixels": "Largest uploaded picture.",
    "max_streams": "Live streams, and event streams, at the same time.",
    "token": "Bearer token for whatever changes state; better kept in the configuration file.",
    "require_token_for_reads": "Ask for the token everywhere.",
    "state_dir": "Folder for corrections and the last fault.",
}
_TYPES: Final[dict[str, Any]] = {"int": click.INT, "float": click.FLOAT}


def _setting_options(command: Callable[..., None]) -> Callable[..., None]:
    """One option for every setting, so that none is forgotten. Not given means ``None``."""
    for field in reversed(fields(Settings)):
        flag = "--" + field.name.replace("_", "-")
        kind = str(field.type).removesuffix(" | None")
        if kind == "bool":
            option = click.option(f"{flag}/--no-{flag[2:]}", default=None, help=HELP[field.name])
        else:
            shown = "" if field.default is None else f"  [default: {field.default}]"
            option = click.option(
                flag,
                type=_TYPES.get(kind, click.STRING),
                help=HELP[field.name] + shown,
                metavar=_metavar(kind),
            )
        command = option(command)
    return command


def _metavar(kind: str) -> str:
    return {"int": "N", "float": "X", "str": "TEXT"}.get(kind, "X,Y,W,H")


@click.command()
@click.option("--config", envvar="PI_NN_CONFIG", metavar="FILE", help="Settings in a TOML file.")
@_setting_options
@click.pass_context
def serve(ctx: click.Context, /, config: str | None, **options: Any) -> None:
    """Reads what a camera sees and answers over HTTP, until ctrl-C.

    \b
    Examples:
      pi-nn serve                               page and JSON on http://127.0.0.1:8000
      pi-nn serve --camera folder:pictures      the pictures of a folder
      pi-nn serve --camera simulated:digits=42  without a camera

    Every option is also a key of the TOML file, and a variable PI_NN_… of the environment.
    """
    load = partial(load_settings, config, os.environ, options)
    settings = load()
    # Modules are no garbage: looking for some among them is 3 % of a start, and again at each later look.
    gc.disable()
    from pi_nn.service.server import serve as run

    gc.freeze()
    gc.enable()
    ctx.exit(run(settings, environ=os.environ, announce=click.echo, reload=load))
