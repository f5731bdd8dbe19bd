"""The library, as a program of a customer uses it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import etl
from etl import Direction, RecordError
from tests.support.site import MAPPING_FILE, Site


def test_one_record_is_translated_in_either_direction() -> None:
    mapping = etl.load_mapping(MAPPING_FILE)
    inside = etl.translator(mapping, Direction.INBOUND)(
        {"orderNo": 7, "summary": "Pump", "creationDate": "2025-01-02T03:04:05-03:00", "isDone": True}
    )
    assert inside == {
        "number": 7,
        "title": "Pump",
        "description": "Pump description",
        "status": "completed",
        "createdAt": datetime(2025, 1, 2, 6, 4, 5, tzinfo=UTC),
        "deleted": False,
    }
    outside = etl.translator(mapping, Direction.OUTBOUND)(inside)
    assert outside["isDone"] is True
    assert outside["creationDate"] == "2025-01-02T06:04:05+00:00"


def test_a_wrong_record_raises_with_every_violation() -> None:
    translate = etl.translator(etl.load_mapping(MAPPING_FILE), Direction.INBOUND)
    with pytest.raises(RecordError) as caught:
        translate({"orderNo": "7"})
    assert {violation.path for violation in caught.value.violations} == {"orderNo", "summary", "creationDate"}
    assert isinstance(caught.value, etl.EtlError)


def test_a_transfer_reports_what_it_did(site: Site) -> None:
    site.client_sends(1)
    seen: list[etl.Report] = []
    reports = etl.run(
        site.mapping, site.settings, options=etl.Options((Direction.INBOUND,)), watch=etl.Watch(seen.append)
    )
    assert reports == seen
    assert reports[0].read == 1
    assert reports[0].counts[etl.Outcome.CREATED] == 1
