"""What the engine does in a short way for usual values means the same as its long way, and refuses the same."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import Direction, Mapping
from etl.mapping.codecs import CodecError, make_codec
from etl.mapping.codecs.iso import read_iso
from etl.mapping.codecs.zones import local_times
from etl.mapping.rules.lines import Line, Role, Spelling
from etl.mapping.rules.moves import Move, fuse
from etl.mapping.rules.table import Table
from etl.mapping.rules.table_steps import _line_by_line, compiled_table
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.schemas.dateless import without_dates
from etl.mapping.schemas.validation import RecordSchema, json_form
from etl.mapping.terms import Field, Position
from etl.record import ABSENT, MAX_INT64, Record, Violation

ZONES = ("UTC", "America/Sao_Paulo")
NOTATIONS = ("2025-01-02T03:04:05", "2025-01-02T03:04:05Z", "2025-01-02T03:04:05-03:00", "2025-01-02T03:04:05.250Z")
ODD_CHARACTERS = "0129-+:.,TtZzW ٣\n"


def misspelt(text: str) -> Iterator[str]:
    """Yield the text with one character replaced, removed or added, at every place."""
    for at in range(len(text) + 1):
        yield text[:at] + text[at + 1 :]
        for character in ODD_CHARACTERS:
            yield text[:at] + character + text[at:]
            yield text[:at] + character + text[at + 1 :]


def decoded(decode: Any, *arguments: Any) -> Any:
    try:
        return decode(*arguments)
    except CodecError as error:
        return str(error)


@pytest.mark.parametrize("zone", ZONES)
def test_a_date_in_the_usual_notation_is_as_strict_as_any_other(zone: str) -> None:
    decode = make_codec("datetime", {"zone": zone}).decode
    texts = {text for notation in NOTATIONS for text in misspelt(notation)} | {"0001-01-01T00:00:00+03:00"}
    for text in (*NOTATIONS, *sorted(texts), "9999-12-31T23:59:59-03:00", "2025-02-29T00:00:00Z"):
        made = decoded(decode, text)
        assert made == decoded(read_iso, text, local_times(zone)), text
        assert isinstance(made, str) or made.tzinfo is UTC, text


@pytest.mark.parametrize("value", [None, 5, True, [], {}, ["-"] * 30, b"2025-01-02T03:04:05Z", datetime(2025, 1, 2)])  # noqa: DTZ001 - what a naive date becomes
def test_only_text_is_a_date_outside(value: Any) -> None:
    assert "expected text" in decoded(make_codec("datetime", {}).decode, value)


@given(st.datetimes(timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=-3)), bson.tz_util.utc])))
def test_a_date_goes_out_with_its_offset(value: datetime) -> None:
    text = make_codec("datetime", {}).encode(value)
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    assert datetime.fromisoformat(text) == aware
    assert text == aware.isoformat()


NAMES = ("done", "held", "open")
STATUS, PHASE = Field(("status",), nulls=("",)), Field(("phase",), when_absent=None)
odd_values: st.SearchStrategy[Any] = st.sampled_from(
    [True, False, None, 0, 1, "", "true", 1.0, [], {}, "DONE", "NONE", datetime(2025, 1, 2, tzinfo=UTC)]
)
accepted: st.SearchStrategy[tuple[Any, ...]] = st.lists(
    st.sampled_from(["DONE", "HELD", 1, 1.0, True, None]), min_size=1, max_size=3
).map(tuple)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Tables of flags, and of one field on either side, with and without an otherwise."""
    if draw(st.booleans()):
        meanings: st.SearchStrategy[str | int] = st.sampled_from(["DONE", "HELD", 7])
        flags = [(Field((name,)), draw(meanings)) for name in NAMES]
        lines = [Line(((flag, (True,)),), ((STATUS, (value,)),)) for flag, value in flags]
        if draw(st.booleans()):
            lines.append(Line((), ((STATUS, ("NONE",)),), role=Role.OTHERWISE))
        return Table(Position(1, 1), tuple(lines), Spelling.FLAGS, Direction.INBOUND.source)
    count = draw(st.integers(1, 4))
    lines = [Line(((PHASE, draw(accepted)),), ((STATUS, draw(accepted)),)) for _ in range(count)]
    if draw(st.booleans()):
        lines.append(Line(((PHASE, (None,)),), ((STATUS, (None,)),), role=Role.ABSENT_PASSES))
    if draw(st.booleans()):
        lines.append(Line((), ((STATUS, ("NONE",)),), role=Role.OTHERWISE, only=Direction.INBOUND))
    return Table(Position(1, 1), tuple(lines), Spelling.VALUES)


@given(tables(), st.dictionaries(st.sampled_from([*NAMES, "status", "phase"]), odd_values))
def test_a_table_that_is_looked_up_decides_as_one_that_is_read_line_by_line(table: Table, record: Record) -> None:
    for direction in Direction:
        results = []
        for step in (compiled_table(table, direction), _line_by_line(table, direction)):
            made: Record = {}
            violations: list[Violation] = []
            step(record, {}, made, violations)
            results.append((made, violations))
        assert repr(results[0]) == repr(results[1])


def _convert(value: Any) -> Any:
    if value in (1, "x"):
        raise CodecError(f"not {value}")
    return [value]


moves = st.builds(
    Move,
    st.sampled_from(["a", "b", "c"]).map(lambda name: Field((name,))),
    st.builds(Field, st.sampled_from([("d",), ("e",), ("f",)]), when_absent=st.sampled_from([ABSENT, None, 0])),
    st.sampled_from([None, _convert]),
)


@given(st.lists(moves), st.dictionaries(st.sampled_from("abc"), odd_values | st.just("x")))
def test_a_run_of_moves_is_its_moves_one_by_one(run: list[Move], record: Record) -> None:
    before = copy.deepcopy(record)
    together: tuple[Record, list[Violation]] = {}, []
    alone: tuple[Record, list[Violation]] = {}, []
    (*steps,) = fuse(run)
    assert len(steps) == bool(run)
    for step in steps:
        step(record, {}, *together)
    for move in run:
        unusual = Move(Field(move.source.path, nulls=("never",)), move.target, move.convert)
        for step in fuse([unusual]):
            step(record, {}, *alone)
    assert together == alone
    assert list(together[0]) == list(alone[0]), "the fields stand in the order of the rules"
    assert record == before


@pytest.mark.parametrize(
    "key", [7, "A-7", MAX_INT64, MAX_INT64 + 1, True, "", None, 7.0, [], {"$gt": 0}, bson.Int64(7)]
)
def test_a_key_of_one_name_is_read_as_strictly_as_any_other(mapping: Mapping, key: Any) -> None:
    record = {"number": key, "title": "Pump", "status": "pending", "createdAt": datetime(2025, 1, 2, tzinfo=UTC)}
    _, read, violations = compile_mapping(mapping, Direction.OUTBOUND)(record)
    right = isinstance(key, int | str) and key not in ("", MAX_INT64 + 1) and key is not True
    assert read == ((key,) if right else ())
    assert [violation.code for violation in violations] == ([] if right else ["key"])


PARTS: list[Any] = [
    True,
    False,
    {},
    {"description": "anything"},
    {"type": "string", "format": "date-time"},
    {"type": ["string", "null"], "format": "date-time", "description": "a date"},
    {"type": "string", "format": "date-time", "maxLength": 19},
    {"type": "string", "format": "date-time", "pattern": r"\.250Z$"},
    {"type": "integer", "format": "date-time"},
    {"format": "date-time"},
    {"maxLength": 3},
    {"pattern": "x"},
    {"required": ["x"]},
    {"minItems": 2},
    {"type": "string", "minLength": 2},
    {"type": ["boolean", "null"]},
    {"type": "integer", "minimum": 1},
    {"type": "number"},
    {"enum": ["a", None]},
    {"const": 1},
    {"type": "array", "items": {"type": "string", "format": "date-time"}},
    {"type": "array", "items": {"maxLength": 3}},
    {"type": "object", "properties": {"at": {"type": "string", "format": "date-time"}}, "additionalProperties": False},
    {"type": "object", "additionalProperties": {"type": "integer"}},
    {"anyOf": [{"type": "null"}, {"type": "string", "format": "date-time"}]},
    {"not": {"type": "string"}},
    {"$ref": "#/$defs/date"},
]
DAY = datetime(2025, 1, 2, 3, 4, 5, 250000, UTC)
VALUES: list[Any] = [
    *(DAY, "2025-01-02T03:04:05Z", "a", "", None, True, 0, 1, 1.0, 1.5, float("nan"), float("inf"), 2**70),
    *([], [DAY], ["a"], [1, DAY], {}, {"at": DAY}, {"at": 1}, {"x": 1}, {"x": DAY}),
    *(bson.ObjectId(), bson.Int64(1), bson.Decimal128("1"), b"x", bson.Regex("x"), bson.Code("a"), bson.SON(at=DAY)),
]


@pytest.mark.parametrize(
    "draft", ["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"]
)
@pytest.mark.parametrize("further", [{}, {"additionalProperties": False}, {"additionalProperties": {"type": "string"}}])
def test_an_inside_record_is_judged_as_its_json_form_is(draft: str, further: Record) -> None:
    for part in PARTS:
        properties = {"a": part, "at": {"type": ["string", "null"], "format": "date-time"}}
        schema = {"$schema": draft, "$defs": {"date": PARTS[4]}, "type": "object", "properties": properties, **further}
        checked = RecordSchema(schema)
        for value, name in product(VALUES, ("a", "b", "at")):
            record = {name: value, "title": "x"}
            found = checked.violations(record)
            expected = checked.problems(json_form(record))
            assert [violation.message for violation in found] == [problem.message for problem in expected], (
                part,
                record,
            )


def test_the_shipped_schema_is_judged_without_its_dates(mapping: Mapping) -> None:
    undated = without_dates(mapping.inside.schema)
    assert undated is not None
    assert [name for name, _ in undated.dates] == ["createdAt", "updatedAt", "deletedAt", "syncedAt"]
