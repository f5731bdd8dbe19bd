"""What lists and groups have in common: rules of their own, for what stands at one path of either side."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from tests.generated.case import NESTED, SIDES, Place
from tests.generated.schemas import types
from tests.generated.values import MISSING, Path, Record, overlap
from tests.generated.words.base import Word, paths_of
from tests.generated.words.scene import OTHER, Reason, Scene


class Nested(Word):
    """Rules for what stands at one path of either side."""

    kind = "each"
    around: ClassVar[str]
    """How kinds of disagreements call the rules in it."""
    holds: ClassVar[tuple[type, str]]
    """What stands there, and why a record is rejected in which something else does."""

    def __init__(self, raw: dict[str, Any], place: Place, scene: Scene) -> None:
        super().__init__(raw, place, scene)
        from tests.generated.words.every import word_of  # noqa: PLC0415 - what is nested has rules of every kind
        from tests.generated.words.shared import share  # noqa: PLC0415 - and so have those that share fields

        self.path = {side: paths_of(raw[scene.names[side]])[0] for side in SIDES}
        below = self.below(scene)
        self.words = [word_of(self.meant(rule), (*place, index), below) for index, rule in enumerate(raw[NESTED])]
        share(self.words)
        self.keys = [word for word, rule in zip(self.words, raw[NESTED], strict=True) if rule.get("key")]
        """What says that it is there, and tells elements apart."""

    def meant(self, rule: dict[str, Any]) -> dict[str, Any]:
        """Return what a rule in it says of its values."""
        return rule

    @abstractmethod
    def below(self, scene: Scene) -> Scene:
        """Return where the rules in it stand."""

    @abstractmethod
    def parts(self, side: str, record: Record) -> Iterator[Record]:
        """Yield what the rules in it read of a record: the elements, or the one object."""

    def convert(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        found, (kind, wrong) = self.specs[source].there(record, self.path[source]), self.holds
        if found is MISSING:
            self.specs[OTHER[source]].write(target, self.path[OTHER[source]], MISSING)
        elif not isinstance(found, kind):
            yield Reason(self.place, wrong, self.path[source])
        else:
            yield from self.converted(source, found, target)

    @abstractmethod
    def converted(self, source: str, found: Any, target: Record) -> Iterator[Reason]:
        """Write what becomes of what stands there; yield why it is rejected."""

    @abstractmethod
    def into(self, side: str, path: Path) -> Path:
        """Return a path that leads to what stands there, or into it, as the rules in it have it; () for all of it."""

    def writers(self, side: str, path: Path) -> list[Place]:
        """Return the rules that write what lies at a path, or below it: those in it where the path leads into it."""
        below = self.into(side, path)
        found: list[Place] = []
        for word in self.words if below else ():
            if any(overlap(below, one) for one in word.writes(side)):
                found += reversed(word.writers(side, below)) if isinstance(word, Nested) else [word.place]
        return [*reversed(found)] or [self.place]

    def paths(self, side: str) -> list[Path]:
        return [self.path[side]]

    def formed(self) -> list[Path]:
        return []

    def hints(self, side: str) -> dict[Path, Sequence[Any]]:
        return {path: items for word in self.words for path, items in word.hints(side).items()}


def all_in(words: Sequence[Word]) -> Iterator[Word]:
    """Yield rules, each with those in it, to any depth."""
    for word in words:
        yield word
        if isinstance(word, Nested):
            yield from all_in(word.words)


def has_any(words: Sequence[Word], side: str, part: Any) -> bool:
    """Return whether an element has a value that one of some rules writes."""
    return isinstance(part, dict) and any(word.is_there(side, part) for word in words)


def writes_any(word: Word, side: str, part: Record) -> bool:
    """Return whether a rule makes a value of an element."""
    made: Record = {}
    return not any(True for _ in word.translate(side, part, made)) and word.is_there(OTHER[side], made)


def is_group(raw: dict[str, Any], scene: Scene) -> bool:
    """Return whether both schemas have an object and no list where a rule has others for what stands there."""
    kinds = [
        {kind for node in scene.nodes(side, paths_of(raw[scene.names[side]])[0]) for kind in types(node)}
        for side in SIDES
    ]
    return all("object" in found and "array" not in found for found in kinds)
