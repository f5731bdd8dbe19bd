"""`text`: text that is padded, marked, cut or in capitals outside."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from etl.mapping.codecs.codec import (
    INTEGER,
    Codec,
    CodecError,
    CodecKind,
    Example,
    Fields,
    Loss,
    Refusal,
    spelt,
    text_of,
)
from etl.mapping.codecs.said import Said
from etl.mapping.terms import Side
from etl.record import MAX_INT64, MIN_INT64, shown

_TRIMS: Final[dict[Any, tuple[Callable[[str], str], str]]] = {
    "left": (str.lstrip, "blanks at its beginning"),
    "right": (str.rstrip, "blanks at its end"),
    "both": (str.strip, "blanks at its beginning and end"),
}
_CASES: Final[dict[Any, Callable[[str], str]]] = {"upper": str.upper, "lower": str.lower}
_MOST: Final = 100_000
_WHOLE: Final = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Form:
    """The form of a text outside. padding: a number of characters, below 0 for blanks at the beginning."""

    trim: Callable[[str], str] | None
    padding: int
    zeros: int
    case: Callable[[str], str] | None
    before: str
    after: str
    cut: int

    def read(self, value: Any) -> str:
        """Return the text inside of one outside."""
        text = self._unpadded(text_of(value))
        if not (text.startswith(self.before) and text.endswith(self.after)) or len(text) < self._marks():
            around = " and ".join(
                f"{word} {shown(mark)}"
                for word, mark in (("begins with", self.before), ("ends in", self.after))
                if mark
            )
            raise CodecError(f"expected text that {around}, found {shown(value)}")
        text = text[len(self.before) : len(text) - len(self.after)]
        if self.zeros and _is_number(text):
            if len(text) != self.zeros:
                raise CodecError(f"expected {self.zeros} digits with leading zeros, found {shown(value)}")
            text = text.lstrip("0") or "0"
        return self._normal(text)

    def write(self, value: Any) -> str:
        """Return the text outside of one inside."""
        inside = self._normal(text_of(value))
        text = inside.zfill(self.zeros) if _is_number(inside) else inside
        if self.cut and len(text) > self.room():
            inside = text = self.trim(text[: self.room()]) if self.trim else text[: self.room()]
        text = self._padded(self.before + text + self.after)
        if self.padding and len(text) > abs(self.padding):
            raise CodecError(f"{shown(text)} has more than {abs(self.padding)} characters")
        if (self.zeros or self.padding) and (back := self.read(text)) != inside:
            raise CodecError(f"{shown(inside)} is written as {shown(text)}, and would come back as {shown(back)}")
        return text

    def alike(self, value: Any) -> Sequence[str]:
        """Return other texts that may say what a text says: by their blanks, their letters, or what is cut."""
        if not isinstance(value, str):
            return ()
        text = value.strip(" ")
        inner = text.removeprefix(self.before).removesuffix(self.after)
        others = (inner, f"{inner} ", f" {inner}", inner.upper(), inner.lower())
        texts = [f"{self.before}{one}{self.after}" for one in others]
        return (*texts, *map(self._padded, texts), f"{value} ", f" {value}")

    def _padded(self, text: str) -> str:
        return text.rjust(-self.padding) if self.padding < 0 else text.ljust(self.padding)

    def room(self) -> int:
        """Return how long the text between the marks may be where it is cut."""
        return self.cut - self._marks()

    def _marks(self) -> int:
        return len(self.before) + len(self.after)

    def _unpadded(self, text: str) -> str:
        if self.padding and (len(text) > abs(self.padding) or (len(text) < abs(self.padding) and not self.trim)):
            raise CodecError(f"expected text of {abs(self.padding)} characters, found {shown(text)}")
        if self.padding:
            text = text.lstrip(" ") if self.padding < 0 else text.rstrip(" ")
        return self.trim(text) if self.trim else text

    def _normal(self, text: str) -> str:
        text = self.trim(text) if self.trim else text
        return self.case(text) if self.case else text


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _text(*, trim: Any = None, pad: Any = None, case: Any = None, cut: Any = None, **options: Any) -> Codec:
    before, after, zeros = options.get("before", ""), options.get("after", ""), options.get("zeros")
    is_left = isinstance(pad, dict) and list(pad) == ["left"]
    width = pad["left"] if is_left else pad
    _check_words(trim=trim, case=case)
    _check_counts(zeros=zeros, **{name: value for name, value in (("pad", width), ("cut", cut)) if value is not True})
    for name, value in (("before", before), ("after", after)):
        if not isinstance(value, str):
            raise CodecError(f"{name} is text, not {shown(value)}")

    is_as_the_schema_says = width is True or cut is True  # 1 is a number, and would be true to `in`

    def fitted(fields: Fields) -> Codec:
        if all(field.is_number and "number" not in field.types for field in fields.outside):
            return _of_numbers(trim, pad, case, cut, *options.values())
        length = _length(fields) if is_as_the_schema_says else 0
        long, room = (length if value is True else value or 0 for value in (width, cut))
        if room and room <= len(before) + len(after):
            raise CodecError(f"cut: {room} leaves nothing beside what stands before and after", "cut less")
        strip = _TRIMS[trim][0] if trim else None
        form = _Form(strip, -long if is_left else long, zeros or 0, _CASES[case] if case else None, before, after, room)
        _check_together(form)
        return _codec(form, _losses(form, trim, case, fields))

    return replace(_unknown() if is_as_the_schema_says else fitted(Fields()), fit=fitted)


def _of_numbers(*options: Any) -> Codec:
    """Return the codec of whole numbers outside, whose digits are text inside, as an id that nobody calculates with."""
    if any(options):
        raise CodecError("the field is a number, so it has no form of text", "leave out the options")
    return Codec(
        _digits_of,
        _number_of,
        makes="string",
        reads=INTEGER,
        writes=INTEGER,
        hard=lambda: ("a", "007"),
        one_to_one=True,
    )


def _digits_of(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise CodecError(f"expected a whole number, found {shown(value)}")
    return str(value)


def _number_of(value: Any) -> int:
    text = text_of(value)
    if not _WHOLE.fullmatch(text) or not MIN_INT64 <= int(text) <= MAX_INT64:
        raise CodecError(f"expected the digits of a whole number of 64 bits, found {shown(value)}")
    return int(text)


def _codec(form: _Form, losses: tuple[Loss, ...]) -> Codec:
    return Codec(
        form.read,
        form.write,
        makes="string",
        losses=losses,
        hard=lambda: (
            *(("007", "9" * (form.zeros + 1)) if form.zeros else ()),
            *(("a ", " a") if form.padding else ()),
        ),
        alike=form.alike,
        blank=bool(form.trim or form.padding),
        one_to_one=not losses,
    )


def _losses(form: _Form, trim: Any, case: Any, fields: Fields) -> tuple[Loss, ...]:
    """Return what does not come back; nothing is cut where a schema has no longer text."""
    changed: list[tuple[str, Callable[[str], bool]]] = []
    if trim:
        changed.append((_TRIMS[trim][1], lambda letter: bool(letter.strip())))
    if case:
        changed.append(("capital and small letters as they were", lambda letter: _CASES[case](letter) == letter))
    losses = [Loss(side, what, free=True, unless=_always(fits)) for side in Side for what, fits in changed]
    if form.cut:
        most = {
            Side.OUTSIDE: (max(of.most() or _MOST for of in fields.outside), form.cut),
            Side.INSIDE: (_MOST if case or form.zeros else fields.inside.most() or _MOST, form.room()),
        }
        cut = f"what is longer than {form.room()} characters"
        losses += [Loss(side, cut) for side, (longest, room) in most.items() if longest > room]
    return tuple(losses)


def _always(fits: Callable[[str], bool]) -> Callable[[Said], bool]:
    return lambda said: said.has_only(fits)


def _length(fields: Fields) -> int:
    """Return how long the text of the outside fields is, which the schema says.

    Raises:
        CodecError: when it does not, or of each something else.

    """
    lengths = {field.longest for field in fields.outside}
    (length, *others) = lengths
    if length is None or others or length > _MOST:
        raise CodecError("the schema has no maxLength that would say how long", "say it there, or write a number")
    return length


def _unknown() -> Codec:
    """Return the codec of text of a length that only a schema says."""

    def refuse(value: Any) -> Any:
        raise CodecError(f"only a schema says how long {shown(value)} may be")

    return Codec(refuse, refuse, makes="string", blank=True)


def _check_words(**words: Any) -> None:
    for name, value in words.items():
        known = {"trim": [*_TRIMS], "case": [*_CASES]}[name]
        if value is not None and (not isinstance(value, str) or value not in known):
            raise CodecError(f"{name} is {spelt(known)}, not {shown(value)}", f"write one of them as {name}:")


def _check_counts(**counts: Any) -> None:
    for name, value in counts.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MOST):
            raise CodecError(f"{name} is a number of characters from 1 to {_MOST}, not {shown(value)}")


def _check_together(form: _Form) -> None:
    """Refuse options with which nothing comes back, such as a blank at the end that is trimmed."""
    try:
        form.read(form.write("x"))
    except CodecError as error:
        raise CodecError(f"these options do not go together: {error}", "let text come back as it was written") from None


_ORDER: Final = {"zeros": 10}
_PADDED: Final = {"trim": "right", "pad": 8}
KINDS: Final = (
    CodecKind(
        name="text",
        make=_text,
        outside="text in another form",
        inside="text",
        words="text: padded, marked or cut in {outside}, plain in {inside}",
        examples=(
            Example("Pump ", "Pump "),
            Example(" Pump  ", "Pump", "Pump", {"trim": "both"}),
            Example(" Pump  ", " Pump", " Pump", {"trim": "right"}),
            Example("Pump    ", "Pump", options={"pad": 8}),
            Example("    Pump", "Pump", options={"pad": {"left": 8}}),
            Example("Pump", "Pump", "Pump    ", _PADDED),
            Example("0000004711", "4711", options=_ORDER),
            Example("0000000000", "0", options=_ORDER),
            Example("CO-4711", "CO-4711", options=_ORDER),
            Example("Pump", "PUMP", "PUMP", {"case": "upper"}),
            Example("ref:7/x", "7", options={"before": "ref:", "after": "/x"}),
            Example("ref:Pump", "Pump", options={"before": "ref:", "cut": 8}),
        ),
        refused=(
            Refusal(7, "expected text"),
            Refusal("Pump", "expected text of 8 characters", options={"pad": 8}),
            Refusal("Long pump", "expected text of 8 characters", options=_PADDED),
            Refusal("4711", "expected 10 digits with leading zeros", options=_ORDER),
            Refusal("7", 'expected text that begins with "ref:"', options={"before": "ref:"}),
            Refusal(
                "aba", 'expected text that begins with "ab" and ends in "ba"', options={"before": "ab", "after": "ba"}
            ),
            Refusal(True, "expected text", Side.OUTSIDE),
            Refusal("04711", 'would come back as "4711"', Side.OUTSIDE, _ORDER),
            Refusal("12345678901", "expected 10 digits", Side.OUTSIDE, _ORDER),
            Refusal("Pump ", 'would come back as "Pump"', Side.OUTSIDE, {"pad": 8}),
            Refusal("Long pump", "has more than 8 characters", Side.OUTSIDE, {"pad": 8}),
        ),
        options={
            "trim": "blanks that are taken away: `left`, `right` or `both`",
            "pad": "the length up to which blanks are written at the end, or `{left: …}` at the beginning; `true` for "
            "the `maxLength` of the outside field",
            "zeros": "how many digits a number has, with leading zeros",
            "case": "the letters of both sides: `upper` or `lower`",
            "before": "what stands before the text",
            "after": "what stands after the text",
            "cut": "how long a written text may be; `true` for the `maxLength` of the outside field",
        },
    ),
)
