"""Tables, and paths that select, add to a list or a text: what they add has room there, or check says where not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.proofs import TEXT, WHOLE, found, lists, of
from tests.support.site import Site
from tests.support.sites import Shop

YES = {"const": True}
TAGS = {"type": "array", "minItems": 1, "maxItems": 3, "items": TEXT}

ONE = """\
{c: {f: {has: A, not: {has: B}}}, t: {p: a}}, {c: {f: {has: B, not: {has: A}}}, t: {p: b}}, \
{c: {f: {not: {has: [A, B]}}}, t: {p: null}}"""


def adding(part: str, word: str = "has", name: str = "p", more: str = "") -> str:
    there, gone = f"{{{word}: {part}}}", f"{{not: {{{word}: {part}}}}}"
    return f"{{cases: [{{c: {{f: {there}}}, t: {{{name}: true}}}}, {{c: {{f: {gone}}}, t: {{{name}: null}}}}]{more}}}"


def some(most: int, **items: Any) -> dict[str, Any]:
    return {"type": "array", "maxItems": most, "items": {**TEXT, **items}}


def text(most: int) -> dict[str, Any]:
    return {**TEXT, "maxLength": most}


FULL = {
    "a list beside a table": (f"{{c: f, t: tags}}\n{adding('hot')}", some(3), of(tags=TAGS, p=YES)),
    "a text beside a table": (
        f"{{c: f, t: tags}}\n{adding('HOT', 'word')}",
        text(10),
        of(tags={**text(10), "minLength": 1}, p=YES),
    ),
    "a list that was there": (adding("hot"), some(3), of(p=YES)),
    "a long list that was there": (adding("hot"), some(200), of(p=YES)),
    "a list of different members": (adding("hot"), {**some(40), "uniqueItems": True}, of(p=YES)),
    "a text that was there": (adding("HOT", "word"), text(10), of(p=YES)),
    "a long text that was there": (adding("HOT", "word"), text(2000), of(p=YES)),
    "words of two tables": (
        f"{adding('A', 'word')}\n{adding('B', 'word', 'q')}",
        {"enum": ["", "A", "B"]},
        of(p=YES, q=YES),
    ),
    "members of two tables": (f"{adding('A')}\n{adding('B', name='q')}", some(1, enum=["A", "B"]), of(p=YES, q=YES)),
}


@pytest.mark.parametrize(("rules", "field", "inside"), FULL.values(), ids=FULL)
def test_check_finds_what_a_table_adds_where_there_is_no_room_for_it(
    tmp_path: Path, rules: str, field: dict[str, Any], inside: dict[str, Any]
) -> None:
    said = found(tmp_path, rules, of(f=field), inside)
    assert said
    assert all(one.startswith("W156 a record with t.p true") and "is rejected" in one for one in said), said


ROOM = {
    "a list that may be longer than the one beside the table": (
        f"{{c: f, t: tags, lossy: {{W156: few have three}}}}\n{adding('hot')}",
        some(3),
        of(tags={**TAGS, "maxItems": 2}, p=YES),
    ),
    "a list without a limit": (adding("hot"), {"type": "array", "items": TEXT}, of(p=YES)),
    "members of two tables": (f"{adding('A')}\n{adding('B', name='q')}", some(2, enum=["A", "B"]), of(p=YES, q=YES)),
    "a table that puts one in the place of another": (
        f"{{cases: [{ONE}]}}",
        some(1, enum=["A", "B"]),
        of(p={"enum": ["a", "b"]}),
    ),
}


@pytest.mark.parametrize(("rules", "field", "inside"), ROOM.values(), ids=ROOM)
def test_check_says_nothing_of_what_a_table_adds_where_there_is_room(
    tmp_path: Path, rules: str, field: dict[str, Any], inside: dict[str, Any]
) -> None:
    assert [one for one in found(tmp_path, rules, of(f=field), inside) if "is rejected" in one] == []


def test_a_table_that_adds_to_an_inside_list_or_to_one_of_an_element_is_judged_alike(tmp_path: Path) -> None:
    inward = "{cases: [{c: {u: true}, t: {f: {has: x}}}, {c: {u: null}, t: {f: {not: {has: x}}}}]}"
    (said,) = found(tmp_path, inward, of(u=YES), of(f=some(3)))
    assert said.startswith("W156 a record with c.u true is rejected where a list of t.f was last")
    each = f"{{c: ls, t: ms, each: [{{c: k, t: k, key: true}}, {adding('A')}]}}"
    (said,) = found(tmp_path, each, of(ls=lists(k_=WHOLE, f=some(3))), of(ms=lists(k_=WHOLE, p=YES)))
    assert said.startswith("W156 a record with t.ms[0].p true is rejected where a list of c.ls[0].f was last")


def test_lossy_of_a_table_or_of_its_line_says_why_it_may_add_where_there_is_no_room(tmp_path: Path) -> None:
    for more in (", lossy: {W156: nobody has three}", ""):
        rule = adding("hot", more=more)
        rule = rule if more else rule.replace("t: {p: true}}", "t: {p: true}, lossy: {W156: nobody has three}}")
        assert found(tmp_path, rule, of(f=some(3)), of(p=YES)) == []


def test_a_run_rejects_what_check_finds(site: Site) -> None:
    shop = Shop(site, adding("hot"), of(f=some(3)), of(p=YES))
    shop.client_says(1, f=["a", "b", "c"])
    shop.client_says(2, f=["a", "b"])
    shop.run()
    for number in (1, 2):
        shop.technician_edits(number, p=True)
    assert shop.run()["outbound"] == {"read": 2, "updated": 1, "rejected": 1}
    assert shop.client_is_told(2)["f"] == ["a", "b", "hot"]


def elements(most: int, *kinds: str) -> dict[str, Any]:
    kind = {"enum": [*kinds]} if kinds else TEXT
    return {"type": "array", "maxItems": most, "items": of(k_=kind, v=TEXT)}


def selects(*names: str, side: str = "c", more: str = "") -> str:
    other = "t" if side == "c" else "c"
    return "\n".join(f"{{{side}: \"el[k='{name}'].v\", {other}: {name}{more}}}" for name in names)


A, ABC = of(a=TEXT), of(a=TEXT, b=TEXT, d=TEXT)
ALL = 'a record with t.a "a", t.b "a", t.d "a" is rejected, since in c.el '
BESIDE = 'a record with t.a "a" is rejected where a list of c.el was last, since in c.el '
KEYED = "{c: ls, t: ms, each: [{c: nr, t: nr, key: true}, {c: \"el[k='a'].v\", t: a}]}"
SELECTED = {
    "three elements where two may be": (selects("a", "b", "d"), of(el=elements(2, "a", "b", "d")), ABC, ALL),
    "one beside an element that was there": (selects("a"), of(el=elements(1)), A, BESIDE),
    "one beside many that were there": (selects("a"), of(el=elements(200)), A, BESIDE),
    "what is written for nothing": (
        selects("a", more=', when_absent: {c: ""}'),
        of(el=elements(1)),
        A,
        BESIDE.replace('"a"', "no value"),
    ),
    "the first of two": (
        "{c: {first: [\"el[k='a'].v\", \"el[k='b'].v\"]}, t: a}",
        of(el=elements(1)),
        A,
        BESIDE,
    ),
    "a constant": ("{c: \"el[k='a'].v\", from: \"'x'\"}", of(el=elements(1)), of(), "a record of t is rejected where"),
    "in an element": (
        KEYED,
        of(ls=lists(nr_=WHOLE, el=elements(1))),
        of(ms=lists(nr_=WHOLE, a=TEXT)),
        'a record with t.ms[0].a "a" is rejected where a list of c.ls[0].el was last, since in c.ls[0].el ',
    ),
    "inside, beside an element that is there": (
        selects("a", side="t"),
        A,
        of(el=elements(1)),
        BESIDE.replace("t.a", "c.a").replace("c.el", "t.el"),
    ),
    "inside, three where two may be": (
        selects("a", "b", "d", side="t"),
        ABC,
        of(el=elements(2, "a", "b", "d")),
        ALL.replace("t.", "c.").replace("c.el", "t.el"),
    ),
    "inside, in a group": (
        "{c: g, t: h, each: [{t: \"el[k='a'].v\", c: a}]}",
        of(g=A),
        of(h=of(el=elements(1))),
        'a record with c.g.a "a" is rejected where a list of t.h.el was last, since in t.h.el ',
    ),
}


@pytest.mark.parametrize(("rules", "outside", "inside", "said"), SELECTED.values(), ids=SELECTED)
def test_check_finds_elements_that_are_selected_where_there_is_no_room_for_them(
    tmp_path: Path, rules: str, outside: dict[str, Any], inside: dict[str, Any], said: str
) -> None:
    (one,) = (one for one in found(tmp_path, rules, outside, inside) if one.startswith("W156"))
    assert one.startswith(f"W156 {said}")


EACH = "{{c: ls, t: ms, each: [{{c: nr, t: nr}}, {{{}: \"el[k='a'].v\", {}: a}}]}}"
FREE = {
    "as many as there are kinds": (selects("a", "b", "d"), of(el=elements(3, "a", "b", "d")), ABC),
    "a list without a limit": (selects("a"), of(el=lists(k_=TEXT, v=TEXT)), A),
    "inside, written once": (selects("a", side="t", more=", write: once"), A, of(el=elements(1))),
    "in elements that are written whole": (
        EACH.format("c", "t"),
        of(ls=lists(nr_=WHOLE, el=elements(1))),
        of(ms=lists(nr_=WHOLE, a=TEXT)),
    ),
    "inside, in elements that are written whole": (
        EACH.format("t", "c"),
        of(ls=lists(nr_=WHOLE, a=TEXT)),
        of(ms=lists(nr_=WHOLE, el=elements(1))),
    ),
}


@pytest.mark.parametrize(("rules", "outside", "inside"), FREE.values(), ids=FREE)
def test_check_says_nothing_of_elements_that_are_selected_where_there_is_room(
    tmp_path: Path, rules: str, outside: dict[str, Any], inside: dict[str, Any]
) -> None:
    assert [one for one in found(tmp_path, rules, outside, inside) if one.startswith("W156")] == []


def test_lossy_says_why_elements_may_be_selected_where_there_is_no_room(tmp_path: Path) -> None:
    rules = selects("a", more=", lossy: {W156: nobody has another one}")
    assert found(tmp_path, rules, of(el=elements(1)), A) == []


def test_a_run_rejects_elements_that_check_finds(site: Site) -> None:
    shop = Shop(site, selects("a"), of(el=elements(1)), A)
    shop.client_says(1, el=[{"k": "z"}])
    shop.client_says(2)
    shop.run()
    for number in (1, 2):
        shop.technician_edits(number, a="x")
    assert shop.run()["outbound"] == {"read": 2, "updated": 1, "rejected": 1}
    assert shop.client_is_told(2)["el"] == [{"k": "a", "v": "x"}]


def test_a_run_rejects_what_check_finds_of_an_element_in_a_list_inside(site: Site) -> None:
    shop = Shop(site, selects("a", side="t"), A, of(el=elements(1)))
    shop.client_says(1)
    shop.run()
    shop.technician_edits(1, el=[{"k": "z"}])
    shop.client_says(1, a="x")
    assert shop.run()["inbound"] == {"read": 1, "rejected": 1}
