"""Where rules stand: the sides, what absent means there, the schemas, and why a record is rejected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.generated.case import SIDES, Case, Place
from tests.generated.schemas import Schema, at
from tests.generated.values import MISSING, Path, Record, among, copy, get, put, same, selected_list, take_away
from tests.generated.words.codec import NotUnderstoodError
from tests.generated.words.column import Column
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


class UnsentError(Exception):
    """A text that the form of the outside does not write."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True)
class Spec:
    """What absent means on one side of a rule, and in which form its texts stand there."""

    nulls: Sequence[Any] = ()
    when_absent: Any = MISSING
    blank: bool = False
    """Whether text of nothing but blanks means absent."""
    above: Callable[[Path], Path | None] = lambda path: None  # noqa: ARG005 - of any path
    """Where above a path that is written, since the schema takes it there and not at the path; None for nowhere."""

    is_cell: bool = False
    """Whether it is a cell of a CSV file, of which an empty one is no value in every rule."""
    column: Column | None = None
    """The form of every text."""

    @classmethod
    def of(cls, system: Mapping[str, Any], codecs: Mapping[str, Any], schema: Schema | None = None) -> Spec:
        absent = system.get("when_absent", MISSING)
        is_cell = system.get("files", {}).get("format") == "csv"
        column = Column.of(system["as"], codecs, schema) if "as" in system else None
        return cls(system.get("nulls", ()), MISSING if absent == "omit" else absent, is_cell=is_cell, column=column)

    def absent(self, value: Any) -> bool:
        """Return whether a value as rules have it means absent."""
        if self._says_none(value):
            return True
        if self.column is None or not isinstance(value, str):
            return self.is_cell and value == ""
        sent = self.sent(value)
        return self.column.is_blank(sent) or (self.is_cell and sent == "") or same(value, self.taken(self.none))

    def is_none(self, item: Any) -> bool:
        """Return whether what stands in a record means absent."""
        if self.is_cell and item == "":
            return True
        if self.column is None:
            return self.absent(item)
        if self.column.is_blank(item) or same(item, self.none):
            return True
        if isinstance(item, str) and not self.column.reads(item):
            return among(item, self.nulls) or (self.blank and not item.strip())
        return self._says_none(self.taken(item)) or same(self.taken(item), self.taken(self.none))

    def _says_none(self, value: Any) -> bool:
        if value is MISSING or value is None or (self.blank and isinstance(value, str) and not value.strip()):
            return True
        return same(value, self.when_absent) or (bool(self.nulls) and among(value, self.nulls))

    @property
    def none(self) -> Any:
        """What is written for an absent value, as it stands in records."""
        return self.sent(self.when_absent)

    def taken(self, item: Any) -> Any:
        """Return what rules have of what stands in a record."""
        return item if self.column is None else self.column.read(item)

    def sent(self, value: Any) -> Any:
        """Return a value as it stands in records; one that is not written as it is."""
        return self.column.write(value) if self.column is not None and self.column.writes(value) else value

    def settled(self, value: Any) -> Any:
        """Return what rules have of a value once it was written and read."""
        return value if self.column is None else self.column.settled(value)

    def there(self, record: Record, path: Path) -> Any:
        """Return what stands at a path, MISSING for whatever means absent."""
        item = get(record, path)
        return MISSING if self.is_none(item) else item

    def read(self, record: Record, path: Path) -> Any:
        """Return the value at a path as rules have it, MISSING for whatever means absent."""
        return self.taken(self.there(record, path))

    def write(self, record: Record, path: Path, value: Any) -> None:
        """Lay a value at a path, in the form in which it stands there.

        Raises: UnsentError, where its form does not write it.
        """
        if value is MISSING and self.above(path) is None:
            value = self.when_absent
        try:
            self.lay(record, path, value if self.column is None else self.column.write(value))
        except NotUnderstoodError:
            raise UnsentError(path) from None

    def lay(self, record: Record, path: Path, item: Any) -> None:
        """Lay what stands in a record at a path; MISSING takes a selected element away."""
        if item is not MISSING:
            put(record, path, copy(item))
        elif selected_list(path) is not None:
            take_away(record, path)

    def equal(self, one: Record, other: Record, path: Path, *, exact: bool) -> bool:
        """Return whether two records say the same at a path. exact: of what means absent, only null is no value."""
        if exact:
            return same(*(MISSING if get(record, path) is None else get(record, path) for record in (one, other)))
        return same(self.there(one, path), self.there(other, path))


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
        codecs = case.mapping.get("codecs", {})
        specs = {side: Spec.of(case.system(side), codecs, case.schema(side)) for side in SIDES}
        names = {side: case.name(side) for side in SIDES}
        schemas = {side: case.schema(side) for side in SIDES}
        written = Entries.of(case.system("outside").get("written", {}))
        return cls(names, specs, schemas, dict.fromkeys(SIDES, ()), codecs, written)

    def codec(self, word: Any) -> Any:
        """Return what an `as` stands for."""
        said = self.codecs.get(word, word) if isinstance(word, str) else word
        return said["as"] if isinstance(said, dict) and "as" in said else said

    def full(self, side: str, path: Path) -> Path:
        return (*self.bases[side], *path)

    def nodes(self, side: str, path: Path) -> list[Schema]:
        return at(self.schemas[side], self.full(side, path))

    def below(self, paths: dict[str, Path], *, element: bool = True) -> Scene:
        """Return where rules for the elements of a list stand; or else for what is in an object."""
        bases = {side: (*self.full(side, path), *(["*"] if element else [])) for side, path in paths.items()}
        return replace(self, bases=bases, written=Entries())
