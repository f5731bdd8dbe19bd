"""What stands around a record that goes out, and which names of files may be one."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.endpoints.files.names import part_namer, record_namer
from etl.mapping.entries import FIELDS, RECORD, RECORDS, Envelope
from etl.mapping.templates import can_be_one

RECORD_7 = {"id": 7, "note": "a b", "cost": 1.5, "open": True, "none": None, "site": {"code": "HAM"}, "tags": ["x"]}
WORDS = {RECORD: {"id": 7}, FIELDS: ["id"], RECORDS: [1, 2]}

FILLED: dict[str, tuple[Any, Any]] = {
    "the record": ("$record", {"id": 7}),
    "the names": ({"mask": "$fields"}, {"mask": ["id"]}),
    "a batch": ([{"all": "$records"}], [{"all": [1, 2]}]),
    "a value with its type": (["{id}", "{cost}", "{open}", "{none}", "{tags}"], [7, 1.5, True, None, ["x"]]),
    "values in a text": ("WO {id} at {site.code}: {cost}, {open}", "WO 7 at HAM: 1.5, true"),
    "nothing for no value": ({"a": "{missing}", "b": ["{missing}", 1]}, {"b": [1]}),
    "other texts with a sign": (["$type", "$record ", "a $record"], ["$type", "$record ", "a $record"]),
    "whatever else": ({"kind": 7, "x": None, "y": [True]}, {"kind": 7, "x": None, "y": [True]}),
}


@pytest.mark.parametrize("case", FILLED)
def test_an_envelope_is_filled(case: str) -> None:
    around, made = FILLED[case]
    filled = Envelope(around).compiled()(WORDS, RECORD_7)
    assert repr(filled) == repr(made)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("WO {missing}", "missing has no value"),
        ("WO {none}", "none is null"),
        ("WO {site}", "site is an object"),
        ("WO {tags}.", "tags is a list"),
    ],
)
def test_a_text_that_lacks_a_value_refuses_the_record(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Envelope({"a": [text]}).compiled()(WORDS, RECORD_7)


NAMES = st.text(st.sampled_from("ab_-1A."), min_size=1, max_size=4)
TEMPLATES = st.sampled_from(
    ["{a}.json", "new_{a}.json", "{a}_new.json", "new_{a}_x.json", "{a}-{b}.json", "NEW_{a}.json", "a{a}", "{$id}.json"]
)


@given(TEMPLATES, TEMPLATES, NAMES, NAMES, NAMES)
def test_two_records_share_a_name_only_where_the_templates_say_so(one: str, other: str, a: str, b: str, c: str) -> None:
    names = {
        record_namer(template)({"a": value, "b": b}, value).casefold() for template, value in ((one, a), (other, c))
    }
    assert len(names) == 2 or can_be_one(one, other, ())


@pytest.mark.parametrize(
    ("one", "other", "whole", "shared"),
    [
        ("new_{id}.json", "order_{id}.json", (), False),
        ("new_{id}.json", "{id}.json", (), True),
        ("new_{id}.json", "{id}.json", ("id",), False),
        ("New_{id}.json", "new_{id}.json", (), True),
        ("{id}_a.json", "{id}_b.json", (), False),
        ("a_{run}_{part}.jsonl", "b_{run}_{part}.jsonl", (), False),
    ],
)
def test_names_that_may_be_one_are_told(one: str, other: str, whole: tuple[str, ...], shared: bool) -> None:
    assert can_be_one(one, other, whole) is shared
    assert can_be_one(other, one, whole) is shared


def test_a_name_of_a_file_of_many_is_never_that_of_another_entry() -> None:
    started = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    names = [set(islice(part_namer(f"{kind}_{{run}}_{{part}}.jsonl", started), 3)) for kind in ("a", "b")]
    assert not names[0] & names[1]


@given(NAMES)
def test_a_creation_that_is_called_after_a_document_without_a_plain_identity_is_refused(name: str) -> None:
    assert record_namer("{$id}.json")({}, name)
    with pytest.raises(ValueError, match="has no value"):
        record_namer("{$id}.json")({}, "")
