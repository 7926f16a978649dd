"""Chalk, broken strokes, noise: digits that are damaged more and more (Rashid 2016, part 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from pi_nn.training.experiments.experiment import Experiment, Parameters
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.lesson import lesson, lesson_cost, teach_book, teach_ours
from pi_nn.training.experiments.material import Material, load_parts
from pi_nn.training.experiments.sheet import draw_spread, dress, mean_and_spread, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Tiles = NDArray[np.float32]


def erase(tiles: Tiles, holes: float, rng: np.random.Generator) -> Tiles:
    """``holes`` squares of 5x5 pixels rubbed out of each (N, 28, 28), each about a pixel that has ink."""
    out = tiles.copy()
    for _ in range(int(holes)):
        inked = tiles.reshape(len(tiles), -1) > 0.5
        # The largest of random numbers picks one inked pixel of each tile, every one with the same chance.
        place = np.argmax(inked * (1e-9 + rng.random(inked.shape)), axis=1)
        rows, columns = np.divmod(place, 28)
        near = np.abs(np.arange(28) - rows[:, None]) <= 2, np.abs(np.arange(28) - columns[:, None]) <= 2
        out[near[0][:, :, None] & near[1][:, None, :]] = 0
    return out


def noise(tiles: Tiles, deviation: float, rng: np.random.Generator) -> Tiles:
    """Normal noise of that standard deviation on every pixel, cut to 0..1."""
    noisy = tiles + rng.normal(0, deviation, tiles.shape).astype(np.float32)
    return np.clip(noisy, 0, 1, out=noisy)


def blur(tiles: Tiles, radius: float, rng: np.random.Generator) -> Tiles:
    """A Gaussian of ``radius`` pixels over each."""
    blurred: Tiles = gaussian_filter(tiles, (0, radius, radius))
    return blurred


DAMAGES: Mapping[str, tuple[Callable[[Tiles, float, np.random.Generator], Tiles], tuple[float, ...], str]] = (
    MappingProxyType(
        {
            "erased": (erase, (0, 1, 2, 3, 4, 6, 8), "squares of 5x5 pixels rubbed out"),
            "noise": (noise, (0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8), "noise (standard deviation, ink is 1)"),
            "blur": (blur, (0, 0.5, 1, 1.5, 2, 2.5, 3), "blur (standard deviation, pixels)"),
        }
    )
)


class Damage(Experiment):
    """Row A14: trained on clean digits, tested on damaged ones."""

    name = "damage"
    title = "784-100-10, trained on clean digits only"
    source = "A14"
    size = (7.0, 12.0)

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        records = 6_000 if quick else 60_000
        return [
            lesson("book", data, records=records, learning_rate=0.1),
            lesson("ours", data, records=records, learning_rate=0.003),
        ]

    def cost(self, parameters: Parameters) -> float:
        return lesson_cost(parameters) + 130_000

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        train, test = load_parts(str(parameters["data"]))
        material, rng = Material(train, int(parameters["records"])), np.random.default_rng(seed)
        way = teach_book if parameters["network"] == "book" else teach_ours
        (answer,) = way(parameters, material, rng)
        tiles = test.images.astype(np.float32) / np.float32(255)
        rows: list[Row] = []
        for damage, (hurt, levels, _) in DAMAGES.items():
            for level in levels:
                hurt_tiles = hurt(tiles, level, np.random.default_rng((seed, 1))) if level else tiles
                score = float(np.mean(answer(hurt_tiles).argmax(axis=1) == test.labels))
                rows.append({"damage": damage, "level": level, "accuracy": score})
        return rows

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        for axes, (damage, (_, _, unit)) in zip(figure.subplots(3, 1), DAMAGES.items(), strict=True):
            for number, (network, label) in enumerate(
                (("book", "book's network, book's rules"), ("ours", "ours, mini-batches"))
            ):
                rows = rows_of(records, network=network, damage=damage)
                draw_spread(
                    axes, [(float(r["level"]), 100 * float(r["accuracy"])) for r in rows], label, number
                )
            dress(axes, unit, "accuracy (%)", self.title if damage == "erased" else "")
            axes.set_ylim(0, 102)
            axes.axhline(10, color="grey", linestyle=":", linewidth=1.5, label="guessing")
            axes.legend(fontsize=10, loc="lower left")

    def summary(self, records: Sequence[Record]) -> list[str]:
        lines = []
        for network in ("book", "ours"):
            rows = rows_of(records, network=network)
            for damage, level in dict.fromkeys((row["damage"], row["level"]) for row in rows):
                chosen = [r for r in rows if r["damage"] == damage and r["level"] == level]
                told = mean_and_spread([float(r["accuracy"]) for r in chosen])
                lines.append(f"{network}, {damage} {level}: {told}")
        return lines
