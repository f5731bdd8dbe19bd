"""Members and words that tables name, in every form: judged as the codec makes them, and gone without a trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl import Direction
from etl.errors import MappingError
from etl.mapping.codecs.registry import codec_kinds
from etl.mapping.load import examine
from etl.mapping.rules.translate import compile_mapping
from tests.support.proofs import SOME, TEXT, found, mapping, of

SPLIT = '{split: ","}'
CODECS = ["", *(json.dumps({kind.name: dict(kind.usual)}) for kind in codec_kinds().values())]
LISTS = [SPLIT, f"[{SPLIT}, integer_text]", f"[{SPLIT}, datetime]", f"[{{text: {{trim: both}}}}, {SPLIT}]"]
TABLES = {
    "flags": "{t: p, AS flags: [{c: f, t: u}], otherwise: w}",
    "values": "{c: f, t: p, AS values: [{c: V, t: u}]}",
    "has": "{AS cases: [{c: {f: {has: V}}, t: {p: u}}, {c: {f: {not: {has: V}}}, t: {p: null}}]}",
    "word": "{AS cases: [{c: {f: {word: V}}, t: {p: u}}, {c: {f: {not: {word: V}}}, t: {p: null}}]}",
    "not": "{AS cases: [{c: {f: {not: V}}, t: {p: u}}, {c: {f: [V, $any]}, t: {p: null}}]}",
    "has inside": "{AS cases: [{c: {f: V}, t: {p: {has: u}}}, {c: {f: null}, t: {p: {not: {has: u}}}}]}",
}


@pytest.mark.parametrize("table", TABLES)
def test_check_has_its_say_of_every_codec_before_every_table(tmp_path: Path, table: str) -> None:
    for codec in (*CODECS, *LISTS):
        rule = TABLES[table].replace("AS", f"as: {codec}," if codec else "").replace("V", "'7'")
        for schema in (TEXT, {"type": "array", "items": TEXT}) if "split" in codec or not codec else (TEXT,):
            try:
                told = found(tmp_path, rule, of(f=schema), of(p={"enum": ["u", "w"]}))
            except MappingError as error:
                told = [str(error)]
            assert isinstance(told, list), codec


def by_part(codec: str, part: str, word: str = "has") -> str:
    as_ = f"as: {codec}, " if codec else ""
    lines = f"{{c: {{f: {{{word}: {part}}}}}, t: {{p: u}}}}, {{c: {{f: {{not: {{{word}: {part}}}}}}}, t: {{p: null}}}}"
    return f"{{{as_}cases: [{lines}]}}"


@pytest.mark.parametrize(
    ("codec", "member", "expected"),
    [
        (SPLIT, "hot", []),
        (SPLIT, "7", ["E161 7 is no value of c.f[]"] * 2),
        (SPLIT, "'a,b'", ['E161 "a,b" is no value of c.f[]'] * 2),
        (f"[{SPLIT}, integer_text]", "7", []),
    ],
)
def test_a_member_is_what_the_codec_makes_of_an_element(
    tmp_path: Path, codec: str, member: str, expected: list[str]
) -> None:
    assert found(tmp_path, by_part(codec, member), of(f=TEXT), of(p={"enum": ["u"]})) == expected


def test_a_member_that_the_codec_of_elements_does_not_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match='E161 "7" is no member of f that codec integer_text reads and writes'):
        found(tmp_path, by_part(f"[{SPLIT}, integer_text]", "'7'"), of(f=TEXT), of(p={"enum": ["u"]}))


def test_a_list_of_dates_has_no_members_that_a_table_could_name(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="E114 codec split and datetime makes dates"):
        found(tmp_path, by_part(f"[{SPLIT}, datetime]", "'2025-01-02'"), of(f=TEXT), of(p={"enum": ["u"]}))


def test_members_have_the_form_of_their_system(tmp_path: Path) -> None:
    labels = {"type": "array", "items": {"enum": ["007", "012"]}}
    file = mapping(tmp_path, by_part("", "'7'"), of(f=labels), of(p={"enum": ["u"]}))
    file.write_text(file.read_text().replace("outside: {", "outside: {as: {text: {zeros: 3}}, "))
    assert examine(file)[1] == []


TRIM = "{text: {trim: both}}"
LIST, NONEMPTY = {"type": "array", "items": TEXT}, {"type": "array", "items": TEXT, "minItems": 1}


@pytest.mark.parametrize(
    ("forms", "schema", "is_beside", "last", "left"),
    [
        (("", ""), TEXT, False, "hot", {"f": ""}),
        (("", ""), SOME, False, "hot", {}),
        ((TRIM, ""), TEXT, False, "hot  ", {"f": ""}),
        ((TRIM, ""), SOME, False, "hot", {}),
        (("", TRIM), SOME, False, "hot", {}),
        ((TRIM, ""), SOME, True, "hot ", {}),
        (("", ""), SOME, True, "hot", {}),
        (("", ""), LIST, False, ["hot"], {"f": []}),
        (("", ""), NONEMPTY, False, ["hot"], {}),
        (("", ""), NONEMPTY, True, ["hot"], {}),
        ((SPLIT, ""), TEXT, False, "hot", {"f": ""}),
        ((SPLIT, ""), SOME, False, "hot", {}),
    ],
)
def test_nothing_is_left_of_the_last_part_where_the_schema_has_no_empty_value(
    tmp_path: Path, forms: tuple[str, str], schema: Any, is_beside: bool, last: Any, left: dict[str, Any]
) -> None:
    codec, system = forms
    beside = {"note": schema} if is_beside else {}
    word = "has" if codec == SPLIT or isinstance(last, list) else "word"
    rules = "\n".join([*(f"{{c: f, t: {name}}}" for name in beside), by_part(codec, "hot", word)])
    file = mapping(tmp_path, rules, of(f=schema), of(p={"enum": ["u"]}, **beside))
    file.write_text(file.read_text().replace("outside: {", f"outside: {{{f'as: {system}, ' if system else ''}"))
    made, findings = examine(file)
    assert {one.code for one in findings} <= {"W165", "W180"}
    outward = compile_mapping(made, Direction.OUTBOUND)
    stays = outward({"number": 1, "p": "u"}, {"id": 1, "f": last})[0]["f"]
    assert stays == last or stays == last.strip()
    assert outward({"number": 1}, {"id": 1, "f": last})[0] == {"id": 1, **left}


def test_a_required_field_keeps_the_last_part_from_going_and_check_says_so(tmp_path: Path) -> None:
    rule, inside = by_part("", "hot", "word"), of(p={"enum": ["u"]})
    assert "E122 this case leaves c.f absent, but it is required" in found(tmp_path, rule, of(f_=SOME), inside)
    told = rule.replace("{cases", "{when_absent: {c: none}, cases")
    assert found(tmp_path, told, of(f_=SOME), inside) == []
    outward = compile_mapping(examine(tmp_path / "m.yaml")[0], Direction.OUTBOUND)
    assert outward({"number": 1}, {"id": 1, "f": "hot"})[0] == {"id": 1, "f": "none"}


@pytest.mark.parametrize(("form", "listed"), [("", (["dry"], ["hot"])), (SPLIT, ("dry", "hot"))])
def test_each_of_several_lists_that_a_schema_lists_is_decided(tmp_path: Path, form: str, listed: tuple[Any]) -> None:
    said = f", as: {form}" if form else ""
    rule = f"{{cases: [{{c: {{f: {{has: hot}}}}, t: {{p: u}}}}]{said}}}"
    for values in (listed, listed[::-1]):
        assert found(tmp_path, rule, of(f_={"enum": values}), of(p_={"enum": ["u"]})) == [
            'E160 ["dry"] of c.f has no line in the table'
        ]
