"""An outside that brings only how it is read and written is merged, planned, verified and replayed as files are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

import etl.app.session
from etl.app import Choice, Resolution, apply_plan, conflicts, letters, plan, replay, resolve, verify
from etl.logs import make_log
from etl.mapping.load import load_mapping
from etl.mapping.paths import format_path
from etl.mapping.terms import Occasion, Side
from etl.transfer.model import Outcome
from tests.support.site import INBOUND, MAPPING_FILE, ROOT, Site, client_record
from tests.table.endpoint import Table

CREATED = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
LOG = make_log("error", "text", str)


class Desk:
    """A site whose client is a table."""

    def __init__(self, site: Site, table: Table) -> None:
        self.site = site
        self.table = table

    def client_says(self, number: int, **fields: Any) -> None:
        record = json.dumps(client_record(number, **fields))
        self.table.execute("INSERT INTO inbound (record) VALUES (?)", record.encode())

    def client_is_told(self, number: int) -> dict[str, Any]:
        ((record,),) = self.table.execute("SELECT record FROM outbound WHERE key = ?", json.dumps([number]))
        return dict(json.loads(record))

    def verified(self) -> dict[str, Outcome]:
        return {result.item.origin: result.outcome for result in verify(self.site.mapping, self.site.settings, LOG)}


@pytest.fixture
def desk(site: Site, monkeypatch: pytest.MonkeyPatch) -> Desk:
    text = MAPPING_FILE.read_text().replace("../schemas", str(ROOT / "schemas"))
    (site.folder / "mapping.yaml").write_text(text.replace("wins: client", "wins: review"))
    site.mapping = load_mapping(site.folder / "mapping.yaml")
    table = Table(site.folder / "client.db")
    monkeypatch.setattr(etl.app.session, "choose_outside", lambda *_: table)
    return Desk(site, table)


def test_records_come_and_go_and_a_second_run_has_nothing_to_do(desk: Desk) -> None:
    for number in range(1, 6):
        desk.client_says(number)
    assert desk.site.run(batch_size=2) == {
        "inbound": {"read": 5, "created": 5},
        "outbound": {"read": 5, "created": 5},
    }
    assert desk.client_is_told(3)["summary"] == "Pump 3"
    assert desk.site.run() == {"inbound": {}, "outbound": {}}


def test_only_what_is_new_since_the_last_run_is_read(desk: Desk) -> None:
    desk.client_says(1)
    plan(desk.site.mapping, desk.site.settings, LOG)  # moves nothing
    assert desk.site.run(directions=INBOUND) == {"inbound": {"read": 1, "created": 1}}
    desk.client_says(2)
    assert desk.site.run(directions=INBOUND) == {"inbound": {"read": 1, "created": 1}}


def test_a_run_that_is_stopped_reads_everything_again(desk: Desk) -> None:
    for number in (1, 2):
        desk.client_says(number)
    stopped = etl.app.Watch(stop=lambda: True)
    etl.app.run(desk.site.mapping, desk.site.settings, LOG, etl.app.Options(INBOUND, batch_size=1), stopped)
    assert desk.site.run(directions=INBOUND)["inbound"]["read"] == 2


def test_a_plan_says_what_a_run_does_and_is_applied(desk: Desk) -> None:
    desk.client_says(1)
    made = plan(desk.site.mapping, desk.site.settings, LOG)
    assert [(record.origin, record.outcome) for record in made.records] == [
        ("row 1", Outcome.CREATED),
        ("number 1", Outcome.CREATED),
    ]
    reports, missing = apply_plan(desk.site.mapping, desk.site.settings, LOG, made)
    assert (sum(report.counts[Outcome.CREATED] for report in reports), missing) == (2, [])
    assert desk.client_is_told(1)["summary"] == "Pump 1"


def test_what_both_sides_change_waits_for_a_person_and_what_one_changes_does_not(desk: Desk) -> None:
    desk.client_says(1)
    desk.site.run()
    desk.site.technician_edits(1, title="ours", status="on_hold")
    desk.client_says(1, summary="theirs")
    assert desk.site.run()["inbound"] == {"read": 1, "conflict": 1}
    with conflicts(desk.site.mapping, desk.site.settings, LOG, decided=False) as found:
        assert [dispute.rule for conflict in found for dispute in conflict.disputes] == ["title"]
    resolve(desk.site.mapping, desk.site.settings, LOG, Choice("1"), Resolution(["client"]))
    assert (desk.client_is_told(1)["summary"], desk.client_is_told(1)["isOnHold"]) == ("theirs", True)
    assert set(desk.verified().values()) == {Outcome.UNCHANGED}


def test_what_is_rejected_is_kept_and_replayed(desk: Desk) -> None:
    desk.client_says(1, creationDate="then")
    assert desk.site.run(directions=INBOUND) == {"inbound": {"read": 1, "rejected": 1}}
    with letters(desk.site.mapping, desk.site.settings, LOG) as kept:
        assert [letter.origin for letter in kept] == ["row 1"]
    (report,) = replay(desk.site.mapping, desk.site.settings, LOG)
    assert report.counts == {Outcome.REJECTED: 1}


def test_a_difference_between_both_sides_is_found(desk: Desk) -> None:
    desk.client_says(1)
    desk.site.run()
    desk.site.work_orders.update_one({"number": 1}, {"$set": {"title": "of no edit"}})
    assert desk.verified() == {"number 1": Outcome.CONFLICT}


def test_an_edit_that_no_run_has_carried_over_waits_and_is_no_difference(desk: Desk) -> None:
    desk.client_says(1)
    desk.site.run()
    desk.site.technician_edits(1, title="ours")
    assert desk.verified() == {"number 1": Outcome.UNCHANGED}


@pytest.fixture
def choosing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    table = Table(desk.site.folder / "client.db", chooses=True)
    monkeypatch.setattr(etl.app.session, "choose_outside", lambda *_: table)
    return Desk(desk.site, table)


def test_an_outside_that_chooses_is_told_the_occasion_and_what_is_new(choosing: Desk) -> None:
    site = choosing.site
    choosing.client_says(1)
    site.work_orders.insert_one({"number": 2, "title": "New", "status": "pending", "createdAt": CREATED})
    site.run()
    (created,) = choosing.table.sendings
    assert created is not None
    assert (created.occasion, created.news, created.record["orderNo"]) == (Occasion.CREATE, None, 2)
    site.technician_edits(1, title="ours")
    site.technician_edits(2, status="deleted")
    site.run()
    updated, deleted = choosing.table.sendings[1:]
    assert updated is not None
    assert deleted is not None
    assert updated.record == choosing.client_is_told(1)
    assert (updated.occasion, _named(site, updated.news)) == (Occasion.UPDATE, {"title"})
    # no file of the mapping is for deletions, so one goes out as any other change does
    assert (deleted.occasion, _named(site, deleted.news)) == (Occasion.UPDATE, {"status"})


def test_an_outside_that_chooses_is_sent_nothing_where_nothing_is_new(choosing: Desk) -> None:
    choosing.client_says(1)
    choosing.site.run()
    choosing.site.technician_edits(1)
    made = plan(choosing.site.mapping, choosing.site.settings, LOG)
    assert (made.reports[1].counts, choosing.site.run()["outbound"]) == (
        {Outcome.UNCHANGED: 1},
        {"read": 1, "unchanged": 1},
    )
    assert choosing.table.sendings == []


def _named(site: Site, news: frozenset[int] | None) -> set[str]:
    """Return the inside paths that the rules at these places write, but for what only says when."""
    assert news is not None
    rules = [site.mapping.rules[place] for place in news]
    return {format_path(path) for rule in rules if rule.only is None for path in rule.paths(Side.INSIDE)}
