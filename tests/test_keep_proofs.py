"""What is proven of a mapping that keeps: a loss of form is none, one of meaning is, and the laws hold from any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from etl.cli import cli
from etl.mapping.load import examine
from etl.mapping.rules.keeping import Keeping
from tests.support.proofs import DATE, MAPPING, NUMBER, TEXT, lists, mapping, of

RULES = """
{c: made, t: madeAt, as: datetime}
{c: cost, t: cost, as: decimal}
{c: state, t: status, values: [{c: [C, CX], t: done}, {c: Q, t: open}, {c: O, t: other}], otherwise: {t: other}}
{t: kind, flags: [{c: isA, t: a}, {c: isB, t: b}], otherwise: none}
{c: lines, t: tasks, each: [{c: due, t: dueAt, as: datetime}]}
"""
FLAG = {"type": "boolean"}
OUTSIDE = of(
    made=TEXT,
    cost=TEXT,
    state=TEXT,
    isA=FLAG,
    isB=FLAG,
    lines={"type": "array", "items": of(due=TEXT)},
)
INSIDE = of(
    madeAt=DATE,
    cost=NUMBER,
    status={"enum": ["done", "open", "other"]},
    kind_={"enum": ["a", "b", "none"]},
    tasks={"type": "array", "items": of(dueAt=DATE)},
)


def made(folder: Path, rules: str, keep: str = "true", *, c: Any = OUTSIDE, t: Any = INSIDE) -> Path:
    file = mapping(folder, rules, c, t)
    text = file.read_text()
    assert text.startswith(MAPPING)
    file.write_text(text.replace("outside: {name: c,", f"outside: {{name: c, keep: {keep},"))
    return file


def codes(file: Path) -> list[str]:
    return [f"{one.code} {one.message}" for one in examine(file)[1]]


def test_without_keep_every_loss_of_form_is_named(tmp_path: Path) -> None:
    found = codes(made(tmp_path, RULES, "false"))
    assert [one[:4] for one in found] == ["W165", "W165", "W163", "W163", "W166", "W165"], found


@pytest.mark.parametrize("keep", ["true", "whole"])
def test_with_keep_no_loss_of_form_asks_for_a_reason(tmp_path: Path, keep: str) -> None:
    assert codes(made(tmp_path, RULES, keep)) == []


def test_with_keep_a_reason_for_a_loss_of_form_is_one_without_a_loss(tmp_path: Path) -> None:
    rules = "{c: made, t: madeAt, as: datetime, lossy: BSON keeps UTC}"
    assert codes(made(tmp_path, rules, c=of(made=TEXT), t=of(madeAt=DATE))) == [
        "W171 this rule says lossy, but nothing is lost by it"
    ]


def test_with_keep_two_inside_values_that_are_sent_alike_are_a_loss_still(tmp_path: Path) -> None:
    rules = """
{c: day, t: dayAt, as: date}
{c: state, t: status, values: [{c: Q, t: [open, new]}]}
{c: name, t: name, as: {text: {case: lower}}}
"""
    c = of(day=TEXT, state={"enum": ["Q"]}, name=TEXT)
    t = of(dayAt=DATE, status={"enum": ["open", "new"]}, name=TEXT)
    assert codes(made(tmp_path, rules, c=c, t=t)) == [
        "W165 t.dayAt comes back without the time of day",
        'W163 "new" of t.status comes back as "open"',
        "W165 t.name comes back without capital and small letters as they were",
    ]


def laws(file: Path) -> str:
    done = CliRunner().invoke(cli, ["test", "--examples", "60", "--seed", "1", str(file)])
    return done.output


@pytest.mark.slow
@pytest.mark.parametrize("keep", ["true", "whole"])
def test_the_laws_hold_from_any_last_record(tmp_path: Path, keep: str) -> None:
    assert "laws on 240 records: all hold" in laws(made(tmp_path, RULES, keep))


@pytest.mark.slow
def test_what_stays_although_the_inside_has_something_else_breaks_a_law(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = made(tmp_path, RULES)
    monkeypatch.setattr(Keeping, "_kept", lambda keeping, *_: keeping._held)
    assert "what goes out comes back, whatever the outside was" in laws(file)


@pytest.mark.slow
def test_what_does_not_stay_although_nobody_touched_it_breaks_a_law(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = made(tmp_path, RULES)
    monkeypatch.setattr(Keeping, "_kept", lambda *_: ())
    assert "what came goes back" in laws(file)
    assert any(one.startswith("W180") and "and not as it came" in one for one in codes(file))


@pytest.mark.slow
def test_a_reason_for_what_does_not_go_back_is_one_for_the_law_as_well(tmp_path: Path) -> None:
    """A line that nothing written can fit at first is left to `otherwise`, and fits what that has written."""
    cases = "{cases: [{c: {a: 1}, t: {b: 2, d: {not: null}}}], otherwise: {c: {a: 2}, t: {b: 3, d: x}}, %s}"
    c, t = of(a_={"enum": [1, 2]}), of(b_={"enum": [2, 3]}, d=TEXT)
    said = codes(made(tmp_path, cases % "lossy: {W163: b}", c=c, t=t))
    assert "W180 c.a 1 goes back as 2, and not as it came" in said
    file = made(tmp_path, cases % "lossy: {W180: other}", c=c, t=t)
    assert not any(one.startswith("W180") for one in codes(file))
    assert "what came goes back" not in laws(file)


def test_the_page_names_no_loss_of_form(tmp_path: Path) -> None:
    for keep, said in (("true", "No loss is known."), ("false", "without the offset")):
        page = CliRunner().invoke(cli, ["docs", str(made(tmp_path, RULES, keep))])
        assert said in page.output, page.output


def test_another_word_than_the_known_ones_is_refused(tmp_path: Path) -> None:
    file = made(tmp_path, RULES, "wholly")
    done = CliRunner().invoke(cli, ["check", str(file)])
    assert f'{file}:3:26 E013 keep: "wholly" is not one of false, true, "whole"' in done.output


def test_with_keep_a_round_trip_is_judged_by_what_the_outside_was_each_time(tmp_path: Path) -> None:
    due = "{c: due, t: done, nulls: {t: [false]}, as: boolean, lossy: so be it}"
    kind = "{t: kind, flags: [{c: isA, t: a}, {c: isB, t: b}], otherwise: a, lossy: so be it}"
    level = "{c: level, t: grade, values: [{c: low, t: [a, d]}, {c: [none, odd], t: [null, b, e]}]}"
    rules = f"{level}\n{{c: lines, t: tasks, each: [{due}, {kind}]}}"
    lines = {"type": "array", "items": of(due=TEXT, isA=FLAG, isB=FLAG), "minItems": 1}
    outside = of(level={"enum": ["low", "none", "odd"]}, lines_=lines)
    tasks = {"type": "array", "items": of(done=FLAG, kind_={"enum": ["a", "b"]})}
    inside = of(grade={"enum": ["a", "b", "d", "e"]}, tasks_=tasks)
    found = codes(made(tmp_path, rules, c=outside, t=inside))
    assert not [one for one in found if "E181" in one], found
    text = "{c: a, t: b, as: {text: {case: upper}}, nulls: {c: [AB]}, lossy: {W165: o, W180: o}}"
    for keep, said in (("true", []), ("false", ['E181 "ab" of c.a comes back as "AB", and that as no value'])):
        found = codes(made(tmp_path, text, keep, c=of(a=TEXT), t=of(b=TEXT)))
        assert [one for one in found if one.startswith("E181")] == said, found


def test_null_where_an_object_may_be_goes_back_as_null(tmp_path: Path) -> None:
    outside = of(d={"oneOf": [{"const": None}, of(a={"type": ["integer", "null"]})]})
    file = made(tmp_path, "{c: d.a, t: b, when_absent: {c: null}}", c=outside, t=of(b={"type": "integer"}))
    assert codes(file) == []


ONLY = {"additionalProperties": False}
TAKEN = "W156 a record of t takes c.%s away, and is rejected where more stays beside it: is required"
BESIDE = {
    "the first of several elements": ("l[0].v", of(l={"type": "array", "items": ONLY | of(v_=TEXT)})),
    "beside what no schema lists": ("d.v", of(d=of(v_=TEXT))),
}
ALONE = {
    "the only element": ("l[0].v", of(l={"type": "array", "maxItems": 1, "items": ONLY | of(v_=TEXT)})),
    "an element that does not require it": ("l[0].v", of(l=lists(v=TEXT))),
    "an object in which nothing else may stand": ("d.v", of(d=ONLY | of(v_=TEXT))),
}


@pytest.mark.parametrize("what", BESIDE)
def test_a_required_value_that_goes_where_what_no_rule_writes_stays_is_named(tmp_path: Path, what: str) -> None:
    path, outside = BESIDE[what]
    rule = f"{{c: '{path}', t: v}}"
    assert codes(made(tmp_path, rule, "whole", c=outside, t=of(v=TEXT))) == [TAKEN % path]
    assert codes(made(tmp_path, rule, c=outside, t=of(v=TEXT))) == []
    said = f"{{c: '{path}', t: v, lossy: who takes it away has to take the rest away as well}}"
    assert codes(made(tmp_path, said, "whole", c=outside, t=of(v=TEXT))) == []


@pytest.mark.parametrize("what", ALONE)
def test_one_that_takes_all_with_it_or_is_not_required_is_not(tmp_path: Path, what: str) -> None:
    path, outside = ALONE[what]
    assert codes(made(tmp_path, f"{{c: '{path}', t: v}}", "whole", c=outside, t=of(v=TEXT))) == []


def test_a_number_that_comes_back_as_the_one_that_means_absent_is_named_as_it_stands(tmp_path: Path) -> None:
    rules = "{c: spent, t: spent, as: duration, when_absent: {t: 0}}"
    found = codes(made(tmp_path, rules, c=of(spent=TEXT), t=of(spent=NUMBER)))
    assert found == ["W180 0.0 of t.spent comes back as no value: 0 means absent in t"]
