"""What a person decides of a conflict: how its rules are named, how long a decision stands, and who it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from etl import load_mapping
from etl.app import Choice, Resolution, conflicts, resolve
from etl.app.opening import quiet_log
from etl.errors import KeyTextError
from tests.support.conflicts import command, signed
from tests.support.site import INBOUND, Site

MAPPING = """\
mapping: m
language: 1
outside:
  name: client
  schema: client.json
  files: {inbound: "*.json", outbound: "{id}.json"}
inside:
  name: tracos
  schema: tracos.json
  mongodb: {collection: orders, export_when: {isSynced: {$ne: true}}, on_export: {isSynced: true}}
rules:
  - {client: id, tracos: id, key: true}
  - {client: name, tracos: title}
  - client: lines
    tracos: tasks
    each:
      - {client: "no", tracos: number, key: true}
      - {client: text, tracos: title}
      - client: parts
        tracos: parts
        each:
          - {client: code, tracos: sku, key: true}
          - {client: count, tracos: quantity}
"""
WHOLE, TEXT = {"type": "integer"}, {"type": "string"}


def listed(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "properties": properties}}


CLIENT = {"id": WHOLE, "name": TEXT, "lines": listed(no=WHOLE, text=TEXT, parts=listed(code=TEXT, count=WHOLE))}
TRACOS = {
    "id": WHOLE,
    "title": TEXT,
    "tasks": listed(number=WHOLE, title=TEXT, parts=listed(sku=TEXT, quantity=WHOLE)),
    "isSynced": {"type": "boolean"},
}
EVERY = Choice()
DEEP = "tasks[number=1].parts[sku='a'].quantity"


class Order:
    """An order of which both sides change the name, the text of its first line, and a number in that."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.comes("name", "text", 1)
        self.both_change()

    def both_change(self, turn: int = 0) -> None:
        again = str(turn or "")
        self.edited(f"Technician's{again}", f"mine{again}", 2 * turn + 2)
        assert self.comes(f"Client's{again}", f"theirs{again}", 2 * turn + 3) == {"read": 1, "conflict": 1}

    def comes(self, name: str, text: str, count: int) -> dict[str, int]:
        lines = [{"no": 1, "text": text, "parts": [{"code": "a", "count": count}]}, {"no": 2, "text": "b"}]
        (self.site.inbound / "1.json").write_text(json.dumps({"id": 1, "name": name, "lines": lines}))
        return self.site.run(directions=INBOUND)["inbound"]

    def edited(self, title: str, text: str, count: int) -> None:
        tasks = [{"number": 1, "title": text, "parts": [{"sku": "a", "quantity": count}]}, {"number": 2, "title": "b"}]
        self.site.database["orders"].update_one({}, {"$set": {"title": title, "tasks": tasks, "isSynced": False}})

    def has(self) -> tuple[Any, Any, Any]:
        order: Any = self.site.database["orders"].find_one()
        return order["title"], order["tasks"][0]["title"], order["tasks"][0]["parts"][0]["quantity"]

    def about(self, rule: str) -> int:
        """Return how many open conflicts are about a rule."""
        with conflicts(self.site.mapping, self.site.settings, quiet_log(), Choice(rule=rule), decided=False) as found:
            return len(list(found))

    def decided(self, by: str, *take: str, note: str = "", choice: Choice = EVERY) -> bool:
        """Decide; return whether all is then."""
        made = Resolution(take, by, note)
        return bool(resolve(self.site.mapping, self.site.settings, quiet_log(), choice, made)) and not self.said()

    def said(self) -> dict[str, str]:
        """Return why of each rule of what is open."""
        with conflicts(self.site.mapping, self.site.settings, quiet_log(), decided=False) as found:
            return {dispute.rule: dispute.why for conflict in found for dispute in conflict.disputes}


@pytest.fixture
def order(database: Database[dict[str, Any]], tmp_path: Path) -> Order:
    for name, properties in (("client", CLIENT), ("tracos", TRACOS)):
        schema = {"type": "object", "required": ["id"], "properties": properties}
        (tmp_path / f"{name}.json").write_text(json.dumps(schema))
    (tmp_path / "m.yaml").write_text(MAPPING)
    mapping = load_mapping(tmp_path / "m.yaml")
    return Order(Site(database, tmp_path, mapping, os.environ["ETL_TEST_MONGO_URI"]))


def test_a_list_an_element_and_a_rule_in_it_are_named_by_their_paths_on_either_side(order: Order) -> None:
    texts = ("tasks[number=1].title", "lines[no=1].text", "lines[ no = 1 ].text", "tasks", "lines", "tasks[number=1]")
    deep = (DEEP, "lines[no=1].parts[code='a'].count", "lines[no=1].parts", "tasks[number=1].parts[sku='a']")
    for name in ("title", "name", "lines[no=1]", *texts, *deep):
        assert (name, order.about(name)) == (name, 1)
    for name in ("tasks[number=2]", "lines[no=2].text", "tasks[number=1].parts[sku='b'].quantity"):
        assert (name, order.about(name)) == (name, 0)
    for name in (
        "tasks.title",
        "tasks[0].title",
        "tasks[number=1].titel",
        "tasks[title='mine']",
        "lines[number=1]",
        "(",
    ):
        with pytest.raises(KeyTextError, match="is no rule of m"):
            order.about(name)
    for turn, name in enumerate(texts):
        takes = ("tracos", f"{name}=client", "lines[no=1].parts=tracos")
        assert order.decided("ana", *takes, choice=Choice(rule="lines[no=1].parts"))
        assert order.has() == (f"Technician's{turn or ''}", f"theirs{turn or ''}", 2 * turn + 2)
        order.both_change(turn + 1)


def test_what_a_person_has_decided_stands_while_the_rest_waits_whatever_runs(order: Order) -> None:
    assert not order.decided("Jörg", "title=tracos", note="nö")
    decided = {"title": "tracos, chosen by Jörg", "tasks[number=1].title": "review", DEEP: "review"}
    order.site.run()
    assert order.said() == decided
    assert signed(order.site) == [("title", "Jörg", "nö")]
    assert order.has() == ("Technician's", "mine", 2)
    assert not order.decided("Eva", "lines[no=1].text=client")
    order.site.run()
    assert order.said() == {**decided, "tasks[number=1].title": "client, chosen by Eva"}
    shown = command(order.site, "conflicts", "show", "1").stdout
    assert "  title: tracos, chosen by Jörg: nö\n" in shown
    assert order.decided("Ana", "client")
    assert order.has() == ("Technician's", "theirs", 3)
    assert signed(order.site) == [(DEEP, "Ana", ""), ("tasks[number=1].title", "Eva", ""), ("title", "Jörg", "nö")]


@pytest.mark.parametrize("side", ["client", "tracos"])
def test_a_decision_is_open_again_once_a_side_has_changed_that_value(order: Order, side: str) -> None:
    assert not order.decided("Jörg", "title=tracos")
    if side == "client":
        assert order.comes("Later", "theirs", 3) == {"read": 1, "conflict": 1}
    else:
        order.edited("Later", "mine", 2)
    for _ in range(2):
        order.site.run()
        assert order.said()["title"] == "review, changed since Jörg chose tracos"
    assert signed(order.site) == []
    assert order.decided("Ana", "client")
    assert order.has() == ("Later" if side == "client" else "Client's", "theirs", 3)
    assert {by for _, by, _ in signed(order.site)} == {"Ana"}


def test_who_names_a_rule_that_is_decided_decides_it_anew(order: Order) -> None:
    assert not order.decided("Jörg", "title=tracos")
    assert order.decided("Ana", "name=client", "tasks=tracos")
    assert order.has() == ("Client's", "mine", 2)
    assert {by for _, by, _ in signed(order.site)} == {"Ana"}
