"""Checks an installation in words that a maker understands: ``pi-nn doctor``.

``gather`` looks at the machine and returns :class:`Facts`; ``examine`` judges facts and touches nothing,
so that every fault can be tested with made-up facts.
"""

from pi_nn.doctor.checks import examine
from pi_nn.doctor.facts import Board, Check, Devices, Facts, Library, Port
from pi_nn.doctor.installation import gather

__all__ = ["Board", "Check", "Devices", "Facts", "Library", "Port", "examine", "gather"]
