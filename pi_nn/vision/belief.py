"""Which guesses may stand as digits, and which of those are to be believed, alone and together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pi_nn.records import Box
from pi_nn.vision.company import among_strangers, in_a_line, is_alike, is_crumb, usual_height
from pi_nn.vision.marks import Mark
from pi_nn.vision.scene import LEAST_HEIGHT, Scene
from pi_nn.vision.sighting import Guess

# Ink this much fainter than a frame's darker digits is no ink of its own.
_FAINT: Final = 0.4
_SPARSE: Final = 0.1
# A digit's edge is no wider than this share of its height, a few pixels aside.
_SOFT: Final = 0.12
# Of all ink of the size of digits at least this share are digits, or the frame shows something else.
_SHARE: Final = 0.4
_FEW: Final = 5
# Where most are bars this narrow, faint ink counts too: grain makes no other digits.
_NARROW: Final = 0.5
_MOSTLY: Final = 0.7


@dataclass(frozen=True, slots=True)
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
    """Guesses that may be digits, and ink that is none, largest first, with the reason."""

    digits: list[Guess]
    refused: list[tuple[Mark, str]]
    ink: Ink


def sort(scene: Scene, guesses: list[Guess], *, confidence: float, junk: float) -> Sorted:
    """Parts digits from other ink; crumbs are in neither.

    ``confidence`` is from when on a guess is firm, ``junk`` up to which it is a digit at all.
    """
    whole = [guess for guess in guesses if not scene.at_edge(guess.mark)] or guesses
    firm = [guess for guess in whole if guess.quality >= confidence and guess.cut is None]
    usual = usual_height([guess.mark.box for guess in firm or whole])
    digits: list[Guess] = []
    refused: list[tuple[Mark, str]] = []
    for guess in guesses:
        weak = guess.quality < confidence or not is_alike(guess.mark.box, usual)
        if guess.junk > junk:
            refused.append((guess.mark, "not_a_digit"))
        elif weak and firm and scene.at_edge(guess.mark):
            refused.append((guess.mark, "touches_edge"))
        elif not is_crumb(guess.mark.box, usual):
            digits.append(guess)
    ink = _usual_ink(scene, digits, usual)
    clear = [guess for guess in digits if not ink.is_faint(scene, guess.mark)]
    faint = {id(guess.mark) for guess in digits} - {id(guess.mark) for guess in clear}
    refused += [(guess.mark, "not_a_digit") for guess in digits if id(guess.mark) in faint]
    refused = [(mark, why) for mark, why in refused if not is_crumb(mark.box, usual)]
    return Sorted(clear, sorted(refused, key=lambda pair: -pair[0].area), ink)


def doubts(scene: Scene, found: Sorted, *, confidence: float) -> list[str | None]:
    """For each digit why it is not to be believed, whatever the network says of it; else ``None``."""
    digits, ink = found.digits, found.ink
    boxes = [guess.mark.box for guess in digits]
    weak = [guess.quality < confidence for guess in digits]
    wholes = {id(guess.cut): guess.cut.box for guess in digits if guess.cut}
    strangers = [mark.box for mark, _ in found.refused if not ink.is_faint(scene, mark)]
    strangers += [*wholes.values(), *(box for box, doubtful in zip(boxes, weak, strict=True) if doubtful)]
    shaky = [doubtful or guess.cut is not None for guess, doubtful in zip(digits, weak, strict=True)]
    alone = among_strangers(boxes, shaky, strangers)
    alone = [bad or line for bad, line in zip(alone, in_a_line(boxes), strict=True)]
    firm = [box for box, no, bad in zip(boxes, weak, alone, strict=True) if not no and not bad]
    crowded = _crowded(scene, ink, firm)
    reasons = []
    for guess, doubtful, bad in zip(digits, weak, alone, strict=True):
        reason = _own_doubt(scene, guess.mark)
        if reason is None and not doubtful and (bad or crowded):
            reason = "not_a_digit" if bad else "crowded"
        reasons.append(reason)
    return reasons


def _own_doubt(scene: Scene, mark: Mark) -> str | None:
    if scene.at_edge(mark):
        return "touches_edge"
    if mark.height < LEAST_HEIGHT + 2:
        return "too_small"
    return "out_of_focus" if scene.softness(mark) > _SOFT else None


def _usual_ink(scene: Scene, guesses: list[Guess], height: float) -> Ink:
    if len(guesses) < 2:
        # Nothing to compare with: a lone digit is as dark as it is.
        return Ink(height, 0.0, 0.0)
    dark = [scene.strength(guess.mark) for guess in guesses]
    full = [strength * guess.mark.thickness for strength, guess in zip(dark, guesses, strict=True)]
    return Ink(height, sorted(dark)[len(dark) * 4 // 5], sorted(full)[len(full) * 4 // 5])


def _crowded(scene: Scene, ink: Ink, firm: list[Box]) -> bool:
    """Whether the digits are few among ink of their size: wood, grass and faces hold a 1 here and there."""
    alike = [mark for mark in scene.marks if is_alike((0, 0, 1, max(mark.box[2:])), ink.height)]
    if len(alike) < _FEW or len(firm) >= _SHARE * len(alike):
        return False
    bars = sum(box[2] < _NARROW * box[3] for box in firm)
    clear = sum(not ink.is_faint(scene, mark) for mark in alike)
    return bars > _MOSTLY * len(firm) or len(firm) < _SHARE * clear
