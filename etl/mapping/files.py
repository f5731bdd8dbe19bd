"""What a mapping says of files: where records live there, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from etl.mapping.terms import Position


class FileFormat(Enum):
    """How records lie in files."""

    JSON = "json"
    JSON_ARRAY = "json_array"
    JSON_LINES = "json_lines"
    CSV = "csv"

    @property
    def many(self) -> bool:
        """Whether one file holds many records."""
        return self is not FileFormat.JSON


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How a CSV file is written.

    delimiter: what stands between two values. spreadsheet: text that a spreadsheet would run stands behind an
    apostrophe, which is taken away where it is read; None where nothing is said.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    spreadsheet: bool | None = None


@dataclass(frozen=True, slots=True)
class FilesEndpoint:
    """Where a system's records live as files.

    inbound: a glob of file names. outbound: a name with {paths} in it, or with {run} and {part} where a file holds
    many records. inbound_where, outbound_where: where they stand in the mapping.
    """

    inbound: str
    outbound: str
    inbound_format: FileFormat = FileFormat.JSON
    outbound_format: FileFormat = FileFormat.JSON
    csv: CsvForm = CsvForm()
    inbound_where: Position = field(default=Position(1, 1), compare=False)
    outbound_where: Position = field(default=Position(1, 1), compare=False)
