"""What stays in a file that nobody has taken, while the rule that has written it does not go out again."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from etl.mapping.equality import same
from etl.mapping.model import Mapping
from etl.mapping.paths import get, put
from etl.mapping.rules.elsewhere import reached
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.written import written_of
from etl.mapping.terms import Direction, Field, Side, Use, When
from etl.record import ABSENT, Record, json_form


@dataclass(frozen=True, slots=True)
class SentPlace:
    """Where a rule is sent. place: the rule's among the rules. field: with the path at which it is sent.

    is_once: it is sent with a creation alone. is_only_written: it, or something in a list, is not expected.
    """

    place: int
    field: Field
    is_once: bool
    is_only_written: bool

    @property
    def is_in_list(self) -> bool:
        """Whether only something in it is not expected, and the list goes out without that as well."""
        return self.is_only_written and self.field.use is not Use.WRITE


def sent_places(mapping: Mapping) -> tuple[SentPlace, ...]:
    """Return where rules are sent."""
    return tuple(
        SentPlace(place, sent, rule.sent is When.CREATION, sent.use is Use.WRITE or _has_written(rule))
        for place, rule in enumerate(mapping.rules)
        if rule.only is not Direction.INBOUND
        for field in rule.written(Side.OUTSIDE)
        for sent in _sent(mapping, field)
    )


def _sent(mapping: Mapping, field: Field) -> Iterator[Field]:
    entry = written_of(mapping.written, field.path)
    if field.use is Use.READ or (entry is not None and entry.to is None):
        return
    yield field if entry is None else replace(field, path=entry.place(field.path))


def _has_written(rule: Rule) -> bool:
    """Return whether something in the elements of a list is only written."""
    inner = [field for one in rule.inner for field in one.fields(Side.OUTSIDE)]
    is_list = bool(rule.inner) and rule.written(Side.OUTSIDE) == rule.fields(Side.OUTSIDE)
    return is_list and (any(field.use is Use.WRITE for field in inner) or any(map(_has_written, rule.inner)))


@dataclass(frozen=True, slots=True)
class Staying:
    """What may stay beside a record that is sent, of rules that do not go out in it.

    places: where they are sent. settled: those of which the outside has said since all that it was told. now: returns
    all that rules would send now.
    """

    places: tuple[SentPlace, ...]
    settled: Collection[int]
    now: Callable[[], Record]

    def again(self, new: Record) -> Record:
        """Return what is sent, with what may have stood in a file that is broken.

        That is what the outside was told and has not said, as it is now; what is only written is not written twice.
        """
        made, now = copy.deepcopy(new), self.now()
        waiting = (one for one in self.places if not (one.is_once or one.is_only_written or one.place in self.settled))
        for one in waiting:
            if _is_free(new, one) and (lies := reached(now, one.field.path))[1] is not ABSENT:
                put(made, *lies)
        return made

    def beside(self, there: Record, new: Record) -> Record:
        """Return what is sent, with what stays of the record that lies there.

        That is what was sent and nobody has taken, as it is now; what is sent once stays as it was. What the outside
        has said otherwise since is over.
        """
        found = [(one, *lies) for one in self.places if (lies := reached(there, one.field.path))[1] is not ABSENT]
        if not found:
            return new
        made, now = copy.deepcopy(new), self.now()
        for one, path, value in found:
            newest, is_free = get(now, path), _is_free(new, one)
            is_as_now = same(json_form(value), json_form(newest)) and (is_free or one.is_in_list)
            if is_as_now or (is_free and one.is_once):
                put(made, path, value)
            elif is_free and newest is not ABSENT and one.place not in self.settled:
                put(made, path, newest)
        return {**_in_order(made, there)}


def _in_order(made: Any, there: Any) -> Any:
    """Return what was made with its names in the order in which they stand already: a file that is right stays."""
    if not (isinstance(made, dict) and isinstance(there, dict)):
        return made
    names = [*(name for name in there if name in made), *(name for name in made if name not in there)]
    return {name: _in_order(made[name], there.get(name)) for name in names}


def _is_free(record: Record, one: SentPlace) -> bool:
    return reached(record, one.field.path)[1] is ABSENT
