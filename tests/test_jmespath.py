"""What is compiled to Python, and what is bounded, means what JMESPath says."""

from __future__ import annotations

import json
from typing import Any

import jmespath
import pytest

from etl.mapping.expressions.bounded import BoundedInterpreter
from etl.mapping.expressions.direct import Search, direct
from etl.mapping.expressions.expression import ExpressionError, compile_expression
from etl.record import ABSENT

GIVEN = {
    "name": "pump",
    "empty": "",
    "zero": 0,
    "no": False,
    "yes": True,
    "nothing": None,
    "one": 1,
    "text": "1",
    "list": ["a", "b", {"c": "d"}],
    "none": [],
    "asset": {"code": "P-17", "at": {"site": "north", "tags": ["x", "y"]}},
    "lines": [{"part": "seal", "qty": 2}, {"part": "belt", "qty": 1}, {"qty": 3}],
}
TAKEN_OVER = """
name; empty; zero; nothing; missing; asset.code; name.code; list[0]; list[-1]; list[9]
list[2].c; none[0]; lines[0].part; name[0]; `1`; `"x"`; `null`; 'raw'; `false`
name || 'other'; empty || 'other'; zero || 'other'; no || 'other'; none || 'other'; missing || 'other'; nothing || name
name && zero; empty && zero; yes && asset.code; missing && name; no || empty || zero
one == `1`; yes == `1`; text == `1`; name == 'pump'; missing == nothing; name != 'pump'; missing != `null`
[name, one]; [missing, asset.code]; [name, [zero, no]]
join(' ', [name, text]); join('', [name]); [name, 'x'] == ['pump', 'x']
"""
OTHERS = """
lines[*].part; lines[?qty > `1`].part; lines[].qty; asset.*; length(list); length(name); sort(asset.at.tags)
{code: asset.code, n: name}; lines[?part] | [0].part; !no; !name; sum(lines[*].qty); max_by(lines, &qty).part
to_string(one); to_number(text); type(none); keys(asset); reverse(name); contains(name, 'um'); starts_with(name, 'pu')
not_null(missing, nothing, name); map(&qty, lines); merge(asset, `{"code": 1}`); lines[0:2].qty; list[::2]; @.name
lines[?qty >= `2` && part]; sort_by(lines, &qty)[0].part; abs(`-1`); avg(lines[*].qty); ceil(`1.2`)
asset.at.site; asset.missing.site; asset.at.tags[1]; none == `[]`; join('-', asset.at.tags)
"""
ERRORS = [
    "length(one)",
    "join(' ', [one])",
    "sum(name)",
    "nothing(",
    "lines[",
    "unknown(name)",
    "abs(name)",
]


def expressions(text: str) -> list[str]:
    return [part.strip() for line in text.strip().splitlines() for part in line.split("; ")]


def exact(value: Any) -> str:
    """Return a value as text in which `true` is not `1`."""
    return json.dumps(value, sort_keys=True)


def taken_over(expression: str) -> Search | None:
    return direct(jmespath.compile(expression).parsed)


@pytest.mark.parametrize("expression", expressions(TAKEN_OVER))
def test_what_is_taken_over_gives_the_result_of_jmespath(expression: str) -> None:
    search = taken_over(expression)
    assert search is not None
    assert exact(search(GIVEN)) == exact(jmespath.search(expression, GIVEN))


@pytest.mark.parametrize("expression", expressions(TAKEN_OVER + OTHERS.lstrip()))
def test_the_bounded_interpreter_gives_the_result_of_jmespath_and_absent_for_null(expression: str) -> None:
    result = jmespath.search(expression, GIVEN)
    assert exact(BoundedInterpreter().visit(jmespath.compile(expression).parsed, GIVEN)) == exact(result)
    made = compile_expression(expression)(GIVEN)
    assert made is ABSENT if result is None else exact(made) == exact(result)


@pytest.mark.parametrize("expression", ERRORS)
def test_what_jmespath_refuses_is_refused(expression: str) -> None:
    with pytest.raises(ExpressionError):
        pytest.fail(str(compile_expression(expression)(GIVEN)))
