"""Files are read in their order, strictly, and never changed; what was read may be cleared away."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from itertools import chain, dropwhile, takewhile
from typing import Final

from etl.endpoints.files.content import (
    ZSTD,
    Blocks,
    BrokenFileError,
    GoneError,
    noticing_its_end,
    read_content,
    require_zstd,
)
from etl.endpoints.files.csv_header import Columns
from etl.endpoints.files.folder import open_folder
from etl.endpoints.files.formats import make_format
from etl.endpoints.files.json_object import holding_many, read_item
from etl.endpoints.files.limits import FileLimits
from etl.endpoints.files.listing import Names, match_names
from etl.endpoints.files.location import Location
from etl.endpoints.files.ordering import Ordering
from etl.endpoints.files.pace import Pace
from etl.endpoints.files.picking import Picking, delivered_among
from etl.endpoints.files.places import Places, lies_in
from etl.endpoints.files.rejects import Unfinished, reason, unreadable, unreadable_file
from etl.endpoints.files.text import Text
from etl.errors import EndpointError, NothingThereError
from etl.mapping.files import FilesEndpoint
from etl.record import printable
from etl.transfer.batches import batched
from etl.transfer.dead_letter import REST, DeadLetter
from etl.transfer.delivered import Newest
from etl.transfer.model import Candidate, Doubt, Item, Notice, Notify, unheard

QUIET_SECONDS: Final = 5
"""What a file may lack at its end counts as missing for good once it was not written to for so long."""


class FilesReader:
    """The files of one folder whose names match a glob. No file is ever changed.

    A file of many records is read as a stream: what is held of it at a time does not grow with it. columns: of CSV
    files. notify: told of what is left unread, and of what is doubtful.
    """

    def __init__(
        self,
        location: Location,
        endpoint: FilesEndpoint,
        limits: FileLimits = FileLimits(),
        columns: Columns = Columns(),
        notify: Notify = unheard,
        *,
        minds: bool = False,
    ) -> None:
        self._folder = open_folder(location)
        self.ordering = Ordering(self._folder, endpoint.pickup)
        self._picking = Picking(self._folder, endpoint, self.ordering, notify, minds=minds)
        self._glob = endpoint.inbound
        self._delivered = delivered_among(endpoint)
        self._text = Text(endpoint.inbound_encoding)
        self._places = Places(endpoint.records)
        self._format = make_format(
            endpoint.inbound_format,
            endpoint.csv,
            columns,
            limits,
            notify,
            records=endpoint.records,
            encoding=endpoint.inbound_encoding,
            asked=endpoint.asked,
        )
        self._notify = notify
        self._limits = limits
        self._pace = Pace()
        self._torn: list[Item] = []
        if self._glob.endswith(ZSTD):
            require_zstd(self._glob)

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield the records: files in their order, by default 2.json before 10.json, then in the order of the file."""
        self._torn.clear()
        names = self._names()
        if names.doubt:
            self._notify(Notice(Doubt.UNMATCHED, names.doubt))
        ready = self._pace.over(names.matching, self._picking.ready(names.matching))
        yield from self._pace.counting(batched(chain.from_iterable(map(self._pick, ready)), size))

    def waiting(self, size: int) -> Iterator[list[Item]]:
        """Yield what was left for later, as far as it can be read by now."""
        return batched(chain.from_iterable(map(self._glimpse, self._picking.waiting)), size)

    def torn(self, size: int) -> Iterator[list[Item]]:
        """Yield the records of what was read that may not be whole, as far as they can be read by now."""
        return batched(self._torn, size)

    def _glimpse(self, name: str) -> Iterator[Item]:
        with suppress(OSError, BrokenFileError, GoneError):
            if self._format is None:
                yield self._one(name)
                return
            blocks = Blocks(self._folder, name)
            blocks.open()
            with closing(blocks):
                items = self._format.items(blocks, printable(name))
                every = (one.as_broken() if isinstance(one, Unfinished) else one for one in items)
                yield from (one for one in every if one.legible is not None)

    def expected(self) -> float | None:
        """Return how many records there are, as far as what was read says that."""
        return self._pace.expected()

    @property
    def clears(self) -> bool:
        """Whether what was read is cleared away."""
        return self._picking.clears

    def lying(self) -> list[str]:
        """Return the files that are there, as they are shown."""
        return [printable(name) for name in self._names().matching]

    @property
    def finished(self) -> Collection[str]:
        """The files that were read to their end, and of which nothing waits, as they are shown."""
        return self._picking.finished

    def whereabouts(self, file: str) -> str:
        """Return where a file that was cleared away lies, in words; "" where it is not kept."""
        return self._picking.whereabouts(file)

    def restore(self) -> None:
        """Put back what a run that died had begun to clear away."""
        self._picking.restore()

    def clear(self, left: Collection[str]) -> None:
        """Clear away what was read to its end, but the files in `left`."""
        self._picking.clear(left)

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Leave the files where they are; what was read last is remembered elsewhere."""
        del candidates
        return ()

    def _names(self) -> Names:
        try:
            names = self._delivered(self._folder.names())
        except OSError as error:
            kind = NothingThereError if isinstance(error, FileNotFoundError) else EndpointError
            raise kind(
                f"the inbound folder {self._folder} cannot be read: {reason(error)}; create it, "
                "set DATA_INBOUND_DIR, or let `etl sample` write sample files"
            ) from None
        return match_names(names, self._glob, self.ordering.sort)

    def _pick(self, name: str) -> Iterator[Item]:
        mark, items = self._picking.mark(name), self.read(name)
        try:
            first = next(items)
        except StopIteration as end:
            self._picking.done(name, mark, is_whole=bool(end.value), is_empty=bool(end.value))
            return
        yield first
        is_whole = yield from items
        self._picking.done(name, mark, is_whole=is_whole, is_empty=False)

    @property
    def newest(self) -> Newest | None:
        """The newest delivery that is there, where that was asked for."""
        return self._picking.newest

    @property
    def last(self) -> str:
        """The file that is read last; "" where there is none."""
        return self._picking.last

    @property
    def extract(self) -> Newest | None:
        """The same, once it was read to its end, and nothing of it waits; where that is asked."""
        return self._picking.extract

    def older(self, extract: Newest, earlier: Newest) -> str:
        """Return by what an extract is older than one that was read before, in words; "" where it is not."""
        is_one_of_ours = bool(match_names([earlier.file], self._glob, list).matching)
        return self.ordering.older(extract, earlier) if is_one_of_ours else ""

    def read(self, name: str) -> Generator[Item, None, bool]:
        """Yield the records of one file of the folder; return whether nothing of it waits."""
        try:
            if self._format is not None:
                return (yield from self._many(name))
            yield self._one(name)
        except GoneError:
            self._notify(Notice(Doubt.GONE, f"{name} was gone before it was read"))
            return False
        return True

    def contents(self, item: Item) -> tuple[bytes | None, None]:
        """Return the bytes that an item was read from."""
        return item.content, None

    def again(self, letters: Iterable[DeadLetter]) -> Iterator[Item]:
        """Yield the records of dead letters, as they were kept; of which nothing could be kept, that is read again."""
        for letter in letters:
            for item in self._again(letter):
                around = item.around if letter.around is None else letter.around
                yield replace(item, letter=letter, file=letter.file, around=around)

    def _again(self, letter: DeadLetter) -> Iterator[Item]:
        if letter.content is None:
            return self._read_again(letter)
        if self._format is None:
            return iter((self._document(letter.origin, letter.content),))
        return self._format.again(letter.origin, letter.content)

    def _read_again(self, letter: DeadLetter) -> Iterator[Item]:
        """Yield what a letter without content stands for: a whole file, the rest of one, or what lies at its place."""
        name = letter.origin if self._format is None else self._places.file_of(letter.origin)
        items: Iterator[Item] = self.read(self._name_of(name))
        if name != letter.origin:
            items = dropwhile(lambda item: not lies_in(item.origin, letter.origin), items)
            if all(violation.code != REST for violation in letter.violations):
                items = takewhile(lambda item: lies_in(item.origin, letter.origin), items)
        first = next(items, None)
        gone = unreadable(
            letter.origin, "it is not there any more, or not whole yet; drop this letter if it is gone for good"
        )
        yield gone if first is None else first
        yield from items

    def _name_of(self, shown: str) -> str:
        """Return the name of the file that is shown as this: another one where it is not printable."""
        if "\\" not in shown:
            return shown
        return next((name for name in self._names().matching if printable(name) == shown), shown)

    def _one(self, name: str) -> Item:
        origin = printable(name)
        try:
            with noticing_its_end():
                content = read_content(self._folder, name, self._limits.max_bytes)
        except (OSError, BrokenFileError) as error:
            return unreadable(origin, reason(error))
        if not self._text.is_utf8 and (hear := self._text.listener(origin, self._notify)) is not None:
            hear(content)
        return self._document(origin, content)

    def _document(self, origin: str, content: bytes) -> Item:
        """Return the record that a file is."""
        item = read_item(origin, content, self._limits, text=self._text)
        return item if item.record is not None else replace(item, violations=(*item.violations, *holding_many(content)))

    def _many(self, name: str) -> Generator[Item, None, bool]:
        if self._format is None:
            return True
        is_whole = True
        origin = printable(name)
        blocks = Blocks(self._folder, name)
        try:
            self._pace.within(blocks.open())
        except OSError as error:
            yield unreadable_file(origin, reason(error))
            return True
        with closing(blocks):
            for item in self._format.items(blocks, origin):
                if isinstance(item, Unfinished) and not blocks.is_whole and self._picking.is_young(name, QUIET_SECONDS):
                    self._notify(Notice(Doubt.WAITING, f"{item.origin} may not be whole yet, and waits"))
                    is_whole = False
                    if item.legible is not None:
                        self._torn.append(item.as_broken())
                else:
                    yield item
        return is_whole
