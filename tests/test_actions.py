"""What is read in one field and sent in another: a status as an action, a date of two fields in a third one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from etl import Direction
from etl.mapping.load import load_mapping
from etl.mapping.rules.translate import compile_mapping
from etl.transfer.model import Outcome
from tests.support.proofs import DATE, TEXT, found, of
from tests.support.site import Site
from tests.support.sites import Shop, clear

READ: dict[str, Any] = {**TEXT, "readOnly": True}
WRITE: dict[str, Any] = {**TEXT, "writeOnly": True}
LINES = (
    "{c: {words: {word: [TECO, CLSD]}, action: complete}, t: {status: done}}",
    "{c: {words: {word: LKD}, action: lock}, t: {status: hold}}",
    "{c: {words: $any, action: release}, t: {status: open}}",
)
ACTION = f"{{cases: [{', '.join(LINES)}]}}\n{{c: title, t: title}}"
STATUS = {"enum": ["open", "hold", "done"]}
ORDER = of(words=READ, action=WRITE, title_=TEXT)


def test_a_table_reads_a_status_in_one_field_and_sends_it_as_an_action_in_another(tmp_path: Path) -> None:
    assert found(tmp_path, ACTION, ORDER, of(status_=STATUS, title_=TEXT)) == []
    made = load_mapping(tmp_path / "m.yaml")
    for status, words, last in (("open", "REL", "REL"), ("done", "REL  PRC", "TECO"), ("hold", "", "LKD")):
        expected, _, wrong = compile_mapping(made, Direction.OUTBOUND)(
            {"number": 1, "status": status, "title": "a"}, {"id": 1, "words": words, "action": "none"}
        )
        assert (expected, wrong) == ({"id": 1, "words": last, "title": "a"}, [])
        back, _, _ = compile_mapping(made, Direction.INBOUND)({**expected, "action": "of no meaning here"})
        assert back == {"number": 1, "status": status, "title": "a"}


@pytest.mark.parametrize("said", ["keep: true, ", "echo: false, ", ""])
def test_an_action_is_sent_for_an_edit_inside_and_not_for_what_the_outside_says(site: Site, said: str) -> None:
    shop = Shop(
        site, ACTION, ORDER, of(status_=STATUS, title_=TEXT), outside=f"{said}send: changed, when_absent: null, "
    )
    shop.client_says(1, words="REL  PRC", title="Pump")
    shop.run()
    assert shop.told() == []
    shop.technician_edits(1, status="done")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "action": "complete"}
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}
    shop.client_says(1, words="TECO PRC", title="Pump")
    assert shop.run()["inbound"] == {"read": 1, "unchanged": 1}
    clear(site.outbound)
    shop.client_says(1, words="REL  PRC", title="Pump")
    assert shop.run() == {"inbound": {"read": 1, "updated": 1}, "outbound": {}}
    assert shop.document(1) == {"status": "open", "title": "Pump"}
    shop.technician_edits(1, title="Valve")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "title": "Valve"}


TWO_FIELDS = """
{c: [day, time], t: at, as: {datetime: {zone: Europe/Berlin, format: ["%Y-%m-%d", "%H:%M"], fold: first}}, lossy: folds}
"""
ONE_FIELD = "written: {day: {to: at, as: epoch_s}, time: null}, "


def test_two_fields_may_be_sent_in_a_third_one(site: Site) -> None:
    c = of(day={"type": ["string", "null"]}, time={"type": ["string", "null"]}, at={"type": ["number", "null"]})
    said = f"{ONE_FIELD}keep: true, send: changed, when_absent: null, ignore: [at], "
    shop = Shop(site, TWO_FIELDS, c, of(at=DATE), outside=said)
    shop.client_says(1, day="2025-01-02", time="04:04")
    shop.run()
    assert shop.document(1) == {"at": datetime(2025, 1, 2, 3, 4, tzinfo=UTC)}
    shop.technician_edits(1, at=datetime(2025, 7, 2, 3, 5, tzinfo=UTC))
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "at": 1751425500}
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}
    shop.client_says(1, day="2025-07-02", time="05:05", at=None)
    assert shop.run()["inbound"] == {"read": 1, "unchanged": 1}
    shop.technician_clears(1, "at")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "at": None}
    shop.client_says(1, day=None, time=None)
    assert shop.run()["inbound"] == {"read": 1, "unchanged": 1}


def test_what_is_only_read_is_never_cleared(tmp_path: Path) -> None:
    lines = "{c: {note: null, kind: A}, t: {status: open}}, {c: {note: $any, kind: B}, t: {status: done}}"
    c = of(note=READ, kind_={"enum": ["A", "B"]})
    said = found(tmp_path, f"{{cases: [{lines}], send: changed, lossy: W}}", c, of(status_={"enum": ["open", "done"]}))
    assert not [one for one in said if one.startswith("E125")]
