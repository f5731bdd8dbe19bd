"""`key: assigned` and `key: match`: work orders that are born in TracOS get their key from the outside."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from etl import EndpointError, MappingError, load_mapping
from etl.app import Access, past_runs, plan, undo, verify
from etl.plan_file import to_text
from etl.transfer.model import Doubt, Note, Outcome
from tests.model.faults import Death, dying
from tests.support.born import Born
from tests.support.outputs import checked
from tests.support.plans import LOG, applied
from tests.support.site import INBOUND, OUTBOUND


def verdicts(born: Born) -> list[Note | Outcome]:
    return [one.note or one.outcome for one in verify(born.mapping, born.settings, LOG)]


def test_a_work_order_without_a_key_is_sent_once_and_then_waits(born: Born) -> None:
    order = born.bears()
    assert born.run(directions=OUTBOUND)["outbound"] == {"read": 1, "created": 1}
    assert born.gets(order) == {"ref": "A1", "name": "Pump"}
    assert born.run(directions=OUTBOUND)["outbound"] == {}
    born.edits(order, title="Edited")
    (report,) = born.reports(directions=OUTBOUND)
    assert (report.counts[Outcome.SKIPPED], report.notes) == (1, {Note.WAITS_KEY: 1})
    assert born.sent == [f"new_{order}.json"]
    assert born.gets(order)["name"] == "Pump"


def test_a_record_with_the_same_match_brings_the_key(born: Born) -> None:
    order = born.bears()
    born.run()
    born.answers()
    (inbound, _) = born.reports()
    assert (inbound.counts[Outcome.UPDATED], inbound.notes) == (1, {Note.KEYED: 1})
    assert born.order(order) == {"number": 7, "code": "A1", "title": "Pump", "isSynced": True}
    assert born.work_orders.count_documents({}) == 1
    assert born.database["etl_state"].count_documents({}) == 1
    for _ in range(2):
        assert born.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}
    born.edits(order, title="Edited")
    assert born.run()["outbound"] == {"read": 1, "created": 1}
    assert born.client_gets(7) == {"id": 7, "ref": "A1", "name": "Edited"}


def test_an_undo_leaves_the_key_and_takes_back_what_stands_beside_it(born: Born) -> None:
    place = {"type": "object", "properties": {"number": {"type": "integer"}, "title": {"type": "string"}}}
    fields = {"code": {"type": "string"}, "site": place, "isSynced": {"type": "boolean"}}
    (born.folder / "tracos.json").write_text(json.dumps({"type": "object", "properties": fields}))
    file = born.folder / "m.yaml"
    file.write_text(
        file.read_text().replace("tracos: number", "tracos: site.number").replace("tracos: title", "tracos: site.title")
    )
    born.mapping = load_mapping(file)
    order = born.work_orders.insert_one({"code": "A1", "site": {"title": "Pump"}, "isSynced": False}).inserted_id
    born.run()
    born.answers(name="Fan")
    born.run()
    assert born.order(order)["site"] == {"number": 7, "title": "Fan"}
    run = past_runs(born.mapping, born.settings, LOG)[0].id
    undo(born.mapping, born.settings, LOG, run, access=Access())
    assert born.order(order)["site"] == {"number": 7, "title": "Pump"}


def test_edits_that_wait_meet_what_the_outside_says_rule_by_rule(born: Born) -> None:
    born.gives("", "{client: site, tracos: site}")
    order = born.bears(site="North")
    born.run()
    born.edits(order, title="Ours")
    born.run()
    born.answers(site="South")
    born.run()
    assert born.order(order)["title"] == "Ours"
    assert born.order(order)["site"] == "South"


def test_a_work_order_is_found_by_what_it_was_sent_with(born: Born) -> None:
    order = born.bears()
    born.run()
    born.edits(order, code="B2")
    born.answers()
    born.run()
    assert born.order(order)["number"] == 7
    assert born.order(order)["code"] == "B2"


def test_what_was_never_sent_is_found_by_what_it_has(born: Born) -> None:
    order = born.bears(title="Ours", isSynced=True)
    born.answers(name="Theirs")
    (inbound, _) = born.reports()
    assert inbound.notes == {Note.FIRST_CONTACT: 1}
    assert born.order(order) == {"number": 7, "code": "A1", "title": "Theirs", "isSynced": True}


def test_a_match_of_a_work_order_with_another_key_is_a_conflict(born: Born) -> None:
    order = born.bears()
    born.run()
    born.answers(7)
    born.answers(8)
    for known in (0, 1):
        (inbound, _) = born.reports()
        assert (inbound.counts[Outcome.CONFLICT], inbound.known(Outcome.CONFLICT)) == (1, known)
        assert verdicts(born) == [Outcome.UNCHANGED, Note.WAITS]
    why = "code: the record that has this inside has another key, 7; correct one of the two"
    assert born.etl("conflicts", "list").stdout.endswith(f"  8.json  {why}\n")
    assert 'code: was nothing; client "A1", tracos "A1"' in born.etl("conflicts", "show", "8").stdout
    assert born.etl("conflicts", "resolve", "8", "--take", "client").returncode == 1
    assert born.order(order)["number"] == 7
    assert born.work_orders.count_documents({}) == 1
    born.answers(8, ref="B2")
    assert born.run()["inbound"] == {"read": 2, "created": 1, "unchanged": 1}
    assert born.etl("conflicts", "list").stdout == ""


def test_two_work_orders_with_one_match_are_a_conflict(born: Born) -> None:
    born.bears()
    born.bears()
    born.run()
    born.answers()
    assert born.run()["inbound"] == {"read": 1, "conflict": 1}
    assert "2 records have this inside; leave it to one of them" in born.etl("conflicts", "list").stdout
    assert born.work_orders.count_documents({"number": {"$exists": True}}) == 0


def test_a_record_of_which_nothing_waits_is_made(born: Born) -> None:
    born.bears("B2")
    born.run()
    born.answers()
    assert born.run()["inbound"] == {"read": 1, "created": 1}
    assert born.work_orders.count_documents({}) == 2


def test_without_a_match_a_work_order_is_rejected_by_name(born: Born) -> None:
    born.work_orders.insert_one({"title": "Pump"})
    assert born.run()["outbound"] == {"read": 1, "rejected": 1}
    assert "code: is required while the record has no key" in born.etl("dead-letters", "list").stdout


def test_a_key_that_somebody_writes_by_hand_ends_the_wait(born: Born) -> None:
    order = born.bears()
    born.run()
    born.work_orders.update_one({"_id": order}, {"$set": {"number": 9}})
    assert verdicts(born) == [Outcome.UNCHANGED]
    born.edits(order, title="Edited")
    assert born.run()["outbound"] == {"read": 1, "created": 1}
    assert born.client_gets(9)["name"] == "Edited"
    assert born.state(9) is not None
    assert born.database["etl_state"].count_documents({}) == 1


def test_of_a_composite_key_single_parts_may_be_assigned(born: Born) -> None:
    text = born.mapping.file.read_text().replace("_{id}", "_{site}-{id}")
    born.mapping.file.write_text(text + "  - {client: site, tracos: site, key: true}\n")
    for file in ("client.json", "tracos.json"):
        schema = json.loads((born.folder / file).read_text())
        schema["required"].append("site")
        (born.folder / file).write_text(json.dumps(schema))
    born.mapping = load_mapping(born.mapping.file)
    north, south = born.bears(site="N"), born.bears(site="S")
    born.run()
    assert born.gets(north) == {"ref": "A1", "name": "Pump", "site": "N"}
    born.answers(site="S")
    assert born.run()["inbound"] == {"read": 1, "updated": 1}
    assert "number" not in born.order(north)
    assert born.order(south)["number"] == 7


def test_a_plan_says_what_gets_a_key_and_is_applied(born: Born) -> None:
    order = born.bears()
    born.run()
    born.edits(order, title="Edited")
    born.answers()
    born.bears("B2")
    made = plan(born.mapping, born.settings, LOG)
    found = [(one.direction.value, one.outcome, one.note) for one in made.records]
    assert found[0] == ("inbound", Outcome.UPDATED, Note.KEYED.value)
    assert ("outbound", Outcome.CREATED, "") in found
    counts, missing = applied(born)
    assert (counts[0], missing) == ({"read": 1, "updated": 1}, [])
    assert born.order(order)["number"] == 7


def test_what_waits_is_listed_and_forgotten(born: Born) -> None:
    assert born.etl("state", "waiting").stdout == "nothing waits for a key\n"
    order = born.bears()
    born.run()
    assert born.etl("state", "waiting").stdout == f"{order}  A1\n"
    assert checked(("state", "waiting"), born.etl("state", "waiting", "--json").stdout) == [
        {"id": str(order), "match": ["A1"], "sent": True}
    ]
    (born.outbound / f"new_{order}.json").unlink()
    assert born.etl("state", "forget", "65f1c0ffee65f1c0ffee65f1").returncode == 1
    born.edits(order, title="Edited")
    assert born.etl("state", "forget", str(order), "--resend").returncode == 0
    assert born.gets(order)["name"] == "Edited"
    assert born.etl("state", "waiting").stdout == f"{order}  A1\n"
    assert born.run(directions=OUTBOUND)["outbound"] == {}
    client = born.folder / "client.json"
    client.write_text(client.read_text().replace('"ref": {', '"ref": {"x-private": true, '))
    assert born.etl("state", "waiting").stdout == f"{order}  [private]\n"


def test_what_is_forgotten_goes_out_when_it_is_edited(born: Born) -> None:
    order = born.bears()
    born.run()
    assert checked(("state", "forget"), born.etl("state", "forget", "--json", str(order)).stdout)["count"] == 1
    born.edits(order, title="Edited")
    assert born.run()["outbound"] == {"read": 1, "updated": 1}
    assert born.gets(order)["name"] == "Edited"


def test_what_could_not_be_sent_is_sent_by_the_next_run(born: Born) -> None:
    order = born.bears()
    born.outbound.write_text("no folder")
    with pytest.raises(EndpointError):
        born.run()
    born.outbound.unlink()
    assert born.run()["outbound"] == {"read": 1, "created": 1}
    assert born.sent == [f"new_{order}.json"]


def test_verify_says_what_waits(born: Born) -> None:
    born.bears()
    assert [one.note for one in verify(born.mapping, born.settings, LOG)] == [Note.WAITS]
    born.run()
    assert [one.note for one in verify(born.mapping, born.settings, LOG)] == [Note.WAITS_KEY]


def test_verify_knows_that_a_key_waits_with_the_conflict_that_it_came_in(born: Born) -> None:
    order, other = born.bears(), born.bears("B2")
    born.run()
    born.edits(order, title="Ours")
    born.answers(name="Theirs")
    born.answers(8, ref="B2")
    told = {one.item.origin: str(*one.violations) for one in verify(born.mapping, born.settings, LOG)}
    assert told == dict.fromkeys(("7.json", "8.json"), "client has given it its key, tracos has not taken that yet")
    assert born.run()["inbound"] == {"read": 2, "updated": 1, "conflict": 1}
    assert "number" not in born.order(order)
    assert born.order(other)["number"] == 8
    assert verdicts(born) == [Note.WAITS, Outcome.UNCHANGED]
    assert born.etl("conflicts", "resolve", "7", "--take", "tracos").returncode == 0
    assert (born.order(order)["number"], born.order(order)["title"]) == (7, "Ours")


def test_an_edit_of_what_finds_a_work_order_goes_out_in_the_files_that_carry_it_alone(born: Born) -> None:
    files = (
        '{file: "new_{$id}.json", for: create}',
        '{file: "site_{$id}.json", for: create, only: [site]}',
        '{file: "at_{id}.json", for: update, only: [site]}',
        '{file: "{id}.json", for: update}',
    )
    born.gives("", "{client: site, tracos: site}", files=f"[{', '.join(files)}]")
    order = born.bears(site="North")
    born.run()
    assert json.loads((born.outbound / f"site_{order}.json").read_text()) == {"ref": "A1", "site": "North"}
    born.answers(site="North")
    born.run()
    born.edits(order, code="B2")
    born.run()
    assert born.sent == ["7.json", f"new_{order}.json", f"site_{order}.json"]
    assert json.loads((born.outbound / "7.json").read_text()) == {"id": 7, "ref": "B2", "name": "Pump"}
    born.edits(order, site="South")
    born.run()
    assert json.loads((born.outbound / "at_7.json").read_text()) == {"id": 7, "site": "South"}


@pytest.mark.parametrize("after", range(7))
def test_a_run_that_dies_while_it_sends_creates_nothing_twice(born: Born, after: int) -> None:
    order = born.bears()
    with suppress(Death), dying(after):
        born.run()
    taken = born.sent == [f"new_{order}.json"]
    if taken:
        (born.outbound / f"new_{order}.json").unlink()
    for _ in range(2):
        born.run()
    assert born.sent == ([] if taken else [f"new_{order}.json"])
    born.answers()
    born.run()
    assert (born.order(order)["number"], born.work_orders.count_documents({})) == (7, 1)


@pytest.mark.parametrize("after", range(7))
def test_a_run_that_dies_while_a_key_comes_is_repaired(born: Born, after: int) -> None:
    order = born.bears()
    born.run()
    born.edits(order, title="Ours")
    born.answers()
    with suppress(Death), dying(after):
        born.run(directions=INBOUND)
    born.run(directions=INBOUND)
    assert born.order(order)["number"] == 7
    assert born.order(order)["title"] == "Ours"
    assert born.work_orders.count_documents({}) == 1
    assert born.run(directions=INBOUND)["inbound"] == {"read": 1, "unchanged": 1}
    assert born.database["etl_state"].count_documents({}) == 1


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (("key: match", "lossy: x"), "nothing says which record it gives it to"),
        (("key: assigned", "key: true"), "every record has its key, so none is ever found by this"),
        (("{$id}", "{id}"), "a record that is born inside has no id yet"),
        (("code, key: match", "code, write: once, key: match"), "one field that goes both ways"),
        (("new_{$id}", "new"), "two records without a key would share a file"),
    ],
)
def test_what_cannot_work_is_told(born: Born, edit: tuple[str, str], message: str) -> None:
    born.mapping.file.write_text(born.mapping.file.read_text().replace(*edit))
    with pytest.raises(MappingError, match=message):
        load_mapping(born.mapping.file)


def test_an_inside_schema_may_require_the_key_of_what_has_one(born: Born) -> None:
    born.gives(required='["number"]')
    order = born.bears()
    born.run()
    assert born.gets(order) == {"ref": "A1", "name": "Pump"}
    born.answers()
    born.run()
    assert born.order(order)["number"] == 7


def test_check_test_explain_and_docs_know_it(born: Born) -> None:
    born.gives("", "{client: site, tracos: site}")
    checked = born.etl("check", "--strict")
    assert checked.returncode == 0, checked.stdout
    tried = born.etl("test")
    assert (tried.returncode, "laws" in tried.stdout) == (0, True), tried.stdout
    (born.folder / "order.json").write_text(json.dumps({"code": "A1", "title": "Pump"}))
    told = born.etl("explain", "--direction", "outbound", str(born.folder / "order.json"))
    assert told.returncode == 0, told.stdout
    assert "new_{$id}.json" in told.stdout
    page = born.etl("docs").stdout
    assert "finds the record while it has no key" in page
    assert "identifies the record, and the outside gives it" in page


def test_a_creation_may_be_called_by_the_match(born: Born) -> None:
    born.gives(files='[{file: "new_{ref}.json", for: create}, {file: "workorder_{id}.json", for: update}]')
    born.bears()
    born.run()
    assert born.sent == ["new_%411.json"]


ANSWERED = (
    '[{file: "new_{$id}.json", for: create, answer: {file: "a_{$id}.json", key: id}}, {file: "{id}.json", for: update}]'
)


def test_answers_give_keys_as_a_plan_says_and_one_without_a_key_is_told(born: Born) -> None:
    born.gives(files=ANSWERED)
    born.answers(7, ref="Z9")
    refused, taken, mine, edited = (born.bears(code) for code in ("A1", "B2", "C3", "D4"))
    born.run()
    said = {refused: '{"error": "no such site"}', taken: '{"id": 7}', mine: '{"id": 8}', edited: '{"id": 9}'}
    for order, text in said.items():
        (born.inbound / f"a_{order}.json").write_text(text)
    born.answers(8, ref="C3", name="Theirs")
    born.answers(10, ref="D4")
    born.edits(edited, title="Ours")
    made = plan(born.mapping, born.settings, LOG)
    gives = [f"a_{order}.json gives the key {number}" for order, number in ((mine, 8), (edited, 9))]
    assert [line.strip() for line in to_text(made)][1:3] == gives
    planned = [
        (one.counts, [notice for notice in one.notices if notice.doubt is not Doubt.ANSWERED]) for one in made.reports
    ]
    assert "number" not in born.order(edited)
    inbound, outbound = born.reports()
    assert inbound.counts == {Outcome.UPDATED: 1, Outcome.UNCHANGED: 1, Outcome.CONFLICT: 1}
    assert outbound.counts == {Outcome.CREATED: 1}
    assert planned == [(one.counts, one.notices) for one in (inbound, outbound)]
    assert {notice.text.partition(" gives no key, and the record waits: ")[::2] for notice in inbound.notices} == {
        (f"a_{refused}.json", "nothing stands at id"),
        (f"a_{taken}.json", "another document has this key; leave it to one of the two"),
    }
    assert born.order(mine)["number"] == 8
    assert [born.order(order).get("number") for order in (refused, taken)] == [None, None]
    born.edits(mine, title="Edited")
    born.run()
    assert json.loads((born.outbound / "8.json").read_text())["name"] == "Edited"


def test_an_answer_gives_no_key_that_the_schemas_of_both_sides_do_not_allow(born: Born) -> None:
    born.gives(files=ANSWERED)
    for name, field, bound in (("client.json", "id", {"minimum": 5}), ("tracos.json", "number", {"maximum": 100})):
        schema = json.loads((born.folder / name).read_text())
        schema["properties"][field] |= bound
        (born.folder / name).write_text(json.dumps(schema))
    born.mapping = load_mapping(born.mapping.file)
    said = {
        '"102"': 'id of client: expected integer, found "102"',
        "4": "id of client: 4 is less than 5",
        "102": "number of tracos: 102 is more than 100",
        "true": "id expected text or a whole number of 64 bits as key, found true",
    }
    orders = {text: born.bears(f"C{at}") for at, text in enumerate(said)}
    born.run()
    for text, order in orders.items():
        (born.inbound / f"a_{order}.json").write_text(f'{{"id": {text}}}')
    told = {f"a_{orders[text]}.json gives no key, and the record waits: {why}" for text, why in said.items()}
    assert {notice.text for notice in plan(born.mapping, born.settings, LOG).reports[0].notices} == told
    for _ in range(2):
        assert {notice.text for notice in born.reports()[0].notices} == told
    assert born.work_orders.count_documents({"number": {"$exists": True}}) == 0
    (born.inbound / f"a_{orders['4']}.json").write_text('{"id": 5}')
    assert born.etl("plan", "--direction", "inbound", "--detailed-exitcode").returncode == 10
    born.run()
    assert born.order(orders["4"])["number"] == 5


def test_with_answers_no_match_is_needed(born: Born) -> None:
    born.gives(files=ANSWERED)
    text = born.mapping.file.read_text().replace(", key: match", "")
    born.mapping.file.write_text(text)
    born.mapping = load_mapping(born.mapping.file)
    one, other = born.bears(), born.bears()
    born.run()
    (born.inbound / f"a_{other}.json").write_text('{"id": 9}')
    born.run()
    assert born.order(other)["number"] == 9
    assert "number" not in born.order(one)
    assert born.etl("state", "waiting").stdout.startswith(str(one))
