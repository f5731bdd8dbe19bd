"""Small cases that the oracle and `check` once judged differently, by what they have."""

from __future__ import annotations

from typing import Final

from tests.generated.alike_lists import LISTS_JUDGED_ALIKE
from tests.generated.alike_tables import TABLES_JUDGED_ALIKE
from tests.generated.case import Case
from tests.generated.small import ROWS, TEXT, case_of, requiring

JUDGED_ALIKE: Final[dict[str, Case]] = (
    LISTS_JUDGED_ALIKE
    | TABLES_JUDGED_ALIKE
    | {
        "a required value that an import takes away beside more": case_of(
            [{"client": "o2", "tracos": "site.i2"}],
            {"o2": TEXT},
            {"site": {"type": "object", "required": ["i2"], "properties": {"i2": TEXT}}},
        ),
        "a required value that means absent beside what another rule writes": requiring(
            "o2",
            case_of(
                [
                    {"client": "o2", "tracos": "site.i2", "when_absent": {"client": ""}},
                    {"client": "o3", "tracos": "site.i3"},
                ],
                {"o2": TEXT, "o3": TEXT},
                {
                    "site": {
                        "type": "object",
                        "required": ["i2"],
                        "properties": {"i2": {"type": "string", "minLength": 1}, "i3": TEXT},
                        "additionalProperties": False,
                    }
                },
            ),
        ),
        "one that is not required there": case_of(
            [{"client": "contacts[0].o2", "tracos": "i2"}],
            {"contacts": {"type": "array", "items": {"type": "object", "properties": {"o2": TEXT}}}},
            {"i2": TEXT},
            keep="whole",
        ),
        "a number that comes back as the one that means absent": requiring(
            "o2 i2",
            case_of(
                [
                    {
                        "client": "o2",
                        "tracos": "i2",
                        "as": [{"text": {"trim": "both"}}, "duration"],
                        "when_absent": {"client": "", "tracos": 0},
                    }
                ],
                {"o2": TEXT},
                {"i2": {"type": "number"}},
                keep=True,
            ),
        ),
        "a column beside one whose codec does not write every date": requiring(
            "site i2",
            case_of(
                [
                    {
                        "client": ["o2", "site.o3"],
                        "tracos": "i2",
                        "as": {"datetime": {"zone": "Europe/Berlin", "format": ["%Y-%m-%d", "%H:%M:%S"]}},
                    },
                    {"client": "site.o4", "tracos": "i3", "as": "integer_text", "lossy": {"W165": "so it is"}},
                ],
                {
                    "o2": TEXT,
                    "site": {
                        "type": "object",
                        "required": ["o3"],
                        "properties": {"o3": TEXT, "o4": {"type": ["string", "null"]}},
                    },
                },
                {"i2": {"type": "string", "format": "date-time"}, "i3": {"type": "integer"}},
                files=ROWS,
                when_absent=None,
            ),
        ),
        "one that goes with all that may stand there": case_of(
            [{"client": "o2", "tracos": "site.i2"}],
            {"o2": TEXT},
            {"site": {"type": "object", "required": ["i2"], "properties": {"i2": TEXT}, "additionalProperties": False}},
        ),
        "what an expression makes that is longer than it is sent": case_of(
            [{"client": "o2", "from": "to_string(i2)"}, {"tracos": "i2", "from": "to_number(o2)"}],
            {"o2": TEXT},
            {"i2": {"type": "integer", "maximum": 5}},
            written={"o2": {"as": {"text": {"pad": {"left": 6}}}}},
        ),
        "a required value in whose place something stands above, beside another one": requiring(
            "site i2",
            case_of(
                [
                    {"client": "site.o2", "tracos": "i2", "when_absent": {"client": False, "tracos": 0}},
                    {"client": "site.o3", "tracos": "i3", "when_absent": {"client": False}},
                ],
                {
                    "site": {
                        "oneOf": [
                            {"const": False},
                            {
                                "type": "object",
                                "properties": {"o2": {"type": "integer", "minimum": 1}, "o3": TEXT},
                                "required": ["o2"],
                            },
                        ]
                    }
                },
                {"i2": {"type": "integer", "minimum": 0}, "i3": TEXT},
            ),
        ),
        "a whole number that means none, with a fraction of nothing": case_of(
            [{"client": "o2", "tracos": "i2", "nulls": {"tracos": [1]}, "as": {"decimal": {"places": 2}}}],
            {"o2": TEXT},
            {"i2": {"type": "number", "multipleOf": 0.01}},
            keep=True,
        ),
        "a number that means absent, of which a key in a file of rows is text": case_of(
            [], {"o1": {"type": ["string", "integer"]}}, {}, when_absent=0, files=ROWS
        ),
        "a key that is not sent as it is": case_of([], {}, {}, written={"o1": {"as": {"text": {"zeros": 4}}}}),
    }
)
