"""JSON Lines: one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import orjson

from etl.endpoints.files.compression import BrokenFileError
from etl.endpoints.files.json_object import encode_json, is_too_many, read_item
from etl.endpoints.files.limits import FileLimits, too_large
from etl.endpoints.files.rejects import rest, unfinished, unreadable
from etl.endpoints.files.text_lines import BLANKS, split_lines
from etl.record import Record
from etl.strict_json import BOM, ends_early
from etl.transfer.model import Item


class JsonLines:
    """One JSON object a line, named by the line's number from 1; blank lines are passed over."""

    def __init__(self, limits: FileLimits) -> None:
        self._limits = limits

    def items(self, blocks: Iterable[bytes], name: str) -> Iterator[Item]:
        """Yield an item for every line; a line that cannot be read costs no other one."""
        number = 0
        try:
            for number, line, has_end in split_lines(blocks, self._limits.max_bytes, BLANKS):
                if line is None:
                    yield unreadable(f"{name}:{number}", too_large(self._limits.max_bytes), name)
                elif line and not line.isspace() and line != BOM:
                    item = read_item(f"{name}:{number}", line, self._limits, name)
                    is_cut = item.record is None and not has_end and not is_too_many(item) and ends_early(line)
                    yield unfinished(item) if is_cut else item
        except (OSError, BrokenFileError) as error:
            yield rest(f"{name}:{number + 1}", error, name)

    def item(self, origin: str, content: bytes) -> Item:
        """Make an item again of its line."""
        return read_item(origin, content, self._limits)

    def encode(self, record: Record) -> bytes:
        """Return a record as a line."""
        return encode_json(record, orjson.OPT_APPEND_NEWLINE)

    def join(self, encoded: Sequence[bytes]) -> bytes:
        """Return a file of lines."""
        return b"".join(encoded)
