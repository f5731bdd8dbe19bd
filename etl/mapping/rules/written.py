"""`written`: under which other name, and in which other form, a field is sent, or that it is not sent at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from etl.mapping.codecs import Codec
from etl.mapping.paths import Path
from etl.mapping.terms import Position

ANY: Final = "*"
"""In a path of `written`: one name, whatever it is."""


@dataclass(frozen=True, slots=True)
class Written:
    """How fields of some paths are sent.

    path: theirs, in which ANY is any name. to: where they are sent, with ANY for the same name; None: not at all.
    codecs: by which the inside value is written there; () for as it is, None for as the rule writes it.
    within: how many of its last steps lead into a group that is sent there whole.
    """

    path: Path
    to: Path | None
    codecs: tuple[Codec, ...] | None
    where: Position
    within: int = 0

    def matches(self, path: Path) -> bool:
        """Return whether it says how a field is sent."""
        return len(path) == len(self.path) and all(
            step == wanted or (wanted == ANY and isinstance(step, str))
            for step, wanted in zip(path, self.path, strict=True)
        )

    def place(self, path: Path) -> Path:
        """Return where a field that it matches is sent."""
        names = iter([step for step, wanted in zip(path, self.path, strict=True) if wanted == ANY])
        return tuple(next(names, ANY) if step == ANY else step for step in self.to or ())


def written_of(entries: Iterable[Written], path: Path) -> Written | None:
    """Return what says how a field is sent: of several, the one that names most; None where nothing does."""
    found = [entry for entry in entries if entry.matches(path)]
    return min(found, key=lambda entry: entry.path.count(ANY), default=None)
