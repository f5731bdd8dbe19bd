"""A session: the database, the lease and the endpoints of one mapping, and the routes between them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Mapping as Table
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeAlias

from etl.app.garbage_collection import collecting_less
from etl.app.merging import make_merger
from etl.app.opening import Access
from etl.app.outside import choose_outside
from etl.app.reaching import Reached, reached
from etl.app.restored import check_restored
from etl.app.server import remember_server
from etl.app.telling import make_marks, telling
from etl.endpoints.files.writing import Sheets
from etl.endpoints.mongodb.conflicts import MongoConflicts, drop_conflicts, find_conflicts
from etl.endpoints.mongodb.documents import Documents, KeyIndex
from etl.endpoints.mongodb.gateway import Gateway
from etl.endpoints.mongodb.intents import MongoIntents
from etl.endpoints.mongodb.key_index import ensure_key_index, find_key_index
from etl.endpoints.mongodb.ledger import MongoLedger
from etl.endpoints.mongodb.letters import MongoLetters, acknowledge_letters, drop_letters, find_letters, read_whole
from etl.endpoints.mongodb.markers import MongoMarkers
from etl.endpoints.mongodb.reader import MongoReader
from etl.endpoints.mongodb.replaced import MongoReplaced
from etl.endpoints.mongodb.runs import MongoRuns
from etl.endpoints.mongodb.writer import MongoWriter
from etl.logs import Log
from etl.mapping.model import Mapping
from etl.mapping.privacy.marked import Privacy, privacy
from etl.mapping.rules.translate import Translator, compile_mapping
from etl.mapping.terms import Direction
from etl.record import Key
from etl.settings import Settings
from etl.transfer.announcing import Announcement
from etl.transfer.answers import Answered, Answering, answered, take_answers
from etl.transfer.batches import gathered
from etl.transfer.births import Births, settle
from etl.transfer.clearing import clearing
from etl.transfer.compare import Comparer
from etl.transfer.conflict_log import ConflictLog
from etl.transfer.conflicts import Conflict
from etl.transfer.dead_letter import Acknowledgement, DeadLetter
from etl.transfer.decision import Detail
from etl.transfer.discretion import Discretion
from etl.transfer.echo import Marks, lasting_paths
from etl.transfer.endpoint import Endpoint, Reader, Resuming, Terms, Writer
from etl.transfer.exporting import Export, together
from etl.transfer.importing import Import, Notes, Review
from etl.transfer.intents import Recovered, recovered
from etl.transfer.known import Known, Recall
from etl.transfer.ledger import Ledger, Remembered
from etl.transfer.letters import DeadLetters
from etl.transfer.loop import Noting, Route
from etl.transfer.lying import files_of
from etl.transfer.merge import Merger
from etl.transfer.unread import Unread

OutsideDetail: TypeAlias = Sheets
"""What a change is to whoever writes outside."""


@dataclass(frozen=True)
class Session:
    """What a command works with. inward: the mapping's inbound direction."""

    mapping: Mapping
    access: Access
    documents: Documents
    ledger: Ledger
    intents: MongoIntents
    replaced: MongoReplaced
    inward: Translator
    merger: Merger
    outside: Endpoint[OutsideDetail]

    @property
    def gateway(self) -> Gateway:
        """The database."""
        return self.documents.gateway

    @cached_property
    def inside_writer(self) -> MongoWriter:
        """What finds documents by their keys, and writes them."""
        return MongoWriter(self.documents)

    @cached_property
    def runs(self) -> MongoRuns:
        """The run history."""
        return MongoRuns(self.gateway)

    @cached_property
    def outside_reader(self) -> Reader:
        """What reads the outside."""
        return self.outside.reader()

    @cached_property
    def outside_writer(self) -> Writer[OutsideDetail]:
        """What writes to the outside."""
        gateway = self.gateway
        owner = "/".join((gateway.database.name, *gateway.scope.values()))
        fence, token = gateway.confirm, gateway.lease.token
        asked = fence, owner, token, gateway.now(), self.access.fsync, self.announcement, MongoMarkers(gateway)
        return self.outside.writer(Terms(*asked))

    @cached_property
    def unread(self) -> Unread:
        """What knows of which keys the outside says something that is not taken over."""
        return Unread(self.ledger, self.merger, self.births(self.ledger))

    @cached_property
    def announcement(self) -> Announcement:
        """What notes of documents that are sent once that they are about to appear."""
        return Announcement(self.intents)

    def inside_reader(self, only: Collection[Any] | None = None, *, every: bool = False) -> MongoReader:
        """Return what reads what waits inside. only: of documents with these `_id`s. every: also what does not wait."""
        return MongoReader(self.documents, None if only is None else list(only), every=every)

    def conflict_log(self) -> ConflictLog:
        """Return a log of conflicts, which knows of none yet."""
        return ConflictLog(MongoConflicts(self.gateway))

    def conflicts(self, keys: Collection[Key] | None = None, *, only_open: bool = False) -> Iterator[Conflict]:
        """Yield the conflicts in the log, the first one first. keys: only theirs."""
        return find_conflicts(self.gateway, keys, only_open=only_open)

    def drop_conflicts(self, conflicts: Collection[Conflict]) -> int:
        """Remove conflicts from the log; return how many there were."""
        return drop_conflicts(self.gateway, conflicts)

    def dead_letters(
        self, direction: Direction | None = None, ids: Collection[str] = (), *, whole: bool = True
    ) -> Iterator[DeadLetter]:
        """Yield the dead letters, the first one first; see `find_letters`."""
        return find_letters(self.gateway, direction, ids, whole=whole)

    def whole_letters(self, letters: Sequence[DeadLetter]) -> Iterator[DeadLetter]:
        """Yield letters with their contents, a few at a time."""
        return read_whole(self.gateway, letters)

    def acknowledge_letters(self, letters: Sequence[DeadLetter], what: Acknowledgement) -> int:
        """Note that a person has taken note of dead letters; return how many there were."""
        return acknowledge_letters(self.gateway, letters, what)

    def drop_letters(self, letters: Collection[DeadLetter]) -> int:
        """Remove dead letters; return how many there were."""
        return drop_letters(self.gateway, letters)

    def letters(self, direction: Direction, reader: Reader, *, every: bool = False) -> DeadLetters:
        """Return the dead letters of one direction. every: see `files_of`."""
        store, files = MongoLetters(self.gateway, direction), files_of(reader, every=every)
        return DeadLetters(store, reader.contents, len(self.documents.key_paths), files)

    def inbound(self, review: Review = lambda compare: compare, *, every: bool = False) -> Route[Detail]:
        """Return the route from the outside to the documents. review: see `Review`. every: see `files_of`."""
        reader = self.outside_reader
        log = self.conflict_log()
        comparer = Comparer(self.inside_writer, self.ledger, self.merger, self.births(self.ledger), log.chosen_among)
        into = Import(
            self.inside_writer,
            self.ledger,
            Notes(self.intents, self.replaced),
            log,
            review(comparer.compare),
            self.gateway.retry,
            units=self.merger.units,
            marks=self.marks,
        )
        letters = self.letters(Direction.INBOUND, reader, every=every)
        steps = into.compare, into.apply, Noting(letters, self.unread.note)
        discretion = self.discretion(Direction.INBOUND)
        return Route(reader.batches, *steps, acknowledge=reader.acknowledge, knowing=log.knowing, discretion=discretion)

    @cached_property
    def privacy(self) -> Privacy:
        """What of the records is private."""
        return privacy(self.mapping)

    def discretion(self, direction: Direction) -> Discretion:
        """Return what masks what is said of the records of one direction."""
        return Discretion(self.privacy or None, direction)

    def births(self, ledger: Remembered, given: Table[Key, Key] = MappingProxyType({})) -> Births | None:
        """Return what finds documents that wait for their keys; None where the outside gives no keys. given: see it."""
        mapping = self.mapping
        if not mapping.assigned:
            return None
        match = tuple(rule.inside.path for rule in mapping.matches)
        assigned = tuple(rule.inside.path for rule in mapping.assigned)
        return Births(self.inside_writer, ledger, mapping.key_paths, assigned, match, dict(given))

    def settle(self) -> None:
        """Give what waits for a key the one that it was answered, and remember under their keys what has one by now."""
        if self.mapping.assigned:
            take_answers(self.answered(), self.inside_writer, self.access.notify)
            settle(self.ledger, self.inside_writer, self.mapping.key_paths)

    def answered(self) -> dict[Key, Answered]:
        """Return which documents that wait for a key were answered it."""
        births, mapping = self.births(self.ledger), self.mapping
        if births is None or not mapping.files.answers or not isinstance(self.outside, Answering):
            return {}
        return answered(self.outside.answers(), self.inside_writer, births, mapping, self.access.notify)

    def importing(self, review: Review) -> Route[Detail]:
        """Return the inbound route of a run; after it the outside's position is moved, or what was read is cleared."""
        route, reader = self.inbound(review, every=True), self.outside_reader
        route = replace(route, finish=reader.advance) if isinstance(reader, Resuming) else route
        return clearing(route, reader, self.gateway.confirm)

    def outbound(self, reader: MongoReader | None = None) -> Route[OutsideDetail]:
        """Return the route from the documents to the outside. reader: of some of them, None for what waits."""
        reader = reader or self.inside_reader()
        export = Export(
            reader,
            self.outside_writer,
            self.ledger,
            self.announcement,
            self.merger,
            self.inward,
            lasting=lasting_paths(self.mapping),
            marks=self.marks,
        )
        letters = self.letters(Direction.OUTBOUND, reader)
        known = Known(reader, self.merger, self.ledger)
        log = self.conflict_log()
        screen, compare = telling(self, known, log.open_among, reader)
        steps = compare, export.apply, letters, screen, export.acknowledge
        recall, discretion = self.recall(reader, self.ledger), self.discretion(Direction.OUTBOUND)
        route = Route(reader.batches, *steps, recall=recall, knowing=log.knowing, discretion=discretion)
        return together(route, self.outside_writer)

    def recall(self, reader: MongoReader, ledger: Remembered) -> Recall:
        """Return what says of documents that are read what the outside was last."""
        return Recall(reader, self.merger.keeper, Known(reader, self.merger, ledger))

    @cached_property
    def marks(self) -> Marks | None:
        """What tells what was sent by rules of which imports say nothing; None where that does not matter."""
        return make_marks(self.mapping, self.inward, self.outside)


@contextmanager
def opened(mapping: Mapping, settings: Settings, log: Log, access: Access) -> Iterator[Session]:
    """Open a session; see `etl.app.opening.open_session`."""
    outside = choose_outside(mapping, settings, access.notify)
    outside.check()
    with collecting_less(), reached(mapping, settings, log, access) as there, _held(there, access):
        if not access.reading:
            remember_server(settings)
        gateway = there.gateway(mapping)
        try:
            index = _index(there, mapping, settings, log, access)
            session = _begun(Documents(there.collection, index, mapping, gateway), settings, access, outside)
        except Exception as error:
            if not access.reading:
                access.refused(gateway, error)
            raise
        yield session
        if not access.reading:
            session.intents.clear()


def _held(there: Reached, access: Access) -> AbstractContextManager[object]:
    return nullcontext() if access.reading else there.lease.held()


def _index(there: Reached, mapping: Mapping, settings: Settings, log: Log, access: Access) -> KeyIndex:
    if access.reading or settings.declines_index:
        index = find_key_index(there.collection, mapping, there.retry)
    else:
        index = ensure_key_index(there.collection, mapping, there.retry, settings.index)
    if settings.declines_index and not index.name:
        log.warning("no index keeps keys unique, and looking them up reads the whole collection: MONGO_INDEX is none")
    return index


def _begun(documents: Documents, settings: Settings, access: Access, outside: Endpoint[OutsideDetail]) -> Session:
    """Return a session that has what a dead run left: taken up where it writes, seen as if it were where it reads."""
    mapping, gateway = documents.mapping, documents.gateway
    inward = compile_mapping(mapping, Direction.INBOUND)
    merger = make_merger(mapping, inward, outside, recreate=access.recreate, taken=access.taken)
    intents, ledger = MongoIntents(gateway), MongoLedger(gateway)
    replaced = MongoReplaced(gateway, settings.undo_bytes)
    news = recovered(intents.outstanding(), MongoWriter(documents), ledger)
    known = Recovered(ledger, news) if access.reading else ledger
    session = Session(mapping, access, documents, known, intents, replaced, inward, merger, outside)
    if not access.reading:
        check_restored(session)
        ledger.save(news, gathered(ledger.load, news))
        intents.clear()
        session.settle()
    return session
