"""Sample records in both systems, to try a mapping with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl.app.opening import Access, open_session
from etl.errors import EndpointError, RecordError
from etl.mapping.model import Mapping
from etl.record import Violation
from etl.settings import Settings

if TYPE_CHECKING:
    from etl.logs import Log
    from etl.sample_files import SampleFiles


def write_sample(mapping: Mapping, settings: Settings, log: Log, count: int) -> tuple[int, int]:
    """Write files with `count` sample records and as many documents, leaving alone what is there already.

    Returns the numbers of files and of documents written.

    Raises: as `run`; RecordError when the mapping cannot translate what its own schema describes.
    """
    from etl.endpoints.mongodb.documents import add_missing  # noqa: PLC0415 - see open_session
    from etl.sample import Sampler  # noqa: PLC0415
    from etl.sample_files import SampleFiles  # noqa: PLC0415

    sampler = Sampler(mapping)
    with open_session(mapping, settings, log, Access(create=True)) as session:
        files = _write_files(SampleFiles(mapping, sampler), settings, count)
        documents = [sampler.inside(number) for number in range(1, count + 1)]
        return files, add_missing(session.documents.collection, mapping, documents, session.gateway.retry)


def _write_files(samples: SampleFiles, settings: Settings, count: int) -> int:
    from etl.endpoints.files.folder import open_folder  # noqa: PLC0415 - see open_session

    folder, written = open_folder(settings.inbound), 0
    try:
        folder.prepare()
        there = set(folder.names())
        for name, numbers in samples.names(count):
            if name in there:
                continue
            staged = folder.stage(name, samples.content(name, numbers))
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
