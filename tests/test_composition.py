"""Codecs in mappings: several after one another, under names of the mapping, with what is said for every rule."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from etl import Direction, Mapping, MappingError, load_mapping, translator
from etl.app import compile_pipeline
from etl.mapping.explain import explain
from etl.mapping.formatter.format import format_mapping
from etl.mapping.load import examine
from etl.page.content import page_of
from etl.page.markdown import render
from etl.testing.cases import Judge
from etl.testing.laws import check_laws
from tests import editor
from tests.support.mappings import inward, make, outward, reasons
from tests.support.site import URI, Site
from tests.support.tried import Tried

TEXT: dict[str, Any] = {"type": "string"}
DAY = datetime(2025, 1, 2, tzinfo=UTC)


def named(folder: Path, codecs: str, *rules: str) -> Mapping:
    """Load a mapping that has codecs of its own."""
    file = make(folder, "").file
    lines = "".join(f"  - {rule}\n" for rule in rules)
    file.write_text(file.read_text().replace("rules:\n", f"codecs:\n{codecs}\nrules:\n") + lines)
    return load_mapping(file)


def refused(folder: Path, codecs: str, *rules: str) -> list[str]:
    with pytest.raises(MappingError) as caught:
        named(folder, codecs, *rules)
    return [f"{one.line}:{one.column} {one.code} {one.message}; {one.fix}" for one in caught.value.findings]


@pytest.mark.parametrize(
    ("codecs", "outside", "inside", "back"),
    [
        ("[{text: {trim: right}}, integer_text]", "17  ", 17, "17"),
        ("[{text: {zeros: 10}}, integer_text]", "0000004711", 4711, "0000004711"),
        ('[{text: {case: lower}}, {boolean: [["yes", "y"], ["no"]]}]', "Y", True, "yes"),
        ('[{decimal: {point: ","}}, {quantity: {by: 60}}]', "1,5", 90, "1,5"),
        ('[{split: ";"}, {text: {trim: both}}]', "a; b ;c", ["a", "b", "c"], "a;b;c"),
        ('[{split: "|"}, {decimal: {places: 2}}, {quantity: {by: 100}}]', "1.50|2.25", [150, 225], "1.50|2.25"),
        ('[{split: ","}, date]', "2025-01-02", [DAY], "2025-01-02"),
        ("[duration, {quantity: {per: 60}}]", "PT90M", 90, "PT1H30M"),
        ("[integer_text]", "17", 17, "17"),
    ],
)
def test_codecs_are_applied_from_the_outside_inwards_and_backwards(
    tmp_path: Path, codecs: str, outside: Any, inside: Any, back: Any
) -> None:
    mapping = make(tmp_path, f"  - {{client: a, tracos: b, as: {codecs}}}\n  - {{tracos: c, from: d, as: {codecs}}}")
    assert inward(mapping, a=outside, d=outside) == {"b": inside, "c": inside}
    assert outward(mapping, b=inside) == {"a": back}
    assert inward(mapping) == outward(mapping) == {}


def test_what_one_of_several_codecs_does_not_understand_rejects_the_record_by_name(tmp_path: Path) -> None:
    mapping = make(tmp_path, '  - {client: a, tracos: b, as: [{split: ";"}, {decimal: {places: 2}}]}')
    assert reasons(mapping, Direction.INBOUND, a="1.50;2") == ['a: expected a number as "1234.56", found "2"']
    assert reasons(mapping, Direction.INBOUND, a=7) == ["a: expected text, found 7"]
    assert reasons(mapping, Direction.OUTBOUND, b=[1.555]) == [
        "b: 1.555 has more than 2 decimals, and nothing is rounded"
    ]
    assert reasons(mapping, Direction.OUTBOUND, b="1.50") == ['b: expected a list, found "1.50"']


def test_each_of_several_fields_gets_the_codecs_before_the_one_that_joins_them(tmp_path: Path) -> None:
    rule = 'as: [{text: {trim: both}}, {datetime: {format: ["%Y-%m-%d", "%H:%M"]}}]'
    mapping = make(tmp_path, f"  - {{client: [day, time], tracos: at, {rule}}}")
    at = datetime(2025, 1, 2, 3, 4, tzinfo=UTC)
    assert inward(mapping, day=" 2025-01-02", time="03:04 ") == {"at": at}
    assert outward(mapping, at=at) == {"day": "2025-01-02", "time": "03:04"}
    assert inward(mapping, day="   ", time="") == {}
    assert reasons(mapping, Direction.INBOUND, day="2025-01-02", time="  ") == [
        "time: is required beside its other half"
    ]


NAMES = """\
  column: {text: {trim: right}}
  number: [column, integer_text]
  money: {decimal: {point: ",", group: ".", places: 2}}
  day:
    as: {datetime: {format: "%Y%m%d"}}
    nulls: {client: ["00000000"]}
    when_absent: {client: "00000000"}
    lossy: a day is enough"""


def test_a_mapping_gives_names_to_codecs_and_what_they_say_holds_for_every_rule(tmp_path: Path) -> None:
    mapping = named(
        tmp_path,
        NAMES,
        "{client: a, tracos: a, as: number}",
        '{client: b, tracos: b, as: [{split: "; "}, money]}',
        "{client: c, tracos: c, as: day}",
        '{client: d, tracos: d, as: day, when_absent: {client: "-"}, lossy: so it is}',
    )
    records = {"a": "7  ", "b": "1,00; 1.234,50", "c": "20250102", "d": "20250102"}
    assert inward(mapping, **records) == {"a": 7, "b": [1, 1234.5], "c": DAY, "d": DAY}
    assert outward(mapping, a=7, b=[1, 1234.5], c=DAY) == {**records, "a": "7", "d": "-"}
    assert inward(mapping, c="00000000", d="00000000") == {}
    assert outward(mapping) == {"c": "00000000", "d": "-"}
    assert [rule.lossy.text for rule in mapping.rules if rule.lossy] == ["a day is enough", "so it is"]


@pytest.mark.parametrize(
    ("codecs", "rule", "finding"),
    [
        ("  a: [b]\n  b: a", "{client: x, tracos: z}", '14:3 E114 codec "a" is made of itself: a → b → a; '),
        ("  date: epoch_s", "{client: x, tracos: z}", "14:3 E013 there is a codec date already; choose another name"),
        ("  a: {txt: {}}", "{client: x, tracos: z}", '14:6 E114 there is no codec "txt"'),
        ("  a: [date, {text: {pad: 0}}]", "{client: x, tracos: z}", "14:13 E114 pad is a number of characters"),
        ("  a: {as: date, key: true}", "{client: x, tracos: z}", "14:17 E010 unknown key key"),
        ("  a: 7", "{client: x, tracos: z}", "14:6 E011 a: expected string or object or array"),
        ("  a: []", "{client: x, tracos: z}", "14:6 E013 a: "),
        ("  aa: date", "{client: x, tracos: z, as: ab}", '18:32 E114 there is no codec "ab"; the codecs are boolean, '),
        (
            NAMES,
            '{client: x, tracos: z, as: [{split: ","}, day]}',
            "25:47 E114 day says nulls as well",
        ),
        ("  a: date", "{client: x, tracos: z, as: [date, a]}", "18:32 E114 codec date makes date, and codec a, which"),
        ("  a: date", "{client: x, tracos: z, as: [{date: 7}]}", "18:40 E011 date: expected object or array or string"),
        ("  a: {as: date, nulls: {tracs: [0]}}", "{client: x, tracos: z, as: a}", "18:5 E010 unknown system tracs"),
    ],
)
def test_a_codec_that_is_none_is_told_where_it_stands(tmp_path: Path, codecs: str, rule: str, finding: str) -> None:
    (found,) = refused(tmp_path, codecs, rule)
    assert found.startswith(finding)
    assert "; " in found


def test_text_of_nothing_but_blanks_is_no_value_where_blanks_are_taken_away(tmp_path: Path) -> None:
    padded = make(
        tmp_path, "  - {client: a, tracos: b, as: {text: {pad: 4}}}\n  - {tracos: c, from: d, as: {text: {pad: 4}}}"
    )
    assert inward(padded, a="    ", d="    ") == {}
    assert inward(padded, a="x   ", d="x   ") == {"b": "x", "c": "x"}
    assert outward(padded, b="x") == {"a": "x   "}
    plain = make(tmp_path, '  - {client: a, tracos: b, as: {text: {before: ""}}}')
    assert inward(plain, a="    ") == {"b": "    "}


def test_a_key_may_be_padded_where_its_form_is_the_only_one(tmp_path: Path) -> None:
    key = "  - {client: id, tracos: number, key: true, as: {text: {zeros: 6}}}\n"
    for name in ("client", "tracos"):
        (tmp_path / f"{name}.json").write_text("")
    with pytest.raises(MappingError):
        make(tmp_path, "", key=key.replace("zeros: 6", "trim: both"))
    tried = Tried(tmp_path)
    number = {**TEXT, "pattern": "^[0-9]{6}$"}
    tried.keys = {"c": number, "t": {**TEXT, "pattern": "^(0|[1-9][0-9]{0,5})$"}}
    tried.key = "{c: id, t: number, key: true, as: {text: {zeros: 6}}}"
    assert tried() == []
    mapping = load_mapping(tmp_path / "m.yaml")
    assert translator(mapping, Direction.INBOUND)({"id": "000007"}) == {"number": "7"}
    assert translator(mapping, Direction.OUTBOUND)({"number": "7"}) == {"id": "000007"}
    tried.key = "{c: id, t: number, key: true, as: {text: {trim: both}}}"
    assert "E144 codec text makes one key of several outside values" in tried()


AMOUNT = {**TEXT, "pattern": r"^([0-9]{1,3},[0-9]{2}|1\.000,00)$"}
WHOLE_CENTS = {"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 1000}
CENTS = {"type": "integer", "minimum": 0, "maximum": 1000}
QUARTERS = {"type": "number", "multipleOf": 0.25, "minimum": 0, "maximum": 1000}
DIGITS = {**TEXT, "pattern": "^[0-9]{4}$"}
DATE = {**TEXT, "format": "date-time"}
LETTERS = {"type": "array", "items": {**TEXT, "pattern": "^[a-z]+$"}, "minItems": 1}


@pytest.mark.parametrize(
    ("outside", "inside", "codecs"),
    [
        (TEXT, {"type": "boolean"}, '{boolean: [["S"], ["N"]]}'),
        ({"type": "integer"}, {"type": "boolean"}, "{boolean: [[1], [0]]}"),
        (AMOUNT, WHOLE_CENTS, '{decimal: {point: ",", group: ".", places: 2}}'),
        (TEXT, {"type": "integer"}, "{decimal: {places: 0}}"),
        ({"type": "integer", "minimum": 0, "maximum": 100_000}, WHOLE_CENTS, "{quantity: {per: 100}}"),
        ({**TEXT, "pattern": "^[a-z]+(,[a-z]+)*$"}, LETTERS, '{split: ","}'),
        ({**TEXT, "pattern": "^r:"}, TEXT, '{text: {before: "r:"}}'),
        ({**TEXT, "pattern": "^[0-9]{4}$"}, {**TEXT, "pattern": "^(0|[1-9][0-9]{0,3})$"}, "{text: {zeros: 4}}"),
    ],
)
def test_nothing_is_found_where_schemas_say_what_a_codec_keeps(
    tmp_path: Path, outside: Any, inside: Any, codecs: str
) -> None:
    tried = Tried(tmp_path)
    tried.outside, tried.inside = {"a": outside}, {"b": inside}
    assert tried(f"{{c: a, t: b, as: {codecs}}}") == []


@pytest.mark.parametrize(
    ("outside", "inside", "codecs", "lost"),
    [
        (CENTS, CENTS, "{quantity: {per: 4, places: 0}}", ""),
        (TEXT, CENTS, "[integer_text, {quantity: {per: 4, places: 0}}]", ""),
        (QUARTERS, {"type": "integer"}, "{quantity: {by: 60, places: 2, whole: true}}", ""),
        (TEXT, {"type": "integer"}, "[{text: {trim: both, case: upper}}, integer_text]", ""),
        ({"enum": ["a", "bb", None]}, {"enum": ["a", "bb"]}, "{text: {cut: 8}}", ""),
        ({"enum": ["PT1H", "PT30M"]}, {"enum": [60, 30]}, "{duration: {unit: min}}", ""),
        (DIGITS, DIGITS, "{text: {trim: both, case: upper}}", ""),
        ({"type": "number", "multipleOf": 1, "minimum": 0, "maximum": 10**12}, DATE, "epoch_ms", ""),
        ({**TEXT, "pattern": "^(0|[1-9][0-9]{0,5})$"}, {"type": "integer", "minimum": 0}, "decimal", ""),
        ({"type": "number", "multipleOf": 0.5}, {"type": "number"}, "{quantity: {per: 2, places: 0}}", "c.a t.b"),
        ({"type": "integer"}, {"type": "number", "multipleOf": 1}, "{quantity: {by: 60, places: 1}}", "t.b"),
        ({"enum": ["a", "a long one"]}, {"enum": ["a", "a long one"]}, "{text: {cut: 8}}", "c.a t.b"),
        ({**TEXT, "pattern": "^[0-9]{4}"}, DIGITS, "{text: {case: upper}}", "c.a"),
        ({**TEXT, "pattern": "^[0-9a]{4}$"}, {**TEXT, "pattern": r"^\w{4}$"}, "{text: {case: upper}}", "c.a t.b"),
        ({**TEXT, "pattern": r"^[0-9]{4}\s?$"}, DIGITS, "{text: {trim: right}}", "c.a"),
        ({"type": ["number", "integer"], "multipleOf": 0.1}, DATE, "epoch_ms", "c.a"),
        (TEXT, LETTERS, '[{split: ";"}, {text: {cut: 3}}]', "c.a t.b"),
        (TEXT, {"enum": [["a"], ["b "]]}, '[{split: ";"}, {text: {trim: both}}]', "c.a t.b"),
    ],
)
def test_a_loss_is_of_what_the_schemas_let_come(
    tmp_path: Path, outside: Any, inside: Any, codecs: str, lost: str
) -> None:
    tried = Tried(tmp_path)
    tried.outside, tried.inside = {"a": outside}, {"b": inside}
    found = [finding for finding in tried(f"{{c: a, t: b, as: {codecs}}}") if finding.startswith("W165")]
    assert " ".join(finding.split()[1] for finding in found) == lost


@pytest.mark.parametrize(
    ("items", "codecs", "unfit"),
    [
        ({"type": "integer"}, '{split: ","}', "codec split makes string, which an element of t.b is not"),
        (TEXT, '[{split: ","}, {decimal: {places: 2}}]', "codec split and decimal makes number, which an element of"),
        (TEXT, '[{split: ","}, date]', "codec split and date makes a date, which an element of t.b is not"),
        ({"type": ["number", "string"]}, '[{split: ","}, decimal]', "an element of t.b may be string, which codec"),
    ],
)
def test_elements_of_a_list_that_a_codec_makes_are_of_the_type_that_it_makes(
    tmp_path: Path, items: Any, codecs: str, unfit: str
) -> None:
    tried = Tried(tmp_path)
    tried.outside, tried.inside = {"a": TEXT}, {"b": {"type": "array", "items": items}}
    found = tried(f"{{c: a, t: b, as: {codecs}, lossy: {{W156: other lists are rejected}}}}")
    (error,) = [finding for finding in found if finding.startswith("E")]
    assert error.startswith(f"E151 {unfit}")


def test_a_list_is_not_copied_to_one_of_elements_of_another_type(tmp_path: Path) -> None:
    tried = Tried(tmp_path)
    whole = {"type": "integer"}
    tried.outside, tried.inside = ({name: {"type": "array", "items": of}} for name, of in (("a", TEXT), ("b", whole)))
    assert tried("{c: a, t: b, lossy: {W156: other lists are rejected}}") == [
        "E150 an element of t.b may be integer, which one of c.a may not",
        "E150 an element of c.a may be string, which one of t.b may not",
    ]


def test_check_asks_a_codec_what_it_loses_and_refuses(tmp_path: Path) -> None:
    tried = Tried(tmp_path)
    tried.outside, tried.inside = {"a": TEXT}, {"b": {**TEXT, "minLength": 1}}
    trimmed = "{c: a, t: b, as: {text: {trim: right}}, lossy: blanks say nothing}"
    assert tried(trimmed) == []
    tried.required = ("a", "b")
    assert tried(trimmed) == ["E122 c.a may be nothing but blanks, but t.b is required"]
    tried.outside = {"a": {**TEXT, "pattern": r"\\S"}}
    tried.required = ()
    tried.outside, tried.inside = {"a": TEXT}, {"b": {"type": "number"}}
    places = tried("{c: a, t: b, as: {decimal: {places: 2}}}")
    assert places == ["W156 0.001 of t.b is not written: 0.001 has more than 2 decimals, and nothing is rounded"]
    several = tried("{c: a, t: b, as: [{text: {trim: both}}, decimal]}")
    assert several == ["W165 c.a comes back without zeros at the end of its fraction"]
    (unfit,) = tried("{c: a, t: b, as: [{text: {zeros: 4}}, boolean_text]}")
    assert unfit == "E151 codec text and boolean_text makes boolean, which t.b is not"


def test_pages_and_explanations_name_every_codec_with_its_options(tmp_path: Path) -> None:
    mapping = named(
        tmp_path,
        '  flag: [{text: {trim: left}}, {boolean: [["S", "Yes"], ["N", ""]]}]',
        "{client: a, tracos: b, as: flag}",
        '{client: c, tracos: d, as: [{split: ","}, {text: {pad: {left: 3}}}]}',
    )
    page = render(page_of(mapping))
    said = 'in tracos, by `boolean`, values `S, Yes` and `N, ""`; all of which is called `flag`'
    assert re.search(rf"`a` .*by `text`, trim `left`; then true or false: .*{re.escape(said)}", page)
    assert "by `split`, separator `,`; then text: padded" in page
    assert "by `text`, pad `left: 3`" in page
    _, flag, items = explain(mapping, Direction.INBOUND, {"id": 1, "a": " S", "c": "  1,100"})
    assert (flag.did, flag.target) == ("converted by flag", {("b",): True})
    assert (items.did, items.target) == ("converted by split and text", {("d",): ["1", "100"]})


def test_editors_know_the_codecs_and_their_options() -> None:
    schema = editor.FILE.read_text()
    assert editor.drawn(schema) == schema, "draw it anew: python -m tests.editor"


def test_codecs_stand_before_the_rules_and_keep_their_order(tmp_path: Path) -> None:
    mapping = named(tmp_path, NAMES, "{client: a, tracos: a, as: number}")
    text = mapping.file.read_text()
    moved = text.replace(f"codecs:\n{NAMES}\n", "") + f"codecs:\n{NAMES}\n"
    made = format_mapping(moved, "m.yaml")
    assert made == format_mapping(made, "m.yaml")
    assert made.index("inside:") < made.index("codecs:") < made.index("rules:")
    assert re.findall(r"^  (\w+):", made.partition("codecs:")[2].partition("rules:")[0], re.MULTILINE) == [
        *("column", "number", "money", "day")
    ]


def test_whole_numbers_with_and_without_a_point_are_one_value_to_a_codec(tmp_path: Path) -> None:
    mapping = make(tmp_path, "  - {client: a, tracos: b, as: {decimal: {places: 2}}}")
    assert outward(mapping, b=7.0) == outward(mapping, b=7) == {"a": "7.00"}
    assert inward(mapping, a="7.00") == {"b": 7}
    _, findings = examine(mapping.file)
    assert not [found for found in findings if found.code == "W180"]


EVERY = """\
  - {client: flag, tracos: flag, as: {boolean: [["S", "Yes"], ["N"]]}}
  - {client: cost, tracos: cost, as: {decimal: {point: ",", group: ".", places: 2}}}
  - {client: plant, tracos: plant, as: {text: {trim: right, pad: 6}}}
  - {client: crew, tracos: crew, as: [{split: ";"}, {text: {trim: both}}]}
  - {client: hours, tracos: minutes, as: {quantity: {by: 60, places: 2}}}
  - {client: spent, tracos: spent, as: {duration: {unit: min}}}
  - {client: machine, tracos: asset.number, as: [{text: {zeros: 10}}, integer_text]}
"""
SENT = {"flag": "Yes", "cost": "1.234,50", "plant": "P1", "crew": "a; b", "hours": 1.5, "spent": "PT90M"}
KEPT = {"flag": True, "cost": 1234.5, "plant": "P1", "crew": ["a", "b"], "minutes": 90, "spent": 90}
GOES = {"flag": "S", "cost": "1.234,50", "plant": "P1    ", "crew": "a;b", "hours": 1.5, "spent": "PT1H30M"}


def test_values_that_codecs_convert_are_imported_edited_and_sent_back(
    database: Database[dict[str, Any]], tmp_path: Path
) -> None:
    site = Site(database, tmp_path, make(tmp_path, EVERY), os.environ[URI])
    (site.inbound / "1.json").write_text(json.dumps({"id": 1, **SENT, "machine": "0000004711"}))
    (site.inbound / "2.json").write_text(json.dumps({"id": 2, **SENT, "cost": "1234,50", "crew": 7}))
    assert site.run()["inbound"] == {"read": 2, "created": 1, "rejected": 1}
    orders = site.database["orders"]
    found: Any = orders.find_one({"number": 1})
    assert {name: found[name] for name in KEPT} == KEPT
    assert found["asset"] == {"number": 4711}
    orders.update_one({"number": 1}, {"$set": {"isSynced": False, "cost": 7.0, "asset.number": 5}})
    site.run()
    sent = json.loads((site.outbound / "1.json").read_text())
    assert sent == {"id": 1, **GOES, "cost": "7,00", "machine": "0000000005"}
    assert site.run()["inbound"] == {"read": 2, "unchanged": 1, "rejected": 1}
    orders.update_one({"number": 1}, {"$set": {"isSynced": False, "cost": 0.125}})
    assert site.run()["outbound"] == {"read": 1, "rejected": 1}


@pytest.mark.slow
def test_the_laws_of_a_mapping_hold_for_its_codecs(tmp_path: Path) -> None:
    tried = Tried(tmp_path)
    pattern = {**TEXT, "pattern": "^(0|[1-9][0-9]{0,3})$"}
    tried.outside = dict.fromkeys("abcdefg", TEXT) | {"e": {"type": "number"}}
    tried.inside = {"a": {"type": "boolean"}, "b": WHOLE_CENTS, "c": pattern, "d": LETTERS, "e": WHOLE_CENTS}
    tried.inside |= {"f": {"type": "integer", "minimum": 0, "maximum": 10_000}, "g": {**TEXT, "minLength": 1}}
    rules = [
        '{c: a, t: a, as: {boolean: [["S"], ["N"]]}}',
        '{c: b, t: b, as: {decimal: {point: ",", places: 2}}}',
        "{c: c, t: c, as: {text: {zeros: 4}}, lossy: other text stays out}",
        '{c: d, t: d, as: [{split: ";"}, {text: {trim: both}}], lossy: blanks say nothing}',
        "{c: e, t: e, as: {quantity: {by: 0.1}}, lossy: amounts are small}",
        "{c: f, t: f, as: {duration: {unit: min}}, lossy: any units}",
        "{c: g, t: g, as: {text: {trim: both, cut: 5}}, lossy: they are short}",
    ]
    tried(*rules)
    mapping = load_mapping(tried.file)
    tally = check_laws(Judge(mapping, {way: compile_pipeline(mapping, way) for way in Direction}), 100, 0)
    assert [verdict for verdict in tally.verdicts if not verdict.holds] == []
    assert tally.accepted == 200
    assert tally.notes == []
