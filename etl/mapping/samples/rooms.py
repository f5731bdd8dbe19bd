"""Rooms: what a schema lets a single value be, with the values that are worth trying there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from fractions import Fraction
from itertools import islice
from typing import Any, Final

from etl.mapping.equality import distinct
from etl.mapping.samples.choices import Form, Room
from etl.mapping.schemas.alternatives import Accepts, Alternative
from etl.mapping.schemas.patterns import matching
from etl.mapping.schemas.validation import json_form

_TEXTS: Final = ("a", "", "é\n", "7", "0")
_WHOLE: Final = (7, 0, -1, 2**53 + 1)
_NUMBERS: Final = (1.5, -0.25, 0, 7)
DATES: Final = (
    *(datetime(2024, 2, 29, 23, 59, 58, thousandths * 1000, tzinfo=UTC) for thousandths in (0, 1, 999)),
    datetime(1999, 12, 31, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC),
)
_FORMATS: Final[dict[str, tuple[str, ...]]] = {
    "date": ("2024-02-29", "1999-12-31"),
    "time": ("23:59:58Z", "00:00:00.001+01:00"),
    "duration": ("P1D", "PT1H30M"),
    "email": ("a@example.org", "b.c@example.org"),
    "idn-email": ("a@example.org", "b.c@example.org"),
    "hostname": ("example.org", "a.example.org"),
    "idn-hostname": ("example.org", "a.example.org"),
    "ipv4": ("192.0.2.1", "198.51.100.7"),
    "ipv6": ("2001:db8::1", "2001:db8::2"),
    "uri": ("https://example.org/a", "urn:example:b"),
    "uri-reference": ("a", "https://example.org/b"),
    "iri": ("https://example.org/a", "urn:example:b"),
    "iri-reference": ("a", "https://example.org/b"),
    "uuid": ("123e4567-e89b-42d3-a456-426614174000", "00000000-0000-4000-8000-000000000001"),
    "json-pointer": ("/a", "/a/0"),
    "regex": ("a", "[0-9]+"),
}
_LONG: Final = 1_000
"""Text of no greatest length is tried as long as this."""

_MATCHING: Final = 24
"""So many texts of a pattern are tried at most."""


def room_of(alternative: Alternative, kind: str, *, is_key: bool = False) -> Room:
    """Return the room of a value of one type. kind: JSON's word for a number or text."""
    match kind:
        case "integer":
            return _whole(alternative)
        case "number":
            return _number(alternative)
        case _ if alternative.is_date_time:
            return Room(
                Form.DATE, _right(DATES, alternative.accepts), lambda value: alternative.accepts(json_form(value))
            )
        case _:
            return _text(alternative, is_key=is_key)


def free_text() -> Room:
    """Return the room of text of which no schema says anything."""
    return Room(Form.TEXT, _TEXTS, lambda _: True, high=_LONG)


def _whole(alternative: Alternative) -> Room:
    low, high = alternative.whole_numbers()
    step = _step(alternative)
    edges = [*_WHOLE, low, high]
    if step:
        low, high = _steps(low, high, step)
        multiples = (Fraction(repr(step)) * count for count in (1, 0, -1, low, high))
        edges = [int(number) for number in multiples if number.denominator == 1]
    return Room(Form.WHOLE, _right(edges, alternative.accepts), alternative.accepts, low, high, step)


def _number(alternative: Alternative) -> Room:
    low, high = alternative.numbers(-math.inf, math.inf)
    step = _step(alternative)
    low = low if math.isfinite(low) else min(-1e9, high - 1e9)
    high = high if math.isfinite(high) else max(1e9, low + 1e9)
    edges = [*_NUMBERS, low, high, (low + high) / 2]
    room = Room(Form.NUMBER, (), alternative.accepts, low, high, step)
    if step:
        room = Room(Form.NUMBER, (), alternative.accepts, *_steps(low, high, step), step)
        edges = [room.multiple(count) for count in (1, 0, -1, int(room.low), int(room.high))]
    notable = _right(edges, alternative.accepts)
    return Room(room.form, notable, room.accepts, room.low, room.high, step)


def _steps(low: float, high: float, step: float) -> tuple[int, int]:
    """Return how many steps from 0 the first and the last multiple are, exactly: of 64 bits, not more."""
    exact = Fraction(repr(step))
    return math.ceil(Fraction(low) / exact), math.floor(Fraction(high) / exact)


def _step(alternative: Alternative) -> float:
    """Return what a number is a multiple of: the largest of what is said, 0 for nothing."""
    return alternative.at_least("multipleOf", 0)


def _text(alternative: Alternative, *, is_key: bool) -> Room:
    fewest = max(int(alternative.at_least("minLength", 0)), int(is_key))
    most = alternative.at_most("maxLength", math.inf)
    listed = list(_listed(alternative))
    lengths = [_fitted(text, fewest, most) for text in (*_TEXTS, "a" * int(min(most, max(_LONG, fewest))))]

    def accepts(value: Any) -> bool:
        return (value != "" or not is_key) and alternative.accepts(value)

    if listed:
        notable = _right(listed, accepts) or _right(lengths, accepts)
        return Room(Form.LISTED, notable, accepts, fewest, is_key=is_key)
    return Room(Form.TEXT, _right(lengths, accepts), accepts, fewest, most, is_key=is_key)


def _listed(alternative: Alternative) -> Iterator[str]:
    """Yield texts of the patterns and formats that are said; nothing where none is."""
    for pattern in alternative.said("pattern"):
        yield from islice(filter(alternative.accepts, matching(pattern)), _MATCHING)
    for name in alternative.said("format"):
        yield from _FORMATS.get(name, ())


def _fitted(text: str, fewest: int, most: float) -> str:
    """Return text with a length that is allowed."""
    repeated = text if len(text) >= fewest else ((text or "a") * fewest)[:fewest]
    return repeated[: int(min(most, len(repeated)))]


def _right(values: Iterable[Any], accepts: Accepts) -> tuple[Any, ...]:
    """Return the values that are accepted, each once, in order."""
    forms = [(json_form(value), value) for value in values]
    return tuple({distinct(form): value for form, value in forms if accepts(form)}.values())
