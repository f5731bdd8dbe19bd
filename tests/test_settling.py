"""What an import sets takes away from no document that it waits: MongoDB itself judges drawn filters."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from etl.mapping.settling import Stamp, settled
from tests.support.site import Site

NOW = datetime(2025, 1, 2, tzinfo=UTC)
VALUES = [True, False, None, 1, 1.0, 2, "a", "b"]
STAMPS = [True, False, None, 1, "a", Stamp.ABSENT, Stamp.NOW]
DOCUMENTS = [
    {name: value for name, value in zip("fgh", values, strict=True) if value != "-"}
    for values in itertools.product([True, False, None, 1, "b", "-"], repeat=3)
]


def condition(rng: random.Random) -> Any:
    """Draw what a filter may ask of a field."""
    name = rng.choice(
        ["plain", "plain", "$eq", "$ne", "$in", "$nin", "$exists", "$not", "$gt", "$gte", "$lt", "$lte", "$type"]
    )
    if name in {"$in", "$nin"}:
        return {name: rng.sample(VALUES, 2)}
    if name == "$not":
        inner = condition(rng)
        return {name: inner if isinstance(inner, dict) else {"$eq": inner}}
    others = {"$exists": rng.random() < 0.5, "$type": "bool"}
    value = others.get(name, rng.choice(VALUES))
    return value if name == "plain" else {name: value}


def drawn(rng: random.Random, depth: int = 0) -> dict[str, Any]:
    """Draw a filter."""
    name = rng.choice(["f", "g", *(["$and", "$or", "$nor"] if depth < 2 else ["h"])])
    if name.startswith("$"):
        return {name: [drawn(rng, depth + 1) for _ in range(rng.randint(1, 2))]}
    return {name: condition(rng)}


def after(document: dict[str, Any], stamps: dict[str, Any]) -> dict[str, Any]:
    made = {**document, **{name: NOW if value is Stamp.NOW else value for name, value in stamps.items()}}
    return {name: value for name, value in made.items() if value is not Stamp.ABSENT}


@pytest.mark.parametrize("seed", range(4))
def test_a_document_that_waits_does_so_after_what_an_import_sets_on_it(site: Site, seed: int) -> None:
    rng, documents, waited = random.Random(seed), site.database["documents"], 0
    for _ in range(100):
        filter_ = drawn(rng)
        stamps = {name: rng.choice(STAMPS) for name in rng.sample(["f", "g"], rng.randint(1, 2))}
        left = {name: value for name, value in stamps.items() if name not in settled(filter_, stamps)}
        some = list(enumerate(rng.sample(DOCUMENTS, 12)))
        documents.delete_many({})
        documents.insert_many([{**one, "at": at, "step": 0} for at, one in some])
        documents.insert_many([{**after(one, left), "at": at, "step": 1} for at, one in some])
        try:
            found = {(one["at"], one["step"]) for one in documents.find(filter_)}
        except OperationFailure:  # no filter that MongoDB takes
            continue
        lost = [one for at, one in some if (at, 0) in found and (at, 1) not in found]
        assert lost == [], f"{filter_} does not take {lost} any more with {left} of {stamps}"
        waited += sum((at, 0) in found for at, _ in some)
    assert waited > 100


@pytest.mark.parametrize(
    ("filter_", "stamps", "left_out"),
    [
        ({"isSynced": {"$ne": True}}, {"isSynced": False, "updatedAt": Stamp.NOW}, ""),
        ({"isSynced": {"$ne": True}, "site": "A"}, {"isSynced": False}, ""),
        ({"$or": [{"isSynced": False}, {"isSynced": {"$exists": False}}], "site": "A"}, {"isSynced": False}, ""),
        ({"$nor": [{"isSynced": True}]}, {"isSynced": False}, ""),
        ({"isSynced": {"$lt": True}}, {"isSynced": False}, ""),
        ({"updatedAt": {"$gt": NOW}}, {"updatedAt": Stamp.NOW}, ""),
        ({"isSynced": {"$ne": True}}, {"isSynced": True, "updatedAt": Stamp.NOW}, "isSynced"),
        ({"isSynced": {"$not": {"$in": [True]}}, "site": "A"}, {"isSynced": True}, "isSynced"),
        (
            {"$or": [{"syncedAt": None}, {"isSynced": False}]},
            {"isSynced": True, "syncedAt": Stamp.NOW},
            "isSynced syncedAt",
        ),
    ],
)
def test_all_else_is_set(filter_: dict[str, Any], stamps: dict[str, Any], left_out: str) -> None:
    assert settled(filter_, stamps) == set(left_out.split())
