"""What does not go out is not told: what is sent once, or only written, or only read, or what no file carries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from etl.app import plan
from etl.mapping.load import load_mapping
from etl.transfer.model import Outcome
from tests.model.faults import Death, dying
from tests.support.proofs import TEXT, of
from tests.support.site import INBOUND, Site
from tests.support.sites import LOG, Shop, clear

NULLABLE: dict[str, Any] = {"type": ["string", "null"]}
SECRET: dict[str, Any] = {**NULLABLE, "writeOnly": True}
ONE_FILE = '"o_{id}.json"'
FILES = """[{file: "new_{id}.json", for: create}, {file: "text_{id}.json", for: update, only: [text]},
    {file: "o_{id}.json", for: update}, {file: "gone_{id}.json", for: delete, around: {id: "{id}"}}]"""
CHANGED = "send: changed, when_absent: null, keep: true, echo: false, "


def shop_of(site: Site, rules: str, files: str, said: str = "", **fields: Any) -> Shop:
    """Return a shop of `title`, `text` and what rules name. fields: outside, where they are not plain text."""
    names = {"by": NULLABLE, **fields}
    inside = of(title_=TEXT, text=NULLABLE, deleted={"type": "boolean"}, **dict.fromkeys(names, NULLABLE))
    every = f"{{c: title, t: title}}\n{{c: text, t: text}}\n{rules}"
    shop = Shop(site, every, of(title_=TEXT, text=NULLABLE, **names), inside, outside=said)
    file = shop.folder / "m.yaml"
    text = file.read_text().replace(ONE_FILE, files)
    if files != ONE_FILE:
        text = text.replace("  mongodb:", "  deleted_when: {deleted: true}\n  mongodb:")
    file.write_text(text)
    site.mapping = load_mapping(file)
    return shop


def planned(site: Site) -> dict[str, tuple[Any, str]]:
    """Return what a plan says goes out: by path its value, and in which files."""
    values = [value for one in plan(site.mapping, site.settings, LOG).records for value in one.values]
    return {value.path: (value.new, value.why.partition("sent in ")[2]) for value in values}


def sent(site: Site) -> dict[str, Any]:
    """Return what lies in the outbound folder, and take it away."""
    files = {path.name: json.loads(path.read_text()) for path in sorted(site.outbound.glob("*.json"))}
    if files:
        clear(site.outbound)
    return files


@pytest.mark.parametrize(("files", "said"), [(ONE_FILE, ""), (ONE_FILE, CHANGED), (FILES, ""), (FILES, CHANGED)])
def test_an_edit_of_what_is_sent_once_stays_until_the_outside_says_something_else_than_it_was_told(
    site: Site, files: str, said: str
) -> None:
    shop = shop_of(site, "{c: by, t: by, write: {c: once}}", files, said)
    shop.technician_creates(1, title="Pump", by="Bob")
    shop.run()
    (made,) = sent(site).values()
    assert (made["title"], made["by"]) == ("Pump", "Bob")
    for by, title in (("Cem", "Pump"), ("Zoe", "Valve")):
        shop.technician_edits(1, by=by, title=title)
        assert "by" not in planned(site)
        shop.run()
        assert all("by" not in record for record in sent(site).values())
        assert set(shop.verified().values()) == {Outcome.UNCHANGED}
    shop.client_says(1, title="Valve", text=None, by="Bob")
    assert shop.run()["inbound"] == {"read": 1, "unchanged": 1}
    assert shop.document(1)["by"] == "Zoe"
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}
    shop.technician_edits(1, by="Max")
    shop.run()
    shop.client_says(1, title="Valve", text=None, by="Zoe")
    assert shop.run(directions=INBOUND)["inbound"] == {"read": 1, "conflict": 1}, "nobody has told it of Zoe"


@pytest.mark.parametrize(("files", "said"), [(ONE_FILE, ""), (FILES, ""), (FILES, CHANGED)])
def test_nothing_is_sent_for_what_is_only_written_and_never_was(site: Site, files: str, said: str) -> None:
    said = said or "when_absent: null, "
    shop = shop_of(site, "{c: pin, t: pin}\n{c: gate, t: gate, write: {c: once}}", files, said, pin=SECRET, gate=SECRET)
    shop.technician_creates(1, title="born")
    shop.technician_creates(2, title="both")
    shop.client_says(2, title="both")
    shop.client_says(3, title="theirs")
    shop.run(directions=INBOUND)
    shop.client_says(3, title="their next")
    shop.run(directions=INBOUND)
    shop.run()
    assert not any({"pin", "gate"} & record.keys() for record in sent(site).values())
    for pin in ("1234", None):
        shop.technician_edits(1, pin=pin, gate="x")
        assert planned(site).get("pin", ("", ""))[0] == pin, planned(site)
        shop.run()
        (record,) = sent(site).values()
        assert record["pin"] == pin
        assert "gate" not in record
    shop.technician_edits(1, title="Valve")
    shop.run()
    assert not any({"pin", "gate"} & record.keys() for record in sent(site).values())
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}


@pytest.mark.parametrize("said", ["", CHANGED])
def test_what_is_only_written_goes_out_in_no_file_that_leaves_it_out(site: Site, said: str) -> None:
    files = """[{file: "new_{id}.json", for: create, only: {not: [pin]}},
    {file: "o_{id}.json", for: update, only: [title, text]}, {file: "pin_{id}.json", for: update, only: [pin]}]"""
    shop = shop_of(site, "{c: pin, t: pin}", files, said or "when_absent: null, ", pin=SECRET)
    shop.technician_creates(1, title="Pump", pin="1234")
    for edit, files_of in (({}, {}), ({"title": "Valve"}, {"pin": "pin_{id}.json"}), ({"title": "Pump"}, {})):
        if edit:
            shop.technician_edits(1, **edit)
        there = planned(site)
        assert {path: where for path, (_, where) in there.items() if path == "pin"} == files_of
        shop.run()
        record = sent(site)
        assert {name for name, one in record.items() if "pin" in one} == {"pin_1.json"} & record.keys()
        assert ("pin_1.json" in record) == bool(files_of)
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}


def test_a_record_that_comes_back_is_sent_without_what_it_has_no_more(site: Site) -> None:
    shop = shop_of(site, "{c: pin, t: pin}", FILES, "when_absent: null, ", pin=SECRET)
    shop.technician_creates(1, title="Pump", pin="1234")
    shop.run()
    shop.technician_edits(1, deleted=True)
    shop.run()
    assert sent(site).keys() == {"new_1.json", "gone_1.json"}
    shop.technician_edits(1, deleted=False, pin=None)
    shop.run()
    shop.technician_edits(1, title="Valve")
    shop.run()
    assert [record.get("pin", "-") for record in sent(site).values()] == ["-", "-"]


def test_what_a_dead_run_may_have_sent_of_what_is_only_written_is_taken_back_as_well(site: Site) -> None:
    shop = shop_of(site, "{c: pin, t: pin}", ONE_FILE, CHANGED, pin=SECRET)
    shop.client_says(1, title="Pump")
    shop.run()
    for died_at in range(5):
        shop.technician_edits(1, pin="1234")
        try:
            with dying(died_at):
                shop.run()
        except Death:
            pass
        was = sent(site)
        shop.technician_edits(1, pin=None)
        shop.run()
        record = sent(site).get("o_1.json", {})
        assert not was or record["pin"] is None, f"after {died_at} writes {was} was sent, then {record}"


def test_a_plan_names_of_every_change_just_the_files_that_carry_it(site: Site) -> None:
    shop = shop_of(site, "{c: pin, t: pin}\n{c: by, t: by}", FILES, f"{CHANGED}written: {{by: null}}, ", pin=SECRET)
    shop.client_says(1, title="Pump", text="a", by="Ann")
    shop.run()
    shop.technician_edits(1, text="b", pin="1234", by="Bob", title="Valve")
    made = planned(site)
    assert made == {
        "title": ("Valve", "o_{id}.json"),
        "text": ("b", "text_{id}.json"),
        "pin": ("1234", "o_{id}.json"),
    }
    shop.run()
    assert sent(site) == {
        "o_1.json": {"id": 1, "title": "Valve", "pin": "1234"},
        "text_1.json": {"id": 1, "text": "b"},
    }


def test_what_was_cleared_is_not_in_the_file_any_more_that_nobody_has_taken(site: Site) -> None:
    rules = "{c: asset.code, t: code}\n{c: note, t: note}\n{c: by, t: by, write: {c: once}}"
    shop = shop_of(site, rules, ONE_FILE, asset=of(code=TEXT, kind=TEXT), code=TEXT, note=TEXT)
    shop.technician_creates(1, title="Pump", by="Bob", code="A", note="n")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "title": "Pump", "asset": {"code": "A"}, "note": "n", "by": "Bob"}
    shop.technician_clears(1, "code")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "title": "Pump", "note": "n", "by": "Bob"}
    shop.technician_edits(1, title="Pump")
    assert shop.run()["outbound"] == {"read": 1, "unchanged": 1}
    shop.client_says(1, title="Pump", note="n", by="Bob")
    assert shop.run()["inbound"] == {"read": 1, "unchanged": 1}
    assert set(shop.verified().values()) == {Outcome.UNCHANGED}
