"""Files of many records: how records lie in one, whatever the folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, assert_never

from etl.endpoints.files.around import Around
from etl.endpoints.files.csv_header import Columns
from etl.endpoints.files.csv_rows import CsvRows
from etl.endpoints.files.json_lines import JsonLines
from etl.endpoints.files.json_records import DOCUMENT, JsonRecords
from etl.endpoints.files.limits import FileLimits
from etl.endpoints.files.text import Text
from etl.mapping.files import UTF8, CsvForm, FileFormat
from etl.mapping.paths import Path
from etl.record import Record
from etl.transfer.model import Item, Notify, unheard


class Format(Protocol):
    """How many records lie in one file."""

    def items(self, blocks: Iterable[bytes], name: str) -> Iterator[Item]:
        """Yield the records of a file in their order, each named by its place. name: the file's.

        blocks: of its content; each time that they are iterated, they come from the start.
        What cannot be read is an item without a record, and the last one where nothing after it can be read either.

        Raises:
            EndpointError: when the folder as a whole fails.

        """
        ...

    def again(self, origin: str, content: bytes) -> Iterator[Item]:
        """Yield what was read once more, of the content that was kept of it: a record, or a document of them."""
        ...

    def encode(self, record: Record) -> bytes:
        """Return one record as it lies in a file.

        Raises:
            ValueError: saying why it cannot.

        """
        ...

    def join(self, encoded: Sequence[bytes]) -> bytes:
        """Return a file of encoded records."""
        ...


def make_format(
    kind: FileFormat,
    form: CsvForm = CsvForm(),
    columns: Columns = Columns(),
    limits: FileLimits = FileLimits(),
    notify: Notify = unheard,
    *,
    records: Sequence[Path] = (),
    encoding: str = UTF8,
    asked: Sequence[Path] = (),
) -> Format | None:
    """Return how many records lie in a file of this kind; None where a file holds one, and is that.

    form, columns: of a CSV file. notify: told of what is doubtful in one. records: where they lie in a JSON document.
    asked: what is asked of that.
    """
    text, around = Text(encoding), Around(asked) if asked else None
    match kind:
        case FileFormat.JSON:
            return JsonRecords(limits, records, text, notify, around=around) if records else None
        case FileFormat.JSON_ARRAY:
            return JsonRecords(limits, DOCUMENT, text, notify, listed=True)
        case FileFormat.JSON_LINES:
            return JsonLines(limits, records, text, notify, around=around)
        case FileFormat.CSV:
            return CsvRows(form, columns, limits, notify, text)
        case _:
            assert_never(kind)
