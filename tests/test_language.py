"""The mapping language, element by element: what a rule does inbound, outbound, and where it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from etl import Direction, translator
from tests.support.mappings import inward, make, outward, reasons

DATE = datetime(2024, 3, 9, 11, 12, 45, tzinfo=UTC)


def test_a_rule_with_both_names_goes_both_ways(tmp_path: Path) -> None:
    mapping = make(tmp_path, '  - {client: "\\"spi:wonum\\"", tracos: "asset.codes[1]"}')
    assert inward(mapping, **{"spi:wonum": "A"}) == {"asset": {"codes": [None, "A"]}}
    assert outward(mapping, asset={"codes": ["x", "A"]}) == {"spi:wonum": "A"}
    assert inward(mapping) == {}
    assert outward(mapping, asset={"codes": ["x"]}) == {}
    assert outward(mapping, asset=None) == {}


@pytest.mark.parametrize("asset", ["not an object", [], 7, False, {"codes": {"1": "A"}}, {"codes": "A"}])
def test_a_path_that_leads_through_a_value_rejects_the_record(tmp_path: Path, asset: Any) -> None:
    mapping = make(
        tmp_path, '  - {client: "\\"spi:wonum\\"", tracos: "asset.codes[1]"}\n  - {client: code, from: asset.name}'
    )
    (reason, *_) = reasons(mapping, Direction.OUTBOUND, asset=asset)
    assert reason.startswith(("asset: expected an object with asset", "asset.codes: expected a list with asset"))


def test_a_rule_with_one_name_and_from_goes_one_way(tmp_path: Path) -> None:
    mapping = make(tmp_path, '  - {tracos: total, from: "sum(lines[].qty)"}\n  - {client: code, from: "number"}')
    assert inward(mapping, lines=[{"qty": 1}, {"qty": 2}]) == {"total": 3}
    assert outward(mapping, total=9) == {"code": 1}
    (reason,) = reasons(mapping, Direction.INBOUND, lines=[{"qty": "x"}])
    assert reason.startswith("total: sum(lines[].qty) fails: In function sum(), invalid type for value")


@pytest.mark.parametrize("value", [False, 0, "", [], {}, "null"])
def test_a_falsy_value_is_not_an_absent_one(tmp_path: Path, value: Any) -> None:
    mapping = make(tmp_path, "  - {client: a, tracos: b}")
    assert inward(mapping, a=value) == {"b": value}
    assert outward(mapping, b=value) == {"a": value}


def test_absent_values_are_written_as_each_system_says(tmp_path: Path) -> None:
    rules = "  - {client: a, tracos: b}\n  - {client: c, tracos: d, when_absent: {client: 0, tracos: null}}"
    mapping = make(tmp_path, rules, outside='  when_absent: ""')
    assert outward(mapping) == {"a": "", "c": 0}
    assert inward(mapping) == {"d": None}
    assert inward(mapping, a="", c=0) == {"d": None}, "what is written for absent is read as absent"
    assert inward(mapping, a=0, c="") == {"b": 0, "d": ""}


def test_nulls_are_strict_on_type_and_may_differ_by_rule(tmp_path: Path) -> None:
    rules = "  - {client: a, tracos: b}\n  - {client: c, tracos: d, nulls: {client: [false]}}"
    mapping = make(tmp_path, rules, outside='  nulls: ["", "0"]')
    assert inward(mapping, a="", c=False) == {}
    assert inward(mapping, a="0", c="0") == {"d": "0"}
    assert inward(mapping, a=0, c=0) == {"b": 0, "d": 0}


CODECS: list[tuple[str, Any, Any, Any]] = [
    ("datetime", "2024-03-09t11:12:45z", DATE, "2024-03-09T11:12:45+00:00"),
    ("datetime", "2024-03-09T08:12:45-03:00", DATE, "2024-03-09T11:12:45+00:00"),
    ("{datetime: {zone: America/Sao_Paulo}}", "2024-03-09T08:12:45", DATE, "2024-03-09T11:12:45+00:00"),
    ('{datetime: {format: "%Y-%m-%d %H:%M:%S"}}', "2024-03-09 11:12:45", DATE, "2024-03-09 11:12:45"),
    (
        '{datetime: {format: "%d/%m/%Y %H:%M:%S", zone: America/Sao_Paulo}}',
        "09/03/2024 08:12:45",
        DATE,
        "09/03/2024 08:12:45",
    ),
    ('{datetime: {format: "%Y-%m-%dT%H:%M:%S%z"}}', "2024-03-09T08:12:45-0300", DATE, "2024-03-09T11:12:45+0000"),
    ("date", "2024-03-09", datetime(2024, 3, 9, tzinfo=UTC), "2024-03-09"),
    ("epoch_s", 1709982765, DATE, 1709982765),
    ("epoch_ms", 1709982765000, DATE, 1709982765000),
    ("epoch_ms", -1, datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC), -1),
    ("dotnet_date", "/Date(1709982765000+0000)/", DATE, "/Date(1709982765000)/"),
    ("integer_text", "150", 150, "150"),
    ("boolean_text", "true", True, "true"),
    ("boolean_text", "false", False, "false"),
]


@pytest.mark.parametrize(("codec", "outside", "inside", "back"), CODECS)
def test_a_codec_gives_each_system_its_own_form(
    tmp_path: Path, codec: str, outside: Any, inside: Any, back: Any
) -> None:
    mapping = make(tmp_path, f"  - {{client: a, tracos: b, as: {codec}}}")
    assert inward(mapping, a=outside) == {"b": inside}
    assert outward(mapping, b=inside) == {"a": back}
    assert inward(mapping) == outward(mapping) == {}


REFUSED: list[tuple[str, Any]] = [
    ("datetime", 5),
    ("datetime", "2024-3-9"),
    ("datetime", "20240309"),
    ("datetime", "2024-W10-6"),
    ("datetime", "2024-03-09T25:00:00"),
    ("datetime", "2024-03-09T23:59:60Z"),
    ("datetime", "9999-12-31T23:59:59-01:00"),
    ('{datetime: {format: "%Y-%m-%d"}}', "09/03/2024"),
    ('{datetime: {format: "%Y-%m-%d"}}', ["2024-03-09"]),
    ("date", "2024-03-09T00:00:00"),
    ("epoch_s", True),
    ("epoch_s", "1709982765"),
    ("epoch_s", 10**15),
    ("epoch_ms", float("1e300")),
    ("dotnet_date", "/Date(x)/"),
    ("integer_text", "007"),
    ("integer_text", "-0"),
    ("integer_text", "9" * 5000),
    ("integer_text", str(2**63)),
    ("integer_text", 7),
    ("boolean_text", True),
    ("boolean_text", "TRUE"),
    ("boolean_text", []),
]


@pytest.mark.parametrize(("codec", "value"), REFUSED)
def test_a_codec_refuses_what_it_does_not_understand(tmp_path: Path, codec: str, value: Any) -> None:
    mapping = make(tmp_path, f"  - {{client: a, tracos: b, as: {codec}}}")
    (reason,) = reasons(mapping, Direction.INBOUND, a=value)
    assert reason.startswith("a: ")


@pytest.mark.parametrize("codec", ["datetime", "date", "epoch_s", "epoch_ms", "dotnet_date", "integer_text"])
def test_a_codec_refuses_an_inside_value_of_another_type(tmp_path: Path, codec: str) -> None:
    mapping = make(tmp_path, f"  - {{client: a, tracos: b, as: {codec}}}")
    wrong: list[Any] = ["text", True, {}]
    for value in wrong:
        (reason,) = reasons(mapping, Direction.OUTBOUND, b=value)
        assert reason.startswith("b: expected a ")


def test_one_value_may_be_spread_over_two_fields(tmp_path: Path) -> None:
    rule = '  - {client: [day, time], tracos: at, as: {datetime: {format: ["%Y-%m-%d", "%H:%M:%S"]}}}'
    mapping = make(tmp_path, rule)
    assert inward(mapping, day="2024-03-09", time="11:12:45") == {"at": DATE}
    assert outward(mapping, at=DATE) == {"day": "2024-03-09", "time": "11:12:45"}
    assert inward(mapping) == {}
    assert reasons(mapping, Direction.INBOUND, day="2024-03-09") == ["time: is required beside its other half"]
    assert reasons(mapping, Direction.INBOUND, day="9.3.", time="x") == [
        'day: expected a date as %Y-%m-%d %H:%M:%S, found "9.3. x"'
    ]


def test_values_correspond_and_the_first_of_several_is_written_back(tmp_path: Path) -> None:
    rule = """
  - client: state
    tracos: status
    values:
      - {client: [open, new], tracos: [pending, draft]}
      - {client: 1, tracos: "one"}
      - {client: true, tracos: "yes"}
      - {client: null, tracos: none}"""
    mapping = make(tmp_path, rule)
    assert inward(mapping, state="new") == inward(mapping, state="open") == {"status": "pending"}
    assert outward(mapping, status="draft") == outward(mapping, status="pending") == {"state": "open"}
    assert inward(mapping, state=1) == {"status": "one"}
    assert inward(mapping, state=True) == {"status": "yes"}
    assert inward(mapping) == inward(mapping, state=None) == {"status": "none"}
    assert outward(mapping, status="none") == {}
    assert outward(mapping) == {}
    assert reasons(mapping, Direction.INBOUND, state="x") == ['state: "x" is not one of "open", "new", 1, true, null']
    assert reasons(mapping, Direction.INBOUND, state=[]) == ['state: a list is not one of "open", "new", 1, true, null']
    assert reasons(mapping, Direction.INBOUND, state=1.0)[0].startswith("state: 1.0 is not one of")


def test_otherwise_decides_what_no_pair_has_by_direction(tmp_path: Path) -> None:
    rule = """
  - client: state
    tracos: status
    values: [{client: a, tracos: b}, {client: lost, tracos: unknown}]
    otherwise: {tracos: unknown}"""
    mapping = make(tmp_path, rule)
    assert inward(mapping, state="x") == inward(mapping, state={}) == {"status": "unknown"}
    assert inward(mapping) == {}
    assert reasons(mapping, Direction.OUTBOUND, status="z") == ['status: "z" is not one of "b", "unknown"']


FLAGS = """
  - tracos: status
    flags:
      - {client: done, tracos: completed}
      - {client: held, tracos: on_hold}"""


def test_flags_the_first_true_one_wins_and_exactly_one_goes_back(tmp_path: Path) -> None:
    mapping = make(tmp_path, FLAGS + "\n    otherwise: active")
    assert inward(mapping, done=True, held=True) == {"status": "completed"}
    assert inward(mapping, held=True) == {"status": "on_hold"}
    assert inward(mapping, done=None) == {"status": "active"}
    assert outward(mapping, status="on_hold") == {"done": False, "held": True}
    assert outward(mapping, status="active") == {"done": False, "held": False}
    assert reasons(mapping, Direction.OUTBOUND, status="gone") == [
        'status: "gone" is not one of "completed", "on_hold"'
    ]
    assert reasons(mapping, Direction.OUTBOUND) == ["status: has no value, and the table has no line for that"]
    assert reasons(mapping, Direction.INBOUND, done=True, held="no") == ['held: expected true or false, found "no"']


def test_nulls_of_a_rule_hold_for_the_fields_of_its_table_too(tmp_path: Path) -> None:
    mapping = make(tmp_path, FLAGS + '\n    otherwise: active\n    nulls: {client: [""]}')
    assert inward(mapping, done="", held=True) == {"status": "on_hold"}
    mapping = make(tmp_path, CASES + '\n    nulls: {client: ["-"]}')
    assert inward(mapping, **{"class": "-"}) == {"status": "unknown"}


def test_flags_without_otherwise_reject_a_record_that_raises_none(tmp_path: Path) -> None:
    mapping = make(tmp_path, FLAGS)
    assert reasons(mapping, Direction.INBOUND) == ["status: no flag is true, and the table has no otherwise"]


def test_flags_may_be_on_the_inside(tmp_path: Path) -> None:
    rule = "  - client: state\n    flags: [{tracos: done, client: D}, {tracos: open, client: O}]"
    mapping = make(tmp_path, rule)
    assert inward(mapping, state="O") == {"done": False, "open": True}
    assert outward(mapping, done=True, open=True) == {"state": "D"}


CASES = """
  - cases:
      - {client: {class: task, state: ["3", "4"]}, tracos: {status: completed, kind: task}}
      - {client: {class: incident, state: "3"}, tracos: {status: on_hold, kind: incident}}
      - {client: {class: null}, tracos: {status: unknown}}"""


def test_cases_match_several_fields_at_once(tmp_path: Path) -> None:
    mapping = make(tmp_path, CASES)
    assert inward(mapping, **{"class": "task", "state": "4"}) == {"status": "completed", "kind": "task"}
    assert inward(mapping, **{"class": "incident", "state": "3"}) == {"status": "on_hold", "kind": "incident"}
    assert inward(mapping, state="9") == {"status": "unknown"}
    assert outward(mapping, status="completed", kind="task") == {"class": "task", "state": "3"}
    assert outward(mapping, status="unknown") == {}
    assert reasons(mapping, Direction.INBOUND, **{"class": "task", "state": "9"}) == [
        'class: no case has class "task", state "9"'
    ]
    assert reasons(mapping, Direction.OUTBOUND, status="completed") == [
        'status: no case has status "completed", kind null'
    ]


def test_cases_may_have_an_otherwise(tmp_path: Path) -> None:
    mapping = make(tmp_path, CASES + "\n    otherwise: {tracos: {status: pending}, client: {class: other}}")
    assert inward(mapping, **{"class": "x"}) == {"status": "pending"}
    assert outward(mapping, status="x") == {"class": "other"}


EACH = """
  - client: lines
    tracos: parts
    each:
      - {client: qty, tracos: quantity}
      - {client: at, tracos: used, as: datetime}"""


def test_each_applies_rules_to_every_element(tmp_path: Path) -> None:
    mapping = make(tmp_path, EACH)
    lines = [{"qty": 1}, {"qty": 2, "at": "2024-03-09T11:12:45Z"}]
    parts = [{"quantity": 1}, {"quantity": 2, "used": DATE}]
    assert inward(mapping, lines=lines) == {"parts": parts}
    assert outward(mapping, parts=parts)["lines"][1]["at"] == "2024-03-09T11:12:45+00:00"
    assert inward(mapping) == {}
    assert inward(mapping, lines=[]) == {"parts": []}
    assert reasons(mapping, Direction.INBOUND, lines=[{"at": "x"}, 7]) == [
        'lines[0].at: expected a date such as 2025-01-02T03:04:05+00:00, found "x"',
        "lines[1]: expected an object, found 7",
    ]
    assert reasons(mapping, Direction.INBOUND, lines=7) == ["lines: expected a list or an object, found 7"]


def test_a_composite_key_has_all_its_parts(tmp_path: Path) -> None:
    key = "  - {client: plant, tracos: plant, key: true}\n  - {client: id, tracos: number, key: true}\n"
    mapping = make(tmp_path, "  - {client: a, tracos: b}", key=key, name="{plant}-{id}")
    assert translator(mapping, Direction.INBOUND)({"plant": "P1", "id": 7}) == {"plant": "P1", "number": 7}
    assert reasons(mapping, Direction.INBOUND, plant="") == ['plant: a key is never empty, found ""']
    assert reasons(mapping, Direction.INBOUND) == ["plant: is required"]


def test_a_translation_never_changes_its_argument(tmp_path: Path) -> None:
    mapping = make(tmp_path, EACH + CASES.replace("class: null", "state: null"))
    record = {"id": 1, "lines": [{"qty": 1}], "class": "task", "state": "3"}
    copy = json.loads(json.dumps(record))
    translator(mapping, Direction.INBOUND)(record)
    assert record == copy


def test_nulls_and_when_absent_hold_in_a_rule_with_from(tmp_path: Path) -> None:
    rules = """
  - {tracos: plain, from: a, when_absent: {tracos: none}}
  - {tracos: own, from: a, nulls: {client: ["-"]}}
  - {tracos: computed, from: "join('', [b, ''])", when_absent: {tracos: null}}"""
    mapping = make(tmp_path, rules, outside='  nulls: ["", "N/A"]')
    assert inward(mapping, a="N/A", b="") == {"plain": "none", "own": "N/A", "computed": None}
    assert inward(mapping, a="-", b="x") == {"plain": "-", "computed": "x"}
