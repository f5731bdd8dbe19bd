"""Many records per file: each batch is a file of its own, which is whole or absent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from math import inf

import orjson

from etl.endpoints.files.content import compressor
from etl.endpoints.files.folder import Folder
from etl.endpoints.files.formats import Format
from etl.endpoints.files.json_object import encode_json
from etl.endpoints.files.markers import Markers
from etl.endpoints.files.names import latest_run, name_of_run, part_namer
from etl.endpoints.files.text import Text
from etl.endpoints.files.writing import (
    Announced,
    Encoded,
    Sheets,
    filling,
    parts_of,
    prepare,
    refused,
    unfenced,
    write_files,
    written,
)
from etl.errors import EndpointError
from etl.mapping.entries import RECORDS, Entry
from etl.mapping.files import FileFormat, FilesEndpoint
from etl.record import Record
from etl.transfer.gathering import MarkerStore
from etl.transfer.model import Candidate, Change, Outcome, Result, result_of


class BatchFiles:
    """Writes files of many records to one folder: for every batch that has any, one of each entry of a mapping.

    So what is written is durable batch by batch, and what is held does not grow with the number of records; where the
    mapping says how many records a file has, what waits for the next file is held. No file is ever replaced. After a
    crash between a file and the marks of its records, the next run writes them once more.

    records: how they lie there. started: the run. fence: called before every file appears; what it raises stops the
    writing. ready: see `Terms`. markers: where it is noted what marker is owed, where the mapping has one.
    """

    def __init__(
        self,
        folder: Folder,
        endpoint: FilesEndpoint,
        records: Format,
        started: datetime,
        fence: Callable[[], None] = unfenced,
        ready: Callable[[], None] = unfenced,
        *,
        markers: MarkerStore | None = None,
    ) -> None:
        text, lines = Text(endpoint.outbound_encoding), endpoint.outbound_format is FileFormat.JSON_LINES
        self._folder = folder
        self._started = started
        self._names: dict[str, Iterator[str]] = {}
        self._batches = {entry.file: Batch(entry, records, text, lines=lines) for entry in endpoint.entries}
        self._first = endpoint.entries[0]
        self._compress = {entry.file: compressor(entry.file) for entry in endpoint.entries}
        self._fence = fence
        self._ready = ready
        self._most = endpoint.records_per_file
        self._gathered: dict[str, list[bytes]] = {template: [] for template in self._batches}
        self._marker = endpoint.marker
        self._markers = Markers(folder, markers, fence) if markers is not None and endpoint.marker else None

    @property
    def gathers(self) -> bool:
        """Whether a file may have the records of several batches."""
        return self._most is not None

    @property
    def is_open(self) -> bool:
        """Whether records wait for the next file."""
        return any(self._gathered.values())

    def room(self, changes: Sequence[Change[Sheets]]) -> int:
        """Return with how many of these changes some file has all the records that it may have."""
        most = self._most or inf
        counts = {template: len(parts) for template, parts in self._gathered.items()}
        for number, change in enumerate(changes, 1):
            for template, _ in change.detail or ():
                counts[template] += 1
            if max(counts.values()) >= most:
                return number
        return len(changes)

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[Sheets]]:
        """Encode every candidate. What waits to be exported is new to a file that is not written yet."""
        return [self._compare(candidate) for candidate in candidates]

    def place_of(self, change: Change[Sheets]) -> str:
        """Return nothing: it has no file of its own."""
        del change
        return ""

    @property
    def replaces(self) -> bool:
        """No file is ever replaced."""
        return False

    def present(self, change: Change[Sheets]) -> None:
        """Return the record that a change would replace: there is none."""

    def apply(self, changes: Sequence[Change[Sheets]]) -> list[Result]:
        """Write what can be written as one file of each kind, in its order; or gather it, until there is enough."""
        for change in changes:
            for template, part in change.detail or ():
                self._gathered[template].append(part)
        if self._most is None or max(map(len, self._gathered.values())) >= self._most:
            self.close()
        return [result_of(change) for change in changes]

    def close(self) -> None:
        """Write what was gathered."""
        gathered = {template: parts for template, parts in self._gathered.items() if parts}
        self._gathered = {template: [] for template in self._batches}
        self._write(list(gathered.items()))

    def conclude(self) -> None:
        """Let the marker appear, behind all files of this run."""
        if self._markers is not None:
            self._markers.conclude()

    def _compare(self, candidate: Candidate) -> Change[Sheets]:
        try:
            sheets = tuple(
                (part.entry.file, self._batches[part.entry.file].encode(part.record, candidate.target))
                for part in parts_of(candidate, self._first)
                if part.is_due
            )
        except ValueError as error:
            return refused(candidate, str(error))
        return Change(candidate, Outcome.CREATED if sheets else Outcome.UNCHANGED, sheets)

    def _write(self, batches: Sequence[tuple[str, Sequence[bytes]]]) -> None:
        files: list[Encoded] = []
        for template, parts in batches:
            content = self._compress[template](self._batches[template].join(parts))
            files.append((self._next_name(template), content))
        if not files:
            return

        def say() -> None:
            if self._markers is not None:
                self._markers.announce([name for name, _ in files])
            self._ready()

        for name, why in write_files(self._folder, files, self._fence, Announced(say)).items():
            raise EndpointError(f"{self._folder}/{name} cannot be written: {why}; correct its name in the mapping")
        with written(self._folder, self._fence, files[-1][0]):
            self._folder.flush([])

    def _next_name(self, template: str) -> str:
        """Return the next name that is not there: another mapping may write to the same folder at the same time."""
        if not self._names:
            self._begin()
        return next(name for name in self._names[template] if self._folder.holds(name, b"") is None)

    def _begin(self) -> None:
        """Prepare the folder, and choose the names of this run: all of them say the same of it."""
        prepare(self._folder, self._fence)
        templates = [*self._batches, *([self._marker] if self._marker else [])]
        with written(self._folder, self._fence):
            run = latest_run(templates, self._started, self._folder.names())
        self._names = {template: part_namer(template, run) for template in self._batches}
        if self._markers is not None:
            self._markers.begin(name_of_run(self._marker, run))


class Batch:
    """A file of many records, with something around all of them, or around each, or nothing.

    lines: what stands around all of them is one line.
    """

    def __init__(self, entry: Entry, records: Format, text: Text, *, lines: bool = False) -> None:
        self._records = records
        self._between = (b"[", b",", b"]") if lines else (b"[\n", b",\n", b"\n]")
        self._text = text
        self._fill = filling(entry)
        self._around = None
        if entry.around is not None and RECORDS in entry.around.words:
            self._around = entry.around.compiled()

    def encode(self, record: Record, expected: Record) -> bytes:
        """Return one record as it lies in the file.

        Raises:
            ValueError: saying why it cannot.

        """
        if self._around is not None:
            return encode_json(record)
        return self._records.encode(self._fill(record, expected))

    def join(self, encoded: Sequence[bytes]) -> bytes:
        """Return a file of encoded records."""
        if self._around is None:
            return self._records.join(encoded)
        before, between, after = self._between
        every = orjson.Fragment(before + between.join(encoded) + after)
        return self._text.json(encode_json(self._around({RECORDS: every}, {}))) + b"\n"
