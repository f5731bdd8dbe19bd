"""What is said of a line of a base, which a mapping extends, names the base's file beside the line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from etl import Direction, MappingError, RecordError, load_mapping, translator
from etl.cli import cli
from etl.errors import DriftError, Finding
from etl.mapping.explain import explain
from etl.mapping.load import examine
from tests.support.site import Site

TEXT = {"type": "string"}
BASE = """\
mapping: erp
language: 1
outside: {name: client, schema: client.json, files: {inbound: "*.json", outbound: "{id}.json"}}
inside:
  name: tracos
  schema: tracos.json
  ignore: [isSynced]
  mongodb: {collection: orders, export_when: {isSynced: {$ne: true}}, on_export: {isSynced: true}}
rules:
  - {client: id, tracos: number, key: true}
  - {client: note, tracos: note}
  - {client: seen, tracos: seen}
  - cases:
      - {client: {state: o, hold: {not: null}}, tracos: {status: held}}
      - {client: {state: o, hold: null}, tracos: {status: open}}
examples:
  - {name: a title, client: {id: 1, note: Pump}, tracos: {number: 1, note: Valve}}
"""
OWN = "mapping: hafen\nlanguage: 1\nextends: erp/erp.yaml\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "erp"
    folder.mkdir()
    for name, key, fields in (("client", "id", "note state hold"), ("tracos", "number", "note status seen copy")):
        known = {key: {"type": "integer", "minimum": 1}, **dict.fromkeys(fields.split(), TEXT)}
        known |= {"seen": {**TEXT, "readOnly": True}} if name == "client" else {"isSynced": {"type": "boolean"}}
        (folder / f"{name}.json").write_text(json.dumps({"type": "object", "required": [key], "properties": known}))
    (folder / "erp.yaml").write_text(BASE)
    file = tmp_path / "hafen.yaml"
    file.write_text(OWN)
    return file


def base_of(own: Path) -> Path:
    return own.parent / "erp" / "erp.yaml"


def test_a_rejected_record_names_the_file_of_the_line_that_was_for_it(own: Path) -> None:
    with pytest.raises(RecordError) as caught:
        translator(load_mapping(own), Direction.OUTBOUND)({"number": 1, "status": "held"})
    assert f"(line 14 of {base_of(own)}) wants hold" in str(caught.value)


def test_the_other_half_of_a_rule_is_named_with_its_file(own: Path) -> None:
    base_of(own).write_text(BASE.replace("note, tracos: note}", "note, from: copy}"))
    own.write_text(f"{OWN}rules:\n  - {{tracos: copy, from: note}}\n")
    found = [one for one in _findings(own) if one.code == "W174"]
    assert [(Path(one.file).name, one.line) for one in found] == [("hafen.yaml", 5)]
    assert f"the way back of the rule in line 11 of {base_of(own)}: halves" in found[0].message


def _findings(file: Path) -> list[Finding]:
    try:
        return list(examine(file)[1])
    except MappingError as error:
        return list(error.findings)


def test_a_vanished_field_is_named_with_the_file_of_its_rule(site: Site, own: Path) -> None:
    base_of(own).write_text(BASE[: BASE.index("  - cases")])
    site.mapping = load_mapping(own)
    for record in ({"id": n, "note": f"n{n}"} for n in range(1, 11)):
        (site.inbound / f"{record['id']}.json").write_text(json.dumps(record))
    site.run()
    for n in range(1, 11):
        (site.inbound / f"{n}.json").write_text(json.dumps({"id": n, "other": "x"}))
    with pytest.raises(DriftError) as caught:
        site.run()
    assert f"note (line 11 of {base_of(own)}) is missing" in str(caught.value)


def test_an_explanation_names_the_file_of_a_rule_that_is_not_sent(own: Path) -> None:
    _, _, seen, *_ = explain(load_mapping(own), Direction.OUTBOUND, {"number": 1, "seen": "x", "status": "open"})
    assert (seen.did, seen.file, seen.line) == ("not sent: it is read-only outside", str(base_of(own)), 12)


def test_what_no_example_exercises_is_listed_with_its_file(own: Path) -> None:
    said = CliRunner().invoke(cli, ["test", "--no-laws", "--json", str(own)]).output
    (report,) = json.loads(said)
    places = [(unit["line"], unit.get("file")) for unit in report["unexercised"]]
    assert (12, str(base_of(own))) in places


def test_pytest_says_where_an_example_of_the_base_stands(own: Path) -> None:
    (own.parent / "pytest.ini").write_text("[pytest]\netl_mappings = hafen.yaml\njunit_family = xunit1\n")
    command = [sys.executable, "-m", "pytest", "--junitxml=report.xml", "hafen.yaml"]
    subprocess.run(command, cwd=own.parent, capture_output=True, check=False)
    report = (own.parent / "report.xml").read_text()
    assert 'name="a title" file="erp/erp.yaml" line="16"' in report  # which it counts from 0
