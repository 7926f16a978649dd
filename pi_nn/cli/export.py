"""``pi-nn export``: the same network for other engines."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--to", "form", type=click.Choice(["onnx", "npz"]), required=True, help="The file's format.")
@click.option("--model", default="digits-cnn", show_default=True, help="Weights: a path or a bundled name.")
def export(out: Path, form: str, model: str) -> None:
    """Writes a network to the file OUT.

    \b
    Examples:
      pi-nn export --to onnx digits.onnx
      pi-nn export --to npz copy.npz --model digits-tiny

    ONNX: input "pixels" float32 (N, 28, 28), 0 paper to 1 ink; output "probabilities" (N, K), and "junk"
    (N,) where the network knows what is no digit. npz: the weights file that --model takes.
    """
    from pi_nn.nn import load_network, save_network

    network = load_network(model)
    if form == "onnx":
        from pi_nn.training.onnx_export import export_onnx

        export_onnx(network, out)
    else:
        save_network(
            out,
            network.sequential(),
            name=network.name,
            classes=network.classes,
            thresholds=network.thresholds,
            temperature=network.temperature,
            junk=network.has_junk,
            record=network.record,
        )
    click.echo(f"{out}: {network.name} as {form}, {out.stat().st_size:,} bytes")
