"""What waits in one of several files, or under a place of which the outside is told as a whole."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from etl.mapping.load import load_mapping
from etl.record import ABSENT
from etl.transfer.model import Note
from tests.support.proofs import of
from tests.support.site import Site
from tests.support.sites import Shop, clear
from tests.support.waiting import NULLABLE, PARTIAL, agrees, as_due_again, changes_of, noted, planned

SEVERAL = """[{file: "new_{id}.json", for: create}, {file: "a_{id}.json", for: update, only: [a]},
    {file: "o_{id}.json", for: update}, {file: "gone_{id}.json", for: delete, around: {id: "{id}"}}]"""


def in_several(site: Site) -> Shop:
    """A client that is sent changes in two files, one of which waits."""
    shop = Shop(site, "{c: a, t: a}\n{c: b, t: b}", of(a=NULLABLE, b=NULLABLE), of(a=NULLABLE, b=NULLABLE))
    file = shop.folder / "m.yaml"
    text = re.sub(r'outbound: "[^"]*"', lambda _: f"outbound: {SEVERAL}", file.read_text())
    file.write_text(text.replace("  schema: t.json\n", "  schema: t.json\n  deleted_when: {b: gone}\n"))
    as_due_again(shop)
    shop.client_says(1, a="A", b="B")
    shop.run()
    shop.technician_edits(1, a="A1")
    shop.run()
    assert json.loads((site.outbound / "a_1.json").read_text()) == {"id": 1, "a": "A1"}
    return shop


def test_of_several_files_the_one_that_waits_is_put_right(site: Site) -> None:
    shop = in_several(site)
    shop.client_says(1, a="X", b="B")
    shop.run()
    assert json.loads((site.outbound / "a_1.json").read_text()) == {"id": 1, "a": "X"}
    assert not (site.outbound / "o_1.json").exists()
    assert agrees(shop)


@pytest.mark.parametrize("lies", [{"id": 2, "a": "A1"}, {"id": 1, "a": "HAND"}, {"id": 1, "a": "A1", "b": "ZZ"}])
def test_verify_names_one_of_several_files_that_somebody_has_edited(site: Site, lies: dict[str, Any]) -> None:
    shop = in_several(site)
    assert agrees(shop)
    (site.outbound / "a_1.json").write_text(json.dumps(lies))
    assert not agrees(shop)


@pytest.mark.parametrize("content", ['{"id": 2}', "{bro"])
@pytest.mark.parametrize("is_there", [True, False])
def test_verify_names_a_deletion_that_somebody_has_edited_or_broken(site: Site, content: str, is_there: bool) -> None:
    shop = in_several(site)
    clear(site.outbound)
    shop.technician_edits(1, b="gone")
    shop.run()
    if not is_there:
        clear(site.inbound)
    gone = site.outbound / "gone_1.json"
    assert json.loads(gone.read_text()) == {"id": 1}
    assert agrees(shop)
    gone.write_text(content)
    assert not agrees(shop)
    gone.unlink()
    assert agrees(shop), "it was taken"


def test_one_that_waits_is_put_right_also_where_another_one_goes_out(site: Site) -> None:
    shop = in_several(site)
    shop.client_says(1, a="X", b="B")
    shop.technician_edits(1, b="B2")
    assert planned(site) == {"a": "X", "b": "B2"}
    assert shop.run()["outbound"] == {"read": 1, "updated": 1}
    assert json.loads((site.outbound / "a_1.json").read_text()) == {"id": 1, "a": "X"}
    assert json.loads((site.outbound / "o_1.json").read_text()) == {"id": 1, "b": "B2"}
    assert agrees(shop)


def test_one_that_waits_and_is_right_stays_as_it_is_where_another_one_goes_out(site: Site) -> None:
    shop = in_several(site)
    before = (site.outbound / "a_1.json").stat()
    shop.technician_edits(1, b="B2")
    assert shop.run()["outbound"] == {"read": 1, "created": 1}
    after = (site.outbound / "a_1.json").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert agrees(shop)


def test_a_plan_says_what_is_put_right_and_where(site: Site) -> None:
    shop = in_several(site)
    shop.client_says(1, a="X", b="B")
    (change,) = [value for value in changes_of(site) if value.path == "a" and "sent" in value.why]
    assert (change.old, change.new) == ("A1", "X")
    assert change.why == "changed by c since it was sent, in a_{id}.json"


def test_one_of_which_nobody_has_said_that_it_was_taken_in_counts_apart(site: Site) -> None:
    shop = in_several(site)
    shop.technician_edits(1, b="B2")
    shop.run()
    assert noted(shop) is None
    (site.outbound / "a_1.json").unlink()
    assert noted(shop) is Note.TAKEN, "the other one waits still"
    shop.client_says(1, a="A1", b="B")
    shop.run()
    assert noted(shop) is None, "and the client says that it has it"


GROUP = "{c: who, t: p, when_absent: {c: null}, each: [{c: v, t: id, key: true}, {c: nm, t: name}]}"


def with_group(site: Site, outside: str) -> Shop:
    """A client of which `who` is an object, or null, that was cleared inside."""
    c = of(who={"type": ["object", "null"], "properties": {"v": NULLABLE, "nm": NULLABLE}}, a=NULLABLE)
    t = of(p={"type": ["object", "null"], "properties": {"id": NULLABLE, "name": NULLABLE}}, a=NULLABLE)
    shop = Shop(site, f"{{c: a, t: a}}\n{GROUP}", c, t, outside=outside)
    as_due_again(shop)
    shop.client_says(1, a="A", who={"v": "1", "nm": "One"})
    shop.run()
    clear(site.outbound)
    shop.technician_clears(1, "p")
    shop.run()
    return shop


def in_two(shop: Shop) -> None:
    """Let a creation and an update have a file each."""
    file = shop.folder / "m.yaml"
    two = """[{file: "new_{id}.json", for: create}, {file: "o_{id}.json", for: update}]"""
    file.write_text(re.sub(r'outbound: "[^"]*"', lambda _: f"outbound: {two}", file.read_text()))
    shop.site.mapping = load_mapping(file)


@pytest.mark.parametrize("outside", [PARTIAL, "", "echo: false, "])
def test_that_a_group_is_gone_is_told_and_waits(site: Site, outside: str) -> None:
    shop = with_group(site, outside)
    assert shop.client_is_told(1).get("who", ABSENT) is None
    shop.technician_edits(1, a="A2")
    shop.run()
    told = shop.client_is_told(1)
    assert (told["a"], told.get("who", ABSENT)) == ("A2", None)
    assert agrees(shop)
    clear(site.outbound)
    shop.client_says(1, a="A2", who=None)
    shop.run()
    shop.technician_edits(1, a="A3")
    shop.run()
    assert ("who" in shop.client_is_told(1)) is (outside != PARTIAL)


def test_that_a_group_is_gone_is_told_in_one_of_several_files(site: Site) -> None:
    shop = with_group(site, "when_absent: null, ")
    in_two(shop)
    shop.client_says(1, a="A", who={"v": "2", "nm": "Two"})
    shop.run()
    shop.technician_clears(1, "p")
    shop.run()
    assert shop.client_is_told(1).get("who", ABSENT) is None


def test_verify_names_a_group_that_is_gone_in_a_file_and_there_inside(site: Site) -> None:
    shop = with_group(site, PARTIAL)
    assert agrees(shop)
    shop.technician_edits(1, p={"id": "3"})
    site.database["w"].update_one({"number": 1}, {"$set": {"isSynced": True}})
    assert not agrees(shop)


LIST = "{c: ops, t: steps, each: [{c: nr, t: nr, key: true}, {c: t, t: t}]}"


@pytest.mark.parametrize("outside", [PARTIAL, "", "echo: false, ", "keep: true, " + PARTIAL])
def test_elements_that_are_told_apart_by_their_keys_may_wait_in_any_order(site: Site, outside: str) -> None:
    element = {"type": "object", "required": ["nr"], "properties": {"nr": {"type": "integer"}, "t": NULLABLE}}
    ops = {"type": ["array", "null"], "items": element}
    shop = Shop(site, LIST, of(ops=ops), of(steps=ops), outside=outside)
    shop.client_says(1, ops=[{"nr": 2, "t": "b"}, {"nr": 3, "t": "c"}])
    shop.run()
    shop.technician_edits(1, steps=[{"nr": 1, "t": "z"}, {"nr": 3, "t": "c"}])
    shop.run()
    assert shop.client_is_told(1)["ops"] == [{"nr": 3, "t": "c"}, {"nr": 1, "t": "z"}]
    assert agrees(shop)
    file = site.outbound / "o_1.json"
    file.write_text(file.read_text().replace('"z"', '"y"'))
    assert not agrees(shop)


def test_a_file_that_is_right_is_not_written_anew_whatever_stays_in_it(site: Site) -> None:
    rules = "{c: a, t: a}\n{c: w, t: w, when_absent: {c: null}, write: {c: once}}\n{c: z, t: z, when_absent: {c: null}}"
    fields = of(a=NULLABLE, w=NULLABLE, z=NULLABLE)
    shop = Shop(site, rules, fields, fields)
    shop.technician_creates(1, a="A", w="W", z="Z")
    shop.run()
    assert list(shop.client_is_told(1)) == ["id", "a", "w", "z"]
    shop.technician_edits(1, a="A")
    assert shop.run()["outbound"] == {"read": 1, "unchanged": 1}
    shop.technician_edits(1, a="A2")
    shop.run()
    assert shop.client_is_told(1) == {"id": 1, "a": "A2", "w": "W", "z": "Z"}
