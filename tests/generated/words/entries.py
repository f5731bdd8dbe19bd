"""The entries of `written` after docs/language.md: how a field is sent, or that it is not, by where it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.generated.values import Path, parse_path

ANY: Final = "*"
"""Any one name, in a path of an entry."""


@dataclass(frozen=True)
class Entry:
    """How fields are sent. to: where, None for not at all. word: by which codec, None for the rule's own."""

    text: str
    path: Path
    to: Path | None
    word: Any

    @classmethod
    def of(cls, text: str, said: Any) -> Entry:
        words = said if isinstance(said, dict) else {"to": said}
        to = words.get("to", text)
        return cls(text, _path(text), None if to is None else _path(to), words.get("as"))

    def fits(self, path: Path) -> bool:
        """Return whether it says how the field at a path is sent."""
        return len(path) == len(self.path) and all(
            isinstance(step, str) if wanted == ANY else step == wanted
            for step, wanted in zip(path, self.path, strict=True)
        )

    def place(self, path: Path) -> Path | None:
        """Return where the field at a path is sent, None for nowhere."""
        names = (step for step, wanted in zip(path, self.path, strict=True) if wanted == ANY)
        return None if self.to is None else tuple(next(names) if step == ANY else step for step in self.to)


@dataclass(frozen=True)
class Entries:
    """What `written` of the outside says."""

    all: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Entries:
        return cls(tuple(Entry.of(text, value) for text, value in said.items()))

    def find(self, path: Path) -> Entry | None:
        """Return the entry for a field, of several the one that names most; None where it is sent as it is read."""
        return min((one for one in self.all if one.fits(path)), key=lambda one: one.path.count(ANY), default=None)

    def place(self, path: Path) -> Path | None:
        """Return where a field is sent, None for nowhere."""
        entry = self.find(path)
        return path if entry is None else entry.place(path)


def _path(text: str) -> Path:
    return parse_path(text if '"' in text else text.replace(ANY, f'"{ANY}"'))
