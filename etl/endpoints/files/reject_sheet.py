"""A CSV file for the customer: what of their records was rejected in a run, why, and what would be right."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from etl.endpoints.files.folder import open_folder
from etl.endpoints.files.location import Location
from etl.endpoints.files.writing import prepare, unfenced, write_files
from etl.errors import EndpointError
from etl.record import show_key
from etl.transfer.dead_letter import Novelty
from etl.transfer.deliveries import file_of
from etl.transfer.fixes import reason_and_fix
from etl.transfer.model import Outcome, Result

NAME: Final = "rejects_{run}.csv"
MOST: Final = 100_000
"""So many reasons are listed; others are counted on the last line."""

_HEAD: Final = ("file", "row", "key", "field", "reason", "fix", "known")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class RejectSheet:
    """The rejected records of one run. It is written where at least one of them is new."""

    def __init__(self, outbound: Location) -> None:
        self._outbound = outbound
        self._text = io.StringIO(newline="")
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._writer.writerow(_HEAD)
        self._lines = 0
        self._has_news = False

    def add(self, results: Sequence[Result]) -> None:
        """Note what was rejected of these."""
        for result in results:
            if result.outcome is Outcome.REJECTED:
                self._has_news = self._has_news or result.novelty is Novelty.NEW
                for row in _rows(result):
                    self._lines += 1
                    if self._lines <= MOST:
                        self._writer.writerow(row)

    def write(self, run: str, fence: Callable[[], None] = unfenced) -> str:
        """Write the file, if there is anything new; return its name, "" where there is not.

        Raises:
            EndpointError: when it cannot be written.

        """
        if not self._has_news:
            return ""
        if self._lines > MOST:
            self._writer.writerow(("", "", "", "", f"and {self._lines - MOST} other reasons", "", ""))
        name = NAME.format(run=run)
        folder = open_folder(self._outbound)
        prepare(folder, fence)
        why = write_files(folder, [(name, self._text.getvalue().encode("utf-8-sig", "backslashreplace"))], fence)
        if why:
            raise EndpointError(f"{name} cannot be written to {folder}: {why[name]}")
        return name


def _rows(result: Result) -> Iterator[tuple[str, ...]]:
    item, key = result.item, result.known_key
    file = file_of(item) or item.origin
    place = item.origin.removeprefix(file).lstrip(":") if item.origin != file else ""
    known = "" if result.novelty is Novelty.NEW else "known"
    for violation in result.violations:
        reason, fix = reason_and_fix(violation)
        yield tuple(map(_cell, (file, place, show_key(key), violation.path, reason, fix, known)))


def _cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
