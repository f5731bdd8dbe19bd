"""The interpreter's two laws, on generated records, and what must hold of any input at all."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from etl import Direction, RecordError, translator
from etl.endpoints.files.json_object import parse_json
from etl.mapping.paths import PathError, format_path, get, parse_path, put, remove
from etl.mapping.schemas.validation import RecordSchema, json_form, native_form
from etl.mapping.terms import Side, Winner
from etl.record import ABSENT
from etl.transfer.agreement import Agreement
from etl.transfer.conflicts import ConflictPolicy
from etl.transfer.deliveries import Standing
from etl.transfer.merge import Merger
from etl.transfer.model import Outcome
from etl.transfer.unit import Unit
from tests.support.mappings import loaded
from tests.support.site import MAPPING_FILE

MAPPING = loaded(MAPPING_FILE)
inward, outward = (translator(MAPPING, direction) for direction in Direction)
STATUSES = MAPPING.inside.schema["properties"]["status"]["enum"]
int64 = st.integers(-(2**63), 2**63 - 1)
# a date near the first or the last year has no other offset to be written in
milliseconds = st.integers(-62135500000000, 253402200000000).map(
    lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
work_orders = st.fixed_dictionaries(
    {"number": int64, "title": st.text(), "status": st.sampled_from(STATUSES), "createdAt": milliseconds},
    optional={"deletedAt": milliseconds, "updatedAt": milliseconds},
)
flags = st.sampled_from([True, False, None])
names = ("isDeleted", "isDone", "isCanceled", "isOnHold", "isPending", "isActive")
date_texts = st.datetimes(
    datetime(2, 1, 1),  # noqa: DTZ001 - bounds are naive, zones are drawn
    datetime(9998, 12, 31),  # noqa: DTZ001 - as above
    timezones=st.sampled_from([UTC, None]),
).map(lambda date: date.isoformat())
client_records = st.fixed_dictionaries(
    {"orderNo": int64, "summary": st.text(), "creationDate": date_texts},
    optional={"deletedDate": st.none() | date_texts, **dict.fromkeys(names, flags)},
)
json_values = st.recursive(
    st.none() | st.booleans() | int64 | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=10,
)
two_way = ("number", "title", "createdAt", "deletedAt", "status")


@given(work_orders)
def test_what_goes_out_comes_back_the_same(order: dict[str, Any]) -> None:
    back = inward(outward(order))
    assert {name: back.get(name) for name in two_way} == {name: order.get(name) for name in two_way}


@given(client_records)
def test_a_round_trip_normalises_once_and_then_is_stable(record: dict[str, Any]) -> None:
    once = outward(inward(record))
    assert outward(inward(once)) == once


@given(st.dictionaries(st.sampled_from([*names, "orderNo", "summary", "creationDate", "deletedDate"]), json_values))
def test_any_object_is_translated_or_rejected_and_never_changed(record: dict[str, Any]) -> None:
    before = copy.deepcopy(record)
    try:
        inward(record)
    except RecordError as error:
        assert error.violations
    assert record == before


@given(st.dictionaries(st.sampled_from(["number", "title", "status", "createdAt", "deletedAt"]), json_values))
def test_any_document_is_translated_or_rejected(document: dict[str, Any]) -> None:
    try:
        outward(document)
    except RecordError as error:
        assert error.violations


@given(client_records | st.dictionaries(st.sampled_from([*names, "orderNo"]), json_values))
def test_the_fast_and_the_thorough_schema_check_agree(record: dict[str, Any]) -> None:
    schema = RecordSchema(MAPPING.outside.schema)
    found = list(schema._validator().iter_errors(record))
    assert bool(schema.problems(record)) == bool(found)


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:0123456789eE-+.\\u nulltrefas', max_size=60).map(str.encode))
def test_any_bytes_are_a_json_object_or_a_value_error(raw: bytes) -> None:
    try:
        assert isinstance(parse_json(raw), dict)
    except ValueError as error:
        assert str(error)


steps = st.lists(st.text(min_size=1) | st.integers(0, 50), min_size=1, max_size=4).filter(
    lambda path: isinstance(path[0], str)
)


@given(steps, json_values)
def test_a_path_reads_what_was_written_and_nothing_after_a_removal(path: list[Any], value: Any) -> None:
    record: dict[str, Any] = {}
    put(record, tuple(path), value)
    assert get(record, tuple(path)) == value
    remove(record, tuple(path))
    assert get(record, tuple(path)) is (None if isinstance(path[-1], int) else ABSENT)


@given(steps)
def test_a_path_has_one_text_that_means_it(path: list[Any]) -> None:
    assert parse_path(format_path(tuple(path))) == tuple(path)


@given(st.text(max_size=30))
def test_any_text_is_a_path_or_a_path_error(text: str) -> None:
    try:
        assert parse_path(text)
    except PathError as error:
        assert 0 <= error.column <= len(text)


@given(work_orders)
def test_an_inside_record_has_one_json_form(order: dict[str, Any]) -> None:
    assert native_form(MAPPING.inside.schema)(json_form(order)) == order


values = st.sampled_from([ABSENT, None, 1, 2])
states = st.fixed_dictionaries({"a": values, "b": values}).map(
    lambda state: {name: value for name, value in state.items() if value is not ABSENT}
)
units = tuple(Unit(((name,),), Winner.OUTSIDE, texts=(name,)) for name in "ab")
policy = ConflictPolicy({Side.OUTSIDE: "client", Side.INSIDE: "tracos"})
merger = Merger(units, (), (), policy, lambda record, _: record, lambda record, _: record)


@given(seen=states, sent=st.none() | states, desired=states, current=states)
def test_only_what_changed_outside_is_written_inside(
    seen: dict[str, Any], sent: dict[str, Any] | None, desired: dict[str, Any], current: dict[str, Any]
) -> None:
    told = {} if sent is None else {name: sent.get(name) for name in ("a", "b")}
    decision = merger.decide({}, desired, Standing.NEWS, current, Agreement(seen=seen, told=told))
    after = {name: value for name, value in (current | decision.patch).items() if value is not ABSENT}
    for name in ("a", "b"):
        changed = all(desired.get(name) != base.get(name) for base in (seen, sent) if base is not None)
        assert after.get(name) == (desired if changed else current).get(name)
    assert (decision.outcome is Outcome.UPDATED) == bool(decision.patch)


@given(seen=states, desired=states, current=states)
def test_the_same_outside_record_never_overwrites_an_edit(
    seen: dict[str, Any], desired: dict[str, Any], current: dict[str, Any]
) -> None:
    """Under an edited mapping the same record may mean something else: it is applied where nobody edited."""
    decision = merger.decide({}, desired, Standing.LAST, current, Agreement(seen=seen))
    after = {name: value for name, value in (current | decision.patch).items() if value is not ABSENT}
    for name in ("a", "b"):
        edited = current.get(name) != seen.get(name)
        assert after.get(name) == (current if edited else desired).get(name)
