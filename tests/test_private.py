"""What a schema marks as private stands in no output: logs, reports, listings, history, plans, alarms."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import json_util

from etl import Report, load_mapping
from etl.app import Watch
from etl.mapping.privacy.marked import Privacy, privacy
from etl.mapping.privacy.quotes import MASK, Quotes
from etl.mapping.terms import Direction, Side
from etl.record import Violation, json_form, shown
from etl.transfer.cutting import Cut, cut
from etl.transfer.dead_letter import DeadLetter
from etl.transfer.discretion import masked_content
from etl.transfer.model import Stage
from tests.support.browsing import browser
from tests.support.command_line import etl
from tests.support.conflicts import Policy, with_more_rules
from tests.support.listening import listening
from tests.support.site import Site

SECRETS = ("0171 5550101", "0171 5550102", "0171 5550103", "erika@example.org", "paul@example.org")


@pytest.fixture
def discreet(policy: Policy, tmp_path: Path) -> Site:
    """Give a site whose client marks a caller's phone and mail as private; TracOS marks nothing.

    The mail is sent in another place than it is read, and the place of a work order that has none is called by it.
    """
    text = {"type": ["string", "null"]}
    caller = {"type": "object", "properties": {"phone": text | {"x-private": True, "pattern": "^0[0-9 ]*$"}}}
    site = with_more_rules(
        policy,
        tmp_path,
        """
  - {client: caller.phone, tracos: contact.phone}
  - {client: email, tracos: contact.mail}
  - {client: place, tracos: place, when_absent: {client: "at {email}"}, lossy: no place is called so}
""",
        {"caller": caller, "email": text | {"x-private": True, "format": "email"}, "place": text},
        {"contact": {"type": "object", "properties": {"phone": text, "mail": text}}, "place": text},
    )
    file, written = site.mapping.file, 'written: {email: {to: reply.to, as: {text: {before: "mailto:"}}}}'
    file.write_text(file.read_text().replace("files: {inbound", f"{written}\n  files: {{inbound", 1))
    site.mapping = load_mapping(file)
    return site


def everything(site: Site, *commands: tuple[str, ...]) -> str:
    """Return all that commands print."""
    done = [etl(*command, "--mapping", str(site.mapping.file), site=site) for command in commands]
    assert all(one.returncode in (0, 1) for one in done), [one.stderr for one in done if one.returncode > 1]
    return "\n".join(one.stdout + one.stderr for one in done)


def everywhere(site: Site) -> str:
    """Return all pages of the site, and those to which they lead."""
    known = browser(site).enters()
    pages = {path: known.opens(path).text for path in ("/", "/runs", "/conflicts", "/letters")}
    links = {link for page in pages.values() for link in re.findall(r'href="(/(?:runs|conflicts|letters)/\w+)"', page)}
    tried = [link.replace("/letters/", "/playground?letter=") for link in links if link.startswith("/letters/")]
    assert len(tried) == 3
    return "\n".join([*pages.values(), *(known.opens(path).text for path in (*links, *tried))])


def of_people(folder: Path, people: Any = None, name: Any = None, root: Any = None) -> Privacy:
    """Return what is private where each of several people has a private name, or where schemas say it otherwise."""
    name = name or {"type": "object", "properties": {"name": {"type": "string", "x-private": True}}}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "s": {"type": "integer"},
            "sent": {"type": "integer"},
            "people": people or {"type": "array", "items": {"$ref": "#/$defs/name"}},
        },
        "required": ["id"],
        "$defs": {"name": name},
        **(root or {}),
    }
    for system in ("a", "b"):
        (folder / f"{system}.json").write_text(json.dumps(schema))
    (folder / "m.yaml").write_text(
        "mapping: m\nlanguage: 1\n"
        "outside: {name: a, schema: a.json, files: {inbound: '*.json', outbound: 'o_{id}.json'}}\n"
        "inside: {name: b, schema: b.json, mongodb: {collection: c, export_when: {s: 1}, on_export: {s: 2}}}\n"
        "rules:\n  - {a: id, b: id, key: true}\n  - {a: people, b: people}\n"
    )
    return privacy(load_mapping(folder / "m.yaml"))


def test_what_is_private_stands_in_no_output(discreet: Site) -> None:
    site = discreet
    site.client_sends(1, caller={"phone": SECRETS[0]}, email=SECRETS[3])
    site.client_sends(2, caller={"phone": SECRETS[0]}, email=SECRETS[3])
    said = everything(site, ("plan", "--json"), ("run", "--log-level", "debug"))
    site.technician_edits(1, contact={"phone": SECRETS[1], "mail": SECRETS[3]})
    site.client_sends(1, caller={"phone": SECRETS[2]}, email=SECRETS[3])
    site.client_sends(2, caller={"phone": SECRETS[2]}, email=SECRETS[4])
    site.client_sends(3, caller={"phone": "nobody knows " + SECRETS[2]}, email=SECRETS[4])
    site.client_sends(4, caller=SECRETS[0], email=[SECRETS[3]])
    site.client_sends(5, caller=[{"phone": SECRETS[1]}])
    planned = everything(site, ("plan", "--out", "plan.json"))
    said += (site.folder / "plan.json").read_text()
    for place in ("place ", "reply.to"):
        assert re.search(rf'{place} +.*→ "{re.escape(MASK)}"', planned), planned
    assert f'contact.phone  "{MASK}" → "{MASK}"  [changed by client' in planned, planned
    assert "contact.phone: review" in planned, planned
    with listening() as listener:
        alarms = ("--notify", listener.url, "--heartbeat", listener.url, "--metrics", "etl.prom", "--rejects")
        said += planned + everything(site, ("run", "--log-level", "debug", "--log-format", "json", *alarms))
    said += str(listener.asked) + (site.folder / "etl.prom").read_text()
    (listed,) = site.outbound.glob("rejects_*.csv")
    said += listed.read_text()
    (run,) = site.database["etl_runs"].find({"command": "run"}).sort("started", -1).limit(1)
    letters = list(site.database["etl_dead_letters"].find().sort("origin", 1))
    whole: tuple[tuple[str, ...], ...] = (
        ("conflicts", "show", "1"),
        ("dead-letters", "list"),
        ("runs", "show", run["_id"]),
        ("undo", run["_id"]),
        ("state", "show", "2"),
        ("sample", "--show", "2"),
        ("verify",),
    )
    brief: tuple[tuple[str, ...], ...] = (
        ("conflicts", "list"),
        ("dead-letters", "list", "--by", "reason"),
        *(("dead-letters", "show", str(letter["_id"])) for letter in letters),
        ("runs", "list"),
        ("status", "--json"),
    )
    said += everything(site, *whole, *((*command, "--json") for command in whole), *brief)
    said += everything(site, ("dead-letters", "export", "--all"), ("report", run["_id"], "--out", "report.html"))
    said += everything(site, ("conflicts", "resolve", "1", "--take", "client"), ("undo", run["_id"], "--yes"))
    said += (site.folder / "report.html").read_text() + everywhere(site)
    said += str(list(site.database["etl_runs"].find()))
    assert "\n".join(line for line in said.splitlines() if any(secret in line for secret in SECRETS)) == ""
    assert MASK in said
    assert site.work_order(1)["contact"]["phone"] == SECRETS[2]  # what is done is done with what there is
    assert json.loads(letters[0]["content"])["caller"]["phone"].endswith(SECRETS[2])


def test_a_plan_hides_what_the_side_that_loses_said_of_a_private_field(discreet: Site) -> None:
    site = discreet
    file = site.mapping.file
    file.write_text(file.read_text().replace("tracos: contact.mail}", "tracos: contact.mail, wins: tracos}"))
    site.client_sends(1, email=SECRETS[3])
    everything(site, ("run",))
    site.technician_edits(1, contact={"phone": None, "mail": SECRETS[4]})
    site.client_sends(1, email="x")
    planned = everything(site, ("plan",))
    assert f'contact.mail  "{MASK}" stays  [both changed it: tracos wins, line ' in planned, planned
    assert '"x"' not in planned


def test_one_mark_is_enough_for_both_sides(discreet: Site) -> None:
    private = privacy(discreet.mapping)
    record = {"number": 7, "title": "Pump", "contact": {"phone": "1", "mail": None, "name": "x"}}
    assert private.record(record, Side.INSIDE) == {
        "number": 7,
        "title": "Pump",
        "contact": {"phone": MASK, "mail": None, "name": "x"},
    }
    assert not privacy(load_mapping(Path("mappings/tracos_client.yaml")))


def test_what_stands_in_the_place_of_private_fields_is_private(tmp_path: Path) -> None:
    private = of_people(tmp_path)
    for odd in ("Erika", ["Erika"], [["Erika"]], {"name": "Erika"}, 7.5):
        masked = private.record({"people": odd}, Side.OUTSIDE)
        assert masked["people"] in (MASK, [MASK]), masked
    assert private.record({"people": [None], "id": 7}, Side.OUTSIDE) == {"people": [None], "id": 7}


def test_of_a_long_value_with_private_fields_in_it_a_plan_has_nothing(tmp_path: Path) -> None:
    private = of_people(tmp_path)
    long = cut([{"name": f"Ana {number}"} for number in range(10_000)])
    assert isinstance(long, Cut)
    assert private.named("people", long, Side.INSIDE) == MASK


def test_members_that_a_schema_does_not_list_are_private_where_it_says_so(tmp_path: Path) -> None:
    private = {"type": "string", "x-private": True}
    fields = {"type": "object", "properties": {"team": {"type": "string"}}}
    record = {"id": 1, "people": {"team": "west", "k_1": "Erika"}}
    masked = {"id": 1, "people": {"team": "west", "k_1": MASK}}
    for said in ({"additionalProperties": {"$ref": "#/$defs/name"}}, {"patternProperties": {"^k_": private}}):
        people = of_people(tmp_path, fields | said, private)
        assert people.record(record, Side.OUTSIDE) == people.record(record, Side.INSIDE) == masked
    (tmp_path / "sent.json").write_text((tmp_path / "a.json").read_text())
    (tmp_path / "a.json").write_text((tmp_path / "a.json").read_text().replace("x-private", "x-public"))
    (tmp_path / "b.json").write_text((tmp_path / "a.json").read_text())
    text = (tmp_path / "m.yaml").read_text().replace("schema: a.json", "schema: {inbound: a.json, outbound: sent.json}")
    (tmp_path / "m.yaml").write_text(text)
    assert privacy(load_mapping(tmp_path / "m.yaml")).record(record, Side.INSIDE) == masked
    whole = of_people(tmp_path, fields, private, {"x-private": True})
    assert whole.record(record, Side.OUTSIDE) == {"id": MASK, "people": MASK}


def test_what_is_sent_in_another_place_is_private_there_and_one_mark_there_is_enough(tmp_path: Path) -> None:
    moved = "schema: a.json, written: {people: team.crew}"
    whole = {"id": 1, "people": [{"name": "Erika", "age": 7}], "team": {"crew": [{"name": "Paul", "age": 8}], "no": 9}}
    masked = {"id": 1, "people": [{"name": MASK, "age": 7}], "team": {"crew": [{"name": MASK, "age": 8}], "no": 9}}
    of_people(tmp_path)
    file = tmp_path / "m.yaml"
    file.write_text(file.read_text().replace("schema: a.json", moved))
    assert privacy(load_mapping(file)).record(whole, Side.OUTSIDE) == masked
    sent = json.loads((tmp_path / "a.json").read_text())
    sent["properties"]["team"] = {"type": "object", "properties": {"crew": sent["properties"].pop("people")}}
    (tmp_path / "sent.json").write_text(json.dumps(sent))
    for system in ("a", "b"):
        schema = tmp_path / f"{system}.json"
        schema.write_text(schema.read_text().replace("x-private", "x-public"))
    file.write_text(file.read_text().replace("schema: a.json", "schema: {inbound: a.json, outbound: sent.json}"))
    private = privacy(load_mapping(file))
    assert private.record(whole, Side.OUTSIDE) == masked
    assert private.record(whole, Side.INSIDE)["people"] == masked["people"]


def test_a_mark_under_a_condition_holds_whatever_the_record_is(tmp_path: Path) -> None:
    plain, marked = {"type": "string"}, {"x-private": True}
    name = {"type": "object", "properties": {"name": plain, "age": {}}, "then": {"properties": {"name": marked}}}
    private = of_people(
        tmp_path, name=name | {"if": {"required": ["age"]}}, root={"else": {"properties": {"s": marked}}}
    )
    assert private.record({"id": 1, "s": 7, "people": [{"name": "Erika", "age": 7}]}, Side.OUTSIDE) == {
        "id": 1,
        "s": MASK,
        "people": [{"name": MASK, "age": 7}],
    }


def test_what_a_rule_with_a_private_field_says_of_its_others_is_not_quoted(tmp_path: Path) -> None:
    table = "{cases: [{a: {s: 1}, b: {s: 1, people: $any}}, {a: {s: 2}, b: {s: 2}}]}"
    of_people(tmp_path)
    file = tmp_path / "m.yaml"
    text = file.read_text().replace("{a: people, b: people}", table)
    file.write_text(text.replace("{s: 1}, on_export: {s: 2}", "{sent: 1}, on_export: {sent: 2}"))
    said = [Violation("s", "differs", "a has 1, Erika, b 1, Paul"), Violation("id", "differs", "a has 1, b 2")]
    hidden, shown_ = privacy(load_mapping(file)).violations(said, [({"id": 1}, Side.INSIDE)])
    assert "Erika" not in hidden.message
    assert shown_ == said[1]


def test_a_document_in_which_no_record_is_found_is_hidden_whole(tmp_path: Path) -> None:
    private, now = of_people(tmp_path), datetime.now(UTC)
    content = b'{"datas": {"people": [{"name": "Erika"}]}}'
    letter = DeadLetter("1", Direction.INBOUND, "a.jsonl:1", (), Stage.READ.value, (), content, "", now, now, 1)
    assert masked_content(private, letter) == MASK.encode()
    record = replace(letter, stage=Stage.SOURCE_SCHEMA.value, content=b'{"people": [{"name": "Erika", "age": 7}]}')
    assert json.loads(masked_content(private, record) or b"") == {"people": [{"name": MASK, "age": 7}]}


def test_a_message_quotes_nothing_private_in_whatever_form() -> None:
    born = datetime(1932, 5, 6, tzinfo=UTC)
    odd = 'Jörg "Max" \\ O\'Neil\u200b ' + "x" * 40
    quotes = Quotes(["m", 42, 777031, born, odd])
    said = {"consideredValue": born, "sex": "m", "age": 42, "pay": 777031, "name": odd}
    server = json_util.dumps(said, ensure_ascii=False)
    for quote in (server, shown(odd), repr(odd), shown(odd)[:30] + "…", f"{born} is late", json.dumps(json_form(born))):
        told = quotes.masked(Violation("", "mongodb", quote).message)
        assert MASK in told, quote
        assert not re.search(r"1932|11883|\bm\b|42|777|Max|Neil|xx", told), told
    assert quotes.masked("it has 42 values, and may have more") == "it has 42 values, and may have more"


def test_a_required_private_field_that_is_missing_is_said(discreet: Site) -> None:
    missing, wrong = Violation("caller.phone", "required", "is required"), Violation("caller", "type", "found ...")
    told = privacy(discreet.mapping).violations([missing, wrong], [({}, Side.OUTSIDE)])
    assert [str(one) for one in told] == [
        "caller.phone: is required",
        "caller: its value is private, and breaks what the schema or a rule says",
    ]


def test_the_words_of_a_bug_which_may_quote_a_record_are_not_in_the_history(site: Site) -> None:
    def broken(_: Report) -> None:
        raise RuntimeError(SECRETS[0])

    site.client_sends(1)
    with pytest.raises(RuntimeError):
        site.reports(watch=Watch(on_progress=broken))
    (run,) = site.database["etl_runs"].find()
    assert run["error"] == "a bug of the engine (RuntimeError): see what the run has printed"


def test_private_fields_of_list_elements_are_masked(tmp_path: Path) -> None:
    private = of_people(tmp_path)
    assert private.record({"id": 1, "people": [{"name": "Erika", "age": 7}]}, Side.OUTSIDE) == {
        "id": 1,
        "people": [{"name": MASK, "age": 7}],
    }


def test_dead_letters_and_decided_conflicts_are_kept_for_as_many_days_as_the_settings_say(policy: Policy) -> None:
    site = policy("{wins: review}")
    site.client_sends(1)
    site.client_sends(2)
    site.client_sends(3, summary=None)
    site.run()
    for number in (1, 2):
        site.technician_edits(number, title="Technician's")
        site.client_sends(number, summary="Client's")
    site.run()
    etl("conflicts", "resolve", "1", "--take", "client", "--mapping", str(site.mapping.file), site=site)
    (site.inbound / "3.json").unlink()
    letters, conflicts = site.database["etl_dead_letters"], site.database["etl_conflicts"]
    decided = {"open": False, "key": [1]}
    for collection in (letters, conflicts):
        collection.update_many({}, {"$set": {"last": datetime.now(UTC) - timedelta(days=8)}})
    site.run()
    assert (letters.count_documents({}), conflicts.count_documents(decided)) == (1, 1)
    site.settings = replace(site.settings, letters_kept=7, conflicts_kept=7)
    site.run()
    assert (letters.count_documents({}), conflicts.count_documents(decided)) == (0, 0)
    assert conflicts.count_documents({"open": True, "key": [2]}) == 1
