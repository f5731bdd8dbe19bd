"""What `export_when` compares with: `check` refuses what MongoDB refuses, before a run is at work."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pymongo.database import Database
from pymongo.errors import OperationFailure

from etl.errors import MappingError
from etl.mapping.language.document import Document
from etl.mapping.language.parse_mongodb import parse_mongodb

CONDITIONS: list[dict[str, Any]] = [
    {"$regex": "("}, {"$regex": "^WO-"}, {"$regex": 1}, {"$options": "i"}, {"$regex": "a", "$options": "i"},
    {"$regex": "a", "$options": "q"}, {"$mod": [0, 1]}, {"$mod": [4, 0]}, {"$mod": [4]}, {"$mod": 4},
    {"$mod": [4, "a"]},
    {"$mod": [4.5, 1.5]}, {"$mod": [0.5, 0]}, {"$type": "foo"}, {"$type": "date"}, {"$type": ["int", "long"]},
    {"$type": 9}, {"$type": 77}, {"$type": []}, {"$type": "number"}, {"$size": -1}, {"$size": 2}, {"$size": 1.5},
    {"$size": "2"}, {"$size": 2.0}, {"$bitsAllSet": -1}, {"$bitsAllSet": 5}, {"$bitsAnyClear": [0, 3]},
    {"$bitsAnySet": ["a"]}, {"$bitsAllClear": [70]}, {"$bitsAllSet": "5"}, {"$not": {}}, {"$not": {"$eq": 1}},
    {"$not": 1}, {"$elemMatch": {"$eq": 1}}, {"$elemMatch": 1}, {"$exists": "x"}, {"$ne": None}, {"$in": [1, None]},
    {"$all": []}, {"$gt": {"a": 1}}, {"$not": {"$mod": [0, 1]}}, {"$elemMatch": {"$size": -1}},
]  # fmt: skip


@pytest.mark.parametrize("condition", CONDITIONS, ids=json.dumps)
def test_a_condition_is_refused_where_mongodb_refuses_it(database: Database[Any], condition: dict[str, Any]) -> None:
    database.orders.insert_one({"x": 1})
    try:
        list(database.orders.find({"x": condition}))
        takes = True
    except OperationFailure:
        takes = False
    assert _is_taken(condition) == takes


def _is_taken(condition: dict[str, Any]) -> bool:
    mongodb = {"collection": "orders", "export_when": {"x": condition}, "on_export": {"y": True}}
    document = Document("m.yaml", {"inside": {"mongodb": mongodb}})
    parse_mongodb(document)
    try:
        document.raise_findings()
    except MappingError as error:
        assert all(finding.code == "E195" for finding in error.findings)
        return False
    return True


def test_the_finding_says_what_would_be_taken() -> None:
    mongodb = {"collection": "orders", "export_when": {"x": {"$mod": [0, 1]}}, "on_export": {"y": True}}
    document = Document("m.yaml", {"inside": {"mongodb": mongodb}})
    parse_mongodb(document)
    (finding,) = document.findings
    assert (finding.message, finding.fix) == ("MongoDB refuses this $mod", "write $mod: [4, 0], for example")
