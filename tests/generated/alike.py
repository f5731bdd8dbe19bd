"""Small cases that the oracle and `check` once judged differently, by what they have."""

from __future__ import annotations

from typing import Final

from tests.generated.alike_lists import LISTS_JUDGED_ALIKE
from tests.generated.case import Case
from tests.generated.small import TEXT, case_of, requiring

ROWS: Final = {"inbound": "*.csv", "outbound": "wo_{run}_{part}.csv", "format": "csv", "csv": {"spreadsheet": True}}


JUDGED_ALIKE: Final[dict[str, Case]] = LISTS_JUDGED_ALIKE | {
    "a value of which the first field takes less than the next one": case_of(
        [
            {
                "client": {"first": ["o2", "o3"]},
                "tracos": "i2",
                "as": {"boolean": {"values": [["X"], ["NO"]]}},
                "lossy": "so it is",
            }
        ],
        {"o2": {"type": "string", "minLength": 2}, "o3": TEXT},
        {"i2": {"type": "boolean"}},
    ),
    "an empty cell where the last word of a table goes": case_of(
        [
            {
                "cases": [
                    {"client": {"o2": {"word": "hot"}}, "tracos": {"i2": "a"}},
                    {"client": {"o2": {"not": {"word": "hot"}}}, "tracos": {"i2": None}},
                ],
                "lossy": "it may be",
            }
        ],
        {"o2": TEXT},
        {"i2": {"enum": ["a"]}},
        nulls=["0"],
        files=ROWS,
    ),
    "a truth value of a flag that comes back in another form": case_of(
        [
            {
                "tracos": "i2",
                "as": {"boolean": [[1], [0, -1]]},
                "flags": [{"client": "o2", "tracos": "a"}],
                "otherwise": "b",
            }
        ],
        {"o2": {"type": ["integer", "null"]}},
        {"i2": {"enum": ["a", "b"]}},
    ),
    "a flag of which no false is accepted": case_of(
        [{"tracos": "i2", "as": {"boolean": [[1], [0, -1]]}, "flags": [{"client": "o2", "tracos": "a"}]}],
        {"o2": {"type": ["integer", "null"]}},
        {"i2": {"enum": ["a"]}},
    ),
    "a line that writes no value over what it came from": case_of(
        [
            {
                "cases": [
                    {
                        "client": {"o2": {"not": "a"}, "site.o3": {"not": [None, 3]}},
                        "tracos": {"i2": "b"},
                    },
                    {"client": {"o2": "c"}, "tracos": {"i2": "b"}},
                ],
                "otherwise": {"client": {"o2": "b", "site.o3": 2}, "tracos": {"i2": "a", "i3": 3}},
                "when_absent": {"client": ""},
                "lossy": "what no line has becomes other",
            }
        ],
        {
            "o2": {"enum": ["a", "b", "c"]},
            "site": {"oneOf": [{"const": ""}, {"type": "object", "properties": {"o3": {"enum": [1, 2, 3]}}}]},
        },
        {"i2": {"enum": ["a", "b", "c", None]}, "i3": {"enum": [1, 2, 3]}},
    ),
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
    "a column in a form that has a value in every row": requiring(
        "o2",
        case_of(
            [
                {
                    "client": "o2",
                    "tracos": "i2",
                    "as": {"boolean": [["S"], ["N"]]},
                    "values": [{"client": True, "tracos": "a"}, {"client": False, "tracos": "b"}],
                }
            ],
            {"o2": TEXT},
            {"i2": {"enum": ["a", "b"]}},
            files=ROWS,
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
    "what stands above a field that is not sent": requiring(
        "site",
        case_of(
            [
                {
                    "cases": [{"client": {"site.o2": 2}, "tracos": {"i2": 3}}],
                    "otherwise": {"tracos": {"i2": 2}},
                    "when_absent": {"client": ""},
                }
            ],
            {"site": {"oneOf": [{"const": ""}, {"type": "object", "properties": {"o2": {"type": "integer"}}}]}},
            {"i2": {"type": "integer"}},
            written={"site.o2": None},
        ),
    ),
    "a codec of a field all of whose values mean absent": case_of(
        [
            {
                "client": "o2",
                "tracos": "i2",
                "as": {"boolean": [[1], [0, -1]]},
                "values": [{"client": False, "tracos": 1}],
            }
        ],
        {"o2": {"enum": [0]}},
        {"i2": {"enum": [1]}},
        nulls=[0],
    ),
    "texts of a pattern that few have, beside a table": requiring(
        "o3",
        case_of(
            [
                {
                    "client": "o2",
                    "tracos": "i2",
                    "values": [{"client": [0, 1], "tracos": True}, {"client": 4, "tracos": False}],
                    "otherwise": {"client": 4, "tracos": False},
                },
                {"client": "o3", "tracos": "i3", "as": {"split": {"separator": "; "}}},
            ],
            {"o2": {"type": ["string", "integer", "boolean"]}, "o3": {"type": "string", "pattern": "^x"}},
            {"i2": {"type": "boolean"}, "i3": {"type": "array", "items": TEXT}},
        ),
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
    "a key that is not sent as it is": case_of([], {}, {}, written={"o1": {"as": {"text": {"zeros": 4}}}}),
    "a table with conditions that is only read": requiring(
        "o2",
        case_of(
            [
                {
                    "cases": [
                        {"tracos": {"i2": {"has": "doing"}}, "client": {"o2": 4}},
                        {"tracos": {"i2": {"not": {"has": "doing"}}}, "client": {"o2": 3}},
                    ]
                }
            ],
            {"o2": {"enum": [4, 3]}},
            {"i2": {"type": "array", "items": TEXT}},
            written={"o2": None},
        ),
    ),
    "a value that a table takes away, and that is sent in a form of its own": case_of(
        [
            {"client": "o2", "tracos": "i2", "as": "boolean_text", "lossy": "so it is"},
            {
                "cases": [
                    {"client": {"o3": 0}, "tracos": {"i3": "b"}},
                    {"client": {"o2": None, "o3": 1}, "tracos": {"i3": "a"}},
                ],
                "lossy": "what the one says, the other one may take away",
            },
        ],
        {"o2": TEXT, "o3": {"enum": [0, 1]}},
        {"i2": {"type": "boolean"}, "i3": {"enum": ["a", "b"]}},
        written={"o2": {"as": {"boolean": [[1], [0]]}}},
        when_absent="N/A",
    ),
    "a table beside one that always writes, also where it reads nothing": requiring(
        "o3",
        case_of(
            [
                {
                    "client": "o2",
                    "tracos": "i2",
                    "values": [
                        {"client": None, "tracos": ["b", {"not": None}]},
                        {"client": {"not": None}, "tracos": 1},
                    ],
                    "lossy": "several mean one",
                },
                {
                    "cases": [
                        {"tracos": {"i2": {"not": None}}, "client": {"o3": "d"}},
                        {"tracos": {"i2": None}, "client": {"o3": "b"}},
                    ]
                },
            ],
            {"o2": TEXT, "o3": {"enum": ["d", "b"]}},
            {"i2": {"type": ["string", "integer"]}},
        ),
    ),
}
