"""`as` of a table gives its outside values another form; halves of `otherwise` stand apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from etl import Direction
from etl.errors import MappingError
from etl.mapping.load import examine
from etl.page.content import page_of
from etl.page.markdown import render
from tests.support.mappings import inward, make, outward, reasons

FLAGS = """
  - tracos: phase
    as: tick
    flags:
      - {client: done, tracos: over}
      - {client: open, tracos: running}
    otherwise: waiting
"""
TICK = """codecs:
  tick: {as: {boolean: [[X, "1"], [" ", ""]]}, nulls: {client: ["?"]}, when_absent: {client: "?"}}
"""
CODES = """
  - client: state
    tracos: status
    as: [{text: {trim: right}}, {text: {zeros: 3}}]
    nulls: {client: ["000"]}
    when_absent: {client: "000"}
    values:
      - {client: ["1", "2"], tracos: pending}
      - {client: "7",        tracos: completed}
"""
LABELS = """
  - cases:
      - {client: {labels: {has: done}},        tracos: {status: completed}}
      - {client: {labels: {not: {has: done}}}, tracos: {status: pending}}
    as: {split: ","}
"""


def test_flags_are_truth_values_in_whatever_form(tmp_path: Path) -> None:
    mapping = make(tmp_path, FLAGS, inside=TICK)
    assert inward(mapping, done="X", open=" ") == {"phase": "over"}
    assert inward(mapping, done="", open="1") == {"phase": "running"}
    assert inward(mapping, done="?") == {"phase": "waiting"}
    assert outward(mapping, phase="running") == {"done": " ", "open": "X"}
    assert outward(mapping, phase="waiting") == {"done": " ", "open": " "}
    assert reasons(mapping, Direction.INBOUND, done="x") == ['done: expected "X", "1", " " or "", found "x"']


def test_lines_have_what_several_codecs_make_and_absent_is_asked_of_what_stands_there(tmp_path: Path) -> None:
    mapping = make(tmp_path, CODES)
    assert inward(mapping, state="002  ") == {"status": "pending"}
    assert inward(mapping, state="000") == {}
    assert outward(mapping, status="completed") == {"state": "007"}
    assert outward(mapping) == {"state": "000"}
    assert reasons(mapping, Direction.INBOUND, state="12") == [
        'state: expected 3 digits with leading zeros, found "12"'
    ]
    assert "zeros `3`" in render(page_of(mapping))


def test_members_of_a_list_in_text_decide_and_are_added(tmp_path: Path) -> None:
    mapping = make(tmp_path, LABELS)
    assert inward(mapping, labels="a,done") == {"status": "completed"}
    assert outward(mapping, status="completed") == {"labels": "done"}


def test_the_system_has_its_form_before_the_table_and_csv_cells_are_typed_as_the_codec_makes_them(
    tmp_path: Path,
) -> None:
    (tmp_path / "codes.csv").write_text("client,tracos\n1,pending\n7,completed\n")
    rule = """
  - client: state
    tracos: status
    as: integer_text
    values: codes.csv
"""
    mapping = make(tmp_path, rule, outside="  as: {text: {trim: right}}\n  nulls: [N/A]")
    assert inward(mapping, state="7  ") == {"status": "completed"}
    assert inward(mapping, state="N/A ") == {}
    assert outward(mapping, status="pending") == {"state": "1"}


def test_check_proves_such_a_table_by_what_its_codec_makes(tmp_path: Path) -> None:
    def codes(states: list[str], lines: str) -> list[str]:
        outside = {"id": {"type": "integer"}, "state": {"enum": states}}
        inside = {"number": {"type": "integer"}, "status": {"enum": ["open", "done"]}, "isSynced": {"type": "boolean"}}
        for name, required, said in (("client", ["id", "state"], outside), ("tracos", ["number", "status"], inside)):
            schema = {"type": "object", "required": required, "properties": said}
            (tmp_path / f"{name}.json").write_text(json.dumps(schema))
        rule = f"  - {{client: state, tracos: status, as: {{text: {{zeros: 3}}}}, values: [{lines}]}}"
        text = file.read_text()
        file.write_text(
            text.partition("rules:\n")[0] + f"rules:\n  - {{client: id, tracos: number, key: true}}\n{rule}\n"
        )
        return [f"{one.code} {one.message}" for one in examine(file)[1]]

    file = make(tmp_path, CODES).file
    whole = "{client: '1', tracos: open}, {client: '2', tracos: done}"
    assert codes(["001", "002"], whole) == []
    assert codes(["001", "002", "003"], whole) == ['E160 "3" of client.state has no line in the table']
    assert codes(["001"], whole)[0].startswith('E161 "2" is no value of client.state')
    assert codes(["001", "002"], "{client: ['1', '2'], tracos: [open, done]}")[0].startswith("W163")


HALVES = """
  - tracos: status
    flags:
      - {client: done, tracos: completed}
    otherwise: SAID
"""


def test_the_halves_of_otherwise_stand_apart(tmp_path: Path) -> None:
    read = make(tmp_path, HALVES.replace("SAID", "{tracos: open}"))
    assert inward(read) == {"status": "open"}
    assert reasons(read, Direction.OUTBOUND, status="open") == ['status: "open" is not one of "completed"']
    with pytest.raises(MappingError, match=r"E160 false of client\.done has no line in the table, and this one writes"):
        make(tmp_path, HALVES.replace("SAID", "{client: false}"))
    both = make(tmp_path, HALVES.replace("SAID", "{client: false, tracos: open}"))
    assert inward(both, done=False) == {"status": "open"}
    assert outward(both, status="open") == outward(both, status="waiting") == {"done": False}
    assert "or none, makes all flags false" in render(page_of(both))
