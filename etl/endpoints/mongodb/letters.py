"""Dead letters in MongoDB, where the operators of several machines see them: the collection `etl_dead_letters`."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Final

import orjson
from pymongo.errors import BulkWriteError

from etl.endpoints.mongodb.exact import Document, Write, update_many, update_one
from etl.endpoints.mongodb.forms import NUMBER, form_of, known
from etl.endpoints.mongodb.gateway import Gateway
from etl.endpoints.mongodb.names import LETTERS
from etl.endpoints.mongodb.retry import is_transient_bulk
from etl.endpoints.mongodb.runs import cut_short
from etl.mapping.terms import Direction
from etl.record import Key, Violation
from etl.transfer.dead_letter import Acknowledgement, DeadLetter, Novelty, Reading, reason_of
from etl.transfer.letters import Rejection
from etl.transfer.model import Stage

COLLECTION: Final = LETTERS
_MAX_CONTENT: Final = 15_000_000
"""What fits into a document, with room for the reasons."""

_FEW: Final = 4
"""So many letters are read at a time: each may have as much as a document can hold."""

_FOR_NOVELTY: Final = dict.fromkeys(
    ("hash", "origin", "key", "run", "novelty", "acknowledged", "violations.path", "violations.code", *NUMBER), True
)
_ID_DIGITS: Final = 16
_DUPLICATE_KEY: Final = 11000


class MongoLetters:
    """The dead letters of one direction of one mapping. The run's token tells its letters from earlier ones."""

    def __init__(self, gateway: Gateway, direction: Direction) -> None:
        self._gateway = gateway
        self._letters = gateway.collection_of(COLLECTION)
        self._scope = {**gateway.scope, "direction": direction.value}
        self._run = gateway.lease.run
        self._is_indexed = False
        self._reading: Reading | None = None

    def are_waiting(self) -> bool:
        """Return whether there are letters of earlier runs."""
        return self._gateway.retry(lambda: self._letters.find_one(self._earlier(), {"_id": True})) is not None

    def keep(self, rejections: Sequence[Rejection]) -> list[Novelty]:
        """Keep these, each once, however often it is rejected; return what each is to the runs before."""
        if not self._is_indexed:
            for names in (
                (*self._scope, "origin"),
                (*self._scope, "hash"),
                (*self._gateway.scope, "reason", "novelty"),
            ):
                self._gateway.write(partial(self._letters.create_index, names))
            self._is_indexed = True
        before = self._before(rejections)
        writes = [self._upsert(*each) for each in zip(rejections, before, strict=True)]
        self._gateway.write(lambda: self._write(writes), on=is_transient_bulk)
        return [Novelty.NEW if old is None else _novelty_of(old) for old in before]

    def _before(self, rejections: Sequence[Rejection]) -> list[dict[str, Any] | None]:
        """Return of each rejection what has the same record, rejected before for the same reasons, and told of."""
        wanted = self._earlier() | {"hash": {"$in": [rejection.hash for rejection in rejections]}}
        found = self._found(wanted, _FOR_NOVELTY)
        untold = cut_short(self._gateway, {each["run"] for each in found if _is_new(each)})
        told = defaultdict(list)
        for each in found:
            if not _is_new(each) or each["run"] not in untold:
                told[each["hash"]].append(each)
        return [next((old for old in told[new.hash] if _is_same(old, new)), None) for new in rejections]

    def of_keys(self, keys: Sequence[Key]) -> dict[str, str]:
        """Return the earlier letters of these keys: the file of each, by its id."""
        return self._files(self._earlier() | {"key": {"$in": [list(key) for key in keys]}})

    def files(self) -> set[str]:
        """Return the files of the earlier letters."""
        return set(self._files(self._earlier()).values())

    def _files(self, wanted: dict[str, Any]) -> dict[str, str]:
        found = self._found(wanted, {"file": True, "origin": True, **NUMBER})
        return {letter["_id"]: _file_of(letter) for letter in found}

    def _found(self, wanted: Document, names: dict[str, bool]) -> list[Document]:
        return known(self._gateway.retry(lambda: list(self._letters.find_many(wanted, names))), COLLECTION)

    def clear(self, ids: Sequence[str]) -> None:
        """Clear the earlier letters with these ids."""
        self._delete({"_id": {"$in": list(ids)}})

    def clear_origins(self, origins: Sequence[str]) -> None:
        """Clear the earlier letters of these origins."""
        self._delete({"origin": {"$in": list(origins)}})

    def clear_files(self, files: Sequence[str]) -> None:
        """Clear the earlier letters of these files."""
        self._delete({"file": {"$in": list(files)}})

    def clear_unread(self, origins: Sequence[str]) -> None:
        """Clear what says that these origins could not be read."""
        self._delete({"origin": {"$in": list(origins)}, "content": {"$exists": False}, "stage": Stage.READ.value})

    def _earlier(self) -> dict[str, Any]:
        return {**self._scope, "run": {"$ne": self._run}}

    def _delete(self, wanted: dict[str, Any]) -> None:
        self._gateway.write(lambda: self._letters.delete_many(self._earlier() | wanted))

    def _write(self, writes: Sequence[Write]) -> None:
        """Write letters; one that is there as this run's already was written before, and the answer was lost."""
        try:
            self._letters.bulk_write(writes)
        except BulkWriteError as error:
            wrong = [each for each in error.details["writeErrors"] if each["code"] != _DUPLICATE_KEY]
            if wrong or error.details.get("writeConcernErrors"):
                raise BulkWriteError({**error.details, "writeErrors": wrong}) from None

    def _upsert(self, rejection: Rejection, before: dict[str, Any] | None) -> Write:
        now = self._gateway.now()
        always = {
            "stage": rejection.stage,
            "violations": list(rejection.reasons),
            "reason": reason_of(Violation(**rejection.reasons[0])),
            "last": now,
            "run": self._run,
            "key": list(rejection.key) or None,
            "file": rejection.file,
            "novelty": (Novelty.NEW if before is None else _novelty_of(before)).value,
            "reading": asdict(rejection.reading or self._next_reading()),
        }
        if rejection.around is not None:
            always["around"] = orjson.dumps(rejection.around)
        acknowledged = (before or {}).get("acknowledged")
        said: dict[str, Any] = (
            {"$set": always | {"acknowledged": acknowledged}}
            if acknowledged
            else {
                "$set": always,
                "$unset": {"acknowledged": True},
            }
        )
        once = {**self._scope, "origin": rejection.origin, "hash": rejection.hash, "first": now}
        if rejection.content is not None and len(rejection.content) <= _MAX_CONTENT:
            once["content"] = rejection.content
        if rejection.document is not None:
            once["document"] = rejection.document
        named = "\0".join((*self._scope.values(), rejection.origin, rejection.hash)).encode()
        id_ = hashlib.blake2b(named, digest_size=_ID_DIGITS // 2).hexdigest()
        other = {"_id": id_, "run": {"$ne": self._run}}
        return update_one(other, {**said, "$setOnInsert": once, "$inc": {"attempts": 1}}, upsert=True)

    def _next_reading(self) -> Reading:
        before = self._reading
        self._reading = Reading(self._gateway.now()) if before is None else Reading(before.at, before.number + 1)
        return self._reading


class KnownLetters(MongoLetters):
    """The same, for who only looks: nothing is kept or cleared, but it is said what would be known."""

    def are_waiting(self) -> bool:
        """Return that there is nothing to clear."""
        return False

    def keep(self, rejections: Sequence[Rejection]) -> list[Novelty]:
        """Return what each is to the runs before."""
        return [Novelty.NEW if old is None else _novelty_of(old) for old in self._before(rejections)]


def find_letters(
    gateway: Gateway, direction: Direction | None = None, ids: Iterable[str] = (), *, whole: bool = True
) -> Iterator[DeadLetter]:
    """Yield the letters of a mapping, the first one first.

    ids: only those whose id begins with one of these. whole: with their contents.
    """
    wanted: dict[str, Any] = dict(gateway.scope)
    if direction is not None:
        wanted["direction"] = direction.value
    if ids := list(ids):
        wanted["$or"] = [{"_id": {"$gte": id_, "$lt": f"{id_}g"}} for id_ in ids]
    names = None if whole else {"content": False}
    letters = gateway.collection_of(COLLECTION)
    cursor = gateway.retry(lambda: letters.find_many(wanted, names).sort([("first", 1), ("_id", 1)]))
    yield from map(_as_letter, cursor)


def read_whole(gateway: Gateway, letters: Sequence[DeadLetter]) -> Iterator[DeadLetter]:
    """Yield these letters in their order, with their contents; a few are held at a time."""
    for start in range(0, len(letters), _FEW):
        few = [letter.id for letter in letters[start : start + _FEW]]
        found = {letter.id: letter for letter in find_letters(gateway, ids=few)}
        yield from (found[id_] for id_ in few if id_ in found)


def acknowledge_letters(gateway: Gateway, letters: Sequence[DeadLetter], what: Acknowledgement) -> int:
    """Note that a person has taken note of letters; return how many there were."""
    said = {"novelty": Novelty.ACKNOWLEDGED.value, "acknowledged": {"at": what.at, "by": what.by, "note": what.note}}
    wanted = {**gateway.scope, "_id": {"$in": [letter.id for letter in letters]}}
    noted = [update_many(wanted, {"$set": said})]
    kept = gateway.collection_of(COLLECTION)
    return gateway.write(lambda: kept.bulk_write(noted), on=is_transient_bulk).matched_count


def drop_letters(gateway: Gateway, letters: Iterable[DeadLetter]) -> int:
    """Remove letters; return how many there were."""
    wanted = {**gateway.scope, "_id": {"$in": [letter.id for letter in letters]}}
    return gateway.write(lambda: gateway.collection_of(COLLECTION).delete_many(wanted)).deleted_count


def _as_letter(found: dict[str, Any]) -> DeadLetter:
    form_of(found, COLLECTION)
    return DeadLetter(
        found["_id"],
        Direction(found["direction"]),
        found["origin"],
        _as_key(found.get("key")),
        found["stage"],
        tuple(Violation(**violation) for violation in found["violations"]),
        found.get("content"),
        found["hash"],
        found["first"],
        found["last"],
        found["attempts"],
        found.get("document"),
        Novelty(found.get("novelty", Novelty.NEW.value)),
        Acknowledgement(**found["acknowledged"]) if found.get("acknowledged") else None,
        _file_of(found),
        Reading(**found["reading"]) if found.get("reading") else None,
        orjson.loads(found["around"]) if found.get("around") else None,
    )


def _file_of(found: dict[str, Any]) -> str:
    return str(found.get("file") or found["origin"])


def _is_new(found: dict[str, Any]) -> bool:
    """Return whether a letter was new when it was rejected last; one of an earlier engine may have been."""
    return bool(found.get("novelty", Novelty.NEW.value) == Novelty.NEW.value)


def _novelty_of(before: dict[str, Any]) -> Novelty:
    """Return what a rejection is that was told of before."""
    return Novelty.ACKNOWLEDGED if before.get("acknowledged") else Novelty.KNOWN


def _is_same(old: dict[str, Any], new: Rejection) -> bool:
    """Return whether a letter with the same hash is of the same record, rejected for the same reasons."""
    of_one = old["origin"] == new.origin or (new.content is not None and new.key and old.get("key") == list(new.key))
    return bool(of_one) and _named(old["violations"]) == _named(new.reasons)


def _named(reasons: Sequence[dict[str, str]]) -> list[tuple[str, str]]:
    """Return what tells reasons apart: their words may be others after an update, or name a time."""
    return [(reason["path"], reason["code"]) for reason in reasons]


def _as_key(found: list[Any] | None) -> Key:
    return tuple(found or ())
