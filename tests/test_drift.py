"""Fields that vanish from a delivery: a run stops before it writes, and says what they are probably called now."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from etl import Direction, Options, load_mapping
from etl.app import apply_plan, plan, replay
from etl.app.workers import Workers
from etl.errors import DriftError
from etl.logs import make_log
from etl.transfer import lookahead
from tests.support.client_files import as_array, as_lines, using
from tests.support.command_line import etl
from tests.support.mappings import make
from tests.support.plans import everything
from tests.support.site import INBOUND, MAPPING_FILE, ROOT, Site, client_record

LOG = make_log("error", "text", str)
FLAGS = {"isDeleted": False, "isDone": False, "isCanceled": False, "isOnHold": False, "isPending": False}

Sends = Callable[[Site, list[dict[str, Any]]], None]


def orders(count: int, done: int = 0, **fields: Any) -> list[dict[str, Any]]:
    """Client records with all their flags; the first few are done."""
    return [client_record(n, **FLAGS | {"isDone": n <= done} | fields) for n in range(1, count + 1)]


def renamed(records: list[dict[str, Any]], old: str, new: str) -> list[dict[str, Any]]:
    return [{new if name == old else name: value for name, value in record.items()} for record in records]


def without(records: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [{key: value for key, value in record.items() if key != name} for record in records]


def one_file_each(site: Site, records: list[dict[str, Any]]) -> None:
    for record in records:
        (site.inbound / f"{record.get('orderNo', record.get('id'))}.json").write_text(json.dumps(record))


def as_json_lines(site: Site, records: list[dict[str, Any]]) -> None:
    using(site, "json_lines")
    (site.inbound / "orders.jsonl").write_bytes(as_lines(*records))


def as_json_array(site: Site, records: list[dict[str, Any]]) -> None:
    using(site, "json_array")
    (site.inbound / "orders.json").write_bytes(as_array(*records))


def all_but_the_run(site: Site) -> dict[str, Any]:
    """Return all that there is, but who holds the lease, and that there was a run."""
    return {name: found for name, found in everything(site).items() if name not in ("etl_leases", "etl_runs")}


def refused(site: Site, **options: Any) -> str:
    """Run, which has to stop without any trace; return what it says."""
    before = all_but_the_run(site)
    with pytest.raises(DriftError) as caught:
        site.run(**options)
    after = all_but_the_run(site)
    assert after == before
    return str(caught.value)


@pytest.mark.parametrize("send", [one_file_each, as_json_lines, as_json_array])
@pytest.mark.parametrize("options", [{"batch_size": 1}, {"batch_size": 500}, {"workers": Workers(1), "batch_size": 4}])
def test_a_renamed_field_stops_the_run_and_is_named_with_its_new_name(
    site: Site, send: Sends, options: dict[str, Any]
) -> None:
    records = orders(12, done=5)
    send(site, records)
    site.run()
    send(site, renamed(records, "isDone", "is_done"))
    text = refused(site, **options)
    assert "isDone (line" in text
    assert "missing in all 12 records of work orders that had a value for it, and 5 would be changed" in text
    assert "it is probably called is_done now" in text
    assert "nothing was written" in text
    assert "--confirm-missing" in text


def test_a_renamed_field_that_holds_a_value_would_be_emptied(site: Site, tmp_path: Path) -> None:
    site.mapping = make(tmp_path, "  - {client: note, tracos: note}\n")
    one_file_each(site, [{"id": n, "note": f"n{n}", "by": "Ana"} for n in range(10)])
    site.run()
    one_file_each(site, [{"id": n, "Notiz": f"n{n}", "by": "Ana"} for n in range(10)])
    text = refused(site)
    assert "note (line 15) is missing in all 10 records" in text
    assert "10 would have it emptied; it is probably called Notiz now" in text


def rows(*names: str, count: int = 12, note: str = "n") -> bytes:
    lines = [";".join(names)]
    lines += [
        ";".join([str(n), f"Pump {n}", "closed", "2025-01-02", f"{note}{n}", "2025-03-04"]) for n in range(1, count + 1)
    ]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


HEADER = ("orderNo", "summary", "state", "creationDate", "asset.name", "Removed On")


@pytest.mark.parametrize(
    ("header", "old", "new"),
    [
        (("orderNo", "summary", "state", "creationDate", "machine.name", "Removed On"), "asset.name", "machine"),
        (("orderNo", "summary", "state", "creationDate", "asset.name", "Deleted"), '"Removed On"', "Deleted"),
        (("orderNo", "summary", "state", "creationDate", "asset.label", "Removed On"), "asset.name", "asset.label"),
    ],
)
def test_a_renamed_column_stops_the_run(site: Site, header: tuple[str, ...], old: str, new: str) -> None:
    using(site, "csv")
    (site.inbound / "orders.csv").write_bytes(rows(*HEADER))
    site.run()
    assert site.work_order(1)["description"] == "n1"
    (site.inbound / "orders.csv").write_bytes(rows(*header))
    text = refused(site)
    assert f"{old} (line" in text
    assert "missing in all 12 records" in text
    assert f"probably called {new} now" in text


def test_an_emptied_cell_of_a_column_that_is_there_is_a_value_like_null(site: Site) -> None:
    using(site, "csv")
    (site.inbound / "orders.csv").write_bytes(rows(*HEADER))
    site.run()
    content = rows(*HEADER).decode("utf-8-sig")
    for number in range(1, 13):
        content = content.replace(f";n{number};", ";;")
    (site.inbound / "orders.csv").write_bytes(content.encode("utf-8-sig"))
    assert site.run()["inbound"] == {"read": 12, "updated": 12}
    assert "description" not in site.work_order(1)


def test_nested_fields_tables_cases_and_lists_are_looked_at(site: Site, tmp_path: Path) -> None:
    rules = """\
  - {client: asset.code, tracos: assetCode}
  - {client: lines, tracos: lines, each: [{client: qty, tracos: quantity}, {client: nr, tracos: nr}]}
  - {client: prio, tracos: priority, values: [{client: 1, tracos: high}, {client: 2, tracos: low}]}
  - cases:
      - {client: {phase: open, hold: true}, tracos: {status: held}}
      - {client: {phase: open, hold: false}, tracos: {status: open}}
      - {client: {phase: shut, hold: false}, tracos: {status: done}}
    otherwise: {tracos: {status: open}}
  - {tracos: label, from: "join('-', [room, 'x'])"}
"""
    site.mapping = make(tmp_path, rules)
    whole = {
        "asset": {"code": "A"},
        "lines": [{"nr": 1, "qty": 2}, {"nr": 2, "qty": 3}],
        "prio": 1,
        "phase": "open",
        "hold": True,
        "room": "R",
    }
    known = [{"id": n, **whole} for n in range(10)]
    one_file_each(site, known)
    site.run()
    others: dict[str, tuple[dict[str, Any], str]] = {
        "asset.code": ({"asset": {"Code": "A"}}, "asset.Code"),
        "lines[].qty": ({"lines": [{"nr": 1, "count": 2}, {"nr": 2, "count": 3}]}, "lines[].count"),
        "prio": ({"prio": ..., "priority": 1}, "priority"),
        "hold": ({"hold": ..., "onHold": True}, "onHold"),
    }
    for old, (change, new) in others.items():
        fields = {name: value for name, value in {**whole, **change}.items() if value is not ...}
        one_file_each(site, [{"id": n, **fields} for n in range(10)])
        text = refused(site)
        assert f"{old} (line" in text
        assert "missing in all 10 records" in text
        assert f"it is probably called {new} now" in text
        assert text.count("missing in all") == 1


def test_a_renamed_object_names_each_field_in_it(site: Site, tmp_path: Path) -> None:
    site.mapping = make(
        tmp_path, "  - {client: asset.code, tracos: code}\n  - {client: asset.site.name, tracos: site}\n"
    )
    one_file_each(site, [{"id": n, "asset": {"code": "A", "site": {"name": "S"}}} for n in range(10)])
    site.run()
    one_file_each(site, [{"id": n, "machine": {"code": "A", "site": {"name": "S"}}} for n in range(10)])
    text = refused(site)
    assert "asset.code (line 15)" in text
    assert "asset.site.name (line 16)" in text
    assert text.count("probably called machine now") == 2


def test_the_option_lets_it_go_on_once_and_for_all(site: Site) -> None:
    records = orders(12, done=5)
    one_file_each(site, records)
    site.run()
    one_file_each(site, without(records, "isDone"))
    refused(site)
    assert site.run(confirm_missing=True)["inbound"] == {"read": 12, "updated": 5, "unchanged": 7}
    one_file_each(site, without(orders(12, summary="New"), "isDone"))
    assert site.run()["inbound"] == {"read": 12, "updated": 12}


def test_a_corrected_mapping_goes_on(site: Site, tmp_path: Path) -> None:
    site.mapping = make(tmp_path, "  - {client: note, tracos: note}\n")
    one_file_each(site, [{"id": n, "note": "x"} for n in range(10)])
    site.run()
    one_file_each(site, [{"id": n, "remark": "x"} for n in range(10)])
    refused(site)
    site.mapping = make(tmp_path, "  - {client: remark, tracos: note}\n")
    assert site.run()["inbound"] == {"read": 10, "unchanged": 10}
    assert site.database["orders"].count_documents({"note": "x"}) == 10


def test_a_misspelt_name_in_an_edited_mapping_stops_too(site: Site, tmp_path: Path) -> None:
    site.mapping = make(tmp_path, "  - {client: note, tracos: note}\n")
    one_file_each(site, [{"id": n, "note": "x"} for n in range(10)])
    site.run()
    site.mapping = make(tmp_path, "  - {client: noet, tracos: note}\n")
    assert "noet (line 15) is missing in all 10 records" in (text := refused(site))
    assert "probably called note now" in text


def test_what_is_no_drift_does_not_stop(site: Site) -> None:
    records = orders(12, done=5)
    one_file_each(site, records)
    site.run()
    nine = without(records[:9], "isDone")
    one_file_each(site, nine)
    assert site.run()["inbound"]["read"] == 12, "nine records are fewer than ten"
    one_file_each(site, orders(12, done=12))
    site.run()
    one_file_each(site, [*without(orders(6), "isDone"), *orders(12, done=12, summary="New")[6:]])
    assert site.run()["inbound"] == {"read": 12, "updated": 12}, "six of twelve are no more than half"
    one_file_each(site, orders(12, done=12))
    site.run()
    one_file_each(site, orders(12, isDone=None))
    assert site.run()["inbound"] == {"read": 12, "updated": 12}, "null is a value"
    one_file_each(site, without(orders(12, summary="Newer"), "isDone"))
    assert site.run()["inbound"] == {"read": 12, "updated": 12}, "and had none before"


def test_what_never_had_a_value_does_not_stop(site: Site) -> None:
    for summary in ("Old", "New", "Newer"):
        one_file_each(site, [client_record(n, summary=summary, isPending=True) for n in range(1, 13)])
        assert site.run()["inbound"]["read"] == 12
    one_file_each(site, [client_record(n, isPending=True, isDone=False, summary="A") for n in range(1, 13)])
    site.run()
    one_file_each(site, [client_record(n, isPending=True) for n in range(1, 13)])
    assert "isDone (line" in refused(site)


def test_files_of_earlier_deliveries_say_nothing_of_this_one(site: Site) -> None:
    using(site, "json_lines")
    (site.inbound / "monday.jsonl").write_bytes(as_lines(*orders(12, done=5)))
    site.run()
    (site.inbound / "tuesday.jsonl").write_bytes(as_lines(*renamed(orders(12, done=5), "isDone", "is_done")))
    assert "is_done" in refused(site)


def test_new_work_orders_and_unchanged_ones_do_not_hide_it(site: Site) -> None:
    one_file_each(site, orders(30, done=30))
    site.run()
    one_file_each(site, [*renamed(orders(11, done=11), "isDone", "is_done")])
    one_file_each(site, [client_record(n, **FLAGS) for n in range(31, 60)])
    assert "missing in all 11 records" in refused(site, batch_size=2)


def test_plan_says_what_the_run_says_and_apply_stops_as_the_run_does(site: Site, tmp_path: Path) -> None:
    records = orders(12, done=5)
    one_file_each(site, records)
    site.run()
    one_file_each(site, renamed(records, "isDone", "is_done"))
    text = refused(site)
    made = plan(site.mapping, site.settings, LOG)
    assert made.stops == text
    assert made.reports[0].as_dict()["updated"] == 5
    assert plan(site.mapping, site.settings, LOG, Options(confirm_missing=True)).stops == ""
    before = all_but_the_run(site)
    file = tmp_path / "plan.json"
    done = etl("plan", "--out", str(file), "--detailed-exitcode", "--mapping", str(MAPPING_FILE), site=site)
    assert (done.returncode, "is_done" in done.stderr, "5 updated" in done.stdout) == (1, True, True)
    assert etl("plan", "--confirm-missing", "--mapping", str(MAPPING_FILE), site=site).returncode == 0
    done = etl("run", "--mapping", str(MAPPING_FILE), site=site)
    assert (done.returncode, "is_done" in done.stderr, done.stdout) == (1, True, "")
    after = all_but_the_run(site)
    assert after == before
    # of what is planned, only five records change: fewer than ten
    with_more = orders(12, done=12)
    one_file_each(site, with_more)
    site.run()
    one_file_each(site, renamed(with_more, "isDone", "is_done"))
    made = plan(site.mapping, site.settings, LOG)
    with pytest.raises(DriftError):
        apply_plan(site.mapping, site.settings, LOG, made)
    assert site.work_orders.count_documents({"status": "completed"}) == 12
    etl("plan", "--out", str(file), "--mapping", str(MAPPING_FILE), site=site)
    assert etl("apply", str(file), "--mapping", str(MAPPING_FILE), site=site).returncode == 1
    assert etl("apply", str(file), "--confirm-missing", "--mapping", str(MAPPING_FILE), site=site).returncode == 0
    assert site.work_orders.count_documents({"status": "completed"}) == 0


def test_dead_letters_that_are_replayed_are_looked_at(site: Site, tmp_path: Path) -> None:
    site.mapping = make(
        tmp_path, "  - {client: note, tracos: note}\n  - {client: size, tracos: size, as: integer_text}\n"
    )
    one_file_each(site, [{"id": n, "note": "x", "size": "1"} for n in range(10)])
    site.run()
    one_file_each(site, [{"id": n, "remark": "x", "size": "one"} for n in range(10)])
    assert site.run()["inbound"] == {"read": 10, "rejected": 10}
    site.mapping = make(tmp_path, "  - {client: note, tracos: note}\n  - {client: size, tracos: size}\n")
    before = all_but_the_run(site)
    with pytest.raises(DriftError, match=r"note .* is missing in all 10 records .* probably called remark now"):
        replay(site.mapping, site.settings, LOG)
    after = all_but_the_run(site)
    assert after == before
    reports = replay(site.mapping, site.settings, LOG, confirm_missing=True)
    assert reports[0].as_dict()["updated"] == 10
    assert site.database["orders"].count_documents({"note": {"$exists": True}}) == 0


def test_what_is_held_back_has_a_bound_and_nine_are_the_most_that_lose_a_field(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookahead, "HELD", 8)
    one_file_each(site, orders(40, done=40))
    site.run(directions=INBOUND)
    one_file_each(site, [*without(orders(5, done=5), "isDone"), *orders(40)[40:]])
    one_file_each(site, without(orders(40, done=40), "isDone"))
    with pytest.raises(DriftError, match="nothing of this part of it was written"):
        site.run(directions=INBOUND, batch_size=3)
    assert site.work_orders.count_documents({"status": {"$ne": "completed"}}) == 9


def test_a_delivery_is_read_once(site: Site) -> None:
    one_file_each(site, orders(60))
    site.run(directions=INBOUND)
    one_file_each(site, without(orders(9, summary="New"), "isDone"))
    opened: list[str] = []
    listening = [True]

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if listening and event == "open" and str(arguments[0]).endswith(".json"):
            opened.append(str(arguments[0]))

    sys.addaudithook(hear)  # it stays for good, so it is told to be still
    assert site.run(directions=INBOUND, batch_size=7)["inbound"] == {"read": 60, "updated": 9, "unchanged": 51}
    listening.clear()
    assert len([name for name in opened if Path(name).parent == site.inbound]) == 60


def test_what_was_removed_inside_is_not_made_again_before_all_was_looked_at(site: Site) -> None:
    one_file_each(site, orders(12, done=12))
    site.run()
    site.work_orders.delete_one({"number": 1})
    one_file_each(site, renamed(orders(12, done=12)[1:], "isDone", "is_done"))
    assert "missing in all 11 records" in refused(site, recreate=True, batch_size=1)


def under(site: Site, policy: str) -> None:
    """Let the mapping of a site say what becomes of drift."""
    text = MAPPING_FILE.read_text().replace("../schemas/", f"{ROOT}/schemas/")
    file = site.inbound.parent / f"{policy}.yaml"
    file.write_text(text.replace("outside:\n", f"outside:\n  drift: {policy}\n", 1))
    site.mapping = load_mapping(file)


def notices(site: Site) -> list[str]:
    """Run; return what is said beside the counts."""
    return [notice.text for report in site.reports() for notice in report.notices]


@pytest.mark.parametrize(("policy", "said"), [("warn", 1), ("ignore", 0)])
def test_a_mapping_says_that_a_run_goes_on_where_fields_vanish(site: Site, policy: str, said: int) -> None:
    under(site, policy)
    one_file_each(site, orders(12, done=5))
    assert notices(site) == []
    one_file_each(site, without(orders(12, done=5), "isDone"))
    planned = plan(site.mapping, site.settings, LOG)
    assert planned.stops == ""
    assert len(planned.reports[0].notices) == said
    found = notices(site)
    assert len(found) == said
    for text in found:
        assert text.startswith("fields have vanished from what client delivers: isDone (line ")
        assert "missing in all 12 records" in text
        assert "--confirm-missing" not in text
    assert site.work_orders.count_documents({"status": "completed"}) == 0, "the run went on"
    assert notices(site) == [], "it is said once"


def test_a_new_field_that_nobody_knows_is_told_once(site: Site) -> None:
    one_file_each(site, orders(3, odd=1, location={"x": 1}))
    assert notices(site) == [], "what the first delivery has is usual"
    one_file_each(site, orders(3, odd=2, colour="red", done_by="Ana"))
    expected = ["new in what client delivers, and unknown to its schema: colour, done_by"]
    assert [n.text for n in plan(site.mapping, site.settings, LOG).reports[0].notices] == expected
    site.reports(directions=(Direction.OUTBOUND,))
    assert notices(site) == expected
    assert notices(site) == []
    one_file_each(site, orders(3, colour="blue", odd=5))
    assert notices(site) == []
    under(site, "ignore")
    one_file_each(site, orders(3, size=4))
    assert notices(site) == []


def test_new_fields_are_looked_for_in_objects_and_lists_that_the_schema_lists(site: Site, tmp_path: Path) -> None:
    fields = {"id": {"type": "integer"}, "a": {"properties": {"b": {"type": "string"}}}, "bag": {"type": "object"}}
    fields["free"] = {"type": "object", "properties": {"x": {}}, "additionalProperties": {"type": "string"}}
    fields["lines"] = {"type": "array", "items": {"type": "object", "properties": {"qty": {"type": "integer"}}}}
    site.mapping = make(tmp_path, "  - {client: a.b, tracos: note}\n")
    schema = {"type": "object", "required": ["id"], "properties": fields}
    site.mapping = replace(site.mapping, outside=replace(site.mapping.outside, schema=schema, expected=schema))
    usual = {"id": 1, "a": {"b": "x"}, "bag": {"one": 1}, "free": {"y": "z"}, "lines": [{"qty": 1}]}
    one_file_each(site, [usual])
    assert notices(site) == []
    new = {**usual, "a": {"b": "x", "c": 1}, "bag": {"two": 1}, "free": {"w": "z"}, "lines": [{"qty": 1, "no.": 2}]}
    one_file_each(site, [new])
    assert notices(site) == ['new in what client delivers, and unknown to its schema: a.c, lines."no."']
