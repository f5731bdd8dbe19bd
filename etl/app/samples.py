"""Sample records in both systems, to try a mapping with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl.app.opening import open_store
from etl.errors import EndpointError
from etl.mapping.model import Mapping
from etl.settings import Settings

if TYPE_CHECKING:
    from etl.logs import Log


def write_sample(mapping: Mapping, settings: Settings, log: Log, count: int) -> tuple[int, int]:
    """Write `count` sample files and as many documents, leaving alone what is there already.

    Returns the numbers of files and of documents written.

    Raises: as `run`; RecordError when the mapping cannot translate what its own schema describes.
    """
    from etl.endpoints.files.sink import write_json  # noqa: PLC0415 - see open_store
    from etl.endpoints.mongodb.store import add_missing  # noqa: PLC0415
    from etl.sample import Sampler  # noqa: PLC0415

    sampler = Sampler(mapping)
    numbers = range(1, count + 1)
    with open_store(mapping, settings, log) as store:
        try:
            settings.inbound.mkdir(parents=True, exist_ok=True)
            new = [number for number in numbers if not (settings.inbound / sampler.file_name(number)).exists()]
            for number in new:
                write_json(settings.inbound / sampler.file_name(number), sampler.outside(number))
        except OSError as error:
            raise EndpointError(f"{settings.inbound} cannot be written: {error.strerror or error}") from None
        added = add_missing(store.documents, mapping, [sampler.inside(number) for number in numbers], store.retry)
    return len(new), added
