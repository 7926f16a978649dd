"""Which digits are to be believed, alone and together."""

from __future__ import annotations

from operator import itemgetter
from typing import Final

import numpy as np

from pi_nn.vision.axis import FENCE, in_a_fence, lean_apart
from pi_nn.vision.cause import flaw, hindrance, is_rough
from pi_nn.vision.company import (
    LONGER,
    among_dots,
    among_strangers,
    are_slashes,
    in_a_line,
    in_a_word,
    is_alike,
)
from pi_nn.vision.guess import Guess
from pi_nn.vision.marks import Mark, is_around, is_bar, is_blot, joined
from pi_nn.vision.scene import Scene
from pi_nn.vision.sorting import Ink, Sorted

# Of all ink of the size of digits at least this share are digits, or the frame shows something else.
_SHARE: Final = 0.4
_LEAST_SHARE: Final = 0.2
_FEW: Final = 5
# What is this much of a digit's height may be one.
_MISSED: Final = 0.5
# Where most are bars this narrow, faint ink counts too: grain makes no other digits.
_NARROW: Final = 0.5
_MOSTLY: Final = 0.7
# Where all are bars, so many things this long beside them are too many: a hand's outline, a table's lines. In
# an inky frame so many more for each of them are: hair, wood and cloth are bars and little else.
_BESIDE_BARS: Final = 2
_MORE: Final = 0.25
_LONG: Final = 0.5
# What a bar is read as. It may be a slash where it is wider than this share of its height.
_ONE: Final = 1
_PARTING: Final = 3  # the slash and a digit on both sides
_LEANING: Final = 0.27
# In a frame of so many marks beside two for each digit, the paper around a digit must be smooth.
_CLUTTER: Final = 20
# What is so long in heights within a digit is no speck, and what is so dark beside it no ruled line.
_HELD: Final = 0.2
_AS_DARK: Final = 0.4
# Where ink covers this much of a frame, it may be hatching, grain or cloth: then no more than this share of a
# digit's surroundings may be ink, of a bar's less, since all of these are full of bars.
_INKY: Final = 0.12
_AROUND: Final = 0.3
_AROUND_BAR: Final = 0.2


def needed(guess: Guess, confidence: float) -> float:
    """The confidence from when on a guess is firm: one cut out of larger ink must leave half the doubt."""
    return confidence if guess.cut is None else (1 + confidence) / 2


def doubts(scene: Scene, found: Sorted, *, confidence: float) -> list[str | None]:
    """For each digit why it is not to be believed, whatever the network says of it; else ``None``."""
    digits, ink = found.digits, found.ink
    if not digits:
        return []
    weak = [g.quality < needed(g, confidence) or id(g) in found.spoilt for g in digits]
    bars = {guess.mark for guess in digits if is_bar(guess.mark)}
    alone = _strange(scene, found, weak, bars)
    firm = [
        guess.mark
        for guess, no, bad in zip(digits, weak, alone, strict=True)
        if not no and not bad and not scene.at_edge(guess.mark)
    ]
    seen = len(digits) + len(found.refused)
    # Where there was too much to look at all of it, a digit may be missing from any number.
    crowded = scene.left_out >= max(_MISSED * ink.height, 1) or _crowded(scene, ink, firm, bars, seen)
    # Digits may stand close, but hatching and cloth are full of bars.
    plain = [mark for mark in firm if mark not in bars] if scene.inkiness > _INKY else []
    known = joined(plain) if plain else None
    cluttered = len(scene.marks) > _CLUTTER + 2 * len(firm)
    torn = {id(guess.cut) for guess, doubtful in zip(digits, weak, strict=True) if doubtful and guess.cut}
    reasons = []
    for guess, doubtful, bad in zip(digits, weak, alone, strict=True):
        why = found.spoilt.get(id(guess))
        if not doubtful and bad:
            why = "not_a_digit"
        elif not doubtful and (crowded or _is_hemmed_in(scene, guess.mark, known, cluttered)):
            why = "crowded"
        elif id(guess.cut) in torn:
            why = why or "low_confidence"  # what was cut is believed as a whole or not at all
        hindered = hindrance(scene, guess.mark) if doubtful or why else None
        reasons.append(flaw(scene, guess.mark) or hindered or why)
    return reasons


def _strange(scene: Scene, found: Sorted, weak: list[bool], bars: set[Mark]) -> list[bool]:
    """For each digit, whether it is a piece of something else, or company says that it is none."""
    digits, ink, told = found.digits, found.ink, list(zip(found.digits, weak, strict=True))
    boxes = [guess.mark.box for guess in digits]
    refused = [mark for mark, _ in found.refused if not ink.is_faint(scene, mark)]
    wholes = {id(guess.cut): guess.cut.box for guess in digits if guess.cut}
    strangers = [mark.box for mark in refused] + list(wholes.values())
    strangers += [g.mark.box for g, doubtful in told if doubtful and g.cut is None]
    shaky = [no or g.cut is not None or _is_torn_bar(g.mark) for g, no in told]
    lines = [mark.box for mark, why in found.refused if why == "touches_edge" or mark.torn]
    ill = {id(guess.cut): guess.cut.box for guess, doubtful in told if doubtful and guess.cut}
    letters = [mark.box for mark in refused if not scene.at_edge(mark)] + list(ill.values())
    none = {key for key, why in found.spoilt.items() if why == "not_a_digit"}
    letters += [g.mark.box for g, doubtful in told if doubtful and g.cut is None and id(g) in none]
    alone = among_strangers(boxes, shaky, [_is_half(g, told) for g, _ in told], strangers)
    carried = in_a_line(boxes, lines)
    other = _others(scene, told, bars)
    company = zip(told, alone, carried, in_a_word(boxes, shaky, letters), strict=True)
    return [
        bad
        or line
        or word
        or g.mark in other
        or (not doubtful and ((g.mark in bars and _goes_on(scene, g.mark)) or _is_spots(scene, g.mark)))
        for (g, doubtful), bad, line, word in company
    ]


def _others(scene: Scene, told: list[tuple[Guess, bool]], bars: set[Mark]) -> set[Mark]:
    """The marks that look like digits, and are other things: slashes, rings, and bars of a fence or rays."""
    digits = [guess for guess, _ in told]
    sure = [guess.mark for guess, doubtful in told if not doubtful and guess.mark in bars]
    rays = set(sure) if lean_apart(sure) else set()
    return rays | _fenced(bars) | _rings(scene, digits) | _slashes(digits, bars)


def _fenced(bars: set[Mark]) -> set[Mark]:
    """Those of ``bars`` that are in a fence."""
    if len(bars) < FENCE:
        return set()
    marks = list(bars)
    return {mark for mark, fenced in zip(marks, in_a_fence(marks), strict=True) if fenced}


def _rings(scene: Scene, digits: list[Guess]) -> set[Mark]:
    """The marks of digits with other ink within, as a face has, an eye and a button: a 0 holds paper."""
    if len(scene.marks) <= len(digits):
        return set()
    x, y, w, h = np.array([guess.mark.box for guess in digits]).T[:, :, None]
    left, top, width, height = np.array([mark.box for mark in scene.marks]).T
    within = (x < left) & (left + width < x + w) & (y < top) & (top + height < y + h)
    within &= np.maximum(width, height) >= _HELD * h
    pairs = [(digits[k].mark, scene.marks[i]) for k, i in np.argwhere(within).tolist()]
    return {
        mark
        for mark, inner in pairs
        if is_around(mark, inner) and scene.strength(inner) > _AS_DARK * scene.strength(mark)
    }


def _slashes(digits: list[Guess], bars: set[Mark]) -> set[Mark]:
    """Those of ``bars`` that are slashes: they lean, are read as a 1, and are longer than others."""
    if len(digits) < _PARTING or not bars:
        return set()
    boxes = [guess.mark.box for guess in digits]
    lowest = min(boxes, key=itemgetter(3))[3]
    longer = [
        i
        for i, (_, _, width, height) in enumerate(boxes)
        if height > LONGER * lowest and width > _LEANING * height
        if digits[i].mark in bars and digits[i].probabilities.argmax() == _ONE
    ]
    return {guess.mark for guess, slash in zip(digits, are_slashes(boxes, longer), strict=True) if slash}


def _is_half(guess: Guess, told: list[tuple[Guess, bool]]) -> bool:
    """Whether a digit is one of two, both firm, that touch and are all of their ink."""
    if guess.cut is None or guess.cut.torn is not None:
        return False
    return [doubtful for other, doubtful in told if other.cut is guess.cut] == [False, False]


def _is_hemmed_in(scene: Scene, mark: Mark, known: Mark | None, cluttered: bool) -> bool:
    """Whether a mark may be a part of what is all around it, but for what is ``known`` to be digits."""
    inky = scene.inkiness > _INKY
    if (cluttered or (inky and is_bar(mark))) and is_rough(scene, mark):
        return True
    most = _AROUND_BAR if mark.box[2] < _NARROW * mark.height else _AROUND
    return inky and scene.ink_around(mark, known) > most


def _is_torn_bar(mark: Mark) -> bool:
    """Whether a mark may well be what is left of a table's line."""
    return mark.torn is not None and mark.box[2] < _NARROW * mark.height


def _goes_on(scene: Scene, mark: Mark) -> bool:
    """Whether a bar was cut out of something longer: a pale line in pieces, the edge of a shadow."""
    return scene.goes_on(mark) or scene.is_carried_on(mark) or scene.is_followed(mark)


def _is_spots(scene: Scene, mark: Mark) -> bool:
    """Whether a mark is made of spots of ink or dirt, among others."""
    return is_blot(mark) and among_dots(mark.box, [other.box for other in scene.marks if other is not mark])


def _crowded(scene: Scene, ink: Ink, firm: list[Mark], bars: set[Mark], seen: int) -> bool:
    """Whether the digits are few among all ink, ``seen`` pieces, or among ink of their size.

    Wood, grass and faces hold a 1 here and there.
    """
    if seen >= _FEW and len(firm) < _LEAST_SHARE * seen:
        return True
    narrow = sum(mark in bars for mark in firm)
    other = sum(max(mark.box[2:]) >= _LONG * ink.height for mark in scene.marks) - len(firm)
    if narrow == len(firm) and other > len(firm) + _BESIDE_BARS:
        return True
    if narrow > _MOSTLY * len(firm) and other > _MORE * len(firm) + _BESIDE_BARS and scene.inkiness > _INKY:
        return True
    alike = [mark for mark in scene.marks if is_alike((0, 0, 1, max(mark.box[2:])), ink.height)]
    if len(alike) < _FEW or len(firm) >= _SHARE * len(alike):
        return False
    clear = sum(not ink.is_faint(scene, mark) for mark in alike)
    return narrow > _MOSTLY * len(firm) or len(firm) < _SHARE * clear
