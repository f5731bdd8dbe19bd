"""Looking at a document of the inside system and editing it as its people do, to try a mapping with."""

from __future__ import annotations

from collections.abc import Mapping as Table
from typing import TYPE_CHECKING, Any

from etl.app.key_texts import parse_keys
from etl.app.opening import Access, open_session
from etl.errors import KeyTextError, SettingsError
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, assign
from etl.mapping.terms import Side
from etl.record import ABSENT, Record
from etl.settings import Settings

if TYPE_CHECKING:
    from etl.app.session import Session
    from etl.logs import Log


def sample_document(mapping: Mapping, settings: Settings, log: Log, key: str) -> Record:
    """Return the document of a key, without what is MongoDB's own, and what is private.

    Raises: as `run`, but for LockedError; KeyTextError when there is none.
    """
    with open_session(mapping, settings, log, Access(reading=True)) as session:
        found = _found(session, mapping, key)
        shown = {name: value for name, value in found.items() if name != "_id"}
        masked: Record = session.privacy.record(shown, Side.INSIDE)
        return masked


def edit_sample(mapping: Mapping, settings: Settings, log: Log, key: str, changes: Table[Path, Any]) -> None:
    """Change fields of the document of a key, ABSENT for one to remove; it is as one that nobody has exported.

    Raises: as `run`; SettingsError where the database is not the private one, KeyTextError when there is no such one.
    """
    from etl.endpoints.mongodb.documents import stamped, update_of  # noqa: PLC0415 - see open_session

    if not settings.is_embedded:
        raise SettingsError(f"only samples are edited, and MONGO_URI names a server; unset it, or edit {key} in TracOS")
    with open_session(mapping, settings, log) as session:
        document = _found(session, mapping, key)
        for path, value in changes.items():
            assign(document, path, value)
        tops = {str(path[0]): document.get(str(path[0]), ABSENT) for path in changes}
        patch = stamped(mapping.mongodb.on_import, session.gateway.now()) | tops
        collection = session.documents.collection
        session.gateway.retry(lambda: collection.update_one({"_id": document["_id"]}, update_of(patch)))


def _found(session: Session, mapping: Mapping, key: str) -> Record:
    documents = session.documents
    wanted = documents.by_key(parse_keys(mapping, key))
    found = session.gateway.retry(lambda: documents.collection.find_one(wanted))
    if found is None:
        raise KeyTextError(f"there is no document of the key {key} in {documents.collection.name}")
    return found
