"""Files of many records on a real MongoDB: there and back, rejected by line, kept and replayed."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from etl import EndpointError
from etl.app import apply_plan, plan, replay, write_sample
from etl.app.opening import quiet_log
from etl.endpoints.files.content import compressor
from etl.transfer.exporting import Export
from tests.support.client_files import as_array, as_lines, as_rows, kept, using, with_files
from tests.support.site import INBOUND, OUTBOUND, Site, client_record

KINDS = ("json_lines", "json_array", "csv")


def replayed(site: Site) -> dict[str, int]:
    (report,) = replay(site.mapping, site.settings, quiet_log())
    return {name: count for name, count in report.as_dict().items() if count}


WRITERS: dict[str, Callable[..., bytes]] = {"json_lines": as_lines, "json_array": as_array, "csv": as_rows}
ENDINGS = {"json_lines": "jsonl", "json_array": "json", "csv": "csv"}
PLACES = {"json_lines": "a.jsonl:2", "json_array": "a.json[1]", "csv": "a.csv:3"}


def put(site: Site, kind: str, *records: dict[str, Any]) -> Path:
    file = site.inbound / f"a.{ENDINGS[kind]}"
    file.write_bytes(WRITERS[kind](*records))
    return file


def sent(site: Site) -> list[bytes]:
    return [file.read_bytes() for file in sorted(site.outbound.iterdir())]


@pytest.mark.parametrize("kind", KINDS)
def test_records_go_in_and_come_back_out_in_the_order_of_their_keys(site: Site, kind: str) -> None:
    using(site, kind)
    put(site, kind, *(client_record(number) for number in (3, 1, 2)))

    assert site.run() == {"inbound": {"read": 3, "created": 3}, "outbound": {"read": 3, "created": 3}}

    assert site.work_order(2)["title"] == "Pump 2"
    (content,) = sent(site)
    assert re.findall(rb"Pump [0-9]", content) == [b"Pump 1", b"Pump 2", b"Pump 3"]
    site.settings = replace(site.settings, inbound=site.outbound, outbound=site.folder / "other")
    assert site.run(directions=INBOUND) == {"inbound": {"read": 3, "unchanged": 3}}


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_run_finds_nothing_to_do_and_writes_no_file(site: Site, kind: str) -> None:
    using(site, kind)
    put(site, kind, client_record(1), client_record(2))
    site.run()
    assert site.run() == {"inbound": {"read": 2, "unchanged": 2}, "outbound": {}}
    assert len(sent(site)) == 1


def test_every_batch_is_a_file_and_names_sort_as_keys_do(site: Site) -> None:
    using(site, "json_lines")
    put(site, "json_lines", *(client_record(number) for number in range(1, 6)))
    site.run(batch_size=2)
    numbers = [[json.loads(line)["orderNo"] for line in content.splitlines()] for content in sent(site)]
    assert numbers == [[1, 2], [3, 4], [5]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_rejected_record_is_named_by_its_place_kept_and_replayed_once_it_can_be_right(site: Site, kind: str) -> None:
    using(site, kind)
    file = put(site, kind, client_record(1), client_record(2, creationDate="yesterday"), client_record(3))

    assert site.run(directions=INBOUND) == {"inbound": {"read": 3, "created": 2, "rejected": 1}}

    (letter,) = kept(site)
    assert letter.origin == PLACES[kind]
    assert letter.content is not None
    assert b"yesterday" in letter.content
    assert b"Pump 1" not in letter.content
    assert replayed(site) == {"read": 1, "rejected": 1}
    assert [(again.id, again.attempts) for again in kept(site)] == [(letter.id, 2)]

    file.unlink()  # what is kept needs no file
    content = letter.content.replace(b"yesterday", b"2025-01-02")
    site.database["etl_dead_letters"].update_one({"_id": letter.id}, {"$set": {"content": content}})
    assert replayed(site) == {"read": 1, "created": 1}
    assert kept(site) == []
    assert site.work_order(2)["title"] == "Pump 2"


@pytest.mark.parametrize("kind", KINDS)
def test_a_corrected_file_clears_the_letter_of_its_record(site: Site, kind: str) -> None:
    using(site, kind)
    put(site, kind, client_record(1), client_record(2, creationDate="yesterday"))
    site.run(directions=INBOUND)
    put(site, kind, client_record(1), client_record(2))
    assert site.run(directions=INBOUND) == {"inbound": {"read": 2, "created": 1, "unchanged": 1}}
    assert kept(site) == []

    put(site, kind, client_record(1), client_record(2), client_record(3, creationDate="yesterday"))
    site.run(directions=INBOUND)
    assert [letter.key for letter in kept(site)] == [(3,)]
    put(site, kind, client_record(1))  # what was wrong is not there any more
    assert site.run(directions=INBOUND) == {"inbound": {"read": 1, "unchanged": 1}}
    assert kept(site) == []


def test_the_rest_of_a_file_that_was_cut_off_is_one_letter_that_is_replayed_from_the_whole_file(site: Site) -> None:
    with_files(site, '{inbound: "*.jsonl.gz", outbound: "{run}_{part}.jsonl.gz", format: json_lines}')
    whole = gzip.compress(as_lines(*(client_record(number) for number in range(1, 3001))))
    file = site.inbound / "a.jsonl.gz"
    file.write_bytes(whole[: len(whole) // 2])
    os.utime(file, (0, 0))  # nobody is writing to it any more
    counts = site.run(directions=INBOUND)["inbound"]
    created = counts["created"]
    assert counts == {"read": created + 1, "created": created, "rejected": 1}
    (letter,) = kept(site)
    assert letter.origin == f"a.jsonl.gz:{created + 1}"
    assert "the compressed data ends early" in str(letter.violations[0])
    assert replayed(site) == {"read": 1, "rejected": 1}

    (site.inbound / "a.jsonl.gz").write_bytes(whole)
    assert replayed(site) == {"read": 3000 - created, "created": 3000 - created}
    assert kept(site) == []
    assert site.work_orders.count_documents({}) == 3000


def test_a_whole_file_that_comes_later_clears_the_letter_of_its_rest(site: Site) -> None:
    using(site, "json_array")
    whole = as_array(client_record(1), client_record(2))
    (site.inbound / "a.json").write_bytes(whole[:-20])
    os.utime(site.inbound / "a.json", (0, 0))  # nobody is writing to it any more
    assert site.run(directions=INBOUND) == {"inbound": {"read": 2, "created": 1, "rejected": 1}}
    (site.inbound / "a.json").write_bytes(whole)
    assert site.run(directions=INBOUND) == {"inbound": {"read": 2, "created": 1, "unchanged": 1}}
    assert kept(site) == []


def test_a_line_that_was_too_large_is_replayed_alone(site: Site) -> None:
    using(site, "json_lines")
    site.settings = replace(site.settings, max_record_bytes=1000)
    put(site, "json_lines", client_record(1), client_record(2, summary="x" * 2000), client_record(3))
    site.run(directions=INBOUND)
    (letter,) = kept(site)
    assert (letter.origin, letter.content) == ("a.jsonl:2", None)
    put(site, "json_lines", client_record(4), client_record(2), client_record(5))
    assert replayed(site) == {"read": 1, "created": 1}
    assert kept(site) == []
    assert site.work_orders.count_documents({}) == 3


def test_a_file_that_cannot_be_read_is_one_letter_which_the_readable_file_clears(site: Site) -> None:
    using(site, "csv")
    (site.inbound / "a.csv").write_text("orderNo;;summary\n1;2;3\n")
    assert site.run(directions=INBOUND) == {"inbound": {"read": 1, "rejected": 1}}
    (letter,) = kept(site)
    assert (letter.origin, str(letter.violations[0])) == (
        "a.csv",
        "cannot be read: its header: column 2 has no name",
    )
    put(site, "csv", client_record(1))
    assert site.run(directions=INBOUND) == {"inbound": {"read": 1, "created": 1}}
    assert kept(site) == []


def test_a_letter_whose_file_is_gone_stays_and_says_so(site: Site) -> None:
    using(site, "json_lines")
    site.settings = replace(site.settings, max_record_bytes=1000)
    file = put(site, "json_lines", client_record(1, summary="x" * 2000))
    site.run(directions=INBOUND)
    file.unlink()
    assert replayed(site) == {"read": 1, "rejected": 1}
    (letter,) = kept(site)
    assert str(letter.violations[0]).startswith("cannot be read: it is not there any more, or not whole yet; drop this")
    assert letter.attempts == 2


def test_a_crash_between_a_file_and_its_marks_sends_the_records_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    using(site, "json_lines")
    put(site, "json_lines", client_record(1), client_record(2))
    site.run(directions=INBOUND)

    def crash(*_: Any) -> None:
        raise EndpointError("the power failed")

    with monkeypatch.context() as patch:
        patch.setattr(Export, "acknowledge", crash)
        with pytest.raises(EndpointError, match="the power failed"):
            site.run(directions=OUTBOUND)
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 2, "created": 2}}
    one, other = sent(site)
    assert one == other


@pytest.mark.parametrize("kind", KINDS)
def test_a_plan_of_files_of_many_records_says_what_is_sent_writes_nothing_and_can_be_applied(
    site: Site, kind: str
) -> None:
    using(site, kind)
    put(site, kind, client_record(1), client_record(2))
    made = plan(site.mapping, site.settings, quiet_log())
    assert [report.as_line() for report in made.reports] == [
        "inbound: 2 read = 2 created",
        "outbound: 2 read = 2 created",
    ]
    assert not site.outbound.exists()
    reports, missing = apply_plan(site.mapping, site.settings, quiet_log(), made)
    assert [report.as_line() for report in reports] == ["inbound: 2 read = 2 created", "outbound: 2 read = 2 created"]
    assert missing == []
    assert len(sent(site)) == 1


def test_a_folder_that_is_full_leaves_everything_unsynced(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    using(site, "json_lines")
    put(site, "json_lines", client_record(1))
    site.run(directions=INBOUND)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", full)
        with pytest.raises(EndpointError, match=r"No space left on device; .* stays unsynced"):
            site.run(directions=OUTBOUND)
    assert site.work_order(1)["isSynced"] is False
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 1, "created": 1}}


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_the_two_directions_may_have_formats_of_their_own(site: Site, ending: str) -> None:
    files = f'inbound: "*.jsonl{ending}", outbound: "{{orderNo}}.json{ending}"'
    with_files(site, f"{{{files}, format: {{inbound: json_lines, outbound: json}}}}")
    packed = compressor(f"x{ending}")(as_lines(client_record(1), client_record(2)))
    (site.inbound / f"a.jsonl{ending}").write_bytes(packed)
    assert site.run() == {"inbound": {"read": 2, "created": 2}, "outbound": {"read": 2, "created": 2}}
    assert sorted(file.name for file in site.outbound.iterdir()) == [f"1.json{ending}", f"2.json{ending}"]
    site.work_orders.update_many({}, {"$set": {"isSynced": False}})
    assert site.run() == {"inbound": {"read": 2, "unchanged": 2}, "outbound": {"read": 2, "unchanged": 2}}


@pytest.mark.parametrize("kind", KINDS)
def test_samples_are_written_as_the_mapping_reads_them(site: Site, kind: str) -> None:
    using(site, kind)
    assert write_sample(site.mapping, site.settings, quiet_log(), 7) == (1, 7)
    assert write_sample(site.mapping, site.settings, quiet_log(), 7) == (0, 0)
    assert site.run(directions=INBOUND)["inbound"]["read"] == 7
