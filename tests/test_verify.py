"""Verify and state: whether both sides agree, and what is remembered of that."""

from __future__ import annotations

import json
from typing import Any

import pytest

from etl.transfer.model import Outcome
from tests.support.client_files import with_files
from tests.support.command_line import MAPPING
from tests.support.command_line import etl as run_etl
from tests.support.plans import everything
from tests.support.proofs import of
from tests.support.site import Site
from tests.support.sites import Shop

pytestmark = pytest.mark.untouched


def etl(site: Site, *arguments: str) -> Any:
    return run_etl(*arguments, *MAPPING, site=site)


def test_verify_finds_what_differs_on_either_side(site: Site) -> None:
    for number in range(1, 6):
        site.client_sends(number)
    site.run()
    agreed = etl(site, "verify")
    assert (agreed.returncode, agreed.stdout) == (0, "5 agree\n")

    site.technician_edits(2, title="Inside 2")
    site.client_sends(3, isDone=True)
    site.work_orders.delete_one({"number": 4})
    (site.inbound / "5.json").unlink()
    site.work_orders.insert_one(
        {"number": 9, "title": "New", "status": "pending", "createdAt": site.work_order(1)["createdAt"]}
    )
    before = everything(site)
    done = etl(site, "verify")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        '3.json: status: client has "completed", tracos "in_progress"',
        "4.json: client has it, tracos has not",
        "2 agree, 2 differ, 2 wait",
    ]
    assert everything(site) == before


def test_verify_counts_what_the_client_was_told_since_its_file(site: Site) -> None:
    site.client_sends(1)
    site.run()
    site.technician_edits(1, title="New pump")
    assert etl(site, "verify").stdout == "0 agree, 1 wait\n"
    site.run()
    assert etl(site, "verify").stdout == "1 agree\n"
    sent = site.outbound / "workorder_1.json"
    sent.write_text(sent.read_text().replace("New pump", "Old pump"))
    stale = etl(site, "verify")
    assert (stale.returncode, stale.stdout) == (
        1,
        '1.json: summary: workorder_1.json has "Old pump", and it should be "New pump"\n0 agree, 1 differ\n',
    )
    sent.unlink()
    assert etl(site, "verify").stdout == "0 agree, 1 taken\n"


def test_the_state_of_a_record_can_be_seen(site: Site) -> None:
    site.client_sends(7)
    site.run()
    shown = json.loads(etl(site, "state", "show", "7", "--json").stdout)[0]
    assert shown["seen"]["title"] == "Pump 7"
    assert shown["seen"]["createdAt"] == "2025-01-02T03:04:05Z"
    missing = etl(site, "state", "show", "8")
    assert missing.returncode == 1
    assert "first contact" in missing.stdout


def test_a_rebuilt_state_takes_today_as_agreed_on(site: Site) -> None:
    for number in (1, 2):
        site.client_sends(number)
    site.run()
    site.technician_edits(2, title="New pump")
    site.run()
    site.database["etl_state"].drop()
    assert etl(site, "state", "rebuild").stdout == "remembered what both sides say now of 2 records\n"
    assert site.run() == {"inbound": {"read": 2, "unchanged": 2}, "outbound": {}}
    assert site.work_order(2)["title"] == "New pump"
    site.client_sends(2, isDone=True)
    site.run()
    assert (site.work_order(2)["title"], site.work_order(2)["status"]) == ("New pump", "completed")


def test_without_rebuilding_a_lost_state_is_first_contact_and_says_so(site: Site) -> None:
    site.client_sends(1)
    site.run()
    site.technician_edits(1, title="New pump")
    site.run()
    site.database["etl_state"].drop()
    (inbound, _) = site.reports()
    assert inbound.counts[Outcome.UPDATED] == 1
    assert [note.name for note in inbound.notes] == ["FIRST_CONTACT"]
    assert site.database["etl_conflicts"].count_documents({"rules.why": "first contact"}) == 1


def test_verify_calls_no_file_stale_that_both_sides_have_left_behind(site: Site) -> None:
    site.client_sends(7, summary="one")
    site.run()
    site.run()
    site.work_orders.update_one({"number": 7}, {"$set": {"title": "two"}})  # nothing marks it for export
    site.client_sends(7, summary="two")
    assert site.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}
    assert site.client_gets(7)["summary"] == "one"
    assert etl(site, "verify").returncode == 0
    site.technician_edits(7)
    site.run()
    file = site.outbound / "workorder_7.json"
    file.write_text(file.read_text().replace("two", "spoilt"))
    assert etl(site, "verify").returncode == 1


def verify(site: Site) -> Any:
    """Verify by the site's own mapping."""
    return run_etl("verify", "--mapping", str(site.mapping.file), site=site)


BROKEN = [b'{"orderNo": 7, "summ', b"", b"[1]", b"null", b'{"summary": "\xff"}']


@pytest.mark.parametrize("content", BROKEN)
def test_verify_names_a_file_that_is_there_and_cannot_be_read(site: Site, content: bytes) -> None:
    site.client_sends(7)
    site.client_sends(8)
    site.run()
    site.technician_edits(8, title="Edited")
    site.run()
    (site.outbound / "workorder_7.json").unlink()  # it was taken
    assert etl(site, "verify").returncode == 0
    (site.outbound / "workorder_8.json").write_bytes(content)
    found = etl(site, "verify")
    assert found.returncode == 1
    assert "workorder_8.json is broken, and holds no record that can be read" in found.stdout


@pytest.mark.parametrize("is_link", [True, False])
def test_verify_calls_nothing_taken_that_is_there_and_cannot_be_read(site: Site, *, is_link: bool) -> None:
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Edited")
    site.run()
    file = site.outbound / "workorder_7.json"
    file.unlink()
    file.symlink_to(file) if is_link else file.mkdir()
    found = etl(site, "verify")
    assert found.returncode == 1
    assert "workorder_7.json is broken, and holds no record that can be read" in found.stdout


def test_verify_names_a_broken_file_among_several_and_one_that_is_compressed(site: Site) -> None:
    for number, outbound in enumerate(
        (
            '[{file: "n_{orderNo}.json", for: create}, {file: "u_{orderNo}.json", for: update}]',
            '"u_{orderNo}.json.gz"',
        ),
        7,
    ):
        with_files(site, f'{{inbound: "*.json", outbound: {outbound}}}')
        site.client_sends(number)
        site.run()
        site.technician_edits(number, title="Edited")
        site.run()
        assert verify(site).returncode == 0
        (file,) = site.outbound.glob(f"u_{number}*")
        file.write_bytes(file.read_bytes()[:-9])
        found = verify(site)
        assert (found.returncode, f"{file.name} is broken" in found.stdout) == (1, True)
        file.unlink()


def test_what_every_run_rejects_on_its_way_out_does_not_wait(site: Site) -> None:
    for number in range(1, 6):
        site.client_sends(number)
    site.run()
    edits: list[dict[str, Any]] = [{"title": 5}, {"title": None}, {"status": "bogus"}, {}]
    for number, edit in enumerate(edits, 1):
        site.technician_edits(number, **edit)
    assert site.run()["outbound"] == {"read": 4, "rejected": 3, "unchanged": 1}
    site.technician_edits(4, title="Edited")
    named = [
        "1.json: title: expected string, found 5",
        "2.json: title: expected string, found null",
    ]
    done = etl(site, "verify")
    *lines, counts = done.stdout.splitlines()
    assert (done.returncode, counts) == (1, "1 agree, 1 wait, 3 rejected")
    assert lines[:2] == named
    for number in range(1, 6):
        (site.inbound / f"{number}.json").unlink()
    told = [line.replace(f"{n}.json", f"number {n}") for n, line in enumerate(lines, 1)]
    assert etl(site, "verify").stdout.splitlines() == [*told, counts]
    site.work_orders.update_many({}, {"$set": {"title": "Technician's", "isSynced": False}})
    assert etl(site, "verify").stdout.splitlines() == [told[2], "0 agree, 4 wait, 1 rejected"]


def test_what_a_rebuilt_state_does_not_know_to_be_told_differs_and_goes_out_when_it_is_edited(site: Site) -> None:
    for number in (1, 2):
        site.client_sends(number)
    site.run()
    site.technician_edits(2, title="Told")
    site.run()
    site.work_orders.update_one({"number": 1}, {"$set": {"title": "Never told"}})  # nothing marks it for export
    differs = '1.json: title: client has "Pump 1", tracos "Never told"\n1 agree, 1 differ\n'
    assert etl(site, "verify").stdout == differs
    assert etl(site, "state", "rebuild").returncode == 0
    assert etl(site, "verify").stdout == differs
    first, second = (json.loads(etl(site, "state", "show", key, "--json").stdout)[0] for key in "12")
    assert (first["told"], first["telling"]) == ({}, {"title": "Never told"})
    assert (second["told"], second["telling"]) == ({"title": "Told"}, {})
    site.database["etl_state"].drop()
    assert etl(site, "state", "rebuild").returncode == 0
    assert etl(site, "verify").stdout == differs, "a file says what the client was told of 2"
    assert site.run() == {"inbound": {"read": 2, "unchanged": 2}, "outbound": {}}
    site.client_sends(1, summary="Never told")  # as it may have been told
    site.technician_edits(1, title="Edited")
    assert site.run()["inbound"] == {"read": 2, "unchanged": 2}
    assert site.client_gets(1)["summary"] == "Edited"
    assert etl(site, "verify").stdout == "2 agree\n"


def test_lists_that_differ_are_told_apart(site: Site) -> None:
    many = {"type": "array", "items": {"type": "string"}}
    shop = Shop(site, "{c: tags, t: tags}", of(tags=many), of(tags=many))
    shop.client_says(1, tags=["a"])
    shop.run()
    site.database["w"].update_one({"number": 1}, {"$set": {"tags": ["b"]}})
    assert "c has a list, t another one" in verify(site).stdout
