"""Files as an outside: an inbound folder that is read, an outbound one that is written to."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any

from etl.endpoints.files.batch_files import BatchFiles
from etl.endpoints.files.folder import open_folder
from etl.endpoints.files.formats import make_format
from etl.endpoints.files.limits import FileLimits
from etl.endpoints.files.location import Location, Url
from etl.endpoints.files.reader import FilesReader
from etl.endpoints.files.record_files import RecordFiles
from etl.endpoints.files.writing import Encoded
from etl.mapping.files import FilesEndpoint
from etl.mapping.schemas.shapes import Schema
from etl.transfer.endpoint import Terms, Writer


@dataclass(frozen=True, slots=True)
class Files:
    """Two folders. form: how records lie in their files. schema: of the records, by which columns are written."""

    inbound: Location
    outbound: Location
    form: FilesEndpoint
    schema: Table[str, Any]
    limits: FileLimits

    def check(self) -> None:
        """Make sure of what the URLs of folders need, before anything is read.

        Raises:
            SettingsError: when a package is missing, or a URL cannot work.

        """
        urls = [location for location in (self.inbound, self.outbound) if isinstance(location, Url)]
        if urls:
            from etl.endpoints.files.remote import check_url  # noqa: PLC0415 - fsspec takes its time to import

            for url in urls:
                check_url(url)

    def reader(self) -> FilesReader:
        """Return what reads the inbound folder."""
        return FilesReader(self.inbound, self.form, self.limits)

    def writer(self, terms: Terms) -> Writer[Encoded]:
        """Return what writes to the outbound folder: files of one record each, or of many."""
        form, fence, fsync, owner = self.form, terms.fence, terms.fsync, terms.owner
        records = make_format(form.outbound_format, form.csv, Schema(self.schema).leaves())
        if records is None:
            return RecordFiles(self.outbound, form, fsync=fsync, fence=fence, owner=owner)
        folder = open_folder(self.outbound, fsync=fsync, owner=owner)
        return BatchFiles(folder, form.outbound, records, terms.started, fence)
