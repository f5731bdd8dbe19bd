"""A JSON document in which records lie at a path that the mapping names, read one by one, however large it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from etl.endpoints.files.around import Around
from etl.endpoints.files.content import BrokenFileError
from etl.endpoints.files.json_object import encode_json, read_item
from etl.endpoints.files.json_walk import Walk
from etl.endpoints.files.json_window import Window
from etl.endpoints.files.limits import FileLimits, too_large
from etl.endpoints.files.places import Places
from etl.endpoints.files.rejects import rest, unreadable, unreadable_file
from etl.endpoints.files.text import PLAIN, Text
from etl.mapping.paths import Path
from etl.record import Record, Violation
from etl.transfer.model import Item, Notify, unheard

DOCUMENT: Final[tuple[Path, ...]] = ((),)
"""Where records lie in a document that is nothing but them."""


class JsonRecords:
    """A JSON document. An object where records lie is one record, an array are many, named as paths name elements.

    paths: of those, the first that is there counts. listed: it is an array itself, and nothing else is taken. around:
    picks what is asked of the document.
    """

    def __init__(
        self,
        limits: FileLimits,
        paths: Sequence[Path] = DOCUMENT,
        text: Text = PLAIN,
        notify: Notify = unheard,
        *,
        listed: bool = False,
        around: Around | None = None,
    ) -> None:
        self._limits = limits
        self._around = around
        self._paths = paths
        self._text = text
        self._notify = notify
        self._listed = listed
        self._places = Places(paths)

    def items(self, blocks: Iterable[bytes], name: str) -> Iterator[Item]:
        """Yield an item for every record; one that is none costs no other one, one that has no end does.

        The blocks are asked for once more where a path that comes first in the document is not the first of those that
        may count, and where something is asked of what stands around the records.
        """
        hear, most = self._text.listener(name, self._notify), self._limits.max_bytes
        try:
            around = self._said_around(blocks)
        except (OSError, BrokenFileError) as error:
            yield rest(name, error, name)
            return
        walk = self._walk(blocks)
        try:
            while True:
                for place, content in walk.records(listed=self._listed):
                    origin, part_of = name + place, name if place else ""
                    if len(content) > most:
                        yield unreadable(origin, too_large(most, len(content)), part_of)
                    else:
                        if hear is not None:
                            hear(content)
                        yield replace(read_item(origin, content, self._limits, part_of, self._text), around=around)
                if walk.taken or walk.found is None:
                    break
                walk = self._walk(blocks, walk.found)
        except (OSError, BrokenFileError) as error:
            yield rest(name + walk.place, error, name)
            return
        if not walk.taken:
            yield unreadable_file(name, walk.nothing())

    def within(self, content: bytes, origin: str, part_of: str) -> list[Item]:
        """Return the records of a whole document that lies in a file with others; one item alone if it is broken."""
        walk = self._walk((content,))
        try:
            around = self._said_around((content,))
            found = list(walk.records())
            if not walk.taken and walk.found is not None:
                walk = self._walk((content,), walk.found)
                found = list(walk.records())
        except BrokenFileError as error:
            why = Violation("", "json", self._text.misfit(content) or str(error))
            return [Item(origin, None, (why,), None, content, part_of)]
        if not walk.taken:
            return [Item(origin, None, (Violation("", "records", walk.nothing()),), None, content, part_of)]
        read = (read_item(origin + place, raw, self._limits, part_of, self._text) for place, raw in found)
        return [replace(item, around=around) for item in read]

    def again(self, origin: str, content: bytes) -> Iterator[Item]:
        """Yield the record that was kept, or those of a document that was kept whole."""
        if self._places.document_of(origin) == origin:
            yield from self.items((content,), origin)
        else:
            yield read_item(origin, content, self._limits, text=self._text)

    def encode(self, record: Record) -> bytes:
        """Return a record as an element."""
        return self._text.json(encode_json(record))

    def join(self, encoded: Sequence[bytes]) -> bytes:
        """Return a document in which records lie at the first of the paths, an element a line."""
        return self.around(b"[\n" + b",\n".join(encoded) + b"\n]") + b"\n"

    def around(self, content: bytes) -> bytes:
        """Return the document in which this lies at the first of the paths."""
        for step in reversed(self._paths[0]):
            if isinstance(step, int):
                content = b"[" + b"null, " * step + content + b"]"
            else:
                content = b"{" + self._text.json(json.dumps(step, ensure_ascii=False).encode()) + b": " + content + b"}"
        return content

    def _said_around(self, blocks: Iterable[bytes]) -> Record | None:
        """Return what is asked of a document; None where nothing is."""
        if self._around is None:
            return None
        return self._around.of_document(Window(blocks, self._limits.max_bytes, self._limits.max_depth), self._text)

    def _walk(self, blocks: Iterable[bytes], wanted: int | None = None) -> Walk:
        window = Window(blocks, self._limits.max_bytes, self._limits.max_depth)
        return Walk(window, self._paths, self._text, wanted)
