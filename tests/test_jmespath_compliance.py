"""JMESPath's own compliance cases: what is compiled to Python, and what is bounded, means what JMESPath says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jmespath
import pytest

from etl.mapping.bounded import BoundedInterpreter
from etl.mapping.direct import Search, direct
from etl.mapping.expression import ExpressionError, compile_expression
from etl.record import ABSENT

SUITES = sorted((Path(__file__).parent / "jmespath_compliance").glob("*.json"))

every_suite = pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.stem)
pytestmark = pytest.mark.filterwarnings("ignore:deprecated string literal syntax:PendingDeprecationWarning")


def cases(suite: Path, outcome: str) -> Iterator[tuple[Any, str, Any]]:
    """Yield the given value, the expression and the expected result or error of each case of one outcome."""
    for group in json.loads(suite.read_text()):
        for case in group["cases"]:
            if outcome in case:
                yield group["given"], case["expression"], case[outcome]


def exact(value: Any) -> str:
    """Return a value as text in which `true` is not `1`."""
    return json.dumps(value, sort_keys=True)


def taken_over(expression: str) -> Search | None:
    return direct(jmespath.compile(expression).parsed)


@every_suite
def test_the_bounded_interpreter_gives_the_official_result(suite: Path) -> None:
    for given, expression, result in cases(suite, "result"):
        made = BoundedInterpreter().visit(jmespath.compile(expression).parsed, given)
        assert exact(made) == exact(result), expression


@every_suite
def test_what_is_taken_over_gives_the_official_result(suite: Path) -> None:
    for given, expression, result in cases(suite, "result"):
        search = taken_over(expression)
        assert search is None or exact(search(given)) == exact(result), expression


@every_suite
def test_an_expression_of_a_mapping_gives_the_official_result_and_absent_for_null(suite: Path) -> None:
    for given, expression, result in cases(suite, "result"):
        if isinstance(given, dict):
            made = compile_expression(expression)(given)
            assert made is ABSENT if result is None else exact(made) == exact(result), expression


@every_suite
def test_what_jmespath_refuses_is_refused(suite: Path) -> None:
    for given, expression, error in cases(suite, "error"):
        with pytest.raises(ExpressionError):
            pytest.fail(f"{expression} is {error}, not {compile_expression(expression)(given)}")


def test_a_good_part_of_the_cases_is_taken_over() -> None:
    expressions = [expression for suite in SUITES for _, expression, _ in cases(suite, "result")]
    assert len(expressions) > 700
    assert sum(taken_over(expression) is not None for expression in expressions) > len(expressions) / 4
