"""`each`: lists of objects and of plain values, groups, and lists whose elements are told apart by a key."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pymongo.database import Database

from etl import Direction, Mapping, load_mapping
from etl.cli import cli
from etl.mapping.rules.translate import compile_mapping
from etl.record import Record
from tests.support.command_line import etl
from tests.support.mappings import inward, make, outward, reasons
from tests.support.proofs import DATE, TEXT, WHOLE, found, lists, mapping, of
from tests.support.site import INBOUND, OUTBOUND, Site

TASKS = """
  - client: lines
    tracos: tasks
    each:
      - {client: "no", tracos: number, key: true}
      - {client: text, tracos: title}
      - {client: qty, tracos: quantity}
"""


def plain(kind: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": kind}


# ---- the element itself


def test_the_element_itself_is_a_field_of_an_object(tmp_path: Path) -> None:
    tags = make(tmp_path, '  - {client: tags, tracos: labels, each: [{client: "@", tracos: name}]}')
    assert inward(tags, tags=["a", "b"]) == {"labels": [{"name": "a"}, {"name": "b"}]}
    assert outward(tags, labels=[{"name": "a", "color": 1}, {"name": "b"}]) == {"tags": ["a", "b"]}
    assert inward(tags, tags=[]) == {"labels": []}
    assert reasons(tags, Direction.OUTBOUND, labels=["a"]) == ['labels[0]: expected an object, found "a"']


def test_plain_values_go_through_codecs_and_tables(tmp_path: Path) -> None:
    rules = """
  - {client: days, tracos: days, each: [{client: "@", tracos: "@", as: integer_text}]}
  - client: codes
    tracos: kinds
    each: [{client: "@", tracos: "@", values: [{client: A, tracos: alpha}, {client: B, tracos: beta}]}]
"""
    mapping = make(tmp_path, rules)
    outside = {"days": ["1", "20"], "codes": ["B", "A"]}
    assert inward(mapping, **outside) == {"days": [1, 20], "kinds": ["beta", "alpha"]}
    assert outward(mapping, days=[1, 20], kinds=["beta", "alpha"]) == outside
    assert [one.split(":")[0] for one in reasons(mapping, Direction.INBOUND, codes=["C"], days=["1", "x"])] == [
        "days[1]",
        "codes[0]",
    ]


def test_lists_stand_in_lists(tmp_path: Path) -> None:
    rules = """
  - client: rows
    tracos: rows
    each:
      - client: "@"
        tracos: cells
        each: [{client: "@", tracos: value}]
"""
    mapping = make(tmp_path, rules)
    assert inward(mapping, rows=[[1, 2], []]) == {"rows": [{"cells": [{"value": 1}, {"value": 2}]}, {"cells": []}]}
    assert outward(mapping, rows=[{"cells": [{"value": 1}]}]) == {"rows": [[1]]}


def test_the_element_itself_stands_in_each_only(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="'@' is not a path"):
        make(tmp_path, '  - {client: "@", tracos: all}')


def test_a_check_knows_lists_of_plain_values(tmp_path: Path) -> None:
    rules = '{c: tags, t: labels, each: [{c: "@", t: name}]}\n{c: days, t: days, each: [{c: "@", t: "@", as: date}]}'
    c, t = of(tags=plain(TEXT), days=plain(TEXT)), of(labels=lists(name=TEXT), days=plain(DATE))
    said = found(tmp_path, rules, c, t)
    assert [one.split()[0] for one in said] == ["W165"]
    assert said[0].startswith("W165 t.days[0]")
    c = of(tags=plain(WHOLE), days=plain(TEXT))
    assert "E150 c.tags[0] may be integer, which t.name may not" in found(tmp_path, rules, c, t)


def test_explain_and_the_page_name_the_element_itself(tmp_path: Path) -> None:
    rules = '{c: tags, t: labels, each: [{c: "@", t: name}]}'
    file = mapping(tmp_path, rules, of(tags=plain(TEXT)), of(labels=lists(name=TEXT)))
    record = tmp_path / "1.json"
    record.write_text('{"id": 1, "tags": ["a"]}')
    shown = etl("explain", "--mapping", str(file), str(record)).stdout
    assert 'tags[0] "a"' in shown
    page = etl("docs", str(file)).stdout
    assert "`tags[]` | ⇄ | `labels[].name`" in page


# ---- absent elements


def test_an_element_of_which_nothing_is_written_is_absent(tmp_path: Path) -> None:
    rules = "  - {client: lines, tracos: tasks, each: [{client: qty, tracos: quantity}]}"
    mapping = make(tmp_path, rules)
    assert inward(mapping, lines=[{"qty": 1}, {"other": 2}, None, {"qty": None}]) == {"tasks": [{"quantity": 1}]}
    assert outward(mapping, tasks=[{}, {"quantity": 2}]) == {"lines": [{"qty": 2}]}


def test_a_field_that_is_all_of_an_element_may_be_required(tmp_path: Path) -> None:
    c, t = of(l=lists(a=TEXT, k=TEXT)), of(m=lists(b_=TEXT, w=TEXT))
    assert not any("E122" in one for one in found(tmp_path, "{c: l, t: m, each: [{c: a, t: b}]}", c, t))
    table = "{c: l, t: m, each: [{c: a, t: b, values: [{c: null, t: x}, {c: z, t: null}]}]}"
    assert not any("E122" in one for one in found(tmp_path, table, c, t))
    both = found(tmp_path, "{c: l, t: m, each: [{c: a, t: b}, {c: k, t: w}]}", c, t)
    assert "E122 c.a may be absent, but t.b is required" in both


def test_an_absent_element_is_written_as_its_list_says_where_the_schema_has_that(tmp_path: Path) -> None:
    rules = '{c: tags, t: tags, when_absent: {c: null, t: null}, each: [{c: "@", t: "@", nulls: {c: ["-"]}}]}'
    tags = {"type": ["array", "null"], "items": {"type": ["string", "null"]}}
    loaded = load_mapping(mapping(tmp_path, rules, of(tags=tags), of(tags=tags)))
    assert moved(loaded, Direction.INBOUND, {"tags": ["a", "-", None]}) == {"tags": ["a", None, None]}
    texts = {"type": ["array", "null"], "items": TEXT}
    loaded = load_mapping(mapping(tmp_path, rules, of(tags=texts), of(tags=texts)))
    assert moved(loaded, Direction.INBOUND, {"tags": ["a", "-", "b"]}) == {"tags": ["a", "b"]}
    rules = "{c: o.tags, t: tags, when_absent: {c: ''}, each: [{c: '@', t: '@'}]}"
    above = of(o={"anyOf": [{"const": ""}, of(tags={"type": "array", "items": TEXT})]})
    loaded = load_mapping(mapping(tmp_path, rules, above, of(tags=texts)))
    assert moved(loaded, Direction.OUTBOUND, {"tags": ["a", None]}) == {"o": {"tags": ["a", ""]}}
    assert moved(loaded, Direction.OUTBOUND, {}) == {"o": ""}


def test_what_is_written_for_an_absent_element_is_none_when_it_is_read(tmp_path: Path) -> None:
    rules = "{c: codes, t: steps, when_absent: {c: ''}, each: [{c: '@', t: code, as: integer_text}]}"
    c, t = of(codes_={"type": "array", "items": TEXT}), of(steps_=lists(code=WHOLE))
    file = mapping(tmp_path, rules, c, t)
    assert found(tmp_path, rules, c, t) == []
    sent = moved(load_mapping(file), Direction.OUTBOUND, {"steps": [{"code": 7}, {}]})
    assert sent == {"codes": ["7", ""]}
    assert moved(load_mapping(file), Direction.INBOUND, sent) == {"steps": [{"code": 7}]}
    result = CliRunner().invoke(cli, ["test", "--examples", "50", str(file)])
    assert result.exit_code == 0, result.output


def test_an_absent_element_of_a_list_that_may_not_be_empty_is_named(tmp_path: Path) -> None:
    rules = "{c: codes, t: steps, when_absent: {c: ''}, each: [{c: '@', t: code, as: integer_text}]}"
    c, t = of(codes_={"type": "array", "items": TEXT, "minItems": 1}), of(steps_=lists(code=WHOLE) | {"minItems": 1})
    assert [one[:4] for one in found(tmp_path, rules, c, t)] == ["W156"]


def test_a_value_that_is_written_for_an_absent_element_does_not_come_back_and_is_named(tmp_path: Path) -> None:
    rules = "{c: codes, t: steps, when_absent: {c: ''}, each: [{c: '@', t: code}]}"
    c, t = of(codes_={"type": "array", "items": TEXT}), of(steps_=lists(code=TEXT))
    assert [one[:4] for one in found(tmp_path, rules, c, t)] == ["W180"]


# ---- groups


GROUP = "{c: assigned, t: assignee, when_absent: {c: ''}, each: [{c: value, t: id, key: true}, {c: label, t: name}]}"
ASSIGNED = {"anyOf": [{"const": ""}, of(value_={"type": "string", "minLength": 1}, label=TEXT)]}
ASSIGNEE = of(id={"type": "string", "minLength": 1}, name=TEXT, phone=TEXT)


@pytest.fixture
def group(tmp_path: Path) -> Mapping:
    return load_mapping(mapping(tmp_path, GROUP, of(assigned=ASSIGNED), of(assignee=ASSIGNEE)))


def moved(mapping: Mapping, direction: Direction, record: Record, last: Record | None = None) -> Record:
    key = {"id": 1} if direction is Direction.INBOUND else {"number": 1}
    made, _, violations = compile_mapping(mapping, direction)(key | record, last or {})
    assert not violations
    return {name: value for name, value in made.items() if name not in {"id", "number"}}


def test_a_group_is_there_exactly_when_its_key_is(group: Mapping) -> None:
    inside = {"assignee": {"id": "u1", "name": "Ann"}}
    assert moved(group, Direction.INBOUND, {"assigned": {"value": "u1", "label": "Ann"}}) == inside
    for nothing in ("", None, {}, {"label": "Ann"}):
        assert moved(group, Direction.INBOUND, {"assigned": nothing}) == {}
    assert moved(group, Direction.OUTBOUND, inside) == {"assigned": {"value": "u1", "label": "Ann"}}
    for nothing in (None, {}, {"name": "Ann"}):
        assert moved(group, Direction.OUTBOUND, {"assignee": nothing}) == {"assigned": ""}


def test_a_check_proves_groups(tmp_path: Path) -> None:
    assert found(tmp_path, GROUP, of(assigned=ASSIGNED), of(assignee=ASSIGNEE)) == [
        "W170 no rule maps t.assignee.phone"
    ]
    said = found(tmp_path, GROUP, of(assigned=ASSIGNED), of(assignee=lists(id=TEXT, name=TEXT)))
    assert any(one.startswith("E150") for one in said)


def test_a_group_without_a_value_is_absent(tmp_path: Path) -> None:
    mapping = make(tmp_path, "  - {client: a, tracos: b, each: [{client: x, tracos: v}, {client: z, tracos: w}]}")
    assert inward(mapping, a={"x": 1}) == {"b": {"v": 1}}
    assert inward(mapping, a={"q": 1}) == {}
    assert outward(mapping, b={"v": None}) == {}
    assert reasons(mapping, Direction.INBOUND, a="x") == ['a: expected a list or an object, found "x"']


def test_what_no_rule_writes_in_a_group_stays(
    database: Database[dict[str, Any]], group: Mapping, tmp_path: Path
) -> None:
    site = Site(database, tmp_path, group, os.environ["ETL_TEST_MONGO_URI"])
    orders = database["w"]

    def comes(assigned: Any) -> dict[str, int]:
        (site.inbound / "1.json").write_text(json.dumps({"id": 1, "assigned": assigned}))
        return site.run(directions=INBOUND)["inbound"]

    assert comes({"value": "u1", "label": "Ann"})["created"] == 1
    orders.update_one({}, {"$set": {"assignee.phone": "7"}})
    assert comes({"value": "u2", "label": "Ben"})["updated"] == 1
    assert (orders.find_one() or {})["assignee"] == {"id": "u2", "name": "Ben", "phone": "7"}
    assert comes("")["updated"] == 1
    assert (orders.find_one() or {})["assignee"] == {"phone": "7"}


# ---- elements that are told apart


@pytest.fixture
def keyed(tmp_path: Path) -> Mapping:
    return make(tmp_path, TASKS)


def test_an_element_without_a_key_stays_on_its_side(keyed: Mapping) -> None:
    lines = [{"no": 1, "text": "a"}, {"text": "b"}, {"no": None}]
    assert inward(keyed, lines=lines) == {"tasks": [{"number": 1, "title": "a"}]}
    last = {"lines": [{"text": "b", "x": 1}, {"no": 1, "text": "a", "more": 2}, {"no": 9, "text": "gone"}]}
    tasks = [{"number": 3, "quantity": 4}, {"title": "own"}, {"number": 1, "title": "c"}]
    assert moved(keyed, Direction.OUTBOUND, {"tasks": tasks}, last) == {
        "lines": [{"text": "b", "x": 1}, {"no": 1, "text": "c", "more": 2}, {"no": 3, "qty": 4}]
    }
    assert moved(keyed, Direction.OUTBOUND, {}, last) == {"lines": [{"text": "b", "x": 1}]}


def test_two_elements_with_one_key_reject_the_record(keyed: Mapping) -> None:
    twice = [{"no": 1}, {"no": 2}, {"no": 1}]
    assert reasons(keyed, Direction.INBOUND, lines=twice) == ["lines[2]: another element of the list has the same key"]
    assert reasons(keyed, Direction.INBOUND, lines=[{"no": True}]) == [
        "lines[0]: expected text or a whole number of 64 bits as key, found true"
    ]


class Orders:
    """One order that comes with lines and whose tasks a technician edits."""

    def __init__(self, database: Database[dict[str, Any]], folder: Path, mapping: Mapping) -> None:
        self.site = Site(database, folder, mapping, os.environ["ETL_TEST_MONGO_URI"])
        self.orders = database["orders"]

    def comes(self, *lines: dict[str, Any]) -> dict[str, int]:
        (self.site.inbound / "1.json").write_text(json.dumps({"id": 1, "lines": lines}))
        return self.site.run(directions=INBOUND)["inbound"]

    def goes(self) -> list[dict[str, Any]]:
        self.site.run(directions=OUTBOUND)
        lines: list[dict[str, Any]] = json.loads((self.site.outbound / "1.json").read_text())["lines"]
        return lines

    def edit(self, tasks: list[dict[str, Any]]) -> None:
        self.orders.update_one({}, {"$set": {"tasks": tasks, "isSynced": False}})

    @property
    def tasks(self) -> list[dict[str, Any]]:
        tasks: list[dict[str, Any]] = (self.orders.find_one() or {})["tasks"]
        return tasks


@pytest.fixture
def orders(database: Database[dict[str, Any]], tmp_path: Path, keyed: Mapping) -> Orders:
    made = Orders(database, tmp_path, keyed)
    assert made.comes({"no": 1, "text": "a", "qty": 1}, {"no": 2, "text": "b", "qty": 2}) == {"read": 1, "created": 1}
    return made


def test_edits_of_two_elements_and_of_two_values_of_one_are_no_conflict(orders: Orders) -> None:
    orders.edit(
        [{"number": 1, "title": "mine", "quantity": 1, "note": "n"}, {"number": 2, "title": "b", "quantity": 2}]
    )
    assert orders.comes({"no": 1, "text": "a", "qty": 10}, {"no": 2, "text": "B", "qty": 2}) == {
        "read": 1,
        "updated": 1,
    }
    assert orders.tasks == [
        {"number": 1, "title": "mine", "quantity": 10, "note": "n"},
        {"number": 2, "title": "B", "quantity": 2},
    ]
    assert orders.goes() == [{"no": 1, "text": "mine", "qty": 10}, {"no": 2, "text": "B", "qty": 2}]


def test_edits_of_one_value_of_one_element_are_a_conflict_of_just_that(orders: Orders) -> None:
    orders.edit([{"number": 1, "title": "mine", "quantity": 1}, {"number": 2, "title": "b", "quantity": 2}])
    assert orders.comes({"no": 1, "text": "theirs", "qty": 1}, {"no": 2, "text": "b", "qty": 2}) == {
        "read": 1,
        "conflict": 1,
    }
    options = ("--mapping", str(orders.site.mapping.file))
    assert "tasks[number=1].title" in etl("conflicts", "show", "1", *options, site=orders.site).stdout
    done = etl("conflicts", "resolve", "1", "--take", "tasks[number=1].title=client", *options, site=orders.site)
    assert done.returncode == 0, done.stderr
    assert orders.tasks[0] == {"number": 1, "title": "theirs", "quantity": 1}


def test_what_the_outside_takes_away_goes_and_what_only_the_inside_has_stays(orders: Orders) -> None:
    own, sent = {"title": "no number"}, {"number": 7, "title": "new"}
    orders.edit(
        [{"number": 2, "title": "b", "quantity": 2, "note": "n"}, own, {"number": 1, "title": "a", "quantity": 1}, sent]
    )
    assert orders.comes({"no": 1, "text": "a", "qty": 1}, {"no": 5, "text": "e"}) == {"read": 1, "updated": 1}
    assert orders.tasks == [own, {"number": 1, "title": "a", "quantity": 1}, sent, {"number": 5, "title": "e"}]
    assert orders.goes() == [
        {"no": 1, "text": "a", "qty": 1},
        {"no": 5, "text": "e"},
        {"no": 7, "text": "new"},
    ]
    assert orders.comes({"no": 1, "text": "a", "qty": 1}, {"no": 5, "text": "f"}) == {"read": 1, "updated": 1}
    assert sent in orders.tasks, "the outside has not read it yet"


def test_an_element_that_one_side_takes_away_and_the_other_edits_is_a_conflict(orders: Orders) -> None:
    orders.edit([{"number": 1, "title": "mine", "quantity": 1}, {"number": 2, "title": "b", "quantity": 2}])
    assert orders.comes({"no": 2, "text": "b", "qty": 2}) == {"read": 1, "conflict": 1}


def test_an_element_that_was_taken_away_inside_stays_away_while_the_outside_says_nothing_new(orders: Orders) -> None:
    orders.edit([{"number": 2, "title": "b", "quantity": 2}])
    assert orders.comes({"no": 2, "text": "B", "qty": 2}, {"no": 1, "text": "a", "qty": 1}) == {"read": 1, "updated": 1}
    assert orders.tasks == [{"number": 2, "title": "B", "quantity": 2}]
    assert orders.goes() == [{"no": 2, "text": "B", "qty": 2}]
    assert orders.comes({"no": 2, "text": "B", "qty": 2}) == {"read": 1, "unchanged": 1}


def test_the_order_of_elements_that_are_told_apart_says_nothing(orders: Orders) -> None:
    assert orders.comes({"no": 2, "text": "b", "qty": 2}, {"no": 1, "text": "a", "qty": 1}) == {
        "read": 1,
        "unchanged": 1,
    }


def test_a_value_that_is_cleared_leaves_its_element(orders: Orders) -> None:
    assert orders.comes({"no": 1}, {"no": 2, "text": "b", "qty": 2}) == {"read": 1, "updated": 1}
    assert orders.tasks == [{"number": 1}, {"number": 2, "title": "b", "quantity": 2}]


def test_a_plan_names_the_element(orders: Orders) -> None:
    (orders.site.inbound / "1.json").write_text(json.dumps({"id": 1, "lines": [{"no": 1, "text": "a", "qty": 5}]}))
    shown = etl("plan", "--mapping", str(orders.site.mapping.file), site=orders.site).stdout
    assert "tasks[number=1].quantity" in shown
    assert "tasks[number=2]" in shown
