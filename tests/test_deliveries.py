"""Deliveries: which files are picked up, in which order, and what becomes of them once all of them has arrived."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from etl import LeaseLostError, LimitError, Options, SettingsError, load_mapping
from etl.app import Choice, Resolution, Watch, apply_plan, plan, rebuild_state, replay, resolve, status, verify
from etl.app.opening import quiet_log
from etl.endpoints.files.location import Url
from etl.endpoints.files.marks import TAKEN
from etl.endpoints.files.remote import RemoteFolder
from etl.limits import Limit
from etl.transfer.model import Doubt, Outcome
from etl.transfer.report import Report
from tests.support.client_files import as_lines, kept, put, with_files
from tests.support.command_line import etl
from tests.support.plans import applied
from tests.support.site import INBOUND, OUTBOUND, ROOT, Site, client_record

DAY = 86_400


def picked_up(site: Site, inbound: str, outbound: str = "workorders_{run}_{part}.jsonl") -> None:
    with_files(site, f'{{inbound: {inbound}, outbound: "{outbound}", format: json_lines}}')


def sent(site: Site, name: str, *records: dict[str, Any], age: float = DAY) -> Path:
    return put(site.inbound, name, as_lines(*records), age)


def archived(site: Site) -> list[str]:
    folder = site.inbound / "archive"
    return sorted(file.name.partition("_")[2] for file in folder.iterdir()) if folder.is_dir() else []


def lying(site: Site) -> list[str]:
    return sorted(path.name for path in site.inbound.iterdir() if path.is_file())


def test_what_has_arrived_is_archived_and_what_waits_for_somebody_stays(site: Site) -> None:
    picked_up(site, '{match: "*.jsonl", quiet: 60s, after: archive}')
    sent(site, "a1.jsonl", client_record(1), client_record(2))
    sent(site, "a2.jsonl", client_record(3), client_record(4, summary=None))
    sent(site, "a3.jsonl", client_record(5), age=5)
    sent(site, "a4.jsonl", client_record(6))
    made = plan(site.mapping, site.settings, quiet_log())
    assert lying(site) == ["a1.jsonl", "a2.jsonl", "a3.jsonl", "a4.jsonl"]
    (report,) = site.reports(directions=INBOUND)
    assert made.reports[0].as_line() == report.as_line()
    assert [notice.text for notice in report.notices] == [
        "a3.jsonl was written to lately, and waits",
        "a4.jsonl waits behind a3.jsonl",
    ]
    assert report.counts[Outcome.CREATED] == 3
    assert (archived(site), lying(site)) == (["a1.jsonl"], ["a2.jsonl", "a3.jsonl", "a4.jsonl"])

    sent(site, "a2.jsonl", client_record(3), client_record(4))  # it is corrected
    os.utime(site.inbound / "a3.jsonl", (time.time() - DAY,) * 2)
    assert site.run()["inbound"] == {"read": 4, "created": 3, "unchanged": 1}
    assert (archived(site), lying(site)) == (["a1.jsonl", "a2.jsonl", "a3.jsonl", "a4.jsonl"], [])
    (report, _) = site.reports()
    assert report.as_line() == "inbound: 0 read"
    assert {result.outcome for result in verify(site.mapping, site.settings, quiet_log())} == {Outcome.UNCHANGED}

    sent(site, "a1.jsonl", client_record(1, summary="again"))
    site.run()
    assert archived(site).count("a1.jsonl") == 2
    assert site.work_order(1)["title"] == "again"


def test_a_file_in_conflict_stays_until_somebody_has_decided(site: Site) -> None:
    picked_up(site, '{match: "*.jsonl", after: delete}')
    file = site.mapping.file
    file.write_text(file.read_text().replace("tracos: title}", "tracos: title, wins: review}"))
    site.mapping = load_mapping(file)
    sent(site, "a.jsonl", client_record(1))
    site.run()
    assert lying(site) == []
    site.technician_edits(1, title="Fan")
    sent(site, "b.jsonl", client_record(1, summary="Valve"), client_record(2))
    assert site.run()["inbound"] == {"read": 2, "created": 1, "conflict": 1}
    assert lying(site) == ["b.jsonl"]


def test_of_files_with_one_record_each_one_that_is_young_waits_alone(site: Site) -> None:
    with_files(site, '{inbound: {match: "*.json", quiet: 1h, after: delete}, outbound: "workorder_{orderNo}.json"}')
    for number, age in ((1, DAY), (2, 60), (3, DAY)):
        put(site.inbound, f"{number}.json", json.dumps(client_record(number)).encode(), age)
    (report,) = site.reports(directions=INBOUND)
    assert report.as_line() == "inbound: 2 read = 2 created; 2.json was written to lately, and waits"
    assert lying(site) == ["2.json"]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ('{date: "%d%m%Y"}', ["o_31012025.jsonl", "o_01022025.jsonl", "o_01122025.jsonl"]),
        ("mtime", ["c.jsonl", "a.jsonl", "b.jsonl"]),
        ("name", ["o2.jsonl", "o3.jsonl", "o10.jsonl"]),
    ],
)
def test_the_last_file_in_the_order_that_the_mapping_says_counts(site: Site, order: str, names: list[str]) -> None:
    picked_up(site, f'{{match: "*.jsonl", order: {order}}}')
    sent(site, names[0], client_record(1, summary="first"), age=30 * DAY)
    sent(site, names[2], client_record(1, summary="last"), age=DAY)
    assert site.run()["inbound"] == {"read": 2, "created": 1, "superseded": 1}
    assert site.work_order(1)["title"] == "last"
    sent(site, names[1], client_record(1, summary="late"), age=9 * DAY)
    site.run()
    assert site.work_order(1)["title"] == "last"


def test_a_file_without_the_date_that_orders_files_is_named_and_not_read(site: Site) -> None:
    picked_up(site, '{match: "*.jsonl", order: {date: "%Y%m%d"}, after: delete}')
    sent(site, "o_20250101.jsonl", client_record(1))
    sent(site, "o_new.jsonl", client_record(2))
    (report,) = site.reports(directions=INBOUND)
    assert report.as_line() == (
        "inbound: 1 read = 1 created; no date as %Y%m%d is in the name of o_new.jsonl, which is not read"
    )
    assert lying(site) == ["o_new.jsonl"]


def test_what_a_run_that_died_had_taken_aside_is_put_back_and_read(site: Site) -> None:
    picked_up(site, '{match: "*.jsonl", after: archive}')
    put(site.inbound, f"{TAKEN}a.jsonl", as_lines(client_record(1)), DAY)
    put(site.inbound, f"{TAKEN}b.jsonl", as_lines(client_record(2, summary="old")), DAY)
    sent(site, "b.jsonl", client_record(2, summary="new"))
    assert site.run()["inbound"] == {"read": 2, "created": 2}
    assert archived(site) == ["a.jsonl", "b.jsonl", "b.jsonl"]
    assert lying(site) == []
    assert site.work_order(2)["title"] == "new"


def test_a_file_that_changes_after_it_was_read_stays(site: Site) -> None:
    picked_up(site, '{match: "*.jsonl", after: archive}')
    file = sent(site, "a.jsonl", client_record(1))

    def appended(_: Any) -> None:
        with file.open("ab") as more:
            more.write(as_lines(client_record(2)))

    (report,) = site.reports(directions=INBOUND, watch=Watch(on_progress=appended))
    assert [notice.doubt for notice in report.notices] == [Doubt.WAITING]
    assert (archived(site), lying(site)) == ([], ["a.jsonl"])


def test_a_run_whose_lease_was_taken_over_clears_nothing_away(site: Site) -> None:
    picked_up(site, '{match: "*.jsonl", after: archive}')
    sent(site, "a.jsonl", client_record(1))

    def stolen(report: Report) -> None:
        if report.read:
            site.database["etl_leases"].update_one({}, {"$inc": {"token": 1}, "$set": {"holder.run": "thief"}})

    with pytest.raises(LeaseLostError):
        site.reports(directions=INBOUND, watch=Watch(on_progress=stolen))
    assert (archived(site), lying(site)) == ([], ["a.jsonl"])
    assert site.work_order(1)["title"] == "Pump 1"


def test_a_file_behind_a_url_is_archived_there() -> None:
    files = fsspec.filesystem("memory")
    files.pipe_file("/in/a.jsonl", b"{}\n")
    folder = RemoteFolder(Url("memory://in"))
    mark = folder.mark("a.jsonl")
    assert mark is not None
    assert folder.take("a.jsonl", mark, "archive/1_a.jsonl")
    assert files.cat_file("/in/archive/1_a.jsonl") == b"{}\n"
    assert not files.exists("/in/a.jsonl")
    assert not folder.take("a.jsonl", mark, "")
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


def test_a_delivery_that_does_not_come_is_said_by_runs_and_status_also_where_the_last_was_archived(site: Site) -> None:
    picked_up(site, '{match: "*.jsonl", quiet: 60s, after: archive}')
    file = site.mapping.file
    file.write_text(file.read_text().replace("  files:", "  delivery: {every: 24h}\n  files:"))
    site.mapping = load_mapping(file)

    def concerns() -> list[str]:
        (report,) = site.reports(directions=INBOUND)
        said = status(site.mapping, site.settings, quiet_log()).concerns
        assert [notice.text for notice in report.notices if notice.doubt is Doubt.LATE] == said
        assert report.is_clean
        return said

    assert concerns() == ["nothing has been delivered yet, and one is expected every 1d"]
    sent(site, "a.jsonl", client_record(1), age=2 * DAY + 7260)
    (late,) = concerns()
    assert late.startswith("no delivery for 2d 2h: the newest is a.jsonl of ")
    assert late.endswith(" UTC, and one is expected every 1d")
    assert archived(site) == ["a.jsonl"]
    assert concerns() == [late]
    sent(site, "b.jsonl", age=3600)
    assert concerns() == ["the newest delivery, b.jsonl, is empty"]
    sent(site, "c.jsonl", client_record(2), age=5)
    assert concerns() == []


@pytest.fixture
def extracts(site: Site) -> Site:
    """A site whose client delivers all that it has, each time."""
    picked_up(site, '{match: "*.jsonl", order: {date: "%Y%m%d"}}')
    file = site.mapping.file
    text = file.read_text().replace("  mongodb:", "  deleted_when: {status: deleted}\n  mongodb:", 1)
    text = text.replace('"%Y%m%d"}', '"%Y%m%d"}, complete: true')
    file.write_text(text.replace("tracos: title}", "tracos: title, wins: review}"))
    site.mapping = load_mapping(file)
    site.settings = replace(site.settings, max_deleted=Limit(2))
    return site


def statuses(site: Site) -> dict[int, str]:
    return {order["number"]: order["status"] for order in site.work_orders.find()}


def verified(site: Site) -> tuple[dict[str, int], list[str]]:
    """Return the counts of a verification, and what it finds different."""
    results = list(verify(site.mapping, site.settings, quiet_log()))
    counts = Counter(each.outcome.value for each in results)
    return dict(counts), [violation.message for each in results for violation in each.violations]


def deleted(site: Site) -> list[int]:
    return [number for number, status in statuses(site).items() if status == "deleted"]


def test_what_is_missing_in_a_complete_extract_is_marked_as_deleted_once(extracts: Site) -> None:
    site = extracts
    older = sent(site, "o_20250101.jsonl", *map(client_record, (1, 2, 3)), age=3 * DAY)
    assert site.run()["inbound"] == {"read": 3, "created": 3}
    sent(site, "o_20250102.jsonl", client_record(1), client_record(3), age=2 * DAY)
    made = plan(site.mapping, site.settings, quiet_log())
    assert [record.missing for record in made.records] == [True]
    assert applied(site) == ([], []), "what is left to the next run is taken for gone"
    older.rename(site.folder / older.name)
    alone = etl("run", "--key", "2", "--mapping", str(site.mapping.file), site=site)
    (site.folder / older.name).rename(older)
    assert (alone.returncode, "missing in a complete extract, only a run of all records" in alone.stderr) == (1, True)
    assert deleted(site) == []
    first = site.reports()
    assert first[0].as_line() == made.reports[0].as_line() == "inbound: 6 read = 1 updated, 3 unchanged, 2 superseded"
    assert deleted(site) == [2]
    assert verified(site) == ({"unchanged": 3, "superseded": 3}, [])
    assert site.run()["inbound"]["read"] == 5
    assert deleted(site) == [2]
    site.work_orders.update_one({"number": 2}, {"$set": {"status": "pending"}})
    site.run()
    assert deleted(site) == [], "what somebody restored is deleted again"
    assert verified(site) == ({"unchanged": 3, "superseded": 3}, [])
    sent(site, "o_20250103.jsonl", *map(client_record, (1, 2, 3)), age=DAY)
    (site.inbound / "o_20250101.jsonl").unlink()
    site.run()
    sent(site, "o_20250104.jsonl", client_record(1), client_record(3))
    assert verified(site)[1] == ["client has deleted it, tracos has not"], "the newest extract is not what counts"
    site.run()
    assert deleted(site) == [2]
    site.work_orders.update_one({"number": 1}, {"$set": {"title": "another"}})
    assert verified(site)[0]["conflict"] == 1, "a difference is not seen beside what is gone"


def test_what_one_run_makes_of_an_extract_and_misses_in_the_next_is_planned_counted_and_limited_as_it_is_done(
    extracts: Site,
) -> None:
    site = extracts
    site.settings = replace(site.settings, max_deleted=Limit(1))
    sent(site, "o_20250101.jsonl", *map(client_record, (1, 2, 3)), age=2 * DAY)
    sent(site, "o_20250102.jsonl", client_record(1), age=DAY)
    with pytest.raises(LimitError, match="2 of 6 records would be marked as deleted, and MAX_DELETED is 1: nothing"):
        site.run()
    assert statuses(site) == {}
    site.settings = replace(site.settings, max_deleted=Limit(2))
    made = plan(site.mapping, site.settings, quiet_log())
    marked = [record.origin for record in made.records if record.outcome is Outcome.UPDATED]
    assert marked == ["o_20250102.jsonl without 2", "o_20250102.jsonl without 3"]
    line = "inbound: 6 read = 3 created, 2 updated, 1 superseded"
    assert made.reports[0].as_line() == site.reports()[0].as_line() == line
    assert deleted(site) == [2, 3]
    assert verified(site) == ({"unchanged": 3, "superseded": 3}, [])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (as_lines(client_record(1), client_record(2, summary=None)), "has a record that is rejected, o_2.jsonl:2"),
        (as_lines(client_record(1)) + b'{"orderNo": 2, "sum', "has a record that is rejected, o_2.jsonl:2"),
        (b"", "is empty"),
        (as_lines(client_record(1)), ""),
    ],
)
def test_an_extract_that_is_torn_or_empty_or_has_unreadable_records_deletes_nothing(
    extracts: Site, content: bytes, said: str
) -> None:
    site = extracts
    with_order = site.mapping.file.read_text().replace('{date: "%Y%m%d"}', "name")
    site.mapping.file.write_text(with_order)
    site.mapping = load_mapping(site.mapping.file)
    sent(site, "o_1.jsonl", *map(client_record, (1, 2, 3)), age=2 * DAY)
    site.run()
    put(site.inbound, "o_2.jsonl", content, DAY)
    report = site.reports()[0]
    told = [notice.text for notice in report.notices if notice.doubt is Doubt.INCOMPLETE]
    assert told == ([f"o_2.jsonl {said}, so nothing that is missing in it is taken for gone"] if said else [])
    assert deleted(site) == ([] if said else [2, 3])


def test_more_than_max_deleted_stop_the_run_and_without_a_limit_none_begins(extracts: Site) -> None:
    site = extracts
    sent(site, "o_20250101.jsonl", *map(client_record, (1, 2, 3, 4)), age=2 * DAY)
    site.run()
    (site.inbound / "o_20250101.jsonl").unlink()
    sent(site, "o_20250102.jsonl", client_record(1))
    with pytest.raises(LimitError, match="3 of 4 records would be marked as deleted, and MAX_DELETED is 2"):
        site.run()
    assert deleted(site) == []
    site.settings = replace(site.settings, max_deleted=None)
    with pytest.raises(SettingsError, match="MAX_DELETED is not set"):
        site.run()
    site.run(confirm_deletes=True)
    assert deleted(site) == [2, 3, 4]


def test_an_older_extract_that_is_left_alone_deletes_nothing(extracts: Site) -> None:
    site = extracts
    sent(site, "o_20250101.jsonl", client_record(1), age=2 * DAY)
    sent(site, "o_20250102.jsonl", client_record(1), client_record(2), age=DAY)
    site.run()
    (site.inbound / "o_20250102.jsonl").unlink()
    report = site.reports()[0]
    assert (
        "o_20250101.jsonl is older than o_20250102.jsonl, by the dates in their names, so nothing" in report.as_line()
    )
    assert deleted(site) == []


@pytest.mark.parametrize(("order", "by"), [("date", "the dates in their names"), ("name", "their names")])
def test_an_extract_that_comes_late_deletes_nothing_and_one_that_was_written_earlier_is_not_late(
    extracts: Site, order: str, by: str
) -> None:
    site, file = extracts, extracts.mapping.file
    text = file.read_text() if order == "date" else file.read_text().replace('order: {date: "%Y%m%d"}', "order: name")
    file.write_text(text.replace("complete: true", "complete: true, after: archive"))
    site.mapping = load_mapping(file)
    sent(site, "o_20250102.jsonl", client_record(1), client_record(2), age=2 * DAY)
    site.run()
    sent(site, "o_20250101.jsonl", client_record(1), age=DAY)
    late = site.reports()[0].as_line()
    assert f"o_20250101.jsonl is older than o_20250102.jsonl, by {by}, so nothing that is missing in it" in late
    assert deleted(site) == []
    site.run(directions=OUTBOUND)
    site.run()
    sent(site, "o_20250103.jsonl", client_record(1), age=3 * DAY)
    site.run()
    assert deleted(site) == [2]


def test_a_work_order_that_was_edited_and_is_missing_outside_is_decided_by_a_person(extracts: Site) -> None:
    site = extracts
    sent(site, "o_20250101.jsonl", client_record(1), client_record(2), age=2 * DAY)
    site.run()
    site.technician_edits(2, title="Fan")
    sent(site, "o_20250102.jsonl", client_record(1))
    assert site.run(directions=INBOUND)["inbound"] == {"read": 4, "unchanged": 2, "superseded": 1, "conflict": 1}
    assert deleted(site) == []
    resolve(site.mapping, site.settings, quiet_log(), Choice("2"), Resolution(["client"]))
    assert deleted(site) == [2]
    assert "conflict" not in site.run()["inbound"]


@pytest.mark.parametrize(
    "how",
    [
        "run --direction outbound",
        "plan and apply",
        "an earlier plan",
        "run --key 2",
        "run --key 2 --direction outbound",
    ],
)
def test_who_sends_without_reading_leaves_what_an_unread_extract_lacks(extracts: Site, how: str) -> None:
    site = extracts
    sent(site, "o_20250101.jsonl", client_record(1), client_record(2), age=2 * DAY)
    site.run()
    site.technician_edits(2, title="Fan")
    made = plan(site.mapping, site.settings, quiet_log(), Options(directions=OUTBOUND))
    assert [record.key for record in made.records] == [(2,)]
    sent(site, "o_20250102.jsonl", client_record(1))
    lay = sorted(site.outbound.iterdir()) if site.outbound.exists() else []
    if how == "plan and apply":
        made = plan(site.mapping, site.settings, quiet_log(), Options(directions=OUTBOUND))
    if how.startswith("run"):
        etl(*how.split(), "--mapping", str(site.mapping.file), site=site)
    else:
        apply_plan(site.mapping, site.settings, quiet_log(), made)
    lies = sorted(site.outbound.iterdir()) if site.outbound.exists() else []
    assert lies == lay, "what the client has deleted is sent, and nobody has compared"
    assert site.run(directions=INBOUND)["inbound"]["conflict"] == 1


@pytest.mark.parametrize("directions", [OUTBOUND, (*INBOUND, *OUTBOUND)])
@pytest.mark.parametrize("spoilt", [client_record(3, summary=None), "torn"])
def test_what_an_extract_lacks_that_is_not_whole_is_not_sent(extracts: Site, spoilt: Any, directions: Any) -> None:
    site = extracts
    sent(site, "o_20250101.jsonl", *map(client_record, (1, 2, 3)), age=3 * DAY)
    site.run()
    for number in (1, 2):
        site.technician_edits(number, title=f"Fan {number}")
    lies = as_lines(client_record(1), *([] if spoilt == "torn" else [spoilt]))
    put(site.inbound, "o_20250102.jsonl", lies + (b'{"orderNo": 3, "su' if spoilt == "torn" else b""), 0)
    (*_, outbound) = site.reports(directions=directions)
    assert [notice.text for notice in outbound.notices if "whole" in notice.text and "1 waits" in notice.text] == [
        "1 waits for a complete extract that is whole: the last one lacks them"
    ]
    assert outbound.read == len(directions) - 1, "what may be deleted goes out, or what was read and is there stays"
    sent(site, "o_20250102.jsonl", client_record(1), client_record(3), age=2 * DAY)
    assert site.run(directions=INBOUND)["inbound"]["conflict"] == 1


@pytest.mark.parametrize("directions", [OUTBOUND, (*INBOUND, *OUTBOUND)])
def test_what_an_extract_lacks_that_waits_is_not_sent(extracts: Site, directions: Any) -> None:
    site = extracts
    site.mapping.file.write_text(site.mapping.file.read_text().replace("complete: true", "complete: true, quiet: 60s"))
    site.mapping = load_mapping(site.mapping.file)
    sent(site, "o_20250101.jsonl", *map(client_record, (1, 2)), age=3 * DAY)
    site.run()
    for number in (1, 2):
        site.technician_edits(number, title=f"Fan {number}")
    sent(site, "o_20250102.jsonl", client_record(1), age=0)
    (*_, outbound) = site.reports(directions=directions)
    assert outbound.read == 1, "what may be deleted goes out, or what is there stays"
    sent(site, "o_20250102.jsonl", client_record(1), age=DAY)
    assert site.run(directions=INBOUND)["inbound"]["conflict"] == 1


@pytest.mark.parametrize("directions", [OUTBOUND, (*INBOUND, *OUTBOUND)])
def test_what_an_extract_lacks_of_which_every_record_is_rejected_is_not_sent(extracts: Site, directions: Any) -> None:
    site = extracts
    sent(site, "o_20250101.jsonl", client_record(1), client_record(2), age=3 * DAY)
    site.run()
    site.technician_edits(2, title="Fan")
    sent(site, "o_20250102.jsonl", client_record(1, summary=None))
    (*_, outbound) = site.reports(directions=directions)
    assert outbound.read == 0
    sent(site, "o_20250102.jsonl", client_record(1))
    assert site.run(directions=INBOUND)["inbound"]["conflict"] == 1


def test_what_an_unread_extract_lacks_is_no_agreement_when_memory_is_made_anew(extracts: Site) -> None:
    site = extracts
    sent(site, "o_20250101.jsonl", client_record(1), client_record(2), age=2 * DAY)
    site.run()
    site.technician_edits(2, title="Fan")
    sent(site, "o_20250102.jsonl", client_record(1))
    rebuild_state(site.mapping, site.settings, quiet_log())
    assert site.run(directions=INBOUND)["inbound"]["conflict"] == 1
    assert deleted(site) == []


def refusing(site: Site, title: str) -> Callable[[], None]:
    """Have the mapping's schema refuse a title; return what corrects it."""
    shipped = (ROOT / "schemas" / "client_workorder.schema.json").read_text()
    schema = site.folder / "client.json"
    changed = json.loads(shipped)
    changed["properties"]["summary"]["pattern"] = f"^(?!{title}$)"
    schema.write_text(json.dumps(changed))
    mapping = site.mapping.file
    mapping.write_text(mapping.read_text().replace(str(ROOT / "schemas" / "client_workorder.schema.json"), str(schema)))
    site.mapping = load_mapping(mapping)

    def correct() -> None:
        schema.write_text(shipped)
        site.mapping = load_mapping(mapping)

    return correct


@pytest.mark.parametrize(
    ("order", "outcome", "title"),
    [("name", "superseded", "new"), ('{date: "%Y%m%d"}', "superseded", "new"), ("mtime", "updated", "old")],
)
def test_a_dead_letter_takes_nothing_back_that_a_newer_file_has_said(
    site: Site, order: str, outcome: str, title: str
) -> None:
    """By their names it is known which file is newer, also once both are gone; by their times it is not."""
    picked_up(site, f'{{match: "*.jsonl", order: {order}}}')
    correct = refusing(site, "old")
    first = sent(site, "o_20250101.jsonl", client_record(1), client_record(2, summary="old"), age=3 * DAY)
    site.run()
    second = sent(site, "o_20250102.jsonl", client_record(2, summary="new"), age=2 * DAY)
    assert site.run(directions=INBOUND)["inbound"] == {"read": 3, "created": 1, "unchanged": 1, "rejected": 1}
    correct()
    put_aside = first.read_bytes()
    first.unlink()
    second.unlink()
    (report,) = replay(site.mapping, site.settings, quiet_log())
    assert (report.counts[Outcome(outcome)], site.work_order(2)["title"], kept(site)) == (1, title, [])
    put(site.inbound, first.name, put_aside, 3 * DAY)
    assert site.run(directions=INBOUND)["inbound"] == {"read": 2, "unchanged": 2}


@pytest.mark.parametrize(
    ("order", "nights"),
    [
        ("name", [{"o_10": ["bad 1", "bad last"]}, {"o_9": ["bad late"]}]),
        ("mtime", [{"o_9": ["bad 1", "bad 2"], "o_1": ["bad 3", "bad last"]}]),
        ("name", [{"o_1": ["bad 1", "bad 2", "bad 3"]}, {"o_1": ["bad last"]}]),
    ],
    ids=["a file that comes late", "files that are gone", "a file that is written anew"],
)
def test_of_dead_letters_with_one_key_the_one_counts_that_would_be_read_last(
    site: Site, order: str, nights: list[dict[str, list[str]]]
) -> None:
    picked_up(site, f'{{match: "*.jsonl", order: {order}}}')
    numbers = range(1, 5)  # the ids of letters are in no order
    sent(site, "o_0.jsonl", *(client_record(number) for number in numbers), age=9 * DAY)
    site.run()
    correct, age, count = refusing(site, "bad.*"), 8, 0
    for night in nights:
        for name, titles in night.items():
            said = [client_record(number, summary=title) for title in titles for number in numbers]
            age, count = age - 1, count + len(said)
            sent(site, f"{name}.jsonl", *said, age=age * DAY)
        site.run()
        (report,) = replay(site.mapping, site.settings, quiet_log())
        assert report.counts[Outcome.REJECTED] == count, "to replay in vain puts none of them behind the others"
    for name in lying(site):
        (site.inbound / name).unlink()
    correct()
    (report,) = replay(site.mapping, site.settings, quiet_log())
    assert (report.counts[Outcome.UPDATED], report.counts[Outcome.SUPERSEDED]) == (4, count - 4)
    assert ({site.work_order(number)["title"] for number in numbers}, kept(site)) == ({"bad last"}, [])


def test_a_rejected_record_takes_nothing_back_that_a_newer_file_said_before_it_was_cleared_away(site: Site) -> None:
    picked_up(site, '{match: "*.jsonl", after: delete}')
    correct = refusing(site, "old")
    sent(site, "o_1.jsonl", client_record(1), client_record(2, summary="old"), client_record(3), age=3 * DAY)
    sent(site, "o_2.jsonl", client_record(2, summary="new"), client_record(3, summary="newer"), age=2 * DAY)
    sent(site, "o_3.jsonl", client_record(3, summary="old"), age=DAY)
    site.run()
    (site.inbound / "o_3.jsonl").rename(site.folder / "o_3.jsonl")
    assert lying(site) == ["o_1.jsonl"]
    correct()
    assert site.run(directions=INBOUND)["inbound"] == {"read": 3, "unchanged": 3}
    (site.folder / "o_3.jsonl").rename(site.inbound / "o_3.jsonl")
    assert site.run(directions=INBOUND)["inbound"] == {"read": 1, "updated": 1}, "what comes after it is news"
    assert [site.work_order(number)["title"] for number in (2, 3)] == ["new", "old"]
    assert (lying(site), kept(site)) == ([], [])


def test_an_extract_that_comes_late_brings_nothing_back_that_the_last_one_lacks(extracts: Site) -> None:
    site = extracts
    sent(site, "o_20250101.jsonl", *map(client_record, (1, 2, 3)), age=3 * DAY)
    site.run()
    sent(site, "o_20250103.jsonl", client_record(1), client_record(3), age=DAY)
    site.run()
    assert deleted(site) == [2]
    sent(site, "o_20250102.jsonl", client_record(1), client_record(2, summary="late"), client_record(3), age=2 * DAY)
    planned = plan(site.mapping, site.settings, quiet_log()).reports[0].as_line()
    assert site.reports()[0].as_line() == planned
    for _ in range(2):
        assert (deleted(site), verified(site)[1]) == ([2], [])
        assert site.run()["outbound"] == {}


def test_of_two_files_that_said_the_same_the_later_one_counts_also_once_the_earlier_one_was_read_alone(
    site: Site,
) -> None:
    picked_up(site, '"*.jsonl"')
    record = client_record(1)
    sent(site, "a1.jsonl", record)
    later = sent(site, "a2.jsonl", record)
    site.run(directions=INBOUND)
    later.unlink()
    site.run(directions=INBOUND)
    sent(site, "a1.jsonl", {**record, "summary": "old extract"})
    sent(site, "a2.jsonl", {**record, "summary": "newest"})
    assert site.run(directions=INBOUND, batch_size=1)["inbound"] == {"read": 2, "superseded": 1, "updated": 1}
    assert site.work_order(1)["title"] == "newest"
