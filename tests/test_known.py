"""Known and new: what was rejected, or waited, before for the same reasons raises no alarm again."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import Any

import pytest

from etl import Limit, LimitError
from etl.app import past_runs
from etl.app.opening import quiet_log
from etl.record import Violation
from etl.transfer.dead_letter import Novelty
from etl.transfer.fixes import reason_and_fix
from tests.support.client_files import using
from tests.support.command_line import MAPPING, Done, etl
from tests.support.conflicts import Policy
from tests.support.site import INBOUND, Site


def run(site: Site, **settings: str) -> Done:
    return etl("run", *MAPPING, "--direction", "inbound", site=site, settings=settings)


def letters(site: Site, *arguments: str) -> Done:
    return etl("dead-letters", arguments[0], *MAPPING, *arguments[1:], site=site)


def novelties(site: Site) -> dict[str, str]:
    found = site.database["etl_dead_letters"].find({"hash": {"$exists": True}}, {"origin": True, "novelty": True})
    return {letter["origin"]: letter["novelty"] for letter in found}


def last_run(site: Site) -> Any:
    return past_runs(site.mapping, site.settings, quiet_log(), most=1)[0]


def test_an_unchanged_bad_file_alarms_once_and_what_is_new_alarms_again(site: Site) -> None:
    site.client_sends(7, isDone="yes")
    first = run(site)
    assert (first.returncode, first.stdout) == (1, "inbound: 1 read = 1 rejected\n")
    assert first.stderr.count("rejected direction=inbound record=7.json") == 1

    again = run(site)
    assert (again.returncode, again.stdout) == (0, "inbound: 1 read = 1 rejected (known)\n")
    assert "record=7.json" not in again.stderr
    assert "known: rejected as before; see `etl dead-letters list` direction=inbound count=1" in again.stderr
    assert (last_run(site).exit_code, last_run(site).directions["inbound"]["novelty"]) == (
        0,
        {"rejected": {"new": 0, "known": 1, "acknowledged": 0}},
    )
    assert run(site, FAIL_ON="all").returncode == 1

    site.client_sends(8, isDone="yes")
    (more,) = site.reports(directions=INBOUND)
    assert (more.as_line(), more.is_alarming()) == ("inbound: 2 read = 2 rejected (1 known)", True)
    (cause,) = last_run(site).directions["inbound"]["rejected"]
    assert (cause["count"], cause["new"]) == (2, 1)

    site.client_sends(7, isDone="yes", summary="edited")
    assert site.reports(directions=INBOUND)[0].new() == 1
    assert site.reports(directions=INBOUND)[0].new() == 0


def test_a_bad_record_that_comes_every_night_in_another_file_is_known(site: Site) -> None:
    """Where its key can be read, it is the same record; two broken files of the same bytes are two."""
    site.client_sends(7, "monday.json", isDone="yes")
    (site.inbound / "broken.json").write_text("{")
    site.run()
    (site.inbound / "monday.json").rename(site.inbound / "tuesday.json")
    (site.inbound / "other.json").write_text("{")
    assert site.reports()[0].as_line() == "inbound: 3 read = 3 rejected (2 known)"
    assert novelties(site)["tuesday.json"] == "known"
    assert novelties(site)["other.json"] == "new"


def test_only_new_rejections_count_for_the_limit_and_those_of_a_run_that_was_stopped_stay_new(site: Site) -> None:
    for number in range(1, 4):
        site.client_sends(number, isDone="yes")
    site.settings = replace(site.settings, max_rejected=Limit(2))
    for _ in range(2):
        with pytest.raises(LimitError, match="3 of 3 records were rejected, and MAX_REJECTED is 2"):
            site.run(directions=INBOUND)
    assert letters(site, "ack", "--reason", "isDone").stdout == "3 dead letters acknowledged\n"
    (report,) = site.reports(directions=INBOUND)
    assert report.as_line() == "inbound: 3 read = 3 rejected (acknowledged)"
    for number in range(4, 7):
        site.client_sends(number, isDone="yes")
    with pytest.raises(LimitError, match="3 of 6 records were rejected beside 3 that are known"):
        site.run(directions=INBOUND)


def test_an_acknowledged_letter_stays_so_until_its_record_says_something_else(site: Site) -> None:
    site.client_sends(7, isDone="yes")
    site.run()
    done = letters(site, "ack", "--all", "--by", "ana", "--note", "the client corrects it")
    assert done.stdout == "1 dead letter acknowledged\n"
    assert site.reports(directions=INBOUND)[0].as_line() == "inbound: 1 read = 1 rejected (acknowledged)"
    assert "UTC by ana: the client corrects it\n" in letters(site, "show", *ids(site)).stdout
    (listed,) = json.loads(letters(site, "list", "--json").stdout)
    assert (listed["novelty"], listed["acknowledged"]["by"], listed["attempts"]) == ("acknowledged", "ana", 2)
    site.client_sends(7, isDone="no")
    assert site.reports(directions=INBOUND)[0].is_alarming()
    assert sorted(letter["novelty"] for letter in json.loads(letters(site, "list", "--json").stdout)) == [
        "acknowledged",
        "new",
    ]


def ids(site: Site) -> list[str]:
    return [letter["_id"] for letter in site.database["etl_dead_letters"].find()]


def test_letters_are_counted_by_reason_file_and_age_and_replayed_by_reason(site: Site) -> None:
    for number in range(1, 8):
        site.client_sends(number, isDone="yes")
    site.client_sends(9, summary=None)
    (site.inbound / "b.json").write_bytes(b"\xff")
    told = run(site).stderr
    assert told.count("rejected direction=inbound record=") == 7, "five of one cause, and two others"
    assert "others are rejected for the same reason direction=inbound count=2 reason='isDone: expected" in told

    by_reason = letters(site, "list", "--by", "reason").stdout.splitlines()
    assert by_reason[0].split()[:2] == ["7", "isDone:type"]
    assert "expected boolean or null" in by_reason[0]
    assert {line.split()[1] for line in by_reason[1:]} == {"summary:type", "json"}
    assert len(letters(site, "list", "--by", "file").stdout.splitlines()) == 9
    (age,) = json.loads(letters(site, "list", "--by", "age", "--json").stdout)
    assert (age["name"], age["count"], age["new"], len(age["named"])) == ("less than a day", 9, 9, 3)
    assert len(letters(site, "list", "--reason", "summary:type").stdout.splitlines()) == 1

    again = letters(site, "replay", "--reason", "isDone:type")
    assert (again.returncode, again.stdout) == (1, "inbound: 7 read = 7 rejected (known)\n")
    assert letters(site, "drop", "--reason", "json").stdout == "1 dead letter dropped\n"


def test_a_conflict_that_waits_alarms_once(policy: Policy) -> None:
    site = policy("{wins: review}")
    site.client_sends(7, summary="one")
    site.run()
    site.technician_edits(7, title="Technician's")
    site.client_sends(7, summary="two")
    (inbound, outbound) = site.reports()
    assert (inbound.as_line(), inbound.is_alarming()) == ("inbound: 1 read = 1 conflict", True)
    assert outbound.is_alarming()
    (inbound, outbound) = site.reports()
    assert (inbound.as_line(), inbound.is_alarming()) == ("inbound: 1 read = 1 conflict (known)", False)
    assert not outbound.is_alarming()
    assert last_run(site).exit_code == 0
    assert inbound.is_alarming(of_all=True)
    assert inbound.novelties.total() == 1
    assert {novelty for _, novelty in inbound.novelties} == {Novelty.KNOWN}


def test_a_list_for_the_customer_says_what_was_rejected_where_it_is_why_and_what_would_be_right(site: Site) -> None:
    using(site, "csv")
    head = "orderNo;summary;creationDate;state;Removed On"
    rows = ["1;Pump;2025-01-02;open;", "2;Fan;2025-01-02;=half;soon", "3;Belt;2025-01-02;open;;more", "4;Saw;;open;"]
    (site.inbound / "orders.csv").write_text("\n".join([head, *rows, ""]))
    site.settings = replace(site.settings, rejects_csv=True)
    site.run()
    (file,) = site.outbound.glob("rejects_*.csv")
    assert file.stem == f"rejects_{last_run(site).id}"
    listed = [list(line.values()) for line in csv.DictReader(file.read_text("utf-8-sig").splitlines())]
    assert listed == [
        ["orders.csv", "3", "2", "state", 'it is "=half"', 'send one of "open", "closed"', ""],
        ["orders.csv", "3", "2", '"Removed On"', 'it is "soon"', "send a date as YYYY-MM-DD", ""],
        ["orders.csv", "4", "3", "", "it has 6 values, and the header has 5", "", ""],
        ["orders.csv", "5", "4", "creationDate", "is required", "send a value", ""],
    ]
    site.run()
    assert list(site.outbound.glob("rejects_*.csv")) == [file], "nothing is new"
    (site.inbound / "=more.csv").write_text(f"{head}\n5;Lamp;2025-01-02;shut;\n")
    site.run()
    (latest,) = set(site.outbound.glob("rejects_*.csv")) - {file}
    first, *others = csv.DictReader(latest.read_text("utf-8-sig").splitlines())
    assert (first["file"], first["known"]) == ("'=more.csv", ""), "no spreadsheet takes it for a formula"
    assert {line["known"] for line in others} == {"known"}


@pytest.mark.parametrize(
    ("code", "message", "reason", "fix"),
    [
        ("type", 'expected string or null, found "a, found b"', 'it is "a, found b"', "send string or null"),
        ("enum", '"on" is not one of "a", "b"', 'it is "on"', 'send one of "a", "b"'),
        ("minLength", '"x" has 1 characters; minLength is 2', '"x" has 1 characters', "send at least 2 characters"),
        ("maximum", "5 is more than 3", "it is 5", "send at most 3"),
        ("form", "it has no zone; write +01:00", "it has no zone", "write +01:00"),
        ("other", "it cannot be", "it cannot be", ""),
    ],
)
def test_a_reason_and_its_fix_are_told_apart(code: str, message: str, reason: str, fix: str) -> None:
    assert reason_and_fix(Violation("path", code, message)) == (reason, fix)
