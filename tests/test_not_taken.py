"""What nobody has taken yet is not lost by what follows: what is sent only sometimes stays in a file that is there."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from etl.mapping.load import load_mapping
from etl.record import ABSENT
from tests.support.commands import commands_heard
from tests.support.proofs import TEXT, of
from tests.support.site import Site
from tests.support.sites import Shop, clear
from tests.support.waiting import NULLABLE, PARTIAL, agrees, as_due_again, planned

PIN: dict[str, Any] = {**NULLABLE, "writeOnly": True}
STATE: dict[str, Any] = {"enum": ["open", "closed"], "readOnly": True}
EVENT: dict[str, Any] = {"enum": ["close", "reopen"], "writeOnly": True}
EVENTS = """
{c: s, t: d}
{cases: [{c: {st: open, ev: reopen}, t: {x: p}}, {c: {st: closed, ev: close}, t: {x: c}}]}
"""
QUIET = "echo: false, "
PINS = "{c: s, t: d}\n{c: pin, t: pin, when_absent: {c: null}}"


def with_events(site: Site, **said: str) -> Shop:
    c = of(st_=STATE, ev=EVENT, s=TEXT)
    return Shop(site, EVENTS, c, of(x_={"enum": ["p", "c"]}, d=TEXT), **said)


def with_pins(site: Site, **said: str) -> Shop:
    return Shop(site, PINS, of(s=NULLABLE, pin=PIN), of(d=TEXT, pin=NULLABLE), **said)


@pytest.mark.parametrize(
    "said", ["", "keep: true, ", "keep: whole, ", "echo: false, ", "written: {s: t, ev: act.ev}, "]
)
def test_an_action_that_nobody_has_taken_stays_beside_what_follows(site: Site, said: str) -> None:
    shop = with_events(site, outside=said)
    name = "t" if "written" in said else "s"
    event = {"act": {"ev": "close"}} if "written" in said else {"ev": "close"}
    shop.client_says(1, st="open", s="a")
    shop.run()
    shop.technician_edits(1, x="c")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, name: "a", **event}
    shop.technician_edits(1, d="b")
    assert planned(site) == {name: "b"}
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, name: "b", **event}
    assert agrees(shop)
    clear(site.outbound)
    shop.technician_edits(1, d="c")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, name: "c"}
    assert agrees(shop)


def test_of_an_action_the_newest_one_stays_until_it_is_taken(site: Site) -> None:
    shop = with_events(site)
    shop.client_says(1, st="open", s="a")
    shop.run()
    shop.technician_edits(1, x="c")
    shop.run()
    shop.technician_edits(1, x="p", d="b")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "s": "b", "ev": "reopen"}
    shop.technician_edits(1, d="c")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "s": "c", "ev": "reopen"}
    assert agrees(shop)


def test_an_action_that_was_taken_back_after_it_was_taken_stays_as_well(site: Site) -> None:
    shop = with_events(site)
    shop.client_says(1, st="open", s="a")
    shop.run()
    shop.technician_edits(1, x="c")
    shop.run()
    clear(site.outbound)
    for edit in ({"x": "p"}, {"d": "b"}):
        shop.technician_edits(1, **edit)
        shop.run()
    assert shop.client_is_told(1) == {"id": 1, "s": "b", "ev": "reopen"}


def test_an_action_that_the_outside_has_overtaken_is_over(site: Site) -> None:
    shop = with_events(site)
    shop.technician_creates(1, x="p", d="a")
    shop.run()
    shop.technician_edits(1, x="c")
    shop.run()
    assert shop.client_is_told(1)["ev"] == "close"
    shop.client_says(1, st="closed", s="a")
    shop.run()
    shop.client_says(1, st="open", s="a")
    shop.run()
    shop.technician_edits(1, d="b")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "s": "b"}


def test_what_is_only_written_stays_and_what_is_cleared_is_cleared(site: Site) -> None:
    shop = with_pins(site)
    shop.technician_creates(1, d="a", pin="1234")
    shop.run()
    for edit, pin in (({"d": "b"}, "1234"), ({"d": "c", "pin": "5"}, "5"), ({"d": "d"}, "5"), ({"pin": None}, None)):
        shop.technician_edits(1, **edit)
        shop.run()
        assert shop.client_is_told(1)["pin"] == pin
        assert agrees(shop)
    clear(site.outbound)
    shop.technician_edits(1, d="e")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "s": "e"}


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"id": 1, "pin": '])
def test_a_broken_file_holds_nothing_that_stays(site: Site, content: bytes) -> None:
    shop = with_pins(site)
    shop.technician_creates(1, d="a", pin="1234")
    shop.run()
    (site.outbound / "o_1.json").write_bytes(content)
    shop.technician_edits(1, d="b")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "s": "b"}


def test_what_is_only_written_in_a_list_stays(site: Site) -> None:
    rules = "{c: s, t: d}\n{c: lines, t: lines, each: [{c: row, t: row}, {c: pin, t: pin}]}"
    c = of(s=TEXT, lines={"type": "array", "items": of(row_=TEXT, pin={**TEXT, "writeOnly": True})})
    t = of(d=TEXT, lines={"type": "array", "items": of(row_=TEXT, pin=TEXT)})
    shop = Shop(site, rules, c, t)
    shop.technician_creates(1, d="a", lines=[{"row": "1", "pin": "x"}])
    shop.run()
    shop.technician_edits(1, d="b")
    assert planned(site) == {"s": "b"}
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "s": "b", "lines": [{"row": "1", "pin": "x"}]}
    clear(site.outbound)
    shop.technician_edits(1, d="c")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "s": "c", "lines": [{"row": "1"}]}


@pytest.mark.parametrize("said", ["", "send: changed, when_absent: null, "])
def test_files_of_many_records_repeat_nothing(site: Site, said: str) -> None:
    shop = with_pins(site, outside=said)
    file = shop.folder / "m.yaml"
    file.write_text(
        file.read_text().replace(
            '"o_{id}.json"', '"o_{run}_{part}.jsonl", format: {inbound: json, outbound: json_lines}'
        )
    )
    site.mapping = load_mapping(file)
    shop.technician_creates(1, d="a", pin="1234")
    shop.run()
    shop.technician_edits(1, d="b")
    shop.run()
    lines = sorted(path.read_text() for path in site.outbound.iterdir())
    assert [("pin" in line) for line in lines].count(True) == 1


ENTRIES = '[{file: "a_{id}.json"}, {file: "b_{id}.json", for: update, only: [x]}]'


def test_what_one_file_carries_with_a_creation_alone_stays_in_it_as_it_is_now(site: Site) -> None:
    c, t = of(s=TEXT, x=TEXT, pin=PIN), of(d=TEXT, x=TEXT, pin=NULLABLE)
    shop = Shop(site, f"{PINS}\n{{c: x, t: x}}", c, t)
    file = shop.folder / "m.yaml"
    file.write_text(file.read_text().replace('"o_{id}.json"', ENTRIES))
    site.mapping = load_mapping(file)
    shop.technician_creates(1, d="a", x="open", pin="1234")
    shop.run()
    told = {path.name: path.read_text() for path in site.outbound.iterdir()}
    assert told.keys() == {"a_1.json"}
    shop.technician_edits(1, d="b")
    shop.run()
    assert set(shop.told()) == {"a_1.json"}
    assert '"pin": "1234"' in (site.outbound / "a_1.json").read_text()
    assert '"x": "open"' in (site.outbound / "a_1.json").read_text()
    shop.technician_edits(1, d="c", x="done")
    shop.run()
    assert '"x": "done"' in (site.outbound / "a_1.json").read_text()
    assert '"x": "done"' in (site.outbound / "b_1.json").read_text()
    assert agrees(shop)


def test_what_is_set_back_under_send_changed_stays_until_it_is_taken(site: Site) -> None:
    c, t = of(s=NULLABLE, x=NULLABLE), of(d=TEXT, x=TEXT)
    shop = Shop(site, "{c: s, t: d}\n{c: x, t: x}", c, t, outside="send: changed, when_absent: null, ")
    shop.client_says(1, s="a", x="1")
    shop.run()
    shop.technician_edits(1, d="b")
    shop.run()
    clear(site.outbound)
    for edit in ({"d": "a"}, {"x": "2"}):
        shop.technician_edits(1, **edit)
        shop.run()
    assert shop.client_is_told(1) == {"id": 1, "s": "a", "x": "2"}


def test_of_one_list_that_several_rules_select_from_each_element_stays(site: Site) -> None:
    rules = """
{c: "ids[kind='a'].value", t: a, send: changed, when_absent: {c: null}}
{c: "ids[kind='b'].value", t: b, send: changed, when_absent: {c: null}}
"""
    c = of(ids={"type": "array", "items": of(kind_=TEXT, value=NULLABLE)})
    shop = Shop(site, rules, c, of(a=TEXT, b=TEXT))
    shop.client_says(1, ids=[{"kind": "a", "value": "1"}, {"kind": "b", "value": "2"}])
    shop.run()
    for edit in ({"a": "3"}, {"b": "4"}):
        shop.technician_edits(1, **edit)
        shop.run()
    told = {one["kind"]: one["value"] for one in shop.client_is_told(1)["ids"]}
    assert told == {"a": "3", "b": "4"}


def waiting(site: Site) -> Shop:
    """A client that is sent changes alone, with one that waits."""
    text = {"type": ["string", "null"]}
    shop = Shop(site, "{c: a, t: a}\n{c: b, t: b}", of(a=text, b=text), of(a=text, b=text), outside=PARTIAL)
    shop.client_says(1, a="A", b="B")
    shop.run()
    shop.technician_edits(1, a="A1")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "a": "A1"}
    return shop


@pytest.mark.parametrize("lies", [{"id": 2, "a": "A1"}, {"id": 1, "a": "HAND"}, {"id": 1, "a": "A1", "b": "ZZ"}])
def test_verify_names_a_waiting_change_that_somebody_has_edited(site: Site, lies: dict[str, Any]) -> None:
    shop = waiting(site)
    assert agrees(shop)
    (site.outbound / "o_1.json").write_text(json.dumps(lies))
    assert not agrees(shop)


def test_verify_names_what_waits_and_the_outside_has_said_otherwise_since(site: Site) -> None:
    shop = waiting(site)
    shop.client_says(1, a="X", b="B")
    shop.run()
    assert shop.document(1) == {"a": "X", "b": "B"}
    assert not agrees(shop)
    shop.technician_edits(1, b="B1")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "b": "B1"}
    assert agrees(shop)


def test_what_waited_in_a_file_that_is_broken_goes_out_again_with_the_next_change(site: Site) -> None:
    shop = waiting(site)
    (site.outbound / "o_1.json").write_text('{"id": 1,')
    assert not agrees(shop)
    shop.technician_edits(1, b="B1")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "a": "A1", "b": "B1"}
    assert agrees(shop)


def test_verify_names_a_creation_that_is_broken_where_it_waits(site: Site) -> None:
    files = '[{file: "new_{id}.json", for: create}, {file: "o_{id}.json", for: update}]'
    shop = Shop(site, "{c: s, t: d}", of(s=TEXT), of(d=TEXT))
    file = shop.folder / "m.yaml"
    file.write_text(re.sub(r'outbound: "[^"]*"', lambda _: f"outbound: {files}", file.read_text()))
    site.mapping = load_mapping(file)
    shop.technician_creates(1, d="a")
    shop.run()
    assert agrees(shop)
    (site.outbound / "new_1.json").write_text("{")
    assert not agrees(shop)


def test_what_the_outside_says_otherwise_is_taken_out_of_a_file_that_waits(site: Site) -> None:
    shop = waiting(site)
    as_due_again(shop)
    shop.client_says(1, a="X", b="B")
    assert planned(site) == {"a": ABSENT}, "of what goes out, which takes a back"
    shop.run()
    assert shop.document(1) == {"a": "X", "b": "B"}
    assert shop.client_is_told(1) == {"id": 1}
    assert agrees(shop)
    clear(site.outbound)
    shop.client_says(1, a="Y", b="B")
    shop.run()
    assert not list(site.outbound.iterdir()), "nothing is written where nothing waits"


def test_without_an_echo_what_waits_and_the_outside_has_said_otherwise_since_is_put_right(site: Site) -> None:
    shop = Shop(
        site, "{c: a, t: a}\n{c: b, t: b}", of(a=NULLABLE, b=NULLABLE), of(a=NULLABLE, b=NULLABLE), outside=QUIET
    )
    as_due_again(shop)
    shop.client_says(1, a="A", b="B")
    assert shop.run()["outbound"] == {"read": 1, "unchanged": 1}
    assert shop.told() == []
    shop.technician_edits(1, a="A1")
    shop.run()
    shop.client_says(1, a="A", b="X")
    assert planned(site) == {"b": "X"}
    assert shop.run()["outbound"] == {"read": 1, "updated": 1}
    assert shop.client_is_told(1) == {"id": 1, "a": "A1", "b": "X"}
    assert agrees(shop)
    clear(site.outbound)
    shop.client_says(1, a="A2", b="X")
    assert shop.run()["outbound"] == {"read": 1, "unchanged": 1}
    assert shop.told() == []


def test_of_a_list_that_waits_the_elements_that_the_outside_changes_are_put_right(site: Site) -> None:
    element = {"type": "object", "required": ["nr"], "properties": {"nr": {"type": "integer"}, "t": NULLABLE}}
    ops = {"type": ["array", "null"], "items": element}
    rule = "{c: ops, t: steps, each: [{c: nr, t: nr, key: true}, {c: t, t: t}]}"
    shop = Shop(site, rule, of(ops=ops), of(steps=ops), outside=PARTIAL)
    as_due_again(shop)
    shop.client_says(1, ops=[{"nr": 1, "t": "a"}, {"nr": 2, "t": "b"}])
    shop.run()
    shop.technician_edits(1, steps=[{"nr": 1, "t": "a"}, {"nr": 2, "t": "b2"}])
    shop.run()
    shop.client_says(1, ops=[{"nr": 1, "t": "a1"}, {"nr": 2, "t": "b"}, {"nr": 4, "t": "d"}])
    shop.run()
    assert shop.client_is_told(1)["ops"] == [{"nr": 1, "t": "a1"}, {"nr": 2, "t": "b2"}, {"nr": 4, "t": "d"}]
    assert agrees(shop)


def test_of_many_work_orders_with_nothing_to_tell_all_are_looked_at_at_once(site: Site) -> None:
    shop = Shop(site, "{c: a, t: a}", of(a=NULLABLE), of(a=NULLABLE), outside=PARTIAL)
    as_due_again(shop)
    counts = []
    for number in (10, 60):
        for key in range(number):
            shop.client_says(key, a=f"{number}")
        heard: list[Any] = []
        with commands_heard(site.database.name, heard.append):
            assert shop.run()["outbound"] == {"read": number, "unchanged": number}
        counts.append(len(heard))
    assert counts[1] - counts[0] < 10, counts
