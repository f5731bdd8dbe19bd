"""Files of a record: which go out on which occasion, with what, in which envelope, under which names."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from etl import load_mapping
from etl.app import apply_plan, letters, plan, replay, verify
from etl.app.opening import quiet_log
from etl.mapping.load import examine
from etl.transfer.model import Note, Outcome
from tests.support.command_line import etl
from tests.support.site import INBOUND, OUTBOUND, Site

TEXT = {"type": "string", "minLength": 1, "maxLength": 40}
CLIENT = {
    "type": "object",
    "required": ["id", "title", "state"],
    "properties": {
        "id": {"type": "integer"},
        "title": TEXT,
        "state": {"enum": ["open", "done"]},
        "note": TEXT,
        "kind": {"const": "WO"},
        "changed": {"type": "string"},
    },
}
TRACOS = {
    "type": "object",
    "required": ["number", "title", "status"],
    "properties": {
        "number": {"type": "integer"},
        "title": TEXT,
        "status": {"enum": ["pending", "completed", "deleted"]},
        "note": TEXT,
        "isSynced": {"type": "boolean"},
        "updatedAt": {"type": "string", "format": "date-time"},
    },
}
MAPPING = """\
mapping: m
language: 1
outside:
  name: client
  schema: client.json
  files:
    inbound: "*.json"
    outbound:
%s
%s
inside:
  name: tracos
  schema: tracos.json
  deleted_when: {status: deleted}
  mongodb: {collection: workorders, export_when: {isSynced: {$ne: true}}, on_export: {isSynced: true}}
rules:
  - {client: id, tracos: number, key: true}
  - {client: title, tracos: title}
  - client: state
    tracos: status
    values:
      - {client: open, tracos: pending}
      - {client: done, tracos: completed}
  - {client: note, tracos: note}
  - {client: kind, from: "'WO'"}
  - {client: changed, from: updatedAt, as: datetime}
"""
GONE = '{file: "gone_{id}.json", for: delete, around: {id: "{id}", text: "no {id}", fields: $fields}}'
ENTRIES = [
    '{file: "new_{id}.json", for: create, around: {order: $record, kind: 7}}',
    '{file: "status_{id}.json", for: update, only: [status]}',
    '{file: "order_{id}.json", for: update}',
    GONE,
]

Files: TypeAlias = dict[str, Any]
Entered: TypeAlias = Callable[..., Site]


def written(folder: Path, entries: list[str], more: str = "") -> Path:
    (folder / "client.json").write_text(json.dumps(CLIENT))
    (folder / "tracos.json").write_text(json.dumps(TRACOS))
    file = folder / "m.yaml"
    file.write_text(MAPPING % ("\n".join(f"      - {entry}" for entry in entries), more))
    return file


def findings(folder: Path, entries: list[str], more: str = "") -> list[str]:
    return [f"{one.code} {one.message}" for one in examine(written(folder, entries, more))[1]]


@pytest.fixture
def entered(site: Site) -> Entered:
    def enter(*entries: str, more: str = "") -> Site:
        gone = GONE if not more else '{file: "gone_{run}_{part}.json", for: delete, around: {gone: $records}}'
        site.mapping = load_mapping(written(site.folder, [*entries, gone] if entries else ENTRIES, more))
        return site

    return enter


def taken(site: Site) -> Files:
    """Return what lies in the outbound folder, and take it away, as the client does."""
    there = list(site.outbound.iterdir()) if site.outbound.exists() else []
    files = {file.name: file.read_text() for file in there if not file.name.startswith(".etl-")}
    for name in files:
        (site.outbound / name).unlink()
    return {name: json.loads(text) for name, text in sorted(files.items())}


def makes(site: Site, number: int, **fields: Any) -> None:
    site.work_orders.insert_one({"number": number, "title": f"Pump {number}", "status": "pending", **fields})


def says(site: Site, number: int, name: str | None = None, **fields: Any) -> None:
    record = {"id": number, "title": f"Pump {number}", "state": "open", **fields}
    (site.inbound / (name or f"{number}.json")).write_text(json.dumps(record))


def test_each_occasion_and_each_change_has_its_file(entered: Entered) -> None:
    site = entered()
    makes(site, 7)
    site.run()
    assert taken(site) == {
        "new_7.json": {"order": {"id": 7, "title": "Pump 7", "state": "open", "kind": "WO"}, "kind": 7}
    }
    site.technician_edits(7, status="completed")
    site.run()
    assert taken(site) == {"status_7.json": {"id": 7, "state": "done", "kind": "WO"}}
    site.technician_edits(7, title="Valve", note="leaks")
    site.run()
    assert taken(site) == {"order_7.json": {"id": 7, "title": "Valve", "note": "leaks", "kind": "WO"}}
    site.technician_edits(7, title="Pump", status="pending")
    site.run()
    assert list(taken(site)) == ["order_7.json", "status_7.json"]
    site.technician_edits(7)
    assert site.run()["outbound"] == {"read": 1, "unchanged": 1}
    assert taken(site) == {}


def test_a_deletion_goes_out_once_although_no_table_has_a_line_for_it(entered: Entered) -> None:
    site = entered()
    makes(site, 7, note="x")
    site.run()
    taken(site)
    site.technician_edits(7, status="deleted")
    site.run()
    assert taken(site) == {"gone_7.json": {"id": 7, "text": "no 7", "fields": ["id", "title", "note", "kind"]}}
    site.technician_edits(7, title="edited")
    assert site.run()["outbound"] == {"read": 1, "unchanged": 1}
    site.technician_edits(7, status="pending")
    site.run()
    assert taken(site)["new_7.json"]["order"]["title"] == "edited"


def test_a_deleted_record_that_the_outside_never_had_is_not_sent(entered: Entered) -> None:
    site = entered()
    makes(site, 7, status="deleted")
    assert site.run()["outbound"] == {"read": 1, "unchanged": 1}
    assert taken(site) == {}
    assert site.work_order(7)["isSynced"]
    assert [r.outcome for r in verify(site.mapping, site.settings, quiet_log())] == [Outcome.UNCHANGED]


def test_an_old_file_of_the_client_brings_nothing_back_that_was_deleted(entered: Entered) -> None:
    site = entered()
    says(site, 7)
    site.run()
    site.technician_edits(7, status="deleted")
    site.run()
    assert list(taken(site)) == ["gone_7.json"]
    site.run()
    assert site.work_order(7)["status"] == "deleted"
    assert {r.outcome for r in verify(site.mapping, site.settings, quiet_log())} == {Outcome.UNCHANGED}


@pytest.mark.parametrize("again", [{"title": "renamed"}, {}])
def test_what_the_client_speaks_of_after_it_was_deleted_differs_until_it_is_told_again(
    entered: Entered, again: Files
) -> None:
    site = entered()
    says(site, 7)
    site.run()
    site.technician_edits(7, status="deleted")
    site.run()
    assert list(taken(site)) == ["gone_7.json"]
    (site.inbound / "7.json").unlink()
    says(site, 7, "later.json", **again)
    site.run()
    assert site.work_order(7) | {"title": "Pump 7", **again, "status": "deleted"} == site.work_order(7)
    (differs,) = verify(site.mapping, site.settings, quiet_log())
    assert list(map(str, differs.violations)) == ['status: client has "pending", tracos "deleted"']
    site.technician_edits(7)
    for _ in range(2):
        assert [one.note for one in verify(site.mapping, site.settings, quiet_log())] in ([Note.WAITS], [None])
        site.run()
    assert list(taken(site)) == ["gone_7.json"]
    site.technician_edits(7, title="edited")
    assert site.run()["outbound"] == {"read": 1, "unchanged": 1}
    assert taken(site) == {}


@pytest.mark.parametrize("is_cleared", [False, True], ids=["its file is there", "its file is cleared away"])
def test_a_deletion_that_the_client_has_not_followed_differs_though_no_rule_says_so(
    entered: Entered, is_cleared: bool
) -> None:
    site = entered('{file: "new_{id}.json", for: create}', '{file: "order_{id}.json", for: update}')
    text = site.mapping.file.read_text()
    table = text[text.index("  - client: state") : text.index("  - {client: note")]
    site.mapping.file.write_text(text.replace(table, """  - {client: state, from: "'open'"}\n"""))
    (site.folder / "tracos.json").write_text(json.dumps(TRACOS | {"required": ["number", "title"]}))
    site.mapping = load_mapping(site.mapping.file)
    says(site, 7)
    site.run()
    site.technician_edits(7, status="deleted")
    site.run()
    says(site, 7, title="renamed")
    site.run()
    if is_cleared:
        (site.inbound / "7.json").unlink()
    (differs,) = verify(site.mapping, site.settings, quiet_log())
    assert list(map(str, differs.violations)) == ["tracos has deleted it, client has not"]
    site.technician_edits(7)
    site.run()
    (agrees,) = verify(site.mapping, site.settings, quiet_log())
    assert agrees.outcome is Outcome.UNCHANGED


def test_an_import_is_not_sent_back_and_what_the_other_side_edits_is(entered: Entered) -> None:
    site = entered()
    says(site, 7)
    site.run()
    assert taken(site) == {}
    site.technician_edits(7, status="completed")
    site.run()
    assert list(taken(site)) == ["status_7.json"]


def test_a_rule_that_no_file_carries_now_is_not_agreed_and_goes_with_the_next(entered: Entered) -> None:
    site = entered(
        '{file: "new_{id}.json", for: create, only: {not: [status, note]}}',
        '{file: "status_{id}.json", for: update, only: [status]}',
        '{file: "order_{id}.json", for: update}',
    )
    makes(site, 7, status="completed", note="x")
    site.run()
    assert taken(site) == {"new_7.json": {"id": 7, "title": "Pump 7", "kind": "WO"}}
    site.technician_edits(7)
    site.run()
    assert taken(site) == {
        "order_7.json": {"id": 7, "title": "Pump 7", "note": "x", "kind": "WO"},
        "status_7.json": {"id": 7, "state": "done", "kind": "WO"},
    }


def test_a_rule_goes_in_every_file_that_names_it(entered: Entered) -> None:
    site = entered('{file: "a_{id}.json", only: [status, title]}', '{file: "b_{id}.json", only: {not: [status]}}')
    makes(site, 7)
    site.run()
    assert taken(site) == {
        "a_7.json": {"id": 7, "title": "Pump 7", "state": "open", "kind": "WO"},
        "b_7.json": {"id": 7, "title": "Pump 7", "kind": "WO"},
    }
    site.technician_edits(7, status="completed")
    site.run()
    assert list(taken(site)) == ["a_7.json"]


def test_a_plan_names_what_would_be_sent_and_apply_does_it(entered: Entered) -> None:
    site = entered()
    makes(site, 7)
    site.run()
    taken(site)
    site.technician_edits(7, status="completed")
    made = plan(site.mapping, site.settings, quiet_log())
    (record,) = made.records
    assert [(value.path, value.new) for value in record.values] == [("state", "done")]
    assert taken(site) == {}
    apply_plan(site.mapping, site.settings, quiet_log(), made)
    assert list(taken(site)) == ["status_7.json"]


def test_a_file_that_lies_there_and_is_not_as_it_was_sent_is_named(entered: Entered) -> None:
    site = entered()
    makes(site, 7)
    site.run()
    site.technician_edits(7, status="completed")
    site.run()
    assert {r.outcome for r in verify(site.mapping, site.settings, quiet_log())} == {Outcome.UNCHANGED}
    (site.outbound / "status_7.json").write_text('{"id": 7, "state": "open"}')
    (found,) = verify(site.mapping, site.settings, quiet_log())
    assert found.outcome is Outcome.CONFLICT
    assert 'status_7.json has "open", and it should be "done"' in str(found.violations[0])


def test_what_lacks_a_value_in_its_envelope_is_rejected_and_replayed(entered: Entered) -> None:
    site = entered('{file: "o_{id}.json", around: {text: "note: {note}", order: $record, note: "{note}"}}')
    makes(site, 7)
    assert site.run()["outbound"] == {"read": 1, "rejected": 1}
    with letters(site.mapping, site.settings, quiet_log()) as waiting:
        (letter,) = waiting
    assert "note has no value" in str(letter.violations[0])
    site.technician_edits(7, note="leaks")
    replay(site.mapping, site.settings, quiet_log())
    assert taken(site)["o_7.json"]["text"] == "note: leaks"


def test_a_creation_is_called_after_the_document(entered: Entered) -> None:
    site = entered('{file: "new_{$id}.json", for: create}', '{file: "order_{id}.json", for: update}')
    makes(site, 7)
    site.run()
    assert list(taken(site)) == [f"new_{site.work_order(7)['_id']}.json"]
    site.technician_edits(7, title="Valve")
    site.run()
    assert list(taken(site)) == ["order_7.json"]


@pytest.mark.parametrize("kind", ["json_array", "json_lines"])
def test_what_stands_around_a_batch_stands_around_all_its_records(entered: Entered, kind: str) -> None:
    site = entered('{file: "all_{run}_{part}.json", around: {orders: $records, kind: 7}}', more=f"    format: {{inbound: json, outbound: {kind}}}")  # fmt: skip  # noqa: E501
    for number in (1, 2):
        makes(site, number)
    site.run()
    (text,) = (file.read_text() for file in site.outbound.iterdir())
    (found,) = taken(site).values()
    assert ([record["id"] for record in found["orders"]], found["kind"]) == ([1, 2], 7)
    assert (len(text.splitlines()) == 1) == (kind == "json_lines")


def test_lines_have_an_envelope_each_and_each_kind_of_change_its_file(entered: Entered) -> None:
    site = entered(
        '{file: "new_{run}_{part}.jsonl", for: create, around: {id: "{id}", order: $record}}',
        '{file: "status_{run}_{part}.jsonl", for: update, only: [status]}',
        '{file: "order_{run}_{part}.jsonl", for: update}',
        more="    format: {inbound: json, outbound: json_lines}",
    )
    for number in (1, 2, 3):
        makes(site, number)
    site.run()
    (file,) = site.outbound.iterdir()
    assert [json.loads(line)["order"]["id"] for line in file.read_text().splitlines()] == [1, 2, 3]
    file.unlink()
    site.technician_edits(1, status="completed")
    site.technician_edits(2, title="Valve")
    site.technician_edits(3)
    assert site.run()["outbound"] == {"read": 3, "created": 2, "unchanged": 1}
    lines = {file.name.split("_")[0]: file.read_text() for file in site.outbound.iterdir()}
    assert {kind: json.loads(line)["id"] for kind, line in lines.items()} == {"status": 1, "order": 2}


def test_directions_alone_do_the_same(entered: Entered) -> None:
    site = entered()
    says(site, 7)
    site.run(directions=INBOUND)
    site.technician_edits(7, title="Valve")
    site.run(directions=OUTBOUND)
    assert list(taken(site)) == ["order_7.json"]


def test_entries_that_fit_are_proven(tmp_path: Path) -> None:
    assert [one for one in findings(tmp_path, ENTRIES) if not one.startswith("W170")] == []


def test_explain_names_the_files_that_values_go_out_in(entered: Entered) -> None:
    site = entered()
    order = site.folder / "order.json"
    order.write_text(json.dumps({"number": 7, "title": "Pump", "status": "pending"}))
    said = etl("explain", "--mapping", str(site.mapping.file), "--direction", "outbound", str(order))
    assert "  status_{id}.json  for update  with id, state, kind\n" in said.stdout
    made = json.loads(etl("explain", "--mapping", str(site.mapping.file), "--direction", "outbound", "--json", str(order)).stdout)  # fmt: skip  # noqa: E501
    assert [(file["file"], file["for"]) for file in made["files"]] == [
        ("new_{id}.json", "create"),
        ("status_{id}.json", "update"),
        ("order_{id}.json", "update"),
        ("gone_{id}.json", "delete"),
    ]


def test_the_page_says_when_which_file_is_written(entered: Entered) -> None:
    page = etl("docs", str(entered().mapping.file)).stdout
    assert "`status_{id}.json` when client has the record, and some of this has changed, with `status`" in page
    assert "`gone_{id}.json` when the record counts as deleted in tracos, and client has it" in page


KILLED = """\
import os, signal, sys
left = int(sys.argv[1])
def hook(event, arguments):
    global left
    if event == "os.rename" and os.path.basename(os.path.dirname(str(arguments[1]))) == "outbound":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
from etl.cli import cli
cli(["run", "--mapping", sys.argv[2]])
"""


def test_a_deletion_goes_out_where_a_run_died_that_may_have_told_of_the_record(entered: Entered) -> None:
    site = entered()
    makes(site, 7)
    makes(site, 8)
    killed_before_file(site, 2)
    assert list(taken(site)) == ["new_7.json"]
    site.technician_edits(7, status="deleted")
    site.run()
    assert list(taken(site)) == ["gone_7.json", "new_8.json"]


def killed_before_file(site: Site, number: int) -> None:
    """Run in a process of its own, which is killed just before so many files of records have appeared."""
    command = [sys.executable, "-c", KILLED, str(number), str(site.mapping.file)]
    done = subprocess.run(command, env=site.environment, cwd=site.folder, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("appeared", [0, 1])
def test_a_record_of_which_some_files_are_there_is_sent_again_with_all_of_them(entered: Entered, appeared: int) -> None:
    site = entered()
    makes(site, 7)
    site.run()
    taken(site)
    site.technician_edits(7, title="Valve", status="completed")
    killed_before_file(site, appeared + 1)
    assert len(taken(site)) == appeared
    assert not site.work_order(7)["isSynced"]
    site.run()
    assert list(taken(site)) == ["order_7.json", "status_7.json"]
    site.technician_edits(7)
    site.run()
    assert taken(site) == {}


def test_an_edit_that_is_taken_back_after_a_run_has_died_is_sent_all_the_same(entered: Entered) -> None:
    site = entered()
    makes(site, 7)
    site.run()
    taken(site)
    site.technician_edits(7, title="Valve", status="completed")
    killed_before_file(site, 2)
    (there,) = taken(site)
    site.technician_edits(7, title="Pump 7", status="pending")
    site.run()
    assert there in taken(site)


def test_a_creation_that_a_run_has_died_over_is_a_creation_again(entered: Entered) -> None:
    site = entered('{file: "a_{id}.json", for: create}', '{file: "b_{id}.json", for: create}', '{file: "u_{id}.json", for: update}')  # fmt: skip  # noqa: E501
    makes(site, 7)
    killed_before_file(site, 2)
    assert list(taken(site)) == ["a_7.json"]
    site.run()
    assert list(taken(site)) == ["a_7.json", "b_7.json"]


def test_a_record_that_the_client_deleted_and_that_is_restored_is_made_once(entered: Entered) -> None:
    site = entered()
    file = site.mapping.file
    file.write_text(file.read_text().replace("  schema: client.json\n", "  schema: client.json\n  deleted_when: {note: gone, id: $key}\n", 1))  # fmt: skip  # noqa: E501
    site.mapping = load_mapping(file)
    says(site, 7)
    site.run()
    says(site, 7, note="gone")
    site.run()
    assert site.work_order(7)["status"] == "deleted"
    assert taken(site) == {}
    site.technician_edits(7, status="pending")
    site.run()
    assert list(taken(site)) == ["new_7.json"]
    site.technician_edits(7, title="Valve")
    print(site.run(), site.work_order(7), site.database["etl_state"].find_one())
    assert list(taken(site)) == ["order_7.json"]
