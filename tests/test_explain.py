"""`etl explain`: what every rule does with one record, which line of a table won, and why a record is rejected."""

from __future__ import annotations

import copy
import json
import os
import pty
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import Direction, Mapping
from etl.mapping.explain import Explained, explain, guess_direction
from etl.mapping.paths import format_path, put
from etl.mapping.rules.trace import flatten
from etl.mapping.rules.translate import compile_mapping
from etl.record import ABSENT, shown
from tests.support.command_line import etl
from tests.support.mappings import loaded, make
from tests.support.site import MAPPING_FILE, ROOT

SHIPPED = loaded(MAPPING_FILE)
IN, OUT = Direction
DATE = datetime(2024, 3, 9, 11, 12, 45, tzinfo=UTC)
PUMP = {"orderNo": 7, "summary": "Pump", "creationDate": "2025-01-02T03:04:05-03:00", "isDeleted": True, "isDone": True}
WORK_ORDER = {"number": 7, "title": "Pump", "status": "on_hold", "createdAt": "2025-01-02T06:04:05Z"}


def the_rule(mapping: Mapping, direction: Direction, **record: Any) -> dict[str, Any]:
    """Return what the rule after the key's does, without its line."""
    (_, one, *_) = explain(mapping, direction, {"id": 1, "number": 1} | record)
    made = one.as_dict()
    assert made.pop("line") == one.line
    return made


def told(rule: str, source: Any, did: str, target: Any, decided: str | None = None, *over: str) -> dict[str, Any]:
    return {
        "rule": rule,
        "source": source,
        "target": target,
        "did": did,
        "decided": decided,
        "passed_over": list(over),
    }


def test_a_value_is_copied(tmp_path: Path) -> None:
    mapping = make(tmp_path, "  - {client: a, tracos: b.c}")
    assert the_rule(mapping, IN, a=5) == told("copy", {"a": 5}, "copied", {"b.c": 5})
    assert the_rule(mapping, OUT, b={"c": 5}) == told("copy", {"b.c": 5}, "copied", {"a": 5})
    assert the_rule(mapping, IN) == told("copy", {}, "absent, so nothing is written", {})
    assert the_rule(mapping, IN, a=None) == told("copy", {"a": None}, "absent, so nothing is written", {})


def test_an_absent_value_is_written_as_the_system_says(tmp_path: Path) -> None:
    mapping = make(tmp_path, "  - {client: a, tracos: b}", outside='  nulls: ["-"]\n  when_absent: ""')
    assert the_rule(mapping, IN, a="-") == told("copy", {"a": "-"}, "absent, so nothing is written", {})
    assert the_rule(mapping, OUT) == told("copy", {}, 'absent, so "" is written', {"a": ""})


def test_the_key_says_that_it_is_one_and_why_it_is_none(tmp_path: Path) -> None:
    mapping = make(tmp_path, "  - {client: a, tracos: b}")
    (key, _) = explain(mapping, IN, {"id": 7})
    assert key.as_dict() | {"line": 0} == told("copy", {"id": 7}, "copied as key", {"number": 7}) | {"line": 0}
    (key, _) = explain(mapping, IN, {})
    assert key.did == "rejected: is required: it identifies the record"
    (key, _) = explain(mapping, OUT, {"number": True})
    assert key.did == "rejected: expected text or a whole number of 64 bits as key, found true"
    assert [violation.path for violation in key.violations] == ["number"]


def test_a_codec_shows_both_forms(tmp_path: Path) -> None:
    mapping = make(tmp_path, "  - {client: a, tracos: b, as: epoch_s}")
    shown = "2024-03-09T11:12:45Z"
    assert the_rule(mapping, IN, a=1709982765) == told("copy", {"a": 1709982765}, "converted by epoch_s", {"b": shown})
    assert the_rule(mapping, OUT, b=DATE) == told("copy", {"b": shown}, "converted by epoch_s", {"a": 1709982765})
    assert the_rule(mapping, IN, a="x") == told("copy", {"a": "x"}, 'rejected: expected a number, found "x"', {})


def test_several_fields_are_joined_and_split(tmp_path: Path) -> None:
    rule = '  - {client: [day, time], tracos: at, as: {datetime: {format: ["%Y-%m-%d", "%H:%M:%S"]}}}'
    mapping = make(tmp_path, rule)
    parts, whole = {"day": "2024-03-09", "time": "11:12:45"}, {"at": "2024-03-09T11:12:45Z"}
    assert the_rule(mapping, IN, **parts) == told("copy", parts, "joined by datetime", whole)
    assert the_rule(mapping, OUT, at=DATE) == told("copy", whole, "split by datetime", parts)
    assert the_rule(mapping, IN, day="2024-03-09")["did"] == "rejected: is required beside its other half"


def test_an_expression_shows_what_it_reads(tmp_path: Path) -> None:
    mapping = make(tmp_path, '  - {tracos: total, from: "sum(lines[].qty)", write: once}')
    lines = [{"qty": 1}, {"qty": 2}]
    did = "only on creation, computed: sum(lines[].qty)"
    assert the_rule(mapping, IN, lines=lines) == told("from", {"lines": lines}, did, {"total": 3})
    assert the_rule(mapping, IN, lines="x")["did"].startswith("rejected: sum(lines[].qty) fails: ")
    mapping = make(tmp_path, "  - {client: code, from: 'asset.codes[0]', as: integer_text}")
    made = the_rule(mapping, OUT, asset={"codes": [5]})
    assert made == told(
        "from", {"asset.codes[0]": 5}, "computed: asset.codes[0], converted by integer_text", {"code": "5"}
    )
    assert the_rule(mapping, OUT, asset={}) == told("from", {}, "absent, so nothing is written", {})


def test_write_once_says_so_inbound_only(tmp_path: Path) -> None:
    mapping = make(tmp_path, "  - {client: a, tracos: b, write: once}")
    assert the_rule(mapping, IN, a=5)["did"] == "only on creation, copied"
    assert the_rule(mapping, OUT, b=5)["did"] == "copied"


def test_a_rule_of_the_other_direction_does_not_apply(tmp_path: Path) -> None:
    mapping = make(tmp_path, "  - {tracos: c, from: a}\n  - {client: d, from: b}")
    assert [one.applies for one in explain(mapping, IN, {"id": 1})] == [True, True, False]
    assert [one.applies for one in explain(mapping, OUT, {"number": 1})] == [True, False, True]
    assert the_rule(mapping, OUT) == told("from", {}, "inbound only: writes c", {})


FLAGS = """
  - tracos: status
    flags:
      - {client: done, tracos: completed}
      - {client: held, tracos: on_hold}
      - {client: shut, tracos: completed}
    otherwise: active"""


def test_of_flags_the_first_true_one_wins_and_the_others_are_passed_over(tmp_path: Path) -> None:
    mapping = make(tmp_path, FLAGS)
    raised = {"done": False, "held": True, "shut": True}
    assert the_rule(mapping, IN, **raised) == told("flags", raised, "flag", {"status": "on_hold"}, "held", "shut")
    assert the_rule(mapping, IN, done=None) == told(
        "flags", {"done": None}, "nothing matches", {"status": "active"}, 'otherwise -> "active"'
    )
    assert the_rule(mapping, IN, held="no", shut=True) == told(
        "flags", {"held": "no", "shut": True}, 'rejected: expected true or false, found "no"', {}
    )


def test_from_value_to_flags_the_first_line_of_the_value_wins(tmp_path: Path) -> None:
    mapping = make(tmp_path, FLAGS)
    flags = {"done": True, "held": False, "shut": False}
    assert the_rule(mapping, OUT, status="completed") == told(
        "flags", {"status": "completed"}, "flag", flags, "done", "shut"
    )
    assert the_rule(mapping, OUT, status="active") == told(
        "flags", {"status": "active"}, "nothing matches", dict.fromkeys(flags, False), "otherwise -> no flag"
    )
    assert the_rule(mapping, OUT, status="x")["did"] == 'rejected: "x" is not one of "completed", "on_hold"'


VALUES = """
  - client: state
    tracos: status
    values:
      - {client: [open, new], tracos: [pending, draft]}
      - {client: [old, new], tracos: aged}
      - {client: null, tracos: none}
      - {client: lost, tracos: unknown}
    otherwise: {tracos: unknown}"""


def test_of_pairs_the_first_with_the_value_wins(tmp_path: Path) -> None:
    mapping = make(tmp_path, VALUES)
    first, second = '"open" or "new" -> "pending"', '"old" or "new" -> "aged"'
    assert the_rule(mapping, IN, state="new") == told(
        "values", {"state": "new"}, "pair", {"status": "pending"}, first, second
    )
    assert the_rule(mapping, IN, state="old")["decided"] == second
    assert the_rule(mapping, IN) == told("values", {}, "pair", {"status": "none"}, 'null -> "none"')
    assert the_rule(mapping, IN, state="x") == told(
        "values", {"state": "x"}, "nothing matches", {"status": "unknown"}, 'otherwise -> "unknown"'
    )
    assert the_rule(mapping, OUT, status="draft")["decided"] == '"pending" or "draft" -> "open"'
    assert the_rule(mapping, OUT) == told("values", {}, "absent, so nothing is written", {})
    assert the_rule(mapping, OUT, status="x")["did"].startswith('rejected: "x" is not one of "pending", ')


CASES = """
  - cases:
      - {client: {class: task, state: ["3", "4"]}, tracos: {status: completed, kind: task}}
      - {client: {class: task}, tracos: {status: pending, kind: task}}
      - {client: {class: null}, tracos: {status: unknown}}
      - {client: {class: lost}, tracos: {status: other}}
    otherwise: {tracos: {status: other}}"""


def test_of_cases_the_first_that_matches_wins(tmp_path: Path) -> None:
    mapping = make(tmp_path, CASES)
    source = {"class": "task", "state": "4"}
    assert the_rule(mapping, IN, **source) == told(
        "cases",
        source,
        "case",
        {"status": "completed", "kind": "task"},
        'class "task", state "3" or "4" -> status "completed", kind "task"',
        'class "task" -> status "pending", kind "task"',
    )
    assert the_rule(mapping, IN)["decided"] == 'class null -> status "unknown"'
    assert the_rule(mapping, IN, **{"class": "x"}) == told(
        "cases", {"class": "x"}, "nothing matches", {"status": "other"}, 'otherwise -> status "other"'
    )
    back = the_rule(mapping, OUT, status="completed", kind="task")
    assert back["decided"] == 'status "completed", kind "task" -> class "task", state "3"'
    assert back["target"] == {"class": "task", "state": "3"}
    assert the_rule(mapping, OUT, status="x")["did"] == 'rejected: no case has status "x", kind null'


EACH = """
  - client: lines
    tracos: parts
    each:
      - {client: qty, tracos: quantity}
      - {client: at, tracos: used, as: datetime}
      - {client: label, from: quantity}"""


def test_each_shows_every_element(tmp_path: Path) -> None:
    mapping = make(tmp_path, EACH)
    lines = [{"qty": 1}, {"qty": 2, "at": "x"}, 7]
    rules = list(flatten(explain(mapping, IN, {"id": 1, "lines": lines})))
    (_, _), (_, whole), *elements = rules
    assert whole.did.startswith("rejected: expected a date such as")
    assert [depth for depth, _ in rules] == [0, 0] + [1] * 6
    assert [(one.as_dict()["source"], one.as_dict()["target"]) for _, one in elements if one.applies] == [
        ({"lines[0].qty": 1}, {"parts[0].quantity": 1}),
        ({}, {}),
        ({"lines[1].qty": 2}, {"parts[1].quantity": 2}),
        ({"lines[1].at": "x"}, {}),
    ]
    assert the_rule(mapping, OUT, parts=[{"quantity": 1}])["did"] == "each of 1 element"
    assert the_rule(mapping, IN, lines=[])["did"] == "each of 0 elements"
    assert the_rule(mapping, IN)["did"] == "absent, so nothing is written"
    assert the_rule(mapping, IN, lines="x")["did"] == 'rejected: expected a list or an object, found "x"'


def everything() -> Mapping:
    """Return a mapping with every kind of rule."""
    rules = [
        "  - {client: a, tracos: b.c, as: integer_text}",
        "  - {client: d, tracos: 'b.e[1]', nulls: {client: ['-']}, when_absent: {client: 0, tracos: null}}",
        "  - {tracos: copies.id, from: a, as: integer_text}",
        "  - {client: [day, time], tracos: at, as: {datetime: {format: ['%Y-%m-%d', '%H:%M']}}}",
        "  - {tracos: total, from: 'sum(lines[].qty)', write: once}",
        "  - {client: size, from: 'length(status)'}",
        FLAGS.replace("status", "phase").replace("on_hold", "completed"),
        VALUES,
        CASES.replace("status", "kindOf").replace("state", "level"),
        EACH,
    ]
    with tempfile.TemporaryDirectory() as folder:
        return make(Path(folder), "\n".join(rules))


EVERYTHING = everything()
scalars = st.sampled_from(
    [None, True, False, 0, 1, 1.5, "", "-", "7", "new", "open", "x", "pending", "completed", "active", "task", "3"]
) | st.sampled_from(["2024-03-09", "11:12", DATE])
lists = st.lists(st.dictionaries(st.sampled_from(["qty", "at", "quantity", "used"]), scalars) | scalars, max_size=3)
names = ["a", "b", "d", "day", "time", "lines", "parts", "done", "held", "shut", "phase", "state", "status", "class"]
names += ["level", "kindOf", "kind", "at", "copies"]
values = scalars | lists | st.dictionaries(st.sampled_from(["c", "e", "id"]), scalars | lists)
records = st.fixed_dictionaries({}, optional=dict.fromkeys(["id", "number", *names], values)) | st.fixed_dictionaries(
    {"id": st.sampled_from(["7", 7]), "number": st.just(7)}, optional=dict.fromkeys(names, values)
)


def merged(explained: tuple[Explained, ...]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _, one in flatten(explained):
        for path, value in one.target.items():
            if value is not ABSENT:
                put(made, path, value)
    return made


def says(table: Explained) -> bool:
    """Tell whether the line that decided says what was written."""
    assert table.decided is not None
    said = set(table.decided.partition(" -> ")[2].split(", "))
    written = {format_path(path): shown(value) for path, value in table.target.items() if value is not ABSENT}
    if table.rule == "values":
        return said == (set(written.values()) or {"null"})
    return {text for text in said if not text.endswith(" null")} == {" ".join(item) for item in written.items()}


@given(records, st.sampled_from(Direction))
def test_the_rules_one_by_one_make_what_the_translator_makes(record: dict[str, Any], direction: Direction) -> None:
    before = copy.deepcopy(record)
    explained = explain(EVERYTHING, direction, record)
    made, _, violations = compile_mapping(EVERYTHING, direction)(record)
    assert merged(copy.deepcopy(explained)) == made
    assert sorted(map(str, violations)) == sorted(str(violation) for one in explained for violation in one.violations)
    assert record == before
    for _, one in flatten(explained):
        if one.decided is not None and one.rule in {"values", "cases"}:
            assert says(one)
        assert bool(one.violations) == one.did.startswith("rejected: ")
        assert not (one.passed_over and one.decided is None)
        json.dumps(one.as_dict())


STATUSES = {
    "isDeleted": "deleted",
    "isDone": "completed",
    "isCanceled": "cancelled",
    "isOnHold": "on_hold",
    "isPending": "pending",
    "isActive": "in_progress",
}


@given(st.dictionaries(st.sampled_from(list(STATUSES)), st.booleans() | st.none()))
def test_the_flag_that_won_is_the_one_that_the_translator_obeyed(flags: dict[str, Any]) -> None:
    *_, one = explain(SHIPPED, IN, PUMP | dict.fromkeys(("isDeleted", "isDone")) | flags)
    won = [name for name in STATUSES if flags.get(name)]
    assert one.as_dict()["target"] == {"status": STATUSES[won[0]] if won else "in_progress"}
    assert [one.decided, *one.passed_over] == (won or ['otherwise -> "in_progress"'])


@pytest.mark.parametrize(
    ("record", "direction", "reason"),
    [
        (PUMP, IN, "the record fits the schema of client"),
        (WORK_ORDER, OUT, "the record fits the schema of tracos"),
        (WORK_ORDER | {"status": "x"}, OUT, "the record is nearer to the schema of tracos than to that of client"),
        (PUMP | WORK_ORDER, IN, "the record fits the schema of both systems"),
        ({"orderNo": 1, "number": 1, "title": "x"} | {"status": "x"}, IN, "neither"),
    ],
)
def test_the_direction_is_guessed_by_the_schemas(record: dict[str, Any], direction: Direction, reason: str) -> None:
    guessed, why = guess_direction(SHIPPED, record)
    assert guessed is direction
    assert reason in why


def test_explain_prints_a_line_for_each_rule_and_then_the_record() -> None:
    done = etl("explain", "--direction", "inbound", "-", stdin=json.dumps(PUMP), COLUMNS="200")
    assert (done.returncode, done.stderr) == (0, "")
    table, _, record = done.stdout.partition("\n\n")
    head, *lines = table.splitlines()
    assert head.split() == ["client", "rule", "tracos", "in", "the", "mapping"]
    assert len(lines) == 7, "the rule for lastUpdateDate is for outbound only"
    assert len({line.index("mappings/tracos_client.yaml:") for line in lines}) == 1, "columns are aligned"
    assert "flag: isDeleted (passed over isDone)" in lines[-1]
    assert "only on creation, computed: join(' ', [summary, 'description'])" in table
    assert "\x1b" not in done.stdout
    assert json.loads(record)["status"] == "deleted"
    assert json.loads(record)["createdAt"] == "2025-01-02T06:04:05Z"


def test_every_line_names_its_rule_in_the_mapping_file() -> None:
    text = MAPPING_FILE.read_text().splitlines()
    for one in explain(SHIPPED, OUT, {}):
        written = [str(path[0]) for path in one.target]
        assert all(name in "\n".join(text[one.line - 1 : one.line + 8]) for name in written)
        assert text[one.line - 1].lstrip().startswith("- ")


def test_all_shows_the_rules_of_the_other_direction_too() -> None:
    done = etl("explain", "--all", "--direction", "outbound", "-", stdin=json.dumps(WORK_ORDER))
    assert "inbound only: writes description" in done.stdout
    assert "inbound only: writes deleted" in done.stdout


def test_a_narrow_page_cuts_long_values() -> None:
    done = etl("explain", "-", stdin=json.dumps(PUMP | {"summary": "x" * 500}), COLUMNS="100")
    table, _, record = done.stdout.partition("\n\n")
    assert max(map(len, table.splitlines())) <= 100
    assert "…" in table
    assert "x" * 500 in record


def test_a_record_that_no_terminal_should_obey_is_shown_harmless() -> None:
    done = etl("explain", "-", stdin=json.dumps(PUMP | {"summary": "\x1b[2J\n\u2028"}))
    assert "\x1b" not in done.stdout
    assert "\\x1b[2J\\n" in done.stdout


def test_explain_guesses_the_direction_and_says_so_on_stderr(tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps(WORK_ORDER))
    done = etl("explain", str(file))
    assert done.returncode == 0
    assert done.stderr == "taken as outbound: the record fits the schema of tracos; --direction says otherwise\n"
    made = json.loads(done.stdout.partition("\n\n")[2])
    assert made["isOnHold"] is True
    assert made["creationDate"] == "2025-01-02T06:04:05+00:00"


def test_json_is_one_object_of_a_stable_form() -> None:
    done = etl("explain", "--json", "--direction", "inbound", "-", stdin=json.dumps(PUMP))
    made = json.loads(done.stdout)
    assert list(made) == ["direction", "mapping", "rules", "violations", "record"]
    assert (made["direction"], made["mapping"], made["violations"]) == ("inbound", "mappings/tracos_client.yaml", [])
    assert all(list(rule) == ["line", *told("", {}, "", {})] for rule in made["rules"])
    assert made["rules"][-1] | {"line": 0} == told(
        "flags", {"isDeleted": True, "isDone": True}, "flag", {"status": "deleted"}, "isDeleted", "isDone"
    ) | {"line": 0}
    assert made["record"]["number"] == 7


def test_a_rejected_record_has_every_reason_and_exit_code_1() -> None:
    wrong = json.dumps({"orderNo": "7", "summary": "Pump", "creationDate": "soon", "isDone": "no"})
    done = etl("explain", "--direction", "inbound", "-", stdin=wrong)
    assert done.returncode == 1
    table, _, reasons = done.stdout.partition("\n\n")
    assert 'rejected: expected true or false, found "no"' in table
    assert [line.split()[:2] for line in reasons.splitlines()] == [
        ["rejected:"],
        ["isDone", "type"],
        ["orderNo", "type"],
        ["creationDate", "form"],
    ]
    made = json.loads(etl("explain", "--json", "--direction", "inbound", "-", stdin=wrong).stdout)
    assert made["record"] is None
    assert made["violations"][1] == {"path": "orderNo", "code": "type", "message": 'expected integer, found "7"'}


def test_a_record_that_the_target_schema_refuses_is_rejected_too(tmp_path: Path) -> None:
    make(tmp_path, "  - {client: a, tracos: b}")
    schema = json.loads((tmp_path / "tracos.json").read_text())
    schema["properties"]["b"] = {"maxLength": 3}
    (tmp_path / "tracos.json").write_text(json.dumps(schema))
    arguments = ("--mapping", "mapping.yaml", "--direction", "inbound", "-")
    done = etl("explain", *arguments, stdin='{"id": 1, "a": "long text"}', folder=tmp_path)
    assert done.returncode == 1
    assert "copied" in done.stdout
    assert done.stdout.endswith('rejected:\n  b  maxLength  "long text" has 9 characters; maxLength is 3\n')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"orderNo": 7,\n oops}', "stdin: not JSON: line 2, column 2: "),
        ("[1]", "stdin: expected a JSON object, found a list"),
        ("", "stdin: the file is empty; expected a JSON object"),
    ],
)
def test_what_is_no_json_object_is_said_with_its_place(text: str, message: str) -> None:
    done = etl("explain", "-", stdin=text)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


def test_a_date_that_no_calendar_has_is_a_reason_and_no_traceback() -> None:
    order = WORK_ORDER | {"createdAt": "0001-01-01T00:00:00+03:00"}
    done = etl("explain", "--direction", "outbound", "-", stdin=json.dumps(order))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("explain",), ("translate", "--direction", "inbound")])
def test_a_wrong_mapping_and_an_unreadable_record_have_exit_codes_of_their_own(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    done = etl(*command, "--mapping", "nowhere.yaml", "-")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("nowhere.yaml:1:1 E001 the file cannot be read: No such file or directory")
    for name, reason in ((tmp_path / "none.json", "No such file or directory"), (tmp_path, "Is a directory")):
        done = etl(*command, str(name))
        assert (done.returncode, done.stdout) == (4, "")
        assert done.stderr == f"{name} cannot be read: {reason}\n"


def test_json_is_json_whatever_an_expression_makes(tmp_path: Path) -> None:
    make(tmp_path, '  - {tracos: total, from: "sum(x)"}')
    arguments = ("--json", "--mapping", "mapping.yaml", "--direction", "inbound", "-")
    done = etl("explain", *arguments, stdin='{"id": 1, "x": [1e308, 1e308]}', folder=tmp_path)
    assert json.loads(done.stdout)["rules"][1]["rule"] == "from"
    assert "Infinity" not in done.stdout
    done = etl("explain", *arguments, stdin=f'{{"id": true, "x": [{2**63}, {2**63}]}}', folder=tmp_path)
    assert json.loads(done.stdout)["rules"][1]["target"] == {"total": 2**64}
    done = etl("explain", *arguments, stdin=f'{{"id": 1, "x": [{2**63}, {2**63}]}}', folder=tmp_path)
    assert (done.returncode, done.stderr) == (1, "stdin: cannot be written as JSON: Integer exceeds 64-bit range\n")


@pytest.mark.parametrize("arguments", [(), ("--direction", "both", "-"), ("a", "b")])
def test_wrong_usage_of_explain_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert etl("explain", *arguments).returncode == 2


def test_a_terminal_gets_colours() -> None:
    ours, theirs = pty.openpty()
    arguments = [sys.executable, "-m", "etl", "explain", "--direction", "inbound", "-"]
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"COLUMNS": "250"}
    with subprocess.Popen(arguments, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=theirs) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(PUMP | {"isDone": 1}).encode())
        process.stdin.close()
        assert process.wait(60) == 1
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "\x1b[31mrejected: expected true or false, found 1" in shown


@pytest.mark.parametrize("command", ["explain", "translate"])
def test_of_an_array_of_records_the_line_to_write_is_named(command: str) -> None:
    done = etl(command, "--direction", "inbound", "-", stdin='[{"orderNo": 7}, {"orderNo": 8}]')
    assert done.returncode == 1
    assert "found a list; a list may hold many: write records: $ under files" in done.stderr
    assert "records" not in etl(command, "--direction", "outbound", "-", stdin="[1]").stderr
