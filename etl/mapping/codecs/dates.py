"""Dates as patterns and other codecs say them: in one field, in any of several forms, or spread over several fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from etl.mapping.codecs.accepted import accepted
from etl.mapping.codecs.codec import Codec, CodecError, Fields, Loss, instant_of
from etl.mapping.codecs.date_parts import CodecPart, Part, codec_part, text_part
from etl.mapping.codecs.formats import DateFormat
from etl.mapping.codecs.iso import iso_reader, other_notations, read_local, write_iso
from etl.mapping.codecs.registry import make_codec
from etl.mapping.codecs.said import Said
from etl.mapping.codecs.zones import LocalTimes
from etl.mapping.terms import Side
from etl.record import shown

_ISO_LOSSES: Final = (Loss(Side.OUTSIDE, "the offset"), Loss(Side.OUTSIDE, "what is finer than a millisecond"))
_SKIPPED: Final = Loss(Side.OUTSIDE, "a local time that does not exist")
_TWICE: Final = Loss(Side.INSIDE, "which one it was of two instants with one local time")
_HOUR: Final = timedelta(hours=1)
_AHEAD: Final = timezone(2 * _HOUR)
_ISO: Final = "datetime"
_UNSAID: Final = Said()
_TRIED: Final = tuple(
    datetime(year, month, day, 22, 57, 58, 123000, tzinfo=UTC)
    for year, month, day in ((2024, 2, 29), (2001, 2, 3), (2025, 11, 12), (2012, 10, 11), (1999, 12, 31), (1971, 7, 9))
)


def iso(times: LocalTimes) -> Codec:
    """Return the codec of ISO 8601 text."""
    losses = (*_ISO_LOSSES, *([_SKIPPED] if times.gap else []))
    return Codec(iso_reader(times), write_iso, losses=losses, schema_format="date-time", alike=other_notations)


def checked_options(name: str, form: Any, parts: Any, missing: Any) -> None:
    """Refuse options of a date that do not go together.

    Raises:
        CodecError: when they do not.

    """
    if form is not None and parts is not None:
        raise CodecError(f"{name} has either a format or parts", "write parts: for the members of an object")
    if missing is not None and form is None and parts is None:
        raise CodecError("missing is for a date in several fields", "remove it, or write format: or parts:")


class DateForms:
    """The forms of a date, as a mapping says them: patterns, and names of codecs. days: they say a day and no time."""

    def __init__(self, times: LocalTimes, *, days: bool = False) -> None:
        self._times = times
        self._days = days

    def codec(self, said: Any, missing: Any = None) -> Codec:
        """Return the codec of one form; or of a list, of which each is read, or each is that of one of several fields.

        Raises:
            CodecError: when it is none.

        """
        if not isinstance(said, list):
            if missing is not None:
                raise CodecError("missing is for a date in several fields, and this one is in one", "remove it")
            return replace(self._one(said), fit=lambda fields: self._one(said, fields.outside[0]))
        if len(said) < 2:  # noqa: PLR2004 - several are two
            raise CodecError(f"format has a list of {len(said)}", "write the one form alone, or several")
        unfitted = self._joined(said, missing) if missing is not None or not self._each_is_whole(said) else None

        def fitted(fields: Fields) -> Codec:
            if len(fields.outside) > 1:
                return self._joined(said, missing, fields.outside)
            return unfitted or self._any(said, fields.outside[0])

        return replace(unfitted or self._any(said), fit=fitted)

    def members(self, parts: Any, missing: Any = None) -> Codec:
        """Return the codec of a date whose parts are the members of an object.

        Raises:
            CodecError: when it is none.

        """
        if not isinstance(parts, dict) or not parts:
            raise CodecError(f"parts are the names of an object's members with their patterns, not {shown(parts)}")
        if missing is not None and not (isinstance(missing, dict) and parts.keys() >= missing.keys()):
            raise CodecError(f"missing says what some of the parts mean, by their names, not {shown(missing)}")
        names, said = tuple(parts), [*parts.values()]
        absent = None if missing is None else [missing.get(name) for name in names]
        if len(names) == 1:
            return replace(self.codec(said[0], absent), members=names)

        def fitted(fields: Fields) -> Codec:
            outside = fields.outside if len(fields.outside) == len(names) else ()
            return replace(self._joined(said, absent, outside), members=names)

        return replace(fitted(Fields()), fit=fitted)

    def _each_is_whole(self, said: Sequence[Any]) -> bool:
        for one in said:
            part = self._part(one)
            if not isinstance(part, CodecPart):
                try:
                    DateFormat([part])
                except CodecError:
                    return False
            elif not part.codec.makes_date:
                return False
        return True

    def _any(self, said: Sequence[Any], outside: Said = _UNSAID) -> Codec:
        text = replace(outside, types=outside.types - {"integer", "number"})
        among = (
            [self._one(one, outside) for one in said] if outside.is_number else [self._one(one, text) for one in said]
        )
        return accepted(among, _TRIED)

    def _one(self, said: Any, outside: Said = _UNSAID) -> Codec:
        part = self._part(said, outside)
        if isinstance(part, CodecPart) and not self._days:
            if not part.codec.makes_date:
                raise CodecError(f"codec {part.codec.name} says a time and no day", "name a form of a whole date")
            return part.codec
        form = self._format([part])
        made = _Dates(form, self._times)
        (types,) = form.forms
        return Codec(
            made.read_one,
            made.write_one,
            reads=types.reads,
            writes=types.writes,
            losses=self._losses(form),
            hard=made.hard,
            alike=made.alike,
        )

    def _joined(self, said: Sequence[Any], missing: Any, outside: Sequence[Said] = ()) -> Codec:
        fields = outside if len(outside) == len(said) else [Said()] * len(said)
        parts = [self._part(one, of) for one, of in zip(said, fields, strict=True)]
        form = self._format(parts)
        absent = _checked_missing(parts, missing, is_known=bool(outside))
        made = _Dates(form, self._times)
        lost = [
            Loss(Side.OUTSIDE, f"whether there was a {part.pattern} at all")
            for part, value, of in zip(parts, absent, fields, strict=True)
            if value is not None and not of.always
        ]
        return Codec(
            made.read,
            made.write,
            reads=frozenset[str]().union(*(one.reads for one in form.forms)),
            writes=frozenset[str]().union(*(one.writes for one in form.forms)),
            losses=(*self._losses(form), *lost),
            hard=made.hard,
            parts=len(parts),
            forms=form.forms,
            missing=absent if any(value is not None for value in absent) else (),
        )

    def _format(self, parts: Sequence[Part]) -> DateFormat:
        form = DateFormat(parts)
        if self._days and form.says_hour:
            raise CodecError(f"a date is a day, and {shown(form.pattern)} says a time of day", "name codec datetime")
        if form.aware and (self._times.gap or self._times.fold):
            option = "gap" if self._times.gap else "fold"
            message = f"{option} is for text without an offset, and this format has one"
            raise CodecError(message, f"remove {option}, or %z")
        return form

    def _part(self, said: Any, outside: Said = _UNSAID) -> Part:
        """Return what one entry says: a pattern, or the name of a codec, with or without options."""
        if isinstance(said, str) and ("%" in said or not said):
            return text_part(said, is_number=outside.is_number)
        if said == _ISO:
            return codec_part(replace(iso(self._times), name=_ISO))
        if isinstance(said, str):
            return codec_part(make_codec(said, {}))
        if isinstance(said, dict) and len(said) == 1:
            ((name, options),) = said.items()
            return codec_part(make_codec(name, options))
        expected = 'format is text such as "%Y-%m-%d", or a list with one text for each field'
        raise CodecError(f"{expected}, not {shown(said)}")

    def _losses(self, form: DateFormat) -> tuple[Loss, ...]:
        times = self._times
        twice = [_TWICE] if times.fold and form.says_hour else []
        return (*form.losses, *([_SKIPPED] if times.gap else []), *twice)


def _checked_missing(parts: Sequence[Part], missing: Any, *, is_known: bool) -> tuple[Any, ...]:
    """Return what each part means where it is absent, None where it has to be there.

    is_known: whether a schema has said which parts are numbers.
    """
    if missing is None:
        return (None,) * len(parts)
    if not isinstance(missing, list) or len(missing) != len(parts):
        message = f"missing has a value for each of {len(parts)} fields, or null where one has to be there"
        raise CodecError(f"{message}, not {shown(missing)}", 'write missing: [null, "00:00"]')
    for part, value in zip(parts, missing, strict=True):
        try:
            is_read = value is None or not is_known or part.read(value) is not None
        except ValueError:
            is_read = False
        if not is_read:
            raise CodecError(f"missing says {shown(value)} where {part.pattern} is read", "write a value of that form")
    return tuple(missing)


class _Dates:
    """Instants as values in a format; what would come back as more than the format's losses say is refused."""

    def __init__(self, form: DateFormat, times: LocalTimes) -> None:
        self._form = form
        self._times = times

    def read(self, values: Sequence[Any]) -> datetime:
        """Return the instant of several values."""
        return read_local(self._form.read(values), self._times)

    def read_one(self, value: Any) -> datetime:
        """Return the instant of one value."""
        return self.read([value])

    def write(self, value: Any) -> list[Any]:
        """Return the values of an instant."""
        local = self._times.of(instant_of(value))
        written = self._form.write(local)
        if not self._form.aware and self._times.zone is not UTC:
            self._check(self._form.said_of(local).replace(tzinfo=None), written)
        return written

    def write_one(self, value: Any) -> Any:
        """Return the one value of an instant."""
        (written,) = self.write(value)
        return written

    def alike(self, value: Any) -> tuple[Any, ...]:
        """Return other values that say the instant of one, or one that the clocks skip and that is read as it."""
        try:
            local = self._form.read([value])
            moved = [local.astimezone(_AHEAD)] if self._form.aware else [local + hours for hours in (_HOUR, -_HOUR)]
            return (*self._form.alike(value), *(text for other in moved for text in self._form.write(other)))
        except (CodecError, OverflowError):
            return ()

    def hard(self) -> tuple[datetime, ...]:
        """Return instants of years and local times that not every format writes."""
        years = (datetime(1950, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        return (*years, *self._times.around_changes())

    def _check(self, said: datetime, written: list[Any]) -> None:
        """Refuse local times that would not be read, or as another local time."""
        if self._times.is_odd(said):
            back = self._form.write(self._times.of(self._times.instant(said)))
            if back != written:
                texts, others = (shown(" ".join(map(str, values))) for values in (written, back))
                raise CodecError(f"{texts} would come back as {others}; say gap: after")
