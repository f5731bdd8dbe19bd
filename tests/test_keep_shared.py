"""With `keep`, rules that share a field are judged together, by what is read of the record that is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl import Direction, load_mapping
from etl.app import verify
from etl.logs import make_log
from etl.mapping.explain import explain
from etl.mapping.load import examine
from etl.mapping.rules.translate import Translator, compile_mapping
from etl.record import Record
from etl.transfer.model import Outcome
from tests.support.proofs import TEXT, mapping, of
from tests.support.site import Site

LOG = make_log("error", "text", str)
WHOLE = {"type": ["integer", "null"]}
DONE = """\
{c: closed, t: at, lossy: what is open was not closed}
{cases: [{c: {closed: {not: null}}, t: {st: done}, lossy: what is done has a date}, {c: {closed: null}, t: {st: open}}]}
"""
DATED = """\
{c: closed, t: at}
{cases: [{c: {st: C}, t: {at: {not: null}}, lossy: C has a date}, {c: {st: O}, t: {at: null}}]}
"""
SUM = "what is billed has a sum and what is free has none"
CODED = """\
{c: cost, t: cost, as: decimal, lossy: what is free costs nothing}
{cases: [{c: {st: [B, BX], cost: {not: null}}, t: {st: billed}}, FREE], WHY}
""".replace("FREE", "{c: {st: [F, FX], cost: null}, t: {st: free}}").replace(
    "WHY", f"lossy: {{W164: {SUM}, W156: {SUM}}}"
)


def mapping_file(folder: Path, rules: str, c: Any, t: Any) -> Path:
    file = mapping(folder, rules, c, t)
    file.write_text(file.read_text().replace("schema: c.json,", "schema: c.json, keep: true,"))
    return file


def kept(folder: Path, rules: str, c: Any, t: Any) -> tuple[Translator, Translator]:
    """Return the two ways of a mapping of which nothing is found."""
    made, findings = examine(mapping_file(folder, rules, c, t))
    assert findings == []
    assert made is not None
    return compile_mapping(made, Direction.INBOUND), compile_mapping(made, Direction.OUTBOUND)


def done(folder: Path) -> tuple[Translator, Translator]:
    return kept(folder, DONE, of(closed=WHOLE), of(at=WHOLE, st_={"enum": ["done", "open"]}))


def dated(folder: Path) -> tuple[Translator, Translator]:
    return kept(folder, DATED, of(closed=WHOLE, st_={"enum": ["C", "O"]}), of(at=WHOLE))


def coded(folder: Path) -> tuple[Translator, Translator]:
    c = of(cost=TEXT, st_={"enum": ["B", "BX", "F", "FX"]})
    return kept(folder, CODED, c, of(cost={"type": "number"}, st_={"enum": ["billed", "free"]}))


def test_a_state_that_no_line_may_write_is_rejected_and_not_sent_as_another_one(tmp_path: Path) -> None:
    _, outward = done(tmp_path)
    made, _, violations = outward({"number": 2, "st": "done"}, {"id": 2, "closed": 7})
    assert [str(one) for one in violations] == [
        "st: the line for it (line 11) wants closed {not: null}, which has no value"
    ], made


def test_what_is_explained_of_such_a_state_is_that_it_is_rejected(tmp_path: Path) -> None:
    done(tmp_path)
    said = explain(
        load_mapping(tmp_path / "m.yaml"), Direction.OUTBOUND, {"number": 2, "st": "done"}, {"id": 2, "closed": 7}
    )
    assert said[-1].did == "rejected: the line for it (line 11) wants closed {not: null}, which has no value"
    assert said[-2].did == "absent, so nothing is written"


@pytest.mark.parametrize("came", [{"id": 1}, {"id": 1, "closed": None}, {"id": 1, "closed": 0}, {"id": 1, "closed": 7}])
def test_a_field_that_a_table_asks_for_goes_back_as_it_came(tmp_path: Path, came: Record) -> None:
    inward, outward = done(tmp_path)
    made, _, violations = outward(inward(came)[0], came)
    assert (made, violations) == (came, [])


@pytest.mark.parametrize("fields", [{"st": "O"}, {"st": "O", "closed": 5}, {"st": "O", "closed": None}, {"st": "C"}])
def test_what_a_table_takes_away_inside_goes_back_as_it_came(tmp_path: Path, fields: Record) -> None:
    inward, outward = dated(tmp_path)
    came = {"id": 1, **fields}
    if fields == {"st": "C"}:
        assert inward(came)[2] != [], "C has a date"
        return
    made, _, violations = outward(inward(came)[0], came)
    assert (made, violations) == (came, [])


def test_an_edit_that_makes_what_stayed_mean_something_else_writes_all_of_it(tmp_path: Path) -> None:
    _, outward = dated(tmp_path)
    last = {"id": 1, "st": "O", "closed": 5}
    assert outward({"number": 1, "at": 6}, last)[0] == {"id": 1, "st": "C", "closed": 6}
    assert outward({"number": 1}, {"id": 1, "st": "C", "closed": 5})[0] == {"id": 1, "st": "O"}


@pytest.mark.parametrize(
    ("inside", "sent"),
    [
        ({"cost": 12.5, "st": "billed"}, {"cost": "12.50", "st": "BX"}),
        ({"cost": 13, "st": "billed"}, {"cost": "13", "st": "BX"}),
        ({"st": "free"}, {"st": "F"}),
        ({"cost": 12.5, "st": "free"}, {"st": "F"}),
        ({"st": "billed"}, None),
    ],
)
def test_of_rules_that_share_a_field_each_stays_that_nobody_edited(
    tmp_path: Path, inside: Record, sent: Record | None
) -> None:
    inward, outward = coded(tmp_path)
    made, _, violations = outward({"number": 1, **inside}, {"id": 1, "cost": "12.50", "st": "BX"})
    assert (None if violations else made) == (None if sent is None else {"id": 1, **sent})
    if sent is not None and inside != {"cost": 12.5, "st": "free"}:
        assert inward(made)[0] == {"number": 1, **inside}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("paths", "last"),
    [
        (("o.a", "o.b"), {"o": {"a": "x"}}),
        (("l[nr=1].v", "l[nr=2].v"), {"l": [{"nr": 1, "v": "x"}]}),
        (("p.l[nr=1].v", "p.l[nr=2].v"), {"p": {"l": [{"nr": 1, "v": "x"}]}}),
        (("p.l[nr=1].v", "p.n"), {"p": {"l": [{"nr": 1, "v": "x"}]}}),
    ],
)
def test_what_held_the_last_value_goes_with_it_whoever_else_writes_there(
    paths: tuple[str, str], last: Record, order: int, tmp_path: Path
) -> None:
    rules = [f"{{c: '{path}', t: {name}}}\n" for path, name in zip(paths, "ab", strict=True)]
    many = {"type": "array", "items": {"type": "object", "properties": {"nr": {"type": "integer"}, "v": TEXT}}}
    inner = {"type": "object", "properties": {"l": many, "n": TEXT}}
    c = of(o={"type": "object", "properties": {"a": TEXT, "b": TEXT}}, l=many, p=inner)
    made, _ = examine(mapping_file(tmp_path, "".join(rules[::order]), c, of(a=TEXT, b=TEXT)))
    assert made is not None
    outward = compile_mapping(made, Direction.OUTBOUND)
    sent, _, violations = outward({"number": 1}, {"id": 1, **last})
    assert (sent, violations) == ({"id": 1}, [])
    assert outward({"number": 1, "a": "x"}, {"id": 1, **last})[0] == {"id": 1, **last}


@pytest.mark.parametrize(
    "last",
    [{}, {"o": {}}, {"l": []}, {"l": [{"nr": 1}]}, {"l": [{"nr": 2}]}, {"l": [{"nr": 1}, {"nr": 2}]}, {"p": {"l": []}}],
)
def test_what_held_no_value_goes_back_as_it_came(last: Record, tmp_path: Path) -> None:
    rules = "{c: o.a, t: a}\n{c: 'l[nr=1].v', t: b}\n{c: 'l[nr=2].v', t: d}\n{c: 'p.l[nr=1].v', t: e}\n"
    many = {"type": "array", "items": {"type": "object", "properties": {"nr": {"type": "integer"}, "v": TEXT}}}
    c = of(o={"type": "object", "properties": {"a": TEXT}}, l=many, p={"type": "object", "properties": {"l": many}})
    made, _ = examine(mapping_file(tmp_path, rules, c, of(a=TEXT, b=TEXT, d=TEXT, e=TEXT)))
    assert made is not None
    sent, _, violations = compile_mapping(made, Direction.OUTBOUND)({"number": 1}, {"id": 1, **last})
    assert (sent, violations) == ({"id": 1, **last}, [])


def use(site: Site, rules: str, c: Any, t: Any) -> None:
    file = mapping_file(site.folder, rules, c, t)
    database = "collection: workorders, on_import: {isSynced: false},"
    file.write_text(file.read_text().replace("collection: w,", database))
    site.mapping = load_mapping(file)


def test_a_run_keeps_back_what_it_cannot_write_and_verify_does_not_call_it_agreed(site: Site) -> None:
    use(site, DONE, of(closed=WHOLE), of(at=WHOLE, st_={"enum": ["done", "open"]}))
    (site.inbound / "2.json").write_text('{"id": 2, "closed": 7}')
    site.run()
    file = site.outbound / "o_2.json"
    assert json.loads(file.read_text()) == {"id": 2, "closed": 7}
    site.technician_edits(2, at=None)
    assert site.run()["outbound"] == {"read": 1, "rejected": 1}
    assert json.loads(file.read_text()) == {"id": 2, "closed": 7}
    assert site.work_order(2)["isSynced"] is False
    assert [one.outcome for one in verify(site.mapping, site.settings, LOG)] != [Outcome.UNCHANGED]
    site.technician_edits(2, at=8)
    assert site.run()["outbound"] == {"read": 1, "updated": 1}
    assert json.loads(file.read_text()) == {"id": 2, "closed": 8}


def test_a_run_gives_back_what_came_where_a_table_and_a_rule_share_a_field(site: Site) -> None:
    outside = of(closed=WHOLE, title=TEXT, st_={"enum": ["C", "O"]})
    use(site, "{c: title, t: title}\n" + DATED, outside, of(at=WHOLE, title=TEXT))
    (site.inbound / "1.json").write_text('{"id": 1, "closed": 5, "st": "O"}')
    site.run()
    site.technician_edits(1, title="Pump")
    site.run()
    assert json.loads((site.outbound / "o_1.json").read_text()) == {"id": 1, "closed": 5, "st": "O", "title": "Pump"}
