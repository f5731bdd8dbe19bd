"""The form in which an agreement is stored: version 2, or 3 where it has what that does not know.

Version 1, without a number, is read; a newer one than these is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import bson

from etl.endpoints.mongodb.forms import form_of
from etl.endpoints.mongodb.names import LEDGER
from etl.mapping.paths import respelt
from etl.mapping.terms import Sort
from etl.transfer.agreement import Agreement, Intent

FORM: Final = 3
_EARLIER: Final = 2
"""What an earlier engine may read, and write, as well: it knows of nothing that is kept, nor that a record is aside."""

_MARK: Final = 8
_ENTRY: Final = 24
"""A mark of a file's name, then the fingerprint of what that file last held."""


def agreement_of(document: dict[str, Any], collection: str = LEDGER) -> Agreement:
    """Return what a document of `etl_state`, or of another collection, remembers.

    Raises:
        EndpointError: when a newer engine has written it.

    """
    form = form_of(document, collection, FORM)
    turns = document.get("turns") or ()
    return Agreement(
        fingerprint=document.get("fingerprint", b""),
        file=document.get("file", ""),
        deliveries=_unpacked(document.get("deliveries", b"")),
        seen=document.get("seen"),
        told=_by_path(document.get("told")),
        had=_by_path(document.get("had")),
        inside=_by_path(document.get("inside")),
        is_normalised=document.get("normalised", False),
        sent=_by_path(document.get("marks")),
        shared=document.get("shared", False),
        oscillations={respelt(name): (mark, count) for name, mark, count in turns},
        intent=intent_of(document),
        telling=_by_path(document.get("telling")),
        is_unsure=document.get("unsure", False),
        record_sent=document.get("sent_as", b""),
        lacks=document.get("lacks", () if form > 1 else None),
        is_gone=document.get("gone", False),
        sort=Sort(document.get("sort", Sort.RECORD.value)),
        told_whole=document.get("sent"),
        kept=dict(document.get("kept") or ()),
        rest=document.get("rest", b""),
    )


def intent_of(document: dict[str, Any]) -> Intent | None:
    """Return the intent of an update as it is stored, in an agreement or in a note; None where there is none."""
    if "begun" not in document:
        return None
    done = document.get("begun_as")
    return Intent(
        _by_path(document["begun"]), _by_path(document.get("stamps")), None if done is None else agreement_of(done)
    )


def _unpacked(packed: bytes) -> dict[bytes, bytes]:
    entries = (packed[at : at + _ENTRY] for at in range(0, len(packed), _ENTRY))
    return {entry[:_MARK]: entry[_MARK:] for entry in entries}


def _packed(deliveries: Mapping[bytes, bytes]) -> bytes:
    return b"".join(mark + print_ for mark, print_ in deliveries.items())


def _by_path(pairs: Iterable[tuple[str, Any]] | None) -> dict[str, Any]:
    return {respelt(path): value for path, value in pairs or ()}


def fields_of(agreed: Agreement) -> dict[str, Any]:
    """Return what is stored of an agreement; what says nothing is left out, and mostly costs nothing."""
    fields: dict[str, Any] = {"form": _form(agreed)}
    if agreed.fingerprint:
        fields["fingerprint"] = agreed.fingerprint
    if agreed.file:
        fields["file"] = agreed.file
    if agreed.seen is not None:
        fields["seen"] = agreed.seen
    if agreed.told_whole is not None:
        fields["sent"] = agreed.told_whole
    if agreed.sort is not Sort.RECORD:
        fields["sort"] = agreed.sort.value
    if agreed.lacks or agreed.lacks is None:
        fields["lacks"] = agreed.lacks and list(agreed.lacks)
    if agreed.deliveries:
        fields["deliveries"] = _packed(agreed.deliveries)
    if agreed.oscillations:
        fields["turns"] = [[name, mark, count] for name, (mark, count) in agreed.oscillations.items()]
    if agreed.intent is not None:
        fields |= fields_of_intent(agreed.intent)
    fields.update((name, value) for name, value in _flags(agreed) if value)
    fields.update((name, _pairs(values)) for name, values in _by_rule(agreed) if values)
    return fields


def _form(agreed: Agreement) -> int:
    if agreed.kept or agreed.rest or agreed.is_gone or agreed.sort is not Sort.RECORD:
        return FORM
    return _EARLIER if agreed.intent is None or agreed.intent.done is None else _form(agreed.intent.done)


def _flags(agreed: Agreement) -> tuple[tuple[str, Any], ...]:
    truths = ("normalised", agreed.is_normalised), ("shared", agreed.shared), ("unsure", agreed.is_unsure)
    return (*truths, ("gone", agreed.is_gone), ("sent_as", agreed.record_sent), ("rest", agreed.rest))


def _by_rule(agreed: Agreement) -> tuple[tuple[str, Mapping[Any, Any]], ...]:
    noted = ("told", agreed.told), ("had", agreed.had), ("inside", agreed.inside), ("telling", agreed.telling)
    return (*noted, ("marks", agreed.sent), ("kept", agreed.kept))


def fields_of_intent(intent: Intent) -> dict[str, Any]:
    """Return what is stored of the intent of an update."""
    fields = {"begun": _pairs(intent.values), "stamps": _pairs(intent.stamps)}
    return fields if intent.done is None else {**fields, "begun_as": fields_of(intent.done)}


def differing_fields(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what has to be set, and what has to be removed, for the one to become the other."""
    differing = {name: value for name, value in after.items() if not _is_same(before.get(name), value)}
    return differing, {name: "" for name in before if name not in after}


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two stored values are the same byte for byte: 1 is neither 1.0 nor true."""
    return bool(one == other) and bson.encode({"": one}) == bson.encode({"": other})


def _pairs(values: Mapping[Any, Any]) -> list[list[Any]]:
    """Return names and values as a list: the names may have dots, or begin with a $."""
    return [[name, value] for name, value in values.items()]
