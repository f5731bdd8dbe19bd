"""What a codec is to this package, and what those of the documentation have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from tests.generated.schemas import Schema, kind_of, types


class NotUnderstoodError(Exception):
    """A value that a codec does not understand, so that its record is rejected."""


Values = tuple[Any, ...]
TEXT: Final[Schema] = {"type": "string"}
INT64: Final = (-(2**63), 2**63 - 1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Codec:
    """One codec with its options. decode: outside values to the inside one; encode: the way back."""

    name: str
    decode: Callable[[Values], Any]
    encode: Callable[[Any], Values]
    outside: Schema
    inside: Schema
    understood: tuple[Values, ...]
    """Outside values that the documentation says are read, several forms of each."""
    odd: tuple[Any, ...] = ()
    """Outside values that are not; of a codec of several fields, tuples of them."""
    dates: tuple[Any, ...] = ()
    """Dates, or other inside values, at the edges of what it writes."""
    count: int = 1
    blank: bool = False
    """Whether text of nothing but blanks is no value outside."""
    free: Codec | None = None
    """The first of several, where what it loses is nothing: blanks and letters of what is no text inside."""
    numbers: bool = False
    """Whether it makes numbers, of which 7.0 means 7."""

    def takes(self, value: Any) -> bool:
        """Return whether an outside value has a type that the codec reads: if it is not read, that is its content."""
        number = {"integer", "number"}
        kinds = types(self.outside)
        return bool((kinds | number if kinds & number else kinds) & {kind_of(value)})


def text_of(value: Any) -> str:
    """Return a value that has to be text."""
    if not isinstance(value, str):
        raise NotUnderstoodError
    return value


def date_of(value: Any) -> datetime:
    """Return a value that has to be a date."""
    if not isinstance(value, datetime):
        raise NotUnderstoodError
    return value


def kept(moment: datetime) -> datetime:
    """Return a moment as BSON keeps it: in UTC, with whole milliseconds."""
    try:
        moment = moment.astimezone(UTC)
    except (OverflowError, ValueError):
        raise NotUnderstoodError from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def understands(convert: Callable[[Any], Any], value: Any) -> bool:
    """Return whether a codec reads some outside values, or writes an inside one. convert: its decode, or its encode."""
    try:
        convert(value)
    except NotUnderstoodError:
        return False
    return True


def apart(decode: Callable[[Values], Any], tried: Iterable[Values]) -> tuple[tuple[Values, ...], tuple[Values, ...]]:
    """Return those of some outside values that a codec reads, and those that it does not."""
    found = [(understands(decode, values), values) for values in tried]
    return tuple(values for read, values in found if read), tuple(values for read, values in found if not read)


def notations(value: Any) -> list[Any]:
    """Return what may mean the same to a codec as a value does, or nearly the same."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value + 0.25, value + 0.5]
    if not isinstance(value, str):
        return []
    changes = [
        *(value.upper(), value.lower(), value.replace("T", " "), value.replace(")/", "+0200)/")),
        *(value.replace("+00:00", "Z"), value.replace("+0000", "Z"), re.sub(r"(:[0-9]{2})$", r"\1.5", value)),
        re.sub(r"([0-9])([+]00:00|Z)$", r"\1.0001\2", value),
    ]
    return [changed for changed in dict.fromkeys(changes) if changed != value]
