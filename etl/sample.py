"""Sample records for trying a mapping: made from its two schemas, so no field is named here.

A record is made inside first, from what the schema requires; its outside form is its translation. So the samples of
both systems are right by construction, whatever the mapping says.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from etl.errors import RecordError
from etl.mapping.model import Mapping
from etl.mapping.mongodb import Stamp
from etl.mapping.rules.translate import Translator, compile_mapping
from etl.mapping.samples.choices import Counting
from etl.mapping.samples.maker import Maker
from etl.mapping.terms import Direction, Side
from etl.record import Record

_FIRST: Final = datetime(2025, 1, 1, 8, 0, tzinfo=UTC)
_INSIDE_SHIFT: Final = 3
"""The two sides show different values for the same key, so that a first run has something to say."""


class Sampler:
    """Makes the n-th record of each system, n from 1; the same every time."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._maker = Maker(mapping, Side.INSIDE)
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
        return {**self._maker.record(Counting(number, shift, self._title())), **self._times(number)}

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
