"""A JSON file, read value by value through a window that moves over it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Final

from etl.endpoints.files.content import BLOCK, BrokenFileError, EndsEarlyError
from etl.endpoints.files.limits import too_large
from etl.record import shown
from etl.strict_json import BOM

_BLANKS: Final = " \t\r\n"
_MANY_BLANKS: Final = re.compile(f"[{_BLANKS}]*")
_LONGEST_WORD: Final = 8
"""What is cut so near to the end of the window, such as `fals` or `\\u00e`, may go on behind it."""

_PARSED: Final = 2 * BLOCK
"""In so much text, or less, a value's end is found by parsing it: that makes few enough objects, and is fast."""

_OPENING: Final = {"[": "]", "{": "}"}
_BRACKETS: Final = {"[": 1, "{": 1, "]": -1, "}": -1}
_BETWEEN: Final = re.compile(r'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+"|\[[^"\[\]{}]*+\]|\{\})*+', re.DOTALL)
"""What stands between two brackets: texts, and flat lists."""

_IN_TEXT: Final = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)
"""A text behind its quote, up to its end or to that of the window."""

# strict, or right, is not decided here; whole numbers as `float`, because `int` refuses thousands of digits
_decode: Final = json.JSONDecoder(strict=False, parse_int=float).raw_decode


class _Passed:
    """What was passed over, as long as it is little enough to be parsed."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._size = 0

    def add(self, piece: str) -> None:
        """Add what was passed over next."""
        self._size += len(piece)
        if self._size <= _PARSED:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def refuse(self, broken: Callable[[str, int], BrokenFileError], end: int) -> None:
        """Refuse what is no JSON. broken: makes what is raised, of a reason and a place. end: the place behind it."""
        if self._size > _PARSED:
            return
        try:
            _decode("".join(self._pieces))
        except json.JSONDecodeError as error:
            raise broken(error.msg.partition(": ")[0], end - self._size + error.pos) from None


class Window:
    """The part of a file that is being looked at, and a place in it.

    It has a character for every byte, so that places in it are places in the file: where a value ends does not depend
    on what its text means. most: a value of more bytes may be given up. max_depth: how deep what is passed over may
    nest.
    """

    def __init__(self, blocks: Iterable[bytes], most: int, max_depth: int) -> None:
        self._blocks = iter(blocks)
        self._most = most
        self._max_depth = max_depth
        self._text = ""
        self._at = 0
        self._before = 0
        """How many bytes of the file lie before the window."""
        self._broke: OSError | BrokenFileError | None = None

    def begin(self) -> bytes:
        """Move behind a byte-order mark, if there is one; return how the file starts."""
        while len(self._text) < len(BOM) and self._extend():
            pass
        self._at = len(BOM) if self._text.startswith(BOM.decode("latin-1")) else 0
        return self._text[: len(BOM)].encode("latin-1")

    def end(self, what: str) -> None:
        """Make sure that nothing follows. what: it has just ended."""
        if found := self.peek():
            raise self.broken(f"expected the end after {what}, found {shown(found)}")

    def members(self) -> Iterator[bytes]:
        """Yield the names of the object that starts here, in quotes; each time, its value is to be moved over."""
        self._at += 1
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            yield self._name()
            if not self.goes_on("}"):
                return

    def elements(self) -> Iterator[int]:
        """Yield the numbers of the elements of the array that starts here; each time, it is to be moved over."""
        self._at += 1
        if self.peek() == "]":
            self._at += 1
            return
        for number in count():
            yield number
            if not self.goes_on("]"):
                return

    def values(self) -> Iterator[tuple[bytes, bool]]:
        """Yield the elements of the array that starts here, and whether another one follows."""
        self._at += 1
        if self.peek() == "]":
            self._at += 1
            return
        goes_on = True
        while goes_on:
            value = self.value()
            goes_on = self.goes_on("]")
            yield value, goes_on

    def value(self) -> bytes:
        """Move behind the next value; return it."""
        self.peek()
        end = self._end_of_value()
        value = self._text[self._at : end].encode("latin-1")
        self._at = end
        return value

    def skip(self) -> None:
        """Move behind the next value, however large it is; what is small enough is made sure to be JSON."""
        if self.peek() not in _OPENING:
            self._at = self._end_of_value()
            return
        passed = _Passed()
        closing: list[str] = []
        while True:
            found = self._text[self._at : self._at + 1]
            if found == '"':
                self._skip_text(passed)
            elif not found:
                self._must_extend()
            else:
                self._step(found, closing)
                passed.add(found)
                if not closing:
                    break
            self._move(self._between(self._at), passed)
        passed.refuse(self.broken, self._at)

    def peek(self) -> str:
        """Move over blanks; return the character that follows, "" at the end of the file."""
        while True:
            found = self._text[self._at : self._at + 1]
            if found and found not in _BLANKS:
                return found
            if match := _MANY_BLANKS.match(self._text, self._at):
                self._at = match.end()
            if self._at == len(self._text) and not self._extend():
                return ""

    def goes_on(self, closing: str) -> bool:
        """Move behind a comma, and return True, or behind the bracket that closes."""
        found = self.peek()
        if found not in (",", closing):
            raise self.unexpected(f", or {closing}", found)
        self._at += 1
        return found == ","

    def unexpected(self, wanted: str, found: str) -> BrokenFileError:
        """Return what is to be raised where something else is found, "" at the end of the file."""
        broken = self.broken(f"expected {wanted}, found {shown(found) if found else 'the end'}")
        return broken if found else EndsEarlyError(str(broken))

    def broken(self, why: str, at: int | None = None) -> BrokenFileError:
        """Return what is to be raised where something is wrong at this place."""
        place = self._before + (self._at if at is None else at) + 1
        return BrokenFileError(f"not JSON at byte {place}: {why}")

    def _name(self) -> bytes:
        if (found := self.peek()) != '"':
            raise self.unexpected("a name in quotes", found)
        name = self.value()
        if (found := self.peek()) != ":":
            raise self.unexpected(":", found)
        self._at += 1
        return name

    def _step(self, bracket: str, closing: list[str]) -> None:
        """Move over a bracket. closing: those that are to come."""
        if bracket in _OPENING:
            closing.append(_OPENING[bracket])
        elif bracket != closing.pop():
            raise self.broken(f"expected another bracket, found {shown(bracket)}")
        if len(closing) > self._max_depth:
            raise self.broken(f"nested deeper than {self._max_depth} levels")
        self._at += 1

    def _move(self, to: int, passed: _Passed) -> None:
        passed.add(self._text[self._at : to])
        self._at = to

    def _must_extend(self) -> None:
        if not self._extend():
            raise EndsEarlyError(str(self.broken("an element has no end")))

    def _skip_text(self, passed: _Passed) -> None:
        """Move behind a text that the window holds no end of."""
        self._move(self._at + 1, passed)
        while True:
            found = _IN_TEXT.match(self._text, self._at)
            self._move(self._at if found is None else found.end(), passed)
            if self._text[self._at : self._at + 1] == '"':
                self._move(self._at + 1, passed)
                return
            self._must_extend()

    def _end_of_value(self) -> int:
        """Return where the value ends that starts here, reading on as far as that takes."""
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
        """Return where the value ends, by parsing it; or where it is wrong, and how."""
        try:
            end = _decode(self._text, self._at)[1]
        except json.JSONDecodeError as error:
            broken = self.broken(error.msg.partition(": ")[0], error.pos)
            return len(self._text) if error.msg.startswith("Unterminated") else error.pos, broken
        except RecursionError:
            raise self.broken("nested too deep") from None
        is_whole = end < len(self._text) or self._text[end - 1] in "]}"
        return end, None if is_whole else self.broken("expected more, found the end", end)

    def _closing(self) -> tuple[int, BrokenFileError | None]:
        """Return where the brackets of the value are closed; the same, and what is wrong, where they are not.

        Parsing would make objects of all values before their number is known.
        """
        at, depth = self._at + 1, 1
        while True:
            at = self._between(at)
            bracket = self._text[at : at + 1]
            if bracket not in _BRACKETS or not bracket:
                return len(self._text), self.broken("an element has no end", len(self._text))
            depth += _BRACKETS[bracket]
            at += 1
            if not depth:
                return at, None

    def _between(self, at: int) -> int:
        found = _BETWEEN.match(self._text, at)
        return at if found is None else found.end()

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
