"""Dead letters: what is rejected is kept, whole, can be replayed, and goes when it has gone well."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from etl.app import acknowledge
from etl.app.opening import quiet_log
from tests.support.client_files import as_lines, put, with_files
from tests.support.command_line import MAPPING, etl
from tests.support.plans import applied
from tests.support.site import INBOUND, OUTBOUND, Site, client_record

CREATED = datetime(2025, 1, 2, tzinfo=UTC)


def kept(site: Site) -> list[dict[str, Any]]:
    return list(site.database["etl_dead_letters"].find().sort("first", 1))


def sends_bad(site: Site, number: int, **fields: Any) -> str:
    site.client_sends(number, **{"isDone": "yes", "summary": None, **fields})
    return (site.inbound / f"{number}.json").read_text()


def dead_letters(site: Site, *arguments: str) -> Any:
    subcommand, *others = arguments
    return etl("dead-letters", subcommand, *MAPPING, *others, site=site)


def test_a_rejected_record_is_kept_whole_with_every_reason(site: Site) -> None:
    text = sends_bad(site, 7)
    assert site.run(directions=INBOUND) == {"inbound": {"read": 1, "rejected": 1}}
    (letter,) = kept(site)
    assert letter["content"].decode() == text
    assert letter["violations"] == [
        {"path": "isDone", "code": "type", "message": 'expected boolean or null, found "yes"'},
        {"path": "summary", "code": "type", "message": "expected string, found null"},
    ]
    named = {
        name: letter[name] for name in ("mapping", "collection", "direction", "origin", "stage", "attempts", "key")
    }
    assert named == {
        "mapping": "tracos_client",
        "collection": "workorders",
        "direction": "inbound",
        "origin": "7.json",
        "stage": "source schema",
        "attempts": 1,
        "key": [7],
    }
    assert letter["first"] == letter["last"]
    assert len(letter["hash"]) == 32


def test_the_same_bad_file_on_every_run_raises_the_attempts_and_not_the_number(site: Site) -> None:
    sends_bad(site, 7)
    for _ in range(3):
        site.run()
    (letter,) = kept(site)
    assert letter["attempts"] == 3
    assert letter["first"] < letter["last"]


def test_another_bad_content_of_the_same_file_is_another_letter_and_a_good_one_clears_both(site: Site) -> None:
    first = sends_bad(site, 7)
    site.run()
    second = sends_bad(site, 7, isDone="no")
    site.run()
    assert [letter["content"].decode() for letter in kept(site)] == [first, second]
    site.client_sends(7)
    site.run()
    assert kept(site) == []


def test_a_record_that_comes_again_in_another_file_clears_its_letter(site: Site) -> None:
    sends_bad(site, 7)
    site.run()
    (site.inbound / "7.json").unlink()
    site.client_sends(7, "corrected.json")
    site.run()
    assert kept(site) == []


def test_what_is_rejected_in_a_file_that_nobody_has_read_again_keeps_its_letter(site: Site) -> None:
    """Only an import that has read the file itself knows whether it is rejected still."""
    with_files(site, '{inbound: {match: "*.jsonl", quiet: 60s}, outbound: "{run}_{part}.jsonl", format: json_lines}')
    bad = as_lines(client_record(1), client_record(2, summary=None), client_record(3, summary=None))
    put(site.inbound, "a.jsonl", bad, 3600)
    site.run()
    assert acknowledge(site.mapping, site.settings, quiet_log(), by="ana") == 2

    def letters() -> list[tuple[str, str]]:
        return sorted((letter["origin"], letter["acknowledged"]["by"]) for letter in kept(site))

    both = [("a.jsonl:2", "ana"), ("a.jsonl:3", "ana")]
    put(site.inbound, "b.jsonl", as_lines(client_record(2)), 3600)
    assert applied(site)[0][0] == {"read": 1, "created": 1}
    assert letters() == both, "an applied plan reads only what was planned"
    put(site.inbound, "b.jsonl", as_lines(client_record(2), client_record(3)), 3600)
    assert etl("run", "--key", "3", "--mapping", str(site.mapping.file), site=site).returncode == 1
    assert letters() == both, "a run of one record reads no other one"
    line = site.reports(directions=INBOUND)[0].as_line()
    assert line == "inbound: 5 read = 3 unchanged, 2 rejected (acknowledged)"

    put(site.inbound, "a.jsonl", bad, 5)
    (site.inbound / "b.jsonl").rename(site.inbound / "0.jsonl")
    put(site.inbound, "0.jsonl", as_lines(client_record(2, summary="Fan"), client_record(3, summary="Fan")), 3600)
    assert site.reports(directions=INBOUND)[0].as_dict()["updated"] == 2
    assert letters() == both, "a file that waits is not read"
    (site.inbound / "a.jsonl").unlink()
    put(site.inbound, "0.jsonl", as_lines(client_record(2, summary="Pipe")), 3600)
    assert applied(site)[0][0] == {"read": 1, "updated": 1}
    assert letters() == both[1:], "what is not there any more is not rejected again"


def test_a_record_that_was_accepted_before_does_not_clear_a_later_letter(site: Site) -> None:
    """The good file says what it said; the bad one brought news, which nobody has taken in yet."""
    site.client_sends(7, "good.json")
    site.run()
    sends_bad(site, 7)
    site.run()
    (site.inbound / "7.json").unlink()
    site.run()
    assert [letter["origin"] for letter in kept(site)] == ["7.json"]


def test_bytes_that_are_no_text_are_kept_as_bytes(site: Site) -> None:
    raw = b'{"orderNo": 7, "summary": "\xff\xfe"}'
    (site.inbound / "7.json").write_bytes(raw)
    site.run()
    (letter,) = kept(site)
    assert letter["content"] == raw
    assert letter["stage"] == "read"


def test_what_cannot_be_read_at_all_is_still_a_letter(site: Site) -> None:
    (site.inbound / "folder.json").mkdir()
    site.run()
    (letter,) = kept(site)
    assert "content" not in letter
    assert letter["violations"][0]["message"] == "cannot be read: Is a directory"


def test_an_outbound_record_is_kept_as_extended_json_and_cleared_when_it_goes_out(site: Site) -> None:
    document = {"number": 7, "title": 7, "status": "pending", "createdAt": CREATED, "crew": {"size": 3}}
    site.work_orders.insert_one(document)
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 1, "rejected": 1}}
    (letter,) = kept(site)
    assert (letter["direction"], letter["origin"], letter["stage"]) == ("outbound", "number 7", "source schema")
    assert letter["document"] == document["_id"]
    content = json.loads(letter["content"])
    assert content["number"] == {"$numberInt": "7"}
    assert content["createdAt"] == {"$date": {"$numberLong": str(int(CREATED.timestamp() * 1000))}}
    site.work_orders.update_one({"number": 7}, {"$set": {"title": "Pump"}})
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 1, "created": 1}}
    assert kept(site) == []


@pytest.mark.untouched
def test_an_element_that_mongodb_refuses_is_a_letter_of_the_write(site: Site) -> None:
    site.database.create_collection("workorders", validator={"title": {"$ne": "poison"}})
    for number in range(1, 6):
        site.client_sends(number, summary="poison" if number == 3 else f"Pump {number}")
    assert site.run(directions=INBOUND) == {"inbound": {"read": 5, "created": 4, "rejected": 1}}
    (letter,) = kept(site)
    assert (letter["origin"], letter["stage"]) == ("3.json", "write")
    assert "refused" in letter["violations"][0]["message"]


def test_letters_are_listed_shown_exported_and_dropped(site: Site) -> None:
    text = sends_bad(site, 7)
    (site.inbound / "8.json").write_bytes(b"\xff")
    site.run(directions=INBOUND)
    seven, eight = sorted(kept(site), key=lambda letter: str(letter["origin"]))

    listed = dead_letters(site, "list").stdout.splitlines()
    assert len(listed) == 2
    assert any(line.startswith(f"{seven['_id'][:8]}  inbound   7.json  1x  20") for line in listed)
    assert any(line.endswith('isDone: expected boolean or null, found "yes" (+1 more)') for line in listed)
    assert dead_letters(site, "list", "--direction", "outbound").stdout == ""

    shown = dead_letters(site, "show", seven["_id"][:8]).stdout
    assert text in shown
    assert "summary: expected string, found null" in shown

    exported = [json.loads(line) for line in dead_letters(site, "export", "--all").stdout.splitlines()]
    by_origin = {letter["origin"]: letter for letter in exported}
    assert by_origin["7.json"]["content"] == text
    assert by_origin["8.json"]["content_base64"] == "/w=="

    for command in ("show", "export", "replay", "ack", "drop"):
        done = dead_letters(site, command, seven["_id"], "zz")
        assert (done.returncode, done.stdout) == (1, ""), command
        assert "there is no dead letter zz: see `etl dead-letters list`" in done.stderr
        assert "there is no dead letter of an empty id" in dead_letters(site, command, "").stderr
    assert [letter["attempts"] for letter in kept(site)] == [1, 1]

    assert dead_letters(site, "drop", eight["_id"]).stdout == "1 dead letter dropped\n"
    assert [letter["_id"] for letter in kept(site)] == [seven["_id"]]


@pytest.mark.untouched
def test_a_replayed_record_that_goes_well_arrives_and_its_letter_goes(site: Site) -> None:
    """MongoDB refused it for a rule that has been corrected since; the client has taken its file away."""
    site.database.create_collection("workorders", validator={"title": {"$ne": "Pump 7"}})
    site.client_sends(7)
    site.run()
    (site.inbound / "7.json").unlink()

    again = dead_letters(site, "replay", "--all")
    assert (again.returncode, again.stdout) == (1, "inbound: 1 read = 1 rejected (known)\n")
    assert kept(site)[0]["attempts"] == 2

    site.database.command("collMod", "workorders", validator={})
    done = dead_letters(site, "replay", kept(site)[0]["_id"][:8])
    assert (done.returncode, done.stdout) == (0, "inbound: 1 read = 1 created\n")
    assert site.work_order(7)["title"] == "Pump 7"
    assert kept(site) == []
    assert dead_letters(site, "replay", "--all").stdout == "there is nothing to replay\n"


@pytest.mark.untouched
def test_replaying_one_letter_leaves_the_other_of_the_same_file(site: Site) -> None:
    site.database.create_collection("workorders", validator={"title": {"$not": {"$in": ["old", "new"]}}})
    site.client_sends(7, summary="old")
    site.run()
    site.client_sends(7, summary="new")
    site.run()
    old, _ = kept(site)
    site.database.command("collMod", "workorders", validator={"title": {"$ne": "new"}})
    assert dead_letters(site, "replay", old["_id"]).returncode == 0
    assert [json.loads(letter["content"])["summary"] for letter in kept(site)] == ["new"]


def test_an_outbound_letter_is_replayed_as_its_document_is_now(site: Site) -> None:
    site.work_orders.insert_one({"number": 7, "title": 7, "status": "pending", "createdAt": CREATED})
    site.run()
    site.work_orders.update_one({"number": 7}, {"$set": {"title": "Pump"}})
    done = dead_letters(site, "replay", "--all")
    assert (done.returncode, done.stdout) == (0, "outbound: 1 read = 1 created\n")
    assert site.client_gets(7)["summary"] == "Pump"
    assert kept(site) == []


@pytest.mark.parametrize("subcommand", ["replay", "drop", "export"])
def test_letters_are_named_or_all_are_meant(site: Site, subcommand: str) -> None:
    for arguments in ([], ["3f9a", "--all"]):
        wrong = dead_letters(site, subcommand, *arguments)
        assert wrong.returncode == 2
        assert "name letters by their ids, or say --reason, or --all" in wrong.stderr


def test_a_number_that_would_be_rounded_is_refused_and_kept(site: Site) -> None:
    text = json.dumps(client_record(7) | {"serial": 2**64})
    (site.inbound / "7.json").write_text(text)
    site.run()
    (letter,) = kept(site)
    assert letter["violations"][0]["message"] == (
        "the number 18446744073709551616 has more than 64 bits; write it as text"
    )
    assert letter["content"].decode() == text
