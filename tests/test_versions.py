"""Compare-and-set finds a document while it is exactly as it was read: 1 is neither 1.0 nor true, nor a list with 1."""

from __future__ import annotations

from typing import Any

import bson
import pytest
from bson import Decimal128
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pymongo.database import Database

from etl.endpoints.mongodb.versions import all_as_read, as_read

_SCALARS = st.sampled_from(
    [None, True, False, 0, 1, -1, 2**40, 0.0, 1.0, float(2**40), float("nan"), "", "a", "A", "$a", Decimal128("1")]
)
_NAMES = st.sampled_from(["a", "b", "0", "$a", "a.b", "", "ä"])
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=6
)
_DOCUMENTS = st.dictionaries(st.sampled_from(["a", "b"]), _VALUES)
_LOOSE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def _exactly(document: dict[str, Any]) -> bytes:
    """Return what tells a document from any other; the order of its own fields does not count."""
    return bson.encode({name: document[name] for name in sorted(document)})


@_LOOSE
@given(before=_DOCUMENTS, after=_DOCUMENTS)
@example({"a": 1}, {"a": 1.0})
@example({"a": 1}, {"a": [1]})
@example({"a": [{"b": 1}]}, {"a": [{"b": 1.0}]})
@example({"a": [1]}, {"a": {"0": 1}})
@example({"a": [[1]]}, {"a": []})
@example({"a": {"a.b": 1}}, {"a": {"a.b": 1.0}})
@example({"a": None}, {})
@example({"a": [1, 1.5]}, {"a": [1.0, 1.5]})
@example({"a": [{"b": [1]}, {"b": [1.5]}, {}]}, {"a": [{"b": [1.0]}, {"b": [1.5]}, {}]})
def test_a_document_is_found_exactly_while_it_is_as_it_was_read(
    database: Database[dict[str, Any]], before: dict[str, Any], after: dict[str, Any]
) -> None:
    database.versions.replace_one({"_id": 1}, before, upsert=True)
    read = database.versions.find_one({"_id": 1}) or {}
    database.versions.replace_one({"_id": 1}, after)
    is_same = _exactly(before) == _exactly(after)
    assert (database.versions.find_one(as_read(read, ["a", "b"])) is not None) is is_same
    (group,) = all_as_read([read], ["a", "b"], 50)
    assert (database.versions.find_one(group) is not None) is is_same


@pytest.mark.parametrize("most", [1, 2, 50])
def test_of_many_documents_those_are_found_that_nobody_has_edited(
    database: Database[dict[str, Any]], most: int
) -> None:
    documents = [{"_id": n, "a": n if n % 3 else float(n), "b": [n] * (n % 2)} for n in range(12)]
    database.versions.insert_many(documents)
    read = list(database.versions.find())
    database.versions.update_one({"_id": 4}, {"$set": {"a": 4.0}})
    database.versions.update_one({"_id": 5}, {"$set": {"b": [5.0]}})
    database.versions.update_one({"_id": 6}, {"$unset": {"b": ""}})
    filters = list(all_as_read(read, ["a", "b"], most))
    found = sorted(d["_id"] for each in filters for d in database.versions.find(each))
    assert found == [0, 1, 2, 3, 7, 8, 9, 10, 11]


def test_whole_numbers_of_either_size_are_the_same_number(database: Database[dict[str, Any]]) -> None:
    database.versions.insert_one({"_id": 1, "a": bson.Int64(1)})
    read = database.versions.find_one() or {}
    database.versions.update_one({"_id": 1}, {"$set": {"a": 1}})
    assert database.versions.find_one(as_read(read, ["a"])) is not None
