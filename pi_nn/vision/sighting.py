"""Settles what in a scene is a digit: scores its marks and, where in doubt, the other ways of seeing them.

Most frames need one round of a network's opinion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from pi_nn.records import Box
from pi_nn.vision.choose import best_way, rivals
from pi_nn.vision.company import held
from pi_nn.vision.guess import CERTAIN, CLEAR, WIDEST, Guess, Score, goes_on, guesses_of, is_digit_sized
from pi_nn.vision.hands import Hands
from pi_nn.vision.lattice import Lattice, clusters, cutting, joining, mended, usual_tallness
from pi_nn.vision.marks import Mark, joined
from pi_nn.vision.scene import Scene
from pi_nn.vision.seam import CLEAR_CUT, may_be_pair, moved, parted, speaks_for_pair

# What is so many times as high as each of so many digits within it frames them.
_FRAME: Final = 2.0
_WITHIN: Final = 2
# Ink narrower than this many heights holds one digit only.
_NARROW: Final = 0.6
# Broader than this it is seldom one digit only.
_BROAD: Final = 1.3
# Several that touch are no wider than this, and higher than so many pixels.
_WIDEST_ROW: Final = 6.0
_LEAST_CUT_HEIGHT: Final = 12
# Ink this many times thicker than the pen may be a shadow with digits in it.
_SOLID: Final = 6.0
# A part narrower than this many heights is a bar.
_BAR: Final = 0.4
# What is as likely a pair as a digit is one with this chance less: shown, and not believed.
_UNDECIDED: Final = 0.25
# A loose bar is so many times darker than the pale lines of a grid.
_DARKER: Final = 2.0
# A sign is written by the same pen: no thinner than this share of it, as the remains of ruled lines are.
_AS_THICK: Final = 0.5
# The edge of a shadow has more than this of its rim as dark as it is itself. Darker ink than this need not be
# looked at: such a deep shadow is one large mark.
_WIDE_OPEN: Final = 0.25
_SHADE: Final = 0.5


class Sight(NamedTuple):
    """The most plausible ``guesses``, and the ink ``left`` by them, specks and long lines too.

    ``signs`` are the boxes of ink that is known to be none, nor a part of one: they part numbers.
    """

    guesses: list[Guess]
    left: list[Mark]
    signs: Sequence[Box] = ()


def sight(scene: Scene, score: Score) -> Sight:
    """The most plausible reading of all ink; marks that are no digits have a high ``junk``."""
    if not scene.marks:
        return Sight([], [])
    marks, known = _opened_up(scene, score)
    small = [mark for mark in marks if not scene.at_edge(mark) and not scene.is_hair(mark)]
    sure = [mark for mark in small if not _is_nothing(known.get(id(mark)))]
    frames = [mark for mark in small if scene.is_large(mark) and _is_frame(mark, sure)]
    if frames:
        marks, small, sure = _without(frames, marks, small, sure)
    hands = Hands(usual_tallness(sure or small), sure, lambda mark: _is_certain(known.get(id(mark))))
    signs, bars = _signs(scene, small, hands) if len(sure) < len(small) else ([], [])
    if signs or bars:
        marks, small = _without(signs + bars, marks, small)
    pieces, small = small, mended(small, hands)
    if small is not pieces:
        fresh, other = _without(pieces, small, marks)
        known |= guesses_of(scene, score, [mark for mark in fresh if is_digit_sized(scene, mark)])
        marks = small + other
    whole, left = _settled(scene, score, marks, small, hands, known)
    guesses = _weighed(scene, score, _parted(scene, score, whole))
    return Sight(guesses, left + frames + bars, [mark.box for mark in signs])


def _opened_up(scene: Scene, score: Score) -> tuple[list[Mark], dict[int, Guess]]:
    """The scene's marks without shadows, grids and lines, and a guess for each that may be a digit."""
    shown = list(scene.marks)
    sized = [mark for mark in shown if is_digit_sized(scene, mark)]
    if pale := [mark for mark in sized if scene.strength(mark) < _SHADE]:
        shown, sized = _without([mark for mark in pale if _is_shade(scene, mark)], shown, sized)
    known = guesses_of(scene, score, sized)
    marks: list[Mark] = []
    for mark in _on_one_grid(scene, shown, known):
        marks += _opened(scene, mark, known)
    fresh = [mark for mark in marks if id(mark) not in known and is_digit_sized(scene, mark)]
    return marks, known | guesses_of(scene, score, fresh)


def _settled(
    scene: Scene, score: Score, marks: list[Mark], small: list[Mark], hands: Hands, known: dict[int, Guess]
) -> tuple[list[Guess], list[Mark]]:
    """The best guesses, and the ink left: ``small`` marks may be pieces of a digit, or several in one."""
    linked = clusters(small, hands)
    taken = {id(small[i]) for cluster in linked for i in cluster}
    found = [known[id(mark)] for mark in marks if id(mark) in known and id(mark) not in taken]
    joins = [joining([small[i] for i in cluster], hands) for cluster in linked]
    together, left = _best(scene, score, joins, known)
    known = known | {id(guess.mark): guess for guess in together}
    other = [mark for mark in small if not {id(mark)} & (known.keys() | taken)]
    whole, torn = _cut_apart(scene, score, found + together, other, known)
    return whole, left + torn


def _without(gone: list[Mark], *groups: list[Mark]) -> list[list[Mark]]:
    """Each of the ``groups`` without the marks that are ``gone``."""
    taken = set(gone)
    return [[mark for mark in group if mark not in taken] for group in groups]


def _signs(scene: Scene, marks: list[Mark], hands: Hands) -> tuple[list[Mark], list[Mark]]:
    """Those of ``marks`` that are signs between numbers, and bars that may be one."""
    unsure = [mark for mark in marks if not hands.is_certain(mark)]
    if len(unsure) == len(marks):
        return [], []
    from pi_nn.vision.signs import signs_of  # few frames hold such ink

    taken = {id(mark) for mark in unsure}
    digits = [mark.box for mark in marks if id(mark) not in taken]
    written = [mark for mark in unsure if mark.thickness > _AS_THICK * scene.pen]
    return signs_of(written, digits)


def _is_frame(mark: Mark, digits: list[Mark]) -> bool:
    """Whether a mark stands around digits, as a board's frame does: nothing within is a piece of it."""
    inner = [digit.box for digit in digits if _FRAME * digit.height < mark.height]
    return held(mark.box, inner) >= _WITHIN


def _is_shade(scene: Scene, mark: Mark) -> bool:
    """Whether a mark is a piece of a shadow's edge: as dark a place is beside it, and nothing on it."""
    return not scene.is_uneven(mark) and scene.openness(mark) > _WIDE_OPEN and scene.is_plain(mark)


def _on_one_grid(scene: Scene, marks: list[Mark], known: dict[int, Guess]) -> list[Mark]:
    """The ``marks``; those that are no digits as they stand as one with the grid that they lie on.

    Beside dark digits a pale line is no ink: what is left of it there, and the digits on that, stand apart.
    """
    unclear = [mark for mark in marks if _is_nothing(known.get(id(mark)))]
    grid = next((m for m in unclear if scene.is_large(m) and scene.unlined(m) is not None), None)
    if grid is None:
        return marks
    gone = [
        mark
        for mark in unclear
        if mark is grid or (holds(grid.box, mark.box) and not _is_stroke(scene, mark, grid))
    ]
    taken = {id(mark) for mark in gone}
    return [joined(gone), *(mark for mark in marks if id(mark) not in taken)]


def _is_stroke(scene: Scene, mark: Mark, grid: Mark) -> bool:
    """Whether a lying mark is of far darker ink than a grid: the loose bar of a digit on it."""
    return mark.box[2] > mark.height and scene.strength(mark) > _DARKER * scene.strength(grid)


def holds(outer: Box, inner: Box) -> bool:
    """Whether one box lies within the other."""
    x, y, w, h = inner
    left, top, width, height = outer
    return left <= x and x + w <= left + width and top <= y and y + h <= top + height


def _opened(scene: Scene, mark: Mark, known: dict[int, Guess]) -> list[Mark]:
    """A mark, or what it falls into where it is no digit but digits on lines, in a grid, in a shadow."""
    guess = known.get(id(mark))
    uneven = scene.is_uneven(mark)
    thick = mark.thickness > _SOLID * scene.pen and _is_nothing(guess)
    if not scene.is_large(mark) and not thick and not uneven:
        pieces = scene.unlined(mark) if guess is None and _row_sized(mark) else None
        return pieces or [mark]
    # At the frame's edge, or at a shadow's, a mark may be no digit, whatever it looks like.
    if guess and guess.quality > CLEAR and not uneven and not scene.at_edge(mark):
        return [mark]
    pieces = scene.opened(mark)
    ends = any(is_digit_sized(scene, piece) and not goes_on(scene, piece) for piece in pieces)
    return pieces if ends or guess is None or (uneven and not pieces) else [mark]


def _is_certain(guess: Guess | None) -> bool:
    return guess is not None and guess.quality > CERTAIN


def _is_nothing(guess: Guess | None) -> bool:
    return guess is None or guess.quality < CLEAR


def _cut_apart(
    scene: Scene, score: Score, found: list[Guess], other: list[Mark], known: dict[int, Guess]
) -> tuple[list[Guess], list[Mark]]:
    """``found`` with doubtful wide ink, and ``other`` ink, parted into digits that touch; what is left."""
    doubtful = [guess.mark for guess in found if _may_be_more(guess) and not scene.at_edge(guess.mark)]
    offers = [(mark, cutting(mark)) for mark in doubtful + other if _row_sized(mark)]
    lattices = {id(mark): lattice for mark, lattice in offers if lattice}
    parts, torn = _best(scene, score, list(lattices.values()), known)
    whole = [guess for guess in found if id(guess.mark) not in lattices]
    return whole + parts, torn + [mark for mark in other if id(mark) not in lattices]


def _parted(scene: Scene, score: Score, found: list[Guess]) -> list[Guess]:
    """``found`` with two digits for what looks like one, but more like two."""
    # What is no digit, or too wide for one, was looked at already.
    offers = {
        id(guess): pair
        for guess in found
        if guess.cut is None and guess.quality > CLEAR and not scene.at_edge(guess.mark)
        if may_be_pair(guess.mark, guess.quality) and (pair := parted(guess.mark, guess.quality))
        if all(is_digit_sized(scene, half) for half in pair.halves)
    }
    wholes = {id(half): g.mark for g in found if id(g) in offers for half in offers[id(g)].halves}
    known = guesses_of(scene, score, [half for pair in offers.values() for half in pair.halves], wholes)
    settled = []
    for guess in found:
        pair = offers.get(id(guess))
        halves = [known[id(half)] for half in pair.halves] if pair else []
        worse = min((half.quality for half in halves), default=0.0)
        if pair is None or not speaks_for_pair(guess.mark, guess.quality, pair.cost, worse):
            settled.append(guess)
        elif pair.cost <= CLEAR_CUT:
            settled += halves
        else:
            settled.append(_undecided(guess))
    return settled


def _weighed(scene: Scene, score: Score, found: list[Guess]) -> list[Guess]:
    """``found``, where of cut digits the mean opinion is told on the cut and on one a little to each side.

    A digit that is whole reads the same with a little of its neighbour, or without its own rim.
    """
    views = {id(guess): moved(guess.mark, guess.cut) for guess in found if guess.cut}
    known = guesses_of(scene, score, [mark for pair in views.values() for mark in pair])
    weighed = []
    for guess in found:
        seen = [guess, *(known[id(mark)] for mark in views.get(id(guess), ()))]
        odds = np.stack([g.probabilities for g in seen]).mean(axis=0, dtype=np.float32)
        junk = sum(g.junk for g in seen) / len(seen)
        weighed.append(replace(guess, probabilities=odds, junk=junk) if len(seen) > 1 else guess)
    return weighed


def _best(
    scene: Scene, score: Score, lattices: list[Lattice], known: dict[int, Guess]
) -> tuple[list[Guess], list[Mark]]:
    """The guesses along the best way through each lattice, and the pieces that are in none of them."""
    fresh = {
        id(mark): (mark, lattice.whole)
        for lattice in lattices
        for _, _, mark in lattice.candidates
        if id(mark) not in known and is_digit_sized(scene, mark)
    }
    known = known | guesses_of(
        scene, score, [mark for mark, _ in fresh.values()], {k: v[1] for k, v in fresh.items()}
    )
    found, left = [], []
    for lattice in lattices:
        guesses = [known.get(id(mark)) for _, _, mark in lattice.candidates]
        quality = [guess.quality if guess else 0.0 for guess in guesses]
        chosen = best_way(lattice, quality)
        picked = [guess for k in chosen if (guess := guesses[k])]
        if any(guesses) and (not picked or (lattice.whole and _is_scribble(picked))):
            found.append(_refused(scene, lattice, [guess for guess in guesses if guess]))
            continue
        found += (
            picked if lattice.whole else _decided(lattice, guesses, chosen, rivals(lattice, quality, chosen))
        )
        used = {i for k in chosen for i in range(*lattice.candidates[k][:2])}
        left += [piece for i, piece in enumerate(lattice.pieces) if i not in used]
    return found, left


def _decided(
    lattice: Lattice, guesses: list[Guess | None], chosen: list[int], others: list[int]
) -> list[Guess]:
    """The ``chosen`` guesses, in doubt where their ink reads otherwise on another way, as good as theirs.

    So they are where one stands on another: digits of two lines keep more apart.
    """
    picked = [(k, guess, lattice.candidates[k]) for k in chosen if (guess := guesses[k])]
    rest = [(g, lattice.candidates[k]) for k in others if (g := guesses[k]) and g.quality > CLEAR]
    decided = []
    for k, guess, (first, after, _) in picked:
        otherwise = any(
            begin < after and first < end and not _agree(guess, other) for other, (begin, end, _) in rest
        )
        stacked = any(lattice.is_upon(k, other) for other, _, _ in picked)
        decided.append(_undecided(guess) if otherwise or stacked else guess)
    return decided


def _agree(one: Guess, other: Guess) -> bool:
    return bool(one.probabilities.argmax() == other.probabilities.argmax())


def _undecided(guess: Guess) -> Guess:
    return replace(guess, junk=max(guess.junk, _UNDECIDED))


def _refused(scene: Scene, lattice: Lattice, guesses: list[Guess]) -> Guess:
    """The ink of a lattice as one thing that is no digit; as far as it may be one, what it would be."""
    whole = lattice.whole or joined(list(lattice.pieces))
    likely = max(guesses, key=lambda guess: guess.mark.area)
    if lattice.whole is None and not is_digit_sized(scene, whole):
        return likely
    return Guess(whole, scene.tile(whole), likely.probabilities, 1.0)


def _is_scribble(parts: list[Guess]) -> bool:
    """Whether what ink was cut into are bars for the most part: a W and an M would be many ones."""
    bars = sum(guess.mark.box[2] < _BAR * guess.mark.height for guess in parts)
    return len(parts) > 1 and 2 * bars > len(parts)


def _may_be_more(guess: Guess) -> bool:
    """Whether a guess may be several digits that touch."""
    broad = guess.mark.box[2] / max(guess.mark.height, _LEAST_CUT_HEIGHT)
    seldom_one = WIDEST if guess.quality > CERTAIN else _BROAD if guess.quality > CLEAR else _NARROW
    return broad > seldom_one


def _row_sized(mark: Mark) -> bool:
    return mark.height >= _LEAST_CUT_HEIGHT and mark.box[2] <= _WIDEST_ROW * mark.height
