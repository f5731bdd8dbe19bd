"""A number whose digits, scale and sign lie in fields of their own outside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from etl.mapping.codecs.codec import INTEGER, Codec, CodecError, Fields, Form, Loss, spelt
from etl.mapping.codecs.numbers import Number, plain, read_digits, written_digits
from etl.mapping.codecs.registry import make_codec
from etl.mapping.codecs.said import Said
from etl.mapping.terms import Side
from etl.record import shown

_DIGITS, _SCALE, _SIGN = "digits", "scale", "sign"
_WORDS: Final = (_DIGITS, _SCALE, _SIGN)
_MOST: Final = 400
_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]{0,399})\Z")
_FIX: Final = "write parts: [digits, scale] for fields in that order, or {FIELD: digits, FIELD: scale} of an object"


def decimal_parts(parts: Any, places: int | None, signs: Any) -> Codec:
    """Return the codec of numbers in several fields, or in several members of an object.

    Raises:
        CodecError: when the parts are not those of a number.

    """
    words = [*parts.values()] if isinstance(parts, dict) else parts
    if not isinstance(words, list) or _DIGITS not in words or len(words) < 2 or len(set(map(str, words))) < len(words):  # noqa: PLR2004 - several are two
        raise CodecError(f"parts are digits and scale or sign, not {shown(words)}", _FIX)
    if unknown := next((word for word in words if word not in _WORDS), None):
        raise CodecError(f"{shown(unknown)} is no part of a number; those are {spelt(_WORDS)}", _FIX)
    if _SCALE not in words and places is None:
        raise CodecError("nothing says where the point is", "add the part scale, or write places:")
    if (_SIGN in words) is (signs is None):
        raise CodecError("signs go with the part sign, and that with them", 'write signs: [["+"], ["-"]]')
    names = tuple(parts) if isinstance(parts, dict) else ()
    sign = None if signs is None else _sign(signs)

    def fitted(fields: Fields) -> Codec:
        outside = fields.outside if len(fields.outside) == len(words) else (Said(),) * len(words)
        made = _Parts(words, places, sign, dict(zip(words, outside, strict=True))).codec()
        return replace(made, members=names)

    return replace(fitted(Fields()), fit=fitted)


def _sign(signs: Any) -> Codec:
    """Return the codec of signs: whether a number is below 0."""
    if not isinstance(signs, list) or len(signs) != 2:  # noqa: PLR2004 - there are two signs
        raise CodecError(f"signs are those above 0 and those below, not {shown(signs)}", 'write signs: [["+"], ["-"]]')
    above, below = ([one] if not isinstance(one, list) else one for one in signs)
    return make_codec("boolean", [below, above])


class _Parts:
    """Numbers in parts. sign: the codec of whether one is below 0, None where its digits say that."""

    def __init__(self, words: Sequence[str], places: int | None, sign: Codec | None, said: dict[str, Said]) -> None:
        self._words = words
        self._places = places
        self._sign = sign
        self._is_number = {word: said[word].is_number for word in words}

    def codec(self) -> Codec:
        """Return their codec."""
        forms = tuple(self._form_of(word) for word in self._words)
        zeros = Loss(Side.OUTSIDE, "zeros at the end of its fraction")
        losses = [*([zeros] if self._places is None else []), *(self._sign.losses if self._sign else ())]
        return Codec(
            self._read,
            self._write,
            makes="integer" if self._places == 0 else "number",
            reads=frozenset[str]().union(*(form.reads for form in forms)),
            writes=frozenset[str]().union(*(form.writes for form in forms)),
            parts=len(forms),
            forms=forms,
            losses=tuple(losses),
            hard=lambda: () if self._places in {None, 0} else (10.0 ** -((self._places or 0) + 1),),
            plain=plain,
        )

    def _form_of(self, word: str) -> Form:
        if word == _SIGN and self._sign is not None:
            return self._sign.form(0)
        return Form(INTEGER, INTEGER) if self._is_number[word] else Form()

    def _read(self, values: Sequence[Any]) -> Number:
        found = dict(zip(self._words, values, strict=True))
        digits = self._whole(_DIGITS, found[_DIGITS])
        scale = int(self._whole(_SCALE, found[_SCALE])) if _SCALE in found else self._places or 0
        if self._places is not None and scale != self._places:
            raise CodecError(f"expected a scale of {self._places}, found {scale}")
        if not 0 <= scale <= _MOST:
            raise CodecError(f"expected a scale from 0 to {_MOST}, found {scale}")
        negative = digits.startswith("-")
        if self._sign is not None:
            if negative:
                raise CodecError(f"expected digits without a sign, found {shown(found[_DIGITS])}")
            negative = self._sign.decode(found[_SIGN])
        digits = digits.removeprefix("-")
        if negative and digits == "0":
            raise CodecError("zero has no sign below 0")
        filled = digits.zfill(scale + 1)
        return read_digits(filled[: len(filled) - scale], filled[len(filled) - scale :], negative=negative)

    def _write(self, value: Any) -> list[Any]:
        negative, whole, fraction = written_digits(value)
        if self._places is not None:
            if len(fraction) > self._places:
                raise CodecError(f"{shown(value)} has more than {self._places} decimals, and nothing is rounded")
            fraction = fraction.ljust(self._places, "0")
        digits = (whole + fraction).lstrip("0") or "0"
        made = {_DIGITS: digits, _SCALE: str(len(fraction))}
        if self._sign is None:
            made[_DIGITS] = "-" * negative + digits
        numbers = {word: int(text) if self._is_number.get(word) else text for word, text in made.items()}
        return [
            numbers[word] if word != _SIGN or not self._sign else self._sign.encode(negative) for word in self._words
        ]

    def _whole(self, word: str, value: Any) -> str:
        """Return the text of a whole number."""
        if self._is_number[word] and isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if self._is_number[word] or not isinstance(value, str) or not _WHOLE.match(value) or value == "-0":
            kind = "a whole number" if self._is_number[word] else "the digits of a whole number"
            raise CodecError(f"expected {kind} as its {word}, found {shown(value)}")
        return value
