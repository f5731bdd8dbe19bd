"""Many records per file: each batch is a file of its own, which is whole or absent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from etl.endpoints.files.compression import compressor
from etl.endpoints.files.folder import Folder
from etl.endpoints.files.formats import Format
from etl.endpoints.files.names import part_namer
from etl.endpoints.files.writing import Encoded, prepare, refused, unfenced, write_files, written
from etl.errors import EndpointError
from etl.transfer.model import Candidate, Change, Outcome, Result, result_of


class BatchFiles:
    """Writes files of many records to one folder, one for every batch that has any, named after the run and its number.

    So what is written is durable batch by batch, and what is held does not grow with the number of records. No file is
    ever replaced. After a crash between a file and the marks of its records, the next run writes them once more.

    template: the name of a file. started: the run. fence: called before every file appears; what it raises stops the
    writing.
    """

    def __init__(
        self,
        folder: Folder,
        template: str,
        records: Format,
        started: datetime,
        fence: Callable[[], None] = unfenced,
    ) -> None:
        self._folder = folder
        self._template = template
        self._started = started
        self._names: Iterator[str] | None = None
        self._compress = compressor(template)
        self._format = records
        self._fence = fence

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[Encoded]]:
        """Encode every candidate. What waits to be exported is new to a file that is not written yet."""
        return [self._compare(candidate) for candidate in candidates]

    def place_of(self, change: Change[Encoded]) -> str:
        """Return nothing: it has no file of its own."""
        del change
        return ""

    @property
    def replaces(self) -> bool:
        """No file is ever replaced."""
        return False

    def present(self, change: Change[Encoded]) -> None:
        """Return the record that a change would replace: there is none."""

    def apply(self, changes: Sequence[Change[Encoded]]) -> list[Result]:
        """Write what can be written as one file, in its order."""
        encoded = [change.detail[1] for change in changes if change.detail is not None]
        if encoded:
            self._write(self._compress(self._format.join(encoded)))
        return [result_of(change) for change in changes]

    def _compare(self, candidate: Candidate) -> Change[Encoded]:
        try:
            return Change(candidate, Outcome.CREATED, ("", self._format.encode(candidate.sent)))
        except ValueError as error:
            return refused(candidate, str(error))

    def _write(self, content: bytes) -> None:
        name = self._next_name()
        if why := write_files(self._folder, [(name, content)], self._fence):
            raise EndpointError(
                f"{self._folder}/{name} cannot be written: {why[name]}; correct its name in the mapping"
            )
        with written(self._folder, self._fence, name):
            self._folder.flush([])

    def _next_name(self) -> str:
        """Return the next name that is not there: another mapping may write to the same folder at the same time."""
        if self._names is None:
            prepare(self._folder, self._fence)
            with written(self._folder, self._fence):
                self._names = part_namer(self._template, self._started, self._folder.names())
        return next(name for name in self._names if self._folder.holds(name, b"") is None)
