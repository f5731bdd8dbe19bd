"""Files as an outside: an inbound folder that is read, an outbound one that is written to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from etl.endpoints.files.answers import AnswerFiles
from etl.endpoints.files.atomic import Owner
from etl.endpoints.files.batch_files import BatchFiles
from etl.endpoints.files.csv_header import columns_of
from etl.endpoints.files.folder import open_folder
from etl.endpoints.files.formats import make_format
from etl.endpoints.files.limits import FileLimits
from etl.endpoints.files.location import Location, Url
from etl.endpoints.files.ordering import Ordering
from etl.endpoints.files.overlap import refuse_overlap
from etl.endpoints.files.reader import FilesReader
from etl.endpoints.files.record_files import RecordFiles
from etl.endpoints.files.remote import file_systems
from etl.endpoints.files.writing import Sheets
from etl.mapping.model import Mapping
from etl.transfer.deliveries import Rank
from etl.transfer.endpoint import Terms, Writer
from etl.transfer.model import Notify, unheard


@dataclass(frozen=True)
class Files:
    """Two folders, whose files the mapping describes. notify: told of what is left unread, and of what is doubtful."""

    inbound: Location
    outbound: Location
    mapping: Mapping
    limits: FileLimits
    notify: Notify = unheard

    def check(self) -> None:
        """Make sure of what the URLs of folders need, and that no run reads what it wrote, before anything is read.

        Raises:
            SettingsError: when a package is missing, a URL cannot work, or what is written would be read.

        """
        for url in (location for location in (self.inbound, self.outbound) if isinstance(location, Url)):
            file_systems(url)
        refuse_overlap(self.mapping, self.inbound, self.outbound)

    @property
    def chooses(self) -> bool:
        """Whether a record goes out in some files or in others, by what is new."""
        return not self.mapping.files.entries[0].always

    @cached_property
    def rank(self) -> Rank:
        """What a file is sorted by, in the order in which files are read."""
        return Ordering(open_folder(self.inbound), self.mapping.files.pickup).rank

    def reader(self) -> FilesReader:
        """Return what reads the inbound folder."""
        columns = columns_of(self.mapping)
        return FilesReader(
            self.inbound, self.mapping.files, self.limits, columns, self.notify, minds=self.mapping.minds_deliveries
        )

    def answers(self) -> AnswerFiles:
        """Return what reads which keys the outside has given."""
        return AnswerFiles(self.inbound, self.mapping.files, self.limits)

    def writer(self, terms: Terms) -> Writer[Sheets]:
        """Return what writes to the outbound folder: files of one record each, or of many."""
        form, fence, fsync, owner = self.mapping.files, terms.fence, terms.fsync, Owner(terms.owner, terms.token)
        columns, encoding = columns_of(self.mapping), form.outbound_encoding
        records = make_format(form.outbound_format, form.csv, columns, encoding=encoding)
        if records is None:
            schema = self.mapping.outside.schema
            return RecordFiles(
                self.outbound, form, fsync=fsync, fence=fence, owner=owner, schema=schema, ready=terms.ready
            )
        folder = open_folder(self.outbound, fsync=fsync, owner=owner)
        return BatchFiles(folder, form, records, terms.started, fence, terms.ready, markers=terms.markers)
