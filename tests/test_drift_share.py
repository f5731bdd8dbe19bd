"""Drift by share: most work orders would lose a value; what becomes of it, and what is usual and no drift."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from etl import load_mapping
from etl.app import Options, apply_plan, plan, replay
from etl.errors import DriftError, MappingError
from etl.logs import make_log
from etl.transfer import lookahead
from tests.support.command_line import etl
from tests.support.mappings import make
from tests.support.site import INBOUND, Site

LOG = make_log("error", "text", str)
RULES = "  - {client: s, tracos: d}\n  - {client: c, tracos: r}\n"


@pytest.fixture
def place(site: Site, tmp_path: Path) -> Site:
    site.mapping = make(tmp_path, RULES)
    return site


def deliver(site: Site, records: Sequence[dict[str, Any]]) -> None:
    for record in records:
        (site.inbound / f"{record['id']}.json").write_text(json.dumps(record))


def orders(ids: range, s: str = "old", **fields: Any) -> list[dict[str, Any]]:
    return [{"id": n, "s": s, **fields} for n in ids]


def known(site: Site, count: int, **fields: Any) -> None:
    """Let so many work orders be known, all with a value of `c`."""
    deliver(site, orders(range(count), c="x", **fields))
    site.run(directions=INBOUND)


def with_value(site: Site) -> int:
    return site.database["orders"].count_documents({"r": {"$exists": True}})


def under(site: Site, said: str) -> None:
    """Let the mapping say what becomes of drift."""
    site.mapping = make(site.mapping.file.parent, RULES, outside=f"  drift: {said}\n")


def refused(site: Site, **options: Any) -> str:
    with pytest.raises(DriftError) as caught:
        site.run(directions=INBOUND, **options)
    return str(caught.value)


def notices(site: Site) -> list[str]:
    return [notice.text for report in site.reports(directions=INBOUND) for notice in report.notices]


@pytest.mark.parametrize("size", [1, 7, 500])
def test_a_delivery_in_which_nineteen_of_twenty_lose_a_value_is_stopped_before_it_writes(
    place: Site, size: int
) -> None:
    known(place, 20)
    deliver(place, [*orders(range(19), s="new"), *orders(range(19, 20), s="new", c="x")])
    text = refused(place, batch_size=size)
    assert "c (line 16) is missing in 19 of 20 records of work orders that had a value for it" in text
    assert "19 would have it emptied" in text
    assert "nothing was written" in text
    assert place.database["orders"].count_documents({"d": "new"}) == 0
    assert with_value(place) == 20


def test_the_message_names_the_command_that_accepts_it_and_the_line_of_a_likely_rename(place: Site) -> None:
    known(place, 20)
    deliver(place, [*orders(range(19), s="new", comment="x"), *orders(range(19, 20), s="new", c="x")])
    text, file = refused(place), place.mapping.file
    assert f"it is probably called comment now: write comment for c in {file}:16" in text
    command = f"etl run --mapping {file} --confirm-missing"
    assert f"if it is right that c is gone, accept that once: `{command}`" in text
    done = etl(*command.split()[1:], "--direction", "inbound", site=place)
    assert done.returncode == 0
    assert with_value(place) == 1
    deliver(place, orders(range(20), s="newer"))
    assert place.run(directions=INBOUND)["inbound"] == {"read": 20, "updated": 20}, "one alone has it, and loses it"


def test_a_field_that_the_mapping_asks_for_elsewhere_is_no_new_name(place: Site) -> None:
    outside = "  import_when: {kind: [a, b]}\n  ignore: [by]\n"
    place.mapping = make(
        place.mapping.file.parent,
        RULES,
        outside=outside,
        inside="conflicts: {newest: {client: changedOn, tracos: editedAt}}\n",
    )
    known(place, 12, changedOn="2025-01-02T03:04:05Z", kind="a", by="Ana")
    deliver(place, orders(range(12), changedOn="2025-01-03T03:04:05Z", kind="b", by="Bo"))
    assert "probably called" not in refused(place)


def test_the_line_of_a_likely_rename_corrects_the_mapping(place: Site) -> None:
    known(place, 12, asset={"code": "A"})
    place.mapping = make(place.mapping.file.parent, RULES + "  - {client: asset.code, tracos: a}\n")
    place.run(directions=INBOUND)
    deliver(place, orders(range(12), s="new", c="x", machine={"code": "A"}))
    text, file = refused(place), place.mapping.file
    assert f"it is probably called machine now: write machine for asset in {file}:17" in text
    file.write_text(file.read_text().replace("asset.code", "machine.code"))
    place.mapping = load_mapping(file)
    assert place.run(directions=INBOUND)["inbound"] == {"read": 12, "updated": 12}


@pytest.mark.parametrize(
    ("said", "lost", "stops"),
    [
        ("stop", 11, True),
        ("stop", 10, False),
        ("{share: 0.5}", 11, True),
        ("{share: 0.5}", 10, False),
        ("{share: 0.7}", 14, False),
        ("{share: 0.7}", 15, True),
        ("{share: 0.1}", 10, True),
        ("{share: 0.1}", 9, False),
        ("{share: 1}", 19, False),
        ("{share: 1}", 20, True),
        ("{then: warn, share: 0.6}", 20, False),
        ("{then: ignore}", 20, False),
    ],
)
def test_how_many_make_it_drift_is_set_in_the_mapping(place: Site, said: str, lost: int, stops: bool) -> None:
    under(place, said)
    known(place, 20)
    deliver(place, [*orders(range(lost), s="new"), *orders(range(lost, 20), s="new", c="x")])
    planned = plan(place.mapping, place.settings, LOG, Options(INBOUND))
    assert bool(planned.stops) is stops
    if stops:
        assert refused(place) == planned.stops
        return
    found = notices(place)
    assert bool(found) is ("warn" in said)
    assert with_value(place) == 20 - lost


@pytest.mark.parametrize(
    "said", ["maybe", "{share: 0}", "{share: 1.5}", "{share: half}", "{then: halt}", "{on: stop}", "{}"]
)
def test_what_drift_cannot_say_is_refused(place: Site, said: str) -> None:
    with pytest.raises(MappingError, match="drift"):
        under(place, said)


def test_a_share_of_the_work_orders_that_come_counts_and_not_of_all(place: Site) -> None:
    known(place, 60)
    deliver(place, [*orders(range(12), s="new"), *orders(range(12, 20), s="new", c="x")])
    assert "missing in 12 of 20 records" in refused(place), "forty that say what they said are no part of it"


def test_a_value_that_comes_and_goes_is_usual(place: Site) -> None:
    known(place, 20)
    deliver(place, orders(range(20, 40)))
    place.run(directions=INBOUND)
    deliver(place, [*orders(range(20)), *orders(range(20, 35), c="x")])
    assert place.run(directions=INBOUND)["inbound"] == {"read": 40, "updated": 35, "unchanged": 5}
    assert with_value(place) == 15


def test_few_records_that_leave_out_an_optional_field_are_no_drift(place: Site) -> None:
    known(place, 9)
    deliver(place, orders(range(9)))
    assert place.run(directions=INBOUND)["inbound"] == {"read": 9, "updated": 9}
    known(place, 40)
    deliver(place, orders(range(9)))
    assert place.run(directions=INBOUND)["inbound"] == {"read": 40, "updated": 9, "unchanged": 31}


def test_of_several_records_of_a_work_order_in_one_delivery_the_last_one_counts(place: Site) -> None:
    text = place.mapping.file.read_text()
    lines = text.replace('inbound: "*.json"', 'inbound: "*.jsonl", format: json_lines')
    place.mapping.file.write_text(lines.replace('outbound: "{id}.json"', 'outbound: "{run}_{part}.jsonl"'))
    place.mapping = load_mapping(place.mapping.file)

    def write(name: str, records: Sequence[dict[str, Any]]) -> None:
        (place.inbound / name).write_text("".join(f"{json.dumps(record)}\n" for record in records))

    write("1.jsonl", orders(range(20), c="x"))
    place.run(directions=INBOUND)
    write("2.jsonl", orders(range(20)))
    write("3.jsonl", orders(range(20), s="new", c="y"))
    place.run(directions=INBOUND)
    assert place.database["orders"].count_documents({"r": "y"}) == 20
    write("4.jsonl", orders(range(20), s="newer", c="z"))
    write("5.jsonl", orders(range(20)))
    assert "missing in all 20 records" in refused(place)


@pytest.mark.parametrize("said", ["stop", "warn"])
def test_null_in_all_records_is_said_and_done(place: Site, said: str) -> None:
    under(place, said)
    known(place, 20)
    deliver(place, orders(range(20), s="new", c=None))
    planned = plan(place.mapping, place.settings, LOG, Options(INBOUND))
    assert planned.stops == ""
    expected = (
        "values are taken away by what client delivers: r (line 17) in 20 of 20 work orders that had one. Their fields "
        "are there, and say so: it is done"
    )
    assert [notice.text for notice in planned.reports[0].notices] == [expected]
    assert notices(place) == [expected]
    assert with_value(place) == 0
    deliver(place, orders(range(20), s="newer", c=None))
    assert notices(place) == [], "what they had not, nobody takes away"


def test_nulls_of_a_few_and_missing_fields_of_a_few_count_apart(place: Site) -> None:
    known(place, 20)
    deliver(place, [*orders(range(9), s="new"), *orders(range(9, 20), s="new", c=None)])
    (text,) = notices(place)
    assert "r (line 16) in 20 of 20 work orders" in text
    assert with_value(place) == 0


def test_an_empty_column_is_said_and_done(place: Site) -> None:
    text = place.mapping.file.read_text()
    place.mapping.file.write_text(
        text.replace(
            'inbound: "*.json", outbound: "{id}.json"', 'inbound: "*.csv", outbound: "{run}_{part}.csv", format: csv'
        )
        .replace("key: true", "key: true, as: integer_text")
        .replace("client.json", "rows.json")
    )
    types = {name: {"type": "string"} for name in ("id", "s", "c")}
    rows = {"type": "object", "required": ["id"], "properties": types, "additionalProperties": False}
    texts = {"number": {"type": "integer"}, "d": {"type": "string"}, "r": {"type": "string"}}
    inside = {"type": "object", "required": ["number"], "properties": texts, "additionalProperties": True}
    (place.mapping.file.parent / "rows.json").write_text(json.dumps(rows))
    (place.mapping.file.parent / "tracos.json").write_text(json.dumps(inside))
    place.mapping = load_mapping(place.mapping.file)
    file = place.inbound / "orders.csv"
    file.write_text("id,s,c\n" + "".join(f"{n},old,x\n" for n in range(12)))
    place.run(directions=INBOUND)
    file.write_text("id,s,c\n" + "".join(f"{n},new,\n" for n in range(12)))
    (said,) = notices(place)
    assert "in 12 of 12 work orders that had one" in said
    file.write_text("id,s,c\n" + "".join(f"{n},old,x\n" for n in range(12)))
    place.run(directions=INBOUND)
    file.write_text("id,s\n" + "".join(f"{n},newer\n" for n in range(12)))
    assert "missing in all 12 records" in refused(place)


def test_a_delivery_too_large_to_be_held_is_looked_at_in_parts(place: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookahead, "HELD", 30)
    known(place, 90)
    deliver(place, [*orders(range(60), s="new", c="x"), *orders(range(60, 90), s="new")])
    text = refused(place, batch_size=10)
    assert "nothing of this part of it was written, nor is anything after it" in text
    assert "missing in all 30 records" in text
    assert place.database["orders"].count_documents({"d": "new"}) == 60
    assert with_value(place) == 90


@pytest.mark.parametrize(("limit", "most"), [("HELD_BYTES", 40), ("HELD_VALUES", 6)])
def test_what_is_held_has_a_bound_in_bytes_and_in_values_too(
    place: Site, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(lookahead, limit, most)
    known(place, 30)
    deliver(place, orders(range(30), s="new"))
    refused(place, batch_size=1)
    assert 21 <= with_value(place) < 30, "nine are the most that lose it, however small a part is"


def test_apply_stops_where_the_run_would_and_nowhere_else(place: Site) -> None:
    known(place, 40)
    deliver(place, [*orders(range(12)), *orders(range(12, 40), c="x", extra=1)])
    made = plan(place.mapping, place.settings, LOG, Options(INBOUND))
    assert made.stops == "", "twelve of forty"
    assert made.reports[0].as_dict()["updated"] == 12
    apply_plan(place.mapping, place.settings, LOG, made)
    assert with_value(place) == 28
    place.database["orders"].update_many({"number": {"$gte": 17}}, {"$unset": {"r": True}})
    deliver(place, orders(range(12, 40)))
    made = plan(place.mapping, place.settings, LOG, Options(INBOUND))
    assert made.reports[0].as_dict()["updated"] == 5, "few are left to be emptied"
    with pytest.raises(DriftError, match="etl apply PLAN --confirm-missing"):
        apply_plan(place.mapping, place.settings, LOG, made)
    assert with_value(place) == 5
    apply_plan(place.mapping, place.settings, LOG, made, Options(confirm_missing=True))
    assert with_value(place) == 0


def test_a_saved_plan_stops_as_the_run_does(place: Site, tmp_path: Path) -> None:
    known(place, 20)
    deliver(place, orders(range(19)))
    file, mapping = tmp_path / "plan.json", ("--mapping", str(place.mapping.file))
    assert etl("plan", "--direction", "inbound", "--out", str(file), *mapping, site=place).returncode == 1
    done = etl("apply", str(file), *mapping, site=place)
    assert (done.returncode, "c (line 16) is missing in all 19 records" in done.stderr) == (1, True)
    assert with_value(place) == 20
    assert etl("apply", str(file), "--confirm-missing", *mapping, site=place).returncode == 0
    assert with_value(place) == 1


def test_the_command_that_accepts_it_is_that_which_is_under_way(place: Site) -> None:
    place.mapping = make(place.mapping.file.parent, RULES + "  - {client: size, tracos: size, as: integer_text}\n")
    known(place, 12, size="1")
    deliver(place, orders(range(12), size="one"))
    place.run(directions=INBOUND)
    place.mapping = make(place.mapping.file.parent, RULES + "  - {client: size, tracos: size}\n")
    with pytest.raises(DriftError, match=r"`etl dead-letters replay --mapping .* --confirm-missing`"):
        replay(place.mapping, place.settings, LOG)
