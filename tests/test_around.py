"""What stands around a record decides whether it is imported, and whether it says that there is none any more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from etl import MappingError
from etl.endpoints.files.formats import make_format
from etl.mapping.files import FileFormat
from etl.mapping.rules.selection import compile_selection
from tests.support.site import Site
from tests.support.whose import Selected

OUTSIDE = """\
  import_when: {$.kind: order}
  deleted_when: {$.event: deleted, $.ref: $key}"""
FILES = '{inbound: "*.json", outbound: "workorder_{id}.json", records: [data.items, data]}'
ASKED = (("kind",), ("meta", "of", 1), ("last",))


@pytest.fixture
def events(site: Site) -> Selected:
    site.__class__ = Selected
    assert isinstance(site, Selected)
    state = {"type": "string"}
    site.maps(OUTSIDE, "  deleted_when: {status: deleted}", "{client: state, tracos: status}", files=FILES, state=state)
    return site


def comes(events: Selected, file: str, **said: Any) -> None:
    (events.inbound / file).write_text(json.dumps(said))


def test_events_are_imported_and_delete_as_what_stands_around_them_says(events: Selected) -> None:
    comes(events, "1.json", data={"items": [{"id": 7, "name": "Pump"}, {"id": 8, "name": "Fan"}]}, kind="order")
    comes(events, "2.json", kind="note", data={"id": 9})
    assert events.run()["inbound"] == {"read": 3, "created": 2, "skipped": 1}
    shown = events.etl("translate", "--direction", "inbound", str(events.inbound / "2.json"))
    assert '2.json:data: skipped: $.kind is "note", and import_when asks for "order"' in shown.stderr
    comes(events, "3.json", data={"id": 7, "name": "Pump"}, event="deleted", ref=8, kind="order")
    assert events.run()["inbound"]["updated"] == 1
    assert [events.work_order(number).get("status") for number in (7, 8)] == [None, "deleted"]
    assert events.etl("verify").returncode == 0
    comes(events, "4.json", data={"id": 7, "name": "Pump"}, event="deleted", kind="order")
    (events.inbound / "5.json").write_text('{"kind": "order", "data": [{"id": 10}], "event" 7}')
    assert events.run()["inbound"]["rejected"] == 2
    for name in ("4.json", "5.json"):
        (events.inbound / name).unlink()
    again = events.etl("dead-letters", "replay", "--all")
    assert "2 read = 2 rejected" in again.stdout
    assert "$.ref: is required" in events.etl("dead-letters", "list").stdout, "a letter keeps what stood around"
    assert events.database["workorders"].count_documents({}) == 2


CASES: dict[str, tuple[FileFormat, bytes, list[Any]]] = {
    "before and behind": (
        FileFormat.JSON,
        b'{"kind": "a", "data": [{"id": 1}, {"id": 2}], "meta": {"of": [0, {"x": 1}]}, "last": null}',
        [{"kind": "a", "meta": {"of": [None, {"x": 1}]}, "last": None}] * 2,
    ),
    "nothing of it": (FileFormat.JSON, b'{"data": {"id": 1}, "meta": 7}', [{}]),
    "a list": (FileFormat.JSON, b'[{"id": 1}]', [{}]),
    "said twice": (FileFormat.JSON, b'{"kind": "a", "kind": "b", "data": {"id": 1}}', [None]),
    "no end": (FileFormat.JSON, b'{"kind": "a", "data": [{"id": 1}, {"id": 2}], "la', [None]),
    "lines": (
        FileFormat.JSON_LINES,
        b'{"kind": "a", "data": {"id": 1}}\n{"data": [{"id": 2}], "kind": "b"}\n{"data": 7, "kind": 8\n',
        [{"kind": "a"}, {"kind": "b"}, None],
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_what_is_asked_of_a_document_is_found_wherever_it_stands(case: str, size: int) -> None:
    kind, content, around = CASES[case]
    read = make_format(kind, records=(("data",), ()), asked=ASKED)
    assert read is not None
    blocks = [content[at : at + size] for at in range(0, len(content), size)]
    assert [item.around for item in read.items(blocks, "f")] == around


LINES = {"type": "array", "items": {"type": "object", "properties": {"state": {"enum": ["open", "gone"]}}}}
OF_LINES = """\
  ignore: [lines]
  import_when: {"lines[].state": {has: open}}
  deleted_when: {"lines[].state": {has: gone, not: {has: open}}}"""


def test_a_record_is_chosen_by_what_the_elements_of_its_list_have(events: Selected) -> None:
    events.maps(OF_LINES, "  deleted_when: {remark: gone}", "{client: note, tracos: remark}", lines=LINES)
    sorts: list[Any] = [[{"state": "open"}, {}], [{"state": "gone"}], [{"state": "gone"}, {"state": "open"}], [], None]
    selection = compile_selection(events.mapping)
    assert selection is not None
    found = [selection.sort_of({"id": 7} | ({} if one is None else {"lines": one})).value for one in sorts]
    assert found == ["record", "gone", "record", "aside", "aside"]
    assert "lines[].state is absent, and import_when asks for" in selection.skipped({"id": 7})
    assert "W182" not in events.etl("check").stdout, "records are made that have what is asked"


def test_a_list_that_is_none_is_no_reason_to_leave_a_record_aside_nor_to_delete_it(events: Selected) -> None:
    asked = """\
  ignore: [lines, labels]
  import_when: {"lines[].state": {not: {has: gone}}, labels: {not: {word: late}}}
  deleted_when: {"lines[].state": {not: {has: open}}}"""
    inside, labels = "  deleted_when: {remark: gone}", {"type": "string"}
    events.maps(asked, inside, "{client: note, tracos: remark}", lines=LINES, labels=labels)
    selection = compile_selection(events.mapping)
    assert selection is not None
    for odd in ({"lines": {"state": "gone"}}, {"lines": "gone"}):
        assert (selection.sort_of({"id": 7, **odd}).value, selection.skipped({"id": 7, **odd})) == ("record", "")
    is_open = {"id": 7, "lines": [{"state": "open"}]}
    assert selection.sort_of({**is_open, "labels": ["late"]}).value == "record"
    assert selection.sort_of({**is_open, "labels": "late"}).value == "aside"
    events.client_sends(1, lines={"state": "gone"})
    assert events.run()["inbound"] == {"read": 1, "rejected": 1}


WRONG = {
    '"lines[].state": {has: opn}': 'E161 "opn" is no value of client.lines[].state',
    '"lines[].state": open': "E013 client.lines[].state are the values of several elements",
    '"lines[].stat": {has: open}': 'E110 client has no field "stat"',
    '"lines[].a[].b": {has: open}': "E112",
}


@pytest.mark.parametrize("asked", WRONG)
def test_what_elements_are_asked_is_in_the_schema(events: Selected, asked: str) -> None:
    with pytest.raises(MappingError) as caught:
        events.maps(f"  ignore: [lines]\n  import_when: {{{asked}}}", lines=LINES)
    assert WRONG[asked] in " ".join(f"{one.code} {one.message}" for one in caught.value.findings)
