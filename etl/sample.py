"""Sample records for trying a mapping: made from its two schemas, so no field is named here.

A record is made inside first, from what the schema requires; its outside form is its translation. So the samples of
both systems are right by construction, whatever the mapping says.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from etl.errors import RecordError
from etl.mapping.model import Mapping
from etl.mapping.mongodb import Stamp
from etl.mapping.paths import get, put
from etl.mapping.rules.translate import Translator, compile_mapping
from etl.mapping.terms import Direction
from etl.record import ABSENT, Record

_FIRST: Final = datetime(2025, 1, 1, 8, 0, tzinfo=UTC)
_INSIDE_SHIFT: Final = 3
"""The two sides show different values for the same key, so that a first run has something to say."""


class Sampler:
    """Makes the n-th record of each system, n from 1; the same every time."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._inbound = compile_mapping(mapping, Direction.INBOUND)
        self._outbound = compile_mapping(mapping, Direction.OUTBOUND)

    def outside(self, number: int) -> Record:
        """Return a record as the outside system writes it.

        Raises:
            RecordError: when the mapping cannot translate what its own schema describes.

        """
        return _translate(self._outbound, self._seed(number, shift=0))

    def inside(self, number: int) -> Record:
        """Return a record as it is made inside: complete, and never synchronised.

        Raises:
            RecordError: when the mapping cannot translate what its own schema describes.

        """
        seed = self._seed(number, shift=_INSIDE_SHIFT)
        return {**_translate(self._inbound, _translate(self._outbound, seed)), **self._times(number)}

    def file_name(self, number: int) -> str:
        """Return the name of the n-th file, of one record or of many, that the mapping's inbound glob matches."""
        return self._mapping.files.inbound.replace("*", str(number))

    def _seed(self, number: int, shift: int) -> Record:
        record: Record = _value(self._mapping.inside.schema, number, shift, self._title())
        for path in self._mapping.key_paths:
            if not isinstance(get(record, path), int):
                put(record, path, number if get(record, path) is ABSENT else str(number))
        return {**record, **self._times(number)}

    def _times(self, number: int) -> Record:
        stamps = self._mapping.mongodb.on_import.items()
        return {name: _FIRST + timedelta(hours=number, minutes=30) for name, stamp in stamps if stamp is Stamp.NOW}

    def _title(self) -> str:
        return str(self._mapping.inside.schema.get("title", "record")).lower()


def _translate(translator: Translator, record: Record) -> Record:
    translated, _, violations = translator(record)
    if violations:
        raise RecordError(violations)
    return translated


def _value(schema: Any, number: int, shift: int, title: str) -> Any:
    """Return a value that fits a schema: what it requires, differing from one number to the next."""
    choices = [choice for choice in schema.get("enum", ()) if choice is not None]
    if choices:
        return choices[(number - 1 + shift) % len(choices)]
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    kind = next((k for k in ([kinds] if isinstance(kinds, str) else kinds) if k != "null"), "string")
    match kind:
        case "object":
            properties = schema.get("properties", {})
            return {name: _value(properties.get(name, {}), number, shift, title) for name in schema.get("required", ())}
        case "array":
            return []
        case "integer" | "number":
            return number
        case "boolean":
            return number % 2 == 0
        case _ if schema.get("format") == "date-time":
            return _FIRST + timedelta(hours=number)
        case _:
            return f"Example {title} #{number}"[: schema.get("maxLength")]
