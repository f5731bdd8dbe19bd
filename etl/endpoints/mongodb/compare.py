"""Comparing outside records with the documents of their keys, and with what was agreed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import orjson
from bson import Decimal128

from etl.endpoints.mongodb.store import Store
from etl.mapping.fields import read_names
from etl.mapping.terms import Side
from etl.record import Key, Record, Violation
from etl.transfer.agreement import Agreement
from etl.transfer.intents import settle_intent
from etl.transfer.merge import Decision
from etl.transfer.model import Candidate, Change, Outcome

_IN_THE_WAY: Final = Violation("", "key", "a document has this key as a list or as another type of number; correct it")


@dataclass(slots=True)
class Detail:
    """What applying needs: the decision, the document it was made for, and what to remember once it is done.

    remembered: what is remembered now. agreed: what that comes to, in the light of the document.
    It is not frozen, see `etl.transfer.model`.
    """

    decision: Decision
    current: Record | None
    agreement: Agreement
    remembered: Agreement | None
    agreed: Agreement | None


@dataclass(frozen=True, slots=True)
class Found:
    """Documents by key. blocked: keys that a document has in a form that identifies nothing, such as a list."""

    documents: dict[Key, Record]
    blocked: set[Key]


class Comparer:
    """Decides what records mean for the documents of one mapping."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._merger = store.merger

    def compare(self, candidates: Sequence[Candidate]) -> list[Change]:
        """Decide for every candidate. One that says what it said last time costs one look at the key index."""
        if not candidates:
            return []
        agreed = self.agreements([candidate.key for candidate in candidates])
        prints = {candidate.key: fingerprint(candidate.source) for candidate in candidates}
        known = {c.key for c in candidates if self._is_known(c, prints[c.key], agreed.get(c.key))}
        present = self.find(known, keys_only=True)
        current = self.find([c.key for c in candidates if c.key not in known])
        changes = []
        for candidate in candidates:
            key = candidate.key
            if not candidate.last and (found := agreed.get(key)) and found.shared:
                changes.append(Change(candidate, Outcome.UNCHANGED, hold=True))
            elif key in present.blocked or key in current.blocked:
                changes.append(Change(candidate, Outcome.REJECTED, _IN_THE_WAY))
            elif key in present.documents:
                changes.append(Change(candidate, Outcome.UNCHANGED))
            else:
                changes.append(self._decide(candidate, prints[key], current.documents.get(key), agreed.get(key)))
        return changes

    @cached_property
    def _names(self) -> tuple[str, ...]:
        """The top-level names of all that a decision looks at."""
        newest = self._store.mapping.conflicts.newest
        dates = () if newest is None else (str(newest.inside.path[0]),)
        owned = (str(path[0]) for path in self._merger.owned)
        return tuple(dict.fromkeys((*owned, *read_names(self._store.mapping, Side.INSIDE), *dates)))

    def _is_known(self, candidate: Candidate, print_: bytes, agreed: Agreement | None) -> bool:
        shared = agreed is not None and agreed.shared
        is_known = self._merger.is_known(candidate.target, print_, agreed)
        return is_known and shared == _is_shared(candidate, agreed)

    def _decide(
        self, candidate: Candidate, print_: bytes, current: Record | None, remembered: Agreement | None
    ) -> Change:
        agreed = None if remembered is None else settle_intent(remembered, self._merger.units, current)
        decision = self._merger.decide(candidate.source, candidate.target, print_, current, agreed)
        is_new = decision.outcome is Outcome.CREATED  # what was sent of an earlier one with this key is no matter now
        sent = None if is_new else self._merger.still_sent(candidate.target, agreed)
        seen = self._merger.values(candidate.target)
        agreement = Agreement(print_, seen, sent, _is_shared(candidate, agreed), decision.oscillations)
        detail = Detail(decision, current, agreement, remembered, agreed)
        reasons = tuple(Violation(d.rule, "conflict", d.why) for d in decision.disputes if d.winner is None)
        return Change(candidate, decision.outcome, detail, decision.note, reasons, deletes=decision.deletes)

    def agreements(self, keys: Sequence[Key]) -> dict[Key, Agreement]:
        """Return what is remembered of these keys."""
        return self._store.state.load(keys)

    def find(self, keys: Collection[Key], *, keys_only: bool = False) -> Found:
        """Return the documents of these keys, with all that a decision looks at, or with their keys only."""
        if not keys:
            return Found({}, set())
        names = self._store.key_names if keys_only else (*self._names, *self._store.key_tops)
        projection = dict.fromkeys(names, True) | {"_id": not keys_only}
        found = self._store.retry(
            lambda: list(self._store.documents.find(self._by_key(keys), projection).batch_size(len(keys) + 1))
        )
        by_key = [(self._store.key_of(document), document) for document in found]
        documents = {key: document for key, document in by_key if all(isinstance(part, int | str) for part in key)}
        odd = [key for key, _ in by_key if not all(isinstance(part, int | str) for part in key)]
        return Found(documents, {key for key in keys for other in odd if all(map(_equal, key, other))})

    def _by_key(self, keys: Collection[Key]) -> dict[str, Any]:
        names = self._store.key_names
        if len(names) == 1:
            return {names[0]: {"$in": [key[0] for key in keys]}}
        return {"$or": [dict(zip(names, ({"$eq": part} for part in key), strict=True)) for key in keys]}


def fingerprint(record: Record) -> bytes:
    """Return 16 bytes that tell one outside record from another, whatever the order of its names."""
    return hashlib.blake2b(orjson.dumps(record, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _is_shared(candidate: Candidate, agreed: Agreement | None) -> bool:
    """Return whether other outside records have its key, as far as is known now."""
    return candidate.repeats or (candidate.item.replayed and agreed is not None and agreed.shared)


def _equal(wanted: Any, found: Any) -> bool:
    """Return whether MongoDB takes a key's part for equal to what a document has there."""
    if isinstance(found, list):
        return any(_equal(wanted, item) for item in found)
    return bool(wanted == (found.to_decimal() if isinstance(found, Decimal128) else found))
