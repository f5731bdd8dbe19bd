"""What the oracle says of `written`, in mappings that are small: `etl check`, `etl test` and what is sent agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.generated.judge import judge
from tests.generated.small import ROWS, TEXT, case_of, requiring, sending

DATE = {"type": "string", "format": "date-time"}
WHOLE = {"type": "integer"}
LIFTED: dict[str, Any] = {"oneOf": [{"const": ""}, {"type": "object", "properties": {"o2": WHOLE, "o3": WHOLE}}]}
DAY = {"client": ["o2", "site.o3"], "tracos": "i2", "as": {"datetime": {"format": ["%Y-%m-%d", "%H:%M:%S"]}}}

JUDGED_ALIKE = {
    "a date in several fields that is sent as it is inside": case_of(
        [{**DAY, "lossy": {"W165": "whole seconds"}}],
        {"o2": TEXT, "site": {"anyOf": [{"const": 0}, {"type": "object", "properties": {"o3": TEXT}}]}},
        {"i2": DATE},
        written={"o2": {"to": "at", "as": []}, "site.o3": None},
    ),
    "a field of an element that is not sent": case_of(
        [{"client": "contacts[0].o2", "tracos": "i2", "as": "date"}, {"client": "contacts[0].o3", "tracos": "i3"}],
        {"contacts": {"type": "array", "items": {"type": "object", "properties": {"o2": TEXT, "o3": TEXT}}}},
        {"i2": DATE, "i3": TEXT},
        written={"contacts[0].o2": None},
    ),
    "a list that is not sent, whose elements require what they have": requiring(
        "o2",
        case_of(
            [{"client": "o2", "tracos": "i2", "each": [{"client": "o3", "tracos": "i3", "lossy": "so it is"}]}],
            {"o2": {"type": "array", "items": {"type": "object", "required": ["o3"], "properties": {"o3": TEXT}}}},
            {"i2": {"type": "array", "items": {"type": "object", "properties": {"i3": TEXT}}}},
            written={"o2": None},
        ),
    ),
    "a date that the codec of what is sent does not write": case_of(
        [{"client": "o2", "tracos": "i2", "as": "datetime", "lossy": {"W165": "so it is"}}],
        {"o2": TEXT},
        {"i2": DATE},
        written={"o2": {"as": {"date": {"format": "%-d-%b-%y"}}}},
    ),
    "an expression over a field that is always there, and not sent": requiring(
        "o2 i2",
        case_of(
            [{"tracos": "i2", "from": "starts_with(o2, 'a')", "lossy": "so it is"}, {"client": "o2", "tracos": "i3"}],
            {"o2": TEXT},
            {"i2": {"type": "boolean"}, "i3": TEXT},
            written={"o2": None},
        ),
    ),
    "an object inside that is there by a field that is not sent": requiring(
        "o2 site",
        case_of(
            [{"client": "o2", "tracos": "site.i2"}], {"o2": WHOLE}, {"site": {"type": "object"}}, written={"o2": None}
        ),
    ),
    "what stands for two absent values of which one is sent elsewhere": case_of(
        [{"client": f"site.o{number}", "tracos": f"i{number}", "when_absent": {"client": ""}} for number in (2, 3)],
        {"site": LIFTED},
        {"i2": WHOLE, "i3": WHOLE},
        written={"site.o2": "two"},
    ),
    "a number of which what is written stands for none, and is sent as it is": case_of(
        [
            {
                "client": "o2",
                "tracos": "i2",
                "as": "integer_text",
                "when_absent": {"client": "0"},
                "lossy": {"W180": "so it is"},
            }
        ],
        {"o2": TEXT},
        {"i2": WHOLE},
        written={"o2": {"to": "number", "as": []}},
    ),
    "a field that no rule maps, and that is not sent": case_of(
        [{"client": "o2", "tracos": "i2"}],
        {"o2": TEXT, "o3": TEXT},
        {"i2": TEXT},
        written={"o3": None},
        ignore=["o3"],
        keep="whole",
    ),
    "a column of a CSV file for what is sent elsewhere": case_of(
        [{"client": "o2", "tracos": "i2", "as": "integer_text"}, {"client": "o3", "tracos": "i3"}],
        {"o2": TEXT, "o3": TEXT, "sent": TEXT},
        {"i2": WHOLE, "i3": TEXT},
        files=ROWS,
        ignore=["sent"],
        written={"o2": {"to": "sent", "as": []}, "o3": None},
    ),
    "a list that has no place in a CSV file": case_of(
        [{"client": "o2", "tracos": "i2", "as": {"split": ","}}],
        {"o2": TEXT},
        {"i2": {"type": "array", "items": TEXT}},
        files=ROWS,
        written={"o2": {"as": []}},
    ),
    "flags of which one is not sent": case_of(
        [{"tracos": "i2", "flags": [{"client": "o2", "tracos": "a"}, {"client": "o3", "tracos": "b"}]}],
        {"o2": {"type": "boolean"}, "o3": {"type": ["boolean", "null"]}},
        {"i2": {"enum": ["a", "b"]}},
        written={"o3": None},
    ),
    "a field that a table looks at, and that is not sent": case_of(
        [
            {"client": "o2", "tracos": "i2"},
            {
                "cases": [
                    {"client": {"o2": {"not": None}, "o3": 1}, "tracos": {"i3": "a"}},
                    {"client": {"o2": None, "o3": [1, 2]}, "tracos": {"i3": "b"}},
                ]
            },
        ],
        {"o2": {"enum": ["x", None]}, "o3": {"enum": [1, 2]}},
        {"i2": {"enum": ["x"]}, "i3": {"enum": ["a", "b"]}},
        written={"o2": None},
    ),
    "members between separators that are sent as a list": case_of(
        [
            {
                "as": [{"split": ","}, "integer_text"],
                "cases": [
                    {"client": {"o2": {"has": 7}}, "tracos": {"i2": "a"}},
                    {"client": {"o2": {"not": {"has": 7}}}, "tracos": {"i2": "b"}},
                ],
            }
        ],
        {"o2": TEXT},
        {"i2": {"enum": ["a", "b"]}},
        written={"o2": {"to": "list", "as": []}},
    ),
    "texts that are as long as the schema says, in an expression": requiring(
        "o2",
        case_of(
            [{"tracos": "i2", "from": "join('+', [o2, 'x'])"}],
            {"o2": {"type": "string", "maxLength": 4}},
            {"i2": TEXT},
            **{"as": {"text": {"pad": True}}},
        ),
    ),
    "what the schema of what is sent refuses": sending(
        {"type": "object", "required": ["o1"], "properties": {"o1": TEXT, "two": {"type": "string", "maxLength": 3}}},
        case_of([{"client": "o2", "tracos": "i2"}], {"o2": TEXT}, {"i2": TEXT}, written={"o2": "two"}),
    ),
    "what the schema of what is sent asks for": sending(
        {"type": "object", "required": ["o2"], "properties": {"o1": TEXT, "two": TEXT}, "additionalProperties": False},
        case_of([{"client": "o2", "tracos": "i2"}], {"o2": TEXT}, {"i2": TEXT}, written={"o2": "two"}),
    ),
    "names of fields that are exchanged, and one below another": case_of(
        [{"client": f"o{number}", "tracos": f"i{number}"} for number in (2, 3, 4)],
        {"o2": TEXT, "o3": TEXT, "o4": TEXT},
        {"i2": TEXT, "i3": TEXT, "i4": TEXT},
        written={"o2": "o3", "o3": "o2", "o4": "o4.value"},
    ),
}


@pytest.mark.parametrize("what", JUDGED_ALIKE)
def test_the_oracle_and_check_judge_what_is_sent_alike(tmp_path: Path, what: str) -> None:
    assert judge(JUDGED_ALIKE[what], tmp_path).disagreements == []
