"""Where rules stand: the sides, what absent means there, the schemas, and why a record is rejected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.generated.case import SIDES, Case, Place
from tests.generated.schemas import Schema, at
from tests.generated.values import MISSING, Path, Record, among, copy, get, put, same, selected_list, take_away
from tests.generated.words.entries import Entries

OTHER: Final = {"outside": "inside", "inside": "outside"}

CHANGED: Final = frozenset({"W163", "W165", "W166", "W167", "W180"})
REMOVED: Final = frozenset({"W180"})
ASIDE: Final = frozenset({"W183"})
REFUSED: Final = frozenset({"W156", "W164"})
"""Kinds of losses, by the codes of which `lossy` says why they may be: values that come back as others, that a codec
makes absent, records that are not imported again, and such that are rejected."""

MANY: Final = 120
FEW: Final = 12
"""How many records differ from another one in one rule; and how many changes of one are tried with those of another."""


@dataclass(frozen=True)
class Reason:
    """Why a record is rejected. excused: the documentation says that it is the record's content, not the mapping."""

    place: Place | None
    what: str
    path: Path
    detail: str = ""
    excused: bool = False
    unsaid: bool = False
    """Whether the documentation leaves open what becomes of the record; it is the mapping's fault all the same."""


@dataclass(frozen=True)
class Spec:
    """What absent means on one side of a rule."""

    nulls: Sequence[Any] = ()
    when_absent: Any = MISSING
    blank: bool = False
    """Whether text of nothing but blanks means absent."""
    above: Callable[[Path], Path | None] = lambda path: None  # noqa: ARG005 - of any path
    """Where above a path that is written, since the schema takes it there and not at the path; None for nowhere."""

    is_cell: bool = False
    """Whether it is a cell of a CSV file, of which an empty one is no value in every rule."""

    @classmethod
    def of(cls, system: Mapping[str, Any]) -> Spec:
        absent = system.get("when_absent", MISSING)
        is_cell = system.get("files", {}).get("format") == "csv"
        return cls(system.get("nulls", ()), MISSING if absent == "omit" else absent, is_cell=is_cell)

    def absent(self, value: Any) -> bool:
        if value is MISSING or value is None or (self.blank and isinstance(value, str) and not value.strip()):
            return True
        if self.is_cell and value == "":
            return True
        return same(value, self.when_absent) or (bool(self.nulls) and among(value, self.nulls))

    def read(self, record: Record, path: Path) -> Any:
        """Return the value at a path, MISSING for whatever means absent."""
        value = get(record, path)
        return MISSING if self.absent(value) else value

    def write(self, record: Record, path: Path, value: Any) -> None:
        if value is MISSING and self.above(path) is None:
            value = self.when_absent
        if value is not MISSING:
            put(record, path, copy(value))
        elif selected_list(path) is not None:
            take_away(record, path)

    def equal(self, one: Record, other: Record, path: Path, *, exact: bool) -> bool:
        """Return whether two records say the same at a path. exact: of what means absent, only null is no value."""
        if exact:
            return same(*(MISSING if get(record, path) is None else get(record, path) for record in (one, other)))
        return same(self.read(one, path), self.read(other, path))


@dataclass(frozen=True)
class Scene:
    """Where rules stand: the systems, the schemas, and the list whose elements they are for."""

    names: dict[str, str]
    specs: dict[str, Spec]
    schemas: dict[str, Schema]
    bases: dict[str, Path]
    codecs: Mapping[str, Any] = field(default_factory=dict)
    """Names of codecs."""
    written: Entries = field(default_factory=Entries)
    """How fields of the outside are sent."""

    @classmethod
    def of(cls, case: Case) -> Scene:
        specs = {side: Spec.of(case.system(side)) for side in SIDES}
        names = {side: case.name(side) for side in SIDES}
        schemas = {side: case.schema(side) for side in SIDES}
        written = Entries.of(case.system("outside").get("written", {}))
        return cls(names, specs, schemas, dict.fromkeys(SIDES, ()), case.mapping.get("codecs", {}), written)

    def codec(self, word: Any) -> Any:
        """Return what an `as` stands for."""
        return self.codecs.get(word, word) if isinstance(word, str) else word

    def full(self, side: str, path: Path) -> Path:
        return (*self.bases[side], *path)

    def nodes(self, side: str, path: Path) -> list[Schema]:
        return at(self.schemas[side], self.full(side, path))

    def below(self, paths: dict[str, Path]) -> Scene:
        bases = {side: (*self.full(side, path), "*") for side, path in paths.items()}
        return replace(self, bases=bases, written=Entries())
