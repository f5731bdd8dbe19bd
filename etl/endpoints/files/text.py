"""What bytes mean as text: strictly in the encoding that the mapping names, and what is doubtful in that."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Final, TypeAlias

from etl.mapping.files import UTF8, UTF8_MARKED
from etl.strict_json import BOM
from etl.transfer.model import Doubt, Notice, Notify

_STARTS: Final = {BOM: "UTF-8", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_C1: Final = re.compile(rb"[\x80-\x9f]")
_ESCAPE: Final = "etl_json_escape"

Hear: TypeAlias = Callable[[bytes], None]
"""Is shown bytes of a file, and tells once what is doubtful in them."""


class Text:
    """Text in one encoding, in each of which the characters of ASCII are their own bytes.

    is_marked: what is written starts with a byte-order mark; whether what is read does, means nothing.
    """

    def __init__(self, encoding: str = UTF8) -> None:
        self.is_marked = encoding == UTF8_MARKED
        self.encoding = UTF8 if self.is_marked else encoding
        self.is_utf8 = self.encoding == UTF8

    def decode(self, raw: bytes) -> str:
        """Return bytes as text.

        Raises:
            ValueError: saying which byte does not fit.

        """
        try:
            return raw.decode(self.encoding)
        except UnicodeDecodeError:
            raise ValueError(self.misfit(raw)) from None

    def as_utf8(self, raw: bytes) -> bytes:
        """Return bytes in UTF-8; those of UTF-8 as they are, right or not.

        Raises:
            ValueError: saying which byte does not fit.

        """
        if self.is_utf8 or raw.isascii():
            return raw
        if start := self.strange_start(raw):
            raise ValueError(start)
        return self.decode(raw).encode()

    def json(self, encoded: bytes) -> bytes:
        """Return JSON that is UTF-8 in this encoding; a character that it has not is escaped, as JSON may be."""
        if self.is_utf8 or encoded.isascii():
            return encoded
        return encoded.decode().encode(self.encoding, _ESCAPE)

    def misfit(self, raw: bytes, where: str = "") -> str:
        """Return which byte does not fit, and what to do; "" where all do. where: follows on the place of the byte."""
        try:
            raw.decode(self.encoding)
        except UnicodeDecodeError as error:
            said = "UTF-8" if self.is_utf8 else self.encoding
            place = f"not {said}: byte 0x{raw[error.start]:02x} at position {error.start}{where}"
            fix = self.strange_start(raw) or f"save the file as {said}, or say as encoding in the mapping what it is"
            return f"{place}; {fix}"
        return ""

    def strange_start(self, raw: bytes) -> str:
        """Return what is wrong where bytes start with the mark of another encoding, "" where they do not."""
        start = next((name for mark, name in _STARTS.items() if raw.startswith(mark)), None)
        if start is None or (start == "UTF-8" and self.is_utf8):
            return ""
        fix = "save the file as UTF-8" if start != "UTF-8" else "write encoding: utf-8"
        return f"it starts as {start} does, and is read as {self.encoding}; {fix}"

    def doubt(self, raw: bytes) -> str:
        """Return why bytes beyond ASCII seem to be in another encoding than the one in which they are read, "" if not.

        Of a part of a text, which begins and ends with characters.
        """
        if self.is_utf8 or raw.isascii():
            return ""
        try:
            raw.decode(UTF8)
        except UnicodeDecodeError:
            is_other = self.encoding == "latin-1" and _C1.search(raw) is not None
            return "has bytes that are characters in cp1252, and none in latin-1" if is_other else ""
        return f"seems to be UTF-8, and is read as {self.encoding}"

    def listener(self, name: str, notify: Notify) -> Hear | None:
        """Return what is to be shown the bytes of the file of this name; None where nothing can be doubtful."""
        if self.is_utf8:
            return None
        told = False

        def hear(raw: bytes) -> None:
            nonlocal told
            if not told and (why := self.doubt(raw)):
                told = True
                notify(Notice(Doubt.GARBLED, f"{name} {why}"))

        return hear


PLAIN: Final = Text()


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end


codecs.register_error(_ESCAPE, _escape)
