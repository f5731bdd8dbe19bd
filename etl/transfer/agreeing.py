"""What an outside record says, rule by rule, beside an agreement: what of it is news, and what is agreed after it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from etl.mapping.paths import assign, get
from etl.record import ABSENT, Record
from etl.transfer.agreement import Agreement, alike, as_record, note, noted, values_of
from etl.transfer.unit import Unit


def split(units: Iterable[Unit], desired: Record, current: Record, agreed: Agreement | None) -> Iterator[Unit]:
    """Yield what is compared by itself: of lists whose elements are told apart, these and their values."""
    for unit in units:
        if unit.keyed is None or unit.is_element:
            yield unit
            continue
        was = [] if agreed is None else [one[0] for one in _agreed_on(agreed, unit)]
        parts = unit.elements(get(desired, unit.paths[0]), get(current, unit.paths[0]), was)
        yield from split(parts, desired, current, agreed)


def _agreed_on(agreed: Agreement, unit: Unit) -> Iterator[Sequence[Any]]:
    """Yield the values of a rule that were said, told, and had on either side."""
    yield agreed.said(unit)
    yield agreed.ours(unit)
    heard = noted(agreed.told, unit), noted(agreed.telling, unit), noted(agreed.had, unit)
    yield from (one for one in heard if one is not None)


def said_anew(units: Iterable[Unit], desired: Record, agreed: Agreement) -> list[Unit]:
    """Return the units whose values are neither what the outside last said nor what it was last told."""
    return [unit for unit in units if is_anew(unit, values_of(desired, unit), agreed)]


def is_anew(unit: Unit, values: Sequence[Any], agreed: Agreement) -> bool:
    """Return whether values of a unit are neither what the outside last said nor what it was last told."""
    if agreed.is_old(unit, values):
        return False
    heard = [one for one in (noted(agreed.told, unit), noted(agreed.telling, unit)) if one is not None]
    if not heard:
        return agreed.seen is not None or any(value not in (None, ABSENT) for value in values)
    return not any(alike(values, one) for one in heard)


def corrected(units: Iterable[Unit], desired: Record, current: Record, agreed: Agreement) -> list[Unit]:
    """Return the units where the same outside record means something else under an edited mapping.

    A value that was edited inside since is left alone.
    """
    return [
        unit
        for unit in units
        if not alike(values_of(desired, unit), agreed.said(unit)) and alike(values_of(current, unit), agreed.said(unit))
    ]


def agree(unit: Unit, desired: Record, agreed: Agreement, after: Agreement, made: Sequence[Any] | None) -> None:
    """Note what is agreed of one rule: what was just said, whoever won; an inside that differs has changed it.

    made: what was made of it inside, where that is something else.
    """
    told, telling = noted(agreed.told, unit), noted(agreed.telling, unit)
    if unit.keyed is not None and (told is not None or telling is not None or noted(agreed.inside, unit) is not None):
        return _agree_elements(unit, desired, agreed, after, made)
    values = values_of(desired, unit)
    if is_anew(unit, values, agreed) or (telling is not None and alike(values, telling)):
        note(after.told, unit, None)
        note(after.inside, unit, made)
        note(after.telling, unit, None)
    elif told is not None and alike(values, told):
        kept = noted(agreed.inside, unit)
        note(after.told, unit, None)  # it has said itself what it was told
        note(after.inside, unit, None if kept is None or alike(kept, values) else kept)
    return None


def _agree_elements(
    unit: Unit, desired: Record, agreed: Agreement, after: Agreement, made: Sequence[Any] | None
) -> None:
    """Note what is agreed of a list, element by element, as of any rule."""
    (path,), said, telling = unit.paths, values_of(desired, unit), noted(agreed.telling, unit)
    inside = desired if made is None else as_record(unit, made)
    known, ours, doubtful = ({}, {}, {})  # type: tuple[Record, Record, Record]
    for record, values in ((known, agreed.known(unit)), (ours, agreed.ours(unit)), (doubtful, telling or [None])):
        assign(record, path, ABSENT if values[0] is None else copy.deepcopy(values[0]))
    for one in list(split([unit], desired, known, agreed)):
        values, maybe = values_of(desired, one), noted(agreed.telling, one)
        if is_anew(one, values, agreed) or (maybe is not None and alike(values, maybe)):
            for record, source in ((known, desired), (ours, inside), (doubtful, desired)):
                for at in one.paths:
                    assign(record, at, copy.deepcopy(get(source, at)))
    told_now, ours_now, doubt_now = (values_of(record, unit) for record in (known, ours, doubtful))
    note(after.told, unit, None if alike(told_now, said) else told_now)
    note(after.inside, unit, None if alike(ours_now, told_now) else ours_now)
    note(after.telling, unit, None if telling is None or alike(doubt_now, said) else doubt_now)
