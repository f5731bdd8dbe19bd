"""Sample records as the files of the outside that a mapping reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from etl.endpoints.files.content import compressor
from etl.endpoints.files.csv_header import columns_of
from etl.endpoints.files.formats import make_format
from etl.endpoints.files.json_object import PRETTY, encode_json
from etl.endpoints.files.text import Text
from etl.mapping.model import Mapping
from etl.sample import Sampler

_IN_A_FILE: Final = 1000
"""How many records a file of many has."""


class SampleFiles:
    """Makes files of sample records, as the mapping says that they lie."""

    def __init__(self, mapping: Mapping, sampler: Sampler) -> None:
        files = mapping.files
        self._sampler = sampler
        self._text = Text(files.inbound_encoding)
        self._many = make_format(
            files.inbound_format,
            files.csv,
            columns_of(mapping),
            records=files.records,
            encoding=files.inbound_encoding,
        )

    def names(self, count: int) -> Iterator[tuple[str, range]]:
        """Yield the names of the files of so many records, each with the numbers of its records."""
        size = 1 if self._many is None else _IN_A_FILE
        for number, first in enumerate(range(1, count + 1, size), 1):
            yield self._sampler.file_name(number), range(first, min(first + size, count + 1))

    def content(self, name: str, numbers: range) -> bytes:
        """Return a file of these records.

        Raises:
            RecordError: when the mapping cannot translate what its own schema describes.
            ValueError: when a record has no form in such a file.

        """
        records = [self._sampler.outside(number) for number in numbers]
        if self._many is None:
            content = self._text.json(encode_json(records[0], PRETTY))
        else:
            content = self._many.join([*map(self._many.encode, records)])
        return compressor(name)(content)
