"""``pi-nn gradcheck``: numerical against analytic gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pi_nn.nn.gradcheck import Check


@click.command()
@click.option(
    "--network",
    "kind",
    default="tiny",
    show_default=True,
    metavar="KIND",
    help="mlp, cnn, tiny, teacher, or sizes such as 784-200-10.",
)
@click.option("--seed", default=0, show_default=True, help="Of the weights, the pictures and the sample.")
@click.option(
    "--samples", type=click.IntRange(1, 1000), default=20, show_default=True, help="Elements of each array."
)
def gradcheck(kind: str, seed: int, samples: int) -> None:
    """Check a network's gradients: numerical against analytic.

    Moves single weights by 1e-5 in float64 and compares the change of the loss with what backward says:
    up to 1e-7 correct, above 1e-2 wrong, between them suspicious (Taylor 2017). Status 1 when a
    relative error is above 1e-5.

    \b
    Example:
      pi-nn gradcheck --network 784-200-10 --seed 1
    """
    import numpy as np

    from pi_nn.nn import SoftmaxCrossEntropy, build_network
    from pi_nn.nn.gradcheck import check_network, wrong

    rng = np.random.default_rng(seed)
    network = build_network(kind, rng=rng)
    loss, labels = SoftmaxCrossEntropy(), rng.integers(0, network.output_shape[0], 4)
    pictures = rng.random((4, *network.input_shape))
    checks = check_network(network, pictures, lambda y: loss(y, labels), samples=samples, seed=seed)
    _print_table(checks)
    bad = wrong(checks)
    for check in bad[:10]:
        click.echo(f"wrong: {check}", err=True)
    click.echo(f"{len(checks)} gradients checked, {len(bad)} wrong")
    if bad:
        raise SystemExit(1)


def _print_table(checks: list[Check]) -> None:
    worst: dict[str, Check] = {}
    for check in checks:
        name = f"{check.layer} {check.argument}"
        if name not in worst or check.error > worst[name].error:
            worst[name] = check
    for name, check in worst.items():
        click.echo(f"{name:32} {check.error:8.1e}  {_verdict(check.error)}")


def _verdict(error: float) -> str:
    if error <= 1e-7:
        return "correct"
    return "wrong" if error > 1e-2 else "suspicious" if error > 1e-5 else "correct within rounding"
