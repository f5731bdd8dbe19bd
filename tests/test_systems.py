"""Public systems, chosen for their difference, in YAML and JSON Schema alone, each both ways on a real MongoDB."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from etl import Direction, translator
from etl.mapping.load import read_mapping
from etl.mapping.rules.translate import compile_mapping
from tests.support.command_line import etl
from tests.support.mappings import examined, loaded
from tests.support.site import ROOT, Site

FOLDER = Path(__file__).parent / "systems"
SENT = {
    "dynamics": {"msdyn_systemstatus": 690970003},
    "fhir": {"resource": {"status": "completed"}},
    "gitlab": {"labels": ["line 2", "priority::2", "status::doing"], "state_event": "close"},
    "iw38": {"Systemstatus": "FREI KKMP MANC TABG"},
    "jde": {"WASRST": "95"},
    "maximo": {"spi:siteid": "BEDFORD", "spi:wonum": "1001", "spi:status": "COMP"},
    "protheus": {"TJ_TERMINO": "S"},
    "zendesk": {"ticket": {"status": "solved"}},
}
"""By system: what goes out of the first work order of its samples once that is completed in TracOS."""

WHOLE = ("fhir", "iw38", "jde", "protheus")
"""Systems to which whole records go out: as an echo of what came, but for one, in which only what is new goes out."""

each = pytest.mark.parametrize("system", sorted(SENT))


def mapping_of(system: str) -> Path:
    return FOLDER / system / f"{system}.yaml"


def rules_of(file: Path) -> list[str]:
    rules = file.read_text().partition("\nrules:\n")[2].partition("\nexamples:\n")[0]
    return rules.strip().splitlines()


def records_in(file: Path) -> list[Any]:
    """Return what stands in a file for each of its records."""
    if file.suffix == ".csv":
        return list(csv.DictReader(file.read_text(encoding="cp1252").splitlines(), delimiter=";"))
    if file.suffix == ".jsonl":
        return [json.loads(line) for line in file.read_bytes().decode("cp1252").splitlines()]
    document = json.loads(file.read_text())
    return list(document["entry"]) if "entry" in document else [document]


def taken(site: Site) -> list[Any]:
    """Return the records that went out, and take the files away."""
    files = [file for file in sorted(site.outbound.glob("*")) if not file.name.startswith(".etl-")]
    found = [record for file in files for record in records_in(file)]
    for file in files:
        file.unlink()
    return found


def without_read_only(record: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if not schema["properties"][name].get("readOnly")}


def what_differs(sent: Any, came: Any) -> Any:
    if isinstance(sent, dict) and isinstance(came, dict):
        return {name: what_differs(value, came.get(name)) for name, value in sent.items() if value != came.get(name)}
    return sent


def test_every_system_is_tried() -> None:
    assert sorted(folder.name for folder in FOLDER.iterdir()) == sorted(SENT)


@each
def test_check_finds_nothing(system: str) -> None:
    assert examined(mapping_of(system))[1] == []


@each
@pytest.mark.long
def test_its_samples_mean_what_its_goldens_say_and_the_laws_hold(system: str) -> None:
    golden = ROOT / "tests" / "golden" / system
    done = etl("test", str(mapping_of(system)), "--golden", str(golden), "--examples", "100")
    assert done.returncode == 0, done.stdout


@each
def test_its_rules_are_few_and_two_way(system: str) -> None:
    rules = rules_of(mapping_of(system))
    assert 0 < len(rules) <= 45
    read = [line for line in rules if "from:" in line]
    assert all("from: false" in line or "from: \"'" in line for line in read)  # constants, which no pair replaces


@each
def test_what_nobody_touched_goes_back_as_it_came_and_an_edit_in_the_form_that_it_takes(
    system: str, site: Site
) -> None:
    site.mapping = loaded(mapping_of(system))
    (sample,) = (FOLDER / system / "samples").iterdir()
    shutil.copy(sample, site.inbound)
    inbound = site.run()["inbound"]
    assert inbound == {"read": inbound["read"], "created": inbound["read"]}
    schema = json.loads((FOLDER / system / "record.schema.json").read_text())
    came = [without_read_only(record, schema) for record in records_in(sample)] if system in WHOLE else []
    assert taken(site) == ([] if system == "fhir" else came)
    first = site.work_orders.find_one(sort=[("_id", 1)])
    assert first is not None
    site.work_orders.update_one({"_id": first["_id"]}, {"$set": {"status": "completed", "isSynced": False}})
    assert site.run()["outbound"] == {"read": 1, "created": 1}
    (sent,) = taken(site)
    assert what_differs(sent, came[0] if came else {}) == SENT[system]
    assert not came or sent.keys() == came[0].keys()


def test_custom_fields_are_edited_and_cleared_one_by_one_and_the_others_stay(site: Site) -> None:
    site.mapping = loaded(mapping_of("zendesk"))
    shutil.copy(FOLDER / "zendesk" / "samples" / "tickets_1.json", site.inbound)
    site.run()
    for asset, sent in (({"id": "Q"}, "Q"), (None, None)):
        site.work_orders.update_one({"externalId": "35436"}, {"$set": {"asset": asset, "isSynced": False}})
        site.run()
        assert taken(site) == [{"ticket": {"custom_fields": [{"id": 360001, "value": sent}]}}]
    came = json.loads((FOLDER / "zendesk" / "samples" / "tickets_1.json").read_text())["tickets"][0]
    order = translator(site.mapping, Direction.INBOUND)(came)
    outward = compile_mapping(site.mapping, Direction.OUTBOUND)
    whole = outward({**order, "asset": {"id": "Q"}}, came)[0]["custom_fields"]
    assert whole == [{"id": 360001, "value": "Q"}, *came["custom_fields"][1:]]


def test_labels_that_say_what_is_done_and_labels_that_say_how_urgent_it_is_go_out_one_by_one(site: Site) -> None:
    site.mapping = loaded(mapping_of("gitlab"))
    shutil.copy(FOLDER / "gitlab" / "samples" / "issues_1.json", site.inbound)
    site.run()
    for edit, labels in (
        ({"priority": "low"}, ["line 2", "status::doing", "priority::4"]),
        ({"status": "pending", "priority": None}, ["line 2"]),
    ):
        site.work_orders.update_one({"externalId": "7"}, {"$set": {**edit, "isSynced": False}})
        site.run()
        (sent,) = taken(site)
        assert sent["labels"] == labels
        assert ("state_event" in sent) is ("status" in edit)


def test_the_page_says_how_many_rules_each_system_takes_and_in_how_many_lines() -> None:
    page = (ROOT / "docs" / "systems.md").read_text()
    rows = re.findall(r"^\| \[.+?\]\(\.\./(.+?)\) \| .+ \| (\d+) \| (\d+) \|$", page, re.MULTILINE)
    said = {ROOT / file: (int(rules), int(lines)) for file, rules, lines in rows}
    assert said == {file: (len(read_mapping(file).rules), len(rules_of(file))) for file in said}
    assert {file.stem for file in said} >= set(SENT)


def test_what_the_page_says_that_a_system_needs_is_in_its_mapping() -> None:
    page = (ROOT / "docs" / "systems.md").read_text()
    first, second = page.split("## What they need")
    files = {name: ROOT / file for name, file in re.findall(r"^\| \[(.+?)\]\(\.\./(.+?)\)", first, re.MULTILINE)}
    rows = re.findall(r"^\| ([A-Z].+?) \| (.+?) \| .+ \|$", second, re.MULTILINE)
    needs = {next(file for name, file in files.items() if said in name): need for said, need in rows}
    assert set(needs) == set(files.values())
    for file, need in needs.items():
        named = re.findall(r"`([^`]+)`", need)
        assert len(named) > 1
        assert not [word for word in named if word not in file.read_text()], file
