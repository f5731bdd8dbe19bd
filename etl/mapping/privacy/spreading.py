"""Spreading: what rules make of something private is private, wherever it lies, and whatever it is called there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from etl.mapping import model
from etl.mapping.privacy.spots import Spot, meets, place_of
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.sent import sent_form
from etl.mapping.terms import Place, Side

_Way = tuple[Place, Place]


def spread(mapping: model.Mapping, marked: Mapping[Side, set[Spot]], sent: set[Spot]) -> dict[Side, set[Spot]]:
    """Return what is private by side. marked: what the schemas of records mark; sent: that of what is sent."""
    moves, parts = list(_moves(mapping)), list(_stand_ins(mapping.rules))
    found = {side: {*marked[side]} for side in Side}
    found[Side.OUTSIDE] |= {*sent, *_moved(sent, [(to, path) for path, to in moves])}
    for _ in range(len(mapping.rules) + 1):  # what is private by one rule may be so by another one again
        before = sum(map(len, found.values()))
        for side, other in ((Side.OUTSIDE, Side.INSIDE), (Side.INSIDE, Side.OUTSIDE)):
            for rule in mapping.rules:
                found[other] |= set(_carried(rule, side, other, found[side]))
        found[Side.OUTSIDE] |= {whole for part, whole in parts if any(meets(one, part) for one in found[Side.OUTSIDE])}
        if sum(map(len, found.values())) == before:
            break
    found[Side.OUTSIDE] |= set(_moved(found[Side.OUTSIDE], moves))
    return found


def _carried(rule: Rule, side: Side, other: Side, private: set[Spot]) -> Iterator[Spot]:
    """Yield what is private on the other side, since a rule makes it of what is private on one, or that of it."""
    if isinstance(rule, Copy) and rule.key:
        return
    read = {place_of(path) for path in (*rule.reads(side), *rule.paths(side))}
    for one, spot in ((one, spot) for one in read for spot in private if meets(spot, one)):
        below = spot[len(one) :] if isinstance(rule, Copy) else ()
        for path in rule.paths(other):
            yield (*place_of(path), *below)


def _moves(mapping: model.Mapping) -> Iterator[_Way]:
    """Yield where fields are expected that are sent elsewhere, or in another form, and where they are sent."""
    form = sent_form(mapping)
    for one in () if form is None else form.moved:
        yield place_of(one.path), place_of(one.to)


def _moved(spots: Iterable[Spot], ways: Iterable[_Way]) -> Iterator[Spot]:
    """Yield where something private stands once it has gone its way."""
    for path, to in ways:
        yield from ((*to, *spot[len(path) :]) for spot in spots if meets(spot, path))


def _stand_ins(rules: Iterable[Rule], at: Place = ()) -> Iterator[_Way]:
    """Yield each field that is part of what stands for an absent value of another one, and that one."""
    for rule in rules:
        for field in rule.fields(Side.OUTSIDE):
            for part in field.stand_in_fields:
                yield (*at, *place_of(part.path)), (*at, *place_of(field.path))
        if isinstance(rule, Each):
            yield from _stand_ins(rule.inner, (*at, *place_of(rule.element(Side.OUTSIDE))))
