"""`readOnly` and `writeOnly`: what is only read is never sent, and what is only written is never expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from etl import Direction
from etl.app import compile_pipeline, plan
from etl.cli import cli
from etl.errors import MappingError
from etl.mapping.explain import explain
from etl.mapping.load import examine, load_mapping
from etl.mapping.rules.translate import compile_mapping
from etl.transfer.model import Outcome
from tests.support.proofs import DATE, TEXT, found, lists, mapping, of
from tests.support.site import Site
from tests.support.sites import LOG, Shop

READ: dict[str, Any] = {**TEXT, "readOnly": True}
WRITE: dict[str, Any] = {**TEXT, "writeOnly": True}
RULES = """
{c: title, t: title}
{c: author, t: author}
"""
CLIENT = of(title_=TEXT, author_=READ)
TRACOS = of(title_=TEXT, author=TEXT)


def test_what_is_only_read_comes_in_and_never_goes_out(site: Site) -> None:
    shop = Shop(site, RULES, CLIENT, TRACOS)
    shop.client_says(1, title="Pump", author="Ann")
    shop.run()
    assert shop.document(1) == {"title": "Pump", "author": "Ann"}
    assert shop.client_is_told(1) == {"id": 1, "title": "Pump"}
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}


def test_an_edit_of_what_is_only_read_stays_until_the_outside_changes(site: Site) -> None:
    shop = Shop(site, RULES, CLIENT, TRACOS)
    shop.client_says(1, title="Pump", author="Ann")
    shop.run()
    shop.technician_edits(1, author="Bob")
    shop.run()
    shop.client_says(1, title="Valve", author="Ann")
    shop.run()
    assert shop.document(1) == {"title": "Valve", "author": "Bob"}
    shop.technician_edits(1, author="Ann")
    shop.client_says(1, title="Valve", author="Cid")
    shop.run()
    assert shop.document(1)["author"] == "Cid"


def test_what_was_made_inside_goes_out_without_what_only_the_outside_gives(site: Site) -> None:
    shop = Shop(site, RULES, CLIENT, TRACOS)
    shop.technician_creates(2, title="New", author="Bob")
    assert shop.run()["outbound"] == {"read": 1, "created": 1}
    assert shop.client_is_told(2) == {"id": 2, "title": "New"}
    shop.client_says(2, title="New", author="Ann")
    assert shop.run()["inbound"] == {"read": 1, "conflict": 1}  # nobody was ever told of an author


def test_a_field_that_is_only_read_is_required_only_when_reading(tmp_path: Path) -> None:
    made = load_mapping(mapping(tmp_path, RULES, CLIENT, TRACOS))
    _, _, violations = compile_pipeline(made, Direction.INBOUND)({"id": 1, "title": "Pump"})
    assert [str(violation) for violation in violations] == ["author: is required"]
    record, _, violations = compile_pipeline(made, Direction.OUTBOUND)({"number": 1, "title": "Pump"})
    assert (record, violations) == ({"id": 1, "title": "Pump"}, [])


def test_what_is_only_read_is_expected_as_it_was_last(tmp_path: Path) -> None:
    made = load_mapping(mapping(tmp_path, RULES, CLIENT, TRACOS))
    last = {"id": 1, "title": "Pump", "author": "Ann"}
    expected, _, _ = compile_mapping(made, Direction.OUTBOUND)({"number": 1, "title": "Valve", "author": "Bob"}, last)
    assert expected == {"id": 1, "title": "Valve", "author": "Ann"}
    back, _, _ = compile_mapping(made, Direction.INBOUND)(expected)
    assert back == {"number": 1, "title": "Valve", "author": "Ann"}


def test_check_asks_for_no_word_about_what_is_only_read(tmp_path: Path) -> None:
    stamps = of(made_={**DATE, "readOnly": True}, kind={"enum": ["A", "B"], "readOnly": True})
    rules = """
    {c: made, t: made, as: datetime}
    {c: kind, t: kind, values: [{c: [A, B], t: same}]}
    """
    assert found(tmp_path, rules, stamps, of(made=DATE, kind={"enum": ["same"]})) == []


@pytest.mark.parametrize("rule", ["{c: made, t: made, as: datetime, lossy: x}", "{c: note, t: note, lossy: x}"])
def test_a_reason_for_what_is_only_read_is_needless(tmp_path: Path, rule: str) -> None:
    c = of(made={**DATE, "readOnly": True}, note=READ)
    said = found(tmp_path, rule, c, of(made=DATE, note=TEXT))
    assert any(finding.startswith("W171") for finding in said)


def test_check_finds_that_what_is_read_does_not_fit_all_the_same(tmp_path: Path) -> None:
    said = found(
        tmp_path,
        "{c: kind, t: kind, values: [{c: A, t: a}]}",
        of(kind={"enum": ["A", "B"], "readOnly": True}),
        of(kind={"enum": ["a"]}),
    )
    assert said == ['E160 "B" of c.kind has no line in the table']


def test_what_is_read_only_in_elements_is_in_none_that_is_sent(site: Site) -> None:
    rules = "{c: lines, t: tasks, each: [{c: text, t: text}, {c: by, t: by}]}"
    shop = Shop(site, rules, of(lines=lists(text=TEXT, by=READ)), of(tasks=lists(text=TEXT, by=TEXT)))
    shop.client_says(1, lines=[{"text": "a", "by": "Ann"}])
    shop.run()
    assert shop.document(1) == {"tasks": [{"text": "a", "by": "Ann"}]}
    assert shop.client_is_told(1) == {"id": 1, "lines": [{"text": "a"}]}


def test_a_table_may_decide_by_what_is_only_read_and_writes_it_to_nobody(site: Site) -> None:
    lines = "{c: {state: A, phase: '1'}, t: {status: one}}, {c: {state: [B, A]}, t: {status: two}}"
    c = of(state_={"enum": ["A", "B"]}, phase=READ)
    shop = Shop(site, f"{{cases: [{lines}], lossy: the phase}}", c, of(status_={"enum": ["one", "two"]}))
    shop.client_says(1, state="A", phase="1")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "state": "A"}


def test_a_key_that_the_outside_gives_names_the_file_and_is_not_sent(site: Site) -> None:
    shop = Shop(site, "{c: title, t: title}", of(title=TEXT), of(title=TEXT))
    file = shop.folder / "c.json"
    file.write_text(file.read_text().replace('"id": {"type": "integer"', '"id": {"readOnly": true, "type": "integer"'))
    site.mapping = load_mapping(shop.folder / "m.yaml")
    shop.client_says(1, title="Pump")
    shop.run()
    assert shop.client_is_told(1) == {"title": "Pump"}
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}


SECRET = """
{c: title, t: title}
{c: pin, t: pin}
"""


def test_what_is_only_written_is_sent_when_it_changes_inside_and_never_read(site: Site) -> None:
    shop = Shop(site, SECRET, of(title=TEXT, pin_=WRITE), of(title=TEXT, pin=TEXT))
    shop.client_says(1, title="Pump", pin="0000")
    shop.run()
    assert shop.document(1) == {"title": "Pump"}
    shop.technician_edits(1, pin="1234")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "title": "Pump", "pin": "1234"}
    (site.outbound / "o_1.json").unlink()  # the client takes it
    shop.technician_edits(1, title="Valve")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "title": "Valve"}
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}
    shop.client_says(1, title="Tank")
    shop.run()
    assert shop.document(1) == {"title": "Tank", "pin": "1234"}


def test_an_edit_of_what_is_only_written_is_no_echo(site: Site) -> None:
    shop = Shop(site, SECRET, of(title=TEXT, pin=WRITE), of(title=TEXT, pin=TEXT), outside="echo: false, ")
    shop.client_says(1, title="Pump")
    assert shop.run()["outbound"] == {"read": 1, "unchanged": 1}
    shop.technician_edits(1, pin="1234")
    made = plan(site.mapping, site.settings, LOG)
    assert [(value.path, value.new) for record in made.records for value in record.values if value.path == "pin"] == [
        ("pin", "1234")
    ]
    assert shop.run()["outbound"] == {"read": 1, "created": 1}
    shop.technician_edits(1, pin="1234")
    assert shop.run()["outbound"] == {"read": 1, "unchanged": 1}


def test_what_is_only_written_has_to_be_right(site: Site) -> None:
    c = of(pin_={"type": "string", "writeOnly": True, "pattern": "^[0-9]+$"})
    shop = Shop(site, "{c: pin, t: pin, lossy: the others are refused}", c, of(pin=TEXT))
    shop.technician_creates(1, pin="abc")
    shop.technician_creates(2)
    assert shop.run()["outbound"] == {"read": 2, "created": 1, "rejected": 1}
    assert shop.told() == ["o_2.json"]


@pytest.mark.parametrize(
    ("rules", "c", "message"),
    [
        ("{c: note, from: title}", of(note=READ), "E124 c.note is read-only, so what this rule writes is never sent"),
        ("{t: note, from: note}", of(note=WRITE), "E124 c.note is write-only, so nothing is ever read there"),
        (
            '{c: [day, time], t: at, as: {datetime: {format: ["%Y-%m-%d", "%H:%M"]}}}',
            of(day=READ, time=TEXT),
            "E124 c.day is read-only, and what stands beside it is not",
        ),
    ],
)
def test_a_rule_that_could_do_nothing_is_refused(tmp_path: Path, rules: str, c: dict[str, Any], message: str) -> None:
    with pytest.raises(MappingError) as caught:
        load_mapping(mapping(tmp_path, rules, c, of(note=TEXT, title=TEXT, at=DATE)))
    assert [f"{one.code} {one.message}" for one in caught.value.findings] == [message]


def test_explain_says_what_is_not_sent_and_what_is_sent_only_when_it_changes(tmp_path: Path) -> None:
    rules = "{c: author, t: author}\n{c: pin, t: pin}"
    made = load_mapping(mapping(tmp_path, rules, of(author=READ, pin=WRITE), of(author=TEXT, pin=TEXT)))
    record = {"number": 1, "author": "Bob", "pin": "1234"}
    _, author, pin = explain(made, Direction.OUTBOUND, record)
    assert (author.applies, author.source, author.target) == (True, {("author",): "Bob"}, {})
    assert author.did == "not sent: it is read-only outside"
    assert (pin.did, pin.target) == ("sent only when it changes, copied", {("pin",): "1234"})
    _, _, pin = explain(made, Direction.INBOUND, {"id": 1, "author": "Ann", "pin": "1234"})
    assert (pin.applies, pin.did) == (False, "outbound only: writes pin")


def test_a_run_knows_what_is_only_read_as_it_was_last(site: Site) -> None:
    lines = "{c: {state: A, phase: '1'}, t: {status: one}}, {c: {state: A}, t: {status: two}}"
    c = of(state_={"enum": ["A"]}, title_=TEXT, phase=READ)
    rules = f"{{cases: [{lines}]}}\n{{c: title, t: title}}"
    shop = Shop(site, rules, c, of(status_={"enum": ["one", "two"]}, title_=TEXT))
    shop.client_says(1, state="A", title="Pump", phase="1")
    shop.run()
    shop.technician_edits(1, title="Valve")
    shop.run()
    assert shop.document(1) == {"status": "one", "title": "Valve"}
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}
    (remembered,) = site.database["etl_state"].find()
    assert remembered["told"] == [["title", "Valve"]], "the expected record reads back as one"


@pytest.mark.parametrize("inside", [TRACOS, of(title_=TEXT, author_=TEXT)], ids=["optional", "required inside"])
def test_the_laws_do_not_ask_a_record_for_what_only_the_outside_gives(tmp_path: Path, inside: dict[str, Any]) -> None:
    file = mapping(tmp_path, RULES, of(title_=TEXT, author_=READ, changed_=READ), inside)
    done = CliRunner().invoke(cli, ["test", str(file), "--examples", "20"])
    assert "all hold" in done.output
    assert done.exit_code == 0


@pytest.mark.parametrize(("use", "needless"), [({}, 0), ({"readOnly": True}, 2)])
def test_a_reason_of_a_named_codec_is_needed_where_one_of_its_rules_loses(
    tmp_path: Path, use: dict[str, bool], needless: int
) -> None:
    c = of(made={**DATE, "readOnly": True}, due={**DATE, **use})
    file = mapping(tmp_path, "{c: made, t: made, as: time}\n{c: due, t: due, as: time}", c, of(made=DATE, due=DATE))
    time = 'codecs: {time: {as: {datetime: {format: "%Y-%m-%d %H:%M:%S"}}, lossy: whole seconds}}'
    file.write_text(file.read_text().replace("rules:\n", f"{time}\nrules:\n"))
    _, findings = examine(file)
    assert [finding.code for finding in findings if finding.code in ("W165", "W171")] == ["W171"] * needless
