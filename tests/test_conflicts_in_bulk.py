"""Many conflicts at once: they are chosen by rule and by what the client says, decided in one start, and signed."""

from __future__ import annotations

import pytest

from tests.support.conflicts import Policy, command, log, signed
from tests.support.site import INBOUND, Site

MANY = range(1, 41)


@pytest.fixture
def waiting(policy: Policy) -> Site:
    """Forty work orders whose title, and of every fourth the status too, both sides have changed."""
    site = policy("{wins: review}")
    for number in MANY:
        site.client_sends(number)
    site.run()
    for number in MANY:
        ours, theirs = ({"status": "on_hold"}, {"isCanceled": True}) if number % 4 == 0 else ({}, {})
        site.technician_edits(number, title=f"Technician's {number}", **ours)
        site.client_sends(number, None, summary=f"Client's {number}", **theirs)
    assert site.run(directions=INBOUND)["inbound"]["conflict"] == len(MANY)
    return site


def open_keys(site: Site) -> list[int]:
    return sorted(entry["key"][0] for entry in log(site, open=True))


def test_every_open_conflict_is_resolved_in_one_start(waiting: Site) -> None:
    done = command(waiting, "conflicts", "resolve", "--all", "--take", "client", "--by", "ana", "--note", "agreed")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "inbound: 40 read = 40 updated"
    assert open_keys(waiting) == []
    assert {waiting.work_order(number)["title"] for number in MANY} == {f"Client's {number}" for number in MANY}
    assert {said[1:] for said in signed(waiting)} == {("ana", "agreed")}
    assert len(list(waiting.database["etl_runs"].find({"command": "resolve"}))) == 1


def test_conflicts_are_chosen_by_a_rule_of_either_side(waiting: Site) -> None:
    for name in ("status", "isCanceled"):
        listed = command(waiting, "conflicts", "list", "--rule", name).stdout.splitlines()
        assert len(listed) == len(MANY) // 4
    done = command(waiting, "conflicts", "resolve", "--rule", "status", "--take", "tracos")
    assert done.returncode == 0, done.stderr
    assert open_keys(waiting) == [number for number in MANY if number % 4]
    assert waiting.work_order(8)["title"] == "Technician's 8"
    assert waiting.client_gets(8)["summary"] == "Technician's 8"


def test_conflicts_are_chosen_by_what_the_client_says(waiting: Site) -> None:
    done = command(waiting, "conflicts", "resolve", "--where", "orderNo > `38`", "--take", "client")
    assert done.returncode == 0, done.stderr
    assert open_keys(waiting) == list(MANY)[:-2]


def test_who_decided_and_why_is_shown(waiting: Site) -> None:
    command(waiting, "conflicts", "resolve", "7", "--take", "tracos", "--by", "ana", "--note", "as on the phone")
    assert "by ana: as on the phone" in command(waiting, "conflicts", "show", "7").stdout
    (line,) = [
        line for line in command(waiting, "conflicts", "list", "--decided").stdout.splitlines() if " 7 " in line[:14]
    ]
    assert line.endswith("by ana")


def test_the_list_is_sorted_as_asked(waiting: Site) -> None:
    listed = command(waiting, "conflicts", "list", "--sort", "key").stdout.splitlines()
    assert [int(line.split()[1]) for line in listed] == list(MANY)
    by_rule = command(waiting, "conflicts", "list", "--sort", "rule").stdout.splitlines()
    assert by_rule.index(next(line for line in by_rule if "status" in line)) in (0, len(MANY) * 3 // 4)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--take", "client"), 2, "name a key, choose conflicts with --rule or --where, or say --all"),
        (("7", "--all", "--take", "client"), 2, "name a key, choose conflicts with --rule or --where, or say --all"),
        (("--rule", "titel", "--take", "client"), 3, "titel is no rule of tracos_client; did you mean title"),
        (("--where", "orderNo >", "--take", "client"), 3, "orderNo > is no expression"),
        (("--where", "orderNo > `99`", "--take", "client"), 1, "there is no such open conflict"),
        (("7", "--take", "client", "--by", "ana\x1b[2J"), 2, "write one line of text"),
    ],
)
def test_what_chooses_nothing_is_said(waiting: Site, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = command(waiting, "conflicts", "resolve", *arguments)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert len(open_keys(waiting)) == len(MANY)
