"""What a mapping says of conflicts, of echoes and of deletions: who wins where, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etl import Mapping, MappingError, load_mapping
from etl.mapping.load import examine
from etl.mapping.model import Newest
from etl.mapping.paths import format_path, parse_path
from etl.mapping.terms import Side, Winner
from etl.transfer.unit import units
from tests.support.mappings import make
from tests.support.site import MAPPING_FILE, ROOT

DATES = "{client: changed, tracos: updatedAt}"
KINDS = """
  - {client: note, tracos: note}
  - {client: reporter, tracos: reporter, write: once}
  - {tracos: total, from: "sum(rows[].cost)", wins: review}
  - {client: total, from: total}
  - {tracos: origin, from: "'client'", write: once}
  - tracos: status
    wins: tracos
    flags: [{client: isDone, tracos: done}]
    otherwise: open
  - client: kind
    flags: [{tracos: isTask, client: task}, {tracos: isIncident, client: incident}]
  - client: priority
    tracos: urgency
    wins: newest
    values: [{client: high, tracos: 1}]
  - wins: tracos
    cases:
      - {client: {class: a}, tracos: {phase: one, type: x}}
      - {client: {class: b}, tracos: {phase: two}}
    otherwise: {tracos: {rest: true}, client: {class: c}}
  - client: lines
    tracos: tasks
    wins: review
    each:
      - {client: qty, tracos: quantity}
"""


def with_policies(folder: Path, rules: str, conflicts: str, *, outside: str = "", inside: str = "") -> Mapping:
    """Load a mapping with these rules and `conflicts:`, between two systems whose schemas allow everything."""
    return make(folder, rules, outside=outside, inside=f"{inside}\nconflicts: {conflicts}")


def won(mapping: Mapping) -> dict[str, str]:
    return {format_path(path): unit.winner.value for unit in units(mapping) for path in unit.paths}


def refused(folder: Path, rules: str, conflicts: str = "{wins: client}") -> list[str]:
    """Return the findings of a mapping, each with its code and without its place."""
    with pytest.raises(MappingError) as caught:
        with_policies(folder, rules, conflicts)
    return [f"{finding.code} {finding.message}; {finding.fix}" for finding in caught.value.findings]


def test_a_conflict_waits_for_a_person_unless_the_mapping_names_a_winner(tmp_path: Path) -> None:
    mapping = make(tmp_path, "  - {client: a, tracos: b}")
    assert mapping.conflicts.wins is Winner.REVIEW
    assert won(mapping) == {"b": "review"}
    mapping = with_policies(tmp_path, "  - {client: a, tracos: b}", f"{{newest: {DATES}}}")
    assert won(mapping) == {"b": "review"}, "dates alone decide nothing"


@pytest.mark.parametrize(
    ("word", "winner"),
    [
        ("client", Winner.OUTSIDE),
        ("tracos", Winner.INSIDE),
        ("newest", Winner.NEWEST),
        ("review", Winner.REVIEW),
    ],
)
def test_a_winner_is_named_for_all_rules_or_for_one(tmp_path: Path, word: str, winner: Winner) -> None:
    rules = "  - {client: a, tracos: b}\n  - {client: c, tracos: d, wins: %s}"
    mapping = with_policies(tmp_path, rules % "review", f"{{wins: {word}, newest: {DATES}}}")
    assert won(mapping) == {"b": winner.value, "d": "review"}
    mapping = with_policies(tmp_path, rules % word, f"{{wins: review, newest: {DATES}}}")
    assert won(mapping) == {"b": "review", "d": winner.value}


def test_what_every_import_writes_has_a_winner_and_nothing_else_has(tmp_path: Path) -> None:
    mapping = with_policies(tmp_path, KINDS, f"{{wins: client, newest: {DATES}}}")
    assert won(mapping) == {
        "note": "outside",
        "total": "review",
        "status": "inside",
        "isTask": "outside",
        "isIncident": "outside",
        "urgency": "newest",
        "phase": "inside",
        "type": "inside",
        "rest": "inside",
        "tasks": "review",
    }


def newest_of(folder: Path, dates: str, *, outside: str = "") -> Newest:
    newest = with_policies(folder, "", f"{{newest: {dates}}}", outside=outside).conflicts.newest
    assert newest is not None
    return newest


def test_the_dates_to_compare_are_named_by_their_paths(tmp_path: Path) -> None:
    newest = newest_of(tmp_path, "{client: '\"sys:log\".changed', tracos: audit.at, tolerance: 2.5}")
    assert newest.of(Side.OUTSIDE).path == parse_path('"sys:log".changed')
    assert newest.of(Side.INSIDE).path == ("audit", "at")
    assert newest.tolerance == timedelta(seconds=2.5)
    assert newest.codec.decode("2025-01-02T03:04:05-03:00") == datetime(2025, 1, 2, 6, 4, 5, tzinfo=UTC)
    assert newest_of(tmp_path, DATES).tolerance == timedelta(0)


def test_the_outside_date_may_have_a_form_of_its_own(tmp_path: Path) -> None:
    assert newest_of(tmp_path, "{client: changed, tracos: at, as: epoch_s}").codec.decode(0).year == 1970
    zoned = newest_of(tmp_path, "{client: changed, tracos: at, as: {datetime: {zone: America/Sao_Paulo}}}")
    assert zoned.codec.decode("2025-01-02T03:04:05") == datetime(2025, 1, 2, 6, 4, 5, tzinfo=UTC)


def test_what_a_system_calls_absent_is_no_date_either(tmp_path: Path) -> None:
    newest = newest_of(tmp_path, DATES, outside='  nulls: ["", "0000-00-00"]')
    assert newest.of(Side.OUTSIDE).nulls == ("", "0000-00-00")


@pytest.mark.parametrize(
    ("newest", "finding"),
    [
        ("{client: changed, tracos: at, as: datetim}", 'E114 there is no codec "datetim"'),
        ("{client: 'a b', tracos: at}", "E112 'a b' is not a path"),
        ("{client: changed, tracos: _id}", "E111 _id cannot be written to MongoDB"),
        ("{client: changed, tracos: at, tolerance: 604801}", "E013 tolerance: 604801 is more than 604800"),
        ("{client: changed, tracos: at, tolerance: 1e999}", "E004 1e999 would be rounded to inf"),
        ("{client: changed, tracos: at, tolerance: soon}", 'E011 tolerance: expected number, found "soon"'),
        ("{client: changed, erp: changed}", "E010 unknown key erp"),
        ("{client: changed, tracos: at, when_absent: null}", "E010 unknown key when_absent"),
        ("{client: changed, tracos: at, nulls: none}", "E010 unknown key nulls"),
    ],
)
def test_a_date_that_cannot_be_compared_is_refused(tmp_path: Path, newest: str, finding: str) -> None:
    found = refused(tmp_path, "", f"{{newest: {newest}}}")
    assert any(said.startswith(finding) for said in found), found


def test_the_newest_of_a_number_is_read_by_a_codec_for_numbers(tmp_path: Path) -> None:
    rules = "  - {client: a, tracos: b}"
    (found,) = refused(tmp_path, rules, "{newest: {client: id, tracos: updatedAt}}")
    assert found.startswith("E192 newest compares dates, and client.id is none; ")
    assert found.endswith("name a date that codec datetime reads, or say with as: how it is written")
    assert newest_of(tmp_path, "{client: id, tracos: updatedAt, as: epoch_ms}").outside.path == ("id",)


def test_every_winner_that_is_none_is_named_at_once(tmp_path: Path) -> None:
    rules = "  - {client: a, tracos: b, wins: newset}\n  - {client: c, tracos: d, wins: client, as: datetim}"
    found = refused(tmp_path, rules, "{wins: Client}")
    assert [said.split()[0] for said in found] == ["E190", "E190", "E114"]
    assert found[0].endswith("did you mean client?")
    assert found[1].endswith("did you mean newest?")


@pytest.mark.parametrize("name", ["newest", "review", "tolerance", "wins"])
def test_no_system_is_called_as_a_word_that_stands_beside_systems(tmp_path: Path, name: str) -> None:
    file = tmp_path / "m.yaml"
    text = MAPPING_FILE.read_text().replace("../schemas", str(ROOT / "schemas"))
    file.write_text(text.replace("  name: client", f"  name: {name}"))
    with pytest.raises(MappingError, match=f"6:9 E013 {name} is a word of the language; choose another name"):
        load_mapping(file)


def test_what_came_in_goes_out_again_unless_the_mapping_says_otherwise(tmp_path: Path) -> None:
    assert make(tmp_path, "").echo
    assert make(tmp_path, "", outside="  echo: true").echo
    assert not make(tmp_path, "", outside="  echo: false").echo


def test_a_deletion_is_told_by_fields_and_their_values(tmp_path: Path) -> None:
    assert make(tmp_path, "").deleted_when == ()
    rules = "  - {client: a, tracos: status}\n  - {client: b, tracos: meta}"
    mapping = make(tmp_path, rules, inside="  deleted_when: {status: [deleted, null], meta.live: false}")
    (status, gone), (live, dead) = mapping.deleted_when
    assert (format_path(status.path), gone) == ("status", ("deleted", None))
    assert (format_path(live.path), dead) == ("meta.live", (False,))


def test_a_deletion_by_a_field_that_only_a_creation_writes_is_no_deletion(tmp_path: Path) -> None:
    make(tmp_path, "  - {client: a, tracos: state, write: once}", inside="  deleted_when: {state: gone}")
    _, found = examine(tmp_path / "mapping.yaml")
    assert [finding.code for finding in found] == ["W194"]


@pytest.mark.parametrize(
    ("outside", "said"),
    [
        ("", ["no import writes tracos.state, so none deletes a record by it"]),
        (
            "  deleted_when: {a: gone, id: $key}",
            ["no rule writes tracos.state, so a record that comes again stays deleted"],
        ),
    ],
)
def test_a_deletion_by_a_field_that_no_rule_writes_says_what_does_not_happen(
    tmp_path: Path, outside: str, said: list[str]
) -> None:
    make(tmp_path, "", inside="  deleted_when: {state: gone}", outside=outside)
    _, found = examine(tmp_path / "mapping.yaml")
    assert [finding.message for finding in found if finding.code == "W194"] == said


def test_a_field_that_decides_is_not_called_unmapped(tmp_path: Path) -> None:
    schema = tmp_path / "client.json"
    make(tmp_path, "", inside=f"conflicts: {{newest: {DATES}}}")
    schema.write_text(
        schema.read_text().replace('"properties": {', '"properties": {"changed": {"format": "date-time"}, ')
    )
    assert examine(tmp_path / "mapping.yaml")[1] == []
    file = tmp_path / "mapping.yaml"
    file.write_text(file.read_text().replace(f"conflicts: {{newest: {DATES}}}", ""))
    assert [finding.code for finding in examine(file)[1]] == ["W170"]


def test_the_client_wins_in_the_shipped_mapping_and_a_status_tells_deletions() -> None:
    mapping = load_mapping(MAPPING_FILE)
    assert won(mapping) == dict.fromkeys(("title", "createdAt", "deleted", "deletedAt", "status"), "outside")
    ((field, values),) = mapping.deleted_when
    assert (field.path, values) == (("status",), ("deleted",))
    assert mapping.echo
