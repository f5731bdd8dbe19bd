"""Bad input never stops the others and is never silent: rejected by name, with path and reason, all reasons at once."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import pytest

from etl import Direction, Mapping, RecordError, translator
from etl.endpoints.files.json_object import parse_json
from etl.endpoints.files.reader import FilesReader
from etl.mapping.files import FilesEndpoint
from etl.transfer.deliveries import natural
from tests.support.broken_files import BROKEN_FILES
from tests.support.site import INBOUND, OUTBOUND, Site, client_record


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_broken_file_is_rejected_by_name_and_the_others_go_on(site: Site, name: str) -> None:
    content, reason = BROKEN_FILES[name]
    (site.inbound / "1.json").write_bytes(content)
    site.client_sends(2)

    reports, rejected = _run(site)

    assert reports == {"inbound": {"read": 2, "created": 1, "rejected": 1}}
    assert reason in rejected["1.json"][0]
    assert site.work_order(2)["title"] == "Pump 2"


def _run(
    site: Site, direction: tuple[Direction, ...] = INBOUND
) -> tuple[dict[str, dict[str, int]], dict[str, list[str]]]:
    """Run, and return the counts and the reasons of each rejected record that the log names."""
    rejected: dict[str, list[str]] = {}

    class Log:
        def warning(self, _: str, **fields: Any) -> None:
            if "record" in fields:
                rejected[fields["record"]] = fields["reasons"]

        def info(self, *_: Any, **__: Any) -> None: ...

        def is_enabled_for(self, _: int) -> bool:
            return False

    return site.run(log=Log(), directions=direction), rejected


def test_what_is_not_a_readable_file_is_rejected_by_name(site: Site, tmp_path: Path) -> None:
    (site.inbound / "folder.json").mkdir()
    (site.inbound / "loop.json").symlink_to(site.inbound / "loop.json")
    (site.inbound / ".hidden.json").write_text("what an editor leaves behind")
    (site.inbound / "dangling.json").symlink_to(site.inbound / "nowhere")
    os.mkfifo(site.inbound / "pipe.json")
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps(client_record(66)))
    (site.inbound / "outside.json").symlink_to(secret)
    site.client_sends(1, "real.txt")
    (site.inbound / "inside.json").symlink_to(site.inbound / "real.txt")

    reports, rejected = _run(site)

    assert reports == {"inbound": {"read": 6, "created": 1, "rejected": 5}}
    assert rejected == {
        "loop.json": ["cannot be read: Too many levels of symbolic links"],
        "folder.json": ["cannot be read: Is a directory"],
        "dangling.json": ["cannot be read: No such file or directory"],
        "pipe.json": ["cannot be read: not a regular file"],
        "outside.json": ["cannot be read: a link that leads out of the folder"],
    }
    assert site.work_order(1)


def test_a_file_without_read_permission_is_rejected_by_name() -> None:
    with _as_nobody(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("1.json", "2.json"):
            (folder / file).write_text(json.dumps(client_record(1)))
        (folder / "1.json").chmod(0)
        ((denied, fine),) = FilesReader(folder, FilesEndpoint("*.json", ())).batches(10)
    assert [str(violation) for violation in denied.violations] == ["cannot be read: Permission denied"]
    assert fine.record == client_record(1)


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Give up the rights of root, who may read everything, if the suite has them."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


BAD_FIELDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "orderNo true": ({"orderNo": True}, ["orderNo: expected integer, found true"]),
    "orderNo text": ({"orderNo": "7"}, ['orderNo: expected integer, found "7"']),
    "orderNo 7.5": ({"orderNo": 7.5}, ["orderNo: expected integer, found 7.5"]),
    "orderNo 7.0": ({"orderNo": 7.0}, ["orderNo: expected text or a whole number of 64 bits as key, found 7.0"]),
    "orderNo beyond 64 bits": ({"orderNo": 2**63}, ["orderNo: 9223372036854775808 is more than 9223372036854775807"]),
    "orderNo below 64 bits": ({"orderNo": -(2**63) - 1}, ["the number -9223372036854775809 has more than 64 bits"]),
    "orderNo an object": ({"orderNo": {"$gt": 0}}, ["orderNo: expected integer, found an object"]),
    "orderNo null": ({"orderNo": None}, ["orderNo: expected integer, found null"]),
    "isDone text": ({"isDone": "false"}, ['isDone: expected boolean or null, found "false"']),
    "isDone 1": ({"isDone": 1}, ["isDone: expected boolean or null, found 1"]),
    "summary a number": ({"summary": 7}, ["summary: expected string, found 7"]),
    "an impossible date": (
        {"creationDate": "2025-02-30T00:00:00Z"},
        ['creationDate: "2025-02-30T00:00:00Z" is not a possible date'],
    ),
    "not a date": ({"creationDate": "yesterday"}, ["creationDate: expected a date such as"]),
    "a date before the first": (
        {"creationDate": "0001-01-01T00:00:00+14:00"},
        ["creationDate: 0001-01-01T00:00:00+14:00 is outside the years"],
    ),
    "an impossible deletion date": ({"deletedDate": "2025-13-01"}, ["deletedDate: "]),
}


@pytest.mark.parametrize("name", BAD_FIELDS)
def test_a_wrong_field_is_rejected_with_its_path(site: Site, name: str) -> None:
    fields, reasons = BAD_FIELDS[name]
    record = client_record(1) | fields
    (site.inbound / "bad.json").write_text(json.dumps(record))
    site.client_sends(2)

    reports, rejected = _run(site)

    assert reports == {"inbound": {"read": 2, "created": 1, "rejected": 1}}
    assert len(rejected["bad.json"]) == len(reasons)
    for found, expected in zip(rejected["bad.json"], reasons, strict=True):
        assert found.startswith(expected)
    assert site.work_orders.count_documents({}) == 1


@pytest.mark.parametrize("field", ["orderNo", "summary", "creationDate"])
def test_a_missing_field_is_rejected_with_its_path(site: Site, field: str) -> None:
    record = client_record(1)
    del record[field]
    (site.inbound / "bad.json").write_text(json.dumps(record))
    _, rejected = _run(site)
    assert rejected["bad.json"] == [f"{field}: is required"]


def test_all_that_is_wrong_is_said_at_once(mapping: Mapping) -> None:
    record = {"orderNo": "7", "isDone": "false", "creationDate": "2025-02-30", "deletedDate": 5}
    with pytest.raises(RecordError) as caught:
        translator(mapping, Direction.INBOUND)(record)
    assert [violation.path for violation in caught.value.violations] == [
        "deletedDate", "isDone", "orderNo", "summary", "creationDate",
    ]  # fmt: skip


def test_the_key_zero_a_negative_key_and_the_largest_key_are_fine(site: Site) -> None:
    for number in (0, -1, 2**63 - 1, -(2**63)):
        site.client_sends(number)
    assert site.run() == {"inbound": {"read": 4, "created": 4}, "outbound": {"read": 4, "created": 4}}
    assert site.client_gets(2**63 - 1)["orderNo"] == 2**63 - 1


def test_a_byte_order_mark_is_fine(site: Site) -> None:
    (site.inbound / "1.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(client_record(1)).encode())
    assert site.run(directions=INBOUND) == {"inbound": {"read": 1, "created": 1}}


def test_unknown_fields_are_left_alone_even_if_they_look_like_operators(site: Site) -> None:
    operators: dict[str, Any] = {"$where": "sleep(1000)", "a.b": {"$set": 1}, "": 1}
    site.client_sends(1, **operators)
    assert site.run(directions=INBOUND) == {"inbound": {"read": 1, "created": 1}}
    assert not {"$where", "a.b", ""} & set(site.work_order(1))


def test_text_that_looks_like_an_operator_stays_text(site: Site) -> None:
    for summary in ("$where", "$now", "{$ne: 1}", "\x00", "", "💥" * 1000):
        site.client_sends(1, summary=summary)
        site.run()
        assert site.work_order(1)["title"] == summary
        assert site.client_gets(1)["summary"] == summary


BAD_ORDERS: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unknown status": ({"number": 5, "status": "archived"}, "number 5", 'status: "archived" is not one of'),
    "no status": ({"number": 5, "status": None}, "number 5", "status: null is not one of"),
    "a text date": ({"number": 5, "createdAt": "2025-01-01"}, "number 5", "createdAt: expected a date, found"),
    "a title that is no text": ({"number": 5, "title": 7}, "number 5", "title: expected string, found 7"),
    "an ObjectId for text": (
        {"number": 5, "title": bson.ObjectId("0123456789abcdef01234567")},
        "number 5",
        "title: expected string, found a value of MongoDB's type ObjectId",
    ),
    "a text number": ({"number": "5"}, "number 5", 'number: expected integer, found "5"'),
    "a boolean number": ({"number": True}, "number true", "number: expected integer, found true"),
    "a fractional number": ({"number": 5.5}, "number 5.5", "number: expected integer, found 5.5"),
    "an object for a number": ({"number": {"$gt": 1}}, "number an object", "number: expected integer, found an object"),
    "no number": ({}, "_id", "number: is required"),
}


@pytest.mark.parametrize("name", BAD_ORDERS)
def test_a_wrong_work_order_is_rejected_by_number_and_the_others_go_out(site: Site, name: str) -> None:
    fields, origin, reason = BAD_ORDERS[name]
    order = {"title": "Bad", "status": "pending", "createdAt": datetime(2025, 1, 1, tzinfo=UTC)}
    site.run()  # makes the unique index, which leaves documents without a number alone
    site.work_orders.insert_one(order | fields)
    site.work_orders.insert_one({**order, "number": 6, "title": "Good", "_id": 6})

    _, rejected = _run(site, OUTBOUND)
    ((found, reasons),) = rejected.items()
    assert found.startswith(origin)
    assert reasons[0].startswith(reason)
    site.work_orders.update_one({"_id": 6}, {"$set": {"isSynced": False}})

    reports, rejected = _run(site, OUTBOUND)
    assert (reports, rejected) == ({"outbound": {"read": 2, "unchanged": 1, "rejected": 1}}, {}), "that one is known"
    assert [file.name for file in site.outbound.iterdir()] == ["workorder_6.json"]
    assert site.work_orders.count_documents({"isSynced": True, "title": "Bad"}) == 0


def test_many_work_orders_without_a_number_stop_nobody(site: Site) -> None:
    date = datetime(2025, 1, 1, tzinfo=UTC)
    site.work_orders.insert_many([{"title": "Draft", "status": "pending", "createdAt": date} for _ in range(7)])
    site.client_sends(1)
    reports, rejected = _run(site, (Direction.INBOUND, Direction.OUTBOUND))
    assert reports == {"inbound": {"read": 1, "created": 1}, "outbound": {"read": 8, "created": 1, "rejected": 7}}
    assert len(rejected) == 5, "the first few of a reason are named"
    assert site.run(batch_size=2)["outbound"] == {"read": 7, "rejected": 7}


@pytest.mark.untouched
def test_a_record_that_mongodb_cannot_hold_is_rejected_alone(site: Site) -> None:
    for number in range(1, 6):
        site.client_sends(number)
    site.client_sends(3, summary="x" * 4_000_000)
    site.database.command({"create": "workorders", "validator": {"number": {"$ne": 4}}})
    reports, rejected = _run(site)
    assert reports == {"inbound": {"read": 5, "created": 4, "rejected": 1}}
    assert rejected["4.json"][0].startswith("refused by the validator of workorders: Document failed validation")
    assert sorted(order["number"] for order in site.work_orders.find()) == [1, 2, 3, 5]


def test_names_with_numbers_are_sorted_as_people_do() -> None:
    names = ["10.json", "9.json", "a2b10.json", "a2b9.json", "٣.json", "²", "", "a.json"]
    assert sorted(names, key=natural) == [
        "", "9.json", "10.json", "a2b9.json", "a2b10.json", "a.json", "²", "٣.json",
    ]  # fmt: skip


def test_json_is_read_strictly() -> None:
    assert parse_json(b'{"a": 1}') == {"a": 1}
    assert parse_json(b'{"a":' * 99 + b"{}" + b"}" * 99)
