"""`etl draft`: a first mapping from samples, in which every doubt is marked, and nothing is guessed without a word."""

from __future__ import annotations

import gzip
import json
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl import Direction, load_mapping, translator
from etl.draft.draft import Asked, Drafted, draft
from etl.errors import DraftError, MappingError
from etl.mapping.load import examine
from etl.start.folder import write_new
from tests.support.command_line import etl
from tests.support.vendors import (
    INSIDE,
    OPENAPI,
    documents,
    german_rows,
    odoo,
    sap,
    servicenow,
    upkeep,
    write,
)


def drafted(folder: Path, *samples: Path | str, **asked: Any) -> tuple[Drafted, str]:
    """Return a draft, written to a folder, with the text of its mapping from the systems on."""
    made = draft(Asked(tuple(map(str, samples)), folder, **asked))
    write_new(folder, made.files, made.new)
    return made, made.files[made.mapping].decode().partition("outside:\n")[2]


def rules(text: str) -> list[str]:
    """Return the lines of the rules, each with its blanks as one."""
    return [" ".join(line.split()) for line in text.partition("rules:\n")[2].splitlines()]


def codes(folder: Path, made: Drafted) -> set[str]:
    """Return the codes of what check says of a draft."""
    return {finding.code for finding in examine(folder / made.mapping)[1]}


def test_a_german_csv_is_drafted_with_its_encoding_delimiter_dates_and_decimal_commas(tmp_path: Path) -> None:
    sample = write(tmp_path, "auftraege_2025-03.csv", german_rows())
    inside = write(tmp_path, "inside.json", INSIDE)
    made, text = drafted(tmp_path, sample, inside=inside)
    assert 'inbound: "auftraege_*.csv"' in text
    assert 'encoding: cp1252\n    csv: {delimiter: ";", spreadsheet: false}' in text
    found = rules(text)
    for rule in (
        '- {client: "\\"Auftrags-Nr.\\"", tracos: number, as: integer_text, key: true} # DOUBT: ',
        "- {client: Kurztext, tracos: title} # DOUBT: by its name alone",
        '- {client: "\\"Erstellt am\\"", tracos: createdAt, as: {datetime: {format: "%d.%m.%Y %H:%M"}}} # DOUBT: by',
        '- {client: "\\"Fällig am\\"", tracos: dueAt, as: {datetime: {format: "%d.%m.%Y"}}} # DOUBT: by its name alone',
        '- {client: "\\"Kosten (EUR)\\"", tracos: cost, as: {decimal: {point: ",", group: ".", places: 2}}} # DOUBT: ',
        "- {client: Dringend, tracos: urgent, as: {boolean: [[Ja], [Nein]]}} # DOUBT: by its name alone",
        "- {client: Offen, tracos: pending} # DOUBT: by its word",
        "- {client: Mittel, tracos: medium} # DOUBT: by its word",
    ):
        assert any(line.startswith(rule) for line in found), (rule, found)
    assert '# - {client: Sachbearbeiter} string, such as "Müller"' in found
    assert codes(tmp_path, made) <= {"W156", "W164", "W165", "W170", "W180"}


def test_what_has_to_be_edited_after_a_draft_is_little_and_then_it_holds_both_ways(tmp_path: Path) -> None:
    sample = write(tmp_path, "auftraege.csv", german_rows())
    inside = write(tmp_path, "inside.json", INSIDE)
    made, _ = drafted(tmp_path, sample, inside=inside)
    file = tmp_path / made.mapping
    before = after = file.read_text()
    schema = tmp_path / "schemas" / "auftraege.schema.json"
    edits = {
        "  files:\n": "  ignore: [Sachbearbeiter]\n  files:\n",
        'format: "%d.%m.%Y %H:%M"}}}': 'format: "%d.%m.%Y %H:%M", zone: Europe/Berlin, fold: first}}, '
        "lossy: minutes are enough}",
        'format: "%d.%m.%Y"}}}': 'format: "%d.%m.%Y"}}, lossy: a day is enough}',
        "places: 2}}}": "places: 2}}, lossy: {W156: nothing costs less than nothing}}",
        "tracos: asset.code}": 'tracos: asset.code, nulls: {tracos: [""]}}',
        "tracos: title}": "tracos: title, lossy: {W156: a title has letters}}",
    }
    for old, new in edits.items():
        assert old in after, old
        after = after.replace(old, new, 1)
    file.write_text(after)
    checked = etl("check", "--strict", str(file))
    assert checked.returncode == 0, checked.stdout + schema.read_text()
    changed = [line for line in unified_diff(before.splitlines(), after.splitlines(), n=0) if line[:1] == "+"][1:]
    assert len(changed) == len(edits)
    mapping = load_mapping(file)
    row = {
        "Auftrags-Nr.": "4001",
        "Kurztext": "Pumpe",
        "Status": "Wartet",
        "Erstellt am": "02.03.2025 08:15",
        "Fällig am": "11.04.2025",
        "Kosten (EUR)": "1.234,01",
        "Dringend": "Ja",
        "Priorität": "Hoch",
        "Anlage": "P-001",
    }
    made_inside = translator(mapping, Direction.INBOUND)(row)
    assert (made_inside["status"], made_inside["cost"], made_inside["priority"]) == ("on_hold", 1234.01, "high")
    assert translator(mapping, Direction.OUTBOUND)(made_inside) == row


def test_work_orders_of_both_sides_settle_what_names_leave_open(tmp_path: Path) -> None:
    sample = write(tmp_path, "auftraege.csv", german_rows())
    inside = write(tmp_path, "inside.json", INSIDE)
    known = write(tmp_path, "known.jsonl", documents(range(5, 40)))
    _, text = drafted(tmp_path, sample, inside=inside, documents=known)
    found = rules(text)
    for rule in (
        '- {client: "\\"Auftrags-Nr.\\"", tracos: number, as: integer_text, key: true}',
        "- {client: Kurztext, tracos: title}",
        '- {client: "\\"Erstellt am\\"", tracos: createdAt, as: {datetime: {format: "%d.%m.%Y %H:%M"}}}',
        "- {client: Anlage, tracos: asset.code}",
        '- {client: "\\"Kosten (EUR)\\"", tracos: cost, as: {decimal: {point: ",", group: ".", places: 2}}}',
        '- {client: "Gelöscht", tracos: deleted}',
        "- {client: Storniert, tracos: cancelled}",
    ):
        assert rule in found, (rule, found)
    assert "by its name alone" in text  # of what no document has: when it is due


def test_values_that_differ_are_no_pair_whatever_they_are_called(tmp_path: Path) -> None:
    rows = [{"id": n, "title": f"Code {n}", "label": f"Pump {n}"} for n in range(1, 9)]
    held = [{"number": n, "title": f"Pump {n}", "status": "pending"} for n in range(1, 9)]
    _, text = drafted(
        tmp_path,
        write(tmp_path, "a.json", rows),
        documents=write(tmp_path, "b.json", held),
    )
    assert "- {client: label, tracos: title}" in rules(text)


def test_a_table_says_of_each_value_by_how_many_records_where_they_differ(tmp_path: Path) -> None:
    rows = [{"id": n, "status": "A" if n % 2 else "B"} for n in range(1, 41)]
    held = [{"number": n, "status": "on_hold" if n % 2 or n == 2 else "completed"} for n in range(1, 41)]
    _, text = drafted(tmp_path, write(tmp_path, "a.json", rows), documents=write(tmp_path, "b.json", held))
    assert "- {client: A, tracos: on_hold}" in rules(text)
    assert "- {client: B, tracos: completed} # DOUBT: 19 of 20 records" in rules(text)


VENDORS: dict[str, tuple[Any, str, list[str]]] = {
    "servicenow": (
        servicenow(),
        "records: result",
        [
            "- {client: number.value, tracos: number, as: [{text: {before: INC, zeros: 7}}, integer_text], key: true}",
            "- {client: short_description.value, tracos: title}",
            '- {client: opened_at.value, tracos: createdAt, as: {datetime: {format: "%Y-%m-%d %H:%M:%S"}}}',
            '- {client: ["6", "7"], tracos: completed} # DOUBT: by its word "Resolved"; by its word "Closed"',
            '- {client: "3", tracos: on_hold} # DOUBT: by its word "On Hold"',
        ],
    ),
    "sap": (
        sap(),
        "records: d.results",
        [
            "- {client: MaintenanceOrder, tracos: number, as: integer_text, key: true}",
            "- {client: MaintenanceOrderDesc, tracos: title}",
            "- {client: CreationDate, tracos: createdAt, as: dotnet_date}",
            "- {client: TECO, tracos: completed}",
        ],
    ),
    "odoo": (
        odoo(),
        "records: result",
        [
            "- {client: id, tracos: number, key: true}",
            "- {client: description, tracos: description, nulls: {client: [false]}, when_absent: {client: false}}",
            "- {client: archive, tracos: deleted}",
            '- {client: create_date, tracos: createdAt, as: {datetime: {format: "%Y-%m-%d %H:%M:%S"}}}',
            '- client: "stage_id[0]"',
            '- {client: 2, tracos: in_progress} # DOUBT: by its word "In Progress"',
        ],
    ),
    "upkeep": (
        upkeep(),
        "records: results",
        [
            "- {client: workOrderNo, tracos: number, as: integer_text, key: true}",
            "- {client: title, tracos: title}",
            "- {client: createdAt, tracos: createdAt, as: datetime}",
            "- {client: complete, tracos: completed}",
        ],
    ),
}


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendors_answer_is_drafted_with_its_envelope_key_dates_and_table(tmp_path: Path, name: str) -> None:
    answer, envelope, wanted = VENDORS[name]
    made, text = drafted(tmp_path, write(tmp_path, f"{name}.json", answer))
    assert envelope in text
    found = rules(text)
    for rule in wanted:
        assert any(line.startswith(rule) for line in found), (rule, found)
    # what is open are fields without a rule, values without a line, and what a round trip loses
    assert codes(tmp_path, made) <= {"E160", "W156", "W163", "W164", "W165", "W170"}


def test_the_fields_of_a_record_are_nearer_than_those_of_the_objects_in_it(tmp_path: Path) -> None:
    author = {"id": 18, "name": "Alex", "created_at": "2016-01-03T15:31:51Z"}
    issue = {"author": author, "project_id": 1, "id": 76, "title": "It leaks", "created_at": "2016-01-04T15:31:51Z"}
    _, text = drafted(tmp_path, write(tmp_path, "issue.json", issue))
    assert [rule.partition(" #")[0] for rule in rules(text)[:3]] == [
        "- {client: id, tracos: number, key: true}",
        "- {client: title, tracos: title}",
        "- {client: created_at, tracos: createdAt, as: datetime}",
    ]


def test_flags_are_a_table_by_their_names(tmp_path: Path) -> None:
    rows = [
        {
            "orderNo": n,
            "summary": "Pump",
            "isDone": n == 1,
            "isCanceled": False,
            "isOnHold": n == 2,
            "lines": [{"a": 1}],
        }
        for n in (1, 2, 3)
    ]
    names = [write(tmp_path, f"{row['orderNo']}.json", row) for row in rows]
    _, text = drafted(tmp_path, *names, name="client")
    assert 'inbound: "*.json"' in text
    assert "records:" not in text
    found = rules(text)
    start = found.index("- tracos: status # DOUBT: by the names of the flags")
    assert found[start + 2 : start + 5] == [
        "- {client: isCanceled, tracos: cancelled}",
        "- {client: isDone, tracos: completed}",
        "- {client: isOnHold, tracos: on_hold}",
    ]


def test_a_vendors_description_is_the_schema_and_samples_bring_values(tmp_path: Path) -> None:
    document = write(tmp_path, "vendor.openapi.yaml", OPENAPI)
    made, text = drafted(tmp_path, document)
    schema = json.loads((tmp_path / "schemas" / "order.schema.json").read_text())
    assert schema["required"] == ["orderNo", "subject", "createdAt", "state"]
    assert schema["properties"]["note"] == {"type": ["string", "null"]}
    assert schema["properties"]["owner"] == {"$ref": "#/$defs/Person"}
    assert schema["properties"]["etag"] == {"type": "string", "readOnly": True}
    found = rules(text)
    assert "- {client: createdAt, tracos: createdAt, as: datetime} # DOUBT: by its name alone" in found
    assert "- {client: done, tracos: completed} # DOUBT: by its word" in found
    assert "is Order the record? There are also" in (tmp_path / made.mapping).read_text()
    assert "E130" not in codes(tmp_path, made)
    made, text = drafted(tmp_path, f"{document}#/components/schemas/Person", name="person")
    assert "DOUBT: is " not in text
    with pytest.raises(DraftError, match="#/components/schemas/Nobody is no schema of the document; there are #/comp"):
        draft(Asked((f"{document}#/components/schemas/Nobody",), tmp_path))


def test_words_of_yaml_are_the_names_and_values_that_they_say(tmp_path: Path) -> None:
    said = OPENAPI.replace("note:", "no:").replace("[open, started,", "[on, off,")
    drafted(tmp_path, write(tmp_path, "vendor.openapi.yaml", said))
    schema = json.loads((tmp_path / "schemas" / "order.schema.json").read_text())
    assert schema["properties"]["no"] == {"type": ["string", "null"]}
    assert schema["properties"]["state"]["enum"][:2] == ["on", "off"]
    made, _ = drafted(tmp_path, write(tmp_path, "y.jsonl", '{"no": 1, "yes": null}\n'))
    assert b'mapping: "y"' in made.files[made.mapping]
    assert "E004" not in codes(tmp_path, made)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("lines.jsonl", '{"id": 1, "name": "a"}\n{"id": 2, "name": "b"}\n', "format: json_lines"),
        ("all.json", '[{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]', 'records: "$"\n'),
        ("one.json", '{"id": 1, "name": "a", "due": "x", "lines": [{"a": 1}]}', 'outbound: "one_{id}.json"'),
        ("tabs.csv", "id\tname\n1\ta\n2\tb\n", 'csv: {delimiter: "\\t", spreadsheet: false}'),
        ("pipes.csv", "id|name\n1|a;b\n2|c\n", 'csv: {delimiter: "|", spreadsheet: false}'),
        ("small.csv.gz", gzip.compress(b"id,name\n1,a\n", mtime=0), 'inbound: "small*.csv.gz"'),
    ],
)
def test_the_form_of_a_file_is_found_out(tmp_path: Path, name: str, content: Any, said: str) -> None:
    made, text = drafted(tmp_path, write(tmp_path, name, content))
    assert said in text
    assert any(rule.startswith("- {client: id, tracos: number,") for rule in rules(text))
    examine(tmp_path / made.mapping)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty"),
        ("{}", "has no records"),
        ('{"a": 1', "is not JSON: line 1"),
        ('{"a": 1}\n{"a": \n', "is not JSON Lines"),
        ('{"a": 1, "a": 2}', "is there twice"),
        ("just text\nof people\n", "is neither JSON nor CSV"),
        ("1;2;3\n4;5;6\n", "has no header: its first row is 1, 2, 3"),
        ("a;b\n", "has a header and no rows"),
        ("a;b\n\xff\xfe".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        (b"\x1f\x8b", "is neither JSON nor CSV"),
    ],
)
def test_of_what_no_draft_can_be_made_is_said_with_exit_code_3(tmp_path: Path, content: Any, reason: str) -> None:
    write(tmp_path, "x.dat", content)
    done = etl("draft", "x.dat", folder=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["x.dat"]


def test_samples_of_two_forms_and_documents_of_other_records_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.json", [{"id": 1, "name": "a"}])
    write(tmp_path, "b.csv", "id,name\n1,a\n")
    done = etl("draft", "a.json", "b.csv", folder=tmp_path)
    assert done.returncode == 3
    assert "a.json and b.csv have different forms (json utf-8 records at $, and csv utf-8 ,)" in done.stderr
    done = etl("draft", "a.json", "--documents", "a.json", folder=tmp_path)
    assert "a.json has no work orders of the samples: no two fields have values in common" in done.stderr
    done = etl("draft", "a.json", "--name", "../b", folder=tmp_path)
    assert (done.returncode, "../b is no name of a mapping" in done.stderr) == (3, True)
    done = etl("draft", "gone.json", folder=tmp_path)
    assert (done.returncode, "gone.json cannot be read: No such file" in done.stderr) == (3, True)
    done = etl("draft", "a.json", "--inside", "b.csv", folder=tmp_path)
    assert (done.returncode, "b.csv is no JSON Schema" in done.stderr) == (3, True)


def test_a_mapping_or_schema_that_is_there_is_never_overwritten_and_a_shared_schema_is_used(tmp_path: Path) -> None:
    write(tmp_path, "orders.json", [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    assert etl("init", folder=tmp_path).returncode == 0
    shared = tmp_path / "schemas" / "tracos_workorder.schema.json"
    shared.write_text(shared.read_text().replace('"description": {"type"', '"name": {"type"'))
    first = etl("draft", "orders.json", folder=tmp_path)
    assert first.stdout.split() == ["mappings/orders.yaml", "schemas/orders.schema.json"]
    assert "1 rules" not in first.stderr
    assert "tracos: name" in (tmp_path / "mappings" / "orders.yaml").read_text()
    made = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    second = etl("draft", "orders.json", folder=tmp_path)
    assert (second.returncode, second.stdout) == (4, "")
    assert "mappings/orders.yaml is there already, and stays as it is; choose another --name" in second.stderr
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == made


def test_a_draft_says_what_to_do_next_and_check_says_what_is_open(tmp_path: Path) -> None:
    write(tmp_path, "auftraege.csv", german_rows())
    done = etl("draft", "auftraege.csv", folder=tmp_path)
    assert done.returncode == 0
    assert "4 rules, " in done.stderr
    assert "next: etl check mappings/auftraege.yaml" in done.stderr
    checked = etl("check", "mappings/auftraege.yaml", folder=tmp_path)
    assert 'no rule maps client."Fällig am"' in checked.stdout
    named = (tmp_path / "mappings" / "auftraege.yaml").read_text()
    assert named.startswith("# yaml-language-server: $schema=../schemas/mapping.schema.json\n")
    assert int(done.stderr.partition(" rules, ")[2].partition(" ")[0]) == named.count("DOUBT: ")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["01.02.2025", "2025-01-02T03:04:05Z", "1,50", "Offen", "ja", "x\ny", "# a", "${b}", "00017"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=4,
)
OURS = {"E101", "E110", "E112", "E114", "E120", "E130", "E131", "E145", "E149", "E151", "E152", "E161", "E162"}
"""What a draft would be to blame for; that a key does not fit, or a line is missing, is what check is to say."""

NAMES = st.text(min_size=1, max_size=10) | st.sampled_from(["id", "status", "created at", "Titel", "a.b", '"', "key"])


@given(st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=5), min_size=1, max_size=5))
@settings(max_examples=settings().max_examples // 2)
def test_whatever_the_records_are_a_draft_has_the_form_of_a_mapping(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    sample = write(folder, "any.json", records)
    try:
        made, _ = drafted(folder, sample)
    except DraftError:
        return
    try:
        found = examine(folder / made.mapping)[1]
    except MappingError as error:
        found = list(error.findings)
    assert not [finding for finding in found if finding.code < "E1"]
    assert [finding for finding in found if finding.code in OURS] == []
