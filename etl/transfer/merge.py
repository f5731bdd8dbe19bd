"""Three-way compare: what an outside record means for an inside one, given what both sides last agreed on.

Only what changed outside is written inside, so an old record that lies in a folder never undoes an edit, and an edit
of one value survives the import of another. Where both sides changed the same value, the outside one wins.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from etl.mapping.paths import Getter, Path, assign, get, getter
from etl.mapping.tables import distinct
from etl.record import ABSENT, Absent, Record
from etl.transfer.model import Note, Outcome


@dataclass(frozen=True, slots=True)
class Agreement:
    """What is remembered of one key.

    fingerprint: of the outside record that was last read, b"" if none was. seen: the inside values that it meant.
    sent: the inside values that the record last exported would mean, where they are not the same.
    shared: several outside records had this key when it was last read.
    """

    fingerprint: bytes = b""
    seen: Record | None = None
    sent: Record | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do inside. patch: new values by top-level field, ABSENT for one to remove."""

    outcome: Outcome
    patch: dict[str, Any | Absent]
    note: Note | None = None


@dataclass(frozen=True)
class Merger:
    """Decides for one mapping. owned: the inside paths that every import writes. once: those only a creation writes."""

    owned: tuple[Path, ...]
    once: tuple[Path, ...]
    recreate: bool = False

    @cached_property
    def _readers(self) -> tuple[Getter, ...]:
        return tuple(getter(path) for path in self.owned)

    def decide(self, desired: Record, fingerprint: bytes, current: Record | None, agreed: Agreement | None) -> Decision:
        """Compare an outside record, as the inside values it means, with the inside record and the last agreement."""
        same_outside = agreed is not None and agreed.fingerprint == fingerprint
        if current is None:
            if same_outside and not self.recreate:
                return Decision(Outcome.UNCHANGED, {}, Note.REMOVED)
            return Decision(Outcome.CREATED, _part(desired, self.owned + self.once))
        if agreed is None:
            changed = self.owned
        elif same_outside:
            changed = self._corrected(desired, current, agreed)
        else:
            changed = self._changed_outside(desired, agreed)
        patch = self._patch(desired, current, changed)
        if not patch:
            return Decision(Outcome.UNCHANGED, {})
        return Decision(Outcome.UPDATED, patch, Note.FIRST_CONTACT if agreed is None else None)

    def is_known(self, desired: Record, fingerprint: bytes, agreed: Agreement | None) -> bool:
        """Return whether an outside record is the one last read, and still means the same."""
        if agreed is None or agreed.seen is None or agreed.fingerprint != fingerprint:
            return False
        return self.same_values(desired, agreed.seen)

    def same_values(self, one: Record, other: Record) -> bool:
        """Return whether two inside records have the same owned values."""
        return all(same(read(one), read(other)) for read in self._readers)

    def values(self, record: Record) -> Record:
        """Return the values that every import writes, as a record of its own."""
        return _part(record, self.owned)

    def still_sent(self, desired: Record, agreed: Agreement | None) -> Record | None:
        """Return what was last sent, without what the outside has replaced since: to say that again is news."""
        if agreed is None or agreed.sent is None:
            return None
        sent = copy.deepcopy(agreed.sent)
        for path in self._changed_outside(desired, agreed):
            assign(sent, path, get(desired, path))
        return sent

    def _changed_outside(self, desired: Record, agreed: Agreement) -> tuple[Path, ...]:
        """Return the paths whose value is neither what the outside last said nor what it was last told."""
        bases = [base for base in (agreed.seen, agreed.sent) if base is not None]
        return tuple(
            path for path in self.owned if not any(same(get(desired, path), get(base, path)) for base in bases)
        )

    def _corrected(self, desired: Record, current: Record, agreed: Agreement) -> tuple[Path, ...]:
        """Return the paths where the same outside record means something else under an edited mapping.

        A value that was edited inside since is left alone.
        """
        seen = agreed.seen or {}
        return tuple(
            path
            for path in self.owned
            if not same(get(desired, path), get(seen, path)) and same(get(current, path), get(seen, path))
        )

    def _patch(self, desired: Record, current: Record, changed: Iterable[Path]) -> dict[str, Any | Absent]:
        differing = [path for path in changed if not same(get(desired, path), get(current, path))]
        names = {str(path[0]) for path in differing}
        merged = {name: copy.deepcopy(current[name]) for name in names if name in current}
        for path in differing:
            assign(merged, path, get(desired, path))
        return {name: merged.get(name, ABSENT) for name in sorted(names)}


def _part(record: Record, paths: Iterable[Path]) -> Record:
    made: Record = {}
    for path in paths:
        if len(path) > 1:
            if (value := get(record, path)) is not ABSENT:
                assign(made, path, value)
        elif path[0] in record:
            made[str(path[0])] = record[path[0]]
    return made


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal and of one kind: `True` is not `1`, and absent is what null is."""
    if one is other:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one.get(name), other.get(name)) for name in one.keys() | other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if one is None or other is None:
        return one in (None, ABSENT) and other in (None, ABSENT)
    if isinstance(one, float) and one != one:  # noqa: PLR0124 - only NaN differs from itself
        return isinstance(other, float) and other != other  # noqa: PLR0124 - as above
    return bool(one == other) and (not isinstance(one, bool | int | float) or distinct(one) == distinct(other))
