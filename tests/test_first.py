"""One value that lies outside in one of several fields: the first that is there is read, and written where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from etl.errors import MappingError
from etl.mapping.load import examine, load_mapping
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.terms import Direction, Side
from etl.page import markdown
from etl.page.content import page_of
from etl.record import Record
from tests.support.proofs import DATE, SOME, TEXT, WHOLE, found, mapping, of
from tests.support.site import Site
from tests.support.sites import Shop

ENDED = "{c: {first: [actual.end, closed]}, t: ended}"
CLIENT, TRACOS = of(actual=of(end=SOME), closed=SOME), of(ended=SOME)


def there(folder: Path, rules: str, record: Record, c: dict[str, Any] = CLIENT, t: dict[str, Any] = TRACOS) -> Record:
    made, _, violations = compile_mapping(load_mapping(mapping(folder, rules, c, t)), Direction.INBOUND)(
        {"id": 1, **record}
    )
    assert not violations
    return {name: value for name, value in made.items() if name != "number"}


def back(folder: Path, rules: str, inside: Record, last: Record) -> Record:
    made, _, violations = compile_mapping(load_mapping(mapping(folder, rules, CLIENT, TRACOS)), Direction.OUTBOUND)(
        {"number": 1, **inside}, last
    )
    assert not violations
    return {name: value for name, value in made.items() if name != "id"}


def test_nothing_is_lost_by_it(tmp_path: Path) -> None:
    assert found(tmp_path, ENDED, CLIENT, TRACOS) == []


@pytest.mark.parametrize(
    ("record", "ended"),
    [
        ({"actual": {"end": "a"}, "closed": "b"}, "a"),
        ({"actual": {"end": "a"}}, "a"),
        ({"actual": {"end": None}, "closed": "b"}, "b"),
        ({"actual": None, "closed": "b"}, "b"),
        ({"closed": "b"}, "b"),
    ],
)
def test_the_first_that_is_there_is_read(tmp_path: Path, record: Record, ended: str) -> None:
    assert there(tmp_path, ENDED, record) == {"ended": ended}


def test_where_none_is_there_nothing_is_read(tmp_path: Path) -> None:
    assert there(tmp_path, ENDED, {}) == {}
    assert there(tmp_path, ENDED[:-1] + ', nulls: {c: ["-"]}}', {"actual": {"end": "-"}, "closed": "b"}) == {
        "ended": "b"
    }


def test_it_is_written_where_it_was(tmp_path: Path) -> None:
    assert back(tmp_path, ENDED, {"ended": "z"}, {}) == {"actual": {"end": "z"}}
    assert back(tmp_path, ENDED, {"ended": "z"}, {"closed": "b"}) == {"closed": "z"}
    assert back(tmp_path, ENDED, {"ended": "z"}, {"actual": {"end": "a"}, "closed": "b"}) == {"actual": {"end": "z"}}
    assert back(tmp_path, ENDED, {}, {"closed": "b"}) == {}


@pytest.mark.parametrize("keep", ["", "keep: true, ", "keep: whole, ", "send: changed, "])
def test_an_edit_goes_where_the_client_has_the_value(site: Site, keep: str) -> None:
    rule = ENDED[:-1] + ", when_absent: {c: null}}"
    nullable = {"type": ["string", "null"]}
    shop = Shop(site, rule, of(actual=of(end=nullable), closed=nullable), TRACOS, outside=keep)
    shop.client_says(1, closed="2025")
    shop.client_says(2, actual={"end": "2025"})
    shop.run()
    assert [shop.document(key) for key in (1, 2)] == [{"ended": "2025"}, {"ended": "2025"}]
    for key in (1, 2):
        shop.technician_edits(key, ended="2026")
    shop.run()
    told = [shop.client_is_told(key) for key in (1, 2)]
    assert [(one.get("closed"), one.get("actual", {}).get("end")) for one in told] == [("2026", None), (None, "2026")]
    shop.technician_clears(1, "ended")
    shop.run()
    assert not shop.client_is_told(1).get("closed")


def test_a_codec_converts_it(tmp_path: Path) -> None:
    rule = "{c: {first: [a, b]}, t: at, as: datetime, lossy: UTC}"
    c, t = of(a=TEXT, b=TEXT), of(at=DATE)
    read, _, wrong = compile_mapping(load_mapping(mapping(tmp_path, rule, c, t)), Direction.INBOUND)(
        {"id": 1, "b": "2025-01-02T03:04:05Z"}
    )
    assert read["at"].isoformat() == "2025-01-02T03:04:05+00:00"
    assert not wrong
    translate = compile_mapping(load_mapping(mapping(tmp_path, rule, c, t)), Direction.INBOUND)
    assert [str(one) for one in translate({"id": 1, "a": "soon", "b": "2025-01-02"})[2]] != []


def test_each_field_has_to_fit(tmp_path: Path) -> None:
    assert found(tmp_path, "{c: {first: [a, b]}, t: w}", of(a=WHOLE, b=TEXT), of(w=WHOLE)) == [
        "E150 c.b may be string, which t.w may not"
    ]
    assert found(tmp_path, "{c: {first: [a, b]}, t: w}", of(a=WHOLE, b=WHOLE), of(w=TEXT)) == [
        "E150 t.w may be string, which c.a or c.b may not",
        "E150 c.a may be integer, which t.w may not",
        "E150 c.b may be integer, which t.w may not",
    ]


CODE: dict[str, Any] = {"enum": ["x", "yy", None]}
FREE = of(b=CODE, a={"type": ["string", "null"]}), of(v=TEXT)


@pytest.mark.parametrize(
    ("value", "last", "sent"),
    [
        ("x", {}, {"b": "x"}),
        ("long", {}, {"a": "long"}),
        ("long", {"b": "yy"}, {"a": "long"}),
        ("yy", {"b": "x"}, {"b": "yy"}),
        ("yy", {"a": "long"}, {"a": "yy"}),
    ],
)
@pytest.mark.parametrize("first", ["b, a", "a, b"])
def test_it_is_written_where_it_may_be(tmp_path: Path, value: str, last: Record, sent: Record, first: str) -> None:
    file = mapping(tmp_path, f"{{c: {{first: [{first}]}}, t: v}}", *FREE)
    outward = compile_mapping(load_mapping(file), Direction.OUTBOUND)
    made, _, wrong = outward({"number": 1, "v": value}, last)
    assert not wrong
    if first == "b, a" or last:
        assert {name: one for name, one in made.items() if one is not None} == {"id": 1, **sent}
    assert compile_mapping(load_mapping(file), Direction.INBOUND)(made)[0]["v"] == value


def test_what_one_of_the_fields_takes_is_no_finding(tmp_path: Path) -> None:
    assert found(tmp_path, "{c: {first: [b, a]}, t: v}", *FREE) == []
    short = of(b=CODE, a={"type": ["string", "null"], "maxLength": 3})
    (said,) = found(tmp_path, "{c: {first: [b, a]}, t: v}", short, FREE[1])
    assert said.startswith("W156")
    assert "is refused by c.b or c.a" in said


def test_what_a_codec_makes_goes_where_it_may_be(tmp_path: Path) -> None:
    rule = "{c: {first: [a, b]}, t: v, as: {text: {case: upper}}, lossy: letters}"
    c = of(a={"type": ["string", "null"], "maxLength": 1}, b={"type": ["string", "null"], "minLength": 2})
    outward = compile_mapping(load_mapping(mapping(tmp_path, rule, c, of(v=SOME))), Direction.OUTBOUND)
    for value, sent in (("P", {"a": "P"}), ("PUMP", {"b": "PUMP"})):
        made, _, _ = outward({"number": 1, "v": value}, {})
        assert {name: one for name, one in made.items() if name != "id" and one is not None} == sent


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{c: {first: [a]}, t: w}", "E013"),
        ("{c: {last: [a, b]}, t: w}", "E012"),
        ("{c: a, t: {first: [w, m]}}", "E011"),
        ("{c: {first: [a, 'a b']}, t: w}", "E112"),
        ("{c: {first: [a, b]}, t: w, key: true}", "E140"),
        ("{c: {first: [a, b]}, from: w}", "E011"),
        ("{c: {first: [a, r]}, t: w}", "E124"),
        ("{c: {first: [a, b]}, t: w, nulsl: {c: [x]}}", "E010"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, rule: str, code: str) -> None:
    c, t = of(a=TEXT, b=TEXT, r={**TEXT, "readOnly": True}), of(w=TEXT, m=TEXT)
    with pytest.raises(MappingError) as caught:
        load_mapping(mapping(tmp_path, rule, c, t))
    assert next(one.code for one in caught.value.findings) == code


def test_the_page_says_so(tmp_path: Path) -> None:
    text = markdown.render(page_of(load_mapping(mapping(tmp_path, ENDED, CLIENT, TRACOS))))
    assert "the first that is there is read, and written where it was" in text


def test_a_mapping_that_extends_another_one_has_it(tmp_path: Path) -> None:
    file = mapping(tmp_path, ENDED, CLIENT, TRACOS)
    (tmp_path / "own.yaml").write_text(
        "mapping: own\nlanguage: 1\nextends: m.yaml\nrules:\n  - {c: {first: [closed, actual.end]}, t: ended}\n"
    )
    own, findings = examine(tmp_path / "own.yaml")
    assert findings == []
    assert file.is_file()
    assert [rule.paths(side) for rule in own.rules[1:] for side in Side] == [
        (("closed",), ("actual", "end")),
        (("ended",),),
    ]
