"""A collection whose collation takes one text for another: what is compared, found and marked is the very text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from pymongo import monitoring
from pymongo.collation import Collation

from etl.cli import cli
from etl.endpoints.mongodb.reader import MongoReader
from etl.endpoints.mongodb.writer import MongoWriter
from etl.transfer.model import Candidate
from tests.support.command_line import MAPPING
from tests.support.commands import commands_heard
from tests.support.mappings import make
from tests.support.site import Site

pytestmark = pytest.mark.untouched

COMPARING = {"find", "aggregate", "count", "distinct", "findAndModify", "mapReduce"}
LOOSE = Collation("en", strength=2)
THEIRS = ("workorders", "orders")


@pytest.fixture
def loose_site(site: Site) -> Site:
    """A site whose collections of work orders take `valve` for `VALVE`."""
    for name in THEIRS:
        site.database.create_collection(name, collation=LOOSE)
    return site


class Heard:
    """What every command to a collection of the site says of its collation."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.without: list[str] = []

    def __call__(self, event: monitoring.CommandStartedEvent) -> None:
        command, name = event.command, event.command_name
        self.names.add(name)
        if name in COMPARING:
            parts = [command]
        else:
            lists = {"update": "updates", "delete": "deletes", "createIndexes": "indexes"}
            parts = command[lists[name]] if name in lists else []
        for part in parts:
            if (part.get("collation") or {}).get("locale") != "simple":
                self.without.append(f"{name} {command[name]}")


@pytest.fixture
def heard(site: Site) -> Iterator[Heard]:
    """Listens to every client that is made from now on."""
    heard = Heard()
    with commands_heard(site.database.name, heard):
        yield heard


def test_every_command_compares_letter_by_letter(heard: Heard, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(site.folder)
    for number in range(1, 8):
        site.client_sends(number)
    site.client_sends(8, isDone="yes")
    site.run(batch_size=3)
    site.client_sends(8)
    site.client_sends(1, summary="Changed")
    site.technician_edits(1, title="Changed as well")
    site.technician_edits(2, title="Edited")
    site.work_orders.insert_one({"title": "Without a number", "status": "pending"})
    site.run(batch_size=3)
    for command in (["plan"], ["verify"], ["conflicts", "list"], ["conflicts", "drop", "--all"], ["lease", "show"],
                    ["dead-letters", "list"], ["dead-letters", "replay", "--all"], ["dead-letters", "drop", "--all"],
                    ["state", "show", "1"], ["state", "rebuild"], ["lease", "break"]):  # fmt: skip
        _run_here(command, site)
    assert heard.without == []
    assert {"find", "aggregate", "update", "delete", "insert", "createIndexes"} <= heard.names


def _run_here(command: list[str], site: Site) -> None:
    """Run a command of the command line in this process, whose clients are listened to."""
    environment = {name: str(value) for name, value in site.environment.items()}
    done = CliRunner().invoke(cli, [*command, *MAPPING], env=environment)
    assert done.exit_code in {0, 1}, (command, done.output)


def test_an_edit_that_only_changes_the_case_of_letters_is_not_marked_as_sent(
    loose_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    loose_site.client_sends(1, summary="valve")
    loose_site.run()
    loose_site.technician_edits(1, description="look at it")
    acknowledge = MongoReader.acknowledge

    def edited(reader: MongoReader, candidates: list[Candidate]) -> Any:
        loose_site.technician_edits(1, title="VALVE")
        monkeypatch.undo()
        return acknowledge(reader, candidates)

    monkeypatch.setattr(MongoReader, "acknowledge", edited)
    loose_site.run()
    assert not loose_site.work_order(1)["isSynced"]
    loose_site.run()
    assert loose_site.client_gets(1)["summary"] == "VALVE"
    assert loose_site.work_order(1)["isSynced"]


def test_an_edit_that_only_changes_the_case_of_letters_is_not_overwritten_unseen(
    loose_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    loose_site.client_sends(1, summary="valve")
    loose_site.run()
    loose_site.client_sends(1, summary="pump")
    write = MongoWriter.write

    def edited(writer: MongoWriter, *arguments: Any) -> None:
        loose_site.technician_edits(1, title="VALVE")
        monkeypatch.undo()
        write(writer, *arguments)

    monkeypatch.setattr(MongoWriter, "write", edited)
    loose_site.run()
    assert loose_site.work_order(1)["title"] == "pump"
    (entry,) = loose_site.database["etl_conflicts"].find()
    assert [value["inside"] for rule in entry["rules"] for value in rule["values"]] == ["VALVE"]


def test_keys_that_differ_in_the_case_of_letters_are_two_records(loose_site: Site) -> None:
    site = loose_site
    key, rules = "  - {client: plant, tracos: plant, key: true}\n", "  - {client: id, tracos: number}\n"
    site.mapping = make(site.folder, rules, key=key, name="{plant}")
    for number, plant in enumerate(("K1", "k1")):
        (site.inbound / f"{number}.json").write_text(json.dumps({"plant": plant, "id": number}))
    assert site.run() == {"inbound": {"read": 2, "created": 2}, "outbound": {"read": 2, "created": 2}}
    assert site.run() == {"inbound": {"read": 2, "unchanged": 2}, "outbound": {}}
    assert {order["plant"]: order["number"] for order in site.database["orders"].find()} == {"K1": 0, "k1": 1}


def test_documents_without_a_key_are_read_page_by_page_whatever_their_ids_are_compared_by(loose_site: Site) -> None:
    loose_site.work_orders.insert_many([{"_id": id_, "title": "Without a number"} for id_ in ("a", "B", "b2", "C", 5)])
    assert loose_site.run(batch_size=2)["outbound"] == {"read": 5, "rejected": 5}


def test_the_key_index_of_a_collection_with_a_collation_is_used(loose_site: Site) -> None:
    loose_site.run()
    found = loose_site.work_orders.find({"number": {"$in": [1, 2]}}, collation=Collation("simple"))
    assert "IXSCAN" in str(found.explain()["queryPlanner"]["winningPlan"])
