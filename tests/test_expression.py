"""`from:` expressions: what they mean, and that none of them can hang a run."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jmespath
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etl import Direction, MappingError, RecordError, translator
from etl.mapping.codecs import CodecError
from etl.mapping.expressions.bounded import weight
from etl.mapping.expressions.expression import MAX_CHARACTERS, MAX_DEPTH, ExpressionError, compile_expression
from etl.mapping.rules.computed import parse_source
from etl.mapping.terms import Field, Position, TextForm
from etl.record import ABSENT
from tests.support.mappings import make

DAY = datetime(2025, 1, 2, tzinfo=UTC)
LINES = [{"qty": at, "codes": [1, 2, 3], "text": "x" * 50, "day": DAY} for at in range(2000)]
WIDE = {"id": 1, "lines": LINES, "text": "x" * 100_000}

DOUBLED = "@" + " | [@, @]" * 40
EXPLODING = {
    "doubling": DOUBLED,
    "doubling and writing it down": f"{DOUBLED} | to_string(@)",
    "doubling through objects": "@" + " | {a: @, b: @}" * 40,
    "doubling through functions": "[@]" + " | map(&[@, @], @)" * 40,
    "doubling a list": "lines" + " | [@, @][]" * 40,
    "doubling text": "text" + " | join('', [@, @])" * 30,
    "doubling the names of a record": f"{{{'k' * 1500}: @}}" + " | [@, @]" * 40,
    "escaping the same text again": "to_string([" * 25 + "@" + "])" * 25,
    "a list of all lists for every line": "lines[*].codes[*].[@, @, @, @, @] | [@, @, @, @, @, @] | to_string(@)",
    "sorting what was multiplied": "lines" + " | [@, @][]" * 6 + " | sort_by(@, &qty)",
    "the largest of what was multiplied": "lines" + " | [@, @][]" * 6 + " | max_by(@, &qty)",
    "steps of a function for every line": f"map(&map(&map(&{'!!' * 20}@, codes), [@, @, @, @]), lines)",
    "steps of a filter": f"lines | [@, @, @][] | [?{' && '.join(['qty'] * 40)}]",
    "comparing lists for every line": "[lines, lines, lines][] | [?contains([@, @, @], @)] | [?[@] == [@]] | [@, @][]",
    "merging": "@" + " | {a: @, b: @} | merge(@, {c: @})" * 20,
}

NAMES = ("a", "b", "c", "id", "qty", "lines", "text")


@pytest.mark.parametrize("expression", EXPLODING.values(), ids=EXPLODING)
def test_an_expression_that_explodes_is_stopped(expression: str) -> None:
    with pytest.raises(ExpressionError, match=r"(took more than \d+ steps|built more than \d+ values)$"):
        compile_expression(expression)(WIDE)


def test_an_expression_of_ordinary_size_is_not_stopped() -> None:
    lines = [{"qty": at, "unit": "pc", "text": "spare part " * 20, "price": 1.5} for at in range(5000)]
    report = "lines[?qty > `10`].{quantity: qty, unit: unit, text: text}"
    made = compile_expression(report)({"lines": lines})
    assert len(made) == 4989


def test_a_record_that_an_expression_multiplies_too_often_is_rejected_alone(tmp_path: Path) -> None:
    mapping = make(tmp_path, '  - {tracos: pairs, from: "lines[*].[@, @] | [@, @, @, @, @, @, @, @]"}')
    inward = translator(mapping, Direction.INBOUND)
    assert len(inward({"id": 1, "lines": LINES[:10]})["pairs"]) == 8
    with pytest.raises(RecordError) as caught:
        inward({"id": 2, "lines": LINES * 2})
    (violation,) = caught.value.violations
    assert (violation.path, violation.code) == ("lines", "expression")
    assert violation.message.endswith("built more than 300000 values")
    assert len(inward({"id": 3, "lines": LINES[:10]})["pairs"]) == 8


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (f"'{'x' * MAX_CHARACTERS}'", f"an expression of {MAX_CHARACTERS + 2} characters; one has at most 2000"),
        (".".join(["a"] * MAX_CHARACTERS), f"an expression of {2 * MAX_CHARACTERS - 1} characters; one has at most"),
        (" || ".join(["a"] * (MAX_DEPTH + 1)), "nested deeper than 64 levels"),
        ("[" * 900 + "@" + "]" * 900, "nested too deep"),
        (f"`{'[' * 100}{']' * 100}`", "nested deeper than 64 levels"),
    ],
    ids=["long", "a long path", "many alternatives", "lists in lists", "a deep constant"],
)
def test_an_absurd_expression_is_refused_at_load(tmp_path: Path, expression: str, reason: str) -> None:
    with pytest.raises(MappingError) as caught:
        make(tmp_path, f'  - {{tracos: x, from: "{expression}"}}')
    (finding,) = caught.value.findings
    assert finding.code == "E113"
    assert reason in finding.message


def test_an_error_in_a_huge_value_is_a_short_message() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression("abs(lines)")(WIDE)
    assert len(str(caught.value)) < 400


names = st.sampled_from(NAMES)
constants = st.sampled_from(["`1`", "`0`", "`true`", "`null`", "`[1, 2]`", "'x'", "''", "'a, b'"])
functions = st.sampled_from(
    ["length", "to_string", "sort", "keys", "values", "reverse", "type", "not_null", "max", "sum"]
)
leaves = names | constants | st.sampled_from(["@", "[0]", "[-1]", "lines[*].qty", "lines[].codes[]", "*", "lines[1:]"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(" | ".join),
        pairs.map(lambda pair: f"({pair[0]}) || ({pair[1]})"),
        pairs.map(lambda pair: f"({pair[0]}) && ({pair[1]})"),
        st.tuples(inner, st.sampled_from(["==", "!=", "<", ">="]), inner).map(" ".join),
        pairs.map(lambda pair: f"[{', '.join(pair)}]"),
        pairs.map(lambda pair: f"{{one: {pair[0]}, two: {pair[1]}}}"),
        pairs.map(lambda pair: f"join({pair[0]}, {pair[1]})"),
        pairs.map(lambda pair: f"join(', ', [{', '.join(pair)}])"),
        pairs.map(lambda pair: f"lines[?{pair[0]}].{{one: {pair[1]}}}"),
        pairs.map(lambda pair: f"map(&({pair[0]}), {pair[1]})"),
        pairs.map(lambda pair: f"sort_by({pair[0]}, &{pair[1]})"),
        st.tuples(functions, inner).map(lambda pair: f"{pair[0]}({pair[1]})"),
        inner.map(lambda one: f"!({one})"),
        st.tuples(names, names).map(".".join),
        st.tuples(names, st.integers(-2, 2)).map(lambda pair: f"{pair[0]}[{pair[1]}]"),
    )


scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "x", "b", 1.5])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)


@given(st.recursive(leaves, _larger, max_leaves=6), st.dictionaries(names, values, max_size=4))
def test_an_ordinary_expression_means_what_jmespath_says(expression: str, record: dict[str, Any]) -> None:
    try:
        expected = jmespath.search(expression, record)
    except (jmespath.exceptions.JMESPathError, TypeError, ValueError, ArithmeticError, AttributeError):
        with pytest.raises(ExpressionError):
            compile_expression(expression)(record)
        return
    try:
        made = compile_expression(expression)(record)
    except ExpressionError as error:  # JMESPath makes null of what it cannot compare
        assert str(error).endswith("cannot be compared")
        return
    assert repr(None if made is ABSENT else made) == repr(expected)


def test_what_stands_in_several_places_weighs_in_each() -> None:
    one = [1, 2, 3]
    assert weight([one, one, {"a": one}], 100) == 1 + 4 + 4 + 1 + 4
    assert weight("x" * 160, 100) == 11
    doubled: Any = []
    for _ in range(1000):
        doubled = [doubled, doubled]
    assert 100 < weight(doubled, 100) < math.inf


USING = (
    *("a[0].b || 'none'", "a[*].b | [0]", "a[].b", "a[?b == 'X'].c | [0]", "a[?b == 'X'] | [0].c", "a[-1].b || c"),
    *("a[1:].b", "sort_by(a, &b)[0].c", "max_by(a, &b).c", "a.*.b", "(a || c)[0]", "[a, c][1]", "{x: a, y: c}.x"),
    *(
        "a[?@ == 'X'] | [0]",
        "length(a[?b])",
        "length(c)",
        "a[*].[b, c]",
        "join(',', a[*].b)",
        "a && c",
        "!c",
        "c == 'X'",
    ),
    *(
        "map(&b, a) | [0]",
        "not_null(a[0].b, c)",
        "a[*].b[]",
        "a[?!b]",
        "to_string(a[0])",
        "@",
        "@.c",
        "*.b",
        "keys(a[0])",
    ),
    *("reverse(a)[0].b", "a[0].[b, c] | [1]", "contains(a[*].b, 'X')", "a[:1] | [0].b", "type(c)", "a | [0].b || c"),
)
LETTERS = TextForm("capitals", str.upper, str.lower)
TEXTS = st.sampled_from(["x", "X", "y", ""])
PLAIN = st.one_of(TEXTS, st.none(), st.integers(0, 2))
ELEMENTS = st.fixed_dictionaries({}, optional={"b": PLAIN | st.lists(TEXTS, max_size=2), "c": PLAIN, "d": TEXTS})


@given(
    st.sampled_from(USING),
    st.fixed_dictionaries({}, optional={"a": st.lists(ELEMENTS, max_size=3) | ELEMENTS, "c": PLAIN, "d": TEXTS}),
)
@example("sort_by(a, &b)[0].c", {"a": [{"b": 2, "c": "y"}, {"b": 1, "c": "x"}]})
@example("max_by(a, &b).c", {"a": [{"b": 1, "c": "y"}, {"b": 2, "c": "x"}]})
@example("a[1:][0].b", {"a": [{"b": "y"}, {"b": "x"}]})
def test_what_an_expression_makes_hangs_on_no_text_that_it_does_not_use(text: str, record: dict[str, Any]) -> None:
    used = parse_source(text, Position(1, 1), Field((), form=LETTERS)).compute
    try:
        expected = compile_expression(text)(LETTERS.read(record))
    except ExpressionError:
        with pytest.raises(ExpressionError):
            used(record)
        return
    assert used(record) == expected


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("a[0].b || c", {"a": [{"b": 1, "d": "x"}, {"b": "x"}]}),
        ("a[-1].b", {"a": [{"b": "x"}, {"b": 1}]}),
        ("a[?c].b", {"a": [{"b": 1, "c": True, "d": "x"}]}),
        ("a[*].b | [0]", {"a": [{"b": 1, "d": "x"}], "d": "x"}),
        ("length(a)", {"a": ["x"]}),
        ("sort_by(a, &b)[0].c", {"a": [{"b": 1, "c": 2, "d": "x"}]}),
        ("a.*.b", {"a": {"e": {"b": 1, "d": "x"}}}),
    ],
)
def test_a_text_that_an_expression_does_not_use_may_be_in_any_form(text: str, there: dict[str, Any]) -> None:
    parse_source(text, Position(1, 1), Field((), form=TextForm("none", _refused, str))).compute(there)


def _refused(text: str) -> str:
    raise CodecError(f"no text is in this form, as {text}")
