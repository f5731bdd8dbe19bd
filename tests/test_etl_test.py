"""`etl test` as a mapping's author meets it: what fails, where, by which rule; and the same tests in pytest."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from etl import MappingError, load_mapping
from etl.cli import cli
from etl.record import ABSENT, json_form
from etl.testing.cases import differences
from tests.support.site import MAPPING_FILE, ROOT

GOLDEN = ROOT / "tests" / "golden" / "tracos_client"
SHIPPED = MAPPING_FILE.read_text().replace("../schemas/", f"{ROOT / 'schemas'}/")
HEAD, EXAMPLES = SHIPPED.split("examples:\n")

SMALL = """\
mapping: small
language: 1
outside:
  name: erp
  schema: erp.json
  files: {inbound: "*.json", outbound: "{id}.json"}
inside:
  name: ours
  schema: ours.json
  mongodb: {collection: orders, export_when: {synced: false}, on_export: {synced: true}}
rules:
  - {erp: id, ours: number, key: true}
"""


OTHERS = {"synced": {"type": "boolean"}}
"""A field that no rule needs."""


def etl_test(*arguments: Any) -> Result:
    return CliRunner().invoke(cli, ["test", *map(str, arguments)])


def line_of(file: Path, text: str) -> int:
    return next(number for number, line in enumerate(file.read_text().splitlines(), 1) if text in line)


def edited(folder: Path, old: str, new: str) -> Path:
    """Return a copy of the shipped mapping with one edit."""
    assert SHIPPED.count(old) == 1
    file = folder / "m.yaml"
    file.write_text(SHIPPED.replace(old, new))
    return file


def with_example(folder: Path, example: str) -> Path:
    """Return the shipped mapping with no example but this one."""
    file = folder / "m.yaml"
    file.write_text(f"{HEAD}examples:\n{example}")
    return file


def small(folder: Path, rules: str, erp: dict[str, Any], ours: dict[str, Any]) -> Path:
    """Return a mapping with some rules beside its key, between two schemas with these fields, all required."""
    for name, key, fields in (("erp", "id", erp), ("ours", "number", ours)):
        properties = {key: {"type": "integer"}, **fields}
        schema = {"type": "object", "required": list(properties), "properties": properties | OTHERS}
        (folder / f"{name}.json").write_text(json.dumps(schema))
    file = folder / "small.yaml"
    file.write_text(SMALL + rules)
    return file


@pytest.mark.slow
def test_the_shipped_mapping_holds_with_its_goldens_and_its_examples_exercise_all_of_it() -> None:
    done = etl_test(MAPPING_FILE, "--golden", GOLDEN)
    assert done.exit_code == 0, done.output
    assert done.output == (
        "coverage: 15 of 15 rules and table lines (100 %)\n"
        f"{MAPPING_FILE}: 10 examples, 54 goldens, laws on 200 records: all hold\n"
    )
    assert "coverage: 15 of 15" in etl_test(MAPPING_FILE, "--no-laws").output


def test_a_changed_status_fails_with_the_difference_and_the_lines_of_example_and_rule(tmp_path: Path) -> None:
    file = edited(tmp_path, "{number: 11, status: on_hold}", "{number: 11, status: pending}")
    done = etl_test(file, "--no-laws")
    assert done.exit_code == 1
    flag = f"{file}:{line_of(file, '{client: isOnHold')}"
    assert done.output.splitlines()[:5] == [
        f'{file}:{line_of(file, "- name: on hold")} example "on hold"',
        "  status (inbound)",
        '    expected  "pending"',
        '    actual    "on_hold"',
        f'    rule      {file}:{line_of(file, "- tracos: status")}, decided by {flag} flag isOnHold ("on_hold")',
    ]
    assert done.output.splitlines()[-1] == f"{file}: 10 examples, 0 goldens: 1 fails"


def test_an_example_of_one_direction_does_not_look_at_the_other(tmp_path: Path) -> None:
    example = """\
  - name: a
    client: {orderNo: 7, isDone: false, isPending: true}
    tracos: {number: 7, title: A, status: pending, createdAt: "2025-01-02T03:04:05Z"}
    direction: outbound
"""
    assert etl_test(with_example(tmp_path, example), "--no-laws").exit_code == 0
    both = etl_test(with_example(tmp_path, example.replace("outbound", "both")), "--no-laws")
    assert both.exit_code == 1
    assert "inbound: rejected: summary: is required" in both.output


@pytest.mark.parametrize(
    ("record", "rejects", "said"),
    [
        ("{orderNo: 7}", "summary: is required", None),
        ("{orderNo: 7}", "number", 'is rejected, but no reason has "number": creationDate: is required; summary'),
        ('{orderNo: 7, summary: a, creationDate: "2025-01-02"}', "x", "is accepted, and was to be rejected"),
    ],
)
def test_a_record_that_is_to_be_refused(tmp_path: Path, record: str, rejects: str, said: str | None) -> None:
    example = f'  - name: refused\n    client: {record}\n    rejects: "{rejects}"\n'
    done = etl_test(with_example(tmp_path, example), "--no-laws")
    assert done.exit_code == (0 if said is None else 1)
    assert said is None or said in done.output


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ("{name: a, client: {orderNo: 7}, rejcts: number}", "E010 unknown key rejcts; did you mean rejects?"),
        ("{name: a, client: {orderNo: 7}, dirction: inbound}", "E010 unknown key dirction; did you mean direction?"),
        ("{name: a, client: {orderNo: 7}, direction: outbound}", "E013 direction outbound needs the record of the in"),
        ("{name: a, client: {orderNo: 7}, direction: both}", "E013 direction both needs a record of both systems"),
        ("{name: a, client: {orderNo: 7}, direction: up}", "E013 direction: "),
        ("{name: a, client: {orderNo: 7}, tracos: {number: 7}, rejects: x}", "E013 the example has two records"),
        ("{name: a, client: {orderNo: 7}, rejects: []}", "E013 rejects: "),
        ("{name: a, rejects: x}", "E012 the example has no record"),
    ],
)
def test_an_example_that_makes_no_sense_is_refused_with_exit_code_3(tmp_path: Path, example: str, said: str) -> None:
    file = with_example(tmp_path, f"  - {example}\n")
    with pytest.raises(MappingError) as caught:
        load_mapping(file)
    assert said in str(caught.value)
    done = etl_test(file)
    assert done.exit_code == 3
    assert said in done.output


def test_goldens_are_compared_whole_and_can_be_updated(tmp_path: Path) -> None:
    lines = (GOLDEN / "dates.jsonl").read_text().splitlines()
    case = json.loads(lines[1])
    case["tracos"]["title"], case["back"]["extra"] = "Watch", 1
    golden = tmp_path / "some.jsonl"
    golden.write_text("\n".join([lines[0], json.dumps(case), ""]))

    failed = etl_test(MAPPING_FILE, "--golden", tmp_path, "--no-laws")
    assert failed.exit_code == 1
    assert f'{golden}:2 golden "{case["name"]}"' in failed.output
    assert "extra (outbound)\n    expected  1\n    actual    no value\n    rule      none writes it" in failed.output

    updated = etl_test(MAPPING_FILE, "--golden", tmp_path, "--no-laws", "--update")
    assert updated.exit_code == 0, updated.output
    assert 'tracos.title: "Watch" -> "Clock"' in updated.output
    assert golden.read_text() == "\n".join([*lines[:2], ""])


@pytest.mark.slow
def test_an_update_completes_a_case_that_has_the_outside_record_only(tmp_path: Path) -> None:
    record = {"orderNo": 1, "summary": "Fan", "creationDate": "2025-01-02", "isDone": True}
    (tmp_path / "new.jsonl").write_text(json.dumps({"name": "new", "client": record}) + "\n")
    given = (MAPPING_FILE, "--golden", tmp_path, "--examples", 5)
    assert "has no tracos and no back; --update writes it" in etl_test(*given).output
    assert etl_test(*given, "--update").exit_code == 0
    case = json.loads((tmp_path / "new.jsonl").read_text())
    assert (case["tracos"]["status"], case["back"]["isDone"]) == ("completed", True)


def test_a_golden_record_that_is_rejected_says_why_it_is_not_updated(tmp_path: Path) -> None:
    order = {"orderNo": 7, "summary": "Pump", "creationDate": "yesterday"}
    (tmp_path / "a.jsonl").write_text(json.dumps({"name": "no date", "client": order}))
    done = etl_test(MAPPING_FILE, "--golden", tmp_path, "--update", "--no-laws")
    assert done.exit_code == 1
    assert "inbound: rejected: creationDate: " in done.output
    assert "has no tracos and no back; correct the record, or the mapping" in done.output


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"name": "a"}', '{"name": "a", "client": {}, "x": 1}', '{"name": 1, "client": {}}']
)
def test_a_golden_file_that_is_wrong_ends_with_exit_code_3(tmp_path: Path, line: str) -> None:
    (tmp_path / "wrong.jsonl").write_text(line)
    done = etl_test(MAPPING_FILE, "--golden", tmp_path)
    assert done.exit_code == 3
    assert f"{tmp_path / 'wrong.jsonl'}:1" in done.output


def test_results_as_junit_xml(tmp_path: Path) -> None:
    file = edited(tmp_path, "number: 11, status: on_hold", "number: 11, status: pending")
    report = tmp_path / "report.xml"
    assert etl_test(file, "--no-laws", "--junit", report).exit_code == 1
    (suite,) = ET.parse(report).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("10", "1")
    (failed,) = (case for case in suite if case.find("failure") is not None)
    assert failed.get("name") == "on hold"
    assert 'expected  "pending"' in (failed.findtext("failure") or "")


def test_what_no_example_exercises_is_named_with_its_line(tmp_path: Path) -> None:
    example = "{number: 11, status: on_hold}"
    file = edited(tmp_path, example, "{number: 11}")
    done = etl_test(file, "--no-laws")
    assert done.exit_code == 0
    line = line_of(file, "{client: isOnHold")
    assert f'{file}:{line} flag isOnHold ("on_hold"): no example and no golden exercises it' in done.output
    assert "coverage: 14 of 15 rules and table lines (93 %)" in done.output


def test_two_computed_values_that_do_not_agree_are_refused_before_any_test(tmp_path: Path) -> None:
    rules = "  - {erp: a, from: \"join('', [b, 'x'])\"}\n  - {ours: b, from: a, lossy: why not}\n"
    done = etl_test(small(tmp_path, rules, {"a": {"type": "string"}}, {"b": {"type": "string"}}))
    assert done.exit_code == 3, done.output
    assert 'small.yaml:13:5 E181 erp.a is "ax" after one round trip and "axx" after two' in done.output


VALUES = """\
  - erp: a
    ours: b
    values:
      - {erp: x, ours: [1, 2]}
      - {erp: z, ours: 3}
"""


def test_the_laws_find_a_table_that_cannot_be_inverted_until_it_says_lossy(tmp_path: Path) -> None:
    fields = {"a": {"enum": ["x", "z"]}}, {"b": {"enum": [1, 2, 3]}}
    done = etl_test(small(tmp_path, VALUES, *fields))
    assert done.exit_code == 1, done.output
    assert 'law "what goes out comes back"' in done.output
    assert '  record    {"number": 0, "b": 2}' in done.output
    assert "decided by" in done.output
    assert etl_test(small(tmp_path, f"{VALUES}    lossy: 1 and 2 are one\n", *fields)).exit_code == 0


def test_the_laws_hold_for_lists_codecs_and_cases(tmp_path: Path) -> None:
    rules = """\
  - {erp: day, ours: dueAt, as: date, lossy: days}
  - {erp: priority, ours: priority, as: integer_text}
  - erp: lines
    ours: tasks
    each:
      - {erp: qty, ours: quantity}
      - {erp: due, ours: dueAt, as: {datetime: {zone: Europe/Berlin, format: "%d.%m.%Y %H:%M"}}, lossy: minutes}
  - cases:
      - {erp: {class: a, state: "1"}, ours: {status: open}}
      - {erp: {class: b, state: null}, ours: {status: closed}}
"""
    text, date = {"type": "string"}, {"type": "string", "format": "date-time"}
    line = {"type": "object", "required": ["qty", "due"], "properties": {"qty": {"type": "number"}, "due": text}}
    task = {"type": "object", "required": ["quantity"], "properties": {"quantity": {"type": "number"}, "dueAt": date}}
    erp = {"day": text, "priority": text, "lines": {"type": "array", "items": line}, "class": {"enum": ["a", "b"]}}
    ours = {"dueAt": date, "priority": {"type": "integer", "minimum": 0}, "tasks": {"type": "array", "items": task}}
    file = small(tmp_path, rules, erp, {**ours, "status": {"enum": ["open", "closed"]}})
    for name, required in (("erp", ["id"]), ("ours", ["number", "status"])):
        schema = json.loads((tmp_path / f"{name}.json").read_text())
        properties = schema["properties"] | ({"state": {"type": ["string", "null"]}} if name == "erp" else {})
        if name == "erp":
            properties["lines"]["items"]["required"] = ["qty"]
        (tmp_path / f"{name}.json").write_text(json.dumps({**schema, "properties": properties, "required": required}))
    done = etl_test(file, "--examples", 50)
    assert done.exit_code == 0, done.output
    assert "laws on 100 records: all hold" in done.output
    assert "only" not in done.output


@pytest.mark.slow
def test_a_reader_is_told_when_nearly_all_generated_records_are_rejected(tmp_path: Path) -> None:
    """Nobody knows which eight texts make one of at most two characters."""
    rules = "  - {erp: all, from: \"join('', [a, b, c, d, e, f, g, h])\", lossy: they are short}\n"
    rules += "".join(f"  - {{erp: {name}, ours: {name}}}\n" for name in "abcdefgh")
    letters = {name: {"type": "string", "maxLength": 9} for name in "abcdefgh"}
    done = etl_test(
        small(tmp_path, rules, {"all": {"type": "string", "maxLength": 3}, **letters}, letters), "--examples", 12
    )
    assert done.exit_code == 0, done.output
    assert re.search(
        r"what goes out comes back: only [0-9]+ of [0-9]+ generated records of ours are accepted", done.output
    )


def test_a_law_that_was_tried_on_no_record_fails(tmp_path: Path) -> None:
    """Where every generated record is rejected, nothing is known of the law: that is no success."""
    rules = "  - {erp: a, from: length(number)}\n"
    done = etl_test(small(tmp_path, rules, {"a": {"type": "integer"}}, {}))
    assert done.exit_code == 1, done.output
    assert 'law "what goes out comes back"\n  none of the ' in done.output
    assert "generated records of ours is accepted, most for: number: length(number) fails" in done.output
    assert 'law "a round trip normalises once"' in done.output


def test_the_same_seed_says_the_same(tmp_path: Path) -> None:
    file = small(tmp_path, VALUES, {"a": {"enum": ["x", "z"]}}, {"b": {"enum": [1, 2, 3]}})
    outputs = {etl_test(file, "--seed", 5, "--examples", 20).output for _ in range(2)}
    assert len(outputs) == 1


def test_several_mappings_take_the_goldens_with_their_name_and_a_wrong_one_does_not_stop_the_others(
    tmp_path: Path,
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("mapping: x\n")
    done = etl_test(wrong, MAPPING_FILE, "--golden", GOLDEN, "--no-laws")
    assert done.exit_code == 3
    assert f"{wrong}:1:1 E012" in done.output
    assert "10 examples, 54 goldens: all hold" in done.output


def test_a_folder_of_goldens_that_no_mapping_takes_is_no_success(tmp_path: Path) -> None:
    done = etl_test(MAPPING_FILE, MAPPING_FILE, "--golden", tmp_path, "--no-laws")
    assert done.exit_code == 3
    assert f"{tmp_path}: none of these mappings has its name" in done.output


def etl_test_without_hypothesis(*arguments: Any) -> Result:
    """Run as where only the engine and its embedded MongoDB are installed."""
    with pytest.MonkeyPatch.context() as missing:  # for that long only: pytest's own plugin needs it
        missing.delitem(sys.modules, "etl.testing.laws", raising=False)
        missing.setitem(sys.modules, "hypothesis", None)
        return etl_test(*arguments)


def test_without_hypothesis_the_examples_run_and_the_laws_are_said_to_be_left_out(tmp_path: Path) -> None:
    done = etl_test_without_hypothesis(MAPPING_FILE, "--golden", GOLDEN)
    assert done.exit_code == 0
    assert (
        "the laws were not tried: they need hypothesis, which is not installed: pip install hypothesis" in done.output
    )
    assert "laws on" not in done.output
    assert done.output.endswith(": all hold\n")
    wrong = edited(tmp_path, "number: 11, status: on_hold", "number: 11, status: pending")
    assert etl_test_without_hypothesis(wrong).exit_code == 1


@pytest.mark.parametrize("asked", [("--examples", "5"), ("--laws",), ("--seed", "1")])
def test_without_hypothesis_laws_that_are_asked_for_are_an_error_that_says_how_to_install_it(
    asked: tuple[str, ...],
) -> None:
    done = etl_test_without_hypothesis(MAPPING_FILE, *asked)
    assert done.exit_code == 3
    assert "pip install hypothesis, or say --no-laws" in done.output
    assert etl_test_without_hypothesis(MAPPING_FILE, "--no-laws").exit_code == 0


def run_pytest(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.slow
def test_pytest_collects_a_mapping_and_nothing_that_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    folder.mkdir()
    edited(folder, "number: 11, status: on_hold", "number: 11, status: pending")
    (folder / "other.yaml").write_text("a: 1\n")
    broken = tmp_path / "tests" / "broken" / "mappings"
    broken.mkdir(parents=True)
    (broken / "b.yaml").write_text("mapping: x\nlanguage: 1\n")
    (folder / "wrong.yaml").write_text("mapping: x\nlanguage: 1\n")
    output = run_pytest(tmp_path)
    assert "mappings/m.yaml::check PASSED" in output
    assert "mappings/m.yaml::deleted outranks done PASSED" in output
    assert "mappings/m.yaml::on hold FAILED" in output
    assert '    expected  "pending"' in output
    assert "mappings/wrong.yaml::check FAILED" in output
    assert "E012 outside is missing" in output
    assert "Traceback" not in output
    assert "2 failed, 10 passed" in output


@pytest.mark.slow
def test_pytest_starts_without_importing_the_engine(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import sys\ndef test_a():\n    loaded = {'etl.app', 'etl.mapping.model', 'jsonschema_rs'}\n"
        "    assert not loaded & sys.modules.keys()\n"
    )
    assert "1 passed" in run_pytest(tmp_path)


@pytest.mark.slow
def test_testing_leaves_no_files_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "etl", "test", "--examples", "5", str(MAPPING_FILE)]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert not list(tmp_path.iterdir())


def test_what_is_not_there_is_no_value_in_a_difference() -> None:
    (difference,) = differences(json_form(7), json_form(ABSENT), exact=True)
    assert difference == ((), 7, ABSENT)
