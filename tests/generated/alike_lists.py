"""Small cases of lists and elements that the oracle and `check` once judged differently, by what they have."""

from __future__ import annotations

from typing import Any, Final

from tests.generated.case import Case
from tests.generated.small import TEXT, case_of, requiring

SELECTED: Final[dict[str, Any]] = {
    "type": "array",
    "items": {"type": "object", "properties": {"kind": TEXT, "value": TEXT, "note": TEXT}},
}
SELECTED_NUMBERS: Final[dict[str, Any]] = {
    "type": "array",
    "items": {"type": "object", "properties": {"kind": TEXT, "value": {"type": "integer"}}},
}
NUMBERED: Final[dict[str, Any]] = {
    "type": "array",
    "items": {"type": "object", "properties": {"nr": {"type": "integer"}, "note": TEXT}},
}
GROUP: Final[dict[str, Any]] = {"type": "object", "properties": {"nr": {"type": "integer"}, "note": TEXT}}


LISTS_JUDGED_ALIKE: Final[dict[str, Case]] = {
    "a group that goes as a plain value where its key is absent": case_of(
        [
            {
                "client": "o2",
                "tracos": "i2",
                "when_absent": {"client": ""},
                "each": [{"client": "nr", "tracos": "nr", "key": True}, {"client": "note", "tracos": "note"}],
            }
        ],
        {"o2": {"oneOf": [{"const": ""}, GROUP | {"required": ["nr"]}]}},
        {"i2": GROUP | {"additionalProperties": False}},
    ),
    "a group that goes with all that a rule in it writes, where a reason is given for that rule": case_of(
        [
            {
                "client": "o2",
                "tracos": "i2",
                "each": [
                    {
                        "tracos": "i3",
                        "flags": [{"client": "o3", "tracos": "done"}],
                        "otherwise": "else",
                        "lossy": "so it is",
                    }
                ],
            }
        ],
        {"o2": {"type": "object", "properties": {"o3": {"type": "boolean"}}}},
        {"i2": {"type": "object", "required": ["i3"], "properties": {"i3": {"enum": ["done", "else"]}}}},
    ),
    "a group that is kept, with what no rule maps in it": case_of(
        [{"client": "o2", "tracos": "i2", "each": [{"client": "nr", "tracos": "note", "as": "integer_text"}]}],
        {"o2": {"type": "object", "properties": {"nr": TEXT}}},
        {"i2": {"type": "object", "properties": {"note": {"type": "integer"}}}},
        keep=True,
    ),
    "a list of which a field is read and not written": case_of(
        [{"client": "o2", "tracos": "i2", "each": [{"tracos": "i3", "from": "!(o3)", "lossy": "so it is"}]}],
        {"o2": {"type": "array", "items": {"type": "object", "properties": {"o3": {"type": "boolean"}}}}},
        {"i2": {"type": "array", "items": {"type": "object", "properties": {"i3": {"type": "boolean"}}}}},
        keep=True,
    ),
    "a list of dates of whose elements no schema says anything": case_of(
        [{"client": "o2", "tracos": "i2", "each": [{"client": "@", "tracos": "@", "as": "date", "lossy": "so it is"}]}],
        {"o2": {"type": "array"}},
        {"i2": {"type": "array"}},
        keep=True,
    ),
    "a required value that goes out of the first of several elements, of which all is kept": case_of(
        [{"client": "contacts[0].o2", "tracos": "i2"}],
        {"contacts": {"type": "array", "items": {"type": "object", "required": ["o2"], "properties": {"o2": TEXT}}}},
        {"i2": TEXT},
        keep="whole",
    ),
    "a required value that goes from an element which a path selects": case_of(
        [{"client": "o2[kind='a'].value", "tracos": "i2"}],
        {"o2": SELECTED | {"items": SELECTED["items"] | {"required": ["value"]}}},
        {"i2": TEXT},
    ),
    "a required value that goes with the element which a path selects": case_of(
        [{"client": "o2[kind='a'].value", "tracos": "i2"}],
        {"o2": SELECTED | {"items": SELECTED["items"] | {"required": ["value"], "additionalProperties": False}}},
        {"i2": TEXT},
    ),
    "what stands for an absent value, above a path that selects an element": case_of(
        [{"client": "site.o2[kind='a'].value", "tracos": "i2", "when_absent": {"client": ""}}],
        {"site": {"oneOf": [{"const": ""}, {"type": "object", "properties": {"o2": SELECTED_NUMBERS}}]}},
        {"i2": {"type": "integer"}},
    ),
    "an absent element that a list writes as a text which its codec does not read": case_of(
        [
            {
                "client": "o2",
                "tracos": "i2",
                "when_absent": {"client": ""},
                "each": [{"client": "@", "tracos": "i3", "as": "integer_text"}],
            }
        ],
        {"o2": {"type": "array", "items": TEXT}},
        {"i2": {"type": "array", "items": {"type": "object", "properties": {"i3": {"type": "integer"}}}}},
    ),
    "an element that a codec makes of a mark alone, which stands for none": requiring(
        "o2 i2",
        case_of(
            [
                {
                    "client": "o2",
                    "tracos": "i2",
                    "when_absent": {"tracos": ""},
                    "each": [{"client": "@", "tracos": "@", "as": {"text": {"after": "#"}}}],
                }
            ],
            {"o2": {"type": "array", "items": TEXT}},
            {"i2": {"type": "array", "items": TEXT}},
        ),
    ),
    "two values of one element that a path selects": case_of(
        [{"client": f"o2[kind='a'].{one}", "tracos": f"i2[kind='b'].{one}"} for one in ("value", "note")],
        {"o2": SELECTED},
        {"i2": SELECTED},
        keep=True,
    ),
    "a full list to which the second rule adds": case_of(
        [{"client": "o2", "tracos": "i2[nr=1].value"}, {"client": "o3", "tracos": "i2[nr=1].note"}],
        {"o2": TEXT, "o3": TEXT},
        {
            "i2": {
                "anyOf": [
                    {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"nr": {"type": "integer"}, "value": TEXT, "note": TEXT},
                        },
                        "maxItems": 1,
                    }
                ]
            }
        },
    ),
    "elements without a key in a list that is full": case_of(
        [{"client": "o2", "tracos": "i2", "each": [{"client": "nr", "tracos": "nr", "key": True}]}],
        {"o2": NUMBERED | {"maxItems": 2}},
        {"i2": NUMBERED | {"maxItems": 2}},
    ),
    "a full list to which the second rule adds where the first one has no value": requiring(
        "i2",
        case_of(
            [
                {"client": "o2[nr=1].note", "tracos": "i2", "when_absent": {"tracos": None}},
                {"client": "o2[nr=2].note", "tracos": "i3", "lossy": "so it is"},
            ],
            {"o2": NUMBERED | {"maxItems": 2}},
            {"i2": {"type": ["string", "null"]}, "i3": TEXT},
        ),
    ),
}
