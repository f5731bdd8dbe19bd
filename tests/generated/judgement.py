"""What judging a case came to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Disagreement:
    """One thing of which the documentation says other than the engine. kind: the same for all of its sort."""

    kind: str
    text: str


@dataclass
class Judgement:
    """What judging a case came to."""

    disagreements: list[Disagreement] = field(default_factory=list)
    clean: bool = False
    mended: bool = False
    codes: list[str] = field(default_factory=list)
    records: int = 0

    def add(self, kind: str, text: str) -> None:
        if all(found.kind != kind for found in self.disagreements):
            self.disagreements.append(Disagreement(kind, text))
