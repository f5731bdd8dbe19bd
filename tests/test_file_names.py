"""Names of outbound files: every key has one of its own, on every system, and none is read as what the client sends."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import SettingsError, load_mapping
from etl.app import letters, plan, verify, write_sample
from etl.app.opening import quiet_log
from etl.endpoints.files.location import Location, parse_location
from etl.endpoints.files.names import latest_run, part_namer, record_namer
from etl.endpoints.files.overlap import can_match, is_one_folder
from tests.support.client_files import with_files
from tests.support.command_line import MAPPING, etl
from tests.support.site import MAPPING_FILE, ROOT, Site, client_record

STARTED = datetime(2025, 1, 2, 3, 4, 5, 678_000, UTC)

NAMES = {
    "7": "7.json",
    "wm_task": "wm_task.json",
    "WO-7": "%57%4F-7.json",
    "a/b": "a%2Fb.json",
    "../escape": "%2E.%2Fescape.json",
    "a\\b": "a%5Cb.json",
    "x\0y\n": "x%00y%0A.json",
    "a:b": "a%3Ab.json",
    "caf\u00e9": "caf%C3%A9.json",
    "cafe\u0301": "cafe%CC%81.json",
    "con": "%63on.json",
    "NUL": "%4E%55%4C.json",
    "lpt1": "%6Cpt1.json",
    "com1.x": "%63om1.x.json",
    "console": "console.json",
    ".hidden": "%2Ehidden.json",
    "100%": "100%25.json",
    "7 ": "7%20.json",
    "longfi~1": "longfi%7E1.json",
}


@pytest.mark.parametrize("key", NAMES)
def test_every_key_has_a_file_name_from_which_it_can_be_read_again(key: str) -> None:
    name = record_namer("{id}.json")({"id": key})
    assert name == NAMES[key]
    assert unquote(name) == f"{key}.json"


@pytest.mark.parametrize(
    ("template", "name"),
    [("{id}", "a%2E"), ("{id}x.", "a.x%2E"), ("{id} ", "a.%20"), ("con.{id}", "%63on.a%2E"), (".{id}.x", "%2Ea..x")],
)
def test_no_name_starts_or_ends_as_some_system_does_not_keep_it(template: str, name: str) -> None:
    assert record_namer(template)({"id": "a."}) == name


def test_a_separator_in_a_value_is_escaped() -> None:
    name = record_namer("{class}_{id}.json")
    assert name({"class": "wm_task", "id": "a_b"}) == "wm%5Ftask_a_b.json"
    assert name({"class": "wm", "id": "task_a_b"}) == "wm_task_a_b.json"


def kept_by_any_system(name: str) -> str:
    """Return what is left of a name where capitals, forms of accents, and blanks and dots at its end do not count."""
    return unicodedata.normalize("NFC", name).casefold().rstrip(". ")


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ({"pattern": "^WO[0-9]{7}$"}, "WO0010023"),
        ({"pattern": r"^(?:PO|WO)-\d+\w$"}, "WO0010023"),
        ({"enum": ["HAM", "BER", None]}, "WO0010023"),
        ({"pattern": "^[A-Za-z0-9]+$"}, "%57%4F0010023"),
        ({"enum": ["HAM", "ber"]}, "%57%4F0010023"),
        ({"type": "string"}, "%57%4F0010023"),
    ],
)
def test_capitals_stay_where_the_schema_speaks_of_them_alone(schema: dict[str, Any], name: str) -> None:
    whole = {"type": "object", "properties": {"id": schema}}
    assert record_namer("{id}.json", whole)({"id": "WO0010023"}) == f"{name}.json"


CAPITALS = {"properties": {"a": {"pattern": "^[A-Z]+$"}, "b": {"enum": ["A"]}}}
KEYS = st.text(st.sampled_from("aAbcnoxX0127-_. %é\u00e9\u0301ß/:2FCf~"), min_size=1, max_size=5) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5
)


TEMPLATES = st.sampled_from(["{a}-{b}.json", "{a}x{b}", "{a}--{b}.j", "w_{a}_{b}.json", "{a}2F{b}", "{a}X{b}"])


@given(KEYS, KEYS, KEYS, KEYS, TEMPLATES, st.sampled_from([{}, CAPITALS]))
def test_two_keys_never_share_a_file_on_any_system(
    a: str, b: str, c: str, d: str, template: str, schema: dict[str, Any]
) -> None:
    name = record_namer(template, schema)
    one, other = name({"a": a, "b": b}), name({"a": c, "b": d})
    assert one.isascii()
    assert not set(one) & set('<>:"/\\|?*')
    if (a, b) == (c, d):
        assert one == other
    else:
        assert kept_by_any_system(one) != kept_by_any_system(other)


def test_a_key_with_a_separator_and_capitals_has_its_file(site: Site) -> None:
    (site.folder / "s.json").write_text(
        json.dumps({"type": "object", "properties": {"class": {"type": "string"}, "id": {"type": "string"}},
                    "required": ["class", "id"], "additionalProperties": True})
    )  # fmt: skip
    file = site.folder / "m.yaml"
    file.write_text("""mapping: names
language: 1
outside: {name: c, schema: s.json, files: {inbound: "*.json", outbound: "{class}_{id}.json"}}
inside:
  name: t
  schema: s.json
  mongodb: {collection: workorders, export_when: {isSynced: {$ne: true}}, on_export: {isSynced: true}}
rules:
  - {c: class, t: class, key: true}
  - {c: id, t: id, key: true}
""")
    site.mapping = load_mapping(file)
    for number, record in enumerate(({"class": "wm_task", "id": "A/1"}, {"class": "wm_task", "id": "a/1"})):
        (site.inbound / f"{number}.json").write_text(json.dumps(record))
    assert site.run()["outbound"] == {"read": 2, "created": 2}
    assert sorted(file.name for file in site.outbound.iterdir()) == ["wm%5Ftask_%41%2F1.json", "wm%5Ftask_a%2F1.json"]
    site.work_orders.update_many({}, {"$set": {"isSynced": False}})
    assert site.run()["outbound"] == {"read": 2, "unchanged": 2}


NAME = "out_{run}_{part}.csv.gz"


def names(there: list[str], started: datetime = STARTED, most: int = 2) -> list[str]:
    return list(islice(part_namer(NAME, latest_run([NAME], started, there)), most))


def test_files_of_many_records_sort_as_they_were_written_also_where_the_clock_was_set_back() -> None:
    first = names([])
    assert first == ["out_20250102T030405678Z_00001.csv.gz", "out_20250102T030405678Z_00002.csv.gz"]
    others = ["other_20300102T030405678Z_00001.csv.gz", "out_20250199T030405678Z_00001.csv.gz", "out_.csv.gz"]
    second = names([*others, *first], STARTED - timedelta(hours=1))
    assert second[0] == "out_20250102T030405679Z_00001.csv.gz"
    assert sorted(first + second) == first + second


def test_more_files_than_there_are_numbers_still_sort_as_they_were_written() -> None:
    made = names([], most=100_002)
    assert made[-1] == "out_20250102T030405679Z_00003.csv.gz"
    assert sorted(made) == made


def test_a_run_after_the_clock_was_set_back_writes_names_that_sort_behind_those_that_are_there(site: Site) -> None:
    site.mapping = load_mapping(ROOT / "tests" / "mappings" / "json_lines.yaml")
    site.outbound.mkdir()
    ahead = site.outbound / site.mapping.files.entries[0].file.format(run="21250102T030405678Z", part="00001")
    ahead.write_text("")
    (site.inbound / "a.jsonl").write_text(json.dumps(client_record(1)) + "\n")
    assert site.run()["outbound"] == {"read": 1, "created": 1}
    before, after = sorted(file.name for file in site.outbound.iterdir())
    assert before == ahead.name
    assert "21250102T030405679Z" in after


@pytest.mark.parametrize(
    ("glob", "template", "whole", "expected"),
    [
        ("*.json", "workorder_{orderNo}.json", [], True),
        ("*", "{run}_{part}.csv", [], True),
        ("in_*.json", "out_{id}.json", [], False),
        ("wo_*.json", "{id}.json", [], True),
        ("wo_*.json", "{id}.json", ["id"], False),
        ("*.jsonl", "{run}_{part}.jsonl.gz", [], False),
        ("*.jsonl*", "{run}_{part}.jsonl.gz", [], True),
        ("orders_*.csv", "{run}_{part}.csv", [], False),
        ("[!w]*.json", "workorder_{id}.json", [], False),
        ("[a-z]?.json", "w{id}.json", [], True),
        ("?.json", "wo{id}.json", [], False),
        ("a{b}.json", "a{id}.json", [], False),
        ("2*.csv", "{run}_{part}.csv", [], True),
        ("*[A-Z].json", "{id}.json", ["id"], False),
    ],
)
def test_whether_a_name_that_is_written_may_match_what_is_read_is_known(
    glob: str, template: str, whole: list[str], expected: bool
) -> None:
    assert can_match(glob, template, whole) is expected


def spellings(folder: Path) -> dict[str, tuple[Location, Location]]:
    """Return pairs of locations that are one folder."""
    (folder / "data").mkdir()
    (folder / "link").symlink_to(folder / "data")
    (folder / "via").symlink_to(folder)
    data = str(folder / "data")
    pairs = {
        "the same": (data, data),
        "a slash and dots": (data, f"{data}/../data/"),
        "a link": (data, str(folder / "link")),
        "a link above": (data, str(folder / "via" / "data")),
        "not there yet": (data + "/new", str(folder / "link" / "new")),
        "a URL of a file": (data, f"file://{data}/"),
        "two URLs of a file": (f"local://{data}", f"file://{folder}/link"),
        "a bucket": ("memory://site/data", "memory://site/x/../data/"),
        "other users": ("ftp://ana:one-word@host/data", "ftp://bob:two-word@host/data/"),
        "a cache": ("simplecache::memory://site/data", "memory://site/data"),
    }
    return {name: (parse_location(one), parse_location(other)) for name, (one, other) in pairs.items()}


SPELLINGS = (
    "the same", "a slash and dots", "a link", "a link above", "not there yet", "a URL of a file", "two URLs of a file",
    "a bucket", "other users", "a cache",
)  # fmt: skip


@pytest.mark.parametrize("case", SPELLINGS)
def test_one_folder_is_known_however_it_is_written(tmp_path: Path, case: str) -> None:
    pairs = spellings(tmp_path)
    assert set(pairs) == set(SPELLINGS)
    assert is_one_folder(*pairs[case])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("in", "out"),
        ("in", "in/out"),
        ("memory://in", "memory://out"),
        ("ftp://one/in", "ftp://other/in"),
        ("in", "memory://in"),
    ],
)
def test_two_folders_are_two(one: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not is_one_folder(parse_location(one), parse_location(other))


@pytest.mark.untouched
def test_a_run_that_would_read_what_it_wrote_ends_before_anything_with_exit_code_3(site: Site) -> None:
    site.client_sends(1)
    link = site.folder / "link"
    link.symlink_to(site.inbound)
    done = etl("run", *MAPPING, site=site, DATA_OUTBOUND_DIR=f"file://{link}")
    assert done.returncode == 3, done.stderr
    assert "is both the inbound and the outbound folder" in done.stderr
    assert "workorder_{orderNo}.json may match *.json" in done.stderr
    assert not {"workorders", "etl_state", "etl_leases"} & set(site.database.list_collection_names())
    assert [file.name for file in site.inbound.iterdir()] == ["1.json"]


def test_a_list_of_what_was_rejected_is_not_written_where_it_would_be_read(site: Site) -> None:
    with_files(site, '{format: json_lines, inbound: "re*", outbound: "o_{run}_{part}.jsonl"}')
    command = ("run", "--mapping", str(site.mapping.file), "--rejects")
    done = etl(*command, site=site, DATA_OUTBOUND_DIR=str(site.inbound))
    assert done.returncode == 3, done.stderr
    assert "rejects_{run}.csv may match re*" in done.stderr


@pytest.mark.parametrize("command", ["plan", "verify", "sample", "letters"])
def test_every_command_that_would_be_misled_by_it_refuses_it(site: Site, command: str) -> None:
    settings, log = replace(site.settings, outbound=site.inbound), quiet_log()

    def look() -> Any:
        match command:
            case "plan":
                return plan(site.mapping, settings, log)
            case "verify":
                return list(verify(site.mapping, settings, log))
            case "sample":
                return write_sample(site.mapping, settings, log, 1)
            case _:
                with letters(site.mapping, settings, log) as found:
                    return list(found)

    with pytest.raises(SettingsError, match="what goes out would come in again"):
        look()


def test_one_folder_for_both_is_fine_where_no_written_name_is_read(site: Site) -> None:
    text = MAPPING_FILE.read_text().replace("../schemas", str(ROOT / "schemas"))
    (site.folder / "m.yaml").write_text(text.replace('inbound: "*.json"', 'inbound: "in_*.json"'))
    site.mapping = load_mapping(site.folder / "m.yaml")
    site.settings = replace(site.settings, outbound=site.inbound)
    site.client_sends(1, "in_1.json")
    assert site.run() == {"inbound": {"read": 1, "created": 1}, "outbound": {"read": 1, "created": 1}}
    assert site.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}
