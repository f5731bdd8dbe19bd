"""What is sent: under other names and in other forms, only what changed, and once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from etl.app import plan
from etl.errors import MappingError
from etl.mapping.load import examine, load_mapping
from etl.transfer.model import Outcome
from tests.support.proofs import DATE, NUMBER, SOME, TEXT, WHOLE, found, mapping, of
from tests.support.site import Site
from tests.support.sites import LOG, Shop, clear

RULES = """
{c: state.value, t: state}
{c: title.value, t: title}
{c: team.id, t: team, as: integer_text}
{c: seen, t: seen, as: datetime, lossy: UTC}
"""
PAIR = of(value=TEXT, display_value=TEXT)
CLIENT = of(state=PAIR, title=PAIR, team=of(id=TEXT), seen=TEXT)
TRACOS = of(state=TEXT, title=TEXT, team=WHOLE, seen=DATE)
LOOSE = of(
    state=of(value={"type": ["string", "null"]}),
    title=of(value={"type": ["string", "null"]}),
    team=of(id={"type": ["string", "null"]}),
    seen={"type": ["string", "null"]},
)
"""In which any value may be cleared."""

IGNORE = 'ignore: ["state.display_value", "title.display_value"], '


def record(**more: Any) -> dict[str, Any]:
    pair = {"state": {"value": "2", "display_value": "Open"}, "title": {"value": "Pump", "display_value": "Pump"}}
    return {**pair, "team": {"id": "7"}, "seen": "2025-01-02T03:04:05+00:00", **more}


def test_fields_are_sent_under_other_names_and_in_other_forms(site: Site) -> None:
    written = 'written: {"*.value": "*", team.id: {to: team_ref, as: []}, seen: {as: epoch_s}}, '
    shop = Shop(site, RULES, CLIENT, TRACOS, outside=IGNORE + written)
    shop.client_says(1, **record())
    shop.run()
    sent = {"id": 1, "state": "2", "title": "Pump", "team_ref": 7, "seen": 1735787045}
    assert shop.client_is_told(1) == sent
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}
    shop.technician_edits(1, title="Valve")
    made = plan(site.mapping, site.settings, LOG)
    values = [(value.path, value.old, value.new) for one in made.records for value in one.values]
    assert values == [("title", "Pump", "Valve")]
    shop.run()
    assert shop.client_is_told(1) == {**sent, "title": "Valve"}
    shop.client_says(1, **record(title={"value": "Valve"}))
    assert shop.run()["inbound"] == {"read": 1, "unchanged": 1}


def test_what_a_more_specific_entry_says_counts(site: Site) -> None:
    written = 'written: {"*.value": "*", title.value: {to: headline}}, '
    shop = Shop(site, RULES, CLIENT, TRACOS, outside=IGNORE + written)
    shop.technician_creates(1, state="2", title="Pump", team=7)
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "state": "2", "headline": "Pump", "team": {"id": "7"}}


def test_what_is_written_null_is_read_and_not_sent(site: Site) -> None:
    shop = Shop(site, RULES, CLIENT, TRACOS, outside=IGNORE + 'written: {"team.id": null, id: null, "title.*": null}, ')
    shop.client_says(1, **record())
    shop.run()
    assert shop.document(1)["team"] == 7
    assert shop.client_is_told(1) == {"state": {"value": "2"}, "seen": "2025-01-02T03:04:05+00:00"}
    shop.technician_edits(1, team=8)
    shop.run()
    shop.client_says(1, **record(state={"value": "3"}))
    shop.run()
    assert shop.document(1)["team"] == 8


def test_what_one_of_several_fields_says_is_not_sent_in_an_element_either(site: Site) -> None:
    """The schema says nothing of the elements, so that it does not say either that one is only read."""
    rule = "{c: ['days[0].day', year], t: at, as: {datetime: {format: ['%j', '%Y']}}, lossy: a day}"
    c, t = of(days={"type": "array"}, year_={"type": "string"}), of(at_={"type": "string", "format": "date-time"})
    shop = Shop(site, rule, c, t, outside="written: {'days[0].day': null, year: {to: at, as: []}}, ")
    shop.technician_creates(1, at=datetime(2025, 2, 3, tzinfo=UTC))
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "at": "2025-02-03T00:00:00Z"}


def test_only_what_changed_is_sent_and_keys_and_constants_always(site: Site) -> None:
    rules = RULES + "{c: kind, from: \"'order'\"}\n"
    c = of(**LOOSE["properties"], kind=TEXT)
    shop = Shop(site, rules, c, TRACOS, outside="send: changed, when_absent: null, ")
    shop.client_says(1, **record())
    assert shop.run()["outbound"] == {"read": 1, "unchanged": 1}
    shop.technician_edits(1, title="Valve")
    assert shop.run()["outbound"] == {"read": 1, "created": 1}
    assert shop.client_is_told(1) == {"id": 1, "title": {"value": "Valve"}, "kind": "order"}
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}
    clear(site.outbound)
    shop.technician_edits(1, state="3")
    shop.technician_clears(1, "seen")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "state": {"value": "3"}, "seen": None, "kind": "order"}


def test_a_creation_omits_what_is_absent(site: Site) -> None:
    shop = Shop(site, RULES, LOOSE, TRACOS, outside="send: changed, when_absent: null, ")
    shop.technician_creates(1, title="Pump")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "title": {"value": "Pump"}}


NEEDED = """
{c: title.value, t: title, when_absent: {c: "-"}, lossy: no order is called so}
{c: note, t: note, when_absent: {c: ""}, lossy: W}
{c: state, t: state, values: [{c: 2, t: open}, {c: 5, t: closed}], send: always}
"""
STATE = {"enum": ["open", "closed"]}
WANTS = {
    "required in the one schema": (of(title_=of(value_=SOME), note=TEXT, state_={"enum": [2, 5]}), ""),
    "required in the other names of what is sent": (
        of(title_=of(value_=SOME), note=TEXT, state_={"enum": [2, 5]}),
        "written: {title.value: subject}, ",
    ),
    "required in one state": (
        {
            **of(title=of(value=SOME), note=TEXT, state_={"enum": [2, 5]}),
            "if": {"properties": {"state": {"const": 2}}},
            "then": {"required": ["title"]},
        },
        "",
    ),
}


@pytest.mark.parametrize("entries", [False, True], ids=["one file", "a file of its own"])
@pytest.mark.parametrize(("client", "more"), WANTS.values(), ids=WANTS)
def test_a_creation_has_what_its_schema_requires_as_when_absent_says(
    site: Site, client: dict[str, Any], more: str, *, entries: bool
) -> None:
    files = '[{file: "o_{id}.json", for: create}, {file: "u_{id}.json", for: update}]' if entries else '"o_{id}.json"'
    shop = Shop(site, NEEDED, client, of(title=SOME, note=TEXT, state_=STATE), outside=f"send: changed, {more}")
    rewrite(shop, 'outbound: "o_{id}.json"', f"outbound: {files}")
    shop.technician_creates(1, state="open")
    title = {"subject": "-"} if more else {"title": {"value": "-"}}
    made = plan(site.mapping, site.settings, LOG)
    assert [value.new for record in made.records for value in record.values] == [1, "-", 2]
    assert shop.run()["outbound"] == {"read": 1, "created": 1}
    assert shop.client_is_told(1) == {"id": 1, **title, "state": 2}
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}


def test_the_outbound_schema_judges_a_creation_whole_and_requires_nothing_of_what_follows(site: Site) -> None:
    rules = '{c: title, t: title, when_absent: {c: ""}, lossy: W}\n{c: sender, t: sender, send: always}'
    shop = Shop(site, rules, of(title=TEXT, sender=TEXT), of(title=TEXT, sender=TEXT), outside="send: changed, ")
    (shop.folder / "sent.json").write_text(json.dumps(of(id_=WHOLE, title=TEXT, sender_=TEXT)))
    rewrite(shop, "schema: c.json", "schema: {inbound: c.json, outbound: sent.json}")
    (found,) = examine(site.mapping.file)[1]
    assert (found.code, found.message) == ("W156", "what is sent is refused, since sender is required")
    shop.technician_creates(1, title="Pump")
    shop.technician_creates(2, title="Pump", sender="Ada")
    assert shop.run()["outbound"] == {"read": 2, "created": 1, "rejected": 1}
    shop.technician_clears(2, "sender")
    shop.technician_edits(2, title="Valve")
    assert shop.run()["outbound"] == {"read": 2, "updated": 1, "rejected": 1}


def priced(folder: Path, price: dict[str, Any], lossy: str = "decimals") -> list[str]:
    rule = f"{{c: cost, t: cost, as: decimal, lossy: {lossy}}}"
    file = mapping(folder, rule, of(cost=TEXT), of(cost=price))
    as_ = "written: {cost: {to: price, as: {decimal: {places: 1}}}}"
    file.write_text(file.read_text().replace("schema: c.json, ", f"schema: c.json, {as_}, "))
    return [f"{one.line} {one.code} {one.message}" for one in examine(file)[1]]


def test_a_codec_under_written_that_some_values_do_not_fit_is_a_loss_that_lossy_may_excuse(tmp_path: Path) -> None:
    (found_,) = priced(tmp_path, NUMBER, "{W165: decimals}")
    assert found_.startswith("3 W156 c.cost cannot be sent: -0.25 has more than 1 decimals")
    assert priced(tmp_path, NUMBER, "{W165: decimals, W156: no price has them}") == []


def test_a_codec_under_written_that_no_value_fits_is_refused(tmp_path: Path) -> None:
    (found_,) = priced(tmp_path, {"enum": [0.25, 1.125]}, "{W165: decimals, W156: no price has them}")
    assert found_.startswith("3 E151 c.cost cannot be sent: 0.25 has more than 1 decimals")


COPIED, DATED = "{c: v, t: v}", "{c: v, t: v, as: datetime, lossy: {W165: BSON keeps milliseconds}}"
UNWRITTEN = {
    "zeros before zeros": (COPIED, "{text: {zeros: 10}}", TEXT, '"007" is written as "0000000007"'),
    "more decimals": (COPIED, "{decimal: {places: 2}}", NUMBER, "0.001 has more than 2 decimals"),
    "decimals of a from": (
        "{c: v, from: 'v || `1`', lossy: {W167: x}}",
        "{decimal: {places: 2}}",
        NUMBER,
        "0.001 has more than 2 decimals",
    ),
    "years of two digits": (DATED, "{datetime: {format: '%d/%m/%y %H:%M'}}", DATE, "the year 1950 cannot be written"),
    "days with years of two digits": (DATED, "{date: {format: '%d.%m.%y'}}", DATE, "the year 1950 cannot be written"),
    "an hour that comes twice": (
        DATED,
        "{datetime: {zone: Europe/Berlin, format: '%d/%m/%Y %H:%M'}}",
        DATE,
        "2029-10-28 02:30:00 comes twice in Europe/Berlin",
    ),
    "nothing": (DATED, "epoch_s", DATE, ""),
}


@pytest.mark.parametrize(("rule", "codec", "inside", "why"), UNWRITTEN.values(), ids=UNWRITTEN)
def test_what_a_codec_under_written_refuses_is_found_whatever_else_the_schema_lists(
    tmp_path: Path, rule: str, codec: str, inside: dict[str, Any], why: str
) -> None:
    outside = {"type": "number"} if inside is NUMBER else TEXT
    file = mapping(tmp_path, rule, of(v=outside), of(v=inside))
    as_ = f"written: {{v: {{to: w, as: {codec}}}}}"
    file.write_text(file.read_text().replace("schema: c.json, ", f"schema: c.json, {as_}, "))
    found_ = [f"{one.line} {one.code} {one.message}" for one in examine(file)[1] if one.code == "W156"]
    assert [one.startswith(f"3 W156 c.v cannot be sent: {why}") for one in found_] == [True] * bool(why)


def test_a_run_rejects_the_records_that_a_codec_under_written_does_not_fit_and_sends_the_others(site: Site) -> None:
    written = "written: {cost: {to: price, as: {decimal: {places: 1}}}}, "
    shop = Shop(site, "{c: cost, t: cost, as: decimal, lossy: W}", of(cost=TEXT), of(cost=NUMBER), outside=written)
    shop.technician_creates(1, cost=0.25)
    shop.technician_creates(2, cost=0.5)
    assert shop.run()["outbound"] == {"read": 2, "created": 1, "rejected": 1}
    assert shop.client_is_told(2) == {"id": 2, "price": "0.5"}


def rewrite(shop: Shop, before: str, after: str) -> None:
    file = shop.folder / "m.yaml"
    assert before in file.read_text()
    file.write_text(file.read_text().replace(before, after))
    shop.site.mapping = load_mapping(file)


def test_what_nobody_has_taken_yet_is_not_lost_by_what_follows(site: Site) -> None:
    shop = Shop(site, RULES, LOOSE, TRACOS, outside="send: changed, when_absent: null, ")
    shop.client_says(1, **record())
    shop.run()
    shop.technician_edits(1, title="Valve")
    shop.run()
    shop.technician_edits(1, state="3")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "title": {"value": "Valve"}, "state": {"value": "3"}}


@pytest.mark.parametrize("entries", [False, True], ids=["one file", "several files"])
def test_what_the_outside_has_replaced_since_is_not_sent_again_beside_what_follows(
    site: Site, *, entries: bool
) -> None:
    files = '[{file: "n_{id}.json", for: create}, {file: "o_{id}.json", for: update}]' if entries else '"o_{id}.json"'
    shop = Shop(site, RULES, LOOSE, TRACOS, outside="send: changed, when_absent: null, ")
    rewrite(shop, 'outbound: "o_{id}.json"', f"outbound: {files}")
    shop.client_says(1, **record())
    shop.run()
    shop.technician_edits(1, title="Valve")
    shop.run()
    shop.client_says(1, **record(title={"value": "Fan"}))
    shop.technician_edits(1, state="3")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "state": {"value": "3"}}
    assert shop.document(1)["title"] == "Fan"


def test_one_rule_may_be_sent_only_where_it_changed(site: Site) -> None:
    rules = "{c: title, t: title, send: changed}\n{c: note, t: note}"
    shop = Shop(site, rules, of(title_=TEXT, note=TEXT), of(title_=TEXT, note=TEXT))
    shop.client_says(1, title="Pump", note="a")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "note": "a"}
    shop.technician_edits(1, title="Valve")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "note": "a", "title": "Valve"}


def test_what_is_sent_once_goes_with_the_creation_alone(site: Site) -> None:
    rules = (
        "{c: title, t: title}\n{c: origin, t: origin, write: {c: once}}\n{c: by, from: \"'tracos'\", write: {c: once}}"
    )
    shop = Shop(site, rules, of(title=TEXT, origin=TEXT, by=TEXT), of(title=TEXT, origin=TEXT))
    shop.technician_creates(1, title="Pump", origin="here")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "title": "Pump", "origin": "here", "by": "tracos"}
    clear(site.outbound)
    shop.technician_edits(1, title="Valve", origin="there")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "title": "Valve"}


def test_a_stamp_makes_nothing_due_and_goes_along(site: Site) -> None:
    rules = "{c: title, t: title}\n{c: touched, from: touched, send: always}"
    shop = Shop(site, rules, of(title_=TEXT, touched=TEXT), of(title_=TEXT, touched=TEXT), outside="send: changed, ")
    shop.client_says(1, title="Pump")
    shop.run()
    shop.technician_edits(1, touched="now")
    assert shop.run()["outbound"] == {"read": 1, "unchanged": 1}
    shop.technician_edits(1, title="Valve")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "title": "Valve", "touched": "now"}


@pytest.mark.parametrize(
    ("table", "inside", "is_refused"),
    [
        ("values: [{c: 2, t: open}, {c: 5, t: closed}]", "state_", False),
        ("values: [{c: 2, t: open}, {c: 5, t: closed}]", "state", True),
        ("values: [{c: 2, t: open}, {c: null, t: closed}]", "state_", True),
        ("values: [{c: 2, t: open}, {c: 5, t: closed}, {c: null, t: null}]", "state_", False),
        ("values: [{c: 2, t: open}], otherwise: {t: open, c: null}", "state_", True),
    ],
)
def test_what_a_table_never_leaves_absent_needs_no_when_absent(
    tmp_path: Path, table: str, inside: str, *, is_refused: bool
) -> None:
    rule = f"{{c: state, t: state, {table}, send: changed, lossy: W}}"
    said = found(tmp_path, rule, of(state={"enum": [2, 5]}), of(**{inside: {"enum": ["open", "closed"]}}))
    assert any(one.startswith("E125 c.state is not sent where it is absent") for one in said) == is_refused


@pytest.mark.parametrize(
    ("outside", "message"),
    [
        ("send: changed, ", "E125 c.note is not sent where it is absent, so send: changed never clears it"),
        ("when_absent: null, written: {nte: x}, ", "E110 no rule writes nte, which written names"),
        ("when_absent: null, keep: whole, written: {nte: x}, ", "E110 no rule writes nte, which written names"),
        ("when_absent: null, written: {note: title}, ", "E120 title of c is sent twice"),
    ],
)
def test_what_could_not_be_sent_is_refused(tmp_path: Path, outside: str, message: str) -> None:
    file = mapping(
        tmp_path,
        "{c: title, t: title}\n{c: note, t: note}",
        of(title_=TEXT, note={"type": ["string", "null"]}),
        of(title_=TEXT, note=TEXT),
    )
    file.write_text(file.read_text().replace("schema: c.json, ", "schema: c.json, " + outside))
    with pytest.raises(MappingError) as caught:
        load_mapping(file)
    assert message in str(caught.value)


def test_a_value_that_cannot_be_written_is_not_told_as_missing_as_well(tmp_path: Path) -> None:
    file = mapping(tmp_path, "{c: v, t: v}", of(v_=NUMBER), of(v_=NUMBER))
    (tmp_path / "sent.json").write_text(json.dumps(of(w_=TEXT)))
    said = "schema: {inbound: c.json, outbound: sent.json}, written: {v: {to: w, as: {decimal: {places: 1}}}}"
    file.write_text(file.read_text().replace("schema: c.json", said))
    (found_,) = (f"{one.code} {one.message}" for one in examine(file)[1])
    assert found_.startswith("W156 c.v cannot be sent: ")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{g: h}", {"h": {"a": 1, "d": {"e": 2}}}),
        ("{g: {to: h.i}}", {"h": {"i": {"a": 1, "d": {"e": 2}}}}),
        ("{g.a: b}", {"b": 1, "g": {"d": {"e": 2}}}),
        ("{g: h, g.a: b}", {"b": 1, "h": {"d": {"e": 2}}}),
        ("{g: h, g.d: f}", {"h": {"a": 1}, "f": {"e": 2}}),
        ("{'*.a': '*'}", {"g": 1}),
        ("{g: null}", {}),
    ],
)
def test_a_group_is_sent_under_another_name_whole_or_field_by_field(
    site: Site, written: str, expected: dict[str, Any]
) -> None:
    inner = ", {c: d, t: d, each: [{c: e, t: e}]}" if "*" not in written else ""
    group = of(a=WHOLE, d=of(e=WHOLE))
    rule = f"{{c: m, t: m}}\n{{c: g, t: g, each: [{{c: a, t: a}}{inner}]}}"
    shop = Shop(site, rule, of(m=WHOLE, g=group), of(m=WHOLE, g=group), outside=f"written: {written}, ")
    assert [one.message for one in examine(site.mapping.file)[1] if one.code.startswith("E")] == []
    there = {"a": 1} if "*" in written else {"a": 1, "d": {"e": 2}}
    shop.technician_creates(1, m=3, g=there)
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "m": 3, **expected}
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}


def test_a_group_has_no_form_of_its_own(tmp_path: Path) -> None:
    group = of(a=WHOLE)
    file = mapping(tmp_path, "{c: g, t: g, each: [{c: a, t: a}]}", of(g=group), of(g=group))
    file.write_text(
        file.read_text().replace("schema: c.json", "schema: c.json, written: {g: {to: h, as: boolean_text}}")
    )
    (found_,) = (f"{one.code} {one.message}" for one in examine(file)[1])
    assert found_ == "E110 g is a group, which no codec writes"


@pytest.mark.parametrize("absent", ["false", "null"])
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{g: h}", {"h": None}),
        ("{g: {to: h.i}}", {"h": {"i": None}}),
        ("{g: h, g.a: b}", {"h": None, "b": None}),
    ],
)
def test_what_stands_for_a_group_is_sent_where_the_group_is(
    site: Site, written: str, expected: dict[str, Any], absent: str
) -> None:
    inner = of(a=WHOLE, d=of(e=WHOLE))
    stand_in = json.loads(absent)
    rule = (
        f"{{c: g, t: g, when_absent: {{c: {absent}}}, each: [{{c: a, t: a}}, {{c: d, t: d, each: [{{c: e, t: e}}]}}]}}"
    )
    schemas = of(m=WHOLE, g={"anyOf": [inner, {"const": stand_in}]}), of(m=WHOLE, g=inner)
    shop = Shop(site, f"{{c: m, t: m}}\n{rule}", *schemas, outside=f"written: {written}, ")
    shop.technician_creates(1, m=3)
    shop.run()
    said = json.loads(json.dumps(expected).replace("null", absent))
    assert shop.client_is_told(1) == {"id": 1, "m": 3, **said}
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}


def test_a_field_in_a_group_that_is_not_sent_is_not_sent_either_and_check_says_why(tmp_path: Path) -> None:
    group = of(a=WHOLE)
    file = mapping(tmp_path, "{c: g, t: g, each: [{c: a, t: a}]}", of(g=group), of(g=group))
    file.write_text(file.read_text().replace("schema: c.json", "schema: c.json, written: {g: null, g.a: b}"))
    found_ = [f"{one.code} {one.message}" for one in examine(file)[1] if one.code == "E110"]
    assert found_ == ["E110 g.a is not sent, since g is null in written"]
