"""Settles what in a scene is a digit: scores its marks and, where in doubt, the other ways of seeing them.

The only place where vision hears a network's opinion, through the ``score`` function that it is handed; most
frames need one round of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from pi_nn.vision.choose import best_way
from pi_nn.vision.lattice import Lattice, clusters, cutting, joining
from pi_nn.vision.marks import Mark
from pi_nn.vision.scene import LEAST_HEIGHT, Scene

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float32]"
# tiles (N, 28, 28) -> probabilities (N, K), junk (N,)
Score = Callable[[Floats], tuple[Floats, Floats]]

# A mark of more quality than this is a digit as it stands: no grid, no pair.
_CLEAR: Final = 0.5
# Ink narrower than this many heights holds one digit only.
_NARROW: Final = 0.6
# Broader than this it is seldom one digit only.
_BROAD: Final = 1.3
# No digit is wider than this many heights; a pair of them may be twice that.
_WIDEST: Final = 1.7
_WIDEST_ROW: Final = 6.0
_LEAST_CUT_HEIGHT: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """A mark, its tile (28, 28), the probabilities of the classes (K,), and that of no digit, 0..1.

    ``cut`` is the larger mark that it was cut out of, if any: such digits deserve less trust.
    """

    mark: Mark
    tile: Floats
    probabilities: Floats
    junk: float
    cut: Mark | None = None

    @property
    def quality(self) -> float:
        return float(self.probabilities.max()) * (1 - self.junk)


def sight(scene: Scene, score: Score) -> list[Guess]:
    """The most plausible reading of all ink, as guesses; marks that are no digits have a high ``junk``."""
    known = _guesses(scene, score, [mark for mark in scene.marks if _digit_sized(mark)])
    marks: list[Mark] = []
    for mark in scene.marks:
        marks += _opened(scene, mark, known)
    known |= _guesses(scene, score, [mark for mark in marks if _digit_sized(mark) and id(mark) not in known])
    small = [mark for mark in marks if not scene.at_edge(mark) and not scene.is_hair(mark)]
    linked = clusters(small)
    loose = {i for cluster in linked for i in cluster}
    taken = {id(small[i]) for i in loose}
    found = [known[id(mark)] for mark in marks if id(mark) in known and id(mark) not in taken]
    found += _best(scene, score, [joining([small[i] for i in cluster]) for cluster in linked], known)
    rows = [mark for mark in marks if _row_sized(mark) and not {id(mark)} & (known.keys() | taken)]
    return _cut_apart(scene, score, found, rows, known)


def _opened(scene: Scene, mark: Mark, known: dict[int, Guess]) -> list[Mark]:
    """A mark, or what it falls into where it is no digit but digits on lines, in a grid, in a shadow."""
    guess = known.get(id(mark))
    if not scene.is_large(mark):
        pieces = scene.unlined(mark) if guess is None and _row_sized(mark) else None
        return [mark] if pieces is None else pieces
    # At the frame's edge a large mark hardly ever is a digit, whatever it looks like.
    if guess and guess.quality > _CLEAR and not scene.at_edge(mark):
        return [mark]
    return scene.opened(mark) or ([mark] if guess else [])


def _cut_apart(
    scene: Scene, score: Score, found: list[Guess], rows: list[Mark], known: dict[int, Guess]
) -> list[Guess]:
    """``found`` with doubtful wide ink replaced by the digits that it can be cut into."""
    doubtful = [guess.mark for guess in found if _may_be_more(guess)]
    offers = [
        (m, lattice) for m in doubtful + rows if m.height >= _LEAST_CUT_HEIGHT and (lattice := cutting(m))
    ]
    parts = _best(scene, score, [lattice for _, lattice in offers], known)
    replaced = {id(mark) for mark, _ in offers}
    return [guess for guess in found if id(guess.mark) not in replaced] + parts


def _best(scene: Scene, score: Score, lattices: list[Lattice], known: dict[int, Guess]) -> list[Guess]:
    """The guesses along the best way through each lattice; ink that no way takes is refused whole."""
    fresh = {
        id(mark): (mark, lattice.whole)
        for lattice in lattices
        for _, _, mark in lattice.candidates
        if id(mark) not in known and _digit_sized(mark)
    }
    known = known | _guesses(
        scene, score, [mark for mark, _ in fresh.values()], {k: v[1] for k, v in fresh.items()}
    )
    found = []
    for lattice in lattices:
        guesses = [known.get(id(mark)) for _, _, mark in lattice.candidates]
        chosen = best_way(lattice, [guess.quality if guess else 0.0 for guess in guesses])
        found += [guess for k in chosen if (guess := guesses[k])]
        if not chosen:
            found += [max((g for g in guesses if g), key=lambda g: g.mark.area)] if any(guesses) else []
    return found


def _guesses(
    scene: Scene, score: Score, marks: list[Mark], wholes: Mapping[int, Mark | None] | None = None
) -> dict[int, Guess]:
    """A guess for every mark, by the mark's identity; ``wholes`` names what a mark was cut out of."""
    if not marks:
        return {}
    tiles = np.stack([scene.tile(mark) for mark in marks])
    probabilities, junk = score(tiles)
    cut = wholes or {}
    return {
        id(mark): Guess(mark, tiles[i], probabilities[i], float(junk[i]), cut.get(id(mark)))
        for i, mark in enumerate(marks)
    }


def _may_be_more(guess: Guess) -> bool:
    """Whether a guess may be several digits that touch."""
    broad = guess.mark.box[2] / max(guess.mark.height, _LEAST_CUT_HEIGHT)
    return broad > _BROAD or (broad > _NARROW and guess.quality < _CLEAR)


def _digit_sized(mark: Mark) -> bool:
    return (
        mark.height >= LEAST_HEIGHT and mark.box[2] <= _WIDEST * mark.height and mark.area > 1.4 * mark.height
    )


def _row_sized(mark: Mark) -> bool:
    return mark.height >= _LEAST_CUT_HEIGHT and mark.box[2] <= _WIDEST_ROW * mark.height
