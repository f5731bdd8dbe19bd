"""What stands for an absent value is written above a path, where the schema takes it there and not at the path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl.mapping.load import examine, load_mapping
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.terms import Direction
from etl.page import markdown
from etl.page.content import page_of
from etl.record import Record
from tests.support.proofs import SOME, TEXT, WHOLE, found, lists, mapping, of
from tests.support.site import Site
from tests.support.sites import Shop

NONE = {"const": False}
PAIR = {"type": "array", "prefixItems": [WHOLE, {"type": "string", "readOnly": True}], "minItems": 2, "maxItems": 2}
ODOO = of(name={"oneOf": [NONE, SOME]}, equipment={"oneOf": [NONE, PAIR]})
ODOO_SAYS = 'when_absent: false, written: {"equipment[0]": equipment}, '
ODOO_RULES = """
{c: name, t: title}
{c: "equipment[0]", t: asset.id}
{c: "equipment[1]", t: asset.name}
"""
ODOO_INSIDE = of(title=SOME, asset=of(id=WHOLE, name=TEXT))

REFERENCE = {"oneOf": [{"const": ""}, of(link={**TEXT, "readOnly": True}, value_=SOME)]}
SERVICE_NOW = of(assigned_to_=REFERENCE, note=TEXT)
SERVICE_NOW_RULES = """
{c: assigned_to.value, t: technician.id}
{c: assigned_to.link, t: technician.link}
{c: note, t: note}
"""
SERVICE_NOW_INSIDE = of(technician=of(id=SOME, link=SOME), note=SOME)
EMPTY = 'when_absent: "", '


def odoo(site: Site, more: str = "") -> Shop:
    return Shop(site, ODOO_RULES, ODOO, ODOO_INSIDE, outside=ODOO_SAYS + more)


def outward(folder: Path, rules: str, c: dict[str, Any], t: dict[str, Any], last: Record | None = None) -> Any:
    """Return what makes the outside of inside fields."""
    translate = compile_mapping(load_mapping(mapping(folder, rules, c, t)), Direction.OUTBOUND)

    def made(**inside: Any) -> Record:
        record, _, violations = translate({"number": 1, **inside}, last or {})
        assert not violations
        return {name: value for name, value in record.items() if name != "id"}

    return made


@pytest.mark.parametrize(
    ("rules", "outside", "inside", "says"),
    [(ODOO_RULES, ODOO, ODOO_INSIDE, ODOO_SAYS), (SERVICE_NOW_RULES, SERVICE_NOW, SERVICE_NOW_INSIDE, EMPTY)],
    ids=["a pair or false", "an object or empty text"],
)
def test_nothing_is_lost_by_a_reference_that_may_be_none(
    site: Site, rules: str, outside: Any, inside: Any, says: str
) -> None:
    shop = Shop(site, rules, outside, inside, outside=says)
    assert [str(one) for one in examine(shop.folder / "m.yaml")[1]] == []


def test_a_pair_or_false_goes_both_ways(site: Site) -> None:
    shop = odoo(site)
    shop.client_says(1, name="Pump", equipment=False)
    shop.client_says(2, name=False, equipment=[11, "HP"])
    shop.run()
    assert shop.document(1) == {"title": "Pump"}
    assert shop.document(2) == {"asset": {"id": 11, "name": "HP"}}
    assert shop.client_is_told(1) == {"id": 1, "name": "Pump", "equipment": False}
    assert shop.client_is_told(2) == {"id": 2, "name": False, "equipment": 11}
    shop.technician_edits(1, asset={"id": 12})
    shop.technician_clears(2, "asset")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "name": "Pump", "equipment": 12}
    assert shop.client_is_told(2) == {"id": 2, "name": False, "equipment": False}


@pytest.mark.parametrize("keep", ["", "keep: true, ", "keep: whole, "])
def test_an_object_or_empty_text_goes_back_as_it_came(site: Site, keep: str) -> None:
    shop = Shop(site, SERVICE_NOW_RULES, SERVICE_NOW, SERVICE_NOW_INSIDE, outside=EMPTY + keep)
    shop.client_says(1, assigned_to="", note="")
    shop.client_says(2, assigned_to={"link": "https://x/u1", "value": "u1"}, note="leaks")
    shop.run()
    assert shop.document(1) == {}
    assert shop.document(2) == {"technician": {"id": "u1", "link": "https://x/u1"}, "note": "leaks"}
    assert shop.client_is_told(1) == {"id": 1, "assigned_to": "", "note": ""}
    assert shop.client_is_told(2) == {"id": 2, "assigned_to": {"value": "u1"}, "note": "leaks"}
    shop.technician_edits(1, technician={"id": "u2"})
    shop.technician_clears(2, "technician")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "assigned_to": {"value": "u2"}, "note": ""}
    assert shop.client_is_told(2) == {"id": 2, "assigned_to": "", "note": "leaks"}


def test_what_is_kept_is_another_value_that_means_absent(site: Site) -> None:
    reference = {"oneOf": [{"enum": ["", "none", None]}, of(value=SOME)]}
    rules = '{c: assigned_to.value, t: technician, nulls: {c: ["", none]}, when_absent: {c: ""}}\n{c: note, t: note}'
    c, t = of(assigned_to=reference, note=TEXT), of(technician=SOME, note=TEXT)
    shop = Shop(site, rules, c, t, outside="keep: true, ")
    says: dict[int, Any] = {1: "none", 2: None, 3: "", 4: {"value": "u1"}, 5: {}}
    for key, said in says.items():
        shop.client_says(key, assigned_to=said, note="a")
    shop.run()
    for key in says:
        shop.technician_edits(key, note="b")
    shop.run()
    assert {key: shop.client_is_told(key)["assigned_to"] for key in says} == says
    shop.client_says(6, note="a")
    shop.run()
    assert shop.client_is_told(6) == {"id": 6, "note": "a"}
    shop.technician_edits(1, technician="u1")
    shop.technician_clears(4, "technician")
    shop.run()
    assert [shop.client_is_told(key)["assigned_to"] for key in (1, 4)] == [{"value": "u1"}, ""]
    shop.technician_clears(1, "technician")
    shop.run()
    assert shop.client_is_told(1)["assigned_to"] == ""


def test_a_reference_that_is_cleared_is_sent_as_a_change(site: Site) -> None:
    shop = odoo(site, "send: changed, ")
    shop.client_says(1, name="Pump", equipment=[11, "HP"])
    shop.run()
    shop.technician_clears(1, "asset")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "equipment": False}
    shop.technician_edits(1, title="Valve")
    shop.technician_creates(2, title="New")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "name": "Valve", "equipment": False}
    assert shop.client_is_told(2) == {"id": 2, "name": "New"}


def test_a_reference_that_is_cleared_goes_in_the_file_that_carries_it(site: Site) -> None:
    shop = Shop(site, SERVICE_NOW_RULES, SERVICE_NOW, SERVICE_NOW_INSIDE, outside=EMPTY)
    file = shop.folder / "m.yaml"
    files = '[{file: "who_{id}.json", only: [technician.id]}, {file: "o_{id}.json"}]'
    file.write_text(file.read_text().replace('outbound: "o_{id}.json"', f"outbound: {files}"))
    site.mapping = load_mapping(file)
    shop.client_says(1, assigned_to={"value": "u1"}, note="leaks")
    shop.run()
    shop.technician_clears(1, "technician")
    shop.run()
    assert shop.told() == ["who_1.json"]
    assert json.loads((site.outbound / "who_1.json").read_text()) == {"id": 1, "assigned_to": ""}


def test_it_is_written_only_where_nothing_below_has_a_value(tmp_path: Path) -> None:
    place = {"oneOf": [{"const": ""}, of(site=SOME, room=SOME)]}
    rules = """
{c: place.site, t: site, when_absent: {c: ""}}
{c: place.room, t: room, when_absent: {c: ""}}
"""
    made = outward(tmp_path, rules, of(place=place), of(site=SOME, room=SOME))
    assert made() == {"place": ""}
    assert made(site="A") == {"place": {"site": "A"}}
    assert made(room="1") == {"place": {"room": "1"}}
    assert made(room="1", site="A") == {"place": {"site": "A", "room": "1"}}


def test_it_is_written_at_the_nearest_place_that_takes_it(tmp_path: Path) -> None:
    nullable = {"type": ["object", "null"]}
    where = {**of(floor_={**of(room_=SOME), **nullable}, site=SOME), **nullable}
    made = outward(tmp_path, "{c: at.floor.room, t: room, when_absent: {c: null}}", of(at=where), of(room=SOME))
    assert made() == {"at": {"floor": None}}
    where = {**of(floor_=of(room_=SOME), site=SOME), **nullable}
    made = outward(tmp_path, "{c: at.floor.room, t: room, when_absent: {c: null}}", of(at=where), of(room=SOME))
    assert made() == {"at": None}


def test_the_path_itself_comes_first(tmp_path: Path) -> None:
    nullable = of(at={**of(room={"type": ["string", "null"]}), "type": ["object", "null"]})
    made = outward(tmp_path, "{c: at.room, t: room, when_absent: {c: null}}", nullable, of(room=TEXT))
    assert made() == {"at": {"room": None}}


def test_in_elements_and_groups_it_holds_as_well(tmp_path: Path) -> None:
    c, t = lists(name=SOME, by_=REFERENCE), lists(name=SOME, who=SOME)
    rule = '{c: lines, t: lines, each: [{c: name, t: name}, {c: by.value, t: who, when_absent: {c: ""}}]}'
    made = outward(tmp_path, rule, of(lines=c), of(lines=t))
    lines = [{"name": "a"}, {"who": "u1"}, {}]
    assert made(lines=lines) == {"lines": [{"name": "a", "by": ""}, {"by": {"value": "u1"}}]}
    assert made() == {}
    made = outward(tmp_path, rule, of(lines=c["items"]), of(lines=t["items"]))
    assert made(lines={"name": "a"}) == {"lines": {"name": "a", "by": ""}}
    assert made(lines={}) == {}


def test_a_table_and_a_from_write_it_as_well(tmp_path: Path) -> None:
    reference = {"oneOf": [{"const": ""}, of(value_={"const": "1"})]}
    rules = """
{c: state.value, t: state, when_absent: {c: ""}, values: [{c: "1", t: open}, {c: null, t: null}]}
{c: by.value, from: who, when_absent: {c: ""}}
"""
    c, t = of(state=reference, by=REFERENCE), of(state={"enum": ["open"]}, who=SOME)
    made = outward(tmp_path, rules, c, t)
    assert made() == {"state": "", "by": ""}
    assert made(state="open", who="u1") == {"state": {"value": "1"}, "by": {"value": "u1"}}


@pytest.mark.parametrize(
    ("nulls", "said"),
    [
        ("[]", ['W156 a record with c.by false or "" is rejected, since by.value leads through it']),
        ("[false]", ['W156 a record with c.by "" is rejected, since by.value leads through it']),
        ('[false, ""]', []),
    ],
)
def test_a_value_above_a_path_that_does_not_mean_absent_is_told(tmp_path: Path, nulls: str, said: list[str]) -> None:
    by = {"oneOf": [NONE, {"const": ""}, of(value=SOME)]}
    assert found(tmp_path, f"{{c: by.value, t: who, nulls: {{c: {nulls}}}}}", of(by=by), of(who=SOME)) == said


def test_text_that_may_stand_above_a_path_is_told(tmp_path: Path) -> None:
    by = {"type": ["object", "string"], "properties": {"value": SOME}}
    (said,) = found(tmp_path, "{c: by.value, t: who}", of(by=by), of(who=SOME))
    assert said == "W156 a record with c.by that is a string is rejected, since by.value leads through it"


def test_two_rules_write_one_value_above_them(tmp_path: Path) -> None:
    place = {"oneOf": [{"enum": ["", None]}, of(site=SOME, room=SOME)]}
    rules = '{c: place.site, t: site, when_absent: {c: ""}}\n{c: place.room, t: room, when_absent: {c: null}}'
    assert 'E120 c.place is null where nothing below it has a value, and "" by line 10' in found(
        tmp_path, rules, of(place=place), of(site=SOME, room=SOME)
    )


def test_the_page_says_where_it_is_written(site: Site) -> None:
    shop = odoo(site)
    assert "`false` written at `equipment`" in markdown.render(page_of(load_mapping(shop.folder / "m.yaml")))


def test_what_an_object_requires_beside_a_value_is_asked_for_where_null_may_stand_for_the_object(
    tmp_path: Path,
) -> None:
    lines = "{c: {a.l: {has: doing}, s: p}, t: {k: 4}}, {c: {s: p}, t: {k: 2}}, {c: {s: q}, t: {k: 3}}"
    rules = f"{{cases: [{lines}], when_absent: {{c: null}}}}\n"
    rules += "{c: {first: [a.v, w, a.u]}, t: z, when_absent: {c: null}}"
    value = {"type": ["string", "null"]}
    inner = {
        "type": "object",
        "properties": {"l": {"type": "array", "items": TEXT}, "v": value, "u": value},
        "required": ["l"],
    }
    outside = of(s={"enum": ["p", "q"]}, a_={"oneOf": [{"const": None}, inner]}, w=value)
    said = found(tmp_path, rules, outside, of(k_={"enum": [4, 2, 3]}, z=TEXT))
    assert "E122 this cases makes nothing of a record with t.k 2, but c.a.l is required" in said


@pytest.mark.parametrize(
    ("last", "told"),
    [
        ({"a": "X"}, ""),
        ({"a": "X", "b": None}, {"a": "", "b": None}),
        ({"b": None}, {"b": None}),
        ("", ""),
    ],
)
def test_what_lies_in_the_place_of_a_value_stays_there_as_it_came(tmp_path: Path, last: Any, told: Any) -> None:
    rules = "{c: s.a, t: a, when_absent: {c: ''}}\n{c: s.b, t: b, when_absent: {c: ''}}"
    nullable = {"type": ["boolean", "null"]}
    c, t = of(s={"oneOf": [{"const": ""}, of(a={"type": ["string", "null"]}, b=nullable)]}), of(a=SOME, b=nullable)
    file = mapping(tmp_path, rules, c, t)
    file.write_text(file.read_text().replace("schema: c.json, ", "schema: c.json, keep: true, "))
    made, _, violations = compile_mapping(load_mapping(file), Direction.OUTBOUND)({"number": 1}, {"id": 1, "s": last})
    assert not violations
    assert made == {"id": 1, "s": told}
