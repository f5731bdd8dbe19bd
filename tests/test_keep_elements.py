"""With `keep`, a list whose elements have a key keeps what came element by element, and of each rule by rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl import Direction, load_mapping
from etl.mapping.explain import explain
from etl.mapping.rules.trace import flatten
from etl.mapping.rules.translate import compile_mapping
from etl.record import Record
from tests.support.proofs import NUMBER, TEXT, WHOLE, lists, mapping, of
from tests.support.site import Site

STATES = "{c: st, t: st, values: [{c: [C, CX], t: completed}, {c: Q, t: pending}]}"
PARTS = "{c: parts, t: parts, each: [{c: nr, t: nr, key: true}, {c: qty, t: qty, as: decimal}]}"
RULES = (
    f"{{c: ops, t: steps, each: [{{c: pos, t: pos, key: true}}, {{c: cost, t: cost, as: decimal}}, {STATES}, {PARTS}]}}"
)
OUTSIDE = of(ops=lists(pos_=WHOLE, cost=TEXT, st={"enum": ["C", "CX", "Q"]}, parts=lists(nr_=WHOLE, qty=TEXT)))
INSIDE = of(
    steps=lists(pos_=WHOLE, cost=NUMBER, st={"enum": ["completed", "pending"]}, parts=lists(nr_=WHOLE, qty=NUMBER))
)
CAME: Record = {
    "id": 1,
    "ops": [
        {"pos": 1, "cost": "12.50", "st": "CX", "parts": [{"nr": 1, "qty": "1.0"}, {"nr": 2, "qty": "2.0"}]},
        {"pos": 2, "cost": "7.00", "st": "CX"},
    ],
}


def mapping_file(folder: Path, keep: str = "true", rules: str = RULES) -> Path:
    file = mapping(folder, rules, OUTSIDE, INSIDE)
    file.write_text(file.read_text().replace("schema: c.json,", f"schema: c.json, keep: {keep},"))
    return file


def edited(*steps: dict[str, Any]) -> Record:
    """Return what came, inside, with edits of its steps."""
    one = {"pos": 1, "cost": 12.5, "st": "completed", "parts": [{"nr": 1, "qty": 1}, {"nr": 2, "qty": 2}]}
    two = {"pos": 2, "cost": 7, "st": "completed"}
    return {"number": 1, "steps": [old | new for old, new in zip((one, two), steps, strict=False)]}


def ops(folder: Path, inside: Record, **options: str) -> Any:
    made, _, violations = compile_mapping(load_mapping(mapping_file(folder, **options)), Direction.OUTBOUND)(
        inside, CAME
    )
    assert violations == []
    return made.get("ops")


@pytest.mark.parametrize("keep", ["true", "whole"])
def test_what_nobody_edited_of_an_element_stays_as_it_came(tmp_path: Path, keep: str) -> None:
    one, two = CAME["ops"]
    assert ops(tmp_path, edited({}, {}), keep=keep) == [one, two]
    assert ops(tmp_path, edited({"cost": 13.5}, {"st": "pending"}), keep=keep) == [
        one | {"cost": "13.5"},
        two | {"st": "Q"},
    ]


def test_an_element_that_is_new_is_written_and_one_that_is_gone_leaves_the_others(tmp_path: Path) -> None:
    one, two = CAME["ops"]
    inside = edited({}, {})
    new = {"pos": 3, "cost": 7, "st": "completed"}
    assert ops(tmp_path, inside | {"steps": [*inside["steps"], new]}) == [one, two, {"pos": 3, "cost": "7", "st": "C"}]
    assert ops(tmp_path, edited({})) == [one]


def test_a_list_in_an_element_keeps_by_its_own_elements(tmp_path: Path) -> None:
    one, two = CAME["ops"]
    parts = [{"nr": 1, "qty": 1}, {"nr": 2, "qty": 3}]
    assert ops(tmp_path, edited({"parts": parts}, {})) == [
        one | {"parts": [{"nr": 1, "qty": "1.0"}, {"nr": 2, "qty": "3"}]},
        two,
    ]


def test_a_list_in_a_group_keeps_by_its_elements_where_the_group_is_edited(tmp_path: Path) -> None:
    steps = "{c: ops, t: steps, each: [{c: pos, t: pos, key: true}, {c: cost, t: cost, as: decimal}]}"
    c = of(job=of(name=TEXT, ops=lists(pos_=WHOLE, cost=TEXT)))
    t = of(job=of(name=TEXT, steps=lists(pos_=WHOLE, cost=NUMBER)))
    file = mapping(tmp_path, f"{{c: job, t: job, each: [{{c: name, t: name}}, {steps}]}}", c, t)
    file.write_text(file.read_text().replace("schema: c.json,", "schema: c.json, keep: true,"))
    last = {"id": 1, "job": {"name": "a", "ops": [{"pos": 1, "cost": "7.00"}, {"pos": 2, "cost": "8.00"}]}}
    inside = {"number": 1, "job": {"name": "b", "steps": [{"pos": 1, "cost": 7}, {"pos": 2, "cost": 9}]}}
    made = load_mapping(file)
    assert compile_mapping(made, Direction.OUTBOUND)(inside, last)[0] == {
        "id": 1,
        "job": {"name": "b", "ops": [{"pos": 1, "cost": "7.00"}, {"pos": 2, "cost": "9"}]},
    }
    said = [one.did for _, one in flatten(explain(made, Direction.OUTBOUND, inside, last))]
    assert [one for one in said if one.startswith("kept")] == ['kept "7.00", would write "7"']


@pytest.mark.parametrize(("keep", "more"), [("true", {}), ("whole", {"more": 1})])
@pytest.mark.parametrize(("came", "means"), [({"name": "a  "}, {"job": {"name": "a"}}), ({}, {})])
def test_a_group_goes_back_with_what_its_rules_map(
    tmp_path: Path, keep: str, more: Record, came: Record, means: Record
) -> None:
    rules = "{c: job, t: job, each: [{c: name, t: name, as: {text: {trim: right}}}]}"
    file = mapping(tmp_path, rules, of(job=of(name=TEXT)), of(job=of(name=TEXT)))
    file.write_text(file.read_text().replace("schema: c.json,", f"schema: c.json, keep: {keep},"))
    made = compile_mapping(load_mapping(file), Direction.OUTBOUND)
    assert made({"number": 1, **means}, {"id": 1, "job": {**came, "more": 1}})[0] == {"id": 1, "job": {**came, **more}}


def test_a_list_without_a_key_is_one_value(tmp_path: Path) -> None:
    inside = edited({"cost": 13.5}, {})
    made = ops(tmp_path, inside, rules=RULES.replace("t: pos, key: true", "t: pos"))
    assert [one["st"] for one in made] == ["C", "C"]


def test_what_stays_of_an_element_is_explained(tmp_path: Path) -> None:
    made = explain(load_mapping(mapping_file(tmp_path)), Direction.OUTBOUND, edited({"cost": 13.5}, {}), CAME)
    said = [one.did for _, one in flatten(made) if one.did.startswith("kept")]
    assert said == [
        'kept "CX", would write "C"',
        'kept "1.0", would write "1"',
        'kept "2.0", would write "2"',
        'kept "7.00", would write "7"',
        'kept "CX", would write "C"',
    ]


def test_in_a_run_what_stayed_of_an_element_stays_with_the_next_edit(site: Site) -> None:
    file = mapping_file(site.folder)
    file.write_text(file.read_text().replace("collection: w,", "collection: workorders, on_import: {isSynced: false},"))
    site.mapping = load_mapping(file)
    (site.inbound / "1.json").write_text(json.dumps(CAME))
    site.run()
    one, two = CAME["ops"]
    site.technician_edits(1, **{"steps.0.cost": 13.5})
    site.run()
    assert json.loads((site.outbound / "o_1.json").read_text())["ops"] == [one | {"cost": "13.5"}, two]
    site.technician_edits(1, **{"steps.1.st": "pending"})
    site.run()
    site.technician_edits(1, **{"steps.1.st": "completed"})
    site.run()
    assert json.loads((site.outbound / "o_1.json").read_text())["ops"] == [one | {"cost": "13.5"}, two | {"st": "C"}]


def test_of_an_element_a_path_that_only_imports_read_keeps_no_more_than_its_value(tmp_path: Path) -> None:
    each = "{t: a, from: s.a, lossy: it repeats another field}, {c: s.a, t: b}, {c: v, t: v, as: decimal}"
    rules = f"{{c: xs, t: ys, each: [{each}]}}"
    item = of(s=of(a=TEXT), v=TEXT)
    c, t = of(xs={"type": "array", "items": item}), of(ys=lists(a=TEXT, b=TEXT, v=NUMBER))
    file = mapping(tmp_path, rules, c, t)
    file.write_text(file.read_text().replace("schema: c.json, ", "schema: c.json, keep: true, "))
    loaded = load_mapping(file)
    came = {"id": 1, "xs": [{"s": {"a": "A", "more": 1}, "v": "1.50", "more": 1}]}
    inside, _, _ = compile_mapping(loaded, Direction.INBOUND)(came, {})
    made, _, _ = compile_mapping(loaded, Direction.OUTBOUND)(inside, came)
    assert made == {"id": 1, "xs": [{"s": {"a": "A"}, "v": "1.50"}]}
