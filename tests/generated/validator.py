"""The judge of records: the `jsonschema` package, strictly after the standard, with one addition of the documentation.

Inside, a string of the format date-time is a date, and nothing else is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import jsonschema
import jsonschema_rs
from jsonschema.validators import extend

from tests.generated.schemas import Schema
from tests.generated.values import Path, Record

_PLAIN = jsonschema.Draft202012Validator


def _type(validator: Any, types: Any, instance: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
    types = [types] if isinstance(types, str) else types
    if isinstance(instance, datetime):
        fits = "string" in types and schema.get("format") == "date-time"
    elif isinstance(instance, str):
        fits = "string" in types and schema.get("format") != "date-time"
    else:
        fits = any(validator.is_type(instance, name) for name in types)
    if not fits:
        yield jsonschema.ValidationError(f"not of type {types}")


_DATED: Any = extend(_PLAIN, {"type": _type})  # type: ignore[no-untyped-call] # has no types


class Validator:
    """Says which records a schema accepts. stamped: top-level fields that need not be there yet.

    needless: fields at any depth that need not be there.
    """

    def __init__(
        self, schema: Schema, side: str, stamped: frozenset[str] = frozenset(), needless: frozenset[Path] = frozenset()
    ) -> None:
        self.schema, self.side, self._needless = schema, side, needless
        if stamped and "required" in schema:
            schema = {**schema, "required": [name for name in schema["required"] if name not in stamped]}
        self._said = schema
        self._quick = jsonschema_rs.Draft202012Validator(_marked(schema) if side == "inside" else schema)

    @cached_property
    def _validator(self) -> Any:
        """The slow one, which says what is wrong: of most schemas nobody asks it."""
        return (_DATED if self.side == "inside" else _PLAIN)(self._said)

    def accepts(self, record: Record) -> bool:
        """Return whether a record fits; the quick way, by another validator, which reads a date as an object."""
        try:
            return self._quick.is_valid(record)
        except ValueError:  # a date, which JSON has not
            return self._quick.is_valid(_with_marks(record))

    def faults(self, record: Record) -> list[tuple[Path, str]]:
        """Return every place at which a record does not fit, with the keyword that it breaks."""
        found: list[tuple[Path, str]] = []
        if self.accepts(record):
            return found
        for error in (plain for choice in self._validator.iter_errors(record) for plain in _plain(choice)):
            path = tuple(error.absolute_path)
            if error.validator == "required":
                named = re.match(r"'(.*)' is a required property", error.message)
                path = (*path, named[1] if named else "")
            if error.validator != "required" or path not in self._needless:
                found.append((path, str(error.validator)))
        return found


def _plain(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    """Yield what is wrong with a value of a choice: by those of its schemas that the value itself has the type of."""
    choices: dict[Any, list[jsonschema.ValidationError]] = {}
    for below in error.context or ():
        choices.setdefault(below.relative_schema_path[0], []).append(below)
    meant = [
        found
        for found in choices.values()
        if not any(item.validator in {"type", "const", "enum"} and not item.relative_path for item in found)
    ]
    if not meant:
        yield error
    for found in meant:
        for item in found:
            yield from _plain(item)


_MARK: Final = "$date"


def _with_marks(value: Any) -> Any:
    """Return a value with an object for each date."""
    if isinstance(value, dict):
        return {key: _with_marks(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_marks(item) for item in value]
    return {_MARK: value.isoformat()} if isinstance(value, datetime) else value


def _marked(node: Any) -> Any:
    """Return a schema in which what is a date is such an object, and nothing else is."""
    if not isinstance(node, dict):
        return node
    made = dict(node)
    for word in ("properties", "$defs"):
        if word in made:
            made[word] = {name: _marked(below) for name, below in made[word].items()}
    for word in ("items", "additionalProperties"):
        if word in made:
            made[word] = _marked(made[word])
    if "anyOf" in made:
        made["anyOf"] = [_marked(below) for below in made["anyOf"]]
    named = made.get("type", ())
    named = [named] if isinstance(named, str) else named
    if "string" in named and made.get("format") == "date-time":
        others = [name for name in named if name != "string"]
        date = {"type": "object", "required": [_MARK]}
        made["anyOf"] = [date, *([{"type": others}] if others else [])]
        made.pop("type")
    elif "object" in named:
        made["not"] = {"type": "object", "required": [_MARK]}
    return made
