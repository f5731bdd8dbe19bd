"""Small cases with tables that the oracle and `check` once judged differently, by what they have."""

from __future__ import annotations

from typing import Final

from tests.generated.case import Case
from tests.generated.small import ROWS, TEXT, case_of, requiring

TABLES_JUDGED_ALIKE: Final[dict[str, Case]] = {
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
    "words of two tables of which the last one goes": requiring(
        "i2 i3",
        case_of(
            [
                {
                    "cases": [
                        {"client": {"o2": {"word": word}}, "tracos": {field: "a"}},
                        {"client": {"o2": {"not": {"word": word}}}, "tracos": {field: "b"}},
                    ]
                }
                for word, field in (("done", "i2"), ("old", "i3"))
            ],
            {"o2": {"type": "string", "minLength": 1}},
            {"i2": {"enum": ["a", "b"]}, "i3": {"enum": ["a", "b"]}},
        ),
    ),
    "members of two tables that are kept": requiring(
        "i2 i3",
        case_of(
            [
                {
                    "cases": [
                        {"client": {"o2": {"has": member}}, "tracos": {field: 1}},
                        {"client": {"o2": {"not": {"has": member}}}, "tracos": {field: 2}},
                    ]
                }
                for member, field in (("done", "i2"), ("old", "i3"))
            ],
            {"o2": {"type": "array", "items": TEXT}},
            {"i2": {"enum": [1, 2]}, "i3": {"enum": [1, 2]}},
            keep=True,
        ),
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
    "flags of which none is as the schema has it": requiring(
        "o3 i2",
        case_of(
            [
                {
                    "tracos": "i2",
                    "as": "boolean_text",
                    "otherwise": "gone",
                    "flags": [{"client": "o2", "tracos": "open"}, {"client": "o3", "tracos": "gone"}],
                }
            ],
            {"o2": {"type": ["string", "null"]}, "o3": {"type": "string", "pattern": "^x"}},
            {"i2": {"enum": ["open", "gone"]}},
        ),
    ),
    "a line for no value of a field to which another rule writes what means absent": requiring(
        "o2 o3 i2 i3",
        case_of(
            [
                {"client": "o2", "tracos": "i2", "lossy": "what the one says, the other one may take away"},
                {
                    "cases": [
                        {"tracos": {"i2": {"not": None}, "i3": 0}, "client": {"o3": "c"}},
                        {"tracos": {"i2": None, "i3": 1}, "client": {"o3": "c"}},
                    ],
                    "nulls": {"tracos": ["N/A"]},
                    "lossy": "what the one says, the other one may take away",
                },
            ],
            {"o2": TEXT, "o3": {"enum": ["c"]}},
            {"i2": TEXT, "i3": {"enum": [0, 1]}},
        ),
    ),
    "no value of a field beside another one of which any is taken": requiring(
        "o2 i2 i3",
        case_of(
            [
                {"client": "o2", "tracos": "i2", "lossy": "what the one says, the other one may take away"},
                {
                    "cases": [
                        {"client": {"o3": 0}, "tracos": {"i3": "a"}},
                        {"client": {"o2": "$any", "o3": 1}, "tracos": {"i3": "b"}},
                    ]
                },
            ],
            {"o2": {"type": "integer"}, "o3": {"enum": [0, 1]}},
            {"i2": {"type": "integer"}, "i3": {"enum": ["a", "b"]}},
        ),
    ),
    "a line for a field that another table fills where it was absent": requiring(
        "o2 o3 i3",
        case_of(
            [
                {
                    "client": "o2",
                    "tracos": "i2",
                    "otherwise": {"client": 1},
                    "values": [{"client": [1, True], "tracos": None}],
                    "lossy": "what the one says, the other one may take away",
                },
                {
                    "otherwise": {"tracos": {"i3": "d"}},
                    "cases": [
                        {"client": {"o2": {"not": None}, "o3": 0}, "tracos": {"i3": "d"}},
                        {"client": {"o3": 1}, "tracos": {"i3": "a"}},
                    ],
                },
            ],
            {"o2": {"enum": [1, True, None]}, "o3": {"enum": [0, 1]}},
            {"i2": {"enum": ["b", 1]}, "i3": {"enum": ["d", "a"]}},
        ),
    ),
}
