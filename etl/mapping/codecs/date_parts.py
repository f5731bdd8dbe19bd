"""The parts of a date: a text or a number in a pattern such as `%d/%m/%Y`, or a value that a codec reads.

A date is one part, or several that lie in as many fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final, TypeAlias

from etl.mapping.codecs.codec import INTEGER, NUMBER, Codec, CodecError, Form, Loss, text_of
from etl.mapping.codecs.directives import DIRECTIVES, Directive, Kind
from etl.mapping.codecs.numbers import exact
from etl.mapping.terms import Side
from etl.record import shown

Piece: TypeAlias = str | Directive
"""A piece of a pattern: text that stands as it is, or a directive."""

_TOKEN: Final = re.compile(r"%[-:]?[A-Za-z%]|%|[^%]+")
_LOCALE: Final = ("is another form on every machine", "write out what it stands for")
_NO_DIRECTIVES: Final = {
    "%c": _LOCALE,
    "%x": _LOCALE,
    "%X": _LOCALE,
    "%Z": ("does not say an offset", "name the zone with zone:, or read an offset with %z"),
    "%s": ("is no directive", "read seconds since 1970 with codec epoch_s"),
    "%T": ("is no directive", "write %H:%M:%S"),
    "%D": ("is no directive", "write %m/%d/%y"),
    "%F": ("is no directive", "write %Y-%m-%d"),
}
_TIME: Final = ("hour", "minute", "second", "fraction")
_DAY_LENGTH: Final = 86_400
_SOME_DAY: Final = datetime(2024, 11, 30, 22, 58, 57, 123000, tzinfo=UTC)
_NO_NUMBER: Final = (
    "read it as text, or let the number be a year, a month, a day or the like, or several with all digits"
)


@dataclass(frozen=True, slots=True)
class TextPart:
    """A text in a pattern. regex: what it matches, with a group for every directive. template: with %s for each.

    width: how many digits a number has at least that stands for the text; 0 for text.
    """

    pattern: str
    directives: tuple[Directive, ...]
    regex: re.Pattern[str]
    template: str
    width: int = 0

    @property
    def fields(self) -> frozenset[str]:
        """What it says of a date."""
        return frozenset(directive.field for directive in self.directives)

    @property
    def form(self) -> Form:
        """The types that it reads and writes."""
        return Form(NUMBER, INTEGER) if self.width else Form()

    @property
    def losses(self) -> Iterator[Loss]:
        """What its value comes back without."""
        if any(directive.kind is Kind.NAME for directive in self.directives):
            yield Loss(Side.OUTSIDE, "capital and small letters as they were")
        if DIRECTIVES["%f"] in self.directives:
            yield Loss(Side.OUTSIDE, "the length of its fraction")
            yield Loss(Side.OUTSIDE, "what is finer than a millisecond")

    def read(self, value: Any) -> dict[str, Any] | None:
        """Return what a value says, None where it is no such value.

        Raises:
            CodecError: when it is no text, or no number.
            ValueError: when it says something impossible.

        """
        match = self.regex.match(self._text(value))
        if match is None:
            return None
        return {d.field: d.read(text) for d, text in zip(self.directives, match.groups(), strict=True)}

    def write(self, local: datetime) -> Any:
        """Return the value that says its part of a local time."""
        text = self.template % tuple([directive.write(local) for directive in self.directives])
        return int(text) if self.width else text

    def check(self, value: Any, local: datetime) -> None:
        """Refuse a value that says one thing of a date differently than another does."""
        match = self.regex.match(self._text(value))
        for directive, text in zip(self.directives, match.groups() if match else (), strict=True):
            written = directive.write(local)
            if directive.field not in {"offset", "fraction"} and written.casefold() != text.casefold():
                day = local.replace(tzinfo=None).isoformat(" ")
                raise CodecError(f"{shown(text)} does not go with the rest, by which it is {shown(written)}: {day}")

    def alike(self, text: Any) -> Iterator[str]:
        """Yield other texts that say what a text says."""
        match = self.regex.match(text) if isinstance(text, str) and not self.width else None
        groups = match.groups() if match else ()
        for index, directive in enumerate(self.directives if match else ()):
            for other in directive.alike(groups[index]):
                yield self.template % (*groups[:index], other, *groups[index + 1 :])

    def _text(self, value: Any) -> str:
        if not self.width:
            return text_of(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise CodecError(f"expected a whole number, found {shown(value)}")
        return str(int(value)).zfill(self.width)


@dataclass(frozen=True, slots=True)
class CodecPart:
    """A value that a codec reads: as a day, or as the time since the day began."""

    codec: Codec

    @property
    def pattern(self) -> str:
        """What messages call it."""
        return self.codec.name

    @property
    def directives(self) -> tuple[Directive, ...]:
        """It has none."""
        return ()

    @property
    def fields(self) -> frozenset[str]:
        """What it says of a date."""
        return frozenset({"year", "month", "day"} if self.codec.makes_date else _TIME)

    @property
    def form(self) -> Form:
        """The types that it reads and writes."""
        return Form(self.codec.reads, self.codec.writes)

    @property
    def losses(self) -> Iterator[Loss]:
        """What its value comes back without; what it says of the other half of a date is refused."""
        return (loss for loss in self.codec.losses if loss.side is Side.OUTSIDE)

    def read(self, value: Any) -> dict[str, Any]:
        """Return what a value says.

        Raises:
            CodecError: when it is no day, or no time of a day.

        """
        made = self.codec.decode(value)
        if not self.codec.makes_date:
            return _time(made, value)
        if (made.hour, made.minute, made.second, made.microsecond) != (0, 0, 0, 0):
            raise CodecError(f"{shown(value)} says a time of day, as its other half does")
        return {"year": made.year, "month": made.month, "day": made.day}

    def write(self, local: datetime) -> Any:
        """Return the value that says its part of a local time."""
        if self.codec.makes_date:
            return self.codec.encode(datetime(local.year, local.month, local.day, tzinfo=UTC))
        seconds = local.hour * 3600 + local.minute * 60 + local.second
        milliseconds = local.microsecond // 1000
        return self.codec.encode(round(seconds + milliseconds / 1000, 3) if milliseconds else seconds)

    def check(self, value: Any, local: datetime) -> None:
        """Refuse a value that says one thing of a date differently than another does."""
        if self.codec.decode(self.write(local)) != self.codec.decode(value):
            raise CodecError(f"{shown(value)} does not go with the rest: {local.replace(tzinfo=None).isoformat(' ')}")

    def alike(self, value: Any) -> Iterator[Any]:
        """Yield other values that say what a value says."""
        yield from self.codec.alike(value)


Part: TypeAlias = TextPart | CodecPart


def _time(seconds: Any, value: Any) -> dict[str, int]:
    length = exact(seconds)
    if not 0 <= length < _DAY_LENGTH:
        raise CodecError(f"{shown(value)} is no time of a day")
    whole = int(length)
    fraction = int((length - whole) * 1_000_000)
    return {"hour": whole // 3600, "minute": whole // 60 % 60, "second": whole % 60, "fraction": fraction}


def text_part(text: str, *, is_number: bool = False) -> TextPart:
    """Return the part of a pattern. is_number: a number stands for the text.

    Raises:
        CodecError: when it is no pattern, or one that nobody could read.

    """
    pieces = tuple(_pieces(text))
    for piece, following in pairwise(pieces):
        if isinstance(piece, Directive) and piece.kind is Kind.ANY_DIGITS and _begins_with_digit(following):
            message = f"format {shown(text)} has digits after a number of any length, which nobody could part"
            raise CodecError(message, "put other text between them, or read numbers with all their digits")
    groups = [re.escape(piece) if isinstance(piece, str) else f"({piece.pattern})" for piece in pieces]
    template = "".join(piece.replace("%", "%%") if isinstance(piece, str) else "%s" for piece in pieces)
    directives = tuple(piece for piece in pieces if isinstance(piece, Directive))
    width = _width(text, pieces, template) if is_number else 0
    return TextPart(text, directives, re.compile("".join(groups) + r"\Z"), template, width)


def _width(text: str, pieces: tuple[Piece, ...], template: str) -> int:
    """Return how many digits a number in a pattern has, one for any number of them."""
    kinds = {piece.kind if isinstance(piece, Directive) else None for piece in pieces}
    is_one = len(pieces) == 1 and kinds == {Kind.ANY_DIGITS} and text != "%f"
    if not is_one and kinds != {Kind.DIGITS}:
        raise CodecError(f"the field is a number, and {shown(text)} is not written as one", _NO_NUMBER)
    return 1 if is_one else len(template % tuple(p.write(_SOME_DAY) for p in pieces if isinstance(p, Directive)))


def codec_part(codec: Codec) -> CodecPart:
    """Return the part that a codec reads.

    Raises:
        CodecError: when it makes neither a day nor a number of seconds.

    """
    makes_seconds = codec.makes in NUMBER and codec.options.get("unit", "s") == "s"
    if codec.parts > 1 or not (codec.makes_date or makes_seconds):
        message = f"codec {codec.name} makes neither a date nor the seconds since the day began"
        raise CodecError(message, "name a pattern, or a codec such as dotnet_date or duration")
    return CodecPart(codec)


def _pieces(text: str) -> Iterator[Piece]:
    for found in _TOKEN.findall(text):
        if found[0] != "%":
            yield found
        elif found == "%%":
            yield "%"
        elif found in DIRECTIVES:
            yield DIRECTIVES[found]
        else:
            why, fix = _NO_DIRECTIVES.get(found, ("is no directive", f"those are {' '.join(DIRECTIVES)} and %%"))
            raise CodecError(f"{found} in format {shown(text)} {why}", fix)


def _begins_with_digit(piece: Piece) -> bool:
    if isinstance(piece, str):
        return piece[:1].isdecimal()
    return piece.kind in {Kind.DIGITS, Kind.ANY_DIGITS}
