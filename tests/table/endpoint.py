"""A table that is read from where the last run has ended, and one that is written to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from etl.record import Record, Violation
from etl.transfer.dead_letter import DeadLetter
from etl.transfer.endpoint import Terms
from etl.transfer.model import Candidate, Change, Item, Outcome, Result, result_of
from etl.transfer.sending import Sending

Encoded: TypeAlias = tuple[str, bytes]
"""A row's key, and its record as JSON."""

_TABLES = """
CREATE TABLE IF NOT EXISTS inbound (id INTEGER PRIMARY KEY, record BLOB);
CREATE TABLE IF NOT EXISTS outbound (key TEXT PRIMARY KEY, record BLOB);
CREATE TABLE IF NOT EXISTS position (id INTEGER);
"""


@dataclass(frozen=True)
class Table:
    """An SQLite file. chooses: it asks how each record is sent. sendings: what was said of those that were written."""

    file: Path
    chooses: bool = False
    sendings: list[Sending | None] = field(default_factory=list)

    def check(self) -> None:
        self.execute("SELECT 1")

    def reader(self) -> TableReader:
        return TableReader(self)

    def writer(self, terms: Terms) -> TableWriter:
        return TableWriter(self, terms)

    def execute(self, statement: str, *values: Any) -> list[Any]:
        connection = sqlite3.connect(self.file)
        try:
            with connection:
                connection.executescript(_TABLES)
                return list(connection.execute(statement, values))
        finally:
            connection.close()


class TableReader:
    """Reads the rows after the position."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._last = 0

    def batches(self, size: int) -> Iterator[list[Item]]:
        after = "SELECT id, record FROM inbound WHERE id > (SELECT coalesce(max(id), 0) FROM position) ORDER BY id"
        rows = iter(self._table.execute(after))
        while batch := list(islice(rows, size)):
            self._last = batch[-1][0]
            yield [_item(f"row {number}", content) for number, content in batch]

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        del candidates
        return ()

    def advance(self) -> None:
        self._table.execute("INSERT INTO position VALUES (?)", self._last)

    def contents(self, item: Item) -> tuple[bytes | None, None]:
        return item.content, None

    def again(self, letters: Iterable[DeadLetter]) -> Iterator[Item]:
        for letter in letters:
            yield replace(_item(letter.origin, letter.content or b""), letter=letter)


class TableWriter:
    """Writes a row for each record."""

    def __init__(self, table: Table, terms: Terms) -> None:
        self._table = table
        self._terms = terms

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[Encoded]]:
        return [self._compare(candidate) for candidate in candidates]

    def apply(self, changes: Sequence[Change[Encoded]]) -> list[Result]:
        self._terms.ready()
        for change in changes:
            if change.detail is not None and change.outcome is not Outcome.UNCHANGED:
                self._terms.fence()
                self._table.sendings.append(change.candidate.sending)
                self._table.execute("INSERT OR REPLACE INTO outbound VALUES (?, ?)", *change.detail)
        return [result_of(change) for change in changes]

    def never_appeared(self, change: Change[Encoded]) -> bool:
        """Return whether there is no row: nobody takes one away."""
        return change.outcome is Outcome.CREATED

    @property
    def replaces(self) -> bool:
        return True

    def place_of(self, change: Change[Encoded]) -> str:
        return "" if change.detail is None else f"the row of {change.detail[0]}"

    def present(self, change: Change[Encoded]) -> Record | None:
        found = None if change.detail is None else self._find(change.detail[0])
        return None if found is None else dict(json.loads(found))

    def _compare(self, candidate: Candidate) -> Change[Encoded]:
        key, content = json.dumps(candidate.key), json.dumps(candidate.sent).encode()
        found = self._find(key)
        outcome = Outcome.CREATED if found is None else Outcome.UPDATED
        return Change(candidate, Outcome.UNCHANGED if found == content else outcome, (key, content))

    def _find(self, key: str) -> bytes | None:
        rows = self._table.execute("SELECT record FROM outbound WHERE key = ?", key)
        return rows[0][0] if rows else None


def _item(origin: str, content: bytes) -> Item:
    try:
        return Item(origin, json.loads(content), content=content)
    except ValueError as error:
        return Item(origin, None, (Violation("", "unreadable", f"cannot be read: {error}"),), content=content)
