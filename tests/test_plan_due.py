"""What goes out again after an import: a plan says just what the run does, whatever on_import and export_when say."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from etl import Direction, Mapping, load_mapping
from etl.app import plan
from etl.logs import make_log
from etl.transfer.model import Outcome
from tests.support.failing import failing
from tests.support.mappings import make
from tests.support.site import Site

LOG = make_log("error", "text", str)
RULES = """\
  - {client: title, tracos: title}
  - {client: size, tracos: detail.size}
  - {client: due, tracos: due, as: datetime, lossy: BSON keeps UTC and milliseconds}
"""
DONE = (Outcome.CREATED, Outcome.UPDATED)
COMBINATIONS = {
    "imports go out": ("{isSynced: false}", "{isSynced: {$ne: true}}", "{isSynced: true}"),
    "imports do not go out": ("{isSynced: true}", "{isSynced: {$ne: true}}", "{isSynced: true}"),
    "imports leave it": ("{}", "{isSynced: {$ne: true}}", "{isSynced: true}"),
    "imports take it away": ("{exported: $absent}", "{exported: {$exists: false}}", "{exported: 1}"),
    "imports set it": ("{exported: 0}", "{exported: {$exists: false}}", "{exported: 1}"),
    "a list": ("{state: new}", "{state: {$in: [new, edited]}}", "{state: sent}"),
    "not in a list": ("{state: imported}", "{state: {$nin: [imported, sent]}}", "{state: sent}"),
    "a nested value": ("{}", "{'detail.size': {$gt: 5}, isSynced: {$ne: true}}", "{isSynced: true}"),
    "what only TracOS has": (
        "{isSynced: false}",
        "{team: {$in: [A, null]}, isSynced: {$ne: true}}",
        "{isSynced: true}",
    ),
    "a nested one that only TracOS has": (
        "{isSynced: false}",
        "{'extra.team': {$exists: true}, isSynced: false}",
        "{isSynced: true}",
    ),
    "dates": (
        "{changed: $now, isSynced: false}",
        "{changed: {$gt: {$date: '2020-01-01T00:00:00Z'}}, isSynced: false}",
        "{isSynced: true}",
    ),
    "dates of records": ("{}", "{due: {$lt: {$date: '2025-01-03'}}, isSynced: {$ne: true}}", "{isSynced: true}"),
    "dates that are to come": (
        "{changed: $now}",
        "{changed: {$gt: {$date: '2120-01-01T00:00:00Z'}}}",
        "{changed: $absent}",
    ),
    "alternatives": (
        "{state: new, isSynced: true}",
        "{$or: [{title: $a, state: new}, {isSynced: {$ne: true}}]}",
        "{isSynced: true, state: sent}",
    ),
    "none of": ("{}", "{$nor: [{isSynced: true}, {title: {$regex: '^b'}}]}", "{isSynced: true}"),
    "an expression": ("{step: 1}", "{$expr: {$and: [{$eq: ['$step', 1]}, {$ne: ['$title', '$team']}]}}", "{step: 2}"),
}


def using(site: Site, folder: Path, combination: str) -> Mapping:
    """Load a mapping with what imports and exports set, and what waits."""
    on_import, export_when, on_export = COMBINATIONS[combination]
    make(folder, RULES)
    file = folder / "mapping.yaml"
    lines = [
        f"  mongodb: {{collection: orders, on_import: {on_import}, export_when: {export_when}, on_export: {on_export}}}"
        if line.startswith("  mongodb:")
        else line
        for line in file.read_text().splitlines()
    ]
    file.write_text("\n".join(lines) + "\n")
    site.mapping = load_mapping(file)
    return site.mapping


def played(site: Site, dice: random.Random) -> None:
    """The client delivers; a technician edits, makes, and removes work orders."""
    orders = site.database["orders"]
    for _ in range(dice.randint(1, 6)):
        number = dice.randint(1, 6)
        match dice.randint(0, 4):
            case 0 | 1 | 2:
                record = {
                    "id": number,
                    "title": dice.choice(["$a", "b", "c"]),
                    "size": dice.choice([1, 9, None]),
                    "due": dice.choice(["2025-01-02T00:00:00Z", "2025-01-04T00:00:00Z"]),
                }
                (site.inbound / f"{number}.json").write_text(json.dumps(record))
            case 3:
                change: dict[str, Any] = dice.choice(
                    [{"team": "A"}, {"team": "B"}, {"extra": {"team": 1}}, {"title": "b"}, {"state": "edited"}]
                )
                orders.update_one({"number": number}, {"$set": {"isSynced": False, **change}})
            case _:
                if dice.random() < 0.5:
                    orders.delete_one({"number": number})
                elif orders.find_one({"number": number}) is None:
                    orders.insert_one({"number": number, "title": "made inside"})


def files(site: Site) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in site.outbound.glob("*")}


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_a_plan_says_of_every_combination_what_goes_out(site: Site, tmp_path: Path, combination: str) -> None:
    using(site, tmp_path, combination)
    dice = random.Random(combination)
    for turn in range(4):
        played(site, dice)
        made = plan(site.mapping, site.settings, LOG)
        before = files(site)
        reports = site.reports(batch_size=dice.choice([1, 2, 500]))
        assert [r.as_dict() for r in made.reports] == [r.as_dict() for r in reports], (combination, turn)
        written = {name for name, content in files(site).items() if before.get(name) != content}
        planned = [record for record in made.records if record.direction is Direction.OUTBOUND]
        assert {f"{r.key[0]}.json" for r in planned if r.outcome in DONE} == written, (combination, turn)


def test_a_mongodb_that_cannot_judge_has_all_go_out_in_the_plan_which_says_so(
    fragile_site: Site, tmp_path: Path
) -> None:
    site = fragile_site
    using(site, tmp_path, "imports do not go out")
    (site.inbound / "1.json").write_text(json.dumps({"id": 1, "title": "a"}))
    with failing(site, "aggregate", 1_000, errorCode=40324):
        made = plan(site.mapping, site.settings, LOG)
    assert made.reports[1].as_dict()["created"] == 1
    assert "5.1 or newer" in made.reports[1].as_line()
    assert plan(site.mapping, site.settings, LOG).reports[1].as_dict()["read"] == 0
