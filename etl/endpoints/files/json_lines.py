"""JSON Lines: one JSON object a line, or one document a line in which records lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import orjson

from etl.endpoints.files.around import Around
from etl.endpoints.files.content import BrokenFileError
from etl.endpoints.files.json_object import encode_json, is_too_many, read_item
from etl.endpoints.files.json_records import JsonRecords
from etl.endpoints.files.limits import FileLimits, too_large
from etl.endpoints.files.places import Places
from etl.endpoints.files.rejects import rest, unfinished, unreadable
from etl.endpoints.files.text import PLAIN, Text
from etl.endpoints.files.text_lines import BLANKS, split_lines
from etl.mapping.paths import Path
from etl.record import Record
from etl.strict_json import BOM, ends_early
from etl.transfer.model import Item, Notify, unheard


class JsonLines:
    """One JSON object a line, named by the line's number from 1; blank lines are passed over.

    paths: where records lie in a line; none where a line is a record. around: picks what is asked of a line.
    """

    def __init__(
        self,
        limits: FileLimits,
        paths: Sequence[Path] = (),
        text: Text = PLAIN,
        notify: Notify = unheard,
        *,
        around: Around | None = None,
    ) -> None:
        self._limits = limits
        self._text = text
        self._notify = notify
        self._documents = JsonRecords(limits, paths, text, around=around) if paths else None
        self._places = Places(paths)

    def items(self, blocks: Iterable[bytes], name: str) -> Iterator[Item]:
        """Yield an item for every record; a line that cannot be read costs no other one."""
        number, hear = 0, self._text.listener(name, self._notify)
        try:
            for number, line, has_end in split_lines(blocks, self._limits.max_bytes, BLANKS):
                if line is None:
                    yield unreadable(f"{name}:{number}", too_large(self._limits.max_bytes), name)
                elif line and not line.isspace() and line != BOM:
                    if hear is not None:
                        hear(line)
                    for item in self._of_line(f"{name}:{number}", line, name):
                        is_cut = item.record is None and not has_end and not is_too_many(item) and ends_early(line)
                        yield unfinished(item) if is_cut else item
        except (OSError, BrokenFileError) as error:
            yield rest(f"{name}:{number + 1}", error, name)

    def again(self, origin: str, content: bytes) -> Iterator[Item]:
        """Yield the record that was kept, or those of a line that was kept whole."""
        if self._places.document_of(origin) == origin:
            yield from self._of_line(origin, content)
        else:
            yield read_item(origin, content, self._limits, text=self._text)

    def encode(self, record: Record) -> bytes:
        """Return a record as a line."""
        encoded = self._text.json(encode_json(record, orjson.OPT_APPEND_NEWLINE))
        return encoded if self._documents is None else self._documents.around(encoded[:-1]) + b"\n"

    def join(self, encoded: Sequence[bytes]) -> bytes:
        """Return a file of lines."""
        return b"".join(encoded)

    def _of_line(self, origin: str, line: bytes, name: str = "") -> Sequence[Item]:
        if self._documents is None:
            return (read_item(origin, line, self._limits, name, self._text),)
        return self._documents.within(line, origin, name)
