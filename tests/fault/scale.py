"""How much is broken: as much as a test suite has time for, or all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scale:
    """every: of so many boundaries, one is tried. thorough: also what takes long. The others say how often."""

    name: str
    every: int
    kills: int
    kill_groups: int
    restarts: int
    cuts: int
    edits: int
    thorough: bool


SMALL: Final = Scale("small", every=31, kills=6, kill_groups=1, restarts=2, cuts=3, edits=400, thorough=False)
MEDIUM: Final = Scale("medium", every=8, kills=20, kill_groups=2, restarts=5, cuts=20, edits=2_000, thorough=False)
FULL: Final = Scale("full", every=1, kills=200, kill_groups=10, restarts=30, cuts=300, edits=10_000, thorough=True)
SCALES: Final = {scale.name: scale for scale in (SMALL, MEDIUM, FULL)}
