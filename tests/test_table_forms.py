"""`as` of a table gives its outside values another form; halves of `otherwise` stand apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from etl import Direction, Mapping
from etl.app import compile_pipeline
from etl.errors import MappingError
from etl.mapping.load import examine
from etl.mapping.rules.translate import compile_mapping
from etl.page.content import page_of
from etl.page.markdown import render
from etl.record import Record
from etl.testing.cases import Judge
from etl.testing.laws import check_laws
from tests.support import proofs
from tests.support.mappings import inward, make, outward, reasons
from tests.support.proofs import WHOLE, of

FLAGS = """
  - tracos: phase
    as: tick
    flags:
      - {client: done, tracos: over}
      - {client: open, tracos: running}
    otherwise: waiting
"""
TICK = """codecs:
  tick: {as: {boolean: [[X, "1"], [" ", ""]]}, nulls: {client: ["?"]}, when_absent: {client: "?"}}
"""
CODES = """
  - client: state
    tracos: status
    as: [{text: {trim: right}}, {text: {zeros: 3}}]
    nulls: {client: ["000"]}
    when_absent: {client: "000"}
    values:
      - {client: ["1", "2"], tracos: pending}
      - {client: "7",        tracos: completed}
"""
LABELS = """
  - cases:
      - {client: {labels: {has: done}},        tracos: {status: completed}}
      - {client: {labels: {not: {has: done}}}, tracos: {status: pending}}
    as: {split: ","}
"""


def test_flags_are_truth_values_in_whatever_form(tmp_path: Path) -> None:
    mapping = make(tmp_path, FLAGS, inside=TICK)
    assert inward(mapping, done="X", open=" ") == {"phase": "over"}
    assert inward(mapping, done="", open="1") == {"phase": "running"}
    assert inward(mapping, done="?") == {"phase": "waiting"}
    assert outward(mapping, phase="running") == {"done": " ", "open": "X"}
    assert outward(mapping, phase="waiting") == {"done": " ", "open": " "}
    assert reasons(mapping, Direction.INBOUND, done="x") == ['done: expected "X", "1", " " or "", found "x"']


def test_lines_have_what_several_codecs_make_and_absent_is_asked_of_what_stands_there(tmp_path: Path) -> None:
    mapping = make(tmp_path, CODES)
    assert inward(mapping, state="002  ") == {"status": "pending"}
    assert inward(mapping, state="000") == {}
    assert outward(mapping, status="completed") == {"state": "007"}
    assert outward(mapping) == {"state": "000"}
    assert reasons(mapping, Direction.INBOUND, state="12") == [
        'state: expected 3 digits with leading zeros, found "12"'
    ]
    assert "zeros `3`" in render(page_of(mapping))


def test_members_of_a_list_in_text_decide_and_are_added(tmp_path: Path) -> None:
    mapping = make(tmp_path, LABELS)
    assert inward(mapping, labels="a,done") == {"status": "completed"}
    assert outward(mapping, status="completed") == {"labels": "done"}


def test_the_system_has_its_form_before_the_table_and_csv_cells_are_typed_as_the_codec_makes_them(
    tmp_path: Path,
) -> None:
    (tmp_path / "codes.csv").write_text("client,tracos\n1,pending\n7,completed\n")
    rule = """
  - client: state
    tracos: status
    as: integer_text
    values: codes.csv
"""
    mapping = make(tmp_path, rule, outside="  as: {text: {trim: right}}\n  nulls: [N/A]")
    assert inward(mapping, state="7  ") == {"status": "completed"}
    assert inward(mapping, state="N/A ") == {}
    assert outward(mapping, status="pending") == {"state": "1"}


def test_check_proves_such_a_table_by_what_its_codec_makes(tmp_path: Path) -> None:
    def codes(states: list[str], lines: str) -> list[str]:
        outside = {"id": {"type": "integer"}, "state": {"enum": states}}
        inside = {"number": {"type": "integer"}, "status": {"enum": ["open", "done"]}, "isSynced": {"type": "boolean"}}
        for name, required, said in (("client", ["id", "state"], outside), ("tracos", ["number", "status"], inside)):
            schema = {"type": "object", "required": required, "properties": said}
            (tmp_path / f"{name}.json").write_text(json.dumps(schema))
        rule = f"  - {{client: state, tracos: status, as: {{text: {{zeros: 3}}}}, values: [{lines}]}}"
        text = file.read_text()
        file.write_text(
            text.partition("rules:\n")[0] + f"rules:\n  - {{client: id, tracos: number, key: true}}\n{rule}\n"
        )
        return [f"{one.code} {one.message}" for one in examine(file)[1]]

    file = make(tmp_path, CODES).file
    whole = "{client: '1', tracos: open}, {client: '2', tracos: done}"
    assert codes(["001", "002"], whole) == []
    assert codes(["001", "002", "003"], whole) == ['E160 "3" of client.state has no line in the table']
    assert codes(["001"], whole)[0].startswith('E161 "2" is no value of client.state')
    assert codes(["001", "002"], "{client: ['1', '2'], tracos: [open, done]}")[0].startswith("W163")


def test_flags_in_a_form_of_which_a_schema_says_little_are_tried_by_the_laws(tmp_path: Path) -> None:
    rule = "{t: phase, as: {boolean: [[1], [0, -1]]}, otherwise: none, lossy: {W165: x, W166: x}, flags: [FLAGS]}"
    flags = ", ".join(f"{{c: f{number}, t: {value}}}" for number, value in enumerate("abcd"))
    said = of(f0_=WHOLE, f1_=WHOLE, f2_=WHOLE, f3_=WHOLE)
    phases = {"enum": ["a", "b", "c", "d", "none"]}
    mapping, found = examine(proofs.mapping(tmp_path, rule.replace("FLAGS", flags), said, of(phase_=phases)))
    tally = check_laws(Judge(mapping, {way: compile_pipeline(mapping, way) for way in Direction}), 8, 0)
    assert not found
    assert not tally.verdicts
    assert not tally.notes


HALVES = """
  - tracos: status
    flags:
      - {client: done, tracos: completed}
    otherwise: SAID
"""


def test_the_halves_of_otherwise_stand_apart(tmp_path: Path) -> None:
    read = make(tmp_path, HALVES.replace("SAID", "{tracos: open}"))
    assert inward(read) == {"status": "open"}
    assert reasons(read, Direction.OUTBOUND, status="open") == ['status: "open" is not one of "completed"']
    with pytest.raises(MappingError, match=r"E160 false of client\.done has no line in the table, and this one writes"):
        make(tmp_path, HALVES.replace("SAID", "{client: false}"))
    both = make(tmp_path, HALVES.replace("SAID", "{client: false, tracos: open}"))
    assert inward(both, done=False) == {"status": "open"}
    assert outward(both, status="open") == outward(both, status="waiting") == {"done": False}
    assert "or none, makes all flags false" in render(page_of(both))


BESIDE = """\
{c: w, t: note, lossy: nobody writes nothing}
{as: FORM, cases: [{c: {w: {KIND: hot}}, t: {prio: u}}, {c: {w: {not: {KIND: hot}}}, t: {prio: null}}]}
"""
TEXT = {"type": "string"}
LOWER = "{text: {case: lower}}"


def beside(
    folder: Path, form: str, *, kind: str = "word", more: str = "", said: str = "", what: object = TEXT
) -> Mapping:
    """Return a mapping of a text, or a list, beside a table whose words, or members, have a form."""
    c, t = of(w=what), of(note=what, prio={"enum": ["u"]}, state={"enum": ["d"]})
    file = proofs.mapping(folder, BESIDE.replace("FORM", form).replace("KIND", kind) + more, c, t)
    file.write_text(file.read_text().replace("schema: c.json,", f"schema: c.json, {said}"))
    mapping = examine(file)[0]
    assert mapping is not None
    return mapping


def is_its_own(mapping: Mapping, came: object, note: object, cold: object, anew: object) -> Record:
    """Try a value with the part; what comes inside beside it, and what goes out without it, and with it anew."""
    inward, outward = (compile_mapping(mapping, way) for way in Direction)
    record, meant = {"id": 1, "w": came}, {"number": 1, "note": note, "prio": "u"}
    assert inward(record) == (meant, (1,), [])
    back = outward(meant, record)[0]
    assert inward(back)[0] == meant
    assert outward({"number": 1, "note": note}, record)[0] == {"id": 1, "w": cold}
    assert outward(meant, {"id": 1, "w": cold})[0] == outward(meant)[0] == {"id": 1, "w": anew}
    return back


def test_only_the_words_that_a_table_names_have_its_form_and_all_else_stays_as_it_stands(tmp_path: Path) -> None:
    """The rule beside passes over them in whatever form they stand."""
    mapping = beside(tmp_path, LOWER)
    assert "| what lines name in `w`: text: padded" in render(page_of(mapping))
    back = is_its_own(mapping, "Pump HOT Ä", "Pump Ä", "Pump Ä", "Pump Ä hot")
    assert back["w"] == "Pump HOT Ä"
    changed = compile_mapping(mapping, Direction.OUTBOUND)({"number": 1, "note": "Pump", "prio": "u"}, back)[0]
    assert changed["w"] == "Pump HOT"
    refused = compile_mapping(mapping, Direction.OUTBOUND)({"number": 1, "note": "Hot pump"})[2]
    assert [one.message for one in refused] == ['"Hot" in it is what a table writes there for something else']
    back = is_its_own(beside(tmp_path, LOWER, said="keep: true,"), "Pump  HOT Ä", "Pump  Ä", "Pump  Ä", "Pump  Ä hot")
    assert back["w"] == "Pump  HOT Ä"
    is_its_own(beside(tmp_path, '{text: {before: "p:"}}'), "Hot p:hot hot", "Hot hot", "Hot hot", "Hot hot p:hot")
    below = beside(tmp_path, LOWER, said='as: {text: {before: "n:"}},')
    is_its_own(below, "n:Pump HOT", "Pump", "n:Pump", "n:Pump hot")
    kept = beside(tmp_path, "{text: {before: h}}", said="keep: true, as: {text: {case: lower}},")
    came, meant = {"id": 1, "w": "Pump"}, {"number": 1, "note": "pump"}
    assert compile_mapping(kept, Direction.OUTBOUND)(meant, came)[0] == came, (
        "a table that changes nothing writes nothing"
    )


def test_only_the_members_that_a_table_names_have_its_form_in_a_list_or_a_text(tmp_path: Path) -> None:
    mapping = beside(tmp_path, LOWER, kind="has", what={"type": "array", "items": TEXT})
    is_its_own(mapping, ["A", "HOT", "b"], ["A", "b"], ["A", "b"], ["A", "b", "hot"])
    mapping = beside(tmp_path, f'[{{split: ","}}, {LOWER}]', kind="has")
    is_its_own(mapping, "A,HOT,b", "A,b", "A,b", "A,b,hot")
    below = beside(tmp_path, f'[{{split: ","}}, {LOWER}]', kind="has", said='as: {text: {before: "n:"}},')
    is_its_own(below, "n:A,HOT,b", "A,b", "n:A,b", "n:A,b,hot")
    assert compile_mapping(mapping, Direction.INBOUND)({"id": 1, "w": "hot,"})[0] == {"number": 1, "prio": "u"}


def test_two_tables_know_each_others_words_in_whatever_form_they_stand(tmp_path: Path) -> None:
    lines = "[{c: {w: {word: WORD}}, t: {state: d}}, {c: {w: {not: {word: WORD}}}, t: {state: null}}]"
    with pytest.raises(MappingError, match='E120 "HOT" in w of c is written twice, first on line 11'):
        beside(tmp_path, LOWER, more=f"{{cases: {lines.replace('WORD', 'HOT')}}}\n")
    mapping = beside(tmp_path, LOWER, more=f"{{cases: {lines.replace('WORD', 'done')}}}\n")
    inward, outward = (compile_mapping(mapping, way) for way in Direction)
    assert inward({"id": 1, "w": "DONE Hot done"})[0] == {"number": 1, "note": "DONE", "prio": "u", "state": "d"}
    assert outward({"number": 1, "note": "A", "state": "d"}, {"id": 1, "w": "Hot"})[0]["w"] == "A done"


@pytest.mark.parametrize(
    ("form", "kind", "message"),
    [
        ("{text: {pad: 5}}", "word", 'E161 "hot" is no word of w that codec text reads and writes'),
        (f'[{LOWER}, {{split: ","}}]', "has", "E114 as takes the text apart by split, and text before it would change"),
    ],
)
def test_a_form_that_words_cannot_have_or_that_would_change_the_rest_is_refused(
    tmp_path: Path, form: str, kind: str, message: str
) -> None:
    with pytest.raises(MappingError, match=message):
        beside(tmp_path, form, kind=kind)


def test_whole_values_beside_words_and_texts_that_two_tables_take_apart_differently_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match='E161 "x" is all of w, and as is of each word that lines name in it'):
        beside(tmp_path, LOWER, more=f"{{as: {LOWER}, cases: [{{c: {{w: [{{word: x}}, x]}}, t: {{state: d}}}}]}}\n")
    lines = "[{c: {w: {has: d}}, t: {state: d}}, {c: {w: {not: {has: d}}}, t: {state: null}}]"
    with pytest.raises(MappingError, match="E120 w of c is taken apart in another way than by the table on line 11"):
        beside(tmp_path, '{split: ","}', kind="has", more=f'{{as: {{split: ";"}}, cases: {lines}}}\n')


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{c: w, t: state, as: {text: {case: upper}}, values: [{c: d, t: d}]}", ""),
        ("{c: w, t: state, values: [{c: d, t: d}]}", "as: {text: {case: upper}},"),
        ("{cases: [{c: {w: {word: d}}, t: {state: d}}]}", "as: {text: {case: upper}},"),
        ("{c: w, t: note, lossy: so}", "as: {text: {case: upper}}, import_when: {w: d},"),
    ],
)
def test_a_value_of_which_its_form_makes_another_one_is_refused(tmp_path: Path, rule: str, said: str) -> None:
    c, t = of(w=TEXT), of(state={"enum": ["d"]}, note=TEXT)
    file = proofs.mapping(tmp_path, rule, c, t)
    file.write_text(file.read_text().replace("schema: c.json,", f"schema: c.json, {said}"))
    found = {one.message for one in examine(file)[1] if one.code == "E161"}
    assert found == {'"d" is never read in c.w, where its form makes "D" of it'}


@pytest.mark.parametrize(("pattern", "codes"), [({"minLength": 1}, {"E122"}), ({"pattern": "\\S"}, set())])
def test_a_text_of_nothing_but_blanks_may_leave_a_required_field_absent(
    tmp_path: Path, pattern: Record, codes: set[str]
) -> None:
    rule = "{c: w, t: i, as: [{text: {trim: right}}, integer_text], lossy: so, values: [{c: 4, t: true}]}"
    c, t = of(w_={"type": "string", **pattern}), of(i_={"const": True})
    found = examine(proofs.mapping(tmp_path, rule, c, t))[1]
    assert {one.code for one in found if one.is_error} == codes


SMALL_LETTERS = "{c: a, t: b, as: {text: {case: lower}}, values: [{c: open, t: false}, {c: %s, t: true}]%s}"
LISTED = of(a={"enum": ["open", "new", "N/A"]})
LOST = "W165 c.a comes back without capital and small letters as they were"


@pytest.mark.parametrize(
    ("named", "more", "expected"),
    [
        ("new", "", [LOST, 'E160 "n/a" of c.a has no line in the table']),
        ("new", ", otherwise: {t: true}", [LOST, 'W163 "n/a" of c.a comes back as "new"']),
        ("[new, n/a]", "", [LOST, 'W163 "n/a" of c.a comes back as "new"']),
        (
            "n/a",
            ", otherwise: {t: false}",
            [
                LOST,
                'W156 a record with t.b true is rejected, since in c.a "n/a" is not one of "open", "new", "N/A"',
                'W163 "new" of c.a comes back as "open"',
            ],
        ),
    ],
)
def test_a_listed_value_is_decided_as_what_the_form_makes_of_it(
    tmp_path: Path, named: str, more: str, expected: list[str]
) -> None:
    found = proofs.found(tmp_path, SMALL_LETTERS % (named, more), LISTED, of(b={"type": "boolean"}))
    assert found == expected
