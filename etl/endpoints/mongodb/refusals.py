"""What MongoDB refuses, in words: by which index or validator, with its details, and the command that helps."""

from __future__ import annotations

from collections.abc import Mapping as Table
from typing import Any, Final

from bson import json_util

DUPLICATE_KEY: Final = 11000
_INVALID: Final = 121
_LONGEST: Final = 400
_STRENGTH: Final = {1: "capitals and accents", 2: "capitals"}


def is_duplicate(wrong: Table[str, Any]) -> bool:
    """Return whether a write was refused since a unique index has its key already."""
    return bool(wrong["code"] == DUPLICATE_KEY)


def why_refused(wrong: Table[str, Any], collection: str) -> str:
    """Return why a write was refused. wrong: MongoDB's own account, one of `writeErrors`."""
    said = str(wrong.get("errmsg"))
    if is_duplicate(wrong):
        return _why_taken(wrong, collection, said)
    if wrong["code"] == _INVALID:
        details = (wrong.get("errInfo") or {}).get("details", {})
        text = json_util.dumps(details, ensure_ascii=False)
        text = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
        return (
            f"refused by the validator of {collection}: {said}: {text}; correct the record or the mapping, or see "
            f'db.getCollectionInfos({{name: "{collection}"}})[0].options.validator'
        )
    return f"refused: {said}"


def _why_taken(wrong: Table[str, Any], collection: str, said: str) -> str:
    index = said.partition(" index: ")[2].partition(" ")[0]
    names = " + ".join(wrong.get("keyPattern", {}))
    drop = f'db.{collection}.dropIndex("{index}")'
    if (collation := wrong.get("collation")) is not None:
        loose = _STRENGTH.get(collation.get("strength"), "some differences")
        return (
            f"refused: another document has the same {names} under the collation {collation.get('locale')} "
            f"(strength {collation.get('strength')}) of the unique index {index}, which does not tell {loose} apart; "
            f"give one of them another {names}, or drop the index with {drop}"
        )
    if index.startswith("etl_"):
        return (
            f"refused: the unique index {index} lets only one document have this {names}: it is of a key of {names} "
            f"alone, which this mapping has not; if no other mapping has it, drop the index with {drop}"
        )
    return f"refused: the unique index {index} lets only one document have this {names}: {said}"
