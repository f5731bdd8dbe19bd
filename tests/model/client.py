"""The client's side: a system that delivers its records in files, takes ours, and keeps what it removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from tests.model import files
from tests.model.exact import Doc, canonical
from tests.model.files import PAGED
from tests.model.shapes import CHANGED, Shape
from tests.model.words import Delivery, Group

Entries: TypeAlias = dict[int, Doc | None]
"""The records of a file by key; None for a broken one."""

_ENDINGS = {"json": "json", "json_lines": "jsonl", "json_array": "json", "csv": "csv", PAGED: "json"}


@dataclass
class Client:
    """The inbound folder, and what it says. records: by file and key. removed: what was there once, by file.

    times: how often a key's record came to say what it says, whatever the file.
    """

    inbound: Path
    shape: Shape
    records: dict[str, Entries] = field(default_factory=dict)
    removed: dict[str, Entries] = field(default_factory=dict)
    times: Counter[tuple[int, str]] = field(default_factory=Counter)

    @property
    def form(self) -> str:
        return self.shape.formats[0]

    def name(self, key: int, number: int) -> str:
        """Return the name of a key's file in a delivery: its own, or that of all records of the delivery."""
        ending = _ENDINGS[self.form]
        return f"d{number}_{key}.{ending}" if self.form == "json" else f"d{number}.{ending}"

    def names(self, key: int) -> list[str]:
        """Return the files that have a key, that which counts last."""
        return sorted((name for name, entries in self.records.items() if key in entries), key=files.naturally)

    def last(self, key: int) -> Doc | None:
        """Return the record of a key that counts."""
        good = self.good(key)
        return good[-1] if good else None

    def good(self, key: int) -> list[Doc]:
        """Return the records of a key that can be read, the last one last."""
        return [record for name in self.names(key) if (record := self.records[name][key]) is not None]

    def normal(self, record: Doc) -> Doc:
        """Return a record as this system writes it: absent values are left out, or are all null."""
        there = {name: value for name, value in record.items() if value is not None}
        if "csv" in self.shape.formats:
            return {name: value for name, value in there.items() if value != ""}
        if self.shape.absent != "null":
            return there
        names = [name for kind in self.shape.kinds if kind.way != "out" for name in kind.fields]
        return {**dict.fromkeys([*names, CHANGED]), **there}

    def write(self, name: str, key: int, record: Doc | None, style: str = "plain") -> None:
        """Write a record into a file, in the place of that which the file had of its key."""
        entries = self.records.get(name, {})
        entries = {**entries, key: None if record is None else self.normal(record | self.shape.outside_key(key))}
        self.put(name, entries, style)

    def put(self, name: str, entries: Entries, style: str = "plain") -> None:
        """Write a whole file, an old one again perhaps."""
        before = self.records.get(name, {})
        news = [(key, record) for key, record in entries.items() if record is not None and record != before.get(key)]
        self.times.update((key, canonical(record)) for key, record in news)
        self.records[name] = entries
        (self.inbound / name).write_bytes(files.write(list(entries.values()), self.form, style))

    def remove(self, name: str) -> None:
        self.removed[name] = self.records.pop(name)
        (self.inbound / name).unlink()

    def clear(self) -> None:
        for name in list(self.records):
            self.remove(name)
        self.removed.clear()
        self.times.clear()

    def slots(self) -> list[tuple[str, str, int, Doc | None]]:
        """Return what a run reads, in order: file, place, key and record. A header without a key column is one."""
        found: list[tuple[str, str, int, Doc | None]] = []
        for name in sorted(self.records, key=files.naturally):
            entries = self.records[name]
            if self.form == "csv" and not self.shape.outside_key(1).keys() <= set(files.header([*entries.values()])):
                found.append((name, name, next(iter(entries)), None))
                continue
            places = files.origins(name, self.form, len(entries))
            found += [(name, place, key, record) for place, (key, record) in zip(places, entries.items(), strict=True)]
        return found

    def groups(self, key: int, size: int, only: Collection[str] | None = None) -> tuple[list[Group], int]:
        """Return what each batch has of this key, and how many records another one of its batch supersedes.

        only: the records of these places, None for all.
        """
        groups: list[Group] = []
        read = superseded = 0
        slots = self.slots()
        for start in range(0, len(slots), size):
            ours = [
                Delivery(name, place, self.shape.understood(record))
                for name, place, other, record in slots[start : start + size]
                if other == key and record is not None
            ]
            read += len(ours)
            superseded += len(ours[1:])
            wanted = [one for one in ours if only is None or one.origin in only]
            if wanted:
                groups.append(Group(wanted[-1], tuple(one for one in ours if one is not wanted[-1]), read > 1))
        return groups, superseded


def taken_in(record: Mapping[str, Any], told: Mapping[str, Any], fields: Collection[str]) -> Doc:
    """Return a client's record with these fields as our file has them."""
    return {**record, **{name: told.get(name) for name in fields}}
