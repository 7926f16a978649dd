"""Which guesses may stand as digits, and what ink beside them stands against them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pi_nn.vision.cause import hindrance
from pi_nn.vision.company import beside, is_alike, is_at_foot, is_crumb, usual_height
from pi_nn.vision.guess import Guess
from pi_nn.vision.lattice import clusters
from pi_nn.vision.marks import Mark, is_bar, is_blot, joined
from pi_nn.vision.scene import Scene
from pi_nn.vision.sighting import Sight, holds

# Ink this much fainter than a frame's darker digits is no ink of its own.
_FAINT: Final = 0.4
_SPARSE: Final = 0.1
# So many digits that are no bars are writing, however low.
_WRITTEN: Final = 3
# A digit is higher than its comma by this factor.
_COMMA: Final = 2.0
# A bar is narrower than this many heights.
_NARROW: Final = 0.5
# Two digits that touch are at least this many heights wide.
_PAIR: Final = 1.1
# And each is nearly as high as the two together; the sides of a 0 that were cut apart are not.
_EVEN: Final = 0.85
# Lengths in heights of the usual digit: how far from its neighbours a digit of a line stands at most, and how
# wide several that touch are; of a piece of ink beside a digit its length and its distance.
_AMONG: Final = 2.0
_ROW: Final = 6.0
_PIECE: Final = 0.3
_LONGEST: Final = 2.5
_CLOSE: Final = 0.9
_TIGHT: Final = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """The usual digit of a frame: its ``height`` in pixels, how dark it is (0..1), ink by length."""

    height: float
    strength: float
    full: float

    def is_faint(self, scene: Scene, mark: Mark) -> bool:
        """Whether a mark is far fainter than the digits: a ruled line, a crease, show-through."""
        if not self.strength:
            return False
        strength = scene.strength(mark)
        return strength < _FAINT * self.strength or strength * mark.thickness < _SPARSE * self.full


@dataclass(frozen=True, slots=True, eq=False)
class Sorted:
    """Guesses that may be digits, and ink that is none, largest first, with the reason.

    ``spoilt`` holds, by the identity of the guess, what stands against digits whatever the network says.
    ``fault`` is what a user can do where there is no digit, if anything.
    """

    digits: list[Guess]
    refused: list[tuple[Mark, str]]
    ink: Ink
    spoilt: dict[int, str]
    fault: str | None


def sort(scene: Scene, sight: Sight, *, confidence: float, junk: float) -> Sorted:
    """Parts digits from other ink; crumbs are in neither, unless they are digits of a smaller hand.

    ``confidence`` is from when on a guess is firm, ``junk`` up to which it is a digit at all. Ink on a line
    of digits counts as one, spoilt, whatever it is: a number must not lose a digit in silence.
    """
    guesses = sight.guesses
    sure = [guess for guess in guesses if guess.quality >= confidence and guess.cut is None]
    firm = _off_edge(scene, sure) or sure
    usual = usual_height([guess.mark.box for guess in firm or _off_edge(scene, guesses) or guesses])
    digits: list[Guess] = []
    refused: list[tuple[Guess, str]] = []
    small: list[Guess] = []
    for guess in guesses:
        weak = guess.quality < confidence or not is_alike(guess.mark.box, usual)
        if is_crumb(guess.mark.box, usual):
            small += [] if scene.at_edge(guess.mark) else [guess]
        elif guess.junk > junk:
            refused.append((guess, "not_a_digit"))
        elif weak and firm and scene.at_edge(guess.mark):
            refused.append((guess, "touches_edge"))
        else:
            digits.append(guess)
    ink = _usual_ink(scene, digits, usual)
    faint = [guess for guess in digits if ink.is_faint(scene, guess.mark)]
    commas = _commas(digits, firm)
    clear = [guess for guess in digits if guess not in faint and guess not in commas]
    crumbs = sight.left + _as_written(small, digits)
    tight = [guess.mark for guess, _ in refused if not scene.at_edge(guess.mark)]
    spoilt = _spoilt(scene, ink, clear, crumbs, _CLOSE) | _spoilt(scene, ink, clear, tight, _TIGHT)
    spoilt |= _unread(scene, ink, clear, refused, confidence)
    spoilt |= _ill_cut(guesses, clear) | _faded(clear, faint, confidence)
    refused += [(guess, "not_a_digit") for guess in (*faint, *commas)]
    clear += [guess for guess, _ in refused if id(guess) in spoilt]
    others = [(guess.mark, why) for guess, why in refused if id(guess) not in spoilt]
    dark = [guess for guess in small if not ink.is_faint(scene, guess.mark)]
    if len(dark) >= _WRITTEN and (written := _written(dark, confidence)):
        lower = sort(scene, Sight(written, sight.left), confidence=confidence, junk=junk)
        clear, others, spoilt = clear + lower.digits, others + lower.refused, spoilt | lower.spoilt
    others.sort(key=lambda pair: -pair[0].area)
    fault = next((hindrance(scene, mark) for mark, _ in others if _is_upright(mark)), scene.reason)
    return Sorted(clear, others, ink, spoilt, fault)


def _off_edge(scene: Scene, guesses: list[Guess]) -> list[Guess]:
    """The guesses that are not cut off by the frame."""
    return [guess for guess in guesses if not scene.at_edge(guess.mark)]


def _written(crumbs: list[Guess], confidence: float) -> list[Guess]:
    """What of too low ink is written smaller than the usual digit: beside sure digits, and most of it sure.

    Bars speak for nobody: a comma looks like a 1.
    """
    firm = [guess for guess in crumbs if guess.quality >= confidence and guess.cut is None]
    hand = [guess.mark.box for guess in firm if not is_bar(guess.mark) and not is_blot(guess.mark)]
    near = beside(hand, [guess.mark.box for guess in crumbs], _AMONG)
    small = [guess for guess, place in zip(crumbs, near, strict=True) if place is not None]
    return small if len(hand) >= _WRITTEN and 2 * len(firm) >= len(small) else []


def _commas(digits: list[Guess], firm: list[Guess]) -> list[Guess]:
    """Bars that begin at the foot of a sure digit beside them, and are lower by far."""
    heights = [guess.mark.box[3] for guess in digits]
    if len(heights) < 2 or _COMMA * min(heights) > max(heights):
        return []
    low = [g.mark for g in digits if _COMMA * g.mark.height <= max(heights) and is_bar(g.mark)]
    found = {
        id(mark)
        for mark in low
        for guess in firm
        if _COMMA * mark.height <= guess.mark.height and is_at_foot(guess.mark.box, mark.box)
    }
    return [guess for guess in digits if id(guess.mark) in found]


def _as_written(crumbs: list[Guess], digits: list[Guess]) -> list[Mark]:
    """The marks of ``crumbs``; of ink cut into nothing but crumbs the whole: the bar of a broken 5."""
    kept = {id(guess.cut) for guess in digits if guess.cut}
    marks = [guess.mark if guess.cut is None or id(guess.cut) in kept else guess.cut for guess in crumbs]
    return list({id(mark): mark for mark in marks}.values())


def _unread(
    scene: Scene, ink: Ink, digits: list[Guess], refused: list[tuple[Guess, str]], confidence: float
) -> dict[int, str]:
    """Refused ink that stands on a line with a firm digit, and is like one in size and darkness."""
    firm = [guess.mark.box for guess in digits if guess.quality >= confidence]
    like = [
        (guess, why)
        for guess, why in refused
        if is_alike(guess.mark.box, ink.height) and guess.mark.box[2] <= _ROW * ink.height
    ]
    near = beside(firm, [guess.mark.box for guess, _ in like], _AMONG)
    close = beside(firm, [guess.mark.box for guess, _ in like], _CLOSE)
    # What touches the frame's edge is a table or a shadow more often than a digit.
    where = [c if scene.at_edge(g.mark) else n for (g, _), n, c in zip(like, near, close, strict=True)]
    return {
        id(guess): why
        for (guess, why), place in zip(like, where, strict=True)
        if place is not None and not ink.is_faint(scene, guess.mark)
    }


def _faded(digits: list[Guess], faint: list[Guess], confidence: float) -> dict[int, str]:
    """Faint ink that a network is sure of, within the number of a firm digit: the pen was running dry."""
    firm = [guess.mark.box for guess in digits if guess.quality >= confidence]
    sure = [guess for guess in faint if guess.quality >= confidence]
    near = beside(firm, [guess.mark.box for guess in sure], _CLOSE)
    return {id(guess): "low_contrast" for guess, place in zip(sure, near, strict=True) if place is not None}


def _ill_cut(guesses: list[Guess], digits: list[Guess]) -> dict[int, str]:
    """Digits cut out of ink that holds something else too, is hardly wider than one, or higher than them."""
    kept = {id(guess) for guess in digits}
    ill = {id(guess.cut) for guess in guesses if guess.cut and id(guess) not in kept}
    narrow = {id(g.cut) for g in digits if g.cut and g.cut.box[2] < _PAIR * g.cut.height}
    low = {id(g.cut) for g in digits if g.cut and g.mark.height < _EVEN * g.cut.height}
    return {id(guess): "low_confidence" for guess in digits if id(guess.cut) in ill | narrow | low}


def _spoilt(scene: Scene, ink: Ink, digits: list[Guess], crumbs: list[Mark], reach: float) -> dict[int, str]:
    """Digits with a piece of ink beside them that belongs to none: they may be broken, or it is a sign."""
    pieces = [
        mark
        for mark in crumbs
        if _PIECE * ink.height <= max(mark.box[2:]) <= _LONGEST * ink.height
        and not scene.is_hair(mark)
        and not ink.is_faint(scene, mark)
    ]
    boxes = [guess.mark.box for guess in digits]
    # What is all around a digit is a box, or a ring, and no sign beside it.
    near = [
        None if k is not None and holds(mark.box, boxes[k]) else k
        for k, mark in zip(beside(boxes, [mark.box for mark in pieces], reach), pieces, strict=True)
    ]
    # Pieces that are as high as a digit together may be a digit that nobody joined.
    groups = [joined([pieces[i] for i in group]).box for group in clusters(pieces)]
    near += beside(boxes, [box for box in groups if is_alike(box, ink.height)], _AMONG)
    return {id(digits[place]): "crowded" for place in near if place is not None}


def _is_upright(mark: Mark) -> bool:
    """Whether a mark has the proportions of a digit that is no 1."""
    return _NARROW * mark.height < mark.box[2] < mark.height


def _usual_ink(scene: Scene, guesses: list[Guess], height: float) -> Ink:
    if len(guesses) < 2:
        # Nothing to compare with: a lone digit is as dark as it is.
        return Ink(height, 0.0, 0.0)
    dark = [scene.strength(guess.mark) for guess in guesses]
    full = [strength * guess.mark.thickness for strength, guess in zip(dark, guesses, strict=True)]
    return Ink(height, sorted(dark)[len(dark) * 4 // 5], sorted(full)[len(full) * 4 // 5])
