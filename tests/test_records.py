"""Records that lie in a document: read, kept, replayed and remembered on a real MongoDB, as any others are."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from etl import load_mapping
from etl.app import replay
from etl.app.opening import quiet_log
from tests.support.client_files import as_lines, kept, with_files
from tests.support.command_line import Done, etl
from tests.support.site import INBOUND, Site, client_record

FILES = '{inbound: "*.json", outbound: "workorder_{orderNo}.json", records: [d.results, d]}'
PLAIN = '{inbound: "*.json", outbound: "workorder_{orderNo}.json"}'


def page(*records: Any, **beside: Any) -> bytes:
    """Return records in the envelope of an API's list answer."""
    return json.dumps({"count": len(records), "d": {"next": None, "results": records, **beside}}).encode()


def deliver(site: Site, content: bytes, name: str = "page.json") -> Path:
    file = site.inbound / name
    file.write_bytes(content)
    os.utime(file, (0, 0))  # nobody is writing to it any more
    return file


def command(site: Site, *arguments: str, stdin: str = "") -> Done:
    return etl(arguments[0], "--mapping", "mapping.yaml", *arguments[1:], site=site, stdin=stdin)


def run(site: Site) -> str:
    return command(site, "run", "--direction", "inbound").stdout


def replayed(site: Site) -> dict[str, int]:
    (report,) = replay(site.mapping, site.settings, quiet_log())
    return {name: count for name, count in report.as_dict().items() if count}


def numbers(site: Site) -> list[int]:
    return sorted(document["number"] for document in site.work_orders.find())


def test_the_records_of_a_page_go_in_and_come_back_out_as_files_of_one(site: Site) -> None:
    with_files(site, FILES)
    deliver(site, page(client_record(1), client_record(2)))
    deliver(site, json.dumps({"d": client_record(3)}).encode(), "single.json")
    done = command(site, "run")
    assert done.stdout == "inbound: 3 read = 3 created\noutbound: 3 read = 3 created\n"
    assert numbers(site) == [1, 2, 3]
    assert site.client_gets(2)["summary"] == "Pump 2"
    assert command(site, "run").stdout == "inbound: 3 read = 3 unchanged\noutbound: 0 read\n"


def test_a_record_is_named_by_its_place_in_the_plan_the_letters_and_the_log(site: Site) -> None:
    with_files(site, FILES)
    deliver(site, page(client_record(1), client_record(2, creationDate="yesterday"), client_record(3)))
    planned = command(site, "plan")
    assert "page.json:d.results[1]" in planned.stdout
    done = command(site, "run", "--direction", "inbound")
    assert (done.returncode, done.stdout) == (1, "inbound: 3 read = 2 created, 1 rejected\n")
    assert "page.json:d.results[1]" in done.stderr
    (letter,) = kept(site)
    assert letter.origin == "page.json:d.results[1]"
    assert letter.content is not None
    assert json.loads(letter.content) == client_record(2, creationDate="yesterday")
    assert replayed(site) == {"read": 1, "rejected": 1}

    (site.inbound / "page.json").unlink()  # what is kept needs no file
    content = letter.content.replace(b"yesterday", b"2025-01-02")
    site.database["etl_dead_letters"].update_one({"_id": letter.id}, {"$set": {"content": content}})
    assert replayed(site) == {"read": 1, "created": 1}
    assert kept(site) == []
    assert numbers(site) == [1, 2, 3]


def test_a_corrected_page_clears_the_letter_of_its_record(site: Site) -> None:
    with_files(site, FILES)
    deliver(site, page(client_record(1), client_record(2, creationDate="yesterday")))
    assert "1 rejected" in run(site)
    deliver(site, page(client_record(1), client_record(2)))
    assert run(site) == "inbound: 2 read = 1 created, 1 unchanged\n"
    assert kept(site) == []


def test_a_page_without_its_envelope_is_rejected_and_not_taken_for_an_empty_one(site: Site) -> None:
    with_files(site, FILES)
    deliver(site, page(client_record(1)), "1.json")
    deliver(site, b'{"error": {"code": 500, "message": "try again"}}', "2.json")
    deliver(site, b'{"d": {"results": []}}', "3.json")
    done = command(site, "run", "--direction", "inbound")
    assert (done.returncode, done.stdout) == (1, "inbound: 2 read = 1 created, 1 rejected\n")
    assert (
        "no object and no list is at any of d.results, d: the document has error; correct records in the mapping, "
        "or the file" in done.stderr
    )
    (letter,) = kept(site)
    assert letter.origin == "2.json"
    assert replayed(site) == {"read": 1, "rejected": 1}
    deliver(site, page(client_record(2), client_record(3)), "2.json")
    assert replayed(site) == {"read": 2, "created": 2}
    assert kept(site) == []


def test_the_letter_of_a_page_goes_when_a_whole_one_is_read(site: Site) -> None:
    with_files(site, FILES)
    deliver(site, page(client_record(1))[:-20])
    assert "rejected" in run(site)
    assert len(kept(site)) == 1
    deliver(site, page(client_record(1)))
    assert "rejected" not in run(site)
    assert kept(site) == []


@pytest.mark.parametrize("cut", [5, 30, 200])
def test_a_page_that_is_still_being_written_waits(site: Site, cut: int) -> None:
    with_files(site, FILES)
    whole = page(client_record(1), client_record(2), count=2)
    (site.inbound / "page.json").write_bytes(whole[:cut])
    waiting = command(site, "run", "--direction", "inbound")
    assert "may not be whole yet, and waits" in waiting.stdout
    assert waiting.returncode == 0
    assert kept(site) == []
    deliver(site, whole)
    command(site, "run", "--direction", "inbound")
    assert numbers(site) == [1, 2]


def test_an_envelope_twice_is_said(site: Site) -> None:
    with_files(site, FILES)
    first = page(client_record(1))[:-1]
    deliver(site, first + b"," + page(client_record(2))[1:])
    done = command(site, "run", "--direction", "inbound")
    assert done.stdout == "inbound: 2 read = 1 created, 1 rejected\n"
    assert '"d" is there twice; keep one of them' in done.stderr
    assert numbers(site) == [1]


def test_what_is_broken_inside_the_list_costs_only_what_follows(site: Site) -> None:
    with_files(site, FILES)
    whole = page(*(client_record(number) for number in range(1, 6)))
    deliver(site, whole.replace(b'"orderNo": 4', b'"orderNo" 4'))
    assert run(site) == "inbound: 4 read = 3 created, 1 rejected\n"
    (letter,) = kept(site)
    assert letter.origin == "page.json:d.results[3]"
    deliver(site, whole)
    assert replayed(site) == {"read": 2, "created": 2}
    assert numbers(site) == [1, 2, 3, 4, 5]


def test_of_one_key_twice_in_a_page_the_last_counts(site: Site) -> None:
    with_files(site, FILES)
    deliver(site, page(client_record(1, summary="old"), client_record(2), client_record(1, summary="new")))
    assert run(site) == "inbound: 3 read = 2 created, 1 superseded\n"
    assert site.work_order(1)["title"] == "new"
    assert run(site) == "inbound: 3 read = 2 unchanged, 1 superseded\n"


def test_a_page_that_was_read_is_no_news_when_an_edit_was_made_since(site: Site) -> None:
    with_files(site, FILES)
    deliver(site, page(client_record(1)), "page_1.json")
    run(site)
    deliver(site, page(client_record(1, summary="second")), "page_2.json")
    assert run(site) == "inbound: 2 read = 1 updated, 1 superseded\n"
    site.technician_edits(1, title="by hand")
    assert "updated" not in run(site)
    assert site.work_order(1)["title"] == "by hand"


def test_plan_and_apply_verify_and_rebuild_know_records_in_a_page(site: Site) -> None:
    with_files(site, FILES)
    deliver(site, page(client_record(1), client_record(2)))
    plan = command(site, "plan", "--out", "plan.json")
    assert plan.returncode in (0, 2), plan.stderr
    assert not numbers(site)
    applied = command(site, "apply", "plan.json")
    assert "2 created" in applied.stdout, applied.stderr
    assert numbers(site) == [1, 2]
    command(site, "run")
    verified = command(site, "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    site.database["etl_state"].drop()
    rebuilt = etl("state", "rebuild", "--mapping", "mapping.yaml", site=site)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert run(site) == "inbound: 2 read = 2 unchanged\n"


def test_every_line_may_be_a_page(site: Site) -> None:
    with_files(site, '{inbound: "*.jsonl", outbound: "{run}_{part}.jsonl", format: json_lines, records: [list, "$"]}')
    lines = as_lines({"list": [client_record(1), client_record(2, creationDate="no")]}, client_record(3), {"list": []})
    deliver(site, lines, "a.jsonl")
    assert command(site, "run").stdout == ("inbound: 3 read = 2 created, 1 rejected\noutbound: 2 read = 2 created\n")
    assert [letter.origin for letter in kept(site)] == ["a.jsonl:1:list[1]"]
    (written,) = site.outbound.iterdir()
    assert [json.loads(line)["orderNo"] for line in written.read_bytes().splitlines()] == [1, 3]


def test_the_first_page_of_a_new_customer_names_the_line_to_write(site: Site) -> None:
    with_files(site, PLAIN)
    deliver(site, page(client_record(1), client_record(2)))
    done = command(site, "run", "--direction", "inbound")
    assert done.stdout == "inbound: 1 read = 1 rejected\n"
    assert "write records: d.results under files" in done.stderr
    explained = command(site, "explain", "--direction", "inbound", "inbound/page.json")
    assert "write records: d.results under files" in explained.stdout
    with_files(site, PLAIN.replace('}"}', '}", records: d.results}').replace('json"}', 'json", records: d.results}'))
    assert replayed(site) == {"read": 2, "created": 2}
    assert kept(site) == []
    assert run(site) == "inbound: 2 read = 2 unchanged\n"


def test_a_page_that_is_a_list_names_the_line_to_write(site: Site) -> None:
    with_files(site, PLAIN)
    deliver(site, json.dumps([client_record(1), client_record(2)]).encode())
    done = command(site, "run", "--direction", "inbound")
    assert "write records: $ under files" in done.stderr
    with_files(site, PLAIN.replace('json"}', 'json", records: "$"}'))
    assert replayed(site) == {"read": 2, "created": 2}
    assert kept(site) == []


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ("d", "write records: d.results under files"),
        ('[list, "$"]', "records under files has to lead there, to d.results of what it names"),
        ("d.results", None),
    ],
)
def test_records_that_lie_deeper_than_the_mapping_says_are_told(site: Site, records: str, said: str | None) -> None:
    with_files(site, PLAIN.replace('json"}', f'json", records: {records}}}'))
    deliver(site, page(client_record(1), {"summary": "no number"}))
    done = command(site, "run", "--direction", "inbound")
    assert (said or "orderNo: is required") in done.stderr
    assert ("seem to lie" in done.stderr) == (said is not None)


def test_explain_and_translate_read_what_a_run_reads(site: Site) -> None:
    with_files(site, FILES)
    deliver(site, page(client_record(1), client_record(2), client_record(3, creationDate="no")))
    first = command(site, "explain", "inbound/page.json")
    assert "taken as inbound: page.json:d.results[0]" in first.stderr
    assert '"number": 1' in first.stdout
    assert '"number": 2' in command(site, "explain", "inbound/page.json:d.results[1]").stdout
    rejected = command(site, "explain", "inbound/page.json:d.results[2]")
    assert (rejected.returncode, "rejected:" in rejected.stdout) == (1, True)
    none = command(site, "explain", "inbound/page.json:d.results[3]")
    assert (none.returncode, none.stderr) == (4, "inbound/page.json has no record page.json:d.results[3]\n")
    piped = command(site, "explain", "--direction", "inbound", "-", stdin=json.dumps(client_record(5)))
    assert '"number": 5' in piped.stdout
    made = command(site, "translate", "--direction", "inbound", "inbound/page.json")
    assert [json.loads(line)["number"] for line in made.stdout.splitlines()] == [1, 2]
    assert made.stderr.startswith("page.json:d.results[2]: creationDate: ")
    work_order = {"number": 7, "title": "Pump", "status": "on_hold", "createdAt": "2025-01-02T06:04:05Z"}
    (site.folder / "work_order.json").write_text(json.dumps(work_order))
    assert '"orderNo": 7' in command(site, "explain", "work_order.json").stdout
    gone = command(site, "explain", "inbound/other.json")
    assert (gone.returncode, gone.stderr) == (4, "inbound/other.json cannot be read: there is no such file\n")
    for name in ("x" * 5000, "inbound", "/"):
        done = command(site, "explain", name)
        assert (done.returncode, done.stderr) == (4, f"{name} cannot be read: there is no such file\n")


def test_sample_writes_pages_and_the_page_of_a_mapping_says_where_records_lie(site: Site) -> None:
    with_files(site, FILES)
    etl("sample", "--mapping", "mapping.yaml", "--count", "3", site=site)
    (file,) = site.inbound.iterdir()
    assert len(json.loads(file.read_bytes())["d"]["results"]) == 3
    assert site.run(directions=INBOUND)["inbound"]["read"] == 3
    said = etl("docs", "mapping.yaml", site=site).stdout
    assert "in each file they lie at `d.results` or `d`, of these the first that is there" in said


def test_the_formatter_keeps_the_order_of_paths(site: Site) -> None:
    with_files(site, '{records: [d.results, "$"], encoding: cp1252, outbound: "{orderNo}.json", inbound: "*.json"}')
    assert etl("fmt", "mapping.yaml", site=site).returncode in (0, 1)
    assert "records: [d.results, $]" in (site.folder / "mapping.yaml").read_text().replace('"$"', "$")
    assert load_mapping(site.folder / "mapping.yaml").files.records == (("d", "results"), ())
