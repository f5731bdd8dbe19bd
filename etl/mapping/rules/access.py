"""Access: how one value of a record is read and written, where absent is a value of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from etl.mapping.codecs import CodecError
from etl.mapping.equality import distinct
from etl.mapping.paths import Path, get, getter, only_name, selected_list, setter, take_away
from etl.mapping.rules.conditions import Pattern, acceptor
from etl.mapping.rules.owned import Owned
from etl.mapping.terms import Field, Others
from etl.record import ABSENT, Absent, Record, Scalar, Violation, shown

Step: TypeAlias = Callable[[Record, Record, Record, list[Violation]], None]
"""Reads the first record, and the second where it matters what the target was last; writes the third, adds what is
wrong to the list."""


def source_name(field: Field) -> str | None:
    """Return the name of a top-level field in which nothing but null is absent, None for any other field."""
    is_plain = not (field.nulls or field.blank or field.form or field.others or field.stand_in or field.of_each)
    return only_name(field.path) if is_plain else None


def reader(field: Field) -> Callable[[Record], Any]:
    """Return a function that reads a field: ABSENT where there is no value, null, or one that means absent."""
    name = source_name(field)
    if name is not None:
        return lambda record: ABSENT if (value := record.get(name)) is None else value
    if field.of_each or field.stand_in or field.others is not None:
        return _special_reader(field)
    read = getter(field.path)
    if field.converted is not None:
        is_none = absence(field)
        return lambda record: ABSENT if is_none(value := read(record)) else seen(field, value)
    if field.has_form:
        return lambda record: ABSENT if means_absent(field, value := seen(field, read(record))) else value
    if field.blank or field.form:
        return lambda record: ABSENT if means_absent(field, value := read(record)) else value
    if not field.nulls:
        return lambda record: ABSENT if (value := read(record)) is None else value
    nulls = {distinct(null) for null in field.nulls} | {distinct(None)}

    def read_or_absent(record: Record) -> Any:
        value = read(record)
        return ABSENT if distinct(value) in nulls else value

    return read_or_absent


def _special_reader(field: Field) -> Callable[[Record], Any]:
    """Return a function that reads a field of which not all that stands there is its value."""
    if field.of_each:
        items, path = reader(replace(field, of_each=())), field.of_each
        return lambda record: _of_each(items(record), path)
    if field.stand_in:
        said, lies, made = reader(replace(field, stand_in=())), reader(_with_stand_in(field)), stand_in_of(field)
        return lambda record: ABSENT if distinct(lies(record)) == distinct(made(record)) else said(record)
    whole = reader(replace(field, others=None))
    return whole if field.others is None else _own_reader(whole, Owned(field, field.others))


def _own_reader(whole: Callable[[Record], Any], owned: Owned) -> Callable[[Record], Any]:
    return lambda record: owned.passed_over(whole(record))


def _of_each(items: Any, path: Path) -> Any:
    """Return what stands at a path of each element of a list; what is no list as it is."""
    if not isinstance(items, list):
        return items
    return [value for value in (get(item, path) for item in items) if value is not ABSENT and value is not None]


def _with_stand_in(field: Field) -> Field:
    """Return a field as what stands for an absent value lies in it: as its system has text, and before any codec."""
    form = field.form if field.converted is None else field.converted.before
    nulls = field.nulls if field.converted is None else field.converted.nulls
    return replace(field, stand_in=(), form=form, nulls=nulls, by_codec=False)


def stand_in_of(field: Field) -> Callable[[Record], Any]:
    """Return what makes of a record what stands for an absent value of a field; ABSENT where a part of it is absent."""
    parts = [part if isinstance(part, str) else reader(part) for part in field.stand_in]
    if len(parts) == 1 and not isinstance(parts[0], str):
        return parts[0]

    def made(record: Record) -> Any:
        values = [part if isinstance(part, str) else part(record) for part in parts]
        if any(value is ABSENT or isinstance(value, dict | list) for value in values):
            return ABSENT
        return "".join(value if isinstance(value, str) else json.dumps(value) for value in values)

    return made


def beside_others(field: Field, others: Others) -> Callable[[Record, Record], None]:
    """Return what writes what belongs to tables beside what a field has got in the second record, as it was last."""
    whole, owned = replace(field, others=None), Owned(field, others)
    read, write = reader(whole), writer(whole)

    def write_beside(last: Record, into: Record) -> None:
        value = owned.beside(read(into), read(last))
        if value is not ABSENT:
            write(into, value)

    return write_beside


def seen(field: Field, value: Any) -> Any:
    """Return a value as `as` of its system, or its table, reads it; one that it refuses stays, and rules tell it."""
    if field.form is None or value is ABSENT:
        return value
    try:
        return field.form.read(value)
    except CodecError:
        return value


def refusal(field: Field, value: Any) -> str:
    """Return why `as` of its system, or its table, does not read a value of a field, "" where it does."""
    if not field.has_form or field.form is None or value is ABSENT:
        return ""
    if means_absent(field, value):
        return ""
    try:
        field.form.read(value)
    except CodecError as error:
        return str(error)
    return ""


def refuser(field: Field) -> Callable[[Record], str]:
    """Return what says why `as` of its system, or its table, does not read a field of a record, "" where it does."""
    read, path = reader(field), field.path
    if field.converted is None or not field.stand_in:
        return lambda record: refusal(field, get(record, path))
    return lambda record: "" if read(record) is ABSENT else refusal(field, get(record, path))


def means_absent(field: Field, value: Any) -> bool:
    """Return whether a value of a field is none: null, one of its nulls, or text of blanks where that is none.

    Of what a table converts, these are asked as it lies there.
    """
    nulls = field.nulls
    if field.converted is not None:
        nulls = field.converted.nulls
        value = seen(replace(field, form=field.converted.before), value)
    elif field.form is not None and isinstance(value, str):
        value = seen(field, value)
    if field.blank and isinstance(value, str) and not value.strip():
        return True
    return value is None or value is ABSENT or distinct(value) in {distinct(null) for null in nulls}


def absence(field: Field) -> Callable[[Any], bool]:
    """Return a function that says of a value of a field whether it is none, as `means_absent` does."""
    if field.blank or field.form:
        return lambda value: means_absent(field, value)
    if not field.nulls:
        return lambda value: value is None
    nulls = {distinct(null) for null in field.nulls}
    return lambda value: value is None or distinct(value) in nulls


def matcher_of(pattern: Pattern) -> Callable[[Record], bool]:
    """Return whether the fields of a record have values that a pattern accepts; never, where it names none."""
    asked = [(reader(field), acceptor(accepted)) for field, accepted in pattern]

    def match(record: Record) -> bool:
        return bool(asked) and all(accepts(read(record)) for read, accepts in asked)

    return match


def writer(field: Field) -> Callable[[Record, Any], None]:
    """Return a function that writes a field; ABSENT is written as the field's `when_absent`, or not at all."""
    if field.stand_in:
        made, put_made, put = stand_in_of(field), writer(_with_stand_in(field)), writer(replace(field, stand_in=()))
        return lambda record, value: put_made(record, made(record)) if value is ABSENT else put(record, value)
    if field.others is not None:
        return _own_writer(field, field.others)
    name, when_absent = only_name(field.path), field.when_absent
    if field.has_form and field.form is not None:
        lay, plain = field.form.lay, writer(replace(field, by_codec=True))
        return lambda record, value: plain(record, value if value is ABSENT else lay(value))
    if name is not None:
        return _name_writer(name, when_absent)
    write, path = setter(field.path), field.path
    is_selected = selected_list(path) is not None

    def write_or_omit(record: Record, value: Any) -> None:
        if value is not ABSENT:
            write(record, value)
        elif when_absent is not ABSENT:
            write(record, when_absent)
        elif is_selected:
            take_away(record, path)

    return write_or_omit


def _own_writer(field: Field, others: Others) -> Callable[[Record, Any], None]:
    """Return a function that writes a field of which some members, or words, belong to tables, and refuses those."""
    write, owned = writer(replace(field, others=None)), Owned(field, others)

    def write_own(record: Record, value: Any) -> None:
        named = owned.first_in(value)
        if named is not ABSENT:
            raise CodecError(f"{shown(named)} in it is what a table writes there for something else")
        write(record, value)

    return write_own


def _name_writer(name: str, when_absent: Scalar | Absent) -> Callable[[Record, Any], None]:
    def write_or_omit(record: Record, value: Any) -> None:
        if value is not ABSENT:
            record[name] = value
        elif when_absent is not ABSENT:
            record[name] = when_absent

    return write_or_omit
