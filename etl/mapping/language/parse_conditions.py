"""What a pattern accepts of a field: values, and conditions; what is wrong becomes findings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from etl.mapping.language.document import Document, Place
from etl.mapping.language.words import ANY_VALUE
from etl.mapping.rules.conditions import ANY, Accepted, Condition, Parts
from etl.mapping.samples.formed import in_form, lies_absent
from etl.mapping.schemas.shapes import Schema, UnknownFieldError
from etl.mapping.terms import Field
from etl.record import Scalar

_PARTS: Final = {parts.value: parts for parts in Parts}


def leaving(accepted: Accepted, field: Field, schema: Schema | None) -> Accepted:
    """Return what is accepted of a field: without its last member, or word, it is empty only where it may be."""
    return tuple(
        replace(one, is_emptied=_has_empty(field, schema, [] if one.parts is Parts.MEMBERS else ""))
        if isinstance(one, Condition) and one.parts is not None
        else one
        for one in accepted
    )


def _has_empty(field: Field, schema: Schema | None, empty: Any) -> bool:
    """Return whether an empty list, or text, may stand in a field, and does not mean absent there."""
    if lies_absent(field, empty):
        return False
    try:
        return schema is None or in_form(schema.shape(field.path), field).accepts(empty)
    except UnknownFieldError:
        return True


@dataclass(frozen=True, slots=True)
class ConditionParser:
    """Parses what patterns accept, adding findings to the document."""

    document: Document

    def accepted(self, value: Any, place: Place) -> Accepted:
        """Parse what a pattern accepts of one field: a value, a condition, or a list of them."""
        if not isinstance(value, list):
            return (self._one(value, place),)
        return tuple(self._one(one, (*place, index)) for index, one in enumerate(value))

    def _one(self, value: Any, place: Place) -> Scalar | Condition:
        if isinstance(value, dict):
            return self._condition(value, place)
        scalar: Scalar = value
        return ANY if scalar == ANY_VALUE else scalar

    def _condition(self, value: dict[str, Any], place: Place) -> Condition:
        """Parse an object of conditions, all of which must hold."""
        denied = value.get("not")
        inverse = denied if isinstance(denied, dict) else {}
        asked = dict.fromkeys(word for one in (value, inverse) for word in one if word in _PARTS)
        if len(asked) > 1:
            fix = "ask for the members of a list, or for the words of a text"
            self.document.find(place, "E101", "has does not go with word", fix)
        word = next(iter(asked), "")
        return Condition(
            () if "not" not in value or isinstance(denied, dict) else self._values(denied, (*place, "not")),
            self._parts(value, word, place),
            self._parts(inverse, word, (*place, "not")),
            _PARTS.get(word),
        )

    def _parts(self, value: dict[str, Any], word: str, place: Place) -> tuple[Scalar, ...]:
        return self._values(value[word], (*place, word)) if word in value else ()

    def _values(self, value: Any, place: Place) -> tuple[Scalar, ...]:
        """Return the values that a condition names: a list of several, or one."""
        found = value if isinstance(value, list) else [value]
        if ANY_VALUE in found:
            self.document.find(place, "E011", f"{ANY_VALUE} is no value", "write a value; {not: null} is present")
        return tuple(found)
