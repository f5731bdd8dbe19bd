"""The form in which an agreement is stored: version 2. Version 1, without a number, is read; a newer one is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import bson

from etl.errors import EndpointError
from etl.mapping.paths import respelt
from etl.transfer.agreement import Agreement, Intent, Noted

FORM: Final = 2
_MARK: Final = 8
_ENTRY: Final = 24
"""A mark of a file's name, then the fingerprint of what that file last held."""


def agreement_of(document: dict[str, Any]) -> Agreement:
    """Return what a document of `etl_state` remembers.

    Raises:
        EndpointError: when a newer engine has written it.

    """
    form = document.get("form", 1)
    if form > FORM:
        raise EndpointError(
            f"etl_state has what a newer version of this engine remembers (form {form}; this one knows {FORM}): "
            "update the engine; nothing was written"
        )
    turns = document.get("turns") or ()
    return Agreement(
        fingerprint=document.get("fingerprint", b""),
        file=document.get("file", ""),
        deliveries=_unpacked(document.get("deliveries", b"")),
        seen=document.get("seen"),
        told=_by_path(document.get("told")),
        inside=_by_path(document.get("inside")),
        is_normalised=document.get("normalised", False),
        sent=_by_path(document.get("marks")),
        shared=document.get("shared", False),
        oscillations={respelt(name): (mark, count) for name, mark, count in turns},
        intent=_intent_of(document),
        telling=_by_path(document.get("telling")),
        record_sent=document.get("sent_as", b""),
        lacks=document.get("lacks", () if form > 1 else None),
        told_whole=document.get("sent"),
    )


def _intent_of(document: dict[str, Any]) -> Intent | None:
    values = _by_path(document.get("begun"))
    if not values:
        return None
    done = document.get("begun_as")
    return Intent(values, _by_path(document.get("stamps")), None if done is None else agreement_of(done))


def _unpacked(packed: bytes) -> dict[bytes, bytes]:
    entries = (packed[at : at + _ENTRY] for at in range(0, len(packed), _ENTRY))
    return {entry[:_MARK]: entry[_MARK:] for entry in entries}


def _packed(deliveries: Mapping[bytes, bytes]) -> bytes:
    return b"".join(mark + print_ for mark, print_ in deliveries.items())


def _by_path(pairs: Iterable[tuple[str, Any]] | None) -> dict[str, Any]:
    return {respelt(path): value for path, value in pairs or ()}


def fields_of(agreed: Agreement) -> dict[str, Any]:
    """Return what is stored of an agreement; what says nothing is left out."""
    fields: dict[str, Any] = {
        "fingerprint": agreed.fingerprint,
        "file": agreed.file,
        "deliveries": _packed(agreed.deliveries),
        "told": _pairs(agreed.told),
        "inside": _pairs(agreed.inside),
        "normalised": agreed.is_normalised,
        "marks": _pairs(dict(agreed.sent)),
        "shared": agreed.shared,
        "turns": [[name, mark, count] for name, (mark, count) in agreed.oscillations.items()],
        "begun": _pairs(agreed.intent.values) if agreed.intent else None,
        "stamps": _pairs(agreed.intent.stamps) if agreed.intent else None,
        "begun_as": fields_of(agreed.intent.done) if agreed.intent and agreed.intent.done else None,
        "telling": _pairs(agreed.telling),
        "sent_as": agreed.record_sent,
        "lacks": list(agreed.lacks or ()),
    }
    kept = {name: value for name, value in fields.items() if value}
    if agreed.lacks is None:
        kept["lacks"] = None
    if agreed.seen is not None:
        kept["seen"] = agreed.seen
    if agreed.told_whole is not None:
        kept["sent"] = agreed.told_whole
    return {"form": FORM, **kept}


def differing_fields(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what has to be set, and what has to be removed, for the one to become the other."""
    differing = {name: value for name, value in after.items() if not _is_same(before.get(name), value)}
    return differing, {name: "" for name in before if name not in after}


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two stored values are the same byte for byte: 1 is neither 1.0 nor true."""
    return bool(one == other) and bson.encode({"": one}) == bson.encode({"": other})


def _pairs(values: Noted) -> list[list[Any]]:
    """Return names and values as a list: the names may have dots, or begin with a $."""
    return [[name, value] for name, value in values.items()]
