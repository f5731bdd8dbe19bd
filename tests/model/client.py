"""The client's side: a system that keeps one record for each file that it has sent, and writes it in several ways."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TypeAlias

from tests.model.words import DATES, Doc, Said, understood

Group: TypeAlias = tuple[Said, bool]

STYLES = ("plain", "indented", "turned round", "with a mark")
_ELSEWHERE = timezone(timedelta(hours=-3))


class Client:
    """The inbound folder, and what it says. records: by file; None for a broken one."""

    def __init__(self, inbound: Path, outbound: Path) -> None:
        self._inbound = inbound
        self._outbound = outbound
        self.records: dict[str, Doc | None] = {}

    def names(self, key: int) -> list[str]:
        """Return the files of a key, the one that counts last. A second file is read after all first ones."""
        return [name for name in (f"{key}.json", f"x{key}.json") if name in self.records]

    def last(self, key: int) -> Doc | None:
        """Return the record of a key that counts."""
        good = self.good(key)
        return good[-1] if good else None

    def good(self, key: int) -> list[Doc]:
        """Return the records of a key that can be read."""
        return [record for name in self.names(key) if (record := self.records[name]) is not None]

    def write(self, name: str, record: Doc, style: str = "plain") -> None:
        self.records[name] = record
        if style == "turned round":
            record = dict(reversed(record.items()))
        text = json.dumps(record, indent=4 if style == "indented" else None)
        (self._inbound / name).write_text(text, "utf-8-sig" if style == "with a mark" else "utf-8")

    def break_off(self, name: str) -> None:
        """Leave half a file."""
        self.records[name] = None
        (self._inbound / name).write_text('{"orderNo": 1, "summ')

    def remove(self, name: str) -> None:
        del self.records[name]
        (self._inbound / name).unlink()

    def told(self, key: int) -> Doc | None:
        """Return the record of our outbound file."""
        file = self._outbound / f"workorder_{key}.json"
        found: Doc | None = json.loads(file.read_bytes()) if file.exists() else None
        return found

    def groups(self, key: int, size: int, only: Collection[str] | None = None) -> tuple[list[Group], int]:
        """Return the last record of each batch with this key, and whether one was read before; and how many others.

        only: of these files, None for all.
        """
        groups: list[Group] = []
        read = superseded = 0
        names = sorted(self.records, key=lambda name: (name[0] == "x", name))
        for start in range(0, len(names), size):
            ours = [name for name in names[start : start + size] if self.records[name] and name in self.names(key)]
            read += len(ours)
            superseded += len(ours[1:])
            wanted = [name for name in ours if only is None or name in only]
            if wanted:
                groups.append((understood(self.records[wanted[-1]] or {}), read > 1))
        return groups, superseded


def with_other_zone(record: Doc) -> Doc:
    """Return a record that means the same, its dates in another zone: another record, but no change."""
    return {name: _elsewhere(value) if name in DATES and value else value for name, value in record.items()}


def _elsewhere(text: str) -> str:
    date = datetime.fromisoformat(text)
    return date.astimezone(_ELSEWHERE if date.utcoffset() == timedelta(0) else UTC).isoformat()


def taken_in(record: Doc, told: Doc, names: Sequence[str]) -> Doc:
    """Return a client's record with these fields as our file has them; flags go together."""
    flags = [name for name in told if name.startswith("is")]
    fields = [field for name in names for field in (flags if name == "flags" else [name])]
    return record | {field: told[field] for field in fields}


def first_record(key: int, **fields: Any) -> Doc:
    return {"orderNo": key, "summary": "A", "creationDate": "2025-01-01T00:00:00+00:00", **fields}
