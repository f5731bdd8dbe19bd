"""A JSON array of objects, read element by element through a window that moves over the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from etl.endpoints.files.compression import BLOCK, BrokenFileError, EndsEarlyError
from etl.endpoints.files.json_object import encode_json, read_item
from etl.endpoints.files.limits import FileLimits, too_large
from etl.endpoints.files.rejects import rest, unreadable
from etl.record import Record, shown
from etl.strict_json import BOM
from etl.transfer.model import Item

_BLANKS: Final = " \t\r\n"
_MANY_BLANKS: Final = re.compile(f"[{_BLANKS}]*")
_LONGEST_WORD: Final = 8
"""What is cut so near to the end of the window, such as `fals` or `\\u00e`, may go on behind it."""

_PARSED: Final = 2 * BLOCK
"""In so much text, or less, an element's end is found by parsing it: that makes few enough objects, and is fast."""

_BRACKETS: Final = {"[": 1, "{": 1, "]": -1, "}": -1}
_BETWEEN: Final = re.compile(r'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+"|\[[^"\[\]{}]*+\]|\{\})*+', re.DOTALL)
"""What stands between two brackets: texts, and flat lists."""

# strict, or right, is not decided here; whole numbers as `float`, because `int` refuses thousands of digits
_decode: Final = json.JSONDecoder(strict=False, parse_int=float).raw_decode


class JsonArray:
    """A JSON array of objects, each named as paths and jq name elements: from 0."""

    def __init__(self, limits: FileLimits) -> None:
        self._limits = limits

    def items(self, blocks: Iterable[bytes], name: str) -> Iterator[Item]:
        """Yield an item for every element; one that is no record costs no other one, one that has no end does."""
        most = self._limits.max_bytes
        window = _Window(blocks, most)
        number = 0
        try:
            window.enter()
            while (element := window.take()) is not None:
                origin = f"{name}[{number}]"
                if len(element) > most:
                    yield unreadable(origin, too_large(most, len(element)), name)
                else:
                    yield read_item(origin, element, self._limits, name)
                number += 1
        except (OSError, BrokenFileError) as error:
            yield rest(f"{name}[{number}]", error, name)

    def item(self, origin: str, content: bytes) -> Item:
        """Make an item again of its element."""
        return read_item(origin, content, self._limits)

    def encode(self, record: Record) -> bytes:
        """Return a record as an element."""
        return encode_json(record)

    def join(self, encoded: Sequence[bytes]) -> bytes:
        """Return an array, an element a line."""
        return b"[\n" + b",\n".join(encoded) + b"\n]\n"


class _Window:
    """The part of a file that is being looked at, and a place in it.

    It has a character for every byte, so that places in it are places in the file: where an element ends does not
    depend on what its text means. most: an element of more bytes may be given up.
    """

    def __init__(self, blocks: Iterable[bytes], most: int) -> None:
        self._blocks = iter(blocks)
        self._most = most
        self._text = ""
        self._at = 0
        self._before = 0
        """How many bytes of the file lie before the window."""
        self._is_closed = False
        self._broke: OSError | BrokenFileError | None = None

    def enter(self) -> None:
        """Move behind the bracket that opens the array; behind the one that closes it, too, if it is empty."""
        while len(self._text) < len(BOM) and self._extend():
            pass
        self._at = len(BOM) if self._text.startswith(BOM.decode("latin-1")) else 0
        found = self._peek()
        if found != "[":
            raise self._unexpected("a JSON array", found)
        self._at += 1
        if self._peek() == "]":
            self._close()

    def take(self) -> bytes | None:
        """Move behind the next element and its comma; return the element, None at the end of the array."""
        if self._is_closed:
            return None
        self._peek()
        end = self._element_end()
        element = self._text[self._at : end].encode("latin-1")
        self._at = end
        found = self._peek()
        if found == "]":
            self._close()
        elif found == ",":
            self._at += 1
        else:
            raise self._unexpected(", or ]", found)
        return element

    def _close(self) -> None:
        self._at += 1
        if found := self._peek():
            raise self._broken(f"expected the end after the array, found {shown(found)}")
        self._is_closed = True

    def _element_end(self) -> int:
        """Return where the element ends that starts here, reading on as far as that takes."""
        while True:
            is_large = len(self._text) - self._at > _PARSED and self._text[self._at] in "[{"
            end, broken = self._closing() if is_large else self._parsed()
            if broken is None:
                return end
            may_go_on = end + _LONGEST_WORD > len(self._text)
            if len(self._text) - self._at > self._most:
                raise BrokenFileError(too_large(self._most)) if may_go_on else broken
            if not self._extend():
                raise EndsEarlyError(str(broken)) if may_go_on else broken

    def _parsed(self) -> tuple[int, BrokenFileError | None]:
        """Return where the element ends, by parsing it; or where it is wrong, and how."""
        try:
            end = _decode(self._text, self._at)[1]
        except json.JSONDecodeError as error:
            broken = self._broken(error.msg.partition(":")[0], error.pos)
            return len(self._text) if error.msg.startswith("Unterminated") else error.pos, broken
        except RecursionError:
            raise self._broken("nested too deep") from None
        return end, None if end < len(self._text) else self._broken("expected , or ], found the end", end)

    def _closing(self) -> tuple[int, BrokenFileError | None]:
        """Return where the brackets of the element are closed; the same, and what is wrong, where they are not.

        Parsing would make objects of all values before their number is known.
        """
        at, depth = self._at + 1, 1
        while True:
            at = self._between(at)
            bracket = self._text[at : at + 1]
            if bracket not in _BRACKETS or not bracket:
                return len(self._text), self._broken("an element has no end", len(self._text))
            depth += _BRACKETS[bracket]
            at += 1
            if not depth:
                return at, None

    def _between(self, at: int) -> int:
        found = _BETWEEN.match(self._text, at)
        return at if found is None else found.end()

    def _peek(self) -> str:
        """Move over blanks; return the character that follows, "" at the end of the file."""
        while True:
            found = self._text[self._at : self._at + 1]
            if found and found not in _BLANKS:
                return found
            if match := _MANY_BLANKS.match(self._text, self._at):
                self._at = match.end()
            if self._at == len(self._text) and not self._extend():
                return ""

    def _extend(self) -> bool:
        """Read on, as much again as is not yet understood; return whether there was more."""
        left = self._text[self._at :]
        pieces = [left, *self._read(max(BLOCK, len(left)))]
        self._before += self._at
        self._at = 0
        self._text = "".join(pieces)
        return len(pieces) > 1

    def _read(self, wanted: int) -> list[str]:
        """Return what comes next; what breaks behind it is raised at the next call."""
        if self._broke is not None:
            raise self._broke
        pieces = []
        try:
            while wanted > 0 and (block := next(self._blocks, b"")):
                pieces.append(block.decode("latin-1"))
                wanted -= len(block)
        except (OSError, BrokenFileError) as error:
            if not pieces:
                raise
            self._broke = error
        return pieces

    def _unexpected(self, wanted: str, found: str) -> BrokenFileError:
        broken = self._broken(f"expected {wanted}, found {shown(found) if found else 'the end'}")
        return broken if found else EndsEarlyError(str(broken))

    def _broken(self, why: str, at: int | None = None) -> BrokenFileError:
        place = self._before + (self._at if at is None else at) + 1
        return BrokenFileError(f"not JSON at byte {place}: {why}")
