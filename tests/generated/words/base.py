"""What every word has in common: the sides of a rule, absent values, reasons to reject, and how a rule is made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from random import Random
from typing import Any, ClassVar, Final

from tests.generated.case import SIDES, Place
from tests.generated.records import edges
from tests.generated.schemas import Builder, Schema, Validator, at, nullable, whole
from tests.generated.values import MISSING, Path, Record, among, copy, drop, get, parse_path, path_text, put, same

OTHER: Final = {"outside": "inside", "inside": "outside"}
MANY: Final = 120
"""How many records differ from another one in one rule."""


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

    def absent(self, value: Any) -> bool:
        if value is MISSING or value is None:
            return True
        return among(value, self.nulls) or same(value, self.when_absent)

    def read(self, record: Record, path: Path) -> Any:
        """Return the value at a path, MISSING for whatever means absent."""
        value = get(record, path)
        return MISSING if self.absent(value) else value

    def write(self, record: Record, path: Path, value: Any) -> None:
        if value is MISSING:
            value = self.when_absent
        if value is not MISSING:
            put(record, path, copy(value))

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

    def full(self, side: str, path: Path) -> Path:
        return (*self.bases[side], *path)

    def nodes(self, side: str, path: Path) -> list[Schema]:
        return at(self.schemas[side], self.full(side, path))

    def below(self, paths: dict[str, Path]) -> Scene:
        bases = {side: (*self.full(side, path), "*") for side, path in paths.items()}
        return Scene(self.names, self.specs, self.schemas, bases)


class Word(ABC):
    """One rule, by the documentation."""

    kind: ClassVar[str]
    two_way: bool = True

    def __init__(self, raw: dict[str, Any], place: Place, scene: Scene) -> None:
        self.raw, self.place, self.scene = raw, place, scene
        self.lossy = "lossy" in raw
        self.specs = {side: self._spec(side) for side in SIDES}

    def _spec(self, side: str) -> Spec:
        name, system = self.scene.names[side], self.scene.specs[side]
        nulls = self.raw.get("nulls", {}).get(name, system.nulls)
        absent = self.raw.get("when_absent", {}).get(name, system.when_absent)
        return Spec(nulls, MISSING if absent == "omit" else absent)

    @property
    def label(self) -> str:
        """How kinds of disagreements call this rule."""
        return self.kind

    @abstractmethod
    def paths(self, side: str) -> list[Path]:
        """Return the fields of a side that the rule is about."""

    def reads(self, side: str) -> list[Path]:
        """Return the fields of a side that the rule reads or writes."""
        return self.paths(side)

    def writes(self, side: str) -> list[Path]:
        """Return the fields of a side that the rule writes."""
        return self.paths(side)

    @abstractmethod
    def translate(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        """Write what the rule makes of a record of the source side; yield why the record is rejected, if it is."""

    def equal(self, side: str, one: Record, other: Record, *, exact: bool = False) -> bool:
        """Return whether two records of a side say the same to this rule."""
        return all(self.specs[side].equal(one, other, path, exact=exact) for path in self.paths(side))

    def deciding(self, side: str, record: Record) -> tuple[int | None, str]:
        """Return the line of the rule's table that decides on a record, None for none, and what kind of match it is."""
        del side, record
        return None, ""

    def removed(self, side: str, one: Record, other: Record) -> bool:
        """Return whether a value is in one record and not in another, though no `lossy` can say so."""
        del side, one, other
        return False

    def hints(self, side: str) -> dict[Path, Sequence[Any]]:
        """Return the values that the rule is made for, by full path."""
        del side
        return {}

    def extra(self, side: str, path: Path) -> Sequence[Any]:
        """Return values worth trying at a path, beside those at the edges of its schema."""
        del path
        spec = self.specs[side]
        return [*spec.nulls, *([] if spec.when_absent is MISSING else [spec.when_absent])]

    def choices(self, side: str, path: Path) -> list[Any]:
        """Return the values to try at a path; MISSING and None first."""
        schema = self.scene.schemas[side]
        found: list[Any] = [MISSING, None]
        nodes = self.scene.nodes(side, path)
        for item in [*self.extra(side, path), *(value for node in nodes for value in edges(schema, node, side))]:
            if not among(item, found):
                found.append(item)
        return found

    def trials(self, side: str, base: Record) -> Iterator[Record]:
        """Yield records that differ from `base` in what the rule reads."""
        paths = self.paths(side)
        for path in paths:
            for length in range(1, len(path)):
                yield changed(base, {path[:length]: MISSING})
                yield changed(base, {path[:length]: None})
                yield changed(base, {path[:length]: [] if isinstance(path[length], int) else {}})
        choices = [self.choices(side, path) for path in paths]
        if len(paths) == 1:
            for item in choices[0]:
                yield changed(base, {paths[0]: item})
            return
        for path, items in zip(paths, choices, strict=True):
            for item in items:
                yield changed(base, {path: item})
        for together in islice(product(*(self.short(side, path) for path in paths)), MANY):
            yield changed(base, dict(zip(paths, together, strict=True)))

    def short(self, side: str, path: Path) -> list[Any]:
        """Return the few values to combine with those of other fields."""
        return self.choices(side, path)[:6]


def changed(base: Record, values: dict[Path, Any]) -> Record:
    """Return a record with other values; MISSING takes a field away."""
    made = copy(base)
    for path, item in values.items():
        if item is MISSING:
            drop(made, path)
        else:
            put(made, path, copy(item))
    return made  # type: ignore[no-any-return]


def cell(value: Any) -> list[Any]:
    """Return the values that a cell of a table accepts, MISSING for null."""
    return [MISSING if item is None else item for item in (value if isinstance(value, list) else [value])]


def fits(scene: Scene, side: str, path: Path, value: Any) -> bool:
    """Return whether a value may lie at a path by itself."""
    schema = scene.schemas[side]
    nodes = whole(schema, scene.full(side, path))
    return any(Validator({**node, "$defs": schema.get("$defs", {})}, side).accepts(value) for node in nodes)


# ---- how rules are made


@dataclass
class Draft:
    """A mapping being made, or the rules for the elements of one of its lists."""

    rng: Random
    names: dict[str, str]
    specs: dict[str, Spec]
    builders: dict[str, Builder]
    rules: list[dict[str, Any]] = field(default_factory=list)
    element: bool = False
    counter: list[int] = field(default_factory=lambda: [0])

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def fresh(self, side: str, *, listed: bool = True) -> Path:
        """Return a path of a side that no rule has yet: a field, one of an object, or one of a list's first element."""
        self.counter[0] += 1
        name = f"{side[0]}{self.counter[0]}"
        form = self.rng.random()
        if form < 0.72:
            return (name,)
        if form < 0.78 and side == "outside":
            return (f"x:{name}",)
        if form < 0.95 or self.element or not listed:
            return (self.rng.choice(["asset", "site"]), name)
        return ("contacts", 0, name)

    def rule(self, raw: dict[str, Any]) -> None:
        self.rules.append(raw)

    def put(self, side: str, schema: Schema, *, required: bool, path: Path | None = None) -> Path:
        path = path or self.fresh(side)
        self.builders[side].put(path, schema, required=required)
        return path

    def presence(self) -> tuple[dict[str, bool], dict[str, bool]]:
        """Return where a value is required, and where it may be null: mostly so that the two fit."""
        form = self.rng.random()
        if form < 0.5:
            return dict.fromkeys(SIDES, True), dict.fromkeys(SIDES, False)
        nulls = {side: self.chance(0.4) for side in SIDES}
        if form < 0.9:
            return dict.fromkeys(SIDES, False), nulls
        return {side: self.chance(0.5) for side in SIDES}, nulls

    def options(
        self, schemas: dict[str, Schema], required: dict[str, bool], likely: Mapping[str, Sequence[Any]] | None = None
    ) -> dict[str, Any]:
        """Return `nulls` and `when_absent` of a rule, and make its schemas accept what they write; mostly.

        likely: by side, values that the field has, to mean absent all the same.
        """
        found: dict[str, dict[str, Any]] = {"nulls": {}, "when_absent": {}}
        for side in SIDES:
            name = self.names[side]
            if self.chance(0.1):
                usual = [["N/A"], ["", "N/A"], [0], ["0", 0, False]]
                found["nulls"][name] = self.rng.choice([*usual, *([item] for item in (likely or {}).get(side, ()))])
            written = self.specs[side].when_absent
            if self.chance(0.12):
                written = self.rng.choice([None, "", 0, False, MISSING])
                found["when_absent"][name] = "omit" if written is MISSING else written
            if written is MISSING or all(required.values()) or not self.chance(0.92):
                continue
            if written is None:
                schemas[side] = nullable(self.rng, schemas[side])
            elif not Validator(schemas[side], side).accepts(written):
                found["when_absent"][name] = "omit"
        return {word: words for word, words in found.items() if words}

    def pair(
        self, outside: Schema, inside: Schema, likely: Mapping[str, Sequence[Any]] | None = None
    ) -> dict[str, Any]:
        """Describe a field of each side, and return the beginning of a rule of the two."""
        required, nulls = self.presence()
        schemas = {"outside": outside, "inside": inside}
        for side in SIDES:
            if nulls[side]:
                schemas[side] = nullable(self.rng, schemas[side])
        options = self.options(schemas, required, likely)
        return {**self.lay(schemas, required), **options}

    def lay(self, schemas: dict[str, Schema], required: dict[str, bool]) -> dict[str, Any]:
        """Put a field into each schema; return the two paths by the names of the systems."""
        return {self.names[side]: path_text(self.put(side, schemas[side], required=required[side])) for side in SIDES}


def paths_of(value: Any) -> list[Path]:
    """Return the paths that one side of a rule names: one, or several fields."""
    return [parse_path(text) for text in (value if isinstance(value, list) else [value])]


def full_hints(word: Word, side: str, values: Iterable[tuple[Path, Sequence[Any]]]) -> dict[Path, Sequence[Any]]:
    return {word.scene.full(side, path): items for path, items in values if items}
