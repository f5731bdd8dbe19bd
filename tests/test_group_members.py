"""What belongs to no rule in a group, or an element, stays when something else of it is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl import load_mapping
from tests.support.proofs import TEXT, WHOLE, found, lists, mapping, of
from tests.support.site import Site

LABELS: dict[str, Any] = {"type": "array", "items": TEXT}
STATE: dict[str, Any] = {"enum": ["c", "a"]}
TABLE = "{cases: [{c: {o: {has: doing}}, t: {i: c}}, {c: {o: {not: {has: doing}}}, t: {i: a}}]}"


def use(site: Site, rule: str, c: Any, t: Any) -> None:
    file = mapping(site.folder, f"{{c: m, t: m}}\n{rule}", of(m=TEXT, g=c), of(m=TEXT, h=t))
    file.write_text(file.read_text().replace("collection: w,", "collection: workorders,"))
    site.mapping = load_mapping(file)


def sent(site: Site) -> Any:
    return json.loads((site.outbound / "o_1.json").read_text())["g"]


@pytest.mark.parametrize("is_list", [False, True])
def test_members_that_no_rule_names_stay_in_a_group_and_in_an_element_with_a_key(site: Site, *, is_list: bool) -> None:
    if is_list:
        rule = f"{{c: g, t: h, each: [{{c: k, t: k, key: true}}, {TABLE}]}}"
        use(site, rule, lists(k_=TEXT, o=LABELS), lists(k_=TEXT, i_=STATE))
    else:
        use(site, f"{{c: g, t: h, each: [{TABLE}]}}", of(o=LABELS), of(i_=STATE))

    def of_it(what: dict[str, Any]) -> Any:
        return [{"k": "1", **what}] if is_list else what

    (site.inbound / "1.json").write_text(json.dumps({"id": 1, "m": "x", "g": of_it({"o": ["own", "doing"]})}))
    site.run()
    assert sent(site) == of_it({"o": ["own", "doing"]})
    site.technician_edits(1, m="y")
    site.run()
    assert sent(site) == of_it({"o": ["own", "doing"]})
    site.technician_edits(1, h=of_it({"i": "a"}))
    site.run()
    assert sent(site) == of_it({"o": ["own"]})


def test_in_a_group_the_first_that_is_there_is_written_where_it_was(site: Site) -> None:
    use(site, "{c: g, t: h, each: [{c: {first: [p, q]}, t: r}]}", of(p=TEXT, q=TEXT), of(r=TEXT))
    (site.inbound / "1.json").write_text(json.dumps({"id": 1, "m": "x", "g": {"q": "late"}}))
    site.run()
    site.technician_edits(1, h={"r": "later"})
    site.run()
    assert {name: value for name, value in sent(site).items() if value is not None} == {"q": "later"}


@pytest.mark.parametrize("null", [{"type": "null"}, {"const": None}])
def test_what_a_group_requires_is_there_wherever_the_group_is(tmp_path: Path, null: dict[str, Any]) -> None:
    group = {**of(a_=WHOLE, b_=WHOLE), "additionalProperties": False}
    rule = "{c: g, t: h, each: [{c: a, t: a}, {c: b, t: b}]}"
    assert found(tmp_path, rule, of(g={"anyOf": [group, null]}), of(h=group)) == []
