"""A mapping as frozen, typed values: what a parsed YAML file becomes, and all that the interpreter ever sees."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from collections.abc import Mapping as Object
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from pathlib import Path as FilePath
from typing import Any

from etl.mapping.codecs import Codec
from etl.mapping.equality import same
from etl.mapping.files import FilesEndpoint
from etl.mapping.mongodb import MongoEndpoint
from etl.mapping.paths import Path, assign, drop_emptied, get, lay_nulls
from etl.mapping.rules.access import matcher_of
from etl.mapping.rules.conditions import Pattern
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.written import Written
from etl.mapping.terms import Direction, Field, Keep, OnDrift, Place, Position, Side, Use, Winner
from etl.record import Record


@dataclass(frozen=True, slots=True)
class Newest:
    """The date of each side's record by which the later change is known.

    codec: makes an inside date of the outside one. tolerance: dates that are no further apart say nothing.
    """

    outside: Field
    inside: Field
    codec: Codec
    tolerance: timedelta
    where: Position

    def of(self, side: Side) -> Field:
        """The date of one side."""
        return self.outside if side is Side.OUTSIDE else self.inside


@dataclass(frozen=True, slots=True)
class Conflicts:
    """What happens where both sides changed the value of one rule, unless that rule says otherwise."""

    wins: Winner = Winner.REVIEW
    newest: Newest | None = None


@dataclass(frozen=True, slots=True)
class System:
    """One of the two ends.

    files: those of its JSON Schema; `schema` holds what that says of a record that is read. expected: the same of a
    record as it is expected to be read next, of which what is only read is not known. ignore: fields that no rule is
    meant to map. uses: the places of which not both reading and writing may be done. sent: the
    schema of what is sent, None where none is named.
    """

    side: Side
    name: str
    files: tuple[FilePath, ...]
    schema: Object[str, Any]
    expected: Object[str, Any]
    ignore: tuple[Field, ...] = ()
    where: Position = Position(1, 1)
    uses: Object[Use, tuple[Place, ...]] = field(default_factory=dict)
    sent: Object[str, Any] | None = None

    def only(self, use: Use) -> tuple[Place, ...]:
        """Return the places that are only read, or only written."""
        return self.uses.get(use, ())


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An outside record that says that there is none any more.

    asked: what it has. keys: the fields in which it has the parts of its key; () where they are those of any record.
    """

    asked: Pattern
    keys: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A case that a mapping states of itself, in JSON form: dates are text on either side.

    directions: the ways in which it is translated. rejects: texts that the reasons for refusing its one record have;
    () for a record that is accepted. skips: its one record is of the outside, and not imported.
    """

    where: Position
    name: str
    outside: Record | None
    inside: Record | None
    directions: tuple[Direction, ...] = (Direction.INBOUND,)
    rejects: tuple[str, ...] = ()
    skips: bool = False

    def record(self, side: Side) -> Record | None:
        """The record of one side."""
        return self.outside if side is Side.OUTSIDE else self.inside


@dataclass(frozen=True, slots=True)
class Drift:
    """What becomes of a delivery that would empty more than this share of the values that there were."""

    then: OnDrift = OnDrift.STOP
    share: Fraction = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping file: two systems, rules, examples.

    bases: the files that it extends. lines_files: those in which lines of its tables lie.
    echo: whether an imported record goes out again where the outside has it as the mapping writes it already.
    deleted_when: what an inside record that counts as deleted matches; () where none does. import_when: what is asked
    of an outside record that is imported; () where all are. tombstone: what an outside record has that says that there
    is none any more; None where none says so. keep: what goes back outside as it came.
    text_form: of every text of the outside, None where it is as rules have it.
    drift: what becomes of a delivery whose fields are not those of the last one, and how much makes it so.
    written: how fields are sent, where that is not as they are expected. sends_changes: only what is new is sent, and
    keys and constants. every: within how many seconds a delivery is expected, 0 where none is. codecs: those to which
    it gives names.
    """

    file: FilePath
    name: str
    outside: System
    inside: System
    files: FilesEndpoint
    mongodb: MongoEndpoint
    rules: tuple[Rule, ...]
    examples: tuple[Example, ...] = ()
    conflicts: Conflicts = Conflicts()
    echo: bool = True
    deleted_when: Pattern = ()
    import_when: Pattern = ()
    tombstone: Tombstone | None = None
    keep: Keep = Keep.NOTHING
    drift: Drift = Drift()
    written: tuple[Written, ...] = ()
    sends_changes: bool = False
    bases: tuple[FilePath, ...] = ()
    text_form: Codec | None = None
    lines_files: tuple[FilePath, ...] = ()
    every: int = 0
    codecs: tuple[Codec, ...] = ()

    def is_farewell(self, record: Record) -> bool:
        """Return whether an inside record counts as deleted, and goes out as the files for that say."""
        return self.files.deletes and matcher_of(self.deleted_when)(record)

    @property
    def minds_deliveries(self) -> bool:
        """Whether it matters which delivery is the newest."""
        return bool(self.every) or self.files.pickup.complete

    @property
    def selects(self) -> bool:
        """Whether some outside records are none to import, or say by their absence that there is none any more."""
        return bool(self.import_when) or self.tombstone is not None or self.files.pickup.complete

    def system(self, side: Side) -> System:
        """The system at one end."""
        return self.outside if side is Side.OUTSIDE else self.inside

    @property
    def source_files(self) -> tuple[FilePath, ...]:
        """The files that say all of it: its own first, those that it extends, its schemas, and lines of its tables."""
        return (self.file, *self.bases, *self.outside.files, *self.inside.files, *self.lines_files)

    @property
    def keys(self) -> tuple[Copy, ...]:
        """The rules that identify a record, in order."""
        return tuple(rule for rule in self.rules if isinstance(rule, Copy) and rule.key)

    @property
    def assigned(self) -> tuple[Copy, ...]:
        """The rules of the parts of the key that the outside gives."""
        return tuple(rule for rule in self.keys if rule.assigned)

    def unborn(self, side: Side) -> set[str]:
        """Return the top-level names of one side that a record may lack before the outside has given it its key."""
        return {str(path[0]) for rule in self.assigned for path in rule.paths(side)}

    @property
    def matches(self) -> tuple[Copy, ...]:
        """The rules that find a record while it has no key."""
        return tuple(rule for rule in self.rules if isinstance(rule, Copy) and rule.match)

    def keeps(self, rule: Rule, side: Side) -> bool:
        """Return whether the values of a rule on one side go back as they came: nothing of their form is lost."""
        return side is Side.OUTSIDE and self.keep is not Keep.NOTHING and rule.only is None and not rule.key

    @property
    def key_paths(self) -> tuple[Path, ...]:
        """The inside paths of the key, in order."""
        return tuple(rule.inside.path for rule in self.keys)

    def owned_paths(self, side: Side) -> dict[Path, bool]:
        """Return the paths that rules write on one side, each with whether only a creation writes it."""
        return {path: side is Side.INSIDE and rule.once for rule in self.rules for path in rule.paths(side)}

    def written_into(self, record: Record, side: Side, made: Record) -> Record:
        """Return a record of one side after what a translation made was written into it: what no rule writes stays.

        An object of which nothing is left is gone. Inside, a value that says the same stays, as an import leaves it.
        """
        after = copy.deepcopy(record)
        for path in self.owned_paths(side):
            if side is Side.INSIDE and same(get(made, path), get(record, path)):
                continue
            assign(after, path, get(made, path))
            drop_emptied(after, record, path)
        lay_nulls(after, record, made, self.owned_paths(side))
        return after

    def read_names(self, side: Side) -> tuple[str, ...]:
        """Return the top-level names of one side that a translation to the other, or its schema, looks at."""
        names: set[Any] = set(self.system(side).schema.get("properties", {}))
        names.update(path[0] for rule in self.rules for path in rule.reads(side))
        names.update(path[0] for rule in self.rules if rule.only is None for path in rule.paths(side))
        return tuple(sorted(names))

    def every_rule(self) -> Iterator[Rule]:
        """Yield every rule in the order of the file, those of a list after it."""
        yield from _every(self.rules)


def _every(rules: tuple[Rule, ...]) -> Iterator[Rule]:
    for rule in rules:
        yield rule
        yield from _every(rule.inner)
