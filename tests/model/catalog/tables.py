"""Rules with a table."""

from __future__ import annotations

from typing import Any

from tests.model.catalog.edits import each_of
from tests.model.exact import Doc
from tests.model.kinds import Kind, flags, table

_PRIORITIES: list[tuple[Doc, Doc]] = [
    ({"prio": ["urgent", "emergency"]}, {"urgency": 1}),
    ({"prio": "normal"}, {"urgency": [2, 3]}),
    ({"prio": None}, {"urgency": 4}),
    ({"prio": None}, {"urgency": None}),
]
_CODES: list[tuple[Doc, Doc]] = [
    ({"code": "closed"}, {"state": "done", "kept": "closed"}),
    ({"code": "void"}, {"state": "done", "kept": "void"}),
    ({"code": "done"}, {"state": "done"}),
    ({"code": "open"}, {"state": "open"}),
    ({"code": None}, {"state": None}),
]
_CLASSES: list[tuple[Doc, Doc]] = [
    ({"class": "task", "level": ["3", "4"]}, {"type": "task", "rank": 3}),
    ({"class": "task"}, {"type": "task", "rank": [1, None]}),
    ({"class": None}, {"type": ["other", None]}),
]


def _lines(lines: list[tuple[Doc, Doc]]) -> str:
    return f"[{', '.join(f'{{client: {_flow(outside)}, tracos: {_flow(inside)}}}' for outside, inside in lines)}]"


def _flow(pattern: Any) -> str:
    match pattern:
        case dict():
            return f"{{{', '.join(f'{name}: {_flow(value)}' for name, value in pattern.items())}}}"
        case list():
            return f"[{', '.join(map(_flow, pattern))}]"
        case None:
            return "null"
        case str():
            return f'"{pattern}"'
        case _:
            return str(pattern)


def _result(record: Doc) -> Doc:
    code = record.get("result")
    return {"result": None if code is None else {"C": "done", "CX": "done", "Q": "open"}.get(code, "other")}


TABLES: dict[str, tuple[Kind, ...]] = {
    "flags": (
        flags(
            "status",
            "{tracos: status, flags: [{client: isDone, tracos: done}, {client: isHeld, tracos: held}], "
            "otherwise: open}",
            {"isDone": "done", "isHeld": "held"},
            "open",
            theirs=(
                {"isDone": True, "isHeld": None},
                {"isDone": False, "isHeld": True},
                {"isDone": True, "isHeld": True},
                {"isDone": None, "isHeld": None},
            ),
            ours=each_of("status", "done", "held", "open"),
        ),
    ),
    "values": (
        table(
            "urgency",
            "{client: prio, tracos: urgency, values: [{client: [urgent, emergency], tracos: 1}, "
            "{client: normal, tracos: [2, 3]}, {client: null, tracos: 4}]}",
            _PRIORITIES,
            theirs=each_of("prio", "urgent", "emergency", "normal", None),
            ours=each_of("urgency", 1, 2, 3, 4),
            text_only=True,
        ),
    ),
    "a remembered code": (
        table(
            "state",
            f"{{cases: {_lines(_CODES)}}}",
            _CODES,
            theirs=each_of("code", "closed", "void", "done", "open", None),
            ours=(
                {"state": "done"},
                {"state": "open"},
                {"state": "done", "kept": None},
                {"state": "done", "kept": "void"},
                {"state": "open", "kept": "void"},
            ),
            text_only=True,
        ),
    ),
    "codes of one meaning": (
        Kind(
            "result",
            "{client: result, tracos: result, values: [{client: [C, CX], tracos: done}, {client: Q, tracos: open}, "
            "{client: O, tracos: other}], otherwise: {tracos: other}}",
            "both",
            ("result",),
            ("result",),
            _result,
            lambda doc: {"result": {"done": "C", "open": "Q", "other": "O"}.get(doc.get("result", ""))},
            theirs=each_of("result", "C", "CX", "Q", "O", "ZZ", "new", None),
            ours=each_of("result", "done", "open", "other", None),
            text_only=True,
        ),
    ),
    "several fields": (
        table(
            "type",
            f"{{cases: {_lines(_CLASSES)}}}",
            _CLASSES,
            theirs=(
                {"class": "task", "level": "3"},
                {"class": "task", "level": "4"},
                {"class": "task", "level": None},
                {"class": "task", "level": "7"},
                {"class": None, "level": "3"},
            ),
            ours=(
                {"type": "task", "rank": 3},
                {"type": "task", "rank": 1},
                {"type": "other"},
                {"type": "task", "rank": None},
            ),
            text_only=True,
        ),
    ),
}
