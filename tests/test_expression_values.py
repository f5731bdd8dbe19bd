"""What `from:` makes of dates, and of what does not convert: no value that is there becomes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jmespath.functions import Functions

from etl import Direction, MappingError, RecordError, translator
from etl.mapping.expressions.expression import ExpressionError, compile_expression
from etl.record import ABSENT, json_form
from tests.support.mappings import make

DAY = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = DAY + timedelta(milliseconds=250)
ISO, LATER_ISO = "2025-01-02T03:04:05Z", "2025-01-02T03:04:05.250000Z"
RECORD: dict[str, Any] = {
    "at": DAY,
    "later": LATER,
    "days": [LATER, DAY],
    "visits": [{"at": LATER, "n": 1}, {"at": DAY, "n": 2}],
    "nothing": None,
    "text": "1.250,50",
    "yes": True,
    "lines": [{"qty": "5"}, {"qty": [1]}],
    "id": bson.ObjectId(b"0" * 12),
}


def compute(expression: str, record: dict[str, Any] = RECORD) -> Any:
    value = compile_expression(expression)(record)
    return None if value is ABSENT else value


def refusal(expression: str, record: dict[str, Any] = RECORD) -> str:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(expression)(record)
    said = str(caught.value)
    assert said.startswith(f"{expression} ")
    for python in ("datetime", "str'", "int'", "NoneType", "argument of type", "unknown", "unhashable"):
        assert python not in said
    return said.removeprefix(f"{expression} fails: ")


@pytest.mark.parametrize(
    ("value", "number"),
    [("7", 7), ("-7", -7), ("007", 7), ("1.5", 1.5), (" 2 ", 2), ("1e3", 1000.0), (".5", 0.5), (5, 5), (1.5, 1.5)],
)
def test_text_that_says_a_number_becomes_it(value: Any, number: Any) -> None:
    made = compute("to_number(x)", {"x": value})
    assert (type(made), made) == (type(number), number)
    assert compute("to_number(x)", {"x": None}) is None


@pytest.mark.parametrize(
    "value",
    [
        *("1.250,50", "", "x", "1_000", "\u0661", "nan", "Infinity", "1e999", "0x1F", "1,5", "12 kg"),
        *(
            str(2**63),
            str(-(2**63) - 1),
            "123456789012345678901234567890",
            "1234567890123456.78",
            "0.1000000000000000055511151231257827",
            "1e-400",
            "9" * 2000,
        ),
        *(True, [7], {"a": 1}, DAY),
    ],
)
def test_what_is_no_number_rejects_and_never_becomes_nothing(tmp_path: Path, value: Any) -> None:
    assert refusal("to_number(x)", {"x": value}).endswith(("is no number", "has more digits than a number keeps"))
    mapping = make(tmp_path, '  - {tracos: cost, from: "to_number(price) || `0`"}')
    with pytest.raises(RecordError) as caught:
        translator(mapping, Direction.INBOUND)({"id": 1, "price": value})
    (violation,) = caught.value.violations
    assert (violation.path, violation.code) == ("price", "expression")


DATED = "a date is text here, so write as: with a codec for another form of it"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("yes > `1`", "true and 1 cannot be compared"),
        ("text < `1`", '"1.250,50" and 1 cannot be compared'),
        ("lines[?qty > '1']", 'a list and "1" cannot be compared'),
        ("at > `1`", f'"{ISO}" and 1 cannot be compared'),
        ("at > text", f'"{ISO}" and "1.250,50" cannot be compared'),
        ("length(yes)", "In function length(), invalid type for value: true; expected string or array or object"),
        ("sum(days)", f'In function sum(), invalid type for value: "{LATER_ISO}"; expected array-number'),
        ("abs(at)", f'In function abs(), invalid type for value: "{ISO}"; expected number; {DATED}'),
        ("contains(text, `1`)", 'contains() does not take "1.250,50", 1'),
        ("sort([at, text])", "dates and other text have no order"),
        ("max_by([{k: at}, {k: text}], &k)", "dates and other text have no order"),
    ],
)
def test_what_fails_rejects_in_words_that_are_no_programs(expression: str, reason: str) -> None:
    assert refusal(expression) == reason


def test_a_comparison_with_nothing_is_nothing() -> None:
    assert compute("nothing > `1`") is None
    assert compute("missing < at") is None
    assert compute("lines[?missing > `1`]") == []


@pytest.mark.parametrize(
    ("expression", "made"),
    [
        ("to_string(at)", ISO),
        ("to_string(days)", f'["{LATER_ISO}","{ISO}"]'),
        ("to_string({a: at})", f'{{"a":"{ISO}"}}'),
        ("join(' ', ['on', at])", f"on {ISO}"),
        ("join(', ', days)", f"{LATER_ISO}, {ISO}"),
        ("starts_with(at, '2025-01')", True),
        ("ends_with(at, 'Z')", True),
        ("contains(at, 'T03')", True),
        ("contains(days, at)", True),
        (f"contains(days, '{ISO}')", True),
        ("length(at)", len(ISO)),
        ("type(at)", "string"),
        ("reverse(at)", ISO[::-1]),
        ("to_string(id)", '{"$ObjectId":"303030303030303030303030"}'),
        # what passes values on leaves them dates, so that a codec can say how they are written
        ("not_null(nothing, at)", DAY),
        ("nothing || at", DAY),
        ("to_array(at)", [DAY]),
        ("reverse(days)", [DAY, LATER]),
        ("values({a: at})", [DAY]),
        ("merge({a: at}, {b: later})", {"a": DAY, "b": LATER}),
        ("map(&at, visits)", [LATER, DAY]),
        # and so does what puts them in order
        ("sort(days)", [DAY, LATER]),
        ("max(days)", LATER),
        ("min(days)", DAY),
        ("max([at, later])", LATER),
        ("sort_by(visits, &at)[0].n", 2),
        ("max_by(visits, &at).n", 1),
        ("min_by(visits, &at).at", DAY),
        ("sort_by(days, &@)", [DAY, LATER]),
        ("max(`[]`)", None),
        # a date is equal to the text that it has, and comes before and after others as an instant
        ("at == days[1]", True),
        (f"at == '{ISO}'", True),
        (f"at != '{ISO}'", False),
        (f"days == ['{LATER_ISO}', '{ISO}']", True),
        ("[at] == [days[1]]", True),
        ("at == text", False),
        ("at < later", True),
        ("later <= at", False),
        (f"later > '{ISO}'", True),
        ("at >= '2025-01-02'", True),
        ("visits[?at > '2025-01-02T03:04:05.1Z'].n", [1]),
        ("at && 'yes'", "yes"),
    ],
)
def test_a_date_in_an_expression_is_a_date_or_the_text_that_it_has_in_json(expression: str, made: Any) -> None:
    assert compute(expression) == made


@pytest.mark.parametrize("name", sorted(Functions.FUNCTION_TABLE))
@pytest.mark.parametrize("value", [DAY, [DAY], {"a": DAY}, [[DAY]], RECORD["id"], bson.Decimal128("1")], ids=str)
def test_no_function_shows_what_python_calls_a_value(name: str, value: Any) -> None:
    takes = Functions.FUNCTION_TABLE[name]["signature"]
    for place in range(len(takes)):
        others = ["&@" if "expref" in argument["types"] else "`[]`" for argument in takes]
        expression = f"{name}({', '.join('x' if at == place else text for at, text in enumerate(others))})"
        try:
            made = compute(expression, {"x": value})
        except ExpressionError as error:
            assert "datetime" not in str(error)
            assert "Traceback" not in str(error)
        else:
            assert "datetime" not in str(json_form(made))


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=1))
def test_dates_are_in_the_order_of_time(dates: list[datetime]) -> None:
    record = {"days": dates, "visits": [{"at": date} for date in dates]}
    assert compute("sort(days)", record) == sorted(dates)
    assert compute("max(days)", record) == max(dates)
    assert compute("sort_by(visits, &at)[].at", record) == sorted(dates)
    for other in dates:
        assert compute("at < other", {"at": dates[0], "other": other}) is (dates[0] < other)


def test_a_date_goes_through_an_expression_to_its_codec(tmp_path: Path) -> None:
    mapping = make(tmp_path, '  - {client: done, from: "max([completed, updated])", as: date}')
    outward = translator(mapping, Direction.OUTBOUND)
    assert outward({"number": 1, "completed": DAY, "updated": DAY + timedelta(days=1)})["done"] == "2025-01-03"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("length()", "length() takes 1 argument, not 0"),
        ("to_number(a, b)", "to_number() takes 1 argument, not 2"),
        ("join(a)", "join() takes 2 arguments, not 1"),
        ("not_null()", "not_null() takes 1 argument, not 0"),
    ],
)
def test_a_function_with_too_few_or_too_many_arguments_is_refused_at_load(
    tmp_path: Path, expression: str, reason: str
) -> None:
    with pytest.raises(MappingError) as caught:
        make(tmp_path, f'  - {{tracos: x, from: "{expression}"}}')
    (finding,) = caught.value.findings
    assert finding.code == "E113"
    assert reason in finding.message
