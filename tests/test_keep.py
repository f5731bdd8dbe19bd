"""What came is what goes back: outside values go back in the form in which they came, on a real MongoDB."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl import Direction, load_mapping
from etl.app import Choice, Resolution, apply_plan, plan, rebuild_state, replay, resolve, verify
from etl.app.workers import Workers
from etl.errors import EndpointError
from etl.logs import make_log
from etl.transfer.model import Note, Outcome
from tests.model.faults import Death, interrupted
from tests.support.command_line import etl
from tests.support.plans import applied
from tests.support.proofs import TEXT, of
from tests.support.site import Site
from tests.support.sites import Shop

LOG = make_log("error", "text", str)

STATUSES = [
    {"client": ["C", "CX", "CY"], "tracos": "completed"},
    {"client": "Q", "tracos": "pending"},
    {"client": "O", "tracos": "other"},
]
OUTSIDE = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "code": {"type": ["string", "null"]},
        "made": {"type": ["string", "null"]},
        "cost": {"type": ["string", "null"]},
        "title": {"type": ["string", "null"]},
        "asset": {"type": ["object", "null"], "properties": {"code": {"type": ["string", "null"]}}},
        "day": {"type": ["string", "null"]},
        "time": {"type": ["string", "null"]},
        "by": {"type": ["string", "null"]},
        "lines": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "properties": {"qty": {"type": ["string", "null"]}, "due": {"type": ["string", "null"]}},
            },
        },
    },
}
INSIDE = {
    "type": "object",
    "required": ["number"],
    "properties": {
        "number": {"type": "integer"},
        "isSynced": {"type": "boolean"},
        "status": {"enum": ["completed", "pending", "other"]},
        "madeAt": {"type": ["string", "null"], "format": "date-time"},
        "by": {"type": ["string", "null"], "format": "date-time"},
        "startAt": {"type": ["string", "null"], "format": "date-time"},
        "cost": {"type": ["number", "null"]},
        "title": {"type": ["string", "null"]},
        "equipment": {"type": ["string", "null"]},
        "tasks": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "properties": {
                    "quantity": {"type": ["number", "null"]},
                    "dueAt": {"type": ["string", "null"], "format": "date-time"},
                },
            },
        },
    },
}
RULES = """
  - {client: id, tracos: number, key: true}
  - client: code
    tracos: status
    values:
      - {client: [C, CX, CY], tracos: completed}
      - {client: Q, tracos: pending}
      - {client: O, tracos: other}
    otherwise: {tracos: other}
  - {client: made, tracos: madeAt, as: datetime}
  - {client: cost, tracos: cost, as: decimal}
  - {client: title, tracos: title, as: {text: {trim: right}}}
  - {client: asset.code, tracos: equipment}
  - client: [day, time]
    tracos: startAt
    as: {datetime: {zone: Europe/Berlin, format: ["%d.%m.%Y", "%H:%M"]}}
    lossy: {W156: no order starts before 1970}
  - client: lines
    tracos: tasks
    each:
      - {client: qty, tracos: quantity, as: decimal}
      - {client: due, tracos: dueAt, as: datetime}
"""
CAME: dict[str, Any] = {
    "id": 1,
    "code": "CX",
    "made": "2025-01-02T03:04:05.123456-03:00",
    "cost": "12.50",
    "title": "Pump   ",
    "asset": {"code": None},
    "day": "02.01.2025",
    "time": "14:30",
    "lines": [{"qty": "1.0", "due": "2025-01-02T03:04+01:00"}, {"qty": None}],
}


def mapping_text(keep: str, *, rules: str = RULES, files: str = "", echo: str = "true") -> str:
    files = files or '{inbound: "*.json", outbound: "out_{id}.json"}'
    return f"""mapping: kept
language: 1
outside:
  name: client
  schema: client.json
  echo: {echo}
  keep: {keep}
  files: {files}
inside:
  name: tracos
  schema: tracos.json
  mongodb:
    collection: workorders
    on_import: {{isSynced: false}}
    export_when: {{isSynced: {{$ne: true}}}}
    on_export: {{isSynced: true}}
conflicts: {{wins: review}}
rules:{rules}"""


class Desk:
    """A site of a mapping that keeps, with what both sides say of work order 1."""

    def __init__(self, site: Site) -> None:
        self.site = site
        (site.folder / "client.json").write_text(json.dumps(OUTSIDE))
        (site.folder / "tracos.json").write_text(json.dumps(INSIDE))
        self.use("true")

    def use(self, keep: str, **more: str) -> None:
        (self.site.folder / "mapping.yaml").write_text(mapping_text(keep, **more))
        self.site.mapping = load_mapping(self.site.folder / "mapping.yaml")

    def client_says(self, record: dict[str, Any], name: str = "1.json") -> dict[str, dict[str, int]]:
        (self.site.inbound / name).write_text(json.dumps(record))
        return self.site.run()

    @property
    def file(self) -> Path:
        return self.site.outbound / "out_1.json"

    @property
    def told(self) -> dict[str, Any]:
        return dict(json.loads(self.file.read_text()))

    @property
    def remembered(self) -> dict[str, Any]:
        found = self.site.database["etl_state"].find_one()
        assert found is not None
        return found

    @property
    def verified(self) -> dict[str, Outcome]:
        results = verify(self.site.mapping, self.site.settings, LOG)
        return {result.item.origin: result.outcome for result in results}

    def tracos_says(self, **fields: Any) -> dict[str, dict[str, int]]:
        self.site.technician_edits(1, **fields)
        return self.site.run()


def died() -> None:
    raise Death


@pytest.fixture
def desk(site: Site) -> Desk:
    return Desk(site)


def test_what_came_and_nobody_touched_goes_back_as_it_came(desk: Desk) -> None:
    assert desk.client_says(CAME) == {"inbound": {"read": 1, "created": 1}, "outbound": {"read": 1, "created": 1}}
    assert desk.told == CAME
    assert desk.site.work_order(1)["status"] == "completed"


def test_an_edit_of_one_rule_leaves_all_others_as_they_came(desk: Desk) -> None:
    desk.client_says(CAME)
    desk.tracos_says(cost=13.5)
    assert desk.told == CAME | {"cost": "13.5"}


def test_a_reopened_and_completed_order_is_written_with_the_plain_code(desk: Desk) -> None:
    desk.client_says(CAME)
    desk.tracos_says(status="pending")
    assert desk.told == CAME | {"code": "Q"}
    desk.tracos_says(status="completed")
    assert desk.told == CAME | {"code": "C"}


def test_a_new_form_of_the_same_meaning_only_replaces_what_is_kept(desk: Desk) -> None:
    desk.client_says(CAME)
    before = desk.site.work_order(1)
    again = CAME | {"code": "CY", "made": "2025-01-02T06:04:05.123Z", "title": "Pump", "time": "14:30"}
    assert desk.client_says(again) == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}
    assert desk.site.work_order(1) == before
    assert desk.verified == {"1.json": Outcome.UNCHANGED}, "our file has another form of the same"
    desk.tracos_says(equipment="P-7")
    assert desk.told == again | {"asset": {"code": "P-7"}}


def test_a_new_form_is_no_conflict_with_an_edit(desk: Desk) -> None:
    desk.client_says(CAME)
    desk.site.technician_edits(1, status="pending")
    assert desk.client_says(CAME | {"code": "CY"})["inbound"] == {"read": 1, "unchanged": 1}
    assert desk.told == CAME | {"code": "Q"}


def test_what_the_outside_has_not_taken_yet_is_what_it_was_told(desk: Desk) -> None:
    """A record that repeats the old code says nothing new: what counts is what we told."""
    desk.client_says(CAME)
    desk.tracos_says(status="pending")
    desk.client_says(CAME | {"title": "Pumpe "})
    desk.tracos_says(status="completed")
    assert desk.told == CAME | {"title": "Pumpe ", "code": "C"}


def test_a_record_that_is_read_again_beside_a_late_one_does_not_bring_back_how_its_values_lay(desk: Desk) -> None:
    """What was read last is no news: the outside was sent the plain code since."""
    desk.client_says(CAME, "2.json")
    desk.tracos_says(status="pending")
    desk.tracos_says(status="completed")
    desk.client_says(CAME | {"cost": "1"}, "1.json")
    desk.tracos_says(equipment="P-7")
    assert desk.told == CAME | {"code": "C", "asset": {"code": "P-7"}}


def test_what_otherwise_took_in_goes_back(desk: Desk) -> None:
    desk.client_says(CAME | {"code": "ZZ"})
    assert desk.site.work_order(1)["status"] == "other"
    assert desk.told == CAME | {"code": "ZZ"}
    desk.tracos_says(status="pending")
    desk.tracos_says(status="other")
    assert desk.told == CAME | {"code": "O"}


def test_absent_and_null_and_empty_are_told_apart(desk: Desk) -> None:
    forms: list[dict[str, Any]] = [{}, {"asset": None}, {"asset": {}}, {"asset": {"code": None}}]
    for number, fields in enumerate(forms, start=1):
        record = {"id": 1, "code": "Q", **fields}
        desk.client_says(record, f"{number}.json")
        desk.tracos_says()
        assert desk.told == record


def test_an_edited_rule_writes_what_it_writes(desk: Desk) -> None:
    desk.client_says(CAME)
    desk.use("true", rules=RULES.replace("[C, CX, CY]", "[CD, CX, CY, C]"))
    desk.tracos_says()
    assert desk.told == CAME | {"code": "CD"}, "only the rule that was edited"


def test_a_rule_that_stands_elsewhere_or_says_why_is_the_same(desk: Desk) -> None:
    desk.client_says(CAME)
    moved = RULES.replace("  - {client: cost, tracos: cost, as: decimal}\n", "") + (
        "  - {client: cost, tracos: cost, as: decimal, lossy: nobody cares, wins: client}\n"
    )
    desk.use("true", rules=moved)
    desk.tracos_says()
    assert desk.told == CAME


def test_without_keep_all_is_written_as_the_rules_write_it(desk: Desk) -> None:
    desk.use("false")
    desk.client_says(CAME)
    assert desk.told["code"] == "C"
    assert desk.told["cost"] == "12.5"
    assert "kept" not in desk.remembered
    assert desk.remembered["form"] == 2


def test_where_nothing_is_lost_nothing_is_remembered(desk: Desk) -> None:
    desk.client_says({"id": 1, "code": "C", "cost": "12.5", "title": "Pump"})
    assert "kept" not in desk.remembered
    assert desk.remembered["form"] == 2


def test_what_was_remembered_before_anything_was_kept_is_opened_and_a_newer_form_refused(desk: Desk) -> None:
    desk.use("false")
    desk.client_says(CAME)
    desk.use("true")
    desk.tracos_says(cost=7)
    assert desk.told["code"] == "C", "it is not known any more how it came"
    desk.client_says(CAME | {"cost": "7"}, "2.json")
    desk.tracos_says()
    assert desk.told == CAME | {"cost": "7"}
    assert desk.remembered["form"] == 3
    desk.site.database["etl_state"].update_one({}, {"$set": {"form": 4}})
    with pytest.raises(EndpointError, match="form 4; this one knows 3"):
        desk.tracos_says(cost=8)


def test_rebuilding_the_state_takes_in_how_values_lie(desk: Desk) -> None:
    desk.use("false")
    desk.client_says(CAME)
    desk.use("true")
    assert rebuild_state(desk.site.mapping, desk.site.settings, LOG) == 1
    desk.tracos_says()
    assert desk.told == CAME


def test_an_echo_of_a_kept_form_is_one(desk: Desk) -> None:
    desk.use("true", echo="false", rules=f"{RULES}  - {{client: by, tracos: by, as: datetime, write: once}}\n")
    came = CAME | {"by": "2025-01-01T00:00:00+02:00"}
    assert desk.client_says(came)["outbound"] == {"read": 1, "unchanged": 1}
    assert desk.client_says(came | {"code": "CY", "by": "2024-12-31T22:00:00Z"}, "2.json")["outbound"] == {}
    assert desk.tracos_says()["outbound"] == {"read": 1, "unchanged": 1}
    assert desk.tracos_says(status="pending")["outbound"] == {"read": 1, "created": 1}
    assert desk.told == came | {"code": "Q", "by": "2024-12-31T22:00:00Z"}


def test_keep_whole_gives_back_what_no_rule_maps(desk: Desk) -> None:
    desk.use("whole")
    came = CAME | {"remarks": ["a", {"b": None}], "asset": {"code": "P", "site": {"x": 1.0}, "none": {}}, "nil": None}
    came["lines"] = [{"qty": "1.0", "due": None, "own": 7}]
    desk.client_says(came)
    assert desk.told == came
    desk.tracos_says(equipment=None)
    assert desk.told == came | {"asset": {"site": {"x": 1.0}, "none": {}}}
    desk.client_says(came | {"nil": 5}, "2.json")
    desk.tracos_says(status="pending")
    assert desk.told == came | {"nil": 5, "code": "Q", "asset": {"site": {"x": 1.0}, "none": {}}}


def test_keep_true_sends_nothing_that_no_rule_maps(desk: Desk) -> None:
    lines = [{"qty": "1.0", "own": 7}]
    desk.client_says(CAME | {"remarks": "x", "lines": lines})
    assert desk.told == CAME | {"lines": [{"qty": "1.0"}]}


def test_a_plan_is_what_a_run_does_and_verifying_finds_no_difference(desk: Desk) -> None:
    desk.client_says(CAME)
    desk.site.technician_edits(1, cost=9)
    made = plan(desk.site.mapping, desk.site.settings, LOG)
    (planned,) = [record for record in made.records if record.direction is Direction.OUTBOUND]
    assert [(value.path, value.old, value.new) for value in planned.values] == [("cost", "12.50", "9")]
    apply_plan(desk.site.mapping, desk.site.settings, LOG, made)
    assert desk.told == CAME | {"cost": "9"}
    assert desk.verified == {"1.json": Outcome.UNCHANGED}
    desk.file.write_text(json.dumps(CAME | {"cost": "9", "code": "Q"}))
    assert desk.verified == {"1.json": Outcome.CONFLICT}


@pytest.mark.parametrize("came", [CAME, {"id": 1, "code": "C"}])
def test_a_file_that_says_as_much_in_a_form_that_was_not_sent_is_not_as_it_was_sent(
    desk: Desk, came: dict[str, Any]
) -> None:
    desk.client_says(came)
    assert desk.verified == {"1.json": Outcome.UNCHANGED}
    desk.file.write_text(json.dumps(came | {"code": "CY"}))
    assert desk.verified == {"1.json": Outcome.CONFLICT}


def test_a_file_in_a_form_of_its_own_stays_right_where_the_client_says_as_much_in_another_way(desk: Desk) -> None:
    desk.use("true\n  written: {title: {to: subject}}")
    desk.client_says(CAME)
    lay = desk.told
    assert (lay["subject"], desk.verified) == (CAME["title"], {"1.json": Outcome.UNCHANGED})
    desk.file.write_text(json.dumps(lay | {"code": "CY"}))
    assert desk.verified == {"1.json": Outcome.CONFLICT}, "nobody sent that"
    desk.file.write_text(json.dumps(lay))
    desk.client_says(CAME | {"code": "CY", "cost": "12.5", "lines": [{"qty": "1", "due": "2025-01-02T02:04Z"}, {}]})
    assert desk.told == lay
    assert desk.verified == {"1.json": Outcome.UNCHANGED}
    desk.file.write_text(json.dumps(lay | {"code": "Q"}))
    assert desk.verified == {"1.json": Outcome.CONFLICT}


def test_a_plan_reads_what_changes_no_value_where_what_goes_out_has_its_form(desk: Desk) -> None:
    desk.client_says(CAME)
    for name in ("etl_state", "etl_intents"):
        desk.site.database.drop_collection(name)
    desk.file.unlink()
    desk.site.technician_edits(1, technician="Ann")
    made = plan(desk.site.mapping, desk.site.settings, LOG)
    said = [(record.direction, record.outcome, record.note) for record in made.records]
    assert (Direction.INBOUND, Outcome.UNCHANGED, Note.ASKED.value) in said
    apply_plan(desk.site.mapping, desk.site.settings, LOG, made)
    assert desk.told == CAME


def test_a_plan_of_rows_that_say_what_both_sides_have_goes_out_when_it_is_applied(desk: Desk) -> None:
    texts = {name: {"type": ["string", "null"]} for name in ("id", "cost", "title")}
    (desk.site.folder / "client.json").write_text(json.dumps(OUTSIDE | {"properties": texts | {"id": TEXT}}))
    rules = """
  - {client: id, tracos: number, key: true, as: integer_text}
  - {client: cost, tracos: cost, as: decimal, when_absent: {client: null}}
  - {client: title, tracos: title, when_absent: {client: null}}
"""
    files = '{inbound: "*.csv", outbound: "out_{run}_{part}.csv", format: csv, csv: {spreadsheet: false}}'
    desk.use("true", rules=rules, files=files)
    (desk.site.inbound / "all.csv").write_text("id,cost,title\n1,,Pump\n")
    desk.site.work_orders.insert_one({"number": 1, "title": "Pump"})
    assert applied(desk.site) == ([{"read": 1, "unchanged": 1}, {"read": 1, "created": 1}], [])
    (file,) = desk.site.outbound.iterdir()
    assert file.read_text().splitlines() == ["id,cost,title", "1,,Pump"]


@pytest.mark.parametrize("cost", ["12.5", "12.50"])
def test_what_means_what_lies_there_leaves_it_whether_anything_else_is_kept_or_not(desk: Desk, cost: str) -> None:
    desk.use(
        "true",
        rules="""
  - {client: id, tracos: number, key: true}
  - {client: cost, tracos: cost, as: decimal}
  - {client: title, tracos: title, nulls: {client: ["N/A"]}}
""",
    )
    desk.client_says({"id": 1, "cost": cost})
    desk.tracos_says(title="N/A")
    assert desk.told == {"id": 1, "cost": cost}, "it means nothing, and nothing lies there"
    desk.tracos_says(title="Pump")
    assert desk.told == {"id": 1, "cost": cost, "title": "Pump"}


def test_workers_keep_as_well(desk: Desk) -> None:
    desk.client_says(CAME)
    desk.site.technician_edits(1, cost=9)
    desk.site.run(workers=Workers(1))
    assert desk.told == CAME | {"cost": "9"}


@pytest.mark.parametrize("form", ["json_lines", "json_array"])
def test_in_files_of_many_records_what_came_goes_back(desk: Desk, form: str) -> None:
    files = f'{{inbound: "*.in", outbound: "out_{{run}}_{{part}}.out", format: {form}}}'
    desk.use("true", files=files)
    others = [CAME | {"id": 2, "code": "ZZ", "made": "2025-01-02 03:04"}, {"id": 3, "code": "CY"}]
    records = [CAME, *others]
    text = json.dumps(records) if form == "json_array" else "".join(f"{json.dumps(one)}\n" for one in records)
    (desk.site.inbound / "all.in").write_text(text)
    desk.site.run()
    (file,) = desk.site.outbound.iterdir()
    sent = file.read_text()
    assert (json.loads(sent) if form == "json_array" else [*map(json.loads, sent.splitlines())]) == records


def test_what_stays_is_explained(desk: Desk) -> None:
    desk.client_says(CAME)
    order = {"number": 1, "status": "completed", "cost": 12.5, "title": "Pumpe"}
    (desk.site.folder / "order.json").write_text(json.dumps(order))
    words = "--mapping", "mapping.yaml", "--direction", "outbound", "--last", "inbound/1.json", "order.json"
    done = etl("explain", *words, site=desk.site)
    assert 'kept "CX", would write "C"' in done.stdout
    assert 'kept "12.50", would write "12.5"' in done.stdout
    assert 'kept "Pump' not in done.stdout
    said = json.loads(etl("explain", "--json", *words, site=desk.site).stdout)
    assert (said["record"]["code"], said["record"]["title"]) == ("CX", "Pumpe")


def test_what_is_kept_is_shown(desk: Desk) -> None:
    desk.client_says(CAME)
    shown = json.loads(etl("state", "show", "--mapping", "mapping.yaml", "1", "--json", site=desk.site).stdout)[0]
    assert shown["kept"] == {name: CAME[name] for name in ("code", "made", "cost", "title", "lines")} | {
        "asset.code": None
    }


def test_in_rows_what_came_goes_back(desk: Desk) -> None:
    texts = {name: {"type": "string"} for name in ("id", "code", "made", "cost", "title", "day", "time")}
    (desk.site.folder / "client.json").write_text(json.dumps(OUTSIDE | {"properties": texts}))
    rules = RULES.replace("key: true", "key: true, as: integer_text").replace(
        "  - {client: asset.code, tracos: equipment}\n", ""
    )
    rules = rules[: rules.index("  - client: lines")]
    files = '{inbound: "*.csv", outbound: "out_{run}_{part}.csv", format: csv, csv: {spreadsheet: false}}'
    desk.use("true", rules=rules, files=files)
    rows = [
        "id,code,made,cost,title,day,time",
        "1,CX,2025-01-02T03:04:05-03:00,12.50,Pump  ,02.01.2025,14:30",
        "2,ZZ,,0.10,,,",
        "3,,2025-01-02,,Valve,,",
    ]
    (desk.site.inbound / "all.csv").write_text("\n".join(rows) + "\n")
    desk.site.run()
    (file,) = desk.site.outbound.iterdir()
    assert file.read_text().splitlines() == rows


def test_a_conflict_that_is_resolved_for_the_inside_drops_what_was_kept(desk: Desk) -> None:
    desk.client_says(CAME)
    desk.site.technician_edits(1, cost=9)
    assert desk.client_says(CAME | {"cost": "8.0", "code": "CY"})["inbound"] == {"read": 1, "conflict": 1}
    resolve(desk.site.mapping, desk.site.settings, LOG, Choice("1"), Resolution(["tracos"]))
    assert desk.told == CAME | {"cost": "9", "code": "CY"}


def test_a_conflict_that_is_resolved_for_the_outside_keeps_its_form(desk: Desk) -> None:
    desk.client_says(CAME)
    desk.site.technician_edits(1, cost=9)
    desk.client_says(CAME | {"cost": "8.0"})
    resolve(desk.site.mapping, desk.site.settings, LOG, Choice("1"), Resolution(["client"]))
    assert desk.told == CAME | {"cost": "8.0"}


def test_a_dead_letter_that_is_replayed_brings_its_form(desk: Desk) -> None:
    desk.client_says(CAME | {"made": "no date"})
    (desk.site.inbound / "1.json").write_text(json.dumps(CAME))
    replay(desk.site.mapping, desk.site.settings, LOG)
    desk.site.run()
    assert desk.told == CAME


def test_what_a_dead_run_may_have_told_is_not_kept(desk: Desk) -> None:
    """The outside may have our plain code by now, so its own is not sent again."""
    desk.client_says(CAME)
    desk.site.technician_edits(1, status="pending")
    with pytest.raises(Death), interrupted("before documents are marked", died):
        desk.site.run()
    assert desk.told == CAME | {"code": "Q"}
    desk.tracos_says(status="completed")
    assert desk.told == CAME | {"code": "C"}


GROUP = of(value=TEXT, shown=TEXT, link=TEXT)


@pytest.mark.parametrize("key", ["", ", key: true"])
def test_what_no_rule_writes_in_a_group_belongs_to_its_key(site: Site, key: str) -> None:
    rules = f"{{c: m, t: m}}\n{{c: g, t: h, each: [{{c: value, t: id{key}}}, {{c: shown, t: name}}]}}"
    shop = Shop(site, rules, of(m=TEXT, g=GROUP), of(m=TEXT, h=of(id=TEXT, name=TEXT)), outside="keep: whole, ")
    shop.client_says(1, m="x", g={"value": "a", "shown": "Ada", "link": "/a"})
    shop.run()

    def told() -> Any:
        shop.run()
        return shop.client_is_told(1).get("g")

    shop.technician_edits(1, m="y")
    assert told() == {"value": "a", "shown": "Ada", "link": "/a"}
    shop.technician_edits(1, h={"id": "b", "name": "Bea"})
    assert told() == {"value": "b", "shown": "Bea"} | ({} if key else {"link": "/a"})
    shop.technician_edits(1, m="z")
    assert told() == {"value": "b", "shown": "Bea"} | ({} if key else {"link": "/a"}), (
        "it comes back with the next edit"
    )
    shop.technician_clears(1, "h")
    assert told() == (None if key else {"link": "/a"})
    shop.technician_edits(1, h={"id": "a", "name": "Ada"})
    assert told() == {"value": "a", "shown": "Ada", "link": "/a"}, "it comes back with the next edit alone"
