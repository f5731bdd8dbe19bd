"""Conditions in tables: what they read, what they leave or add where they are written, and what a merge makes of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from etl import Direction, Mapping
from etl.errors import MappingError
from etl.mapping.language.document import parse_document
from etl.mapping.load import examine
from etl.mapping.rules.conditions import ANY, UNWRITABLE, Accepted, Condition, Parts, acceptor, chosen
from etl.mapping.rules.trace import trace
from etl.mapping.rules.translate import compile_mapping
from etl.record import ABSENT, WHATEVER, Record
from tests.support import proofs
from tests.support.mappings import make, reasons
from tests.support.proofs import of
from tests.support.sides import Sides
from tests.support.site import INBOUND, OUTBOUND, ROOT

PRESENT = Condition(excluded=(None,))
NOT_A = Condition(excluded=("A",))
URGENT = Condition(has=("urgent", "hot"), parts=Parts.MEMBERS)
CALM = Condition(lacks=("urgent", "hot"), parts=Parts.MEMBERS)
DONE = Condition(has=("TECO", "CLSD"), lacks=("DLFL",), parts=Parts.WORDS)


@pytest.mark.parametrize(
    ("accepted", "met", "unmet"),
    [
        ((ANY,), ["A", ABSENT, None, 1, [], {}], []),
        ((PRESENT,), ["A", "", 0, False, []], [ABSENT, None]),
        ((NOT_A,), ["B", ABSENT, 1], ["A"]),
        (("A", Condition(excluded=("B", None))), ["A", "C"], ["B", ABSENT]),
        ((1,), [1], [True, 1.0, "1"]),
        ((Condition(excluded=(1,)),), [True, 1.0, "1", ABSENT], [1]),
        ((URGENT,), [["urgent"], ["x", "hot"]], [[], ["x"], ABSENT, "urgent", {"urgent": 1}]),
        ((CALM,), [[], ["x"], ABSENT], [["urgent"], ["x", "hot"], "calm"]),
        ((Condition(has=(1,), parts=Parts.MEMBERS),), [[1]], [[True], [1.0], ["1"], [[1]]]),
        ((DONE,), ["TECO", "REL  CNF CLSD"], ["TECO DLFL", "REL", "", ABSENT, "TECOX", ["TECO"], 7]),
    ],
)
def test_what_a_pattern_accepts(accepted: Accepted, met: list[Any], unmet: list[Any]) -> None:
    accepts = acceptor(accepted)
    assert [value for value in met if not accepts(value)] == []
    assert [value for value in unmet if accepts(value)] == []


@pytest.mark.parametrize(
    ("accepted", "last", "written"),
    [
        (("A", "B"), "B", "A"),
        ((None, "B"), "B", ABSENT),
        (("HOLD", ANY), "X", "HOLD"),
        ((ANY, 1), 7, 7),
        ((ANY, 1), ABSENT, 1),
        ((ANY,), 7, 7),
        ((ANY,), ABSENT, ABSENT),
        ((PRESENT,), ABSENT, UNWRITABLE),
        ((PRESENT, "A"), ABSENT, "A"),
        ((NOT_A,), "A", UNWRITABLE),
        ((NOT_A,), ABSENT, ABSENT),
        ((NOT_A, "B"), "A", "B"),
        ((NOT_A, "B"), "C", "C"),
        ((URGENT,), ABSENT, ["urgent"]),
        ((URGENT,), ["x"], ["x", "urgent"]),
        ((URGENT,), ["hot", "x"], ["hot", "x"]),
        ((URGENT,), "x", UNWRITABLE),
        ((CALM,), ["urgent", "x", "hot"], ["x"]),
        ((CALM,), ["urgent"], []),
        ((CALM,), ABSENT, ABSENT),
        ((DONE,), "REL  CNF DLFL", "REL  CNF TECO"),
        ((DONE,), "REL  CNF CLSD", "REL  CNF CLSD"),
        ((DONE,), ABSENT, "TECO"),
    ],
)
def test_the_first_that_can_be_written_over_the_last_value_is(accepted: Accepted, last: Any, written: Any) -> None:
    assert repr(chosen(accepted, last)) == repr(written)


def translated(mapping: Mapping, direction: Direction, last: Record, **record: Any) -> Record:
    made, _, violations = compile_mapping(mapping, direction)({"id": 1, "number": 1} | record, last)
    assert not violations
    del made["id" if direction is Direction.OUTBOUND else "number"]
    return made


def test_a_code_is_read_whatever_it_is_and_written_as_it_was_or_as_it_should_be(tmp_path: Path) -> None:
    rule = """\
  - cases:
      - {client: {state: hold, code: [HOLD, $any]}, tracos: {status: on_hold}}
      - {client: {state: done, code: [$any, OK]},   tracos: {status: completed}}
      - {client: {state: open, code: $any},         tracos: {status: pending}}
"""
    mapping = make(tmp_path, rule)
    for state, status, from_nothing, over in (
        ("hold", "on_hold", {"code": "HOLD"}, {"code": "HOLD"}),
        ("done", "completed", {"code": "OK"}, {"code": "X"}),
        ("open", "pending", {}, {"code": "X"}),
    ):
        for code in ({}, {"code": "X"}):
            assert translated(mapping, Direction.INBOUND, {}, state=state, **code) == {"status": status}
        assert translated(mapping, Direction.OUTBOUND, {}, status=status) == {"state": state} | from_nothing
        assert translated(mapping, Direction.OUTBOUND, {"code": "X"}, status=status) == {"state": state} | over


def test_where_a_condition_does_not_hold_the_next_line_is_tried(tmp_path: Path) -> None:
    rule = """\
  - cases:
      - {client: {state: closed, by: {not: null}}, tracos: {status: completed}}
      - {client: {state: ended},                   tracos: {status: completed}}
      - {client: {state: closed, by: null},        tracos: {status: cancelled}}
"""
    mapping = make(tmp_path, rule)
    assert translated(mapping, Direction.INBOUND, {}, state="closed", by="Ann") == {"status": "completed"}
    assert translated(mapping, Direction.INBOUND, {}, state="closed") == {"status": "cancelled"}
    assert translated(mapping, Direction.OUTBOUND, {"by": "Ann"}, status="completed") == {
        "state": "closed",
        "by": "Ann",
    }
    assert translated(mapping, Direction.OUTBOUND, {}, status="completed") == {"state": "ended"}


def test_where_no_line_is_left_otherwise_decides(tmp_path: Path) -> None:
    rule = """\
  - cases: [{client: {state: x, by: {not: null}}, tracos: {status: done}}]
    otherwise: {client: {state: z}, tracos: {status: done}}
    lossy: nobody is by
"""
    mapping = make(tmp_path, rule)
    assert translated(mapping, Direction.OUTBOUND, {"by": "Ann"}, status="done") == {"state": "x", "by": "Ann"}
    assert translated(mapping, Direction.OUTBOUND, {}, status="done") == {"state": "z"}


def test_a_condition_that_nothing_meets_rejects_the_record_and_says_so(tmp_path: Path) -> None:
    mapping = make(tmp_path, "  - cases: [{client: {state: x, by: {not: null}}, tracos: {status: done}}]\n")
    (reason,) = reasons(mapping, Direction.OUTBOUND, status="done")
    assert reason == "status: the line for it (line 15) wants by {not: null}, which had no value last"


def test_members_and_words_are_added_and_taken_away_and_others_stay(tmp_path: Path) -> None:
    rule = """\
  - cases:
      - {client: {labels: {has: [urgent, hot]}}, tracos: {priority: 1}}
      - {client: {labels: {not: {has: [urgent, hot]}}}, tracos: {priority: 2}}
  - cases:
      - {client: {sys: {word: DLFL}}, tracos: {status: deleted}}
      - {client: {sys: {word: TECO, not: {word: DLFL}}}, tracos: {status: done}}
      - {client: {sys: {not: {word: [TECO, DLFL]}}}, tracos: {status: open}}
""".replace("      - {client: {}, tracos: {status: moved}}\n", "")
    mapping = make(tmp_path, rule)
    last = {"labels": ["x", "hot"], "sys": "REL  CNF TECO"}
    assert translated(mapping, Direction.INBOUND, {}, **last) == {"priority": 1, "status": "done"}
    assert translated(mapping, Direction.OUTBOUND, last, priority=1, status="done") == last
    assert translated(mapping, Direction.OUTBOUND, last, priority=2, status="open") == {
        "labels": ["x"],
        "sys": "REL  CNF",
    }
    assert translated(mapping, Direction.OUTBOUND, last, priority=1, status="deleted") == {
        "labels": ["x", "hot"],
        "sys": "REL  CNF TECO DLFL",
    }
    assert translated(mapping, Direction.OUTBOUND, {}, priority=1, status="done") == {
        "labels": ["urgent"],
        "sys": "TECO",
    }


def test_a_line_that_does_not_name_a_list_of_which_others_name_members_leaves_it_alone(tmp_path: Path) -> None:
    rule = """\
  - cases:
      - {client: {state: a, labels: {has: urgent}}, tracos: {status: hot}}
      - {client: {state: a}, tracos: {status: calm}}
"""
    mapping = make(tmp_path, rule)
    for labels in (["x"], ["x", "urgent"]):
        made = translated(mapping, Direction.OUTBOUND, {"labels": labels}, status="calm")
        assert made == {"state": "a", "labels": labels}


CLOSED = "{cases: [{client: {state: closed}, tracos: {status: done, reason: $any}}, "
CLOSED += "{client: {state: open}, tracos: {status: open}}]}"


def test_what_a_record_means_asks_nothing_of_the_document(tmp_path: Path) -> None:
    rule = "  - cases: [{client: {state: x}, tracos: {status: done, by: {not: null}}}]\n"
    mapping = make(tmp_path, rule)
    assert translated(mapping, Direction.INBOUND, WHATEVER, state="x") == {"status": "done"}
    assert translated(mapping, Direction.INBOUND, {"by": "Ann"}, state="x") == {"status": "done", "by": "Ann"}


def test_the_worked_table_of_the_reference_does_what_stands_beside_it_and_passes_every_check(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "language.md").read_text()
    (rule,) = [one for one in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "[$any, CLOSED]" in one]
    rows = re.search(r"\| comes in \|.*?\n\|---.*?\n(.*?)\n\n", text, re.DOTALL)
    assert rows is not None
    entry = parse_document(rule, "rule").value[0]
    named = json.dumps(entry).replace('"client"', '"c"').replace('"tracos"', '"t"')
    status = ["pending", "in_progress", "on_hold", "completed", "cancelled"]
    c = of(state_={"enum": [*"123678"]}, hold={"type": "string"})
    file = proofs.mapping(tmp_path, named, c, of(status_={"enum": status}, reason={"type": "string"}))
    mapping, findings = examine(file)
    assert findings == []
    cells = [re.findall(r"`(\w+)`", cell) for row in rows[1].splitlines() for cell in row.split("|")[1:-1]]
    for comes, inside, new, over in zip(*(cells[at::4] for at in range(4)), strict=True):
        assert translated(mapping, Direction.INBOUND, {}, **outside(comes)) == {"status": inside[0]}
        assert translated(mapping, Direction.OUTBOUND, {}, status=inside[0]) == outside(new)
        assert translated(mapping, Direction.OUTBOUND, {"hold": "X"}, status=inside[0]) == outside(over)


READ_ONLY = (
    "{cases: ["
    "{c: {state: $any, active: false}, t: {status: gone}}, "
    "{c: {state: complete, closedAt: {not: null}}, t: {status: done}}, "
    "{c: {state: complete, closedAt: null}, t: {status: review}}, "
    "{c: {state: open}, t: {status: open}}], lossy: {W164: there is always a state}}"
)


@pytest.mark.parametrize(
    ("status", "last", "expected"),
    [
        ("done", {}, {"state": "complete", "closedAt": "a"}),
        ("done", {"closedAt": "x", "active": True}, {"state": "complete", "closedAt": "x", "active": True}),
        ("review", {"closedAt": "x"}, {"state": "complete"}),
        ("gone", {"state": "open", "active": True}, {"state": "open", "active": False}),
        ("gone", {"closedAt": "x", "active": False}, {"closedAt": "x", "active": False}),
        ("open", {"closedAt": "x", "active": False}, {"state": "open", "closedAt": "x", "active": True}),
    ],
)
def test_what_is_only_read_follows_where_a_line_would_not_decide_by_its_last_value(
    tmp_path: Path, status: str, last: Record, expected: Record
) -> None:
    shut = {"readOnly": True}
    c = of(
        state={"enum": ["open", "complete"]}, closedAt={"type": "string", **shut}, active={"type": "boolean", **shut}
    )
    t = of(status_={"enum": ["open", "done", "gone", "review"]})
    mapping, findings = examine(proofs.mapping(tmp_path, READ_ONLY, c, t))
    assert findings == []
    made = translated(mapping, Direction.OUTBOUND, last, status=status)
    assert made == expected
    assert translated(mapping, Direction.INBOUND, {}, **made) == {"status": status}


def test_a_flag_that_is_only_read_is_asked_of_records_that_come_and_not_of_those_that_go(tmp_path: Path) -> None:
    rule = "{t: status, flags: [{c: isDeleted, t: gone}, {c: isDone, t: done}], otherwise: open, lossy: one at a time}"
    c = of(isDeleted={"type": "boolean", "readOnly": True}, isDone={"type": "boolean"})
    mapping, findings = examine(proofs.mapping(tmp_path, rule, c, of(status_={"enum": ["open", "done", "gone"]})))
    assert findings == []
    for deleted in ({}, {"isDeleted": True}, {"isDeleted": False}):
        for status in ("open", "done", "gone"):
            made = translated(mapping, Direction.OUTBOUND, deleted, status=status)
            assert translated(mapping, Direction.INBOUND, {}, **made) == {"status": status}
            assert made["isDone"] is (status == "done")


def test_what_is_only_read_follows_in_the_form_in_which_it_stands_there(tmp_path: Path) -> None:
    rule = "{t: status, as: boolean_text, flags: [{c: isGone, t: gone}, {c: isDone, t: done}]}"
    known = {"enum": ["true", "false"]}
    c = of(isGone={**known, "readOnly": True}, isDone=known)
    mapping, _ = examine(proofs.mapping(tmp_path, rule, c, of(status_={"enum": ["done", "gone"]})))
    assert translated(mapping, Direction.OUTBOUND, {}, status="gone") == {"isGone": "true", "isDone": "false"}
    made = translated(mapping, Direction.OUTBOUND, {"isGone": "true"}, status="done")
    assert made == {"isGone": "false", "isDone": "true"}


def test_what_is_only_read_stays_as_it_lies_there_where_it_says_the_same(tmp_path: Path) -> None:
    rule = "{cases: [{c: {state: open, note: [null, x]}, t: {status: 1}}, {c: {state: shut}, t: {status: 2}}]}"
    c = of(state_={"enum": ["open", "shut"]}, note={"enum": ["x", None], "readOnly": True})
    mapping, findings = examine(proofs.mapping(tmp_path, rule, c, of(status_={"enum": [1, 2]})))
    assert findings == []
    assert translated(mapping, Direction.OUTBOUND, {"note": None}, status=1) == {"state": "open", "note": None}


def test_what_is_only_read_follows_where_otherwise_would_not_decide_by_its_last_value(tmp_path: Path) -> None:
    rule = (
        "{cases: [{c: {state: [b, c], kind: [b, c]}, t: {status: 2}}],"
        " otherwise: {c: {state: a, kind: c}, t: {status: 1}}, lossy: others are one}"
    )
    known = {"enum": ["a", "b", "c"]}
    c = of(state_={**known, "readOnly": True}, kind_=known)
    mapping, _ = examine(proofs.mapping(tmp_path, rule, c, of(status_={"enum": [1, 2]})))
    made = translated(mapping, Direction.OUTBOUND, {"state": "b", "kind": "a"}, status=1)
    assert made == {"state": "a", "kind": "c"}
    assert translated(mapping, Direction.INBOUND, {}, **made) == {"status": 1}
    assert translated(mapping, Direction.OUTBOUND, {}, status=1) == {"kind": "c"}, "it is read by that"


def test_what_is_only_read_follows_in_a_table_that_asks_of_what_another_rule_writes(tmp_path: Path) -> None:
    rules = """\
{c: closedAt, t: doneAt, lossy: an open order has no date}
{cases: [{c: {closedAt: {not: null}, why: a}, t: {status: done}}, {c: {why: b}, t: {status: open}}]}
"""
    c = of(closedAt={"type": "string"}, why_={"enum": ["a", "b"], "readOnly": True}, state={"type": "string"})
    t = of(status_={"enum": ["open", "done"]}, doneAt={"type": "string"})
    mapping, _ = examine(proofs.mapping(tmp_path, rules, c, t))
    made = translated(mapping, Direction.OUTBOUND, {"why": "a"}, status="open", doneAt="now")
    assert made == {"closedAt": "now", "why": "b"}


CLOSED_AT = """\
{c: closedAt, t: doneAt, LOSSY}
{cases: [{c: {closedAt: {not: null}}, t: {status: done}}, {c: {closedAt: null}, t: {status: open}}]}
"""


def test_a_table_asks_of_a_field_that_another_rule_writes_what_that_has_written(tmp_path: Path) -> None:
    c, t = of(closedAt={"type": "string"}), of(status_={"enum": ["open", "done"]}, doneAt={"type": "string"})
    rules = CLOSED_AT.replace("LOSSY", "lossy: an open order has no date")
    rules = rules.replace("}]}", "}], lossy: no order is done without a date}")
    mapping, findings = examine(proofs.mapping(tmp_path, rules, c, t))
    assert findings == []
    for last in ({}, {"closedAt": "before"}):
        done = translated(mapping, Direction.OUTBOUND, last, status="done", doneAt="now")
        assert done == {"closedAt": "now"}
        assert translated(mapping, Direction.INBOUND, {}, **done) == {"status": "done", "doneAt": "now"}
        assert translated(mapping, Direction.OUTBOUND, last, status="open", doneAt="now") == {}, "null outranks"
    _, _, violations = compile_mapping(mapping, Direction.OUTBOUND)({"number": 1, "status": "done"})
    assert [str(one) for one in violations] == [
        "status: the line for it (line 11) wants closedAt {not: null}, which has no value"
    ]
    _, said = trace(mapping.rules[1:], Direction.OUTBOUND, {"number": 1, "status": "done", "doneAt": "now"})
    assert [line.where.line for line in said.lines] == [11]


def test_what_a_table_takes_from_another_rule_and_what_it_cannot_write_is_told(tmp_path: Path) -> None:
    c, t = of(closedAt={"type": "string"}), of(status_={"enum": ["open", "done"]}, doneAt={"type": "string"})
    said = proofs.found(tmp_path, CLOSED_AT.replace(", LOSSY", ""), c, t)
    assert [one.partition(" ")[0] for one in said] == ["W180", "W164"]
    assert "c.closedAt" in said[0]
    with pytest.raises(MappingError) as caught:
        proofs.found(tmp_path, CLOSED_AT.replace(", LOSSY", "").replace("{not: null}", "x"), c, t)
    assert [one.code for one in caught.value.findings] == ["E120"]


def outside(cells: list[str]) -> Record:
    return dict(zip(("state", "hold"), cells, strict=False))


def test_what_a_condition_asks_about_inside_stays_as_the_technician_left_it(sides: Sides) -> None:
    sides.maps(CLOSED, "{client: name, tracos: title}")
    sides.client_says(state="closed", name="a")
    sides.run()
    sides.technician_edits(7, reason="worn")
    sides.run(directions=OUTBOUND)
    assert sides.told()["state"] == "closed"
    assert sides.has(reason="worn")
    sides.client_says(state="closed", name="b")
    assert sides.run(directions=INBOUND)["inbound"] == {"read": 1, "updated": 1}
    assert sides.has(status="done", reason="worn", title="b")
    sides.client_says(state="open", name="b")
    assert sides.run(directions=INBOUND)["inbound"] == {"read": 1, "updated": 1}
    assert sides.has(status="open", reason=None)
    assert not sides.conflicts()


def test_a_change_outside_is_written_over_what_a_condition_keeps(sides: Sides) -> None:
    sides.maps(CLOSED)
    sides.client_says(state="open")
    sides.run()
    sides.work_orders.update_one({"number": 7}, {"$set": {"reason": "waiting"}})
    sides.client_says(state="closed")
    sides.run(directions=INBOUND)
    assert len(sides.conflicts()) == 1, "both have changed the rule"


def test_a_line_that_the_document_does_not_allow_rejects_the_record(sides: Sides) -> None:
    sides.maps(
        "{cases: [{client: {state: closed}, tracos: {status: done, by: {not: null}}}, "
        "{client: {state: open}, tracos: {status: open, by: $any}}]}"
    )
    sides.client_says(state="closed")
    assert sides.run(directions=INBOUND)["inbound"] == {"read": 1, "rejected": 1}
    sides.client_says(state="open")
    sides.run(directions=INBOUND)
    sides.technician_edits(7, by="Ann")
    sides.run(directions=OUTBOUND)
    sides.client_says(state="closed")
    assert sides.run(directions=INBOUND)["inbound"] == {"read": 1, "updated": 1}
    assert sides.has(status="done", by="Ann")


def test_what_was_there_outside_goes_back_as_it_was(sides: Sides) -> None:
    sides.maps(
        "{cases: [{client: {state: hold, code: [HOLD, $any]}, tracos: {status: held}}, "
        "{client: {state: done, code: [$any, OK], labels: {has: closed}}, tracos: {status: done}}, "
        "{client: {state: open, code: $any, labels: {not: {has: closed}}}, tracos: {status: open}}]}"
    )
    sides.client_says(state="open", code="X", labels=["blue"])
    sides.run()
    for status, told in (
        ("done", {"state": "done", "code": "X", "labels": ["blue", "closed"]}),
        ("open", {"state": "open", "code": "X", "labels": ["blue"]}),
        ("held", {"state": "hold", "code": "HOLD", "labels": ["blue"]}),
    ):
        sides.technician_edits(7, status=status)
        sides.run(directions=OUTBOUND)
        assert sides.told() == {"id": 7, **told}


def test_a_word_that_goes_leaves_what_stands_behind_all_words() -> None:
    without = Condition(lacks=("DONE",), parts=Parts.WORDS)
    assert without.written("LINE DONE \n") == "LINE \n"
    assert without.written("DONE LINE ") == "LINE "
    assert without.written("LINE DONE") == "LINE"
