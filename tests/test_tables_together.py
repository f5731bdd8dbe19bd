"""Two tables that name one field: which one writes it, and which members of a list belong to each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import Direction, Mapping
from etl.errors import MappingError
from etl.mapping.load import examine
from etl.mapping.rules.conditions import Condition, Parts
from etl.mapping.rules.translate import Translator, compile_mapping
from etl.record import Record
from tests.support import proofs
from tests.support.proofs import of

LABELS = {"type": "array", "items": {"type": "string"}}
STATUS = {"enum": ["doing", "waiting", "idle"]}
BY_LABELS = """\
{cases: [{c: {labels: {has: doing}}, t: {status: doing}}, {c: {labels: {not: {has: doing}}}, t: {status: waiting}}]}
{cases: [{c: {labels: {has: hot}}, t: {hot: true}}, {c: {labels: {not: {has: hot}}}, t: {hot: false}}]}
"""
CODES = """\
{c: code, t: reason, values: [{c: A, t: fixed}, {c: B, t: dropped}, {c: null, t: null}], lossy: idle ones have none}
{cases: [{c: {state: 1}, t: {status: waiting}}, {c: {state: 2, code: {not: null}}, t: {status: doing}}, IDLE], LOSSY}
""".replace("IDLE", "{c: {state: 2, code: null}, t: {status: idle}}").replace("LOSSY", "lossy: doing has a reason")


def sent(mapping: Mapping, last: Record, **inside: object) -> Record:
    outward, inward = (compile_mapping(mapping, way) for way in (Direction.OUTBOUND, Direction.INBOUND))
    made, _, violations = outward({"number": 1, **inside}, last)
    assert violations == []
    assert inward(made)[0] == {"number": 1, **inside}, "what goes out comes back"
    return {name: value for name, value in made.items() if name != "id"}


def by_labels(folder: Path, rules: str = BY_LABELS) -> tuple[Mapping, list[str]]:
    c, t = of(labels=LABELS), of(status_={"enum": ["doing", "waiting"]}, hot_={"type": "boolean"})
    mapping, findings = examine(proofs.mapping(folder, rules, c, t))
    return mapping, [one.code for one in findings]


def test_each_of_two_tables_adds_and_takes_away_its_own_members_of_one_list(tmp_path: Path) -> None:
    mapping, findings = by_labels(tmp_path)
    assert findings == []
    last = {"id": 1, "labels": ["line 2", "doing"]}
    assert sent(mapping, last, status="doing", hot=True) == {"labels": ["line 2", "doing", "hot"]}
    assert sent(mapping, last, status="waiting", hot=True) == {"labels": ["line 2", "hot"]}
    assert sent(mapping, last, status="waiting", hot=False) == {"labels": ["line 2"]}
    assert sent(mapping, {}, status="doing", hot=True) == {"labels": ["doing", "hot"]}
    meant = compile_mapping(mapping, Direction.OUTBOUND).meaning({"number": 1, "status": "doing", "hot": True})
    assert meant[0]["labels"] == ["doing", "hot"]


def test_a_member_that_two_tables_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError) as caught:
        by_labels(tmp_path, BY_LABELS.replace("has: hot", "has: [hot, doing]"))
    (told,) = caught.value.findings
    assert (told.code, told.line) == ("E120", 11)
    assert told.message == '"doing" in labels of c is written twice, first on line 10'


@pytest.mark.parametrize("lines", [CODES.splitlines(), CODES.splitlines()[::-1]], ids=["writes first", "asks first"])
def test_a_table_asks_of_a_field_that_another_one_writes_whichever_comes_first(
    tmp_path: Path, lines: list[str]
) -> None:
    c = of(code={"enum": ["A", "B"]}, state_={"enum": [1, 2]})
    t = of(reason={"enum": ["fixed", "dropped"]}, status_=STATUS)
    mapping, findings = examine(proofs.mapping(tmp_path, "\n".join(lines), c, t))
    assert [one.code for one in findings] == []
    assert sent(mapping, {"id": 1, "code": "A", "state": 2}, status="doing", reason="dropped") == {
        "code": "B",
        "state": 2,
    }
    last = {"id": 1, "code": "A", "state": 2}
    assert sent(mapping, last, status="waiting", reason="fixed") == {"code": "A", "state": 1}
    assert sent(mapping, last, status="idle") == {"state": 2}
    _, _, violations = compile_mapping(mapping, Direction.OUTBOUND)({"number": 1, "status": "doing"})
    assert "wants code {not: null}, which has no value" in str(violations[0])


def test_two_tables_that_write_values_into_one_field_or_ask_each_other_are_refused(tmp_path: Path) -> None:
    c, t = of(a=proofs.TEXT, b=proofs.TEXT), of(p=proofs.TEXT, q=proofs.TEXT)
    twice = "{cases: [{c: {a: A}, t: {p: A}}]}\n{cases: [{c: {a: B}, t: {q: A}}]}"
    circle = "{cases: [{c: {a: A, b: {not: null}}, t: {p: A}}]}\n{cases: [{c: {b: B, a: {not: null}}, t: {q: A}}]}"
    for rules, said in ((twice, "a of c is written twice"), (circle, "and that one of what this one does")):
        with pytest.raises(MappingError) as caught:
            examine(proofs.mapping(tmp_path, rules, c, t))
        assert {one.code for one in caught.value.findings} == {"E120"}
        assert said in caught.value.findings[0].message


TAGS = {"type": "array", "items": {"type": "string"}, "minItems": 1}


@pytest.mark.parametrize("rule", ["{c: labels, t: tags}", "{c: labels, t: tags, each: [{c: '@', t: '@'}]}"])
def test_a_list_beside_a_table_passes_over_the_members_that_the_table_names(tmp_path: Path, rule: str) -> None:
    c, t = of(labels=LABELS), of(status_={"enum": ["doing", "waiting"]}, hot_={"type": "boolean"}, tags=TAGS)
    file = proofs.mapping(tmp_path, f"{BY_LABELS}{rule}", c, t)
    file.write_text(file.read_text().replace("schema: c.json,", "schema: c.json, keep: true,"))
    mapping, findings = examine(file)
    assert mapping is not None
    assert findings == []
    inward, outward = (compile_mapping(mapping, way) for way in Direction)
    came = {"id": 1, "labels": ["doing", "line 2", "hot", "wet"]}
    meant = {"number": 1, "status": "doing", "hot": True, "tags": ["line 2", "wet"]}
    assert inward(came)[0] == meant
    assert outward(meant, came)[0] == came, "what nobody touched goes back in its order"
    assert sent(mapping, came, status="waiting", hot=True, tags=["dry"]) == {"labels": ["dry", "hot"]}
    assert sent(mapping, came, status="doing", hot=False) == {"labels": ["doing"]}
    assert sent(mapping, {}, status="waiting", hot=False, tags=["dry"]) == {"labels": ["dry"]}
    _, _, violations = outward({"number": 1, "status": "waiting", "hot": False, "tags": ["hot"]}, came)
    assert [one.message for one in violations] == ['"hot" in it is what a table writes there for something else']


BY_WORDS = """\
{c: memo, t: note}
{cases: [{c: {memo: {word: EIL}}, t: {prio: urgent}}, {c: {memo: {not: {word: EIL}}}, t: {prio: null}}]}
{cases: [{c: {memo: {word: STOP}}, t: {halt: true}}, {c: {memo: {not: {word: STOP}}}, t: {halt: null}}]}
"""


def by_words(folder: Path) -> tuple[Mapping | None, list[str]]:
    c, t = of(memo=proofs.SOME), of(note=proofs.SOME, prio={"enum": ["urgent"]}, halt={"enum": [True]})
    mapping, findings = examine(proofs.mapping(folder, BY_WORDS, c, t))
    return mapping, [f"{one.code} {one.message}" for one in findings]


@given(
    st.text("ab \n\t", min_size=1, max_size=5), st.booleans(), st.booleans(), st.text("b \nX", min_size=1, max_size=5)
)
def test_words_leave_the_blanks_and_line_ends_of_the_text_in_which_they_stand(
    words: tuple[Translator, ...], note: str, urgent: bool, halted: bool, memo: str
) -> None:
    inward, outward = words
    inside = {"number": 1, "note": note, **({"prio": "urgent"} if urgent else {}), **({"halt": True} if halted else {})}
    for last in ({}, {"id": 1}, {"id": 1, "memo": memo.replace("X", " EIL ")}):
        out, _, violations = outward(inside, last)
        assert not violations
        assert inward(out)[0] == inside, out
    came = {"id": 1, "memo": memo.replace("X", " STOP ")}
    assert outward(inward(came)[0], came)[0] == came


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> tuple[Translator, ...]:
    mapping, findings = by_words(tmp_path_factory.mktemp("words"))
    assert mapping is not None
    assert findings == []
    assert sent(mapping, {}, note="b ", prio="urgent") == {"memo": "b  EIL"}
    assert sent(mapping, {}, note="\n", prio="urgent", halt=True) == {"memo": "\n EIL STOP"}
    assert sent(mapping, {"id": 1, "memo": "a EIL b "}, note="a b ") == {"memo": "a b "}
    return tuple(compile_mapping(mapping, way) for way in Direction)


def test_a_word_that_takes_a_blank_of_its_text_with_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_words = Condition._with_parts

    def stripped(self: Condition, last: object, parts: Parts) -> object:
        made = with_words(self, last, parts)
        return made.rstrip() if self.lacks and made != last and isinstance(made, str) else made

    monkeypatch.setattr(Condition, "_with_parts", stripped)
    assert 'W180 t.note "b " comes back as "b"' in by_words(tmp_path)[1]


def test_words_of_a_text_are_passed_over_as_well_and_an_empty_list_that_has_to_be_there_is_none_less(
    tmp_path: Path,
) -> None:
    rules = """\
{cases: [{c: {st: {word: REL}}, t: {status: doing}}, {c: {st: {not: {word: REL}}}, t: {status: waiting}}]}
{c: st, t: tags, as: {split: " "}, lossy: {W156: long words are refused}}
"""
    listed = {"type": "array", "items": {"type": "string", "pattern": "^[A-Z]+$"}}
    c, t = of(st_={"type": "string"}), of(status_={"enum": ["doing", "waiting"]}, tags_=listed)
    mapping, _ = examine(proofs.mapping(tmp_path, rules, c, t))
    assert mapping is not None
    assert compile_mapping(mapping, Direction.INBOUND)({"id": 1, "st": "REL"})[0]["tags"] == []
    assert sent(mapping, {"id": 1, "st": "REL OLD"}, status="waiting", tags=["PRC"]) == {"st": "PRC"}
    assert sent(mapping, {"id": 1, "st": "OLD"}, status="doing", tags=["PRC", "CNF"]) == {"st": "PRC CNF REL"}


def test_a_list_of_a_group_beside_a_table_is_refused(tmp_path: Path) -> None:
    rules = """\
{cases: [{c: {a.labels: {has: x}}, t: {status: doing}}, {c: {a.labels: {not: {has: x}}}, t: {status: waiting}}]}
{c: a, t: b, each: [{c: labels, t: tags}]}
"""
    c, t = of(a=of(labels=LABELS)), of(status_={"enum": ["doing", "waiting"]}, b=of(tags=TAGS))
    with pytest.raises(MappingError) as caught:
        examine(proofs.mapping(tmp_path, rules, c, t))
    assert [(one.code, one.message) for one in caught.value.findings] == [("E120", "a.labels of c is written twice")]


HOT = "{cases: [{c: {labels: {has: hot}}, t: {p: u}}, {c: {labels: {not: {has: hot}}}, t: {p: null}}]}"
KIND = "{cases: [{c: {labels: {has: v}}, t: {q: v}}, {c: {labels: {not: {has: v}, has: w}}, t: {q: w}}]}"
REQUIRED = of(labels_={**LABELS, "minItems": 1})


def refused(folder: Path, rules: str, **inside: Any) -> list[str]:
    """Return why a mapping is refused: `p` may be absent inside, and `labels` is required outside."""
    t = of(p={"enum": ["u", None]}, **inside)
    findings = examine(proofs.mapping(folder, rules, REQUIRED, t))[1]
    return [one.message for one in findings if one.code == "E122"]


def test_a_line_that_leaves_alone_what_a_rule_beside_always_writes_is_no_fault(tmp_path: Path) -> None:
    tags = {**LABELS, "minItems": 1}
    assert refused(tmp_path, f"{{c: labels, t: tags}}\n{HOT}", tags_=tags) == []
    said = "t.tags may be absent, but c.labels is required"
    assert refused(tmp_path, f"{{c: labels, t: tags}}\n{HOT}", tags=tags) == [said]


@pytest.mark.parametrize("rules", [f"{HOT}\n{KIND}", f"{KIND}\n{HOT}"], ids=["before it", "after it"])
def test_a_line_that_leaves_alone_what_another_table_always_adds_to_is_no_fault(tmp_path: Path, rules: str) -> None:
    assert refused(tmp_path, rules, q_={"enum": ["v", "w"]}) == []


def test_a_line_that_leaves_alone_what_nothing_else_writes_is_refused(tmp_path: Path) -> None:
    said = ["t.p may be absent, but c.labels is required", "this case leaves c.labels absent, but it is required"]
    assert refused(tmp_path, HOT) == said
    cold = HOT.replace("hot", "cold").replace("{p: ", "{q: ")
    assert refused(tmp_path, f"{HOT}\n{cold}", q={"enum": ["u", None]}) == said


CLOSED = """\
{c: closed, t: at}
{cases: [{c: {closed: {not: null}}, t: {st: done}, lossy: what is done has a date}, {c: {closed: null}, t: {st: open}}]}
"""
TAKEN = 'W180 what this rule writes to c.closed does not come back where line 11 takes it away, as with "open" of t.st'


def test_what_a_table_takes_away_that_a_rule_beside_it_wrote_is_a_loss_of_that_rule(tmp_path: Path) -> None:
    c, t = of(closed=proofs.WHOLE), of(at=proofs.WHOLE, st_={"enum": ["done", "open"]})
    for keep in ("false", "true"):
        file = proofs.mapping(tmp_path, CLOSED, c, t)
        file.write_text(file.read_text().replace("schema: c.json,", f"schema: c.json, keep: {keep},"))
        assert [f"{one.code} {one.message}" for one in examine(file)[1]] == [TAKEN]
    said = CLOSED.replace("t: at}", "t: at, lossy: {W180: what is open was not closed}}")
    assert proofs.found(tmp_path, said, c, t) == []


def test_what_a_table_takes_away_inside_is_a_loss_of_form(tmp_path: Path) -> None:
    """Nothing of it is lost where the table asks inside what the rule has: it takes nothing away that was there."""
    rules = """
{c: closed, t: at}
{cases: [{c: {st: C}, t: {at: {not: null}}, lossy: C has a date}, {c: {st: O}, t: {at: null}}]}
"""
    c, t = of(closed=proofs.WHOLE, st_={"enum": ["C", "O"]}), of(at=proofs.WHOLE)
    assert proofs.found(tmp_path, rules, c, t) == [
        'W180 what this rule writes to t.at does not come back where line 11 takes it away, as with "O" of c.st'
    ]
    file = proofs.mapping(tmp_path, rules, c, t)
    file.write_text(file.read_text().replace("schema: c.json,", "schema: c.json, keep: true,"))
    assert examine(file)[1] == []


def test_what_a_table_takes_away_inside_of_what_it_told_is_a_loss_though_what_came_is_kept(tmp_path: Path) -> None:
    rules = """
{c: closed, t: at}
{cases: [{c: {st: C}, t: {at: {not: null}, nr: 0}}, {c: {st: O}, t: {at: [null, $any], nr: 1}}]}
"""
    c, t = of(closed=proofs.WHOLE, st_={"enum": ["C", "O"]}), of(at=proofs.WHOLE, nr_={"enum": [0, 1]})
    file = proofs.mapping(tmp_path, rules, c, t)
    file.write_text(file.read_text().replace("schema: c.json,", "schema: c.json, keep: true,"))
    said = 'W180 what this rule writes to t.at does not come back where line 11 takes it away, as with "O" of c.st'
    assert said in [f"{one.code} {one.message}" for one in examine(file)[1]]


def test_what_means_what_the_inside_has_stays_where_a_table_that_shares_its_field_has_news(tmp_path: Path) -> None:
    rules = """
{c: code, t: kind, values: [{c: [A, AX], t: x}, {c: B, t: z}], lossy: the table may take it away}
{cases: [{t: {kind: {not: null}}, c: {mark: 1}}, {t: {kind: null}, c: {mark: 0}}]}
"""
    c, t = of(code={"enum": ["A", "AX", "B"]}, mark_={"enum": [0, 1]}), of(kind={"enum": ["x", "z"]})
    file = proofs.mapping(tmp_path, rules, c, t)
    file.write_text(file.read_text().replace("schema: c.json,", "schema: c.json, keep: true,"))
    mapping, _ = examine(file)
    assert mapping is not None
    out = compile_mapping(mapping, Direction.OUTBOUND)
    came = {"id": 1, "code": "AX", "mark": 0}
    assert out({"number": 1, "kind": "x"}, came)[0] == {"id": 1, "code": "AX", "mark": 1}
    assert out({"number": 1}, came)[0] == came, "the table took it away"
    assert out({"number": 1, "kind": "z"}, came)[0] == {"id": 1, "code": "B", "mark": 1}


def test_what_another_rule_always_writes_is_never_missed_by_a_table(tmp_path: Path) -> None:
    rules = """\
{c: code, t: reason, values: [{c: A, t: fixed}, {c: B, t: dropped}]}
{cases: [{c: {st: C, code: {not: null}}, t: {st: shut}}, {c: {st: O}, t: {st: open}}]}
"""
    c, t = of(code_={"enum": ["A", "B"]}, st_={"enum": ["O", "C"]}), of(reason_={"enum": ["fixed", "dropped"]})
    t["properties"]["st"], t["required"] = {"enum": ["open", "shut"]}, ["reason", "st"]
    assert proofs.found(tmp_path, rules, c, t) == []
    c["required"], t["required"] = ["st"], ["st"]
    assert [one[:4] for one in proofs.found(tmp_path, rules, c, t)] == ["W164", "W164"]


def test_what_a_line_takes_away_by_null_before_any_is_a_loss_of_the_rule_that_wrote_it(tmp_path: Path) -> None:
    rules = """\
{c: closed, t: closed, lossy: {W180: what is open has none}}
{cases: [{c: {st: C}, t: {st: shut}}, {c: {st: O, closed: [null, $any]}, t: {st: open}}]}
"""
    c, t = of(closed={"type": "string"}, st_={"enum": ["O", "C"]}), of(closed={"type": "string"}, st_=STATUS)
    t["properties"]["st"] = {"enum": ["open", "shut"]}
    assert proofs.found(tmp_path, rules, c, t) == []
    assert [
        one[:4] for one in proofs.found(tmp_path, rules.replace(", lossy: {W180: what is open has none}", ""), c, t)
    ] == ["W180"]


def test_a_value_that_a_table_takes_away_goes_with_the_object_that_was_made_for_it(tmp_path: Path) -> None:
    rules = """\
{c: dates.closed, t: closed}
{cases: [{c: {st: C, dates.closed: {not: null}}, t: {st: shut}}, {c: {st: O, dates.closed: null}, t: {st: open}}]}
"""
    c = of(dates=of(closed={"type": "string"}), st_={"enum": ["O", "C"]})
    t = of(closed={"type": "string"}, st_={"enum": ["open", "shut"]})
    mapping, _ = examine(proofs.mapping(tmp_path, rules, c, t))
    outward = compile_mapping(mapping, Direction.OUTBOUND)
    assert outward({"number": 1, "closed": "2025", "st": "shut"})[0]["dates"] == {"closed": "2025"}
    assert outward({"number": 1, "closed": "2025", "st": "open"})[0] == {"id": 1, "st": "O"}


def test_where_no_state_makes_a_table_take_away_what_is_there_nothing_is_lost(tmp_path: Path) -> None:
    rules = """
{c: closed, t: at}
{cases: [{c: {closed: {not: null}, st: C}, t: {at: {not: null}}}, {c: {closed: null, st: O}, t: {at: null}}], ODD}
""".replace("ODD", "lossy: {W164: C is closed, W156: O is not}")
    c, t = of(closed=proofs.WHOLE, st_={"enum": ["C", "O"]}), of(at=proofs.WHOLE)
    assert [one for one in proofs.found(tmp_path, rules, c, t) if one.startswith("W180")] == []


BY_PHASE = """\
{c: p, t: q, values: [{t: null, c: a}, {c: {not: a}, t: {not: null}}]}
{cases: [{c: {p: {not: null}}, t: {st: done}}, {c: {p: [null, $any]}, t: {st: open}}]}
"""


def test_what_a_table_takes_away_is_no_loss_where_the_rule_that_wrote_it_needs_it_for_nothing(tmp_path: Path) -> None:
    """Without it, its table reads what was there inside before, or nothing, which is what was there."""
    c, t = of(p={"enum": ["a", "b", "c"]}), of(q={"enum": ["x", "y", None]}, st_={"enum": ["done", "open"]})
    text = proofs.mapping(tmp_path, BY_PHASE, c, t)
    text.write_text(text.read_text().replace("schema: t.json", "when_absent: null\n  schema: t.json"))
    assert {one.code for one in examine(text)[1]} == {"W156", "W164"}, "lines of which one was there before"


def test_what_a_rule_beside_writes_for_nothing_is_there_for_a_table(tmp_path: Path) -> None:
    rules = """
{c: note, t: note, when_absent: {t: none}}
{cases: [{t: {note: {not: null}}, c: {has: 0}}, {t: {note: null}, c: {has: 1}}], otherwise: {c: {has: 1}}, ODD}
""".replace("ODD", "lossy: {W156: 1 never comes}")
    c, t = of(note=proofs.TEXT, has_={"enum": [0, 1]}), of(note=proofs.TEXT)
    assert [one for one in proofs.found(tmp_path, rules, c, t) if one.startswith("W164")] == []


def test_a_text_of_blanks_from_which_a_rule_makes_nothing_may_reach_a_line_for_nothing(tmp_path: Path) -> None:
    rules = """
{c: took, t: took, as: [{text: {trim: both}}, duration], lossy: {W165: ok}}
{cases: [{t: {took: {not: null}}, c: {has: 1}}, {t: {took: null}, c: {has: 0}}, {t: {took: null}, c: {has: 1}}]}
"""
    c, t = of(took_=proofs.TEXT, has_={"enum": [0, 1]}), of(took=proofs.NUMBER)
    assert [one for one in proofs.found(tmp_path, rules, c, t) if one.startswith("E162")] == []


@pytest.mark.parametrize("form", ["", "as: {text: {before: 'n:'}}, "])
def test_what_another_table_takes_away_is_named_in_whatever_form_it_is_written(tmp_path: Path, form: str) -> None:
    rules = f"""\
{{c: a, t: b, {form}values: [{{c: new, t: null}}, {{c: [null, $any], t: old}}]}}
{{cases: [{{c: {{a: null, d: 0}}, t: {{e: x}}}}, {{c: {{a: {{not: null}}, d: 1}}, t: {{e: z}}}}], lossy: {{W164: x}}}}
"""
    c, t = of(a=proofs.TEXT, d={"enum": [0, 1]}), of(b={"enum": ["old", None]}, e_={"enum": ["x", "z"]})
    named = [one for one in proofs.found(tmp_path, rules, c, t) if one.startswith("W180")]
    said = 'what this rule writes to c.a does not come back where line 11 takes it away, as with "x" of t.e'
    assert named == [f"W180 {said}"]
