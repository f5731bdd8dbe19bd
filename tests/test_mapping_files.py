"""Mapping files: strict YAML, a strict form, and every finding with file, line, column, code and fix."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from etl import MappingError, load_mapping
from etl.cli import cli
from etl.mapping.language.codes import load_codes
from etl.mapping.language.document import read_document
from etl.mapping.load import examine
from tests.support.site import MAPPING_FILE, ROOT

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


CORPUS = sorted((Path(__file__).parent / "broken").glob("*.yaml"))


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_a_broken_mapping_is_diagnosed_at_the_place_that_is_wrong(file: Path) -> None:
    """Each file's name starts with the code that it is about; the text beside it has every finding."""
    try:
        _, found = examine(file)
    except MappingError as error:
        found = list(error.findings)
    said = "".join(f"{f.line}:{f.column} {f.code} {f.message}; {f.fix}\n" for f in found)
    assert said.replace(f"{file.parent}/", "") == file.with_suffix(".txt").read_text()
    assert f" {file.stem[:4]} " in said


OF_SEVERAL = {"W196"}
"""What is found of several mappings together."""


def test_mappings_of_one_collection_that_may_touch_one_document_are_told_once_each(tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.yaml" for name in ("hafen", "werft", "kai")]
    for file in files:
        file.write_text(edited("mapping: tracos_client", f"mapping: {file.stem}"))
    done = CliRunner().invoke(cli, ["check", *map(str, files)])
    assert [line.partition(" as well")[0] for line in done.output.splitlines()] == [
        f"{one}:13:11 W196 {other} and 1 more work with the collection workorders"
        for one, other in zip(files, (files[1], files[0], files[0]), strict=True)
    ]
    for file in files[:2]:
        own = f"{{isSynced: {{$ne: true}}, title: {file.stem}}}"
        file.write_text(file.read_text().replace("{isSynced: {$ne: true}}", own))
    done = CliRunner().invoke(cli, ["check", *map(str, files[:2])])
    assert done.output.count("export_when keeps exports apart, and no imports of one key") == len(files[:2])


def test_every_code_is_documented_and_has_a_broken_mapping() -> None:
    documented = set(load_codes())
    assert {file.stem[:4] for file in CORPUS} | OF_SEVERAL == documented
    sources = "".join(file.read_text() for file in (ROOT / "etl").rglob("*.py"))
    assert set(re.findall(r"\"([EW][0-9]{3})\"", sources)) == documented
    for code in load_codes().values():
        assert code.page.count("```text") == 2, f"{code.code} needs an example and its fix"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#" * 1_000_001, "1:1 E001 the file has 1000001 bytes; a mapping has at most 1000000"),
        ("[" * 2000, "1:1 E002 nested too deep; a mapping has a few levels"),
    ],
    ids=["huge", "deep"],
)
def test_an_absurd_file_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    assert findings(tmp_path, text) == [expected]


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
