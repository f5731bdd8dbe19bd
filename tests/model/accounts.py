"""Where every value went that a side wrote, without asking how a run decides.

A value is accounted for when the other side has it, when the same side has replaced it, or when the conflict log has
it; while a conflict waits for a person, both of its values may. That there is no value is none.

Some values are taken for no change: what the client's file said when it was last read, what our file says or may be
remembered to say, and what a person had taken for agreed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from tests.model.words import Doc, State, understood

Place: TypeAlias = tuple[int, str]

TWO_WAY = ("title", "createdAt", "deletedAt", "status")


class Accounts:
    """What the client and what TracOS have written and nobody else has yet, by key and rule."""

    def __init__(self) -> None:
        self.client: dict[Place, Any] = {}
        self.tracos: dict[Place, Any] = {}
        self._read: dict[Place, list[Any]] = {}
        self._agreed: dict[Place, tuple[Any, Any]] = {}
        self._told: dict[Place, list[Any]] = {}

    def client_wrote(self, key: int, before: Doc | None, after: Doc | None, told: Doc | None) -> None:
        """Take note of the client's record of a key, as it was and as it is. told: our file."""
        old, new, ours = _values(before), _values(after), _values(told)
        for rule in TWO_WAY:
            place, value = (key, rule), new.get(rule)
            if after is None or value != old.get(rule):
                self.client.pop(place, None)
                known = [*self._read.get(place, ()), ours.get(rule), *self._agreed_at(place, ours)]
                if value is not None and value not in (*known, *self._told.get(place, ())):
                    self.client[place] = value

    def tracos_wrote(self, key: int, before: Doc | None, after: Doc | None, told: Doc | None) -> None:
        """Take note of a work order, as it was and as it is. What the client had written of it has been seen."""
        old, new, ours = before or {}, after or {}, _values(told)
        for rule in TWO_WAY:
            place, value = (key, rule), new.get(rule)
            if before is not None and place in self.client and old.get(rule) == self.client[place]:
                del self.client[place]
            if after is None or value != old.get(rule):
                self.tracos.pop(place, None)
                known = [*self._read.get(place, ()), ours.get(rule), *self._agreed_at(place, ours)]
                if value is not None and value not in (*known, *self._told.get(place, ())):
                    self.tracos[place] = value

    def client_was_read(self, key: int, record: Doc, *, whole: bool) -> None:
        """Take note of what a run has read. whole: it came to the end, and the record does not wait."""
        for rule, value in _values(record).items():
            if whole and value not in self._read.get((key, rule), ()):
                self._agreed.pop((key, rule), None)
            self._read[key, rule] = [value] if whole else [*self._read.get((key, rule), ()), value]

    def run_begins(self, view: Mapping[int, State]) -> None:
        """Take note of our files: if the run dies, they may be what is remembered as told, or what it writes."""
        for key, state in view.items():
            for rule, value in _told(state.file).items():
                self._told.setdefault((key, rule), []).append(value)

    def run_ended(self) -> None:
        """Take note that what the client was told is remembered."""
        self._told.clear()

    def agreed(self, view: Mapping[int, State]) -> None:
        """Take what both sides say now for settled; to say just that again is no change, until one is told another."""
        for place in [place for place in {*self.client, *self.tracos} if place[0] in view]:
            self.client.pop(place, None)
            self.tracos.pop(place, None)
        for key, state in view.items():
            told, doc = _told(state.file), state.doc or {}
            self._agreed |= {(key, rule): (doc.get(rule), told.get(rule)) for rule in TWO_WAY}

    def _agreed_at(self, place: Place, told: Doc) -> list[Any]:
        """Return the value that was taken for settled, while the client has been told nothing else."""
        value, then = self._agreed.get(place, (None, None))
        return [value] if value is not None and then == told.get(place[1]) else []

    def lost(self, view: Mapping[int, State], files: Mapping[int, Sequence[Doc]], read: Collection[int]) -> list[str]:
        """Settle what is accounted for, and return what is gone.

        files: the client's records of every key. read: the keys of which a whole run has read the last one.
        """
        lost = []
        for (key, rule), value in list(self.tracos.items()):
            outside = [_told(view[key].file).get(rule), *(_values(record)[rule] for record in files[key])]
            if value in outside or (view[key].doc or {}).get(rule) != value:
                del self.tracos[key, rule]
                if value not in (*outside, *_logged(view[key], rule, 3)):
                    lost.append(f"TracOS wrote {rule} {value!r} of {key}")
        for (key, rule), value in list(self.client.items()):
            if key in read and view[key].waiting is None:
                del self.client[key, rule]
                if value not in ((view[key].doc or {}).get(rule), *_logged(view[key], rule, 2)):
                    lost.append(f"the client wrote {rule} {value!r} of {key}")
        return lost


def _values(record: Doc | None) -> Doc:
    return {} if record is None else understood(record).values


def _told(file: Doc | None) -> Doc:
    """Return what our file means, whose dates are read already."""
    if file is None:
        return {}
    said = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in file.items()}
    return understood(said).values


def _logged(state: State, rule: str, column: int) -> list[Any]:
    return [entry[column] for entry in state.log if entry[1] == rule]
