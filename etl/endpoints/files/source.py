"""Files as a source: read in natural order, strictly, and never changed."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from typing import Any, Final

from etl.endpoints.files.compression import ZSTD, BrokenFileError, read_blocks, read_content, require_zstd
from etl.endpoints.files.folder import open_folder
from etl.endpoints.files.formats import make_format
from etl.endpoints.files.json_object import read_item
from etl.endpoints.files.limits import FileLimits
from etl.endpoints.files.location import Location
from etl.endpoints.files.rejects import reason, unreadable, unreadable_file
from etl.errors import EndpointError
from etl.mapping.files import FilesEndpoint
from etl.record import printable
from etl.transfer.model import Candidate, Item, Outcome

_DIGITS: Final = re.compile(r"([0-9]+)")
_PLACE: Final = re.compile(r"(:[0-9]+|\[[0-9]+\])\Z")
"""What the name of a record in a file of many ends with."""


class FilesSource:
    """The files of one folder whose names match a glob. Nothing in the folder is ever changed.

    A file of many records is read as a stream: what is held of it at a time does not grow with it.
    """

    def __init__(self, location: Location, endpoint: FilesEndpoint, limits: FileLimits = FileLimits()) -> None:
        self._folder = open_folder(location)
        self._glob = endpoint.inbound
        self._format = make_format(endpoint.inbound_format, endpoint.csv, limits=limits)
        self._limits = limits
        if self._glob.endswith(ZSTD):
            require_zstd(self._glob)

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield the records, files in natural order (2.json before 10.json), then in the order of the file."""
        items = chain.from_iterable(map(self.read, self._names()))
        while batch := list(islice(items, size)):
            yield batch

    def screen(self, candidates: Sequence[Candidate]) -> Sequence[Outcome | None]:
        """Leave all to the sink."""
        return [None] * len(candidates)

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Leave the files where they are; what was read last is remembered with the sink."""
        del candidates
        return ()

    def _names(self) -> list[str]:
        try:
            names = self._folder.names()
        except OSError as error:
            raise EndpointError(
                f"the inbound folder {self._folder} cannot be read: {reason(error)}; create it, "
                "set DATA_INBOUND_DIR, or let `etl sample` write sample files"
            ) from None
        matching = fnmatch.filter(names, self._glob)
        # as in a shell, * does not match the dot of a hidden file: editors and archivers leave such behind
        return sorted((name for name in matching if name[0] != "." or self._glob[0] == "."), key=natural)

    def read(self, name: str) -> Iterator[Item]:
        """Yield the records of one file of the folder."""
        return iter((self._one(name),)) if self._format is None else self._many(name)

    def again(self, origin: str, content: bytes) -> Item:
        """Make an item again of the content that was kept of one."""
        return read_item(origin, content, self._limits) if self._format is None else self._format.item(origin, content)

    def name_of(self, shown: str) -> str:
        """Return the name of the file that is shown as this: another one where it is not printable."""
        return next((name for name in self._names() if printable(name) == shown), shown) if "\\" in shown else shown

    def file_of(self, origin: str) -> str:
        """Return what the file is called that a record is in, or that is itself called so."""
        return origin if self._format is None else _PLACE.sub("", origin)

    def _one(self, name: str) -> Item:
        origin = printable(name)
        try:
            content = read_content(self._folder, name, self._limits.max_bytes)
        except (OSError, BrokenFileError) as error:
            return unreadable(origin, reason(error))
        return read_item(origin, content, self._limits)

    def _many(self, name: str) -> Iterator[Item]:
        if self._format is None:
            return
        origin = printable(name)
        try:
            stream = self._folder.open(name)
        except OSError as error:
            yield unreadable_file(origin, reason(error))
            return
        with closing(stream):
            yield from self._format.items(read_blocks(stream, name), origin)


def natural(name: str) -> tuple[tuple[Any, ...], str]:
    """Return a sort key under which numbers in names count as numbers."""
    parts = _DIGITS.split(name)
    return (tuple(int(part) if index % 2 else part for index, part in enumerate(parts)), name)
