"""Records as commands read and print them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from etl.cli.common import to_stderr

if TYPE_CHECKING:
    from etl.mapping.model import Mapping
    from etl.transfer.model import Item


def read_lines(name: str) -> Iterator[bytes]:
    """Yield the lines of a file, or of stdin where the name is `-`, as they come.

    Raises:
        EndpointError: when it cannot be read.

    """
    from etl.errors import EndpointError  # noqa: PLC0415 - see etl.cli

    try:
        with click.open_file(name, "rb") as file:
            yield from file
    except OSError as error:
        raise EndpointError(f"{name} cannot be read: {error.strerror or error}") from None
    except RuntimeError:  # click's word for a closed one
        raise EndpointError("stdin cannot be read: it is closed") from None


def is_there(path: Path) -> bool:
    """Return whether a path is that of a file, and one that can be."""
    try:
        return path.is_file()
    except OSError:
        return False


def run_items(mapping: Mapping, name: str) -> Iterator[Item]:
    """Yield the records of a file of the outside as a run reads them: by format, encoding and place.

    name: of the file, or of a record or line in it as messages name it, `page.json:d.results[3]`; then those alone.

    Raises:
        EndpointError: when the file cannot be read, or has no such record.

    """
    from etl.endpoints.files.csv_header import columns_of  # noqa: PLC0415 - see etl.cli
    from etl.endpoints.files.places import Places, lies_in  # noqa: PLC0415
    from etl.endpoints.files.reader import FilesReader  # noqa: PLC0415
    from etl.errors import EndpointError  # noqa: PLC0415

    path = Path(name)
    if not is_there(path) and (file := Places(mapping.files.records).file_of(path.name)):
        path = path.with_name(file)
    if not is_there(path):
        raise EndpointError(f"{name} cannot be read: there is no such file")
    reader = FilesReader(
        path.parent, mapping.files, columns=columns_of(mapping), notify=lambda one: to_stderr(one.text)
    )
    found = False
    for item in reader.read(path.name):
        if lies_in(item.origin, Path(name).name) or path.name == Path(name).name:
            found = True
            yield item
    if not found and path.name != Path(name).name:
        raise EndpointError(f"{path} has no record {Path(name).name}")
