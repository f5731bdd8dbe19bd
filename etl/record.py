"""The values that move: records, what may be absent in them, and what may be wrong with them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, Literal, TypeAlias, TypeGuard

Record: TypeAlias = dict[str, Any]
"""One JSON-like object of a system. Inside records hold aware `datetime` values where JSON has date-time text."""

Scalar: TypeAlias = str | int | float | bool | None

KeyPart: TypeAlias = int | str
Key: TypeAlias = tuple[KeyPart, ...]
"""What identifies a record: the inside values of the mapping's key rules, in their order."""

MAX_INT64: Final = 2**63 - 1
MIN_INT64: Final = -(2**63)

_KEY_TYPES: Final = frozenset({int, str})
_CONTROLS: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
"""All of ASCII that is not printable, but for the end of a line."""

_INVISIBLE_LETTERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""What Unicode counts as letters, marks and symbols though nobody sees it; other such characters are not printable."""


class Absent(Enum):
    """The type of `ABSENT`: a value that is not there, which is something else than a falsy value."""

    ABSENT = "absent"

    def __bool__(self) -> Literal[False]:
        return False


ABSENT: Final = Absent.ABSENT

NOTHING_KNOWN: Final[Record] = {}
"""What a record was last, of which nothing is known. Nobody writes into it."""


class _Whatever(dict[str, Any]):
    """The type of `WHATEVER`, which it keeps on its way to another process."""


WHATEVER: Final[Record] = _Whatever()
"""In the place of what a record was last: nothing is asked of that, and what is written depends on the source alone."""


def is_whatever(last: Record) -> bool:
    """Return whether nothing is asked of what a record was last."""
    return isinstance(last, _Whatever)


def is_key(parts: tuple[Any, ...]) -> TypeGuard[Key]:
    """Return whether values are a key: texts and whole numbers, and neither truth values nor MongoDB's kind of code."""
    return all(type(part) in _KEY_TYPES or (isinstance(part, int) and not isinstance(part, bool)) for part in parts)


def is_unkeyed(key: Key) -> bool:
    """Return whether this is no key, but what takes the place of one: it begins with what is no part of a key."""
    return key[:1] == ("",)


@dataclass(frozen=True, slots=True)
class Violation:
    """One reason why a record is rejected.

    path: where in the record, as a mapping writes it; "" is the record as a whole.
    code: one stable word, such as "type". message: what is wrong and what would be right, as one printable line.
    """

    path: str
    code: str
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", printable(self.message))

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


_JSON_TYPES: Final = (bool, float, type(None))
_PLAIN: Final = frozenset({str, int, bool, type(None)})


def json_form(value: Any) -> Any:
    """Return `value` with dates as date-time text, as examples and goldens write it: 2025-01-02T03:04:05Z.

    A BSON value that JSON has no word for becomes an object naming its type, which no schema takes for text. ABSENT
    stays what it is: no value.
    """
    if isinstance(value, datetime):
        return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat()[: -len("+00:00")] + "Z"
    if isinstance(value, dict):
        return {name: item if type(item) in _PLAIN else json_form(item) for name, item in value.items()}
    if isinstance(value, list):
        return [item if type(item) in _PLAIN else json_form(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)  # not MongoDB's own kind of integer
    if type(value) is str:
        return value  # not MongoDB's kind of code, which is none of JSON's texts
    if isinstance(value, _JSON_TYPES) and (not isinstance(value, float) or math.isfinite(value)):
        return value
    return ABSENT if value is ABSENT else {f"${type(value).__name__}": str(value)}


def printable(text: str) -> str:
    """Return `text` as one line that forges no other line, commands no terminal, and has a form in UTF-8.

    Letters of every language stay. What nobody sees is escaped: control characters, those that turn the direction of
    writing or have no width, blanks other than a space, and halves of a surrogate pair.
    """
    if text.isprintable() and (text.isascii() or _INVISIBLE_LETTERS.isdisjoint(text)):
        return text
    return "".join(c if _is_seen(c) else c.encode("unicode_escape").decode("ascii") for c in text)


def printable_json(text: str) -> str:
    """Return JSON text as a terminal may have it: it means the same, and what nobody sees is escaped."""
    if text.isascii() and not _CONTROLS.search(text):
        return text
    return "".join(c if c == "\n" or _is_seen(c) else _json_escape(c) for c in text)


def _is_seen(character: str) -> bool:
    return character.isprintable() and character not in _INVISIBLE_LETTERS


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def shown(value: object, limit: int = 60) -> str:
    """Return `value` as JSON-like text for a message, cut to `limit` characters."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif value is None:
        text = "null"
    elif isinstance(value, str):
        text = '"' + printable(value[: limit + 1].replace("\\", "\\\\").replace('"', '\\"')) + '"'
    elif isinstance(value, dict):
        text = _foreign(value) or "an object"
    elif isinstance(value, list):
        text = "a list"
    else:
        text = printable(str(value))
    return text if len(text) <= limit + 2 else text[:limit] + "…"


def _foreign(value: dict[Any, Any]) -> str:
    """Return what MongoDB calls a value for which JSON has no word, in the form of `json_form`; "" for an object."""
    name = next(iter(value), "") if len(value) == 1 else ""
    is_one = isinstance(name, str) and name[:1] == "$" and name[1:2].isupper()
    return f"a value of MongoDB's type {printable(name[1:])}" if is_one else ""


def show_key(key: Key) -> str:
    """Return a key for messages: `7`, or `7, "0010"` for a composite key."""
    return ", ".join(printable(str(part)) if len(key) == 1 else shown(part) for part in key)
