"""Written files of many records: how many each has, and the marker behind all of a run."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, count, repeat
from typing import Any

import pytest

from etl import SettingsError
from etl.app import Watch
from tests.model.faults import Death, dying
from tests.support.client_files import with_files
from tests.support.command_line import etl
from tests.support.site import OUTBOUND, Site

PARTS = '"workorders_{run}_{part}.jsonl"'


def parted(site: Site, more: str, outbound: str = PARTS) -> None:
    """Have seven work orders wait, under a mapping that says more of what is written."""
    with_files(site, f'{{inbound: "*.in", outbound: {outbound}, format: json_lines, {more}}}')
    made(site, *range(1, 8))


def made(site: Site, *numbers: int) -> None:
    """Make work orders in TracOS."""
    at = datetime(2025, 1, 2, tzinfo=UTC)
    orders = [{"number": n, "title": f"Pump {n}", "status": "pending", "createdAt": at} for n in numbers]
    site.work_orders.insert_many(orders)


def sent(site: Site, kind: str = "*.jsonl") -> list[list[int]]:
    """Return which work orders each file has, the first file first."""
    return [
        [json.loads(line)["orderNo"] for line in file.read_text().splitlines()]
        for file in sorted(site.outbound.glob(kind))
    ]


def markers(site: Site) -> dict[str, list[str]]:
    """Return what each marker lists, the first one first."""
    return {file.name: file.read_text().splitlines() for file in sorted(site.outbound.glob("*.done"))}


def files(site: Site) -> list[str]:
    return sorted(file.name for file in site.outbound.glob("*.jsonl"))


def test_a_file_has_as_many_records_as_the_mapping_says_and_the_marker_lists_all_of_the_run(site: Site) -> None:
    parted(site, "records_per_file: 3, marker: 'workorders_{run}.done'")
    assert site.run(batch_size=2)["outbound"] == {"read": 7, "created": 7}
    assert sent(site) == [[1, 2, 3], [4, 5, 6], [7]]
    ((marker, listed),) = markers(site).items()
    assert listed == files(site)
    assert marker == files(site)[0].replace("_00001.jsonl", ".done")
    assert site.run()["outbound"] == {}
    assert list(markers(site)) == [marker]
    made(site, 8, 9)
    site.run()
    assert sent(site)[3:] == [[8, 9]]
    assert sorted(chain(*markers(site).values())) == files(site)
    assert {order["isSynced"] for order in site.work_orders.find()} == {True}


def test_all_records_of_a_run_are_in_one_file_unless_it_is_stopped(site: Site) -> None:
    parted(site, "records_per_file: all, marker: 'workorders_{run}.done'", '"workorders_{run}.jsonl"')
    site.reports(watch=Watch(stop=chain([False, False], repeat(True)).__next__), directions=OUTBOUND, batch_size=2)
    assert sent(site) == []
    assert site.run(batch_size=2)["outbound"] == {"read": 7, "created": 7}
    assert sent(site) == [[1, 2, 3, 4, 5, 6, 7]]
    assert [*markers(site).values()] == [files(site)]


def test_of_several_files_one_that_is_full_takes_the_others_with_it(site: Site) -> None:
    entries = "[{file: 'new_{run}_{part}.jsonl', for: create}, {file: 'status_{run}_{part}.jsonl', only: [status]}]"
    parted(site, "records_per_file: 2, marker: '{run}.done'", entries)
    site.run()
    assert sent(site, "new_*.jsonl") == sent(site, "status_*.jsonl") == [[1, 2], [3, 4], [5, 6], [7]]
    ((marker, listed),) = markers(site).items()
    assert sorted(listed) == files(site)
    assert all(marker.removesuffix(".done") in name for name in listed)


@pytest.mark.parametrize(("per_file", "first"), [("3", 0), ("all", 1)])
def test_a_marker_is_last_and_never_missing_wherever_a_run_has_died(site: Site, per_file: str, first: int) -> None:
    parted(site, f"records_per_file: {per_file}, marker: 'workorders_{{run}}.done'")
    for writes in count(first, 2):
        try:
            with dying(writes):
                site.run(directions=OUTBOUND, batch_size=2)
        except Death:
            pass
        else:
            break
        assert all(name in files(site) for listed in markers(site).values() for name in listed)
        if markers(site):
            assert set(chain(*sent(site))) == set(range(1, 8))
        site.run(directions=OUTBOUND, batch_size=2)
        assert set(chain(*sent(site))) == set(range(1, 8)), f"after {writes} writes"
        assert sorted(chain(*markers(site).values())) == files(site), f"after {writes} writes"
        before = files(site)
        assert site.run(directions=OUTBOUND) == {"outbound": {}}
        assert files(site) == before
        _begin_again(site)
    assert writes > 8


def _begin_again(site: Site) -> None:
    for name in site.database.list_collection_names():
        if name != "etl_leases":
            site.database[name].delete_many({})
    for file in site.outbound.iterdir():
        file.unlink()
    made(site, *range(1, 8))


def test_what_a_stopped_run_has_written_gets_its_marker_from_the_next_one_if_it_is_still_there(site: Site) -> None:
    parted(site, "records_per_file: 2, marker: 'workorders_{run}.done'")
    stopped: dict[str, Any] = {"directions": OUTBOUND, "batch_size": 2}
    site.reports(watch=Watch(stop=chain([False], repeat(True)).__next__), **stopped)
    assert (sent(site), markers(site)) == ([[1, 2]], {})
    (first,) = files(site)
    site.reports(watch=Watch(stop=chain([False], repeat(True)).__next__), **stopped)
    assert [*markers(site).values()] == [[first]]
    for file in site.outbound.iterdir():
        file.unlink()  # somebody has read it all, and did not wait for the second marker
    site.run()
    assert sent(site) == [[5, 6], [7]]
    assert [*markers(site).values()] == [files(site)]
    assert site.database["etl_intents"].count_documents({}) == 0


def test_a_plan_says_in_how_many_files_and_behind_which_marker_and_writes_none(site: Site) -> None:
    for per_file, said in (("3", "in 3 files"), ("all", "in one file")):
        site.work_orders.delete_many({})
        parted(site, f"records_per_file: {per_file}, marker: 'workorders_{{run}}.done'")
        shown = etl("plan", "--mapping", str(site.mapping.file), "--limit", "1", site=site).stdout
        assert f"outbound: 7 read = 7 created\n  {said}, then the marker workorders_{{run}}.done\n" in shown
    assert not site.outbound.exists()


def test_a_marker_that_would_be_read_as_a_delivery_is_refused(site: Site) -> None:
    with_files(site, "{inbound: '*.done', outbound: '{run}_{part}.l', format: json_lines, marker: '{run}.done'}")
    site.settings = replace(site.settings, outbound=site.inbound)
    with pytest.raises(SettingsError, match=r"written as \{run\}\.done may match \*\.done"):
        site.run()
