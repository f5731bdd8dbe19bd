"""Mapping files: strict YAML, a strict form, and every finding with file, line, column, code and fix."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import MappingError, load_mapping
from etl.mapping.document import read_document
from tests.conftest import MAPPING_FILE, ROOT

SHIPPED = MAPPING_FILE.read_text().replace("../schemas/", f"{ROOT / 'schemas'}/")


def findings(folder: Path, text: str | bytes) -> list[str]:
    """Return what is wrong with a mapping, without the file's name."""
    file = folder / "m.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(MappingError) as caught:
        load_mapping(file)
    return [str(finding).removeprefix(f"{file}:") for finding in caught.value.findings]


def edited(old: str, new: str) -> str:
    assert SHIPPED.count(old) >= 1
    return SHIPPED.replace(old, new, 1)


STRICT: list[tuple[str | bytes, str]] = [
    (b"\xff\xfe", "1:1 E001 byte 0 is not UTF-8; save the file as UTF-8"),
    (b"#" * 1_000_001, "1:1 E001 the file has 1000001 bytes; a mapping has at most 1000000"),
    ("", "1:1 E002 the file is empty; start with mapping: NAME"),
    ("a: [1", "1:6 E002 not YAML: expected ',' or ']', but got '<stream end>'; correct the syntax here or just above"),
    ("a: 1\n\tb: 2", "2:1 E002 not YAML: found character '\\t' that cannot start any token"),
    ("a: b: c", "1:5 E002 not YAML: mapping values are not allowed here"),
    ("a: 1\n---\nb: 2", "2:1 E002 not YAML: but found another document"),
    ("a: \x07", "1:4 E002 not YAML: special characters are not allowed; remove this character"),
    ("[" * 5000, "1:1 E002 nested too deep"),
    ("a: 1\nb: 2\na: 3", "3:1 E003 a is here twice, first on line 1; keep one of them"),
    ("7: x", "1:1 E003 a key is text; write it in quotes"),
    ("a: no", '1:4 E004 no means different things in YAML 1.1 and 1.2; write false for the truth value, or "no"'),
    ("a: Yes", "1:4 E004 Yes means different things"),
    ("a: on", "1:4 E004 on means different things"),
    ("on: 1", "1:1 E004 on means different things"),
    ("a: TRUE", "1:4 E004 TRUE means different things"),
    ("a: Null", "1:4 E004 Null means different things"),
    ("a: 010", '1:4 E004 010 means different things in YAML 1.1 and 1.2; write "010" for text, or a plain decimal'),
    ("a: 0x1F", "1:4 E004 0x1F means different things"),
    ("a: 1_000", "1:4 E004 1_000 means different things"),
    ("a: 12:30", "1:4 E004 12:30 means different things"),
    ("a: 2025-01-02", "1:4 E004 2025-01-02 means different things"),
    ("a: .5", "1:4 E004 .5 means different things"),
    ("a: +5", "1:4 E004 +5 means different things"),
    ("a: .inf", "1:4 E004 .inf means different things"),
    ("a: &x [*x]", "1:4 E005 this alias expands without end; write the value out"),
    ("a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(6)
    ), "E005 this alias expands without end"),
    ("a: !!python/object/apply:os.system [ls]", "1:4 E006 the tag tag:yaml.org,2002:python/object/apply:os.system"),
    ("a: !!int '7'", "1:4 E006 the tag tag:yaml.org,2002:int is not allowed; write a plain value"),
    ("a: !!str 5", "1:4 E006 the tag tag:yaml.org,2002:str is not allowed; write a plain value"),
    ("a: ! 5", "1:4 E006 the tag ! is not allowed; write a plain value"),
    ("a: &x {b: 1}\nc:\n  <<: *x", "3:3 E006 merge keys are not allowed; write the values out"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), STRICT, ids=lambda value: str(value)[:30])
def test_yaml_is_read_strictly(tmp_path: Path, text: str | bytes, expected: str) -> None:
    assert expected in findings(tmp_path, text)[0]


def test_plain_values_mean_what_they_say(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    numbers = "0, -7, 9223372036854775807, 1.5, 1e3"
    file.write_text(f"\ufeffa: [true, false, null, ~]\nb:\nc: [{numbers}]\nd: [text, 'no', \"010\", é, 1.2.3, a:b]\n")
    assert read_document(file).value == {
        "a": [True, False, None, None],
        "b": None,
        "c": [0, -7, 2**63 - 1, 1.5, 1000.0],
        "d": ["text", "no", "010", "é", "1.2.3", "a:b"],
    }


FORM: list[tuple[str, str, str]] = [
    ("language: 1", "language: 2", "3:11 E013 language: expected 1, found 2"),
    ("rules:", "rulez:", "21:1 E010 unknown key rulez; did you mean rules?"),
    ("mapping: tracos_client", "mapping: a/b", '2:10 E013 mapping: "a/b" does not match'),
    ("  when_absent: omit", "  wen_absent: omit", "14:3 E010 unknown key wen_absent; did you mean when_absent?"),
    ("    collection: workorders\n", "", "16:5 E012 collection is missing; add collection:"),
    ("collection: workorders", "collection: 7", "16:17 E011 collection: expected string, found 7; "),
    ("name: client", "name: flags", "6:9 E013 flags is a word of the language; choose another name"),
    ("name: tracos", "name: client", "12:9 E013 both systems are called client; give each its own name"),
    ("key: true", "kee: true", "22:46 E010 unknown key kee; did you mean key?"),
    ("{client: summary, ", "{clint: summary, ", "23:6 E010 unknown key clint; did you mean client?"),
    ("{client: summary,        tracos: title}", "{client: summary}", "23:5 E101 this rule takes 2 system names, "),
    ("as: datetime", "as: datetim", '24:53 E114 there is no codec "datetim"; the codecs are datetime, date, e'),
    ("as: datetime", "as: {datetime: {zon: UTC}}", '24:53 E114 codec datetime has no option "zon"; '),
    ("as: datetime", "as: {datetime: {zone: Mars/Base}}", '24:53 E114 there is no time zone "Mars/Base"; '),
    ("as: datetime", "as: {datetime: {zone: null}}", "24:53 E114 zone is text such as America/Sao_Paulo, not null"),
    ("as: datetime", "as: {datetime: {zone: 5}}", "24:53 E114 zone is text such as America/Sao_Paulo, not 5"),
    ("as: datetime", "as: {datetime: {format: 5}}", '24:53 E114 format is text such as "%Y-%m-%d", or a list'),
    ("as: datetime", 'as: {datetime: {format: ["%Y"]}}', '24:53 E114 format is text such as "%Y-%m-%d", or a list'),
    ("as: datetime", "as: {datetime: {format: [5, 6]}}", '24:53 E114 format is text such as "%Y-%m-%d", or a list'),
    ("tracos: title", "tracos: 'asset.\"$x\"'", '23:38 E111 asset."$x" cannot be written to MongoDB'),
    ("tracos: title}", "tracos: title, nulls: {clint: [0]}}", "23:53 E010 unknown system clint; did you mean client?"),
    ("workorder_{orderNo}.json", "{orderNo}{summary}.json", "9:40 E141 two values of the file name touch; put"),
    ("from: updatedAt", "from: 'updatedAt['", "25:36 E113 not JMESPath: Invalid jmespath expression: "),
    ("tracos: title", "tracos: title.", "23:38 E112 'title.' is not a path, from character 6 on; "),
    ("tracos: title", "tracos: $title", "23:38 E112 '$title' is not a path, from character 1 on; "),
    ("tracos: title", "tracos: '\"a.b\"'", '23:38 E111 "a.b" cannot be written to MongoDB; '),
    ("tracos: title", "tracos: _id", "23:38 E111 _id cannot be written to MongoDB; "),
    ("tracos: title", "tracos: number", "23:5 E120 number of tracos is written twice, first on line 22; "),
    ("tracos: title", "tracos: number.x", "23:5 E120 number.x of tracos is written twice, first on line 22; "),
    ("tracos: title", "tracos: isSynced", "16:5 E120 isSynced of tracos is written by a rule and by on_import"),
    ("key: true", "key: false", "22:3 E140 no rule has key: true; say which rule identifies a record"),
    ("{orderNo}.json", "{summary}.json", "9:40 E141 the file name does not have {orderNo}, so two records would s"),
    ("{orderNo}.json", "{orderNo}{}.json", "9:40 E112 '' is not a path; "),
    ("client_workorder.schema", "nowhere", "7:11 E130 "),
    ("client_workorder.schema.json", "", "7:11 E130 "),
    ("updatedAt: $now", "updatedAt: $then", '17:45 E013 "$then" is unknown; write $now, $absent or a value'),
    ("isSynced: false", "is.synced: false", "17:17 E111 is.synced cannot be written to MongoDB; "),
    ("write: once", "write: twice", '26:82 E013 write: expected "once", found "twice"; '),
    ("from: updatedAt,   as: datetime", "from: updatedAt, write: once", "25:47 E101 write: once is for the inside s"),
    ("from: updatedAt,", "from: updatedAt, key: true,", "25:47 E010 key does not go with from; remove key"),
    ("from: updatedAt,", "from: updatedAt, values: [{client: 1, tracos: 2}],", "25:47 E101 values does not go with f"),
    ("    otherwise: in_progress", "    otherwise: {client: 1}", "37:16 E011 otherwise of flags is a value; "),
    ("{client: isDone, ", "{clint: isDone, ", "32:10 E010 unknown system clint; did you mean client?"),
    ("{client: summary, ", "{client: [a, b], ", "23:14 E101 a rule without a codec takes 1, here are 2 fields; "),
    ("    client: {orderNo: 7,", "    clint: {orderNo: 7,", "41:5 E010 unknown key clint; did you mean client?"),
]


@pytest.mark.parametrize(("old", "new", "expected"), FORM, ids=lambda value: str(value)[:40])
def test_a_wrong_mapping_is_refused_at_the_place_that_is_wrong(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    found = findings(tmp_path, edited(old, new))
    assert any(expected in finding for finding in found), found


def test_every_finding_is_said_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = edited("as: datetime", "as: datetim").replace("from: updatedAt", "from: '['").replace("$now", "$never", 1)
    found = findings(tmp_path, text)
    assert [finding.split()[1] for finding in found] == ["E013", "E114", "E113"]


def test_a_schema_that_is_no_schema_is_refused(tmp_path: Path) -> None:
    for content, reason in (
        ("{", "not JSON"),
        ("[]", "a schema is a JSON object"),
        ('{"type": "strin"}', "is not a JSON Schema"),
        ('{"$ref": "http://127.0.0.1:9/x"}', "a schema stands in one file"),
    ):
        (tmp_path / "s.json").write_text(content)
        text = edited(f"{ROOT / 'schemas'}/client_workorder.schema.json", "s.json")
        (found,) = findings(tmp_path, text)
        assert "7:11 E131 " in found
        assert reason in found


@given(st.text(alphabet="ab:{}[]&*!|>'\"#%@`,-? \n\t0123\\é\x00", max_size=60))
def test_any_text_that_is_no_mapping_is_refused_with_findings(text: str) -> None:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(text.encode())
        file.flush()
        with pytest.raises(MappingError) as caught:
            load_mapping(file.name)
    assert caught.value.findings
    assert all(finding.line >= 1 and finding.column >= 1 for finding in caught.value.findings)
