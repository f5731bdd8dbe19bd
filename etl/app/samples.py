"""Sample records in both systems, to try a mapping with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etl.app.opening import Access, open_session
from etl.errors import EndpointError, RecordError
from etl.mapping.model import Mapping
from etl.record import Violation
from etl.settings import Settings

if TYPE_CHECKING:
    from etl.logs import Log
    from etl.sample import Sampler

_IN_A_FILE: Final = 1000
"""How many records a file of many has."""


def write_sample(mapping: Mapping, settings: Settings, log: Log, count: int) -> tuple[int, int]:
    """Write files with `count` sample records and as many documents, leaving alone what is there already.

    Returns the numbers of files and of documents written.

    Raises: as `run`; RecordError when the mapping cannot translate what its own schema describes.
    """
    from etl.endpoints.mongodb.documents import add_missing  # noqa: PLC0415 - see open_session
    from etl.sample import Sampler  # noqa: PLC0415

    sampler = Sampler(mapping)
    with open_session(mapping, settings, log, Access(create=True)) as session:
        files = _write_files(mapping, settings, sampler, count)
        documents = [sampler.inside(number) for number in range(1, count + 1)]
        return files, add_missing(session.documents.collection, mapping, documents, session.gateway.retry)


def _write_files(mapping: Mapping, settings: Settings, sampler: Sampler, count: int) -> int:
    from etl.endpoints.files.compression import compressor  # noqa: PLC0415 - see open_session
    from etl.endpoints.files.csv_header import columns_of  # noqa: PLC0415
    from etl.endpoints.files.folder import open_folder  # noqa: PLC0415
    from etl.endpoints.files.formats import make_format  # noqa: PLC0415
    from etl.endpoints.files.json_object import PRETTY, encode_json  # noqa: PLC0415
    from etl.endpoints.files.text import Text  # noqa: PLC0415

    files, folder, written = mapping.files, open_folder(settings.inbound), 0
    text = Text(files.inbound_encoding)
    many = make_format(
        files.inbound_format,
        files.csv,
        columns_of(mapping),
        records=files.records,
        encoding=files.inbound_encoding,
    )
    size = 1 if many is None else _IN_A_FILE
    try:
        folder.prepare()
        there = set(folder.names())
        for number, first in enumerate(range(1, count + 1, size), 1):
            name = sampler.file_name(number)
            if name in there:
                continue
            records = [sampler.outside(n) for n in range(first, min(first + size, count + 1))]
            one = text.json(encode_json(records[0], PRETTY))
            content = one if many is None else many.join([*map(many.encode, records)])
            staged = folder.stage(name, compressor(name)(content))
            try:
                staged.appear()
            except BaseException:
                staged.discard()
                raise
            written += 1
    except OSError as error:
        raise EndpointError(f"{settings.inbound} cannot be written: {error.strerror or error}") from None
    except ValueError as error:
        raise RecordError([Violation("", "file", str(error))]) from None
    return written
